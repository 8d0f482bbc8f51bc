"""The scalars: 64-bit integers, instants, and money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NewType

import strawberry
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode, print_ast
from strawberry.types.scalar import ScalarDefinition

from api.clock import format_instant, parse_instant
from graph.errors import InvalidInput
from graph.schema.elements import INT64_MAX, INT64_MIN

Long = NewType("Long", int)
Instant = NewType("Instant", int)
"""UTC epoch ms inside, ISO 8601 outside."""

_EXACT_IN_A_FLOAT = 2**53


def parse_long(value: object) -> int:
    """A whole number of 64 bits, from a number or from its digits as text."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_IN_A_FLOAT:
        value = int(value)
    if isinstance(value, str) and value.removeprefix("-").isdecimal() and value.isascii():
        value = int(value[:40])
    if not isinstance(value, int) or isinstance(value, bool) or not INT64_MIN <= value <= INT64_MAX:
        raise GraphQLError(f"Long wants a whole number of 64 bits, got {value!r:.60}")
    return value


def parse_long_literal(node: ValueNode, _variables: Mapping[str, object] | None = None) -> int:
    """A whole number written in the document; ``1e12`` is a float there and is not taken."""
    if isinstance(node, IntValueNode | StringValueNode):
        return parse_long(int(node.value[:40]) if isinstance(node, IntValueNode) else node.value)
    raise GraphQLError(f"Long wants a whole number of 64 bits, got {print_ast(node):.60}", node)


def parse_date_time(value: object) -> int:
    """An instant in UTC epoch ms, from ISO 8601 text with an offset."""
    if not isinstance(value, str):
        raise GraphQLError(f"DateTime wants a text as in 2026-03-02T06:00:00-03:00, got {value!r:.60}")
    try:
        return parse_instant(value, field="DateTime")
    except InvalidInput as error:
        raise GraphQLError(str(error)) from None


SCALARS: dict[object, ScalarDefinition] = {
    Long: strawberry.scalar(
        name="Long",
        description="A whole number of 64 bits. Text of digits is taken too.",
        serialize=int,
        parse_value=parse_long,
        parse_literal=parse_long_literal,
    ),
    Instant: strawberry.scalar(
        name="DateTime",
        description="An instant in ISO 8601 with an offset from UTC, as in 2026-03-02T06:00:00-03:00. "
        "Answers are in UTC.",
        serialize=format_instant,
        parse_value=parse_date_time,
    ),
}


@strawberry.type(description="An amount of money.")
class Money:
    """An amount in minor units of its currency."""

    amount: Long = strawberry.field(
        description="In minor units of the currency; the Chilean peso has none, so these are pesos."
    )
    currency: str = strawberry.field(description="ISO 4217.")


def money(amount: int, currency: str) -> Money:
    """``amount`` minor units of ``currency``."""
    return Money(amount=Long(amount), currency=currency)
