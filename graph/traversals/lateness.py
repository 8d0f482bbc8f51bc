"""Which orders are late, and the facts behind the dates of orders."""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Order, P, T

OUTSIDE_FACTS = ("purchase_order_delayed", "stock_received", "stock_counted")
"""Facts about other things that move the dates of orders."""

OWN_FACTS = ("hold_set", "hold_released", "paper_attached", "shipment_delivered", "shipment_failed")
"""Facts about an order itself that do."""


def late_orders(
    g: GraphTraversalSource, *, first: int | None = None, after: tuple[int, str] | None = None
) -> GraphTraversal:
    """The ids of late orders, the latest first, of equals by id; at most ``first``, those following the
    order ``after`` (its ``late_by_s`` and id).
    """
    late = g.V().has("Order", "late_by_s", P.gt(0)).has("status", P.neq("cancelled"))
    if after is not None:
        late_by_s, order_id = after
        late = late.or_(
            __.has("late_by_s", P.lt(late_by_s)),
            __.has("late_by_s", late_by_s).has(T.id, P.gt(order_id)),
        )
    late = late.order().by("late_by_s", Order.desc).by(T.id)
    return (late if first is None else late.limit(first)).id_()


def facts_behind(g: GraphTraversalSource, order_ids: Sequence[str]) -> GraphTraversal:
    """For each order the facts that its events go back to, and those about itself."""
    return (
        g.V(list(order_ids))
        .has_label("Order")
        .project("id", "outside", "own")
        .by(T.id)
        .by(
            __.in_("ABOUT")
            .out("CAUSED_BY")
            .has("kind", P.within(list(OUTSIDE_FACTS)))
            .dedup()
            .project("id", "kind", "subject", "occurred_at")
            .by(T.id)
            .by("kind")
            .by("subject")
            .by("occurred_at")
            .fold()
        )
        .by(
            __.in_("ABOUT")
            .has("kind", P.within(list(OWN_FACTS)))
            .project("id", "kind", "subject", "occurred_at", "data")
            .by(T.id)
            .by("kind")
            .by("subject")
            .by("occurred_at")
            .by("data")
            .fold()
        )
    )


def closures(g: GraphTraversalSource) -> GraphTraversal:
    """Every road closure with its note and the event that recorded it."""
    return (
        g.V()
        .has_label("RoadEvent")
        .project("id", "note", "since_at", "event")
        .by(T.id)
        .by("note")
        .by("since_at")
        .by(__.in_("ABOUT").has("kind", "road_closed").id_().fold())
    )
