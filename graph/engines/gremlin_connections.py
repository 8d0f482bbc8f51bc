"""Connections to a Gremlin server: WebSockets that ask and wait in the thread that wants to know.

A connection is used by one thread at a time. Several requests may be sent before the first answer is read;
the server answers those of a session in order.
"""

from __future__ import annotations

import base64
import math
import select
import socket
import ssl
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Response as HandshakeResponse
from websockets.protocol import State
from websockets.uri import WebSocketURI

from graph.compiler import graphbinary
from graph.compiler.graphbinary import INT32, Reader
from graph.engines.addresses import PASSWORD_VARIABLE, USER_VARIABLE
from graph.errors import (
    AccessRefused,
    EngineError,
    EngineUnavailable,
    InvalidInput,
)

LARGEST_MESSAGE_BYTES: Final = 64 * 1024 * 1024
CONNECTING_MAY_TAKE_S: Final = 15.0
_READ_AT_ONCE_BYTES: Final = 256 * 1024
_FORMAT: Final = b"\x20application/vnd.graphbinary-v1.0\x81"
_RESULTS_A_MESSAGE: Final = 2_000

Connected = TypeVar("Connected")


class Signing(Protocol):
    """What proves to a server who connects; asked for each connection anew, since proofs expire."""

    def handshake_headers(self, host: str, target: str) -> Mapping[str, str]:
        """The headers that sign the handshake with ``host``, as its Host header names it."""

    def connect(self, connect: Callable[[], Connected]) -> Connected:
        """What ``connect`` makes; tried again with another proof where that may help."""


@dataclass(frozen=True)
class Endpoint:
    """One server to connect to; ``trusted`` has the certificates for TLS, or is None without TLS."""

    host: str
    port: int
    path: str
    source: str = "g"
    trusted: ssl.SSLContext | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    signing: Signing | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Request:
    """What is asked, but for its number: that is a new one each time it is sent.

    A server may answer twice to what it could not commit, and the second answer must not be taken for one to
    the next try.
    """

    body: bytes

    def message(self, number: bytes) -> bytes:
        """The whole message."""
        return b"".join((_FORMAT, number, self.body))


def bytecode_request(
    bytecode: bytes, *, source: str, limit_ms: int | None = None, session: str | None = None
) -> Request:
    """A request to run bytecode."""
    aliases = graphbinary.value({"g": source})
    arguments = [
        (b"gremlin", b"\x15\x00" + bytecode),
        (b"aliases", aliases),
        (b"batchSize", graphbinary.integer(_RESULTS_A_MESSAGE)),
    ]
    return _request(b"bytecode", b"traversal", arguments, limit_ms, session)


def script_request(
    script: str, bindings: Mapping[str, Any], *, source: str, limit_ms: int | None = None
) -> Request:
    """A request to run a Groovy script, in which ``g`` is the source."""
    arguments = [
        (b"aliases", graphbinary.value({"g": source})),
        (b"gremlin", graphbinary.text(script)),
        (b"bindings", graphbinary.value(bindings)),
        (b"language", graphbinary.text("gremlin-groovy")),
    ]
    return _request(b"eval", b"", arguments, limit_ms, None)


def end_request(session: str) -> Request:
    """A request to forget a session."""
    return _request(b"close", b"session", [], None, session)


def _request(
    operation: bytes,
    processor: bytes,
    arguments: list[tuple[bytes, bytes]],
    limit_ms: int | None,
    session: str | None,
) -> Request:
    if limit_ms is not None:
        arguments.append((b"evaluationTimeout", graphbinary.long(limit_ms)))
    if session is not None:
        arguments.append((b"session", graphbinary.text(session)))
        processor = b"session"
    body = [_raw(operation), _raw(processor), INT32.pack(len(arguments))]
    for name, value in arguments:
        body += (b"\x03\x00", _raw(name), value)
    return Request(b"".join(body))


def _raw(text: bytes) -> bytes:
    return INT32.pack(len(text)) + text


# A transaction is begun by the first request of its session, and ended by one of these.
COMMIT: Final = INT32.pack(0) + INT32.pack(1) + _raw(b"tx") + INT32.pack(1) + graphbinary.text("commit")
ROLLBACK: Final = INT32.pack(0) + INT32.pack(1) + _raw(b"tx") + INT32.pack(1) + graphbinary.text("rollback")
NOTHING: Final = INT32.pack(1) + _raw(b"inject") + INT32.pack(1) + graphbinary.long(0) + INT32.pack(0)


