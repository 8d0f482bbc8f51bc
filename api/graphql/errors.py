"""What clients are told when something goes wrong: a code, what and where; never a traceback."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator
from typing import Any

import strawberry
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.extensions import SchemaExtension

from graph.errors import InvalidInput, PerfectOrderError

LOG = logging.getLogger("perfect_order.graphql")


@strawberry.type(description="Why a mutation was not carried out; the graph is as it was before.")
class UserError:
    """What the caller, or who runs the service, can put right."""

    field: str | None = strawberry.field(
        description="Path of the input at fault, such as lines.0.quantity; null when none is."
    )
    code: str = strawberry.field(description="Stable and machine-readable, such as INVALID_INPUT.")
    message: str = strawberry.field(description="What is wrong and what to do.")


def user_error(error: PerfectOrderError) -> UserError:
    """The user error of what an operation refused, or the engine could not do."""
    if isinstance(error, InvalidInput):
        field = camel_path(error.field)
        return UserError(field=field, code=error.code, message=f"{field} {error.message}")
    return UserError(field=None, code=error.code, message=str(error))


def camel_path(field: str) -> str:
    """A path of Python names as GraphQL spells it: ``lines[0].sku_id`` is ``lines.0.skuId``."""
    dotted = re.sub(r"\[(\w+)\]", r".\1", field)
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda match: match[1].upper(), dotted)


class TellErrors(SchemaExtension):
    """Gives every error of an answer its code, and hides what only the log should say."""

    _streams = False

    def on_operation(self) -> Iterator[None]:
        """After the operation."""
        yield
        if not self._streams:
            _tell(self.execution_context.result)

    def on_stream_result(self, result: Any) -> Iterator[None]:
        """Before each result of a subscription."""
        self._streams = True
        _tell(result)
        yield None


def _tell(result: Any) -> None:
    if result is not None and getattr(result, "errors", None):
        result.errors = [told(error) for error in result.errors]


def told(error: GraphQLError) -> GraphQLError:
    """``error`` as a client is told it."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, PerfectOrderError):
        extensions: dict[str, Any] = {"code": cause.code}
        message = str(cause)
        if isinstance(cause, InvalidInput):
            extensions["field"] = camel_path(cause.field)
            message = f"{extensions['field']} {cause.message}"
        return _located(error, message, extensions)
    if cause is None or isinstance(cause, GraphQLError):
        code = "GRAPHQL_PARSE_FAILED" if isinstance(error, GraphQLSyntaxError) else "BAD_REQUEST"
        return _located(error, error.message, {"code": code, **(error.extensions or {})})
    if isinstance(cause, RecursionError):
        return _located(error, "the query nests too deep to be read", {"code": "QUERY_TOO_LARGE"})
    if type(cause).__module__.startswith("strawberry."):
        return _located(error, error.message, {"code": "BAD_REQUEST"})
    return _located(error, internal_error(cause), {"code": "INTERNAL"})


def internal_error(error: BaseException) -> str:
    """Log ``error`` under an id, and say no more than the id."""
    id = secrets.token_hex(6)
    LOG.error("internal error %s", id, exc_info=error)
    return f"internal error {id}: the server's log has the details under this id"


def _located(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
