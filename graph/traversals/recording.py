"""What recording a fact reads beside orders, and the statements it writes with."""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.engines.port import Statement
from graph.traversals.elements import Properties

DRAWING = ("held", "reserved", "picked")
"""States of allocations whose goods are reserved in their source."""


def purchase_order_line(g: GraphTraversalSource, line_id: str) -> GraphTraversal:
    """The line with its SKU and warehouse, its order, and how much of the order's lines is to come."""
    return (
        g.V(line_id)
        .has_label("PurchaseOrderLine")
        .project("quantity", "received", "reserved", "expected_at", "sku", "warehouse", "order", "siblings")
        .by("quantity")
        .by("received")
        .by("reserved")
        .by("expected_at")
        .by(__.out("BUYS").id_())
        .by(__.in_("HAS_LINE").out("DELIVERS_TO").id_())
        .by(__.in_("HAS_LINE").id_())
        .by(
            __.in_("HAS_LINE")
            .out("HAS_LINE")
            .project("id", "quantity", "received")
            .by(T.id)
            .by("quantity")
            .by("received")
            .fold()
        )
    )


def stock(g: GraphTraversalSource, stock_id: str) -> GraphTraversal:
    """The quantities of a stock, its SKU and warehouse."""
    return (
        g.V(stock_id)
        .has_label("Stock")
        .project("on_hand", "reserved", "safety_stock", "available", "sku", "warehouse")
        .by("on_hand")
        .by("reserved")
        .by("safety_stock")
        .by("available")
        .by(__.out("STOCK_OF").id_())
        .by(__.in_("HOLDS").id_())
    )


def draws_on(g: GraphTraversalSource, source_id: str) -> GraphTraversal:
    """The allocations that have something of a stock or purchase-order line, those to serve first first."""
    return (
        g.V(source_id)
        .in_("DRAWS_ON")
        .has("state", P.within(list(DRAWING)))
        .project(
            "id", "quantity", "state", "cost", "reason", "available_at", "order", "priority", "promised_at"
        )
        .by(T.id)
        .by("quantity")
        .by("state")
        .by("cost")
        .by("reason")
        .by("available_at")
        .by(__.in_("HAS_ALLOCATION").in_("HAS_LINE").id_())
        .by(__.in_("HAS_ALLOCATION").in_("HAS_LINE").values("priority"))
        .by(__.in_("HAS_ALLOCATION").in_("HAS_LINE").values("promised_at"))
        .order()
        .by(__.select("priority"))
        .by(__.select("promised_at"))
        .by(__.select("id"))
    )


def orders_drawing_on(
    g: GraphTraversalSource, purchase_order_line_id: str, *, not_available_at: int
) -> GraphTraversal:
    """The orders, sorted, with an allocation on the line that says another time than ``not_available_at``."""
    return (
        g.V(purchase_order_line_id)
        .in_("DRAWS_ON")
        .has("state", P.within(list(DRAWING)))
        .has("available_at", P.neq(not_available_at))
        .in_("HAS_ALLOCATION")
        .in_("HAS_LINE")
        .dedup()
        .order()
        .by(T.id)
        .id_()
    )


def free_receipts(g: GraphTraversalSource, *, sku_id: str, warehouse_id: str) -> GraphTraversal:
    """Purchase-order lines of the SKU into the warehouse with something free, the earliest first."""
    return (
        g.V(sku_id)
        .in_("BUYS")
        .has("available", P.gt(0))
        .where(__.in_("HAS_LINE").out("DELIVERS_TO").has_id(warehouse_id))
        .order()
        .by("expected_at")
        .by(T.id)
        .project("id", "available", "expected_at")
        .by(T.id)
        .by("available")
        .by("expected_at")
    )


def handed_over(g: GraphTraversalSource, line_ids: Sequence[str]) -> GraphTraversal:
    """One row per order line: how much of it shipments before handed over, and damaged; [] if none has."""
    return (
        g.V(list(line_ids))
        .project("id", "delivered", "damaged")
        .by(T.id)
        .by(__.values("delivered_quantity").fold())
        .by(__.values("damaged_quantity").fold())
    )


def lead_times(g: GraphTraversalSource, sku_id: str) -> GraphTraversal:
    """How long the suppliers of a SKU take, in s."""
    return g.V(sku_id).in_e("SUPPLIES").values("lead_time_s")


