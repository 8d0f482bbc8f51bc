"""Strawberry's decorators, with types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

from api.graphql.loading import EdgeLink, Link
from api.graphql.lookahead import FOLLOWS

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def resolved(
    description: str, *, name: str | None = None, follows: Link | EdgeLink | None = None
) -> Callable[[Resolver], Resolver]:
    """Make a method the resolver of a field, called ``name`` if given; ``follows`` is the link it reads."""

    def decorate(resolver: Resolver) -> Resolver:
        setattr(resolver, FOLLOWS, follows)
        field: Resolver = strawberry.field(resolver=resolver, name=name, description=description)
        return field

    return decorate


def subscribed(description: str) -> Callable[[Resolver], Resolver]:
    """Make an async generator the source of a subscription."""
    decorate: Callable[[Resolver], Resolver] = strawberry.subscription(description=description)
    return decorate
