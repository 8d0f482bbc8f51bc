"""GraphQL over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Final

import orjson
import strawberry
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from api.graphql.context import Context, Services
from api.problems import problem

_DEEPEST_JSON: Final = "the body nests too deep"


class GraphQLEndpoint(GraphQL[Context, None]):
    """POST runs an operation, GET shows a browser the page to write one in, a WebSocket subscribes."""

    def __init__(self, schema: strawberry.Schema, services: Services, *, page: str) -> None:
        super().__init__(
            schema,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            allowed_origins=services.settings.allowed_origins,
        )
        self._services = services
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] not in ("GET", "POST"):
            answer = problem(405, "GraphQL is asked by POST", headers={"allow": "GET, POST"})
            await answer(scope, receive, send)
            return
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            if response is not None:
                await response(scope, receive, send)
            return
        await super().__call__(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """The answer, or None when the client goes away before it is there: nobody works for it then."""
        await request.body()
        answering = asyncio.current_task()
        assert answering is not None
        gone = False

        async def leave_with_the_client() -> None:
            nonlocal gone
            while (await request.receive())["type"] != "http.disconnect":
                pass
            gone = True
            answering.cancel()

        watching = asyncio.create_task(leave_with_the_client())
        try:
            return await self.run(request)
        except HTTPException as error:
            return _http_problem(error)
        except asyncio.CancelledError:
            if gone and answering.uncancel() == 0:
                return None
            raise
        finally:
            watching.cancel()

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,  # noqa: ARG002  (Strawberry names it)
    ) -> Context:
        """The context of a request, or of all operations of a connection."""
        return Context(self._services, lasting=isinstance(request, WebSocket))

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Every GET shows the page: operations are not run from addresses."""
        return bool(request.method == "GET")

    async def render_graphql_ide(self, request: Request) -> Response:  # noqa: ARG002
        """The page."""
        return HTMLResponse(self._page)

    def encode_json(self, data: object) -> bytes:
        """Answers as JSON; half a surrogate, which an error may quote, has a form only in escapes."""
        try:
            return orjson.dumps(data)
        except orjson.JSONEncodeError:
            return json.dumps(data, separators=(",", ":"), allow_nan=False).encode()

    def decode_json(self, data: str | bytes) -> object:
        """JSON as it is defined: without NaN and infinities, and an object at its top."""
        try:
            decoded: object = json.loads(data, parse_constant=_refuse_constant)
        except RecursionError:
            raise HTTPException(400, _DEEPEST_JSON) from None
        except UnicodeDecodeError as error:
            raise HTTPException(400, f"The body is not UTF-8: {error.reason}") from None
        if not isinstance(decoded, Mapping | list):
            raise HTTPException(400, "The body must be a JSON object with a query")
        return decoded


def _refuse_constant(name: str) -> object:
    raise HTTPException(400, f"JSON has no {name}; use a number")


def _http_problem(error: HTTPException) -> Response:
    detail = error.reason
    if detail == "Unsupported content type":
        return problem(415, "GraphQL wants Content-Type: application/json")
    # It may quote half a surrogate, which has no other form in UTF-8.
    return problem(error.status_code, detail.encode("utf-8", "backslashreplace").decode())
