"""Servers that die in the middle of units, go away and come back, or do not know who asks."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.operations import idempotency
from graph.engines.opening import open_engine
from graph.engines.port import Engine, Statement, VertexRow
from graph.errors import AccessRefused, EngineError, EngineUnavailable, OutcomeUnknown, StatementMissed
from graph.schema.model import SCHEMA
from graph.traversals import supply
from graph.traversals.elements import add_vertices
from tests.engines.contract_engines import SERVERS
from tests.servers.fixtures import servers_wanted
from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.neo4j import start_neo4j
from tests.servers.server_process import RunningServer

STARTS: dict[str, Callable[[Path], RunningServer]] = {
    "gremlin-server": start_gremlin_server,
    "janusgraph": start_janusgraph,
    "neo4j": start_neo4j,
}
KEEPS = frozenset({"neo4j"})
"""The servers that have after a kill what they had before it; the others come back empty."""

OPERATION, DIGEST, NOW = "test", "digest", 1_772_442_000_000
STOCK, THERE = "stock/W-1/A", 100_000


@contextmanager
def server_of_our_own(name: str, directory: Path) -> Iterator[RunningServer]:
    """A server that a test may kill."""
    with servers_wanted():
        server = STARTS[name](directory)
    with server:
        yield server


def fill(engine: Engine) -> None:
    engine.prepare()
    stock = {"on_hand": THERE, "reserved": 0, "safety_stock": 0, "available": THERE}
    engine.bulk_load([VertexRow("Stock", STOCK, dict(stock))], [])


def unit(engine: Engine, number: int) -> list[Statement]:
    """Set one aside for a new supplier, under an idempotency key."""
    g = engine.g
    supplier = {f"supplier/{number}": {"name": str(number), "country": "CL"}}
    return [
        *add_vertices(g, "Supplier", {id: dict(values) for id, values in supplier.items()}),
        *supply.reserve(g, {STOCK: 1}),
        *idempotency.remember(
            g, operation=OPERATION, key=str(number), digest=DIGEST, answer={"number": number}, now=NOW
        ),
    ]


@dataclass
class Writer(threading.Thread):
    """Writes one unit after the other until the server goes away."""

    engine: Engine
    first: int
    written: list[int] = field(default_factory=list)
    trouble: Exception | None = None

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        number = self.first
        try:
            while True:
                self.engine.transact(unit(self.engine, number))
                self.written.append(number)
                number += 1
        except Exception as trouble:
            self.trouble = trouble


def is_written(engine: Engine, number: int) -> bool:
    """Whether a unit is there; it never is by half."""
    supplier = engine.run(engine.g.V(f"supplier/{number}").count()) == [1]
    answer = idempotency.remembered(engine, operation=OPERATION, key=str(number), digest=DIGEST)
    assert supplier == (answer == {"number": number})
    return supplier


def assert_whole(engine: Engine) -> None:
    """As much is set aside as there are suppliers and remembered requests."""
    g = engine.g
    (count,) = engine.run(g.V().has_label("Supplier").count())
    assert engine.run(g.V().has_label("Request").count()) == [count]
    assert engine.run(g.V(STOCK).values("reserved")) == [count]
    assert engine.run(g.V(STOCK).values("available")) == [THERE - count]


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="short"), pytest.param(20, id="full", marks=pytest.mark.soak)]
)
@pytest.mark.parametrize("engine", SERVERS)
def test_a_unit_that_a_kill_cut_off_is_written_or_not_and_its_key_tells_which(
    engine: str, tmp_path: Path, rounds: int
) -> None:
    dice = random.Random(rounds)
    with server_of_our_own(engine, tmp_path / "server") as server:
        opened = open_engine(server.url, SCHEMA)
        fill(opened)
        told: list[int] = []
        for number in range(rounds):
            writer = Writer(opened, first=1_000 * number)
            writer.start()
            while not writer.written and writer.is_alive():
                time.sleep(0.005)
            time.sleep(dice.uniform(0.0, 0.3))
            server.kill()
            writer.join()
            assert isinstance(writer.trouble, EngineUnavailable | OutcomeUnknown), writer.trouble
            server.restart()
            if engine in KEEPS:
                told += writer.written
                settle(opened, writer)
                told.append(writer.first + len(writer.written))
                assert all(is_written(opened, each) for each in told)
            else:
                assert opened.run(opened.g.V(STOCK).count()) == [0]
                fill(opened)
                opened.transact(unit(opened, number))
            assert_whole(opened)
        opened.close()


def settle(engine: Engine, writer: Writer) -> None:
    """Ask again under the same key for what was cut off, as its caller would."""
    cut_off = writer.first + len(writer.written)
    there = is_written(engine, cut_off)
    if isinstance(writer.trouble, EngineUnavailable):
        assert not there, "it said that nothing was written"
    if there:
        with pytest.raises(StatementMissed, match="is new"):
            engine.transact(unit(engine, cut_off)[2:])
    else:
        engine.transact(unit(engine, cut_off))


@pytest.mark.parametrize("engine", SERVERS)
def test_a_server_that_went_away_is_missed_and_found_again(engine: str, tmp_path: Path) -> None:
    with server_of_our_own(engine, tmp_path / "server") as server:
        opened = open_engine(server.url, SCHEMA)
        fill(opened)
        opened.ping()
        server.stop()
        for ask in (
            opened.ping,
            lambda: opened.run(opened.g.V().count()),
            lambda: opened.transact(unit(opened, 1)),
        ):
            with pytest.raises(EngineUnavailable, match=f"127.0.0.1:{server.port}"):
                ask()
        server.restart()
        opened.ping()
        fill(opened)
        opened.transact(unit(opened, 1))
        assert is_written(opened, 1)
        opened.close()


USER, PASSWORD = "keeper", "s3cr3t-é:/@%"


@pytest.mark.parametrize("engine", ["gremlin-server", "neo4j"])
def test_only_those_with_the_password_come_in_and_nobody_reads_it(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    start = {"gremlin-server": start_gremlin_server, "neo4j": start_neo4j}[engine]
    with servers_wanted():
        server = start(tmp_path / "server", credentials=(USER, PASSWORD))
    with server:
        for user, password in ((USER, "wrong-s3cr3t"), (None, None)):
            _as(monkeypatch, user, password)
            with pytest.raises(AccessRefused) as refused:
                _count(server.url)
            assert "s3cr3t" not in str(refused.value)
        _as(monkeypatch, USER, PASSWORD)
        assert _count(server.url) == 0
        opened = open_engine(server.url, SCHEMA)
        assert PASSWORD not in f"{opened!r} {opened.url} {vars(opened)!r:.5000}"
        opened.close()
    assert "s3cr3t" not in caplog.text


def _as(monkeypatch: pytest.MonkeyPatch, user: str | None, password: str | None) -> None:
    for name, value in (("USER", user), ("PASSWORD", password)):
        if value is None:
            monkeypatch.delenv(f"PERFECT_ORDER_ENGINE_{name}", raising=False)
        else:
            monkeypatch.setenv(f"PERFECT_ORDER_ENGINE_{name}", value)


def _count(url: str) -> int:
    opened = open_engine(url, SCHEMA)
    try:
        count: int = opened.run(opened.g.V().count())[0]
        return count
    finally:
        opened.close()


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/gremlin", "bolt://127.0.0.1:1"])
def test_nobody_at_home_is_said_at_once(url: str) -> None:
    began = time.monotonic()
    with pytest.raises(EngineError, match=r"127\.0\.0\.1:1"):
        _count(url)
    assert time.monotonic() - began < 20
