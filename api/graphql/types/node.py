"""Vertices as GraphQL objects: their properties are what the graph says, their links are loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Self, TypeVar

import strawberry
from strawberry.types import get_object_definition

from api.graphql.context import Info
from api.graphql.loading import EdgeLink, Link
from api.graphql.lookahead import FOLLOWS, VERTICES
from api.graphql.pages import Connection, PageArguments, linked_page
from graph.schema import ids
from graph.schema.elements import EdgeKind, Property, VertexKind
from graph.traversals.browse import Sort, Walk

_BY_LABEL: Final[dict[str, type[Node]]] = {}

NodeType = TypeVar("NodeType", bound="Node")
TieType = TypeVar("TieType", bound="Tie")


@strawberry.interface(description="Anything that has an id: every vertex of the graph.")
class Node:
    """A vertex. Its attributes are the properties of its element map, which it takes over as they are."""

    label: ClassVar[str]
    """Of the vertices of its kind."""

    id: strawberry.ID = strawberry.field(description="Its id in the graph, such as order/SO-1001.")

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        """The node of an element map."""
        node = object.__new__(cls)
        node.__dict__ = row
        return node


class Tie:
    """An edge with properties of its own, as an object beside what it leads to."""

    @classmethod
    def of(cls, edge: dict[str, Any], **ends: Node) -> Self:
        """The object of an edge's properties and of its ends, by the names of their fields."""
        tie = object.__new__(cls)
        tie.__dict__ = {**edge, **ends}
        return tie


def vertex_type(kind: VertexKind) -> Callable[[type[NodeType]], type[NodeType]]:
    """Make a class the GraphQL type of ``kind``; the schema's words on properties describe its fields."""

    def make(cls: type[NodeType]) -> type[NodeType]:
        made: type[NodeType] = strawberry.type(cls, description=kind.doc)
        _describe(made, kind)
        made.label = kind.label
        _BY_LABEL[kind.label] = made
        return made

    return make


def tie_type(kind: EdgeKind) -> Callable[[type[TieType]], type[TieType]]:
    """Make a class the GraphQL type of the edges of ``kind``."""

    def make(cls: type[TieType]) -> type[TieType]:
        made: type[TieType] = strawberry.type(cls, description=kind.doc)
        _describe(made, kind)
        return made

    return make


def node_types() -> Mapping[str, type[Node]]:
    """The type of each label that has one."""
    return _BY_LABEL


def node_of(row: dict[str, Any]) -> Node:
    """The node of an element map, of the type of its label."""
    return _BY_LABEL[row["label"]].of(row)


def one(link: Link) -> Any:
    """A field: the vertex the link leads to, or null."""

    def resolve(root: Node, info: Info) -> Any:
        return info.context.loaders.linked(link, root.id, _first)

    return strawberry.field(resolver=_following(link, resolve, vertices=True))


def many(link: Link, *, name: str | None = None) -> Any:
    """A field, called ``name`` if that is given: all vertices the link leads to; for links with few ends."""

    def resolve(root: Node, info: Info) -> Any:
        return info.context.loaders.linked(link, root.id, _all)

    return strawberry.field(resolver=_following(link, resolve, vertices=True), name=name)


def ties(link: EdgeLink, make: Callable[[Node, dict[str, Any], Node], Tie]) -> Any:
    """A field: the edges of the link; ``make(parent, properties, other end)``."""

    def resolve(root: Node, info: Info) -> Any:
        return info.context.loaders.linked(
            link,
            root.id,
            lambda rows: [
                make(root, row["edge"], node_of(row["node"])) for row in sorted(rows, key=_by_other_end)
            ],
        )

    return strawberry.field(resolver=_following(link, resolve))


def tie(link: EdgeLink, make: Callable[[Node, dict[str, Any], Node], Tie]) -> Any:
    """A field: the one edge of the link, or null."""

    def resolve(root: Node, info: Info) -> Any:
        return info.context.loaders.linked(
            link,
            root.id,
            lambda rows: make(root, rows[0]["edge"], node_of(rows[0]["node"])) if rows else None,
        )

    return strawberry.field(resolver=_following(link, resolve))


def pages(label: str, walk: Walk, sort: Sort) -> Any:
    """A field: pages of the vertices of ``label`` that the walk leads to; for links with many ends."""

    async def resolve(
        root: Node,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Any:
        connection: Connection[Any] = await linked_page(
            info.context,
            node_of,
            root.id,
            label=label,
            walk=walk,
            sort=sort,
            arguments=PageArguments(first, after, last, before),
        )
        return connection

    return strawberry.field(resolver=_untyped(resolve))


def code(description: str) -> Any:
    """A field: the last part of the id."""

    def resolve(root: Node) -> str:
        return ids.parts(root.id)[-1]

    return strawberry.field(resolver=resolve, description=description)


def _first(rows: list[dict[str, Any]]) -> Node | None:
    return node_of(rows[0]) if rows else None


def _all(rows: list[dict[str, Any]]) -> list[Node]:
    return [node_of(row) for row in rows]


def _following(
    link: Link | EdgeLink, resolve: Callable[..., Any], *, vertices: bool = False
) -> Callable[..., Any]:
    setattr(resolve, FOLLOWS, link)
    setattr(resolve, VERTICES, vertices)
    return _untyped(resolve)


def _by_other_end(row: dict[str, Any]) -> str:
    id: str = row["node"]["id"]
    return id


def _untyped(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """The type of the field is the annotation of the class, not that of this function."""
    del resolve.__annotations__["return"]
    return resolve


def _describe(made: type, kind: VertexKind | EdgeKind) -> None:
    definition = get_object_definition(made, strict=True)
    for field in definition.fields:
        known = kind.by_name.get(field.python_name)
        if known is not None and field.description is None:
            field.description = _said_of(known)


def _said_of(known: Property) -> str | None:
    unit = f"in {known.unit}" if known.unit in ("g", "ml", "s", "m", "km/h", "degrees", "base units") else ""
    said = ", ".join(part for part in (known.doc, unit) if part)
    return f"{said[0].upper()}{said[1:]}." if said else None
