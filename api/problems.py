"""Plain HTTP errors, as RFC 9457 problem details."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

LOG = logging.getLogger("perfect_order.http")


def problem(
    status: int, detail: str, *, code: str | None = None, headers: dict[str, str] | None = None
) -> Response:
    """An answer of type ``application/problem+json``."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if code is not None:
        body["code"] = code
    return JSONResponse(body, status, headers, media_type="application/problem+json")


async def internal_problem(_request: Request, error: Exception) -> Response:
    """The problem of an error nobody expected: logged under an id, of which no more is told."""
    id = secrets.token_hex(6)
    LOG.error("internal error %s", id, exc_info=error)
    return problem(
        500, f"internal error {id}: the server's log has the details under this id", code="INTERNAL"
    )


async def http_problem(_request: Request, error: Exception) -> Response:
    """The problem of an HTTP error that Starlette raised."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, error.detail, headers=dict(error.headers or {}))
