"""Running the application: the port, the signals, and the order in which things end."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import click
import uvicorn
from starlette.applications import Starlette

BACKLOG = 2048


class PortInUse(click.ClickException):
    """Nobody can listen there."""

    exit_code = 5


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens at ``host`` and ``port`` (0: any free one); :class:`PortInUse` when it cannot."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise click.UsageError(f"--host {host}: {error.strerror}; try 127.0.0.1") from None
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUse(
            f"cannot listen on {host}:{port}: {error.strerror}; "
            "stop what uses it, or choose another with --port (0 takes any free one)"
        ) from None
    listener.setblocking(False)
    return listener


def address_of(listener: socket.socket) -> str:
    """Where the socket listens, as the beginning of an address for a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve_until_stopped(app: Starlette, listener: socket.socket, *, drain_s: int, message_bytes: int) -> None:
    """Serve ``app`` until SIGTERM or Ctrl-C.

    Then no new connection is taken, requests in flight have ``drain_s`` to finish, WebSockets are closed
    with 1012 (the service restarts), and the application's lifespan ends. Ctrl-C raises
    ``KeyboardInterrupt`` after all that. A longer WebSocket message than ``message_bytes`` closes its
    connection.
    """
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        log_level="warning",
        access_log=False,
        ws_max_size=message_bytes,
        timeout_graceful_shutdown=drain_s,
        server_header=False,
    )
    # Uvicorn raises the signal once more when it has stopped: that one shall not end the process.
    before = signal.signal(signal.SIGTERM, _ignored)
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)
        listener.close()


def _ignored(_signal: int, _frame: FrameType | None) -> None:
    pass
