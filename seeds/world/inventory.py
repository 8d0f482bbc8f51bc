"""How much of what lies where: enough for most of the demand, too little of some SKUs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph.engines.port import EdgeRow, VertexRow
from graph.schema import ids
from seeds.world.catalogue import Catalogue, Product
from seeds.world.warehouses import Site

TIGHT_EVERY = 11
"""One SKU in so many, by how much is asked of it, has too little stock; what is inbound makes up for it."""
TIGHT_STOCK = 0.45
TIGHT_INBOUND = 0.80
SHORT_EVERY = 90
"""One SKU in so many has too little even with what is inbound."""
SHORT_STOCK = 0.50
SHORT_INBOUND = 0.20
"""Shares of the demand for a SKU."""
COVER = (1.25, 2.6)
"""What lies in stock of other SKUs, as a multiple of the demand that is nearest to the warehouse."""
BASE_UNITS = (4, 30)
"""Kept of everything beside that."""
ABSENT_SHARE = 0.05
"""Of the pairs of warehouse and SKU; the demand there is met from elsewhere."""
SAFETY_SHARE = (0.0, 0.08)
"""Of the stock on hand, never promised."""


@dataclass(frozen=True)
class StockLevel:
    """What a warehouse has of a SKU, both by code."""

    warehouse: str
    sku: str
    on_hand: int
    safety_stock: int = 0

    @property
    def id(self) -> str:
        """The id of its vertex."""
        return ids.stock(ids.make("warehouse", self.warehouse), ids.make("sku", self.sku))


@dataclass(frozen=True)
class Inventory:
    """The stock, and what has to be inbound beside it, by (warehouse code, SKU code)."""

    levels: tuple[StockLevel, ...]
    inbound: Mapping[tuple[str, str], int]


def build_inventory(
    catalogue: Catalogue,
    sites: Sequence[Site],
    demand: Counter[tuple[str, str]],
    rng: np.random.Generator,
    *,
    planted: frozenset[str],
) -> Inventory:
    """Stock for the ``demand`` by (warehouse code, SKU code), of all SKUs but kits and ``planted`` ones."""
    goods = [product for product in catalogue.stocked if product.code not in planted]
    asked = {product.code: sum(demand[site.code, product.code] for site in sites) for product in goods}
    ranked = sorted((code for code in asked if asked[code]), key=lambda code: (-asked[code], code))
    short = set(ranked[int(rng.integers(SHORT_EVERY)) :: SHORT_EVERY])
    tight = set(ranked[int(rng.integers(TIGHT_EVERY)) :: TIGHT_EVERY]) - short
    levels: list[StockLevel] = []
    inbound: dict[tuple[str, str], int] = {}
    for product in goods:
        wanted = {site.code: demand[site.code, product.code] for site in sites}
        if product.code in short:
            levels += _scarce(product, wanted, SHORT_STOCK)
            inbound |= _awaited(product, wanted, SHORT_INBOUND)
        elif product.code in tight:
            levels += _scarce(product, wanted, TIGHT_STOCK)
            inbound |= _awaited(product, wanted, TIGHT_INBOUND)
        else:
            levels += _plenty(product, wanted, rng)
    return Inventory(tuple(levels), inbound)


def _scarce(product: Product, wanted: Mapping[str, int], share: float) -> list[StockLevel]:
    return [StockLevel(warehouse, product.code, int(asked * share)) for warehouse, asked in wanted.items()]


def _awaited(product: Product, wanted: Mapping[str, int], share: float) -> dict[tuple[str, str], int]:
    awaited = {(warehouse, product.code): round(asked * share) for warehouse, asked in wanted.items()}
    return {pair: quantity for pair, quantity in awaited.items() if quantity}


def _plenty(product: Product, wanted: Mapping[str, int], rng: np.random.Generator) -> list[StockLevel]:
    absent = next((warehouse for warehouse in wanted if rng.random() < ABSENT_SHARE), None)
    levels = []
    for warehouse, asked in wanted.items():
        if product.discontinued or warehouse == absent:
            continue
        elsewhere = wanted[absent] if absent is not None else 0
        cover, base = rng.uniform(*COVER), int(rng.integers(*BASE_UNITS))
        on_hand = round((asked + elsewhere) * cover) + base
        safety = int((on_hand - asked - elsewhere) * rng.uniform(*SAFETY_SHARE))
        levels.append(StockLevel(warehouse, product.code, on_hand, safety))
    if product.discontinued:
        levels.append(StockLevel(next(iter(wanted)), product.code, int(rng.integers(1, 8))))
    return levels


def stock_rows(levels: Sequence[StockLevel]) -> Iterator[VertexRow]:
    """The stocks."""
    for level in levels:
        yield VertexRow(
            "Stock",
            level.id,
            {
                "on_hand": level.on_hand,
                "reserved": 0,
                "safety_stock": level.safety_stock,
                "available": max(0, level.on_hand - level.safety_stock),
            },
        )


def stock_edges(levels: Sequence[StockLevel]) -> Iterator[EdgeRow]:
    """Where the stocks lie, and of what they are."""
    for level in levels:
        yield EdgeRow("HOLDS", ids.make("warehouse", level.warehouse), level.id)
    for level in levels:
        yield EdgeRow("STOCK_OF", level.id, ids.make("sku", level.sku))
