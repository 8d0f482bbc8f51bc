"""What a day's routes are planned from, and the plan: written as a draft, read back, published.

A draft is written in units of about a hundred elements: its head, its routes, its stops, what it
leaves out, and the drives between the stops last. So a draft that was cut off has fewer drives, stops
or refusals than its head says, and is never published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Direction, Merge, P, T

from graph.engines.port import EdgeRow, Statement, VertexRow
from graph.schema import ids
from graph.schema.lifecycle import ORDER, PLAN, ROUTE, STOP, Lifecycle

Row = TypeVar("Row", VertexRow, EdgeRow)

ROUTABLE_ORDERS = (*ORDER.before("routed"), "in_transit")
"""Orders whose shipments may be put on a route; when one shipment is on its way another may still wait."""
ROUTABLE_SHIPMENTS = ("open", "picked")

_VEHICLE_VALUES = (
    "kind",
    "capacity_weight_g",
    "capacity_volume_ml",
    "carries_cold",
    "carries_hazardous",
    "shift_start_s",
    "shift_end_s",
    "cost_fixed",
    "cost_per_km",
    "cost_per_h",
    "currency",
)
_PLAN_VALUES = (
    "status",
    "seed",
    "road_version",
    "cost",
    "currency",
    "distance_m",
    "duration_s",
    "routes",
    "served",
    "left_out",
)


_WRITTEN = ("written_routes", "written_served", "written_drives", "written_left_out")


def orders_to_plan(g: GraphTraversalSource, day: str) -> GraphTraversal:
    """The ids of the orders expected on the local date ``day`` that a route may serve; sorted."""
    return (
        g.V().has("Order", "day", day).has("status", P.within(list(ROUTABLE_ORDERS))).order().by(T.id).id_()
    )


def orders_of_plan_in_force(g: GraphTraversalSource, day: str) -> GraphTraversal:
    """The ids of the orders that the plan in force for ``day`` serves or leaves out and a route may serve.

    Their expected day may be a later one, because of what the plan left out.
    """
    return (
        g.V(ids.planning_day(day))
        .out("IN_FORCE")
        .union(__.out("LEFT_OUT"), __.out("HAS_ROUTE").out("VISITS").out("SERVES"))
        .in_("HAS_SHIPMENT")
        .has("status", P.within(list(ROUTABLE_ORDERS)))
        .dedup()
        .id_()
    )


def shipments_to_plan(g: GraphTraversalSource, order_ids: Sequence[str], day: str) -> GraphTraversal:
    """What of the orders can still leave and is on no route of another day.

    With its order's address, and when the goods it packs are there and how long their kit takes.
    """
    other_days = __.in_("SERVES").has("status", "planned").in_("VISITS").in_("HAS_ROUTE").in_("IN_FORCE")
    return (
        g.V(list(order_ids))
        .out("HAS_SHIPMENT")
        .has("status", P.within(list(ROUTABLE_SHIPMENTS)))
        .not_(other_days.has("date", P.neq(day)))
        .project(
            "id",
            "status",
            "order",
            "priority",
            "location",
            "weight_g",
            "volume_ml",
            "cold_chain",
            "hazardous",
            "goods",
        )
        .by(T.id)
        .by("status")
        .by(__.in_("HAS_SHIPMENT").id_())
        .by(__.in_("HAS_SHIPMENT").values("priority"))
        .by(__.in_("HAS_SHIPMENT").out("SHIPS_TO").id_())
        .by("weight_g")
        .by("volume_ml")
        .by("cold_chain")
        .by("hazardous")
        .by(
            __.out("PACKS")
            .project("available_at", "assembly_s")
            .by("available_at")
            .by(__.in_("HAS_ALLOCATION").out("ORDERS").values("assembly_s"))
            .fold()
        )
    )


def addresses(g: GraphTraversalSource, location_ids: Sequence[str]) -> GraphTraversal:
    """When the locations take goods in, and how long it takes."""
    return (
        g.V(list(location_ids))
        .project("id", "opens_s", "closes_s", "service_s")
        .by(T.id)
        .by("opens_s")
        .by("closes_s")
        .by("service_s")
    )


def warehouses(g: GraphTraversalSource) -> GraphTraversal:
    """Every warehouse with the times it works by, in the order of their ids."""
    return (
        g.V()
        .has_label("Warehouse")
        .order()
        .by(T.id)
        .project("id", "time_zone", "departs_s", "pick_pack_s")
        .by(T.id)
        .by("time_zone")
        .by("departs_s")
        .by("pick_pack_s")
    )


def vehicles(g: GraphTraversalSource) -> GraphTraversal:
    """Every vehicle that is based somewhere, in the order of their ids."""
    rows = (
        g.V()
        .has_label("Vehicle")
        .where(__.out("BASED_AT"))
        .order()
        .by(T.id)
        .project("id", "base", *_VEHICLE_VALUES)
        .by(T.id)
        .by(__.out("BASED_AT").id_())
    )
    for name in _VEHICLE_VALUES:
        rows = rows.by(name)
    return rows


def plans_of_day(g: GraphTraversalSource, day: str) -> GraphTraversal:
    """The ids of all plans ever made for ``day``."""
    return g.V(ids.planning_day(day)).in_("PLAN_OF").id_()


def plan_in_force(g: GraphTraversalSource, day: str) -> GraphTraversal:
    """The plan in force for ``day``, if there is one, with its routes and the number of stops to come."""
    return (
        g.V(ids.planning_day(day))
        .out("IN_FORCE")
        .project("id", "routes", "planned_stops")
        .by(T.id)
        .by(__.out("HAS_ROUTE").project("id", "status").by(T.id).by("status").fold())
        .by(__.out("HAS_ROUTE").out("VISITS").has("status", "planned").count())
    )


def plan_heads(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """What plans say of themselves, the planning day each is for, and how much of them is written."""
    rows = (
        g.V(list(plan_ids))
        .has_label("Plan")
        .project("id", "day", *_WRITTEN, *_PLAN_VALUES)
        .by(T.id)
        .by(__.out("PLAN_OF").values("date"))
        .by(__.out_e("HAS_ROUTE").count())
        .by(__.out("HAS_ROUTE").out("VISITS").out_e("SERVES").count())
        .by(__.out("HAS_ROUTE").out("VISITS").out_e("NEXT").count())
        .by(__.out_e("LEFT_OUT").count())
    )
    for name in _PLAN_VALUES:
        rows = rows.by(name)
    return rows


def written_to_its_end(head: Mapping[str, Any]) -> bool:
    """Whether everything that a row of :func:`plan_heads` counts is there."""
    wanted = (head["routes"], head["served"], head["routes"] + head["served"], head["left_out"])
    return tuple(head[name] for name in _WRITTEN) == wanted


def stops_of(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """The stops of plans, each with its route and what it serves."""
    return (
        g.V(list(plan_ids))
        .out("HAS_ROUTE")
        .out("VISITS")
        .project("id", "status", "plan", "route", "departs_at", "arrive_at", "serves")
        .by(T.id)
        .by("status")
        .by(__.in_("VISITS").in_("HAS_ROUTE").id_())
        .by(__.in_("VISITS").id_())
        .by(__.in_("VISITS").values("departs_at"))
        .by("arrive_at")
        .by(
            __.out("SERVES")
            .project("id", "order", "weight_g", "volume_ml")
            .by(T.id)
            .by(__.in_("HAS_SHIPMENT").id_())
            .by("weight_g")
            .by("volume_ml")
            .fold()
        )
    )


def loads_of(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """What the routes of plans were loaded with when they were planned."""
    return (
        g.V(list(plan_ids))
        .out("HAS_ROUTE")
        .project("id", "status", "weight_g", "volume_ml")
        .by(T.id)
        .by("status")
        .by("weight_g")
        .by("volume_ml")
    )


def left_out_of(g: GraphTraversalSource, plan_ids: Sequence[str]) -> GraphTraversal:
    """What plans left out, and why."""
    return (
        g.V(list(plan_ids))
        .out_e("LEFT_OUT")
        .project("plan", "shipment", "order", "reason", "detail")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by(__.in_v().in_("HAS_SHIPMENT").id_())
        .by("reason")
        .by("detail")
    )


def drives_of(g: GraphTraversalSource, route_ids: Sequence[str]) -> GraphTraversal:
    """The ways of routes: a row for each drive, as the route's id and the path."""
    return (
        g.V(list(route_ids))
        .out("VISITS")
        .out_e("NEXT")
        .project("route", "path")
        .by(__.out_v().in_("VISITS").id_())
        .by("path")
    )


