"""Gremlin servers that go away, come back, stand still or are told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.engines.cancellation import Cancellation, cancelled_by
from graph.engines.opening import open_engine
from graph.engines.port import Engine, Statement, VertexRow
from graph.errors import (
    AccessRefused,
    EngineUnavailable,
    OutcomeUnknown,
    PerfectOrderError,
    QueryCancelled,
    StoreMissing,
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


def test_a_server_that_stands_still_is_not_waited_for_for_ever(server: RunningServer) -> None:
    engine = open_engine(f"{server.url}?time_limit_s=3", SMALL)
    stocked(engine, 5)
    server.pause()
    try:
        with pytest.raises(OutcomeUnknown, match="no answer"):
            engine.run(take(engine.g, "stock/A", 1))
        with pytest.raises(EngineUnavailable):
            engine.run(engine.g.V("stock/A").values("available"))
    finally:
        server.resume()
    assert engine.run(engine.g.V("stock/B").values("available")) == [5]
    engine.close()


def test_what_is_cancelled_ends_here_at_once_and_at_the_server_by_its_time_limit(
    server: RunningServer,
) -> None:
    engine = open_engine(f"{server.url}?time_limit_s=10", SMALL)
    engine.prepare()
    engine.bulk_load([VertexRow("Depot", f"depot/{n}", {"name": str(n)}) for n in range(200)], [])
    cancellation = Cancellation()
    threading.Timer(0.5, cancellation.cancel).start()
    began = time.monotonic()
    with cancelled_by(cancellation), pytest.raises(QueryCancelled):
        engine.run(engine.g.V().V().V().V().V().path().by(T.id).count())
    assert time.monotonic() - began < 10
    assert _settles(server)
    with cancelled_by(cancellation), pytest.raises(QueryCancelled):
        engine.run(engine.g.V().count())
    assert engine.run(engine.g.V().has_label("Depot").count()) == [200]
    engine.close()


def _settles(server: RunningServer) -> bool:
    """Whether the server's processor time soon stands nearly still."""
    for _ in range(60):
        before = _processor_s(server)
        time.sleep(0.5)
        if _processor_s(server) - before < 0.1:
            return True
    return False


def _processor_s(server: RunningServer) -> float:
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_users_are_asked_for_their_password_and_certificates_are_checked(tmp_path: Path) -> None:
    with servers_wanted():
        running = start_gremlin_server(tmp_path, credentials=("ann", "right:/@"), tls=True)
    with running as server:
        host = f"127.0.0.1:{server.port}/gremlin"
        trusted = f"ca={server.certificate}"
        engine = open_engine(f"wss://ann:right%3A%2F%40@{host}?{trusted}", SMALL)
        assert engine.run(engine.g.V().count()) == [0]
        assert "right" not in engine.url
        engine.close()
        with pytest.raises(AccessRefused, match="user name and password") as refused:
            open_engine(f"wss://ann:wrong@{host}?{trusted}", SMALL)
        assert "wrong" not in str(refused.value)
        with pytest.raises(AccessRefused, match="wants a user name"):
            open_engine(f"wss://{host}?{trusted}", SMALL)
        with pytest.raises(EngineUnavailable, match="not trusted"):
            open_engine(f"wss://ann:x@{host}", SMALL)


def test_a_graph_must_be_prepared_unless_it_may_be_made(tmp_path: Path) -> None:
    with servers_wanted():
        running = start_gremlin_server(tmp_path)
    with running as server:
        with pytest.raises(StoreMissing, match="engine prepare"):
            open_engine(server.url, SMALL, create=False)
        engine = open_engine(server.url, SMALL)
        engine.prepare()
        engine.prepare()
        engine.close()
        open_engine(server.url, SMALL, create=False).close()
