"""How a mutation is carried out: in a worker thread, what keeps it from it as user errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from api.graphql.context import Context
from api.graphql.errors import UserError, user_error
from graph.errors import PerfectOrderError

Result = TypeVar("Result")


async def carry_out(
    context: Context, operation: Callable[[], Result]
) -> tuple[Result, list[UserError]] | tuple[None, list[UserError]]:
    """What ``operation`` returns, or None and the user errors that say why it was not done."""
    try:
        return await context.services.threads.write(operation), []
    except PerfectOrderError as refusal:
        return None, [user_error(refusal)]
    finally:
        context.forget()
