"""The embedded engine: Graphersal, in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, TypeVar

import graphersal
from gremlin_python.process.anonymous_traversal import GraphTraversalSource
from gremlin_python.process.graph_traversal import GraphTraversal
from gremlin_python.process.traversal import TraversalStrategies
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiled, Compiler
from graph.compiler.literals import literal, packed
from graph.engines.port import EdgeRow, Statement, VertexRow
from graph.engines.round_trips import RoundTrips, note_round_trip
from graph.errors import EngineError, InvalidInput, QueryTimeout, StatementMissed
from graph.schema.elements import Schema

ROWS_A_BATCH: Final = 1000

_READ_ONLY: Final = graphersal.AccessPolicy.read_only().allow("update", "option")

Row = TypeVar("Row", VertexRow, EdgeRow)


class EmbeddedEngine:
    """A graph in memory, kept in a durable store when it has one."""

    def __init__(self, url: str, schema: Schema, store: graphersal.Store | None) -> None:
        self.url = url
        self.schema = schema
        self._store = store
        self._graph = graphersal.Graph() if store is None else store.graph
        self._graph.set_limits(unlimited=True)
        self._compiler = Compiler(schema)
        self._trips = RoundTrips()

    @classmethod
    def in_memory(cls, schema: Schema) -> EmbeddedEngine:
        """An empty graph that ends with the process."""
        return cls("embedded:", schema, None)

    @classmethod
    def at(cls, path: Path, schema: Schema, *, create: bool = True) -> EmbeddedEngine:
        """The store at ``path``; made when there is none, unless ``create`` is false."""
        if create and not path.exists():
            store = graphersal.Store.create(str(path))
        else:
            store = graphersal.Store.open(str(path))
        return cls(f"embedded:{path}", schema, store)

    @property
    def g(self) -> GraphTraversalSource:
        """The source traversals are written on."""
        return GraphTraversalSource(Graph(), TraversalStrategies())

    @property
    def round_trips(self) -> int:
        """How many times the graph was asked since it was opened."""
        return self._trips.count

    def run(self, traversal: GraphTraversal, *, time_limit_ms: int | None = None) -> list[Any]:
        """Run one traversal as one unit and return all its results."""
        compiled = self._compiler.compile(traversal)
        return self._ask_one(compiled, traversal, time_limit_ms, policy=None)

    def explore(self, traversal: GraphTraversal, *, time_limit_ms: int = 200) -> list[Any]:
        """Run a traversal that may only read; :class:`QueryTimeout` after ``time_limit_ms``."""
        compiled = self._compiler.compile(traversal)
        if compiled.shaped.verified.writes:
            raise InvalidInput("traversal", f"may only read here, and this one writes: {traversal!r:.300}")
        return self._ask_one(compiled, traversal, time_limit_ms, policy=_READ_ONLY)

    def transact(self, statements: Sequence[Statement]) -> list[list[Any]]:
        """Run all statements as one unit; a miss rolls all of it back and raises :class:`StatementMissed`."""
        params: dict[str, Any] = {}
        lines = []
        for i, statement in enumerate(statements):
            script = self._compiler.compile(statement.traversal).script(params, f"p{i}_")
            lines.append(f"let r{i}={script}.toList();")
            if statement.expect is not None:
                lines.append(f'if r{i}.len()!={statement.expect}{{throw "{_MISS}{i} "+r{i}.len();}}')
        lines.append(f"[{','.join(f'r{i}' for i in range(len(statements)))}]")
        note_round_trip(self._trips)
        try:
            answer: list[list[Any]] = self._graph.execute("\n".join(lines), params, atomic=True)
        except graphersal.GraphersalError as error:
            text = str(error)
            if text.startswith(_MISS):
                index, got = map(int, text.removeprefix(_MISS).split())
                missed = statements[index]
                raise StatementMissed(missed.name, wanted=missed.expect or 0, got=got) from None
            raise _translated(error, "; ".join(s.name for s in statements)) from error
        return answer

    def _ask_one(
        self,
        compiled: Compiled,
        traversal: GraphTraversal,
        time_limit_ms: int | None,
        policy: graphersal.AccessPolicy | None,
    ) -> list[Any]:
        params: dict[str, Any] = {}
        script = compiled.script(params)
        if time_limit_ms is not None:
            script = f'g.with("evaluationTimeout",{time_limit_ms}){script[1:]}'
        note_round_trip(self._trips)
        try:
            answer: list[Any] = self._graph.execute(script + ".toList()", params, policy=policy)
        except graphersal.GraphersalError as error:
            raise _translated(error, repr(traversal)) from error
        return answer

    def bulk_load(self, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]) -> int:
        """Load whole elements, vertices first, and return how many; repeating it changes nothing."""
        loaded = 0
        for label, rows in _batches(vertices):
            kind = self.schema.vertex(label)
            for row in rows:
                kind.check(row.properties, whole=True)
            self._merge(_MERGE_VERTICES, [_vertex_map(row) for row in rows])
            loaded += len(rows)
        for label, edge_rows in _batches(edges):
            edge_kind = self.schema.edge(label)
            for edge in edge_rows:
                edge_kind.check(edge.properties, whole=True)
            self._merge(_MERGE_EDGES, [_edge_map(e, edge_kind.told_apart_by) for e in edge_rows])
            loaded += len(edge_rows)
        return loaded

    def _merge(self, script: str, rows: list[dict[str, Any]]) -> None:
        text = packed(rows)
        note_round_trip(self._trips)
        try:
            if text is None:
                self._graph.execute(script.format(literal(rows)))
            else:
                self._graph.execute(script.format("parse_json(rows)"), {"rows": text})
        except graphersal.GraphersalError as error:
            raise _translated(error, f"bulk_load of {len(rows)} rows") from error

    def prepare(self) -> None:
        """Create the indexes of the schema and note the schema's version; repeatable."""
        for kind in self.schema.vertices.values():
            for prop in kind.properties:
                if prop.indexed:
                    self._graph.create_index(kind.label, prop.name)

    def checkpoint(self) -> None:
        """Make the next opening fast."""
        if self._store is not None:
            self._store.checkpoint()

    def backup(self, target: Path) -> None:
        """Copy the store to ``target`` while it runs; incremental into an earlier backup of it."""
        if self._store is None:
            raise InvalidInput("backup", "needs a store; a graph in memory has no files")
        self._store.backup(str(target))

    def verify(self) -> list[str]:
        """The problems found in the store's files; empty when there are none."""
        if self._store is None:
            return []
        return [str(problem) for problem in self._store.verify()["problems"]]

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()


