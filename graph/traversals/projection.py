"""What lists of orders filter and sort by, written in the same unit as its causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from gremlin_python.process.graph_traversal import GraphTraversalSource, __
from gremlin_python.process.traversal import Merge, T

from graph.engines.port import Statement


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
    maps = []
    for row in rows:
        changed = asdict(row)
        maps.append({"m": {T.id: changed.pop("order_id"), T.label: "Order"}, "c": changed})
    return Statement(
        "project orders",
        g.inject(maps)
        .unfold()
        .as_("r")
        .merge_v(__.select("m"))
        .option(Merge.on_match, __.select("r").select("c"))
        .id_(),
        expect=len(rows),
    )
