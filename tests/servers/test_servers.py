"""The servers themselves: each answers, is killed and comes back, and is gone when it is stopped."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import neo4j
import pytest
from gremlin_python.driver.client import Client
from gremlin_python.driver.driver_remote_connection import DriverRemoteConnection
from gremlin_python.driver.protocol import ConfigurationError, GremlinServerError
from gremlin_python.process.anonymous_traversal import traversal
from gremlin_python.process.traversal import T

from tests.servers import maven
from tests.servers.fixtures import servers_wanted
from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.maven import ServersMissing, class_path
from tests.servers.neo4j import start_neo4j
from tests.servers.server_process import RunningServer, ServerFailed, free_port

STARTS: dict[str, Callable[[Path], RunningServer]] = {
    "gremlin": start_gremlin_server,
    "janusgraph": start_janusgraph,
    "neo4j": start_neo4j,
}


@pytest.fixture(params=list(STARTS))
def own_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    """A server that only this test uses."""
    with servers_wanted():
        server = STARTS[request.param](tmp_path / request.param)
    with server:
        yield server


def test_a_killed_server_comes_back_at_its_port_and_is_gone_when_stopped(own_server: RunningServer) -> None:
    add_order(own_server, "order/SO-1")
    assert orders(own_server) == ["order/SO-1"]
    first = own_server.pid

    own_server.kill()
    assert not listens(own_server.port)
    own_server.restart()
    assert own_server.pid != first
    kept = own_server.url.startswith("bolt:")
    assert orders(own_server) == (["order/SO-1"] if kept else [])

    own_server.stop()
    assert not own_server.is_running
    assert not is_alive(own_server.pid)
    assert not listens(own_server.port)


def test_a_server_does_not_outlive_the_process_that_started_it(tmp_path: Path) -> None:
    with servers_wanted():
        class_path("neo4j")
    port = free_port()
    program = (
        "import sys, time; from pathlib import Path; from tests.servers.neo4j import start_neo4j\n"
        "server = start_neo4j(Path(sys.argv[1]), port=int(sys.argv[2])); print(server.pid, flush=True)\n"
        "time.sleep(600)"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(port)]
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        server_pid = int(starter.stdout.readline())
        assert listens(port)
        starter.send_signal(signal.SIGKILL)
    assert within(10, lambda: not is_alive(server_pid))
    assert not listens(port)


def test_gremlin_server_with_tls_and_credentials_lets_in_who_knows_them_and_keeps_what_it_is_told_to(
    tmp_path: Path,
) -> None:
    with servers_wanted():
        server = start_gremlin_server(tmp_path, credentials=("user", "secret"), tls=True, persistent=True)
    with server:
        trust = ssl.create_default_context(cafile=str(server.certificate))
        known = {"username": "user", "password": "secret"}
        add_order(server, "order/SO-1", ssl=trust, **known)
        with pytest.raises(GremlinServerError, match="401"):
            orders(server, ssl=trust, username="user", password="wrong")
        with pytest.raises(ConfigurationError, match="credentials"):
            orders(server, ssl=trust)
        with pytest.raises(OSError, match="certificate verify failed"):
            orders(server, **known)
        server.restart()
        assert orders(server, ssl=trust, **known) == ["order/SO-1"]


def test_neo4j_with_credentials_lets_in_who_knows_them_after_a_restart_too(tmp_path: Path) -> None:
    with servers_wanted():
        server = start_neo4j(tmp_path, credentials=("planner", "secret-word"))
    with server:
        for auth in (None, ("planner", "another-word")):
            with pytest.raises(neo4j.exceptions.AuthError):
                cypher(server, "RETURN 1", auth=auth)
        server.restart()
        assert cypher(server, "RETURN 1", auth=("planner", "secret-word")) == [1]


def test_janusgraph_takes_management_scripts(janusgraph_server: RunningServer) -> None:
    script = """
        management = graph.openManagement()
        available = management.makePropertyKey('scripted').dataType(Long).make()
        index = management.buildIndex('byScripted', Vertex.class).addKey(available).buildCompositeIndex()
        management.setConsistency(available, ConsistencyModifier.LOCK)
        management.commit()
        graph.openManagement().getPropertyKey('scripted').dataType().simpleName
    """
    assert submit(janusgraph_server, script) == ["Long"]


def test_gremlin_server_rolls_back_indexes_and_takes_messages_of_forty_megabytes(
    gremlin_server: RunningServer,
) -> None:
    with connected(gremlin_server) as connection:
        transaction = traversal().with_(connection).tx()
        inside = transaction.begin()
        assert inside.add_v("order").property(T.id, "order/gone").id_().to_list() == ["order/gone"]
        transaction.rollback()
    assert orders(gremlin_server) == []
    indexed = submit(gremlin_server, "graph.createIndex('n', Vertex); graph.getIndexedKeys(Vertex)")
    assert "n" in indexed
    size = 40 * 1024 * 1024
    assert submit(gremlin_server, "text.length()", {"text": "a" * size}) == [size]


def test_a_server_that_does_not_come_up_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with servers_wanted():
        class_path("neo4j")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ServerFailed, match=r"(?s)ended with code 1 .*Address already in use"):
            start_neo4j(tmp_path, port=taken.getsockname()[1])


def test_a_machine_without_java_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(ServersMissing, match=r"JAVA_HOME .* has none: install one"):
        maven.java_program("java")


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)])
def test_missing_servers_skip_on_a_laptop_and_fail_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no Java here"), servers_wanted():
        raise ServersMissing("no Java here")


@contextmanager
def connected(server: RunningServer, **options: Any) -> Iterator[DriverRemoteConnection]:
    connection = DriverRemoteConnection(server.url, "g", **options)
    try:
        yield connection
    finally:
        connection.close()


def add_order(server: RunningServer, order_id: str, **options: Any) -> None:
    if server.url.startswith("bolt:"):
        cypher(server, "CREATE (:V:order {id: $id})", id=order_id)
        return
    with connected(server, **options) as connection:
        traversal().with_(connection).add_v("order").property(T.id, order_id).id_().to_list()


def orders(server: RunningServer, **options: Any) -> list[str]:
    if server.url.startswith("bolt:"):
        return cypher(server, "MATCH (o:order) RETURN o.id")
    with connected(server, **options) as connection:
        found: list[str] = traversal().with_(connection).V().has_label("order").id_().to_list()
        return found


def submit(server: RunningServer, script: str, bindings: dict[str, Any] | None = None) -> list[Any]:
    client = Client(server.url, "g")
    try:
        answers: list[Any] = client.submit(script, bindings).all().result()
        return answers
    finally:
        client.close()


def cypher(server: RunningServer, text: str, auth: tuple[str, str] | None = None, **values: str) -> list[Any]:
    with neo4j.GraphDatabase.driver(server.url, auth=auth) as driver:
        return [record[0] for record in driver.execute_query(text, values).records]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
