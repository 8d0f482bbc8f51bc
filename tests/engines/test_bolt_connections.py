"""Connections to a real Neo4j: time limits, cancellation, credentials, TLS, and a server that goes away."""

from __future__ import annotations

import random
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from graph.engines.addresses import address_of
from graph.engines.bolt_connections import Ask, BoltConnections
from graph.engines.cancellation import Cancellation, cancelled_by
from graph.engines.round_trips import RoundTrips
from graph.errors import (
    AccessRefused,
    Conflict,
    Contention,
    EngineUnavailable,
    InvalidInput,
    OutcomeUnknown,
    PerfectOrderError,
    QueryCancelled,
    QueryTimeout,
)
from tests.servers.fixtures import servers_wanted
from tests.servers.neo4j import start_neo4j
from tests.servers.server_process import RunningServer
from tests.servers.signature_checking_proxy import make_certificate

ENDLESS = "UNWIND range(1, 100000000000) AS n WITH n WHERE n % 7 = 8 RETURN count(n) AS r"
MADE = "MATCH (m:Mark {name: $name}) RETURN count(m) AS r"
MAKE = "CREATE (m:Mark {name: $name}) RETURN 1 AS r"
RUNNING = (
    "SHOW TRANSACTIONS YIELD currentQuery WHERE currentQuery STARTS WITH 'UNWIND range' RETURN count(*) AS r"
)


@contextmanager
def connected(url: str) -> Iterator[BoltConnections]:
    connections = BoltConnections(address_of(url, {}), RoundTrips(), auth=None, rng=random.Random(1))
    try:
        yield connections
    finally:
        connections.close()


@pytest.fixture
def neo4j(neo4j_server: RunningServer) -> Iterator[BoltConnections]:
    with connected(neo4j_server.url) as connections:
        yield connections
        make(connections, "MATCH (m:Mark) DELETE m")


@pytest.fixture(scope="module")
def mortal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with servers_wanted():
        server = start_neo4j(tmp_path_factory.mktemp("mortal-neo4j"))
    with server:
        yield server


@pytest.fixture
def own_server(mortal_server: RunningServer) -> RunningServer:
    """A server that may be killed."""
    if not mortal_server.is_running:
        mortal_server.restart()
    with connected(mortal_server.url) as connections:
        make(connections, "MATCH (m:Mark) DELETE m")
    return mortal_server


def ask_for(connections: BoltConnections, text: str, limit_s: float = 30, **given: object) -> list[object]:
    return connections.read(text, given, lambda: text, limit_s=limit_s)


def make(
    connections: BoltConnections, text: str = MAKE, limit_s: float = 30, **given: object
) -> list[object]:
    return connections.write(lambda ask: ask(text, given), lambda: text, limit_s=limit_s)


