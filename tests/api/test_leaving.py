"""Nobody works for a client that has gone."""

from __future__ import annotations

import asyncio
import json
from threading import Event, Thread
from typing import Any

import anyio
import pytest
import strawberry

from api.clock import RunningClock
from api.graphql.http import GraphQLEndpoint
from api.graphql.threads import Threads
from api.main import services_of
from graph.engines.cancellation import Cancellation, current_cancellation
from graph.engines.port import Engine
from tests.api.serving import settings
from tests.worlds import START_AT, small_engine

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