_MISS: Final = "statement missed "

_MERGE_VERTICES: Final = (
    'g.inject({}).unfold().as("r").mergeV(__.select("m"))'
    '.option(Merge.onCreate,__.select("r").select("c")).option(Merge.onMatch,__.select("r").select("c")).count().next()'
)
_MERGE_EDGES: Final = _MERGE_VERTICES.replace("mergeV", "mergeE")


def _vertex_map(row: VertexRow) -> dict[str, Any]:
    return {"m": {"T.id": row.id, "T.label": row.label}, "c": row.properties}


def _edge_map(row: EdgeRow, told_apart_by: str | None) -> dict[str, Any]:
    match = {"T.label": row.label, "Direction.OUT": row.from_id, "Direction.IN": row.to_id}
    if told_apart_by is not None:
        match[told_apart_by] = row.properties[told_apart_by]  # type: ignore[assignment]
    return {"m": match, "c": row.properties}


def _batches(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Runs of one label, cut into batches."""
    for label, run in groupby(rows, key=lambda row: row.label):
        while batch := list(islice(run, ROWS_A_BATCH)):
            yield label, batch


def _translated(error: graphersal.GraphersalError, what: str) -> EngineError:
    text = str(error)
    if "evaluationTimeout" in text:
        return QueryTimeout(f"the traversal took longer than it may: {what:.500}")
    return EngineError(f"{text}\nin {what:.1000}")
