"""What lists can be narrowed to, and in which order they come."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from enum import Enum
from typing import Any, TypeVar

from gremlin_python.process.traversal import P, TextP

from api.graphql.context import Context
from api.graphql.pages import Connection, PageArguments, page
from api.graphql.types.node import Node
from graph.errors import InvalidInput, UnknownId
from graph.schema.elements import VertexKind
from graph.traversals.browse import Condition, Origin, Sort

NodeType = TypeVar("NodeType", bound=Node)


class Filter:
    """What a list is narrowed to."""

    @abstractmethod
    def conditions(self) -> Iterator[Condition]:
        """What the properties of its elements must fit."""

    def origin(self, label: str) -> Origin:
        """Where its elements are found; all of the label unless a filter knows a shorter way."""
        return Origin(label)


async def listed(
    context: Context,
    node_type: type[NodeType],
    label: str,
    filter: Filter | None,
    sort: tuple[Enum, bool],
    arguments: PageArguments,
) -> Connection[NodeType]:
    """A page of the vertices of ``label`` that fit; ``sort`` is a property and whether it descends."""
    origin = Origin(label) if filter is None else filter.origin(label)
    key, descending = sort
    found = await page(
        context,
        node_type.of,
        origin,
        conditions=() if filter is None else tuple(filter.conditions()),
        sort=Sort(key.value, descending),
        arguments=arguments,
    )
    if not found.nodes and origin.start is not None and await context.loaders.vertex(origin.start) is None:
        raise UnknownId("filter", f"names {origin.start!r:.80}, which is not in the graph")
    return found


def equal(name: str, value: Any) -> Iterator[Condition]:
    """``name`` is ``value``; nothing when none is given."""
    if value is not None:
        yield Condition(name, P.eq(value))


def any_of(name: str, values: list[Any] | None) -> Iterator[Condition]:
    """``name`` is one of ``values``; nothing when none are given."""
    if values is not None:
        yield Condition(name, P.within([value.value for value in values]))


def starts_with(name: str, prefix: str | None) -> Iterator[Condition]:
    """``name`` starts with ``prefix``, as it is spelt."""
    if prefix:
        yield Condition(name, TextP.starting_with(prefix))


def between(name: str, start: int | None, end: int | None) -> Iterator[Condition]:
    """``name`` is at least ``start`` and before ``end``."""
    if start is not None:
        yield Condition(name, P.gte(start))
    if end is not None:
        yield Condition(name, P.lt(end))


def check_id(id: str, kind: VertexKind, *, field: str) -> str:
    """``id``, if it can be that of a ``kind``; :class:`~graph.errors.InvalidInput` otherwise."""
    prefix, slash, rest = id.partition("/")
    if prefix != kind.prefix or not slash or not rest:
        raise InvalidInput(
            field, f"wants the id of a {kind.label}: {kind.prefix}/ and its {kind.key}; got {id!r:.80}"
        )
    return id
