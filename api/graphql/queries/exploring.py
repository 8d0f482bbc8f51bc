"""Exploring the graph: what lies around a vertex, ring by ring."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import strawberry
from gremlin_python.process.graph_traversal import GraphTraversal

from api.graphql.context import Context, Info
from api.graphql.queries.single import any_node
from api.graphql.resolving import resolved
from api.graphql.types.node import Node, node_of, node_types
from graph.errors import InvalidInput
from graph.schema.model import SCHEMA
from graph.traversals import browse
from graph.traversals.neighbourhood import labels_around, ring

DEEPEST: Final = 3
WIDEST: Final = 50
DEFAULT_WIDTH: Final = 10
MOST_VERTICES: Final = 500

_KIND_OF_PREFIX: Final = {kind.prefix: kind.label for kind in SCHEMA.vertices.values()}


@strawberry.type(description="A vertex found while exploring.")
class Neighbour:
    """A vertex, and how many edges away it is."""

    id: strawberry.ID
    kind: str = strawberry.field(description="Its label, such as Order.")
    distance: int = strawberry.field(description="Edges from the start.")
    node: Node | None = strawberry.field(description="Null for kinds that serve the service itself.")


@strawberry.type(description="An edge found while exploring.")
class NeighbourEdge:
    """An edge by the ids of its ends."""

    label: str
    from_id: strawberry.ID
    to_id: strawberry.ID


@strawberry.type(description="A vertex that has more edges of a label than are shown.")
class CutOff:
    """Where something was cut off."""

    id: strawberry.ID
    label: str
    leaving: bool = strawberry.field(description="Whether it is edges from it, or to it.")


@strawberry.type(description="What lies around a vertex.")
class Neighbourhood:
    """Vertices and edges around a start."""

    vertices: list[Neighbour]
    edges: list[NeighbourEdge]
    truncated: bool = strawberry.field(description="Whether anything was cut off.")
    cut_off: list[CutOff] = strawberry.field(
        description="The vertices of which not all edges of a label are shown; "
        "ask for their neighbourhood, or for a list."
    )


@dataclass
class _Found:
    """What was found so far."""

    most: int
    distance: dict[str, int]
    edges: dict[tuple[str, str, str], None] = field(default_factory=dict)
    cut_off: dict[tuple[str, str, bool], None] = field(default_factory=dict)
    full: bool = False

    def take(self, label: str, from_id: str, to_id: str, *, distance: int) -> None:
        """Take an edge and its ends, if there is room for them."""
        new = [id for id in (from_id, to_id) if id not in self.distance]
        if len(self.distance) + len(new) > self.most:
            self.full = True
            return
        self.distance.update(dict.fromkeys(new, distance))
        self.edges[label, from_id, to_id] = None


@strawberry.type
class ExploringQueries:
    """Walking the graph without knowing it."""

    @resolved(
        f"What lies around a vertex: at most `depth` ({DEEPEST}) edges away, along edges of the given labels "
        f"in both directions (all without any), `fanOut` ({WIDEST}) of a label at each vertex, and `limit` "
        f"({MOST_VERTICES}) vertices in all."
    )
    async def neighbourhood(
        self,
        info: Info,
        id: strawberry.ID,
        depth: int = 1,
        labels: list[str] | None = None,
        fan_out: int = DEFAULT_WIDTH,
        limit: int = 100,
    ) -> Neighbourhood:
        """Read ring by ring: one round trip each, and one for the vertices."""
        _check(depth=depth, labels=labels, fan_out=fan_out, limit=limit)
        start = await any_node(info.context, id)
        found = _Found(limit, {start.id: 0})
        frontier = [str(start.id)]
        for distance in range(1, depth + 1):
            frontier = await _read_ring(info.context, found, frontier, labels, fan_out, distance=distance)
            if not frontier:
                break
        return await _described(info.context, found)


def _check(*, depth: int, labels: list[str] | None, fan_out: int, limit: int) -> None:
    for name, value, most in (
        ("depth", depth, DEEPEST),
        ("fanOut", fan_out, WIDEST),
        ("limit", limit, MOST_VERTICES),
    ):
        if not 1 <= value <= most:
            raise InvalidInput(name, f"wants a number from 1 to {most}, got {value}")
    for label in labels or ():
        if label not in SCHEMA.edges:
            raise InvalidInput(
                "labels",
                f"has {label!r:.60}, which is no edge label; there are {', '.join(sorted(SCHEMA.edges))}",
            )


async def _read_ring(
    context: Context,
    found: _Found,
    frontier: list[str],
    labels: list[str] | None,
    fan_out: int,
    *,
    distance: int,
) -> list[str]:
    """Take what is one edge beyond ``frontier``, and return the vertices that are new."""
    kinds = {_KIND_OF_PREFIX[id.partition("/")[0]] for id in frontier}
    leaving, arriving = labels_around(SCHEMA, kinds, among=set(labels) if labels else None)
    if not leaving and not arriving:
        return []
    traversal = ring(context.g, frontier, leaving=leaving, arriving=arriving, fan_out=fan_out)
    known = set(found.distance)
    for row in await _explore(context, traversal):
        _take_row(found, row["id"], row["edges"], fan_out, distance=distance)
    return [id for id in found.distance if id not in known]


def _take_row(found: _Found, id: str, edges: list[dict[str, str]], fan_out: int, *, distance: int) -> None:
    seen: dict[tuple[str, bool], int] = {}
    for edge in edges:
        way = (edge["label"], edge["from"] == id)
        seen[way] = seen.get(way, 0) + 1
        if seen[way] > fan_out:
            found.cut_off[id, *way] = None
        else:
            found.take(edge["label"], edge["from"], edge["to"], distance=distance)


async def _described(context: Context, found: _Found) -> Neighbourhood:
    rows = await _explore(context, browse.vertices(context.g, list(found.distance)))
    row_of = {row["id"]: row for row in rows}
    types = node_types()
    return Neighbourhood(
        vertices=[
            Neighbour(
                id=strawberry.ID(id),
                kind=row_of[id]["label"],
                distance=distance,
                node=node_of(row_of[id]) if row_of[id]["label"] in types else None,
            )
            for id, distance in found.distance.items()
            if id in row_of
        ],
        edges=[
            NeighbourEdge(label=label, from_id=strawberry.ID(a), to_id=strawberry.ID(b))
            for label, a, b in found.edges
        ],
        truncated=found.full or bool(found.cut_off),
        cut_off=[CutOff(id=strawberry.ID(id), label=label, leaving=out) for id, label, out in found.cut_off],
    )


async def _explore(context: Context, traversal: GraphTraversal) -> list[Any]:
    limit_ms = context.services.settings.limits.explore_ms
    return await context.services.threads.read(
        lambda: context.engine.explore(traversal, time_limit_ms=limit_ms)
    )