def within_s(limit_s: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_what_takes_too_long_is_ended_on_the_server(neo4j: BoltConnections) -> None:
    ask_for(neo4j, "RETURN 1 AS r")
    began = time.monotonic()
    with pytest.raises(QueryTimeout, match="ask for less at once: UNWIND"):
        ask_for(neo4j, ENDLESS, limit_s=0.3)
    assert time.monotonic() - began < 10
    assert within_s(10, lambda: ask_for(neo4j, RUNNING) == [0])
    with pytest.raises(QueryTimeout):
        make(neo4j, "CREATE (:Mark {name: 'late'}) WITH 1 AS _ " + ENDLESS, limit_s=0.3)
    assert ask_for(neo4j, MADE, name="late") == [0]


def test_what_nobody_waits_for_is_ended_on_the_server(neo4j: BoltConnections) -> None:
    cancellation = Cancellation()

    def cancel_soon() -> None:
        within_s(20, lambda: ask_for(neo4j, RUNNING) == [1])
        cancellation.cancel()

    canceller = threading.Thread(target=cancel_soon)
    canceller.start()
    with cancelled_by(cancellation), pytest.raises(QueryCancelled):
        make(neo4j, "CREATE (:Mark {name: 'unwanted'}) WITH 1 AS _ " + ENDLESS)
    canceller.join()
    assert within_s(10, lambda: ask_for(neo4j, RUNNING) == [0])
    assert ask_for(neo4j, MADE, name="unwanted") == [0]
    with cancelled_by(cancellation), pytest.raises(QueryCancelled):
        ask_for(neo4j, "RETURN 1 AS r")
    assert ask_for(neo4j, "RETURN 1 AS r") == [1]


def test_a_call_that_waits_for_a_lock_can_be_ended(neo4j: BoltConnections) -> None:
    make(neo4j, name="locked")
    lock = "MATCH (m:Mark {name: 'locked'}) SET m.held = true RETURN 1 AS r"
    held, enough = threading.Event(), threading.Event()

    def hold(ask: Ask) -> None:
        ask(lock, {})
        held.set()
        enough.wait(20)

    holder = threading.Thread(target=neo4j.write, args=(hold, lambda: lock), kwargs={"limit_s": 30})
    holder.start()
    held.wait(20)
    with pytest.raises(QueryTimeout):
        make(neo4j, lock, limit_s=0.3)
    enough.set()
    holder.join()


def test_of_two_that_wait_for_each_other_both_get_through(neo4j: BoltConnections) -> None:
    for name in ("a", "b"):
        make(neo4j, name=name)
    met = threading.Barrier(2, timeout=20)
    lock = "MATCH (m:Mark {name: $name}) SET m.n = coalesce(m.n, 0) + 1 RETURN m.n AS r"
    tries = []

    def cross(first: str, second: str) -> None:
        def work(ask: Ask) -> None:
            tries.append(first)
            ask(lock, {"name": first})
            if len(tries) <= 2:
                met.wait()
            ask(lock, {"name": second})

        neo4j.write(work, lambda: "cross", limit_s=30)

    threads = [threading.Thread(target=cross, args=names) for names in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) > 2
    assert ask_for(neo4j, "MATCH (m:Mark) WHERE m.n > 0 RETURN m.n AS r") == [2, 2]


def test_what_a_unit_raises_rolls_it_back(neo4j: BoltConnections) -> None:
    def work(ask: Ask) -> None:
        ask(MAKE, {"name": "gone"})
        raise Conflict("no")

    with pytest.raises(Conflict, match=r"^no$"):
        neo4j.write(work, lambda: "", limit_s=10)
    assert ask_for(neo4j, MADE, name="gone") == [0]


def test_endless_conflict_is_reported_with_what_was_asked(neo4j: BoltConnections) -> None:
    def work(ask: Ask) -> None:
        raise Contention("take from stock/N/bolt")

    with pytest.raises(Contention, match="take from stock/N/bolt"):
        neo4j.write(work, lambda: "", limit_s=10)


def test_reads_may_not_write(neo4j: BoltConnections) -> None:
    with pytest.raises(InvalidInput, match="may only read"):
        ask_for(neo4j, MAKE, name="x")


def test_only_so_many_ask_at_once(neo4j_server: RunningServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.engines.bolt_connections.WAITING_FOR_A_CONNECTION_MAY_TAKE_S", 0.2)
    with connected(f"{neo4j_server.url}?pool=1") as connections:

        def work(ask: Ask) -> None:
            ask_for(connections, "RETURN 1 AS r")

        with pytest.raises(EngineUnavailable, match=r"all 1 connections.*pool=N"):
            connections.write(work, lambda: "", limit_s=10)


def test_credentials_are_checked_and_never_shown(tmp_path: Path) -> None:
    with servers_wanted():
        server = start_neo4j(tmp_path / "neo4j", credentials=("planner", "s3cret-word"))
    with server:
        host = server.url.removeprefix("bolt://")
        with connected(f"bolt://planner:s3cret-word@{host}") as connections:
            assert ask_for(connections, "RETURN 1 AS r") == [1]
        for user in ("planner:another-s3cret@", ""):
            with connected(f"bolt://{user}{host}") as connections:
                with pytest.raises(AccessRefused, match="does not accept the credentials") as refused:
                    ask_for(connections, "RETURN 1 AS r")
                assert "s3cret" not in f"{refused.value!r} {connections.address!r}"


class TlsInFrontOf:
    """Takes TLS connections on a free port and hands on what they say to another port."""

    def __init__(self, port: int, directory: Path) -> None:
        self.certificate, key = make_certificate(directory)
        self._target = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(self.certificate, key)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with (
            suppress(OSError),
            client,
            self._context.wrap_socket(client, server_side=True) as plain,
            socket.create_connection(("127.0.0.1", self._target)) as server,
        ):
            while True:
                ready = [plain] if plain.pending() else select.select([plain, server], [], [])[0]
                for one, other in ((plain, server), (server, plain)):
                    if one in ready:
                        said = one.recv(65_536)
                        if not said:
                            return
                        other.sendall(said)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def tls(neo4j_server: RunningServer, tmp_path: Path) -> Iterator[TlsInFrontOf]:
    proxy = TlsInFrontOf(neo4j_server.port, tmp_path)
    yield proxy
    proxy.close()


def test_tls_with_an_authority_of_ones_own_or_with_any(tls: TlsInFrontOf) -> None:
    for url in (
        f"bolt+s://localhost:{tls.port}?ca={tls.certificate}",
        f"bolt+ssc://localhost:{tls.port}",
    ):
        with connected(url) as connections:
            assert ask_for(connections, "RETURN 1 AS r") == [1]


def test_a_certificate_that_is_not_trusted_is_named(tls: TlsInFrontOf) -> None:
    with (
        connected(f"bolt+s://localhost:{tls.port}") as connections,
        pytest.raises(EngineUnavailable, match=r"certificate that is not trusted.*ca=FILE"),
    ):
        ask_for(connections, "RETURN 1 AS r")


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("none")
    for file in ("empty.pem", "not-there.pem"):
        with (
            pytest.raises(InvalidInput, match=f"no file of certificates.*{file}"),
            connected(f"bolt+s://localhost:1?ca={tmp_path / file}"),
        ):
            pass


def test_a_server_without_tls_is_told_from_one_that_is_away(neo4j_server: RunningServer) -> None:
    with (
        connected(neo4j_server.url.replace("bolt:", "bolt+ssc:")) as connections,
        pytest.raises(EngineUnavailable, match="offers TLS"),
    ):
        ask_for(connections, "RETURN 1 AS r")
    with (
        connected("bolt://127.0.0.1:1") as connections,
        pytest.raises(EngineUnavailable, match=r"cannot be reached.*nothing was written.*server runs"),
    ):
        ask_for(connections, "RETURN 1 AS r")


def test_a_server_that_was_killed_and_started_again_is_found(own_server: RunningServer) -> None:
    with connected(own_server.url) as connections:
        make(connections, name="before")
        own_server.kill()
        for ask in (ask_for, make):
            with pytest.raises(EngineUnavailable):
                ask(connections, MAKE, name="meanwhile")
        own_server.restart()
        assert ask_for(connections, MADE, name="before") == [1]
        make(connections, name="after")
        own_server.restart()
        make(connections, name="after")
        assert ask_for(connections, MADE, name="after") == [2]
        assert ask_for(connections, MADE, name="meanwhile") == [0]


def test_a_server_killed_in_the_middle_of_a_unit_keeps_nothing_of_it(own_server: RunningServer) -> None:
    def work(ask: Ask) -> None:
        ask(MAKE, {"name": "half"})
        own_server.kill()
        ask(MAKE, {"name": "half"})

    with connected(own_server.url) as connections:
        with pytest.raises(EngineUnavailable, match="nothing was written"):
            connections.write(work, lambda: "two marks", limit_s=30)
        own_server.restart()
        assert ask_for(connections, MADE, name="half") == [0]


@pytest.mark.parametrize("arrives", [False, True], ids=["before it hears", "after it heard"])
def test_a_server_killed_in_the_commit_leaves_the_outcome_unknown(
    own_server: RunningServer, arrives: bool
) -> None:
    killer = threading.Timer(0.0 if arrives else 0.3, own_server.kill)

    def work(ask: Ask) -> None:
        ask(MAKE, {"name": "two"})
        ask(MAKE, {"name": "two"})
        if not arrives:
            own_server.pause()
            assert within_s(10, lambda: stands_still(own_server.pid))
        killer.start()

    with connected(own_server.url) as connections:
        outcome: PerfectOrderError | None = None
        try:
            connections.write(work, lambda: "two marks", limit_s=30)
        except PerfectOrderError as error:
            outcome = error
        killer.join()
        if not arrives:
            assert isinstance(outcome, OutcomeUnknown)
            assert "idempotency key" in str(outcome)
        own_server.restart()
        [there] = ask_for(connections, MADE, name="two")
        assert there in {OutcomeUnknown: (0, 2), EngineUnavailable: (0,), type(None): (2,)}[type_of(outcome)]


def stands_still(pid: int) -> bool:
    """Whether every thread of the process has stopped; a signal takes a moment to reach them all."""
    tasks = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(task.read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def type_of(outcome: PerfectOrderError | None) -> type:
    return next((k for k in (OutcomeUnknown, EngineUnavailable) if isinstance(outcome, k)), type(outcome))


def test_a_server_that_hangs_is_given_up(own_server: RunningServer) -> None:
    with connected(own_server.url) as connections:
        ask_for(connections, "RETURN 1 AS r")
        own_server.pause()
        with pytest.raises(QueryTimeout):
            ask_for(connections, "RETURN 1 AS r", limit_s=0.5)
        own_server.resume()
        assert ask_for(connections, "RETURN 1 AS r") == [1]


def test_an_address_shows_no_password() -> None:
    address = replace(address_of("bolt://localhost", {}), user="u", password="hidden")
    assert "hidden" not in repr(address)
