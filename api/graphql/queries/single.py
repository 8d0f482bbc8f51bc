"""One thing by its id."""

from __future__ import annotations

from typing import TypeVar

from api.graphql.context import Context, Info
from api.graphql.lookahead import links_below
from api.graphql.queries.lists import check_id
from api.graphql.types.node import Node, node_of, node_types
from graph.errors import InvalidInput, UnknownId
from graph.schema.elements import VertexKind
from graph.schema.model import SCHEMA

NodeType = TypeVar("NodeType", bound=Node)


async def single(
    info: Info, node_type: type[NodeType], kind: VertexKind, id: str, *, field: str = "id"
) -> NodeType:
    """The vertex of ``kind`` with this id; :class:`~graph.errors.UnknownId` when there is none."""
    row = await info.context.loaders.read_vertex(check_id(id, kind, field=field), links_below(info))
    if row is None or row["label"] != kind.label:
        raise unknown(id, kind, field=field)
    return node_type.of(row)


async def any_node(context: Context, id: str, *, field: str = "id") -> Node:
    """The vertex with this id, of whatever kind has a type here."""
    prefix = id.partition("/")[0]
    types = node_types()
    kinds = [kind for kind in SCHEMA.vertices.values() if kind.prefix == prefix and kind.label in types]
    if not kinds:
        known = ", ".join(
            sorted(f"{kind.prefix}/" for kind in SCHEMA.vertices.values() if kind.label in types)
        )
        raise InvalidInput(field, f"wants an id that starts with one of {known}; got {id!r:.80}")
    row = await context.loaders.vertex(id)
    if row is None:
        raise unknown(id, kinds[0], field=field)
    return node_of(row)


def unknown(id: str, kind: VertexKind, *, field: str) -> UnknownId:
    """The error for an id that no vertex has."""
    return UnknownId(field, f"names no {kind.label} of the graph: {id!r:.80}")
