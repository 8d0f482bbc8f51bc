"""How a mutation is carried out: in a worker thread, its refusals as user errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from api.graphql.context import Context
from api.graphql.errors import UserError, user_error
from graph.errors import Conflict, InvalidInput

Result = TypeVar("Result")


async def carry_out(
    context: Context, operation: Callable[[], Result]
) -> tuple[Result, list[UserError]] | tuple[None, list[UserError]]:
    """What ``operation`` returns, or None and the user errors that say why it was refused."""
    try:
        return await context.services.threads.write(operation), []
    except (InvalidInput, Conflict) as refusal:
        return None, [user_error(refusal)]
    finally:
        context.forget()
