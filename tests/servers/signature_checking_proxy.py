"""Neptune's door before a Gremlin Server: TLS, AWS signatures, and the errors that only Neptune gives."""

from __future__ import annotations

import asyncio
import json
import shutil
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from tests.servers.aws_signatures import SignatureCheck, SignedRequest
from tests.servers.maven import ServersMissing

_MIME_BYTES = 33  # how long the name of the format is, and the name, before each request
_NULL = b"\xfe\x01"


@dataclass
class Trouble:
    """Answers the next `times` requests that `hits` with the error `code` of Neptune, and keeps them back."""

    code: str
    times: int
    hits: Callable[[bytes], bool] = lambda message: True
    answered: int = 0

    def takes(self, message: bytes) -> bool:
        if self.answered >= self.times or not self.hits(message):
            return False
        self.answered += 1
        return True


@dataclass
class Door:
    """What the proxy does, changed while it runs: whom it lets in, by which clock, and with what trouble."""

    check: SignatureCheck
    ahead_ms: int = 0
    trouble: Trouble | None = None
    refused: list[str] = field(default_factory=list)
    admitted: list[str] = field(default_factory=list)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """The refusal of a handshake, or None to let it pass."""
        at = self.now_ms()
        headers = tuple(request.headers.raw_items())
        refusal = self.check.refusal(SignedRequest("GET", request.path, headers), at=at)
        if refusal is None:
            self.admitted.append(request.headers["Authorization"].split("Credential=")[1].split("/")[0])
            return None
        code, message = refusal
        self.refused.append(message)
        body = {"requestId": "0dbcded3-a9a1-4a25-b419-828c46342e47", "code": code, "detailedMessage": message}
        response = connection.respond(HTTPStatus.FORBIDDEN, json.dumps(body))
        del response.headers["Date"]
        response.headers["Date"] = format_datetime(datetime.fromtimestamp(at / 1000, UTC), usegmt=True)
        return response


class SignatureCheckingProxy:
    """`wss:` on a free loopback port before `upstream`, in a thread of its own until it is left.

    `certified` are the PEM files of its certificate and of the key to that.
    """

    def __init__(self, upstream: str, check: SignatureCheck, *, certified: tuple[Path, Path]) -> None:
        self.door = Door(check)
        self.certificate, key = certified
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(self.certificate, key)
        self._upstream = upstream
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: Server | None = None

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(next(iter(self._server.sockets)).getsockname()[1])

    def hang_up(self) -> None:
        """Cut every connection that there is, and go on listening."""
        self._here(self._cut_all())

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._here(self._serve())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._here(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _here(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _serve(self) -> Server:
        return await serve(
            self._pass_on,
            "127.0.0.1",
            0,
            ssl=self._tls,
            process_request=self.door.answer,
            compression=None,
            max_size=None,
            close_timeout=1,
        )

    async def _cut_all(self) -> None:
        assert self._server is not None
        connections = list(self._server.connections)
        for connection in connections:
            connection.transport.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in connections))

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _pass_on(self, client: ServerConnection) -> None:
        async with connect(self._upstream, compression=None, max_size=None) as server:
            asking = asyncio.create_task(self._requests(client, server))
            answering = asyncio.create_task(_answers(server, client))
            _, other = await asyncio.wait((asking, answering), return_when=asyncio.FIRST_COMPLETED)
            for task in other:
                task.cancel()

    async def _requests(self, client: ServerConnection, server: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in client:
                assert isinstance(message, bytes)
                trouble = self.door.trouble
                if trouble is not None and trouble.takes(message):
                    await client.send(_error_answer(message, trouble.code))
                else:
                    await server.send(message)


async def _answers(server: ClientConnection, client: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        async for message in server:
            await client.send(message)


def _error_answer(request: bytes, code: str) -> bytes:
    """GraphBinary 1.0 with status 500 and, as Neptune's user guide has it, JSON for a message."""
    number = request[_MIME_BYTES + 1 : _MIME_BYTES + 17]
    words = {"requestId": number.hex(), "code": code, "detailedMessage": "Please try again"}
    message = json.dumps(words).encode()
    status = struct.pack(">iBi", 500, 0, len(message)) + message + struct.pack(">i", 0)
    return b"\x81\x00" + number + status + struct.pack(">i", 0) + _NULL


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """The PEM files of a certificate signed by itself for this machine's loopback names, and of its key.

    Raises ServersMissing where openssl is not to be had.
    """
    program = shutil.which("openssl")
    if program is None:
        raise ServersMissing("the proxy needs a certificate, and openssl is not on PATH: install it")
    directory.mkdir(parents=True, exist_ok=True)
    certificate, key = directory / "proxy-certificate.pem", directory / "proxy-key.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3650"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    command = [program, "req", "-x509", *curve, *names, *files]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return certificate, key
