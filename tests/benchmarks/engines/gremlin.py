"""Gremlin Server and JanusGraph: our adapter beside gremlinpython as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.compiler.vertex_kinds import KIND
from graph.engines.opening import open_engine
from graph.engines.port import Engine, Statement
from graph.schema.model import SCHEMA
from tests.benchmarks.engines import asked
from tests.benchmarks.engines.side_by_side import Outcome, Pair, in_any_order, measured
from tests.benchmarks.engines.world import World, order_id, sku_id, stock_ids
from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.server_process import RunningServer

REACH: Final = 1.1
_STARTS: Final[dict[str, Callable[[Path], RunningServer]]] = {
    "Gremlin Server": start_gremlin_server,
    "JanusGraph": start_janusgraph,
}


def gremlin_outcomes(product: str, world: World, directory: Path, *, seconds: float) -> list[Outcome]:
    """All of them on a server of its own, started and stopped here."""
    with _STARTS[product](directory) as server:
        engine = open_engine(server.url, SCHEMA)
        try:
            engine.prepare()
            engine.bulk_load(world.vertices, world.edges)
            with _bare(server.url) as g:
                return measured(_pairs(engine, g, world), seconds=seconds)
        finally:
            engine.close()


@contextmanager
def _bare(url: str) -> Iterator[GraphTraversalSource]:
    connection = DriverRemoteConnection(url, "g", pool_size=1)
    try:
        yield traversal().with_remote(connection)
    finally:
        connection.close()


def _pairs(engine: Engine, g: GraphTraversalSource, world: World) -> list[Pair]:
    order, lines = order_id(17), asked.line_ids(world.orders)
    stocks = stock_ids()
    ours, theirs = asked.NewLines("ours"), asked.NewLines("theirs")
    our_starts = engine.run(asked.merged_vertices(engine.g, ours.vertices()))
    their_starts = engine.run(asked.merged_vertices(engine.g, theirs.vertices()))
    skus = [sku_id(n) for n in range(500)]

    def both(what: str, write: Callable[[GraphTraversalSource], GraphTraversal], **kinds: Any) -> Pair:
        return Pair(
            what, lambda: engine.run(write(engine.g)), lambda: write(g).to_list(), same=_alike, **kinds
        )

    return [
        both("one vertex by id", lambda g: asked.one_vertex(g, order)),
        both("one hop, projected", lambda g: asked.one_hop(g, order)),
        Pair(
            "1,000 mergeV",
            lambda: engine.run(asked.merged_vertices(engine.g, ours.vertices())),
            lambda: asked.merged_vertices(g, theirs.vertices()).to_list(),
            "vertices",
            asked.BATCH,
        ),
        Pair(
            "1,000 mergeE",
            lambda: engine.run(asked.merged_edges(engine.g, ours.edges(our_starts, skus))),
            lambda: asked.merged_edges(g, theirs.edges(their_starts, skus)).to_list(),
            "edges",
            asked.BATCH,
        ),
        both(
            f"sourcing candidates of {len(lines):,} lines",
            lambda g: asked.sourcing_candidates(g, lines),
            unit="lines",
            units=len(lines),
        ),
        Pair(
            "a session of 5 statements",
            lambda: engine.transact([Statement(id, _taken(engine.g, id), expect=1) for id in stocks[:5]]),
            lambda: _bare_session(g, stocks[5:10]),
        ),
    ]


def _taken(g: GraphTraversalSource, stock: str) -> GraphTraversal:
    """One unit less of a stock, if there is one."""
    less = __.union(__.values("available"), __.constant(-1)).sum_()
    return g.V(stock).has("available", P.gte(1)).property(Cardinality.single, "available", less).id_()


def _bare_session(g: GraphTraversalSource, stocks: list[str]) -> None:
    transaction = g.tx()
    session = transaction.begin()
    try:
        for stock in stocks:
            if len(_taken(session, stock).to_list()) != 1:
                raise AssertionError(f"{stock} is gone")
    except BaseException:
        transaction.rollback()
        raise
    transaction.commit()


def _alike(answer: Any) -> Any:
    """Answers with text as keys, where gremlinpython leaves tokens, and without our mark of the kind."""
    return in_any_order(_plain(answer))


def _plain(answer: Any) -> Any:
    if isinstance(answer, dict):
        names = {T.id: "id", T.label: "label"}
        return {names.get(key, key): _plain(value) for key, value in answer.items() if key != KIND}
    if isinstance(answer, list):
        return [_plain(item) for item in answer]
    return answer
