"""Gremlin servers that go away and come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P

from graph.engines.opening import open_engine
from graph.engines.port import Engine, Statement, VertexRow
from graph.errors import (
    EngineUnavailable,
    OutcomeUnknown,
    PerfectOrderError,
)
from tests.engines.small_schema import SMALL
from tests.servers.fixtures import servers_wanted
from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.server_process import RunningServer

STARTS: dict[str, Callable[[Path], RunningServer]] = {
    "gremlin-server": start_gremlin_server,
    "janusgraph": start_janusgraph,
}


@pytest.fixture(params=STARTS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    """A server of this test's own, which it may kill."""
    with servers_wanted():
        running = STARTS[request.param](tmp_path)
    with running:
        yield running


def stocked(engine: Engine, count: int) -> None:
    engine.prepare()
    engine.bulk_load([VertexRow("Stock", f"stock/{n}", {"available": count}) for n in "AB"], [])


def take(g: GraphTraversalSource, id: str, count: int) -> GraphTraversal:
    left = __.union(__.values("available"), __.constant(-count)).sum_()
    found = g.V(id).has("available", P.gte(count))
    return found.property(Cardinality.single, "available", left).id_()


def test_a_unit_cut_off_is_told_from_one_whose_outcome_nobody_knows(server: RunningServer) -> None:
    engine = open_engine(server.url, SMALL)
    stocked(engine, 1_000_000)
    ends: list[PerfectOrderError] = []

    def move_until_it_fails(_: int) -> None:
        unit = [Statement(i, take(engine.g, f"stock/{i}", n), 1) for i, n in (("A", 1), ("B", -1))]
        try:
            while True:
                engine.transact(unit)
        except PerfectOrderError as error:
            ends.append(error)

    with ThreadPoolExecutor(4) as pool:
        moving = pool.map(move_until_it_fails, range(4))
        time.sleep(1)
        server.kill()
        list(moving)
    assert {type(error) for error in ends} <= {EngineUnavailable, OutcomeUnknown}
    assert len(ends) == 4
    with pytest.raises(EngineUnavailable, match="cannot connect"):
        engine.run(engine.g.V("stock/A").values("available"))
    with pytest.raises(EngineUnavailable, match="cannot connect"):
        engine.transact([Statement("A", take(engine.g, "stock/A", 1), 1)])
    server.restart()
    stocked(engine, 5)
    assert engine.transact([Statement("A", take(engine.g, "stock/A", 1), 1)]) == [["stock/A"]]
    engine.close()


def test_reads_and_writes_go_on_when_the_server_is_back(server: RunningServer) -> None:
    engine = open_engine(server.url, SMALL)
    stocked(engine, 5)
    server.restart()
    assert engine.run(engine.g.V("stock/A").count()) == [0]
    server.restart()
    stocked(engine, 7)
    assert engine.run(engine.g.V("stock/A").values("available")) == [7]
    engine.close()