def events_after(
    g: GraphTraversalSource, subject_id: str, *, kinds: Sequence[str], after: int
) -> GraphTraversal:
    """Id and kind of each event of these kinds about a thing, later than ``after`` (UTC epoch ms)."""
    return (
        g.V(subject_id)
        .in_("ABOUT")
        .has("occurred_at", P.gt(after))
        .has("kind", P.within(list(kinds)))
        .project("id", "kind")
        .by(T.id)
        .by("kind")
    )


def departures_after(g: GraphTraversalSource, stock_id: str, *, after: int) -> GraphTraversal:
    """The events by which goods of a stock left, later than ``after`` (UTC epoch ms)."""
    return (
        g.V(stock_id)
        .in_("DRAWS_ON")
        .has("state", "shipped")
        .in_("PACKS")
        .in_("ABOUT")
        .has("kind", "shipment_departed")
        .has("occurred_at", P.gt(after))
        .id_()
    )


def hold_order(g: GraphTraversalSource, hold_id: str) -> GraphTraversal:
    """The order a hold is on."""
    return g.V(hold_id).has_label("Hold").in_("HELD_BY").id_()


def shipment_order(g: GraphTraversalSource, shipment_id: str) -> GraphTraversal:
    """The order a shipment is for."""
    return g.V(shipment_id).has_label("Shipment").in_("HAS_SHIPMENT").id_()


def open_segments(g: GraphTraversalSource, segment_ids: Sequence[str]) -> GraphTraversal:
    """The id of each road segment there is, and whether it is open."""
    return g.V(list(segment_ids)).has_label("RoadSegment").project("id", "open").by(T.id).by("open")


def road_event(g: GraphTraversalSource, road_event_id: str) -> GraphTraversal:
    """A closure: its times, and for each segment it affects the closures that still keep it shut."""
    standing = __.in_("AFFECTS").not_(__.has("ended_at")).id_()
    return (
        g.V(road_event_id)
        .has_label("RoadEvent")
        .project("since_at", "ended_at", "segments")
        .by("since_at")
        .by(__.values("ended_at").fold())
        .by(__.out("AFFECTS").project("id", "closed_by").by(T.id).by(standing.fold()).fold())
    )


def route_stops(g: GraphTraversalSource, route_ids: Sequence[str]) -> GraphTraversal:
    """Each stop of the routes, with its route and the shipments it serves."""
    return (
        g.V(list(route_ids))
        .out("VISITS")
        .project("id", "status", "sequence", "route", "route_status", "shipments")
        .by(T.id)
        .by("status")
        .by("sequence")
        .by(__.in_("VISITS").id_())
        .by(__.in_("VISITS").values("status"))
        .by(__.out("SERVES").project("id", "status").by(T.id).by("status").fold())
    )


def existing(g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
    """Those of the ids that there are."""
    return g.V(list(ids)).id_()


def event_data(g: GraphTraversalSource, event_id: str) -> GraphTraversal:
    """The data of an event, as JSON text."""
    return g.V(event_id).has_label("Event").values("data")


def set_where(
    g: GraphTraversalSource, id: str, *, held: Properties, then: Properties, name: str
) -> Statement:
    """Set properties of one vertex that must still hold the values that were read."""
    step = g.V(id)
    for key, value in held.items():
        step = step.has(key, value)
    for key, value in then.items():
        step = step.property(Cardinality.single, key, value)
    return Statement(f"{id} {name}", step.id_(), expect=1)


def take_out(g: GraphTraversalSource, stock_id: str, quantity: int) -> Statement:
    """Goods that were reserved leave a stock; a negative quantity brings them back."""
    return Statement(
        f"{stock_id} has {quantity} reserved to leave",
        g.V(stock_id)
        .has("on_hand", P.gte(max(quantity, 0)))
        .has("reserved", P.gte(max(quantity, 0)))
        .property(
            Cardinality.single, "on_hand", __.union(__.values("on_hand"), __.constant(-quantity)).sum_()
        )
        .property(
            Cardinality.single, "reserved", __.union(__.values("reserved"), __.constant(-quantity)).sum_()
        )
        .id_(),
        expect=1,
    )


def stop_drawing(g: GraphTraversalSource, allocation_ids: Sequence[str]) -> Statement:
    """Take the allocations off what they draw on."""
    return Statement("let go of sources", g.V(list(allocation_ids)).out_e("DRAWS_ON").drop())