class ConnectionLost(Exception):
    """The connection ended; ``sent`` says whether the server may have all of what was asked."""

    def __init__(self, why: str, *, sent: bool) -> None:
        super().__init__(why)
        self.sent = sent


class AnswerLate(Exception):
    """No answer came within the time that it may take."""


class ServerError(Exception):
    """The server's own word for why not: its status code, its message and the exceptions that it names."""

    def __init__(self, code: int, message: str, attributes: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.exceptions = [str(name) for name in attributes.get("exceptions") or []]
        self.trace = str(attributes.get("stackTrace") or "")


@dataclass(frozen=True)
class _Answer:
    """One message of the server; ``reader`` stands before its results."""

    number: bytes
    code: int
    message: str
    attributes: Mapping[str, Any]
    reader: Reader

    def results(self) -> list[Any]:
        """What it brings."""
        self.reader.entries()
        found = self.reader.value()
        return found if isinstance(found, list) else [found]


def _answer_of(message: bytes) -> _Answer:
    reader = Reader(message)
    # The version of the format, then whether there is a number, then the number.
    reader.at = 2 if message[1] else 18
    code = reader.int32()
    return _Answer(message[2:18], code, reader.nullable_text(), reader.entries(), reader)


class Connection:
    """One WebSocket."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Connect; :class:`EngineUnavailable` or :class:`AccessRefused` when that cannot be."""
        self._endpoint = endpoint
        self.given_up = False
        self._pieces: list[bytes] = []
        self._messages: deque[bytes] = deque()
        uri = WebSocketURI(endpoint.trusted is not None, endpoint.host, endpoint.port, endpoint.path, "")
        self._protocol = ClientProtocol(uri, max_size=LARGEST_MESSAGE_BYTES)
        self._socket = _connected(endpoint)
        try:
            self._shake_hands(time.monotonic() + CONNECTING_MAY_TAKE_S)
        except BaseException:
            self._socket.close()
            raise

    def ask(self, requests: Sequence[Request], *, within_s: float) -> list[list[Any] | Exception]:
        """What is answered to each, in order: its results, or why there are none.

        Raises :class:`ConnectionLost` and :class:`AnswerLate`, after which the connection is of no use.
        """
        deadline = time.monotonic() + within_s
        return [self._answer(number, deadline) for number in self._sent(requests, deadline)]

    def ask_in_session(self, requests: Sequence[Request], *, within_s: float) -> Iterator[list[Any]]:
        """What is answered to each, in order; a :class:`ServerError` is raised in the place of its answer.

        A session ends with its first error, and what was sent after that is never answered.
        """
        deadline = time.monotonic() + within_s
        for number in self._sent(requests, deadline):
            answer = self._answer(number, deadline)
            if isinstance(answer, Exception):
                raise answer
            yield answer

    def tell(self, request: Request) -> None:
        """Send what needs no answer; when one comes it is passed over."""
        self._sent([request], time.monotonic() + 1)

    def is_idle(self) -> bool:
        """Whether nothing has come since the last answer, not even the end; pings are answered."""
        try:
            while select.select([self._socket], [], [], 0)[0]:
                self._wait(time.monotonic() + 1)
        except (ConnectionLost, AnswerLate, OSError, ValueError):
            return False
        return self._protocol.state is State.OPEN

    def give_up(self) -> None:
        """End the wait for an answer from another thread.

        The server is not told: one whose client hangs up goes on with what was asked, and forgets that its
        time is limited.
        """
        self.given_up = True
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RD)

    def close(self) -> None:
        """End it in peace."""
        with suppress(Exception):
            self._protocol.send_close(1000)
            self._send(time.monotonic() + 1)
        with suppress(OSError):
            self._socket.close()

    def _shake_hands(self, deadline: float) -> None:
        request = self._protocol.connect()
        host = request.headers["Host"]
        if self._endpoint.signing is not None:
            for name, value in self._endpoint.signing.handshake_headers(host, self._endpoint.path).items():
                if name in request.headers:
                    del request.headers[name]
                request.headers[name] = value
        self._protocol.send_request(request)
        try:
            self._send(deadline)
            while not self._opened():
                self._wait(deadline)
            if self._endpoint.user is not None:
                self._authenticate(deadline)
        except (ConnectionLost, AnswerLate) as error:
            raise EngineUnavailable(
                f"{self._endpoint} did not greet as a Gremlin server does: {error}"
            ) from None

    def _opened(self) -> bool:
        if self._protocol.handshake_exc is not None:
            error = self._protocol.handshake_exc
            raise _refused(error, str(self._endpoint)) from error
        return any(isinstance(event, HandshakeResponse) for event in self._protocol.events_received())

    def _authenticate(self, deadline: float) -> None:
        request = bytecode_request(NOTHING, source=self._endpoint.source)
        answer = self._answer(self._sent([request], deadline)[0], deadline)
        if isinstance(answer, ServerError) and answer.code in (401, 403):
            raise AccessRefused(f"{self._endpoint} does not accept the user name and password; check them")
        if isinstance(answer, Exception):
            raise EngineError(f"{self._endpoint}: {answer}")

    def _sent(self, requests: Sequence[Request], deadline: float) -> list[bytes]:
        """Send them; the numbers that their answers will bear."""
        if self.given_up:
            raise ConnectionLost("it was given up", sent=False)
        numbers = [uuid.uuid4().bytes for _ in requests]
        for request, number in zip(requests, numbers, strict=True):
            self._put(request.message(number))
        self._send(deadline)
        return numbers

    def _put(self, message: bytes) -> None:
        try:
            self._protocol.send_binary(message)
        except InvalidState:
            raise ConnectionLost(self._closing_words(), sent=False) from None

    def _answer(self, number: bytes, deadline: float) -> list[Any] | Exception:
        results: list[Any] = []
        unreadable: InvalidInput | None = None
        while True:
            answer = self._next_answer(deadline)
            if answer.number != number:
                continue
            if answer.code == 407:
                self._log_in(number, deadline)
                continue
            if answer.code not in (200, 204, 206):
                return ServerError(answer.code, answer.message, answer.attributes)
            if answer.code != 204:
                try:
                    results += answer.results()
                except InvalidInput as error:
                    unreadable = error
            if answer.code != 206:
                return unreadable or results

    def _log_in(self, number: bytes, deadline: float) -> None:
        user, password = self._endpoint.user, self._endpoint.password
        if user is None:
            raise AccessRefused(
                f"{self._endpoint} wants a user name and a password: give them in the URL, or in "
                f"{USER_VARIABLE} and {PASSWORD_VARIABLE}"
            )
        plain = base64.b64encode(f"\0{user}\0{password or ''}".encode()).decode("ascii")
        arguments = [(b"sasl", graphbinary.text(plain)), (b"saslMechanism", graphbinary.text("PLAIN"))]
        told = _request(b"authentication", b"traversal", arguments, None, None)
        self._put(told.message(number))
        self._send(deadline)

    def _next_answer(self, deadline: float) -> _Answer:
        while True:
            for event in self._protocol.events_received():
                if isinstance(event, Frame) and event.opcode in (Opcode.BINARY, Opcode.TEXT, Opcode.CONT):
                    self._pieces.append(bytes(event.data))
                    if event.fin:
                        message, self._pieces = b"".join(self._pieces), []
                        self._messages.append(message)
            if self._messages:
                return _answer_of(self._messages.popleft())
            if self._protocol.close_rcvd is not None or self._protocol.parser_exc is not None:
                raise ConnectionLost(self._closing_words(), sent=True)
            self._wait(deadline)

    def _closing_words(self) -> str:
        if self._protocol.close_rcvd is not None:
            return f"the server closed the connection: {self._protocol.close_rcvd}"
        unreadable = self._protocol.parser_exc
        return "the connection ended" if unreadable is None else f"what came cannot be read: {unreadable}"

    def _wait(self, deadline: float) -> None:
        """Take in what comes next, and answer pings."""
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise AnswerLate
        self._socket.settimeout(left_s)
        try:
            received = self._socket.recv(_READ_AT_ONCE_BYTES)
        except TimeoutError:
            raise AnswerLate from None
        except OSError as error:
            raise ConnectionLost(error.strerror or str(error), sent=True) from None
        if not received:
            raise ConnectionLost(self._closing_words(), sent=True)
        self._protocol.receive_data(received)
        # What goes out here answers the server's own frames: whether it arrives says nothing of our requests,
        # and when the connection is gone the next look at it tells.
        with suppress(ConnectionLost):
            self._send(deadline)

    def _send(self, deadline: float) -> None:
        """Send what is due; the server has the last request as a whole only when this comes to its end."""
        for data in self._protocol.data_to_send():
            if not data:
                continue
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                self._socket.sendall(data)
            except TimeoutError:
                raise ConnectionLost("the server does not take what is sent", sent=False) from None
            except OSError as error:
                raise ConnectionLost(error.strerror or str(error), sent=False) from None


