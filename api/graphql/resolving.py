"""Strawberry's decorators, with types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

Resolver = TypeVar("Resolver", bound=Callable[..., Any])


def resolved(description: str, *, name: str | None = None) -> Callable[[Resolver], Resolver]:
    """Make a method the resolver of a field, called ``name`` if that is given."""
    decorate: Callable[[Resolver], Resolver] = strawberry.field(name=name, description=description)
    return decorate


def subscribed(description: str) -> Callable[[Resolver], Resolver]:
    """Make an async generator the source of a subscription."""
    decorate: Callable[[Resolver], Resolver] = strawberry.subscription(description=description)
    return decorate
