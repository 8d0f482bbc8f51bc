"""How a graph stands, in numbers: what the demo's summary and the planner's day view count."""

from __future__ import annotations

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import T


def counts_by_kind(g: GraphTraversalSource) -> GraphTraversal:
    """One map: vertex label to how many there are."""
    return g.V().group_count().by(T.label)


def order_figures(g: GraphTraversalSource) -> GraphTraversal:
    """Per order: status, dates, lateness, how many of its lines are short, and how many shipments it has."""
    return (
        g.V()
        .has_label("Order")
        .project("id", "status", "requested_at", "promised_at", "late_by_s", "day", "short", "shipments")
        .by(T.id)
        .by("status")
        .by("requested_at")
        .by("promised_at")
        .by("late_by_s")
        .by("day")
        .by(__.out("HAS_LINE").has("status", "short").count())
        .by(__.out("HAS_SHIPMENT").not_(__.has("status", "cancelled")).count())
    )


def sourced_orders(g: GraphTraversalSource) -> GraphTraversal:
    """How many orders were ever sourced."""
    return g.V().has_label("Order").where(__.in_("ABOUT").has("kind", "order_sourced")).count()


def plan_in_force(g: GraphTraversalSource, day_id: str) -> GraphTraversal:
    """The figures of the plan in force on a planning day; nothing when there is none."""
    return (
        g.V(day_id)
        .out("IN_FORCE")
        .project(
            "id",
            "cost",
            "currency",
            "distance_m",
            "duration_s",
            "routes",
            "served",
            "left_out",
            "left_out_by",
        )
        .by(T.id)
        .by("cost")
        .by("currency")
        .by("distance_m")
        .by("duration_s")
        .by("routes")
        .by("served")
        .by("left_out")
        .by(__.out_e("LEFT_OUT").group_count().by("reason"))
    )