def _connected(endpoint: Endpoint) -> socket.socket:
    try:
        plain = socket.create_connection((endpoint.host, endpoint.port), timeout=CONNECTING_MAY_TAKE_S)
    except OSError as error:
        why = error.strerror or str(error)
        raise EngineUnavailable(
            f"cannot connect to {endpoint}: {why}; is the server up, and is the address right?"
        ) from None
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if endpoint.trusted is None:
        return plain
    try:
        return endpoint.trusted.wrap_socket(plain, server_hostname=endpoint.host)
    except ssl.SSLCertVerificationError as error:
        plain.close()
        raise EngineUnavailable(
            f"the certificate of {endpoint} is not trusted: {error.verify_message}; "
            "name the file of the authority that signed it with the option ca="
        ) from None
    except OSError as error:
        plain.close()
        raise EngineUnavailable(
            f"{endpoint} does not speak TLS: {error.strerror or error}; use ws://"
        ) from None


def _refused(error: Exception, where: str) -> EngineError:
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        if status in (401, 403):
            return AccessRefused(
                f"{where} refuses the connection with status {status}: check the credentials"
            )
        return EngineUnavailable(f"{where} answers with status {status} where a WebSocket was expected")
    return EngineUnavailable(f"{where} does not speak WebSocket: {error}")


