"""Nobody works for a client that has gone."""

from __future__ import annotations

import asyncio
import json
from threading import Event, Thread
from typing import Any

import anyio
import pytest
import strawberry
from gremlin_python.process.graph_traversal import GraphTraversal

from api.clock import RunningClock
from api.commits import AnnouncingEngine, Commits
from api.graphql.http import GraphQLEndpoint
from api.graphql.loading import Ahead, Link, Loaders
from api.graphql.threads import Threads
from api.graphql.types.products import STOCKS
from api.main import services_of
from graph.engines.cancellation import Cancellation, current_cancellation
from graph.engines.port import Engine
from graph.traversals import browse
from tests.api.serving import settings
from tests.worlds import BOLT, START_AT, small_engine

SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/graphql",
    "query_string": b"",
    "headers": [(b"content-type", b"application/json")],
}


def test_a_query_ends_when_its_client_goes_away() -> None:
    asked, left = Event(), Event()

    @strawberry.type
    class Query:
        @strawberry.field
        async def forever(self) -> int:
            asked.set()
            try:
                await asyncio.sleep(60)
            finally:
                left.set()
            return 0

    engine = small_engine()
    asyncio.run(_ask_and_leave(strawberry.Schema(Query), engine, asked))
    engine.close()
    assert left.is_set()


async def _ask_and_leave(schema: strawberry.Schema, engine: Engine, asked: Event) -> None:
    body = json.dumps({"query": "{ forever }"}).encode()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await asyncio.to_thread(asked.wait)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(f"an answer to nobody: {message}")

    await asyncio.wait_for(_endpoint(schema, engine)(SCOPE, receive, send), 30)


def _endpoint(schema: strawberry.Schema, engine: Engine) -> GraphQLEndpoint:
    services = services_of(engine, clock=RunningClock(START_AT, speed=0), settings=settings())
    return GraphQLEndpoint(schema, services, page="")


def test_what_goes_wrong_with_a_request_comes_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    @strawberry.type
    class Query:
        there: bool = True

    async def broken(request: object) -> None:
        raise ZeroDivisionError

    async def receive() -> dict[str, Any]:
        return next(messages, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        raise AssertionError(message)

    messages = iter([{"type": "http.request", "body": b"{}", "more_body": False}])
    engine = small_engine()
    endpoint = _endpoint(strawberry.Schema(Query), engine)
    monkeypatch.setattr(endpoint, "run", broken)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(endpoint(SCOPE, receive, send))
    engine.close()


def test_who_has_its_answer_waits_until_it_was_stopped_or_is_not_stopped_any_more() -> None:
    """Else what it asks next, over the same connection, would be cut off."""
    cancellation, stopping, over = Cancellation(), Event(), Event()

    def stop() -> None:
        stopping.set()
        assert not over.wait(0.2)

    def ask() -> None:
        with cancellation.stopping(stop):
            asking.set()
            stopping.wait(30)
        over.set()

    asking = Event()
    asked = Thread(target=ask)
    asked.start()
    asking.wait(30)
    cancellation.cancel()
    asked.join(30)
    assert over.is_set()


def test_an_engine_is_told_to_stop_reading_for_a_request_that_was_cancelled() -> None:
    reading, stopped = Event(), Event()

    def read() -> bool:
        cancellation = current_cancellation()
        assert cancellation is not None
        with cancellation.stopping(stopped.set):
            reading.set()
            return stopped.wait(30)

    async def cancelled() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Threads(reading=1, writing=1).read, read)
            await asyncio.to_thread(reading.wait)
            tasks.cancel_scope.cancel()

    asyncio.run(cancelled())
    assert stopped.is_set()


def test_a_chain_of_links_is_not_followed_on_for_a_request_that_was_cancelled() -> None:
    asked, go_on = Event(), Event()

    class Held(AnnouncingEngine):
        def explore(self, traversal: GraphTraversal, *, time_limit_ms: int = 200) -> list[Any]:
            asked.set()
            go_on.wait(30)
            return super().explore(traversal, time_limit_ms=time_limit_ms)

    engine = small_engine()
    threads = Threads(reading=1, writing=1)
    loaders = Loaders(Held(engine, Commits()), threads, time_limit_ms=2_000, keeps=True)
    chain: Ahead = {STOCKS: {Link(lambda t: t.in_("HOLDS")): {Link(lambda t: t.in_("BASED_AT")): {}}}}

    async def follow(links: Ahead) -> list[Any]:
        return await loaders.read_from(browse.vertices(engine.g, [BOLT]), links, at_most=1)

    async def cancelled() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(follow, chain)
            await asyncio.to_thread(asked.wait)
            tasks.cancel_scope.cancel()
        before = engine.round_trips
        go_on.set()
        # The one thread for reading is free again only when the chain has ended.
        assert await follow({})
        assert engine.round_trips == before + 2

    asyncio.run(cancelled())
    engine.close()