def closed_streets(g: GraphTraversalSource, plan_id: str) -> GraphTraversal:
    """The streets that routes of the plan cross and nobody may drive now."""
    return g.V(plan_id).out("HAS_ROUTE").out("CROSSES").has("open", False).dedup().id_()


def no_longer_crossed(g: GraphTraversalSource, day: str) -> GraphTraversal:
    """The routes of plans of ``day`` that were superseded or abandoned and still cross streets."""
    return (
        g.V(ids.planning_day(day))
        .in_("PLAN_OF")
        .has("status", P.within(list(PLAN.final)))
        .out("HAS_ROUTE")
        .where(__.out_e("CROSSES"))
        .id_()
    )


def uncross(g: GraphTraversalSource, route_ids: Sequence[str]) -> GraphTraversal:
    """Drop the CROSSES edges of routes."""
    return g.V(list(route_ids)).out_e("CROSSES").drop()


def publish(
    g: GraphTraversalSource, *, day: str, plan_id: str, superseded_id: str | None, routes: int
) -> list[Statement]:
    """Put a complete draft with ``routes`` routes in force for ``day``, in place of ``superseded_id``.

    The unit fails when the draft is none any more, when another plan than ``superseded_id`` is in force
    meanwhile, when a vehicle of it has left, or when a street the draft crosses was closed.
    """
    day_id = ids.planning_day(day)
    in_force = g.V(day_id).out("IN_FORCE").id_()
    if superseded_id is not None:
        in_force = g.V(day_id).out("IN_FORCE").has_id(superseded_id).id_()
    return [
        # Whoever publishes for the day writes its vertex first, so that an engine which locks what a
        # transaction writes lets one after the other.
        Statement(
            f"{day_id} is there",
            g.V(day_id).has("date", day).property(Cardinality.single, "date", day).id_(),
            expect=1,
        ),
        Statement(
            f"{superseded_id or 'no plan'} is in force for {day}",
            in_force,
            expect=0 if superseded_id is None else 1,
        ),
        Statement(f"{plan_id} is a draft", moved(g.V(plan_id), PLAN, "published"), expect=1),
        Statement(
            f"the routes of {plan_id} are drafts",
            moved(g.V(plan_id).out("HAS_ROUTE"), ROUTE, "published"),
            expect=routes,
        ),
        Statement(f"the streets of {plan_id} are open", closed_streets(g, plan_id), expect=0),
        *([] if superseded_id is None else _supersede(g, superseded_id)),
        Statement(f"no plan is in force for {day}", g.V(day_id).out_e("IN_FORCE").drop()),
        *upserts(g, [], [EdgeRow("IN_FORCE", day_id, plan_id)]),
        Statement(f"one plan is in force for {day}", g.V(day_id).out("IN_FORCE").id_(), expect=1),
    ]


