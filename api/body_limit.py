"""Requests whose body is too long are refused, as soon as that is known."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem


class _TooLong(Exception):
    pass


class BodyLimit:
    """Lets requests through whose body has at most ``most_bytes``, and answers 413 to the others."""

    def __init__(self, app: ASGIApp, *, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._most_bytes:
            await self._refuse(scope, receive, send)
            return
        got = 0
        answering = False

        async def counted() -> Message:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > self._most_bytes:
                raise _TooLong
            return message

        async def noted(message: Message) -> None:
            nonlocal answering
            answering = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except _TooLong:
            if not answering:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the body is too long; at most {self._most_bytes:,} bytes are allowed"
        await problem(413, detail, headers={"connection": "close"})(scope, receive, send)
