"""What can be given: SKUs with their components, stocks, inbound receipts and suppliers, and taking it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Operator, P, T

from graph.engines.port import Statement
from graph.schema import ids

DEEPEST_KIT = 8
"""How many levels of components below a SKU are read."""

_SKU_VALUES = (
    "name",
    "weight_g",
    "volume_ml",
    "cold_chain",
    "hazard_class",
    "kit",
    "assembly_s",
    "discontinued",
)
_WAREHOUSE_VALUES = (
    "time_zone",
    "cutoff_s",
    "departs_s",
    "pick_pack_s",
    "closed_weekdays",
    "daily_shipments",
)


@dataclass(frozen=True)
class FreeStock:
    """A stock and how much of it is free."""

    id: str
    available: int

    @property
    def warehouse_id(self) -> str:
        """Where it lies."""
        return ids.warehouse_of(self.id)


@dataclass(frozen=True)
class FreeReceipt:
    """A purchase-order line of which something is still free, expected at `expected_at` (UTC epoch ms)."""

    id: str
    available: int
    expected_at: int
    warehouse_id: str


@dataclass(frozen=True)
class SkuSupply:
    """A SKU, what one unit of it is made of, and where there is some."""

    id: str
    name: str
    weight_g: int
    volume_ml: int
    cold_chain: bool
    hazard_class: str
    kit: bool
    assembly_s: int
    discontinued: bool
    components: Mapping[str, int]
    stocks: tuple[FreeStock, ...]
    receipts: tuple[FreeReceipt, ...]
    lead_time_s: int | None
    substitutes: tuple[str, ...]


@dataclass(frozen=True)
class WarehouseTerms:
    """The hours a warehouse works by and what it can pack in a day."""

    id: str
    time_zone: str
    cutoff_s: int
    departs_s: int
    pick_pack_s: int
    closed_weekdays: str
    daily_shipments: int


def sku_supplies(g: GraphTraversalSource, sku_ids: Sequence[str]) -> GraphTraversal:
    """One row per SKU asked for and per component of it at any level; :func:`sku_supply` reads it."""
    rows = (
        g.V(list(sku_ids))
        .has_label("Sku")
        .emit()
        .repeat(__.in_("COMPONENT_OF").dedup())
        .times(DEEPEST_KIT)
        .dedup()
        .project("id", *_SKU_VALUES, "components", "stocks", "receipts", "lead_times_s", "substitutes")
        .by(T.id)
    )
    for name in _SKU_VALUES:
        rows = rows.by(name)
    return (
        rows.by(__.in_e("COMPONENT_OF").project("id", "quantity").by(__.out_v().id_()).by("quantity").fold())
        .by(__.in_("STOCK_OF").project("id", "available").by(T.id).by("available").fold())
        .by(
            __.in_("BUYS")
            .has("available", P.gt(0))
            .project("id", "available", "expected_at", "warehouse_id")
            .by(T.id)
            .by("available")
            .by("expected_at")
            .by(__.in_("HAS_LINE").out("DELIVERS_TO").id_())
            .fold()
        )
        .by(__.in_e("SUPPLIES").values("lead_time_s").fold())
        .by(__.in_e("SUBSTITUTES").order().by("priority").out_v().id_().fold())
    )


def warehouse_terms(g: GraphTraversalSource) -> GraphTraversal:
    """One row per warehouse; the fields of :class:`WarehouseTerms`."""
    rows = g.V().has_label("Warehouse").project("id", *_WAREHOUSE_VALUES).by(T.id)
    for name in _WAREHOUSE_VALUES:
        rows = rows.by(name)
    return rows


def sku_supply(row: Mapping[str, Any]) -> SkuSupply:
    """The SKU in a row of :func:`sku_supplies`."""
    return SkuSupply(
        row["id"],
        **{name: row[name] for name in _SKU_VALUES},
        components={c["id"]: c["quantity"] for c in row["components"]},
        stocks=tuple(FreeStock(**stock) for stock in row["stocks"]),
        receipts=tuple(FreeReceipt(**receipt) for receipt in row["receipts"]),
        lead_time_s=min(row["lead_times_s"], default=None),
        substitutes=tuple(row["substitutes"]),
    )


def reserve(g: GraphTraversalSource, amounts: Mapping[str, int]) -> list[Statement]:
    """Set units aside, by the id of a stock or purchase-order line; the unit fails unless all are free.

    One statement for each distinct amount.
    """
    return [
        Statement(
            f"reserve {amount} of {', '.join(source_ids)}",
            g.V(source_ids)
            .has("available", P.gte(amount))
            .property(Cardinality.single, "available", _changed("available", -amount))
            .property(Cardinality.single, "reserved", _changed("reserved", amount))
            .id_(),
            expect=len(source_ids),
        )
        for amount, source_ids in _by_amount(amounts)
    ]


def still_expected(g: GraphTraversalSource, expected: Iterable[tuple[str, int]]) -> list[Statement]:
    """Fail the unit unless each purchase-order line is still expected at the time (UTC epoch ms) it was
    counted on for. One statement for each distinct time.

    It writes what it tests: a change of the date at the same moment is waited for, never overlooked.
    """
    together: dict[int, list[str]] = defaultdict(list)
    for line_id, expected_at in sorted(set(expected)):
        together[expected_at].append(line_id)
    return [
        Statement(
            f"{', '.join(line_ids)} still expected at {expected_at}",
            g.V(line_ids)
            .has("expected_at", expected_at)
            .property(Cardinality.single, "expected_at", expected_at)
            .id_(),
            expect=len(line_ids),
        )
        for expected_at, line_ids in sorted(together.items())
    ]


def release(g: GraphTraversalSource, amounts: Mapping[str, int]) -> list[Statement]:
    """Undo :func:`reserve`; what is free afterwards follows from what is there."""
    statements = []
    for amount, source_ids in _by_amount(amounts):
        stock_ids = [id for id in source_ids if id.startswith("stock/")]
        line_ids = [id for id in source_ids if not id.startswith("stock/")]
        if stock_ids:
            statements.append(_release(g, stock_ids, amount, total="on_hand", gone="safety_stock"))
        if line_ids:
            statements.append(_release(g, line_ids, amount, total="quantity", gone="received"))
    return statements


def _release(
    g: GraphTraversalSource, source_ids: list[str], amount: int, *, total: str, gone: str
) -> Statement:
    return Statement(
        f"release {amount} of {', '.join(source_ids)}",
        g.with_sack(0)
        .V(source_ids)
        .has("reserved", P.gte(amount))
        .property(Cardinality.single, "reserved", _changed("reserved", -amount))
        .sack(Operator.assign)
        .by(total)
        .sack(Operator.minus)
        .by("reserved")
        .sack(Operator.minus)
        .by(gone)
        .property(Cardinality.single, "available", __.union(__.sack(), __.constant(0)).max_())
        .id_(),
        expect=len(source_ids),
    )


def _changed(name: str, by: int) -> GraphTraversal:
    return __.union(__.values(name), __.constant(by)).sum_()


def _by_amount(amounts: Mapping[str, int]) -> list[tuple[int, list[str]]]:
    together: dict[int, list[str]] = defaultdict(list)
    for source_id, amount in sorted(amounts.items()):
        if amount:
            together[amount].append(source_id)
    return sorted(together.items())
