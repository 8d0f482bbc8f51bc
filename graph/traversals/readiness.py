"""Which orders a planning day has to decide on."""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.engines.port import Statement

UNDECIDED = ("sourced", "blocked", "ready", "failed")
"""Statuses of orders that a vehicle still has to be found for."""


def orders_to_assess(g: GraphTraversalSource, *, day: str, promised_before: int) -> GraphTraversal:
    """The ids, sorted, of the orders to assess for the local date ``day``: expected that day or overdue
    from earlier ones, promised for before ``promised_before`` (UTC epoch ms) though expected later, or
    already routed that day.
    """
    return (
        g.inject(0)
        .union(
            __.V().has("Order", "day", P.lte(day)).has("status", P.within(list(UNDECIDED))),
            __.V()
            .has("Order", "promised_at", P.lt(promised_before))
            .has("status", P.within(list(UNDECIDED))),
            __.V().has("Order", "day", day).has("status", "routed"),
        )
        .dedup()
        .order()
        .by(T.id)
        .id_()
    )


def take_back(g: GraphTraversalSource, shipment_ids: Sequence[str]) -> Statement:
    """Failed shipments lie picked at the dock again."""
    return Statement(
        "take failed shipments back",
        g.V(list(shipment_ids))
        .has("status", "failed")
        .property(Cardinality.single, "status", "picked")
        .id_(),
        expect=len(shipment_ids),
    )