class Connections:
    """At most ``size`` connections to one endpoint, opened when they are needed and used again."""

    def __init__(self, endpoint: Endpoint, size: int) -> None:
        self.endpoint = endpoint
        self._free = threading.BoundedSemaphore(size)
        self._size = size
        self._idle: deque[Connection] = deque()
        self._given_up: list[tuple[float, Connection]] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lease(self, *, within_s: float, keep: bool = True) -> Iterator[Connection]:
        """A connection for this thread alone; one that broke is not kept, nor any unless ``keep``."""
        if not self._free.acquire(timeout=within_s):
            raise EngineUnavailable(
                f"all {self._size} connections to {self.endpoint} are busy; allow more with the option pool="
            )
        try:
            self._close_given_up(time.monotonic())
            connection = self._idle_one() or self._new_one()
            try:
                yield connection
            except BaseException:
                self._let_go(connection, within_s)
                raise
            if keep:
                self._keep(connection)
            else:
                connection.close()
        finally:
            self._free.release()

    def drop_idle(self) -> None:
        """Forget the connections that nobody uses, as after one of them broke."""
        with self._lock:
            idle, self._idle = self._idle, deque()
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Let go of all; those in use end when they are given back."""
        with self._lock:
            self._closed = True
        self.drop_idle()
        self._close_given_up(math.inf)

    def _let_go(self, connection: Connection, within_s: float) -> None:
        """Close it, or keep one that was given up until the server's time is over."""
        if connection.given_up:
            with self._lock:
                self._given_up.append((time.monotonic() + within_s, connection))
        else:
            connection.close()

    def _close_given_up(self, now_s: float) -> None:
        with self._lock:
            over = [connection for until, connection in self._given_up if until <= now_s]
            self._given_up = [each for each in self._given_up if each[0] > now_s]
        for connection in over:
            connection.close()

    def _new_one(self) -> Connection:
        if self.endpoint.signing is None:
            return Connection(self.endpoint)
        return self.endpoint.signing.connect(lambda: Connection(self.endpoint))

    def _idle_one(self) -> Connection | None:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None or connection.is_idle():
                return connection
            connection.close()

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()
