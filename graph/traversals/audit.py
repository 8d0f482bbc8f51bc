"""Reading the graph whole, fact by fact, for those who check it.

Nothing here is shared with the traversals that the operations decide by, so that an error in one
shows against the other. Each function is one traversal; keys whose value is missing are left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import P, T


def stocks(g: GraphTraversalSource) -> GraphTraversal:
    """Every stock with its counters."""
    return _whole(g, "Stock", "on_hand", "reserved", "safety_stock", "available")


def purchase_order_lines(g: GraphTraversalSource) -> GraphTraversal:
    """Every inbound line with its counters."""
    return _whole(g, "PurchaseOrderLine", "quantity", "received", "reserved", "available", "expected_at")


def skus(g: GraphTraversalSource) -> GraphTraversal:
    """Every SKU with what one unit weighs, measures and asks for on its way."""
    return _whole(g, "Sku", "weight_g", "volume_ml", "cold_chain", "hazard_class")


def warehouses(g: GraphTraversalSource) -> GraphTraversal:
    """Every warehouse with the times it works by."""
    return _whole(g, "Warehouse", "time_zone", "cutoff_s", "departs_s", "pick_pack_s", "closed_weekdays")


def warehouse_days(g: GraphTraversalSource) -> GraphTraversal:
    """Every warehouse day with its use and the statuses of what hangs on it."""
    return (
        g.V()
        .has_label("WarehouseDay")
        .project("id", "capacity", "used", "shipments")
        .by(T.id)
        .by("capacity")
        .by("used")
        .by(__.in_("SHIPS_FROM").values("status").fold())
    )


def orders(g: GraphTraversalSource) -> GraphTraversal:
    """Every order with its own properties and the address it goes to."""
    return (
        g.V()
        .has_label("Order")
        .project(
            "id",
            "status",
            "placed_at",
            "requested_at",
            "promised_at",
            "expected_at",
            "late_by_s",
            "day",
            "assessed_at",
            "event_count",
            "weight_g",
            "volume_ml",
            "cold_chain",
            "hazardous",
            "location",
            "opens_s",
            "closes_s",
            "service_s",
        )
        .by(T.id)
        .by("status")
        .by("placed_at")
        .by("requested_at")
        .by("promised_at")
        .by("expected_at")
        .by("late_by_s")
        .by("day")
        .by("assessed_at")
        .by("event_count")
        .by("weight_g")
        .by("volume_ml")
        .by("cold_chain")
        .by("hazardous")
        .by(__.out("SHIPS_TO").id_())
        .by(__.out("SHIPS_TO").values("opens_s"))
        .by(__.out("SHIPS_TO").values("closes_s"))
        .by(__.out("SHIPS_TO").values("service_s"))
    )


def order_lines(g: GraphTraversalSource) -> GraphTraversal:
    """Every order line with its order and its SKU."""
    return (
        g.V()
        .has_label("OrderLine")
        .project("id", "quantity", "status", "order", "sku", "assembly_s")
        .by(T.id)
        .by("quantity")
        .by("status")
        .by(__.in_("HAS_LINE").id_())
        .by(__.out("ORDERS").id_())
        .by(__.out("ORDERS").values("assembly_s"))
    )


def allocations(g: GraphTraversalSource) -> GraphTraversal:
    """Every allocation with its line, its SKU, what it draws on and what packs it."""
    return (
        g.V()
        .has_label("Allocation")
        .project(
            "id",
            "quantity",
            "state",
            "available_at",
            "line",
            "sku",
            "sources",
            "source_skus",
            "shipments",
        )
        .by(T.id)
        .by("quantity")
        .by("state")
        .by("available_at")
        .by(__.in_("HAS_ALLOCATION").id_())
        .by(__.out("TAKES").id_())
        .by(__.out("DRAWS_ON").id_().fold())
        .by(__.out("DRAWS_ON").out("STOCK_OF", "BUYS").id_().fold())
        .by(__.in_("PACKS").id_().fold())
    )


def purchase_order_warehouses(g: GraphTraversalSource) -> GraphTraversal:
    """The warehouse each purchase order delivers to, with its lines."""
    return (
        g.V()
        .has_label("PurchaseOrder")
        .project("warehouse", "lines")
        .by(__.out("DELIVERS_TO").id_())
        .by(__.out("HAS_LINE").id_().fold())
    )


def components(g: GraphTraversalSource) -> GraphTraversal:
    """Every component edge: part, kit and quantity."""
    return (
        g.E()
        .has_label("COMPONENT_OF")
        .project("part", "kit", "quantity")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by("quantity")
    )


def holds(g: GraphTraversalSource) -> GraphTraversal:
    """Every hold with its order."""
    return (
        g.V()
        .has_label("Hold")
        .project("id", "status", "order", "clears_at", "cleared")
        .by(T.id)
        .by("status")
        .by(__.in_("HELD_BY").id_())
        .by("expected_clear_at")
        .by(__.values("released_at").fold())
    )


def papers(g: GraphTraversalSource) -> GraphTraversal:
    """Every paper with its order."""
    return (
        g.V()
        .has_label("Paper")
        .project("id", "status", "order", "clears_at", "cleared")
        .by(T.id)
        .by("status")
        .by(__.in_("NEEDS_PAPER").id_())
        .by("expected_at")
        .by(__.values("attached_at").fold())
    )


def shipments(g: GraphTraversalSource) -> GraphTraversal:
    """Every shipment with its order and the warehouse day it leaves from."""
    return (
        g.V()
        .has_label("Shipment")
        .project("id", "status", "weight_g", "volume_ml", "cold_chain", "hazardous", "order", "days")
        .by(T.id)
        .by("status")
        .by("weight_g")
        .by("volume_ml")
        .by("cold_chain")
        .by("hazardous")
        .by(__.in_("HAS_SHIPMENT").id_())
        .by(__.out("SHIPS_FROM").id_().fold())
    )


def order_events(g: GraphTraversalSource) -> GraphTraversal:
    """Each order's own events, the first one first."""
    return (
        g.V()
        .has_label("Order")
        .project("id", "events")
        .by(T.id)
        .by(
            __.in_("ABOUT")
            .has("sequence", P.gt(0))
            .order()
            .by("sequence")
            .project("id", "sequence", "kind", "recorded_at")
            .by(T.id)
            .by("sequence")
            .by("kind")
            .by("recorded_at")
            .fold()
        )
    )


