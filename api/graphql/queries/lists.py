"""What lists can be narrowed to, and in which order they come."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Any, ClassVar, TypeVar

from gremlin_python.process.traversal import P, TextP

from api.graphql.context import Context, Info
from api.graphql.lookahead import links_below
from api.graphql.pages import Connection, PageArguments, page
from api.graphql.types.node import Node
from graph.errors import InvalidInput, UnknownId
from graph.schema.elements import VertexKind
from graph.traversals.browse import Condition, Origin, Sort

NodeType = TypeVar("NodeType", bound=Node)


class Filter:
    """What a list is narrowed to."""

    start_must_exist: ClassVar[bool] = True
    """Whether it is an error when the vertex that a list starts from is not there."""

    @abstractmethod
    def conditions(self) -> Iterator[Condition]:
        """What the properties of its elements must fit."""

    def origin(self, label: str) -> Origin:
        """Where its elements are found; all of the label unless a filter knows a shorter way."""
        return Origin(label)


async def listed(
    info: Info,
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
        info.context,
        node_type.of,
        origin,
        conditions=() if filter is None else tuple(filter.conditions()),
        sort=Sort(key.value, descending),
        arguments=arguments,
        ahead=links_below(info),
    )
    if filter is not None and filter.start_must_exist and origin.start is not None and not found.nodes:
        await _demand_vertex(info.context, origin.start)
    return found


async def _demand_vertex(context: Context, id: str) -> None:
    if await context.loaders.vertex(id) is None:
        raise UnknownId("filter", f"names {id!r:.80}, which is not in the graph")


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
        key = "digits it was given" if kind.key == "random" else kind.key
        raise InvalidInput(
            field, f"wants {kind.prefix}/ and the {key}, the id of {_a(kind.label)}; got {id!r:.80}"
        )
    return id


def check_date(text: str, *, field: str) -> str:
    """``text``, if it is a date; :class:`~graph.errors.InvalidInput` otherwise."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise InvalidInput(field, f"wants a date as in 2026-03-02, got {text!r:.40}") from None


def _a(label: str) -> str:
    return f"{'an' if label[0] in 'AEIO' else 'a'} {label}"