def _supersede(g: GraphTraversalSource, plan_id: str) -> list[Statement]:
    routes = g.V(plan_id).out("HAS_ROUTE")
    gone = g.V(plan_id).out("HAS_ROUTE").has("status", P.within(["departed", "completed"])).id_()
    stops = g.V(plan_id).out("HAS_ROUTE").out("VISITS")
    return [
        Statement(f"no vehicle of {plan_id} has left", gone, expect=0),
        Statement(f"{plan_id} is published", moved(g.V(plan_id), PLAN, "superseded"), expect=1),
        Statement(f"supersede the routes of {plan_id}", moved(routes, ROUTE, "superseded")),
        Statement(f"supersede the stops of {plan_id}", moved(stops, STOP, "superseded")),
    ]


def abandon(g: GraphTraversalSource, plan_id: str) -> list[Statement]:
    """Give up a draft, complete or not."""
    routes, stops = g.V(plan_id).out("HAS_ROUTE"), g.V(plan_id).out("HAS_ROUTE").out("VISITS")
    return [
        Statement(f"{plan_id} is a draft", moved(g.V(plan_id), PLAN, "abandoned"), expect=1),
        Statement(f"abandon the routes of {plan_id}", moved(routes, ROUTE, "abandoned")),
        Statement(f"give up the stops of {plan_id}", moved(stops, STOP, "superseded")),
    ]


def moved(elements: GraphTraversal, lifecycle: Lifecycle, status: str) -> GraphTraversal:
    """Those of ``elements`` that may become ``status`` become it; their ids."""
    return (
        elements.has("status", P.within(list(lifecycle.before(status))))
        .property(Cardinality.single, "status", status)
        .id_()
    )


def new_plan(g: GraphTraversalSource, *, day: str, plan: VertexRow) -> list[Statement]:
    """Write the head of a draft; the unit fails when the plan's number was taken meanwhile."""
    day_id = ids.planning_day(day)
    return [
        Statement(f"{plan.id} is new", g.V(plan.id).id_(), expect=0),
        *upserts(g, [VertexRow("PlanningDay", day_id, {"date": day}), plan]),
        *upserts(g, [], [EdgeRow("PLAN_OF", plan.id, day_id)]),
    ]


def upserts(
    g: GraphTraversalSource, vertices: Sequence[VertexRow], edges: Sequence[EdgeRow] = ()
) -> list[Statement]:
    """Write whole elements, vertices first, one statement for each label (and set of properties).

    Repeating it changes nothing.
    """
    statements = []
    for (label, _), rows in _alike(vertices).items():
        maps = [{"m": {T.id: row.id, T.label: label}, "c": row.properties} for row in rows]
        merged = g.inject(maps).unfold().as_("r").merge_v(__.select("m"))
        statements.append(Statement(f"write {label}", _with_values(merged).id_(), expect=len(rows)))
    for (label, names), ends in _alike(edges).items():
        matches = [{T.label: label, Direction.OUT: row.from_id, Direction.IN: row.to_id} for row in ends]
        if names:
            edge_maps = [{"m": m, "c": row.properties} for m, row in zip(matches, ends, strict=True)]
            merged = _with_values(g.inject(edge_maps).unfold().as_("r").merge_e(__.select("m")))
        else:
            merged = g.inject(matches).unfold().merge_e()
        statements.append(Statement(f"write {label}", merged.label(), expect=len(ends)))
    return statements


def _with_values(merged: GraphTraversal) -> GraphTraversal:
    return merged.option(Merge.on_create, __.select("r").select("c")).option(
        Merge.on_match, __.select("r").select("c")
    )


def _alike(rows: Iterable[Row]) -> dict[tuple[str, tuple[str, ...]], list[Row]]:
    """Rows by label and names of properties: what one statement can write."""
    together: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for row in rows:
        together.setdefault((row.label, tuple(sorted(row.properties))), []).append(row)
    return together
