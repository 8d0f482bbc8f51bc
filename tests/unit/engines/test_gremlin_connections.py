"""What a connection to a Gremlin server says when the other end goes away."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread
from typing import Any

import pytest
from gremlin_python.process.traversal import Cardinality, T
from websockets.frames import Frame
from websockets.http11 import Request as HandshakeRequest
from websockets.server import ServerProtocol

from graph.engines.addresses import address_of
from graph.engines.gremlin import GremlinEngine
from graph.engines.gremlin_connections import (
    COMMIT,
    NOTHING,
    Connection,
    ConnectionLost,
    Endpoint,
    Request,
    ServerError,
    bytecode_request,
)
from graph.engines.port import Statement
from graph.errors import EngineError, OutcomeUnknown, QueryTimeout
from tests.engines.small_schema import SMALL

ASKED = bytecode_request(NOTHING, source="g")


@contextmanager
def server_that_leaves(before_leaving: Callable[[], None]) -> Iterator[Endpoint]:
    """A server that takes one request, calls ``before_leaving`` and says that it closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            accepted, _ = listening.accept()
            protocol = ServerProtocol()
            with accepted:
                while True:
                    protocol.receive_data(accepted.recv(65_536))
                    for event in protocol.events_received():
                        if isinstance(event, HandshakeRequest):
                            protocol.send_response(protocol.accept(event))
                        elif isinstance(event, Frame):
                            before_leaving()
                            protocol.send_close(1009, "too long for me")
                    for data in protocol.data_to_send():
                        accepted.sendall(data)
                    if protocol.close_sent is not None:
                        left.wait(10)
                        return

        left = Event()
        serving = Thread(target=serve, daemon=True)
        serving.start()
        yield Endpoint("127.0.0.1", listening.getsockname()[1], "/gremlin")
        left.set()
        serving.join(10)


def test_a_server_that_closes_is_heard_and_what_was_asked_counts_as_sent() -> None:
    with server_that_leaves(lambda: None) as endpoint:
        connection = Connection(endpoint)
        with pytest.raises(ConnectionLost, match="too long for me") as lost:
            connection.ask([ASKED], within_s=10)
        assert lost.value.sent
        assert not connection.is_idle()
        with pytest.raises(ConnectionLost, match="too long for me") as later:
            connection.tell(ASKED)
        assert not later.value.sent
        connection.close()


def test_a_farewell_that_cannot_be_returned_does_not_make_a_request_unsent() -> None:
    """Else a write that the server may have carried out would be sent once more."""
    connections: list[Connection] = []
    with server_that_leaves(lambda: connections[0]._socket.shutdown(socket.SHUT_WR)) as endpoint:
        connections.append(Connection(endpoint))
        with pytest.raises(ConnectionLost) as lost:
            connections[0].ask([ASKED], within_s=10)
        assert lost.value.sent
        connections[0].close()


class Slow:
    """Its server runs out of time with what has ``late`` in it, as no real one does on demand."""

    def __init__(self, late: bytes) -> None:
        self._late = late

    def ask_in_session(self, requests: list[Request], *, within_s: float) -> Iterator[list[Any]]:
        for request in requests:
            if self._late in request.body:
                raise ServerError(598, "evaluation exceeded", {})
            yield ["depot/N"]

    def tell(self, request: Request) -> None:
        """Nothing is heard."""


@pytest.mark.parametrize(("late", "error"), [(COMMIT, OutcomeUnknown), (b"addV", QueryTimeout)])
def test_only_a_commit_that_took_too_long_leaves_the_outcome_open(
    late: bytes, error: type[EngineError], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = GremlinEngine(address_of("ws://localhost", {}), SMALL)
    monkeypatch.setattr(engine._writers, "lease", lambda **_: nullcontext(Slow(late)))
    depot = engine.g.add_v("Depot").property(T.id, "depot/N").property(Cardinality.single, "name", "North")
    with pytest.raises(error):
        engine.transact([Statement("new", depot.id_(), expect=1)])
