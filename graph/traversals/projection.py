"""What lists of orders filter and sort by, written in the same unit as its causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from gremlin_python.process.graph_traversal import GraphTraversalSource

from graph.engines.port import Statement
from graph.traversals.elements import change_vertices


@dataclass(frozen=True)
class OrderProjection:
    """Where an order stands: `expected_at` (UTC epoch ms) and `day` as computed at `assessed_at`."""

    order_id: str
    status: str
    expected_at: int
    late_by_s: int
    day: str
    assessed_at: int


def project_orders(g: GraphTraversalSource, rows: Sequence[OrderProjection]) -> Statement:
    """Write the projections of orders that exist: one statement however many (at least one).

    It belongs in a unit that checks the orders' versions (:mod:`graph.traversals.events`), after the
    statuses were checked against the state machine.
    """
    values = [asdict(row) for row in rows]
    (statement,) = change_vertices(g, "Order", {row.pop("order_id"): row for row in values})
    return statement
