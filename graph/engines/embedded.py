"""The embedded engine: Graphersal, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Final

import graphersal
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from gremlin_python.process.traversal import TraversalStrategies
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiled, Compiler
from graph.compiler.graphersal_script import Template, template_of
from graph.compiler.literals import literal, packed
from graph.compiler.unit_script import missed, unit_script
from graph.engines import stores
from graph.engines.bulk_rows import batches, edge_match, vertex_match
from graph.engines.features import EMBEDDED, Features
from graph.engines.graphersal_errors import not_unicode, of_store, of_traversal
from graph.engines.port import EdgeRow, Statement, VertexRow
from graph.engines.round_trips import RoundTrips, note_round_trip
from graph.engines.schema_version import VERSION_KIND, check_version, note_version, version_id
from graph.errors import Conflict, EngineError, InvalidInput, StatementMissed
from graph.schema.elements import EdgeKind, Schema, Type, VertexKind

_READ_ONLY: Final = graphersal.AccessPolicy.read_only().allow("update", "option")

_CHANGED: Final = '__.select("r").select("c")'
_UPSERT: Final = (
    f'.as("r").{{}}(__.select("m")).option(Merge.onCreate,{_CHANGED}).option(Merge.onMatch,{_CHANGED})'
)


class EmbeddedEngine:
    """A graph in memory, kept in a durable store when it has one."""

    def __init__(self, url: str, schema: Schema, store: graphersal.Store | None, path: Path | None) -> None:
        self.url = url
        self.schema = schema
        self._store = store
        self._path = path
        self._graph = graphersal.Graph() if store is None else store.graph
        self._graph.set_limits(unlimited=True)
        self._compiler = Compiler(schema, "embedded", template_of)
        self._trips = RoundTrips()
        self._closed = False
        self._closing = Lock()

    @classmethod
    def in_memory(cls, schema: Schema) -> EmbeddedEngine:
        """An empty graph that ends with the process."""
        return cls("embedded:", schema, None, None)

    @classmethod
    def at(cls, path: Path, schema: Schema, *, create: bool = True) -> EmbeddedEngine:
        """The store at ``path``; made when there is none, unless ``create`` is false."""
        engine = cls(f"embedded:{path}", schema, stores.open_store(path, create=create), path)
        try:
            check_version(engine.url, schema, engine._noted_version())
        except EngineError:
            engine.close()
            raise
        return engine

    @property
    def features(self) -> Features:
        """What it can and cannot do."""
        return EMBEDDED

    @property
    def g(self) -> GraphTraversalSource:
        """The source traversals are written on."""
        return GraphTraversalSource(Graph(), TraversalStrategies())

    @property
    def round_trips(self) -> int:
        """How many times the graph was asked since it was opened."""
        return self._trips.count

    def run(self, traversal: GraphTraversal, *, time_limit_ms: int | None = None) -> list[Any]:
        """Run one traversal as one unit and return all its results; vertices come as their ids."""
        return self._ask_one(self._compiler.compile(traversal), traversal, time_limit_ms, policy=None)

    def explore(self, traversal: GraphTraversal, *, time_limit_ms: int = 200) -> list[Any]:
        """Run a traversal that may only read; :class:`QueryTimeout` after ``time_limit_ms``.

        Until then a heavy one holds writers back; the time it waits for writers does not count.
        """
        compiled = self._compiler.compile_reading(traversal)
        return self._ask_one(compiled, traversal, time_limit_ms, policy=_READ_ONLY)

    def _ask_one(
        self,
        compiled: Compiled[Template],
        traversal: GraphTraversal,
        time_limit_ms: int | None,
        policy: graphersal.AccessPolicy | None,
    ) -> list[Any]:
        params: dict[str, Any] = {}
        source = "g" if time_limit_ms is None else f'g.with("evaluationTimeout",{time_limit_ms:d})'
        plan = compiled.plan
        script = plan.prelude + plan.expression(compiled.values, params, source=source)
        return _portable(
            compiled, self._execute(script, params, asked=lambda: repr(traversal), policy=policy)
        )

    def read_together(self, traversals: Sequence[GraphTraversal]) -> list[list[Any]]:
        """Run traversals that only read, all on one and the same state of the graph; writers wait."""
        for traversal in traversals:
            self._compiler.compile_reading(traversal)
        return self.transact([Statement("read", traversal) for traversal in traversals])

    def ping(self) -> None:
        """Ask for next to nothing."""
        self.run(self.g.inject(0))

    def transact(self, statements: Sequence[Statement]) -> list[list[Any]]:
        """Run all statements as one unit; a miss rolls all of it back and raises :class:`StatementMissed`.

        Nobody reads while it runs: cut big ones into units of about 100 lines of an order.
        """
        compiled = [self._compiler.compile(statement.traversal) for statement in statements]
        script, params = unit_script(compiled, [statement.expect for statement in statements])
        answers = self._execute(
            script,
            params,
            asked=lambda: "; ".join(f"{s.name}: {s.traversal!r}" for s in statements),
            statements=statements,
            atomic=True,
        )
        return [_portable(c, answer) for c, answer in zip(compiled, answers, strict=True)]

    def _execute(
        self,
        script: str,
        params: dict[str, Any],
        *,
        asked: Callable[[], str],
        statements: Sequence[Statement] = (),
        policy: graphersal.AccessPolicy | None = None,
        atomic: bool = False,
    ) -> Any:
        """One round trip."""
        if self._closed:
            raise EngineError(f"{self.url} is closed; open it again")
        note_round_trip(self._trips)
        try:
            return self._graph.execute(script, params, policy=policy, atomic=atomic)
        except graphersal.GraphersalError as error:
            miss = _missed(str(error), statements)
            raise miss or of_traversal(error, asked()) from (None if miss else error)
        except UnicodeEncodeError:
            raise not_unicode(asked()) from None

    def bulk_load(self, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]) -> int:
        """Load whole elements, vertices first, and return how many; repeating it changes nothing.

        A batch of 1,000 rows of one label is one unit, so give rows of a label together. It is one round trip
        (two where vertices are there already with other properties).
        """
        loaded = 0
        for label, batch in batches(vertices):
            self._load_vertices(self.schema.vertex(label), batch)
            loaded += len(batch)
        for label, edge_batch in batches(edges):
            self._load_edges(self.schema.edge(label), edge_batch)
            loaded += len(edge_batch)
        return loaded

    def _load_vertices(self, kind: VertexKind, rows: list[VertexRow]) -> None:
        matches = [vertex_match(row, kind) for row in rows]
        changes = [row.properties for row in rows]
        try:
            # Twice as fast as an upsert; it fails where a vertex differs from its row.
            self._merge("mergeV", kind, matches, changes, upsert=False)
        except Conflict:
            self._merge("mergeV", kind, matches, changes, upsert=True)

    def _load_edges(self, kind: EdgeKind, rows: list[EdgeRow]) -> None:
        matches = [edge_match(row, kind) for row in rows]
        # An edge that differs from its row would get a twin, so only what has nothing to differ in goes fast.
        upsert = any(prop.name != kind.told_apart_by for prop in kind.properties)
        self._merge("mergeE", kind, matches, [row.properties for row in rows], upsert=upsert)

    def _merge(
        self,
        step: str,
        kind: VertexKind | EdgeKind,
        matches: list[dict[str, Any]],
        changes: Sequence[Mapping[str, Any]],
        *,
        upsert: bool,
    ) -> None:
        pairs = zip(matches, changes, strict=True)
        rows = [{"m": m, "c": c} for m, c in pairs] if upsert else [{**m, **c} for m, c in pairs]
        text = packed(rows, reals=any(prop.type is Type.REAL for prop in kind.properties))
        given = literal(rows) if text is None else "parse_json(rows)"
        self._execute(
            f"g.inject({given}).unfold(){_UPSERT.format(step) if upsert else f'.{step}()'}.count().next()",
            {} if text is None else {"rows": text},
            asked=lambda: f"bulk_load of {len(rows)} rows from {matches[0]}",
        )

    def prepare(self) -> None:
        """Create the indexes of the schema and note the schema's version; repeatable."""
        there = {(i["element"], i["label"], i["key"]) for i in self._graph.indexes()}
        for element, kinds in (("vertex", self.schema.vertices), ("edge", self.schema.edges)):
            for kind in kinds.values():
                for prop in kind.properties:
                    if prop.indexed and (element, kind.label, prop.name) not in there:
                        self._graph.create_index(kind.label, prop.name, element)
        note_version(self, self.schema, self._noted_version())

    def _noted_version(self) -> int | None:
        if VERSION_KIND not in self.schema.vertices:
            return None
        found = self.run(self.g.V(version_id(self.schema)).values("version"))
        return int(found[0]) if found else None

    def checkpoint(self) -> None:
        """Make the next opening fast."""
        if self._store is not None:
            try:
                self._store.checkpoint()
            except graphersal.GraphersalError as error:
                raise of_store(error, str(self._path)) from error

    def backup(self, target: Path) -> None:
        """Copy the store to ``target`` while it runs; incremental into an earlier backup of it.

        A graph in memory has no files: :class:`InvalidInput`. Every checksum is read, here and there.
        """
        if self._store is None:
            raise InvalidInput(
                "backup", "needs a store, and this graph is in memory alone; use embedded:PATH"
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._store.backup(str(target))
        except graphersal.GraphersalError as error:
            raise of_store(error, str(target)) from error
        except OSError as error:
            raise EngineError(f"{target}: {error.strerror}") from None

    def verify(self) -> list[str]:
        """The problems found in the store's files; empty when there are none."""
        if self._store is None:
            return []
        try:
            return [str(problem) for problem in self._store.verify()["problems"]]
        except graphersal.GraphersalError as error:
            raise of_store(error, str(self._path)) from error

    def close(self) -> None:
        """Let go of the store; whatever is asked after that is refused."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if self._store is not None and self._path is not None:
                stores.close_store(self._store, self._path)


def _portable(compiled: Compiled[Template], answer: list[Any]) -> list[Any]:
    """The results in plain Python; looked through only where their kind was not known before."""
    if compiled.verified.keyed or compiled.verified.open:
        return [_plain(result) for result in answer]
    return answer


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        pairs = value.get("~pairs")
        if pairs is not None and len(value) == 1:
            return {_key(key): _plain(item) for key, item in pairs}
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, str | int | float | bool | None):
        return value
    raise InvalidInput(
        "traversal",
        f"returns an element or something else that does not travel ({value!r}); return ids and values",
    )


def _key(key: Any) -> Any:
    if isinstance(key, list):
        return tuple(map(_key, key))
    if isinstance(key, dict):
        raise InvalidInput("traversal", "groups by maps, which are no keys everywhere; group by a value")
    return _plain(key)


def _missed(text: str, statements: Sequence[Statement]) -> StatementMissed | None:
    miss = missed(text)
    if miss is None:
        return None
    statement = statements[miss.index]
    return StatementMissed(statement.name, wanted=statement.expect or 0, got=miss.got)
