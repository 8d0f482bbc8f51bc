"""Stock and inbound receipts: never more given away than there is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.check.findings import Finding

Row = Mapping[str, Any]

#: States in which an allocation still lies where it draws on.
STILL_THERE = ("held", "reserved", "picked")


def check_supply(
    *,
    stocks: Sequence[Row],
    inbound: Sequence[Row],
    allocations: Sequence[Row],
    lines: Sequence[Row],
    parts: Sequence[Row],
) -> Iterator[Finding]:
    """Counters agree with the allocations, and allocations with what the lines need."""
    drawn: Counter[str] = Counter()
    for allocation in allocations:
        yield from _sources(allocation)
        if allocation["state"] in STILL_THERE:
            for source in allocation["sources"]:
                drawn[source] += allocation["quantity"]
    for stock in stocks:
        yield from _stock(stock, drawn[stock["id"]])
    for line in inbound:
        yield from _inbound(line, drawn[line["id"]])
    yield from _needs(lines, allocations, parts)


def _sources(allocation: Row) -> Iterator[Finding]:
    sources, state = len(allocation["sources"]), allocation["state"]
    if allocation["quantity"] <= 0:
        yield Finding("allocation", allocation["id"], f"has the quantity {allocation['quantity']}")
    if state in STILL_THERE and sources != 1:
        yield Finding(
            "allocation", allocation["id"], f"is {state} and draws on {sources} sources instead of one"
        )
    if state == "short" and sources:
        yield Finding("allocation", allocation["id"], f"is short and yet draws on {allocation['sources']}")
    for sku in allocation["source_skus"]:
        if state in STILL_THERE and sku != allocation["sku"]:
            yield Finding("allocation", allocation["id"], f"takes {allocation['sku']} and draws on {sku}")


def _stock(stock: Row, drawn: int) -> Iterator[Finding]:
    on_hand, reserved, safety = stock["on_hand"], stock["reserved"], stock["safety_stock"]
    if on_hand < 0:
        yield Finding("stock", stock["id"], f"has {on_hand} on hand, below zero")
    if reserved > on_hand:
        yield Finding("stock", stock["id"], f"has {reserved} reserved and only {on_hand} on hand")
    if reserved != drawn:
        yield Finding("stock", stock["id"], f"says {reserved} reserved, its allocations take {drawn}")
    if stock["available"] != max(0, on_hand - reserved - safety):
        yield Finding(
            "stock",
            stock["id"],
            f"says {stock['available']} available; {on_hand} on hand - {reserved} reserved - {safety} safety",
        )


def _inbound(line: Row, drawn: int) -> Iterator[Finding]:
    open_quantity = line["quantity"] - line["received"]
    if line["reserved"] < 0 or open_quantity < 0 or line["available"] < 0:
        yield Finding("inbound", line["id"], f"has a counter below zero: {dict(line)}")
    if line["reserved"] != drawn:
        yield Finding(
            "inbound", line["id"], f"says {line['reserved']} reserved, its allocations take {drawn}"
        )
    if line["available"] != open_quantity - line["reserved"]:
        yield Finding("inbound", line["id"], f"says {line['available']} available of {open_quantity} open")


def _needs(lines: Sequence[Row], allocations: Sequence[Row], parts: Sequence[Row]) -> Iterator[Finding]:
    recipe: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for part in parts:
        recipe[part["kit"]].append((part["part"], part["quantity"]))
    taken: dict[str, Counter[str]] = defaultdict(Counter)
    for allocation in allocations:
        if allocation["state"] != "released":
            taken[allocation["line"]][allocation["sku"]] += allocation["quantity"]
    circular = {sku for sku in recipe if _circular(sku, recipe)}
    for sku in sorted(circular):
        yield Finding("kit", sku, "is made of itself")
    for line in lines:
        if line["sku"] in circular:
            continue
        need = Counter() if line["status"] == "cancelled" else _explode(line["sku"], line["quantity"], recipe)
        if need != taken[line["id"]]:
            yield Finding(
                "line", line["id"], f"needs {dict(need)}, has allocations for {dict(taken[line['id']])}"
            )


def _explode(sku: str, quantity: int, recipe: Mapping[str, list[tuple[str, int]]]) -> Counter[str]:
    if sku not in recipe:
        return Counter({sku: quantity})
    need: Counter[str] = Counter()
    for part, each in recipe[sku]:
        need += _explode(part, quantity * each, recipe)
    return need


def _circular(
    sku: str, recipe: Mapping[str, list[tuple[str, int]]], above: frozenset[str] = frozenset()
) -> bool:
    """Whether some way down from the SKU comes back to where it has been."""
    within = above | {sku}
    return any(part in within or _circular(part, recipe, within) for part, _ in recipe.get(sku, ()))
