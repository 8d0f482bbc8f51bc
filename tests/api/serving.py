"""A real server over a small world, and a client that asks it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any

import httpx
import uvicorn
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.clock import Clock, RunningClock
from api.main import create_app
from api.operations.jobs import JobRunner
from api.server import address_of, bind
from api.settings import Settings
from graph.engines.port import Engine
from tests.worlds import START_AT

KEY = b"the key of all test servers"


def settings(**changed: Any) -> Settings:
    """Settings whose cursors survive the server, and that wait little."""
    return Settings(**{"cursor_key": KEY, "poll_s": 0.2, "drain_s": 5, **changed})


@dataclass(frozen=True)
class Served:
    """A server that runs, the engine behind it, and a client."""

    engine: Engine
    address: str
    http: httpx.Client

    def post(self, query: str, **variables: Any) -> httpx.Response:
        """The whole response."""
        return self.http.post("/graphql", json={"query": query, "variables": variables})

    def ask(self, query: str, **variables: Any) -> Any:
        """The data; fails on any error."""
        response = self.post(query, **variables)
        body = response.json()
        assert response.status_code == 200, response.text
        assert "errors" not in body, body["errors"]
        return body["data"]

    def error(self, query: str, **variables: Any) -> dict[str, Any]:
        """The one error of the answer."""
        (error,) = self.post(query, **variables).json()["errors"]
        assert "Traceback" not in error["message"]
        return dict(error)

    def round_trips(self, query: str, **variables: Any) -> int:
        """How many times the graph was asked for the answer."""
        before = self.engine.round_trips
        self.ask(query, **variables)
        return self.engine.round_trips - before

    @contextmanager
    def following(self, query: str, **variables: Any) -> Iterator[Following]:
        """A subscription over a connection of its own."""
        address = self.address.replace("http://", "ws://") + "/graphql"
        with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            socket.send(json.dumps({"type": "connection_init"}))
            assert json.loads(socket.recv(timeout=30))["type"] == "connection_ack"
            payload = {"query": query, "variables": variables}
            socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            yield Following(socket)


@dataclass(frozen=True)
class Following:
    """A subscription."""

    socket: ClientConnection

    def message(self, timeout_s: float = 30) -> dict[str, Any]:
        """The next message of the protocol."""
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=timeout_s))
        return message

    def next(self, timeout_s: float = 30) -> Any:
        """The data of the next result."""
        message = self.message(timeout_s)
        assert message["type"] == "next", message
        assert not message["payload"].get("errors"), message
        return message["payload"]["data"]


@contextmanager
def serving(
    engine: Engine,
    *,
    clock: Clock | None = None,
    jobs: JobRunner | None = None,
    with_settings: Settings | None = None,
) -> Iterator[Served]:
    """Serve ``engine`` on a free port of this machine; by default it is Monday 06:00 and stays so."""
    app = create_app(
        engine,
        clock=clock or RunningClock(START_AT, speed=0),
        settings=with_settings or settings(),
        jobs=jobs,
    )
    listener = bind("127.0.0.1", 0)
    address = address_of(listener)
    config = uvicorn.Config(app, ws="websockets-sansio", log_level="error", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server ended at its start"
        time.sleep(0.005)
    try:
        with httpx.Client(base_url=address, timeout=30) as http:
            yield Served(engine, address, http)
    finally:
        server.should_exit = True
        thread.join(15)
        assert not thread.is_alive()
