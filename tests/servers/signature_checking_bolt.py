"""Neptune's door before a Bolt server that asks nobody who he is: TLS, and AWS signatures in logons."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.servers.aws_signatures import SignatureCheck, request_of

_CREDENTIALS = b"\x8bcredentials"  # a key of 11 characters in PackStream, which the text follows
_LENGTH_BYTES = {0xD0: 1, 0xD1: 2}


class SignatureCheckingBolt:
    """`bolt+s:` on a free loopback port before `upstream`; hangs up on a logon whose signature is not good.

    `certified` are the PEM files of its certificate and of the key to that.
    """

    def __init__(
        self, upstream: tuple[str, int], check: SignatureCheck, *, certified: tuple[Path, Path]
    ) -> None:
        self.check = check
        self.refused: list[str] = []
        self.admitted: list[str] = []
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(*certified)
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._here(asyncio.start_server(self._pass_on, "127.0.0.1", 0, ssl=self._tls))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _here(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_connection(*self._upstream)
        answering = asyncio.create_task(_copy(server_reader, writer))
        try:
            while (data := await reader.read(65_536)) and self._may_pass(data):
                server_writer.write(data)
                await server_writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            answering.cancel()
            server_writer.close()
            writer.close()

    def _may_pass(self, data: bytes) -> bool:
        """Whether the logon in what the driver sent at once, if there is one, is signed as it must be."""
        _, found, rest = data.partition(_CREDENTIALS)
        if not found:
            return True
        begin = 1 + _LENGTH_BYTES[rest[0]]
        token = rest[begin : begin + int.from_bytes(rest[1:begin], "big")]
        headers = json.loads(token)
        method = headers.pop("HttpMethod")
        at = time.time_ns() // 1_000_000
        refusal = self.check.refusal(request_of(method, "/opencypher", headers), at=at)
        if refusal is None:
            self.admitted.append(headers["X-Amz-Date"])
        else:
            self.refused.append(refusal[1])
        return refusal is None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
