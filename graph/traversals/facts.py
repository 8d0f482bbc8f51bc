"""Everything that decides when orders are at the door, in one traversal for many orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import P, T

from graph.schema import ids

COMING_STOPS = ("planned", "arrived")
"""Stops that are still to hand something over."""


@dataclass(frozen=True)
class AllocationState:
    """A quantity set aside: ``source_id`` is a stock or a purchase-order line, None when short."""

    id: str
    line_id: str
    sku_id: str
    quantity: int
    state: str
    available_at: int
    source_id: str | None
    warehouse_id: str | None

    @property
    def inbound(self) -> bool:
        """Whether it waits for a purchase-order line."""
        return self.source_id is not None and ids.is_purchase_order_line(self.source_id)


@dataclass(frozen=True)
class LineState:
    """A line with its allocations, released ones included, in the order of their ids.

    ``assembly_s`` is what its SKU takes to assemble once all its components are there.
    """

    id: str
    number: int
    sku_id: str
    assembly_s: int
    quantity: int
    status: str
    allocations: tuple[AllocationState, ...]

    @property
    def standing(self) -> tuple[AllocationState, ...]:
        """The allocations that were not released."""
        return tuple(a for a in self.allocations if a.state != "released")


@dataclass(frozen=True)
class LeftOut:
    """A plan in force for the local date ``day`` could not serve the shipment."""

    plan_id: str
    day: str
    reason: str
    detail: str


@dataclass(frozen=True)
class PlannedStop:
    """Where a plan in force serves the shipment; ``leaves_at`` is when its route starts (UTC epoch ms)."""

    id: str
    status: str
    route_id: str
    route_status: str
    arrive_at: int
    leaves_at: int


@dataclass(frozen=True)
class ShipmentState:
    """What leaves one warehouse together."""

    id: str
    warehouse_id: str
    status: str
    allocation_ids: tuple[str, ...]
    stops: tuple[PlannedStop, ...]
    left_out: tuple[LeftOut, ...]
    delivered_at: int | None


@dataclass(frozen=True)
class HoldState:
    """A hold of the order, released ones included."""

    id: str
    kind: str
    status: str
    set_at: int
    expected_clear_at: int
    released_at: int | None


@dataclass(frozen=True)
class PaperState:
    """A document the order needs."""

    id: str
    kind: str
    status: str
    expected_at: int
    attached_at: int | None


@dataclass(frozen=True)
class LocationState:
    """Where the order goes; ``travel_s`` maps each warehouse to the standard way from it."""

    id: str
    opens_s: int
    closes_s: int
    service_s: int
    travel_s: Mapping[str, int]


@dataclass(frozen=True)
class OrderState:
    """An order as it stands in the graph."""

    id: str
    status: str
    placed_at: int
    requested_at: int
    promised_at: int
    expected_at: int
    late_by_s: int
    day: str
    assessed_at: int
    priority: int
    event_count: int
    location: LocationState
    lines: tuple[LineState, ...]
    shipments: tuple[ShipmentState, ...]
    holds: tuple[HoldState, ...]
    papers: tuple[PaperState, ...]

    @property
    def allocations(self) -> tuple[AllocationState, ...]:
        """The allocations of all lines that were not released."""
        return tuple(a for line in self.lines for a in line.standing)


_ORDER_VALUES = (
    "status",
    "placed_at",
    "requested_at",
    "promised_at",
    "expected_at",
    "late_by_s",
    "day",
    "assessed_at",
    "priority",
    "event_count",
)


def order_states(g: GraphTraversalSource, order_ids: Sequence[str]) -> GraphTraversal:
    """One row per order that exists; :func:`order_state` reads it."""
    rows = (
        g.V(list(order_ids))
        .has_label("Order")
        .project("id", *_ORDER_VALUES, "location", "lines", "shipments", "holds", "papers")
        .by(T.id)
    )
    for name in _ORDER_VALUES:
        rows = rows.by(name)
    return rows.by(_locations()).by(_lines()).by(_shipments()).by(_holds()).by(_papers())


def _locations() -> GraphTraversal:
    return (
        __.out("SHIPS_TO")
        .project("id", "opens_s", "closes_s", "service_s", "ways")
        .by(T.id)
        .by("opens_s")
        .by("closes_s")
        .by("service_s")
        .by(
            __.out_e("REACHED_FROM")
            .project("warehouse", "travel_s")
            .by(__.in_v().id_())
            .by("travel_s")
            .fold()
        )
        .fold()
    )


def _lines() -> GraphTraversal:
    return (
        __.out("HAS_LINE")
        .project("id", "number", "quantity", "status", "sku", "assembly_s", "allocations")
        .by(T.id)
        .by("number")
        .by("quantity")
        .by("status")
        .by(__.out("ORDERS").id_())
        .by(__.out("ORDERS").values("assembly_s"))
        .by(
            __.out("HAS_ALLOCATION")
            .project("id", "quantity", "state", "available_at", "sku", "source", "receipt_at")
            .by(T.id)
            .by("quantity")
            .by("state")
            .by("available_at")
            .by(__.out("TAKES").id_())
            .by(__.out("DRAWS_ON").id_().fold())
            .by(__.out("DRAWS_ON").in_("HAS_LINE").out("DELIVERS_TO").id_().fold())
            .fold()
        )
        .fold()
    )


def _shipments() -> GraphTraversal:
    return (
        __.out("HAS_SHIPMENT")
        .project("id", "status", "packs", "stops", "left_out", "delivered")
        .by(T.id)
        .by("status")
        .by(__.out("PACKS").id_().fold())
        .by(
            __.in_("SERVES")
            .has("status", P.within(list(COMING_STOPS)))
            .where(__.in_("VISITS").in_("HAS_ROUTE").in_("IN_FORCE"))
            .project("id", "status", "arrive_at", "route", "route_status", "leaves_at")
            .by(T.id)
            .by("status")
            .by("arrive_at")
            .by(__.in_("VISITS").id_())
            .by(__.in_("VISITS").values("status"))
            .by(__.in_("VISITS").values("departs_at"))
            .fold()
        )
        .by(
            __.in_e("LEFT_OUT")
            .where(__.out_v().in_("IN_FORCE"))
            .project("plan", "day", "reason", "detail")
            .by(__.out_v().id_())
            .by(__.out_v().out("PLAN_OF").values("date"))
            .by("reason")
            .by("detail")
            .fold()
        )
        .by(__.in_("ABOUT").has("kind", "shipment_delivered").values("occurred_at").fold())
        .fold()
    )


def _holds() -> GraphTraversal:
    return (
        __.out("HELD_BY")
        .project("id", "kind", "status", "set_at", "expected_clear_at", "released_at")
        .by(T.id)
        .by("kind")
        .by("status")
        .by("set_at")
        .by("expected_clear_at")
        .by(__.values("released_at").fold())
        .fold()
    )


def _papers() -> GraphTraversal:
    return (
        __.out("NEEDS_PAPER")
        .project("id", "kind", "status", "expected_at", "attached_at")
        .by(T.id)
        .by("kind")
        .by("status")
        .by("expected_at")
        .by(__.values("attached_at").fold())
        .fold()
    )


def order_state(row: Mapping[str, Any]) -> OrderState:
    """The order in a row of :func:`order_states`."""
    (place,) = row["location"]
    return OrderState(
        **{name: row[name] for name in ("id", *_ORDER_VALUES)},
        location=LocationState(
            place["id"],
            place["opens_s"],
            place["closes_s"],
            place["service_s"],
            {way["warehouse"]: way["travel_s"] for way in place["ways"]},
        ),
        lines=tuple(sorted(map(_line_state, row["lines"]), key=lambda line: line.number)),
        shipments=tuple(sorted(map(_shipment_state, row["shipments"]), key=lambda s: s.id)),
        holds=tuple(
            sorted(
                (
                    HoldState(**{**hold, "released_at": _optional(hold["released_at"])})
                    for hold in row["holds"]
                ),
                key=lambda hold: hold.id,
            )
        ),
        papers=tuple(
            sorted(
                (PaperState(**{**p, "attached_at": _optional(p["attached_at"])}) for p in row["papers"]),
                key=lambda paper: paper.id,
            )
        ),
    )


def _line_state(row: Mapping[str, Any]) -> LineState:
    return LineState(
        row["id"],
        row["number"],
        row["sku"],
        row["assembly_s"],
        row["quantity"],
        row["status"],
        tuple(
            sorted(
                (_allocation_state(row["id"], a) for a in row["allocations"]), key=lambda a: _natural(a.id)
            )
        ),
    )


def _allocation_state(line_id: str, row: Mapping[str, Any]) -> AllocationState:
    source = _optional(row["source"])
    warehouse = _optional(row["receipt_at"])
    if source is not None and warehouse is None:
        warehouse = ids.warehouse_of(source)
    return AllocationState(
        row["id"],
        line_id,
        row["sku"],
        row["quantity"],
        row["state"],
        row["available_at"],
        source,
        warehouse,
    )


def _shipment_state(row: Mapping[str, Any]) -> ShipmentState:
    return ShipmentState(
        row["id"],
        ids.make("warehouse", ids.parts(row["id"])[-1]),
        row["status"],
        tuple(sorted(row["packs"], key=_natural)),
        tuple(
            sorted(
                (
                    PlannedStop(
                        stop["id"],
                        stop["status"],
                        stop["route"],
                        stop["route_status"],
                        stop["arrive_at"],
                        stop["leaves_at"],
                    )
                    for stop in row["stops"]
                ),
                key=lambda stop: stop.arrive_at,
            )
        ),
        tuple(
            sorted(
                (LeftOut(out["plan"], out["day"], out["reason"], out["detail"]) for out in row["left_out"]),
                key=lambda out: out.day,
            )
        ),
        max(row["delivered"], default=None),
    )


def _natural(id: str) -> tuple[int, str]:
    """Sorts the ids of numbered things by their numbers: those of one order differ in digits alone."""
    return len(id), id


def _optional(values: Sequence[Any]) -> Any:
    return values[0] if values else None