def deliveries(g: GraphTraversalSource) -> GraphTraversal:
    """When each delivered shipment was handed over."""
    return (
        g.V()
        .has_label("Event")
        .has("kind", "shipment_delivered")
        .project("subject", "at")
        .by("subject")
        .by("occurred_at")
    )


def plans_in_force(g: GraphTraversalSource) -> GraphTraversal:
    """Each planning day with the plans its IN_FORCE edges lead to."""
    return (
        g.V().has_label("PlanningDay").project("date", "plans").by("date").by(__.out("IN_FORCE").id_().fold())
    )


def unruly_plans(g: GraphTraversalSource) -> GraphTraversal:
    """Plans that are published and not in force."""
    return g.V().has_label("Plan").has("status", "published").not_(__.in_("IN_FORCE")).id_()


def plan_heads(g: GraphTraversalSource) -> GraphTraversal:
    """Every plan with its status and totals."""
    return _whole(
        g,
        "Plan",
        "status",
        "created_at",
        "road_version",
        "routes",
        "served",
        "left_out",
        "distance_m",
        "duration_s",
        "cost",
    )


def routes_of(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """The routes of plans, each with its vehicle and the warehouse the vehicle is based at."""
    return (
        g.V(list(plan_ids))
        .out("HAS_ROUTE")
        .project(
            "id",
            "status",
            "departs_at",
            "returns_at",
            "distance_m",
            "cost",
            "weight_g",
            "volume_ml",
            "vehicle",
            "base",
            "crosses",
        )
        .by(T.id)
        .by("status")
        .by("departs_at")
        .by("returns_at")
        .by("distance_m")
        .by("cost")
        .by("weight_g")
        .by("volume_ml")
        .by(
            __.in_("DRIVES")
            .project(
                "id",
                "capacity_weight_g",
                "capacity_volume_ml",
                "carries_cold",
                "carries_hazardous",
                "shift_start_s",
                "shift_end_s",
                "cost_fixed",
                "cost_per_km",
                "cost_per_h",
            )
            .by(T.id)
            .by("capacity_weight_g")
            .by("capacity_volume_ml")
            .by("carries_cold")
            .by("carries_hazardous")
            .by("shift_start_s")
            .by("shift_end_s")
            .by("cost_fixed")
            .by("cost_per_km")
            .by("cost_per_h")
        )
        .by(__.in_("DRIVES").out("BASED_AT").id_())
        .by(__.out("CROSSES").id_().fold())
    )


def stops_of(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """The stops of plans with where they are and what they serve."""
    return (
        g.V(list(plan_ids))
        .out("HAS_ROUTE")
        .out("VISITS")
        .project(
            "id",
            "route",
            "status",
            "sequence",
            "arrive_at",
            "wait_s",
            "service_s",
            "depart_at",
            "load_weight_g",
            "load_volume_ml",
            "at",
            "serves",
        )
        .by(T.id)
        .by(__.in_("VISITS").id_())
        .by("status")
        .by("sequence")
        .by("arrive_at")
        .by("wait_s")
        .by("service_s")
        .by("depart_at")
        .by("load_weight_g")
        .by("load_volume_ml")
        .by(__.out("AT").id_())
        .by(__.out("SERVES").id_().fold())
    )


def drives_of(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """The drives between consecutive stops of plans."""
    return (
        g.V(list(plan_ids))
        .out("HAS_ROUTE")
        .out("VISITS")
        .out_e("NEXT")
        .project("from", "to", "travel_s", "distance_m", "path")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by("travel_s")
        .by("distance_m")
        .by("path")
    )


def left_out_of(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """What plans left out, and why."""
    return (
        g.V(list(plan_ids))
        .out_e("LEFT_OUT")
        .project("plan", "shipment", "reason", "detail")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by("reason")
        .by("detail")
    )


def snaps(g: GraphTraversalSource, place_ids: Sequence[str]) -> GraphTraversal:
    """Where on the road places are reached."""
    return (
        g.V(list(place_ids))
        .out_e("SNAPS_TO")
        .project("place", "segment", "offset_m")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by("offset_m")
    )


def transits(g: GraphTraversalSource, location_ids: Sequence[str]) -> GraphTraversal:
    """The standard ways to addresses."""
    return (
        g.V(list(location_ids))
        .out_e("REACHED_FROM")
        .project("location", "warehouse", "travel_s")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by("travel_s")
    )


def segments(g: GraphTraversalSource, segment_ids: Sequence[str]) -> GraphTraversal:
    """Road segments with their ends."""
    return (
        g.V(list(segment_ids))
        .project("id", "direction", "length_m", "speed_kph", "open", "start", "end")
        .by(T.id)
        .by("direction")
        .by("length_m")
        .by("speed_kph")
        .by("open")
        .by(__.out("STARTS_AT").id_())
        .by(__.out("ENDS_AT").id_())
    )


def closed_segments(g: GraphTraversalSource) -> GraphTraversal:
    """Closed segments with the number of closures in effect on each."""
    return (
        g.V()
        .has_label("RoadSegment")
        .has("open", False)
        .project("id", "closures")
        .by(T.id)
        .by(__.in_("AFFECTS").not_(__.has("ended_at")).count())
    )


def open_yet_closed(g: GraphTraversalSource) -> GraphTraversal:
    """Open segments that a closure in effect affects."""
    return (
        g.V().has_label("RoadEvent").not_(__.has("ended_at")).out("AFFECTS").has("open", True).dedup().id_()
    )


def road_versions(g: GraphTraversalSource) -> GraphTraversal:
    """The version of the road network."""
    return g.V().has_label("RoadNetwork").values("version")


def incomplete(g: GraphTraversalSource, label: str, names: Sequence[str]) -> GraphTraversal:
    """Vertices of a kind that lack one of the properties."""
    return g.V().has_label(label).or_(*(__.not_(__.has(name)) for name in names)).id_()


def outside_choice(g: GraphTraversalSource, label: str, name: str, one_of: Sequence[str]) -> GraphTraversal:
    """Vertices of a kind whose property has none of the values it may have."""
    return g.V().has_label(label).has(name, P.without(list(one_of))).id_()


def misplaced_edges(g: GraphTraversalSource, label: str, ends: Sequence[tuple[str, str]]) -> GraphTraversal:
    """Edges of a kind between vertices that it does not join."""
    allowed = [__.and_(__.out_v().has_label(start), __.in_v().has_label(end)) for start, end in ends]
    return (
        g.E()
        .has_label(label)
        .not_(__.or_(*allowed))
        .project("from", "to")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
    )


def with_several(g: GraphTraversalSource, label: str, edge_label: str) -> GraphTraversal:
    """Vertices of a kind that more than one such edge leaves."""
    return g.V().has_label(label).where(__.out_e(edge_label).count().is_(P.gt(1))).id_()


def without_exactly_one(
    g: GraphTraversalSource, label: str, edge_label: str, *, away: bool
) -> GraphTraversal:
    """Vertices of a kind that no such edge, or more than one, leaves (``away``) or enters."""
    edges = __.out_e(edge_label) if away else __.in_e(edge_label)
    return g.V().has_label(label).where(edges.count().is_(P.neq(1))).id_()


def routes_without_driver(g: GraphTraversalSource) -> GraphTraversal:
    """Routes of plans in force that not exactly one vehicle drives."""
    return (
        g.V()
        .has_label("PlanningDay")
        .out("IN_FORCE")
        .out("HAS_ROUTE")
        .where(__.in_e("DRIVES").count().is_(P.neq(1)))
        .id_()
    )


def _whole(g: GraphTraversalSource, label: str, *names: str) -> GraphTraversal:
    traversal = g.V().has_label(label).project("id", *names).by(T.id)
    for name in names:
        traversal = traversal.by(name)
    return traversal
