"""Small random graphs of the small schema: few values, so that much is equal, missing, parallel or round."""

from __future__ import annotations

import random
from itertools import product

from graph.engines.port import EdgeRow, VertexRow
from graph.schema.elements import PropertyValue

NAMES = ("a", "b", "bb", "B", "c d", "")
GRADES = ("a", "b", "c")


def random_graph(seed: int) -> tuple[list[VertexRow], list[EdgeRow]]:
    """Up to 8 items made of each other (in rounds, too), 3 depots with legs between them, and their stocks.

    Reals are quarters: their sums are exact in whatever order they are added.
    """
    dice = random.Random(seed)
    items = [f"item/{n}" for n in range(dice.randint(3, 8))]
    depots = [f"depot/{n}" for n in range(dice.randint(1, 3))]
    pairs = [(d, i) for d, i in product(depots, items) if dice.random() < 0.5]
    stocks = {(d, i): f"stock/{d.split('/')[1]}/{i.split('/')[1]}" for d, i in pairs}
    vertices = [
        *(VertexRow("Item", item, _item(dice)) for item in items),
        *(VertexRow("Depot", depot, {"name": dice.choice(NAMES)}) for depot in depots),
        *(VertexRow("Stock", stock, {"available": dice.randint(-1, 5)}) for stock in stocks.values()),
    ]
    edges = [
        *(EdgeRow("STOCK_OF", stock, item) for (_, item), stock in stocks.items()),
        *(EdgeRow("HOLDS", depot, stock) for (depot, _), stock in stocks.items() if dice.random() < 0.9),
        *(
            EdgeRow("PART_OF", a, b, {"quantity": dice.randint(1, 3)})
            for a, b in product(items, items)
            if a != b and dice.random() < 0.2
        ),
        *(
            EdgeRow("LEG", a, b, {"number": number, "cost": dice.randint(0, 8) / 4})
            for a, b in product(depots, depots)
            if a != b
            for number in range(dice.choice((0, 1, 1, 2)))
        ),
    ]
    return vertices, edges


def _item(dice: random.Random) -> dict[str, PropertyValue]:
    item: dict[str, PropertyValue] = {"name": dice.choice(NAMES), "weight_g": dice.randint(0, 6)}
    if dice.random() < 0.6:
        item["price"] = dice.randint(-4, 8) / 4
    if dice.random() < 0.6:
        item["fragile"] = dice.random() < 0.5
    if dice.random() < 0.6:
        item["grade"] = dice.choice(GRADES)
    if dice.random() < 0.3:
        item["note"] = dice.choice(NAMES)
    return item
