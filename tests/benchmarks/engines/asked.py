"""What is asked of every engine, as traversals."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Direction, Merge, P, T

from graph.schema import ids
from graph.traversals.facts import order_states
from tests.benchmarks.engines.world import LINES_AN_ORDER, order_id

BATCH = 1_000

Row = dict[Any, Any]


class NewLines:
    """Rows of order lines that no batch before has had, and of the edges to them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers = count()

    def vertices(self) -> list[Row]:
        """A batch for mergeV."""
        start = next(self._numbers)
        return [
            {
                "m": {T.id: ids.make("order-line", f"{self._name}-{start}", n), T.label: "OrderLine"},
                "c": {"number": n, "quantity": 1 + n % 7, "status": "promised"},
            }
            for n in range(BATCH)
        ]

    def edges(self, start_ids: Sequence[str], end_ids: Sequence[str]) -> list[Row]:
        """A batch for mergeE: from each start to another end than in the batches before."""
        shift = next(self._numbers)
        return [
            {
                T.label: "ORDERS",
                Direction.OUT: start_ids[n % len(start_ids)],
                Direction.IN: end_ids[(n + shift) % len(end_ids)],
            }
            for n in range(BATCH)
        ]


def merged_vertices(g: GraphTraversalSource, rows: list[Row]) -> GraphTraversal:
    return (
        g.inject(rows)
        .unfold()
        .as_("r")
        .merge_v(__.select("m"))
        .option(Merge.on_create, __.select("r").select("c"))
        .id_()
    )


def merged_edges(g: GraphTraversalSource, rows: list[Row]) -> GraphTraversal:
    return g.inject(rows).unfold().merge_e().label()


def line_ids(orders: int) -> list[str]:
    """The first lines of the world, at most a batch."""
    return [
        ids.order_line(order_id(n), line + 1)
        for n in range(min(orders, BATCH // LINES_AN_ORDER + 1))
        for line in range(LINES_AN_ORDER)
    ][:BATCH]


def sourcing_candidates(g: GraphTraversalSource, of: Sequence[str]) -> GraphTraversal:
    """For each line its SKU and the stocks that it could be taken from."""
    stocks = __.out("ORDERS").in_("STOCK_OF").has("available", P.gt(0))
    return (
        g.V(list(of))
        .project("line", "sku", "candidates")
        .by(T.id)
        .by(__.out("ORDERS").id_())
        .by(stocks.project("id", "available").by(T.id).by("available").fold())
    )


def one_vertex(g: GraphTraversalSource, id: str) -> GraphTraversal:
    return g.V(id).element_map()


def one_hop(g: GraphTraversalSource, id: str) -> GraphTraversal:
    """The lines of an order."""
    return (
        g.V(id)
        .out("HAS_LINE")
        .has_label("OrderLine")
        .order()
        .by("number")
        .project("id", "number", "quantity")
        .by(T.id)
        .by("number")
        .by("quantity")
    )


def order_with_lines(g: GraphTraversalSource, id: str) -> GraphTraversal:
    """One order with its lines and their SKUs."""
    sku = __.out("ORDERS").project("id", "name", "price").by(T.id).by("name").by("price")
    lines = (
        __.out("HAS_LINE")
        .has_label("OrderLine")
        .order()
        .by("number")
        .project("id", "number", "quantity", "status", "sku")
        .by(T.id)
        .by("number")
        .by("quantity")
        .by("status")
        .by(sku)
        .fold()
    )
    return (
        g.V(id)
        .project("id", "status", "promised_at", "late_by_s", "lines")
        .by(T.id)
        .by("status")
        .by("promised_at")
        .by("late_by_s")
        .by(lines)
    )


def twenty_steps(g: GraphTraversalSource, order_ids: Sequence[str], least: int) -> GraphTraversal:
    """A traversal of 20 steps, nested ones counted."""
    return (
        g.V(list(order_ids))
        .has("Order", "status", "sourced")
        .out("HAS_LINE")
        .has_label("OrderLine")
        .has("quantity", P.gte(least))
        .order()
        .by("quantity")
        .by(T.id)
        .limit(100)
        .dedup()
        .project("id", "quantity", "skus")
        .by(T.id)
        .by("quantity")
        .by(__.out("ORDERS").has("discontinued", False).project("id", "name").by(T.id).by("name").fold())
    )


def everything_of(g: GraphTraversalSource, order_ids: Sequence[str]) -> GraphTraversal:
    """The longest question of the service: all that stands about orders."""
    return order_states(g, list(order_ids))
