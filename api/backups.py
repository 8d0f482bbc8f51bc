"""Backups of a store while it is served: ``POST /backups/NAME``, and the call of it."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.problems import problem
from graph.engines.port import Engine
from graph.errors import EngineError, InvalidInput, PerfectOrderError

#: A page of another origin cannot send this header unasked, so that no website can ask for backups.
GUARD_HEADER = "x-perfect-order"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAMED_WITH = "at most 64 letters, digits, dots, dashes and underscores"


def backup_endpoint(
    engine: Engine, directory: Path, *, in_thread: Callable[[Callable[[], None]], Awaitable[None]]
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that backs the store up to ``directory/NAME``; a second time only what is new.

    ``in_thread`` runs a call away from the event loop.
    """

    async def back_up(request: Request) -> Response:
        name = request.path_params["name"]
        if GUARD_HEADER not in request.headers:
            return problem(403, f"a request for a backup carries the header {GUARD_HEADER}")
        if not NAME.fullmatch(name):
            return problem(422, f"a backup's name is made of {NAMED_WITH}")
        target = directory / name
        try:
            await in_thread(lambda: engine.backup(target))
        except PerfectOrderError as error:
            return problem(422 if isinstance(error, InvalidInput) else 503, str(error), code=error.code)
        return JSONResponse({"backup": str(target.resolve())})

    return back_up


def ask_for_backup(server: str, name: str) -> str:
    """Ask the server at the URL ``server`` for a backup called ``name``; where it is.

    Raises :class:`InvalidInput` for a URL or a name the server refuses, :class:`EngineError` when it does
    not answer or cannot do it.
    """
    if not server.startswith(("http://", "https://")):
        raise InvalidInput("--server", f"wants http://HOST:PORT, got {server!r:.100}")
    if not NAME.fullmatch(name):
        raise InvalidInput("TARGET", f"is a name made of {NAMED_WITH}, got {name!r:.100}")
    request = urllib.request.Request(
        f"{server.rstrip('/')}/backups/{name}", method="POST", headers={GUARD_HEADER: "backup"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return str(json.load(answer)["backup"])
    except urllib.error.HTTPError as error:
        raise EngineError(f"{server} refused: {_detail(error)}") from None
    except (OSError, ValueError, KeyError) as error:
        raise EngineError(
            f"{server} gave no answer ({_plain(error)}); is a `perfect-order serve` there?"
        ) from None


def _plain(error: Exception) -> str:
    """Why there was no answer, without the wrapping of the library."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return str(reason) or type(reason).__name__


def _detail(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (ValueError, KeyError):
        return f"{error.code} {error.reason}"
