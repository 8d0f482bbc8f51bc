"""Reading a whole graph through the engine's port, in batches that bound the memory it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal

from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.engines.schema_version import VERSION_KIND
from graph.moving import walks
from graph.moving.digests import Census
from graph.moving.progress import Progress, Silent
from graph.schema.elements import EdgeKind, PropertyValue, Schema, Type, VertexKind

IDS_A_PAGE: Final = 50_000
VERTICES_A_BATCH: Final = 1000
STARTS_A_BATCH: Final = 500


@dataclass(frozen=True)
class Surroundings:
    """A vertex with all its edges, both ways."""

    vertex: VertexRow
    out: list[EdgeRow]
    into: list[EdgeRow]


class GraphReader:
    """Reads the elements of the schema's kinds, with the schema's properties and no others.

    The vertex that notes the schema's version is the engine's own affair and left out. Each batch is of one
    state of the graph where the engine can; batches are not of one state with each other, unless nobody
    writes meanwhile.
    """

    def __init__(self, engine: Engine, schema: Schema) -> None:
        self.name = engine.url
        self.schema = schema
        self._engine = engine
        self._vertex_kinds = {k: v for k, v in schema.vertices.items() if k != VERSION_KIND}

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """How many vertices and how many edges there are, by label; labels without any are left out."""
        g = self._engine.g
        asked = [walks.vertex_count(g, label) for label in self._vertex_kinds]
        asked += [walks.edge_count(g, label) for label in self.schema.edges]
        counted = [answer[0] for answer in self._ask(asked)]
        vertices = zip(self._vertex_kinds, counted, strict=False)
        edges = zip(self.schema.edges, counted[len(self._vertex_kinds) :], strict=True)
        return {label: n for label, n in vertices if n}, {label: n for label, n in edges if n}

    def vertices(self, skip: Collection[str] = ()) -> Iterator[list[VertexRow]]:
        """All vertices but those of the labels ``skip``, in batches of one label."""
        for label in self._vertex_kinds:
            if label not in skip:
                for batch in id_batches(self._engine, label, VERTICES_A_BATCH):
                    yield self.vertices_of(label, batch)

    def edges(self, skip: Collection[str] = ()) -> Iterator[list[EdgeRow]]:
        """All edges but those of the labels ``skip``, in batches of one label."""
        for label, kind in self.schema.edges.items():
            if label not in skip:
                for start in dict.fromkeys(start for start, _ in kind.ends):
                    for batch in id_batches(self._engine, start, STARTS_A_BATCH):
                        yield self.edges_of(label, batch)

    def surroundings(self) -> Iterator[list[Surroundings]]:
        """All vertices with their edges, in batches of one label."""
        for label in self._vertex_kinds:
            for batch in id_batches(self._engine, label, STARTS_A_BATCH):
                yield self._surroundings_of(label, batch)

    def vertices_of(self, label: str, ids: Sequence[str]) -> list[VertexRow]:
        """Those of ``ids`` that are there and of this label."""
        found = self._engine.run(walks.vertices(self._engine.g, ids))
        kind = self.schema.vertex(label)
        return [vertex_row(kind, each) for each in found if each["label"] == label]

    def edges_of(self, label: str, from_ids: Sequence[str]) -> list[EdgeRow]:
        """The edges of this label that leave ``from_ids``."""
        bare = not self.schema.edge(label).properties
        found = self._engine.run(walks.edges_out(self._engine.g, from_ids, [label], bare=bare))
        return [self._edge_row(each) for each in found]

    def census(
        self, progress: Progress | None = None, *, phase: str = "reading", skip: Census | None = None
    ) -> Census:
        """The tallies of all kinds; those of ``skip`` are taken as they are and not read again."""
        progress, skip = progress or Silent(), skip or Census()
        vertices, edges = self.counts()
        there = [*vertices.items(), *edges.items()]
        skipped = {*skip.vertices, *skip.edges}
        progress.begin(phase, sum(count for label, count in there if label not in skipped))
        census = Census(dict(skip.vertices), dict(skip.edges))
        for rows in self.vertices({*skip.vertices, *(self._vertex_kinds.keys() - vertices.keys())}):
            census.add(rows)
            progress.advance(len(rows))
        for edge_rows in self.edges({*skip.edges, *(self.schema.edges.keys() - edges.keys())}):
            census.add(edge_rows)
            progress.advance(len(edge_rows))
        return census

    def _surroundings_of(self, label: str, ids: Sequence[str]) -> list[Surroundings]:
        g = self._engine.g
        kinds = self.schema.edges.values()
        out = [kind.label for kind in kinds if any(start == label for start, _ in kind.ends)]
        into = [kind.label for kind in kinds if any(end == label for _, end in kind.ends)]
        asked = [walks.vertices(g, ids)]
        asked += [walks.edges_out(g, ids, out, bare=self._bare(out))] if out else []
        asked += [walks.edges_in(g, ids, into, bare=self._bare(into))] if into else []
        vertices, *edges = self._ask(asked)
        leaving, coming = (edges if out else [[], *edges]) + ([] if into else [[]])
        return _around(
            [vertex_row(self.schema.vertex(label), each) for each in vertices if each["label"] == label],
            [self._edge_row(each) for each in leaving],
            [self._edge_row(each) for each in coming],
        )

    def _bare(self, labels: Sequence[str]) -> bool:
        return not any(self.schema.edges[label].properties for label in labels)

    def _ask(self, traversals: Sequence[GraphTraversal]) -> list[list[Any]]:
        if self._engine.features.consistent_reads:
            return self._engine.read_together(traversals)
        return [self._engine.run(traversal) for traversal in traversals]

    def _edge_row(self, answer: Mapping[str, Any]) -> EdgeRow:
        kind = self.schema.edge(answer["label"])
        properties = properties_of(kind, answer.get("properties") or {})
        return EdgeRow(kind.label, answer["from"], answer["to"], properties)


def id_batches(engine: Engine, label: str, size: int) -> Iterator[list[str]]:
    """The ids of all vertices of a label, in their order."""
    after = None
    while True:
        page = engine.run(walks.ids_after(engine.g, label, after, limit=IDS_A_PAGE))
        for start in range(0, len(page), size):
            yield page[start : start + size]
        if len(page) < IDS_A_PAGE:
            return
        after = page[-1]


def vertex_row(kind: VertexKind, answer: Mapping[str, Any]) -> VertexRow:
    """The row of an element map."""
    return VertexRow(kind.label, answer["id"], properties_of(kind, answer))


def properties_of(kind: VertexKind | EdgeKind, answer: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """The schema's properties in ``answer``, each in the one form of its type, whatever engine gave it."""
    return {
        prop.name: one_zero(float(answer[prop.name])) if prop.type is Type.REAL else answer[prop.name]
        for prop in kind.properties
        if answer.get(prop.name) is not None
    }


def one_zero(number: float) -> float:
    """The number; zero without a sign, which not every engine keeps."""
    return number + 0.0


def _around(
    vertices: Sequence[VertexRow], leaving: Sequence[EdgeRow], coming: Sequence[EdgeRow]
) -> list[Surroundings]:
    around = {vertex.id: Surroundings(vertex, [], []) for vertex in vertices}
    # Where the engine cannot read all of it together, a vertex may have come or gone meanwhile.
    for edge in leaving:
        if edge.from_id in around:
            around[edge.from_id].out.append(edge)
    for edge in coming:
        if edge.to_id in around:
            around[edge.to_id].into.append(edge)
    return list(around.values())
