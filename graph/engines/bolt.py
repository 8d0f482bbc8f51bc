"""The bolt engine: a server that speaks Bolt and Cypher, which every traversal is compiled to."""

from __future__ import annotations

import random
import re
import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from gremlin_python.process.traversal import TraversalStrategies
from gremlin_python.structure.graph import Graph
from neo4j.auth_management import AuthManager

from graph.compiler.compiler import Compiled, Compiler
from graph.compiler.cypher.compile import cypher_of
from graph.compiler.cypher.statement import CypherStatement
from graph.engines import bolt_loading
from graph.engines.addresses import Address
from graph.engines.bolt_connections import Ask, BoltConnections
from graph.engines.bolt_errors import NoEnd
from graph.engines.bolt_preparing import ID, VERTEX, prepare_schema
from graph.engines.bolt_units import Asked, Request, requests
from graph.engines.features import MEMGRAPH, NEO4J, NEPTUNE_OPENCYPHER, Features
from graph.engines.port import EdgeRow, Statement, VertexRow
from graph.engines.round_trips import RoundTrips
from graph.engines.schema_version import VERSION_KIND, check_version, note_version, version_id
from graph.errors import Conflict, Contention, InvalidInput, StatementMissed, StoreMissing, UnsupportedStep
from graph.schema.elements import Schema

_NOT_IN_NEPTUNE: Final = re.compile(
    r"\b(CALL|EXISTS|COUNT|COLLECT) *[({](?= )|\bCALL *\(|\b(reduce|any|all|none)\("
)
_FEATURES: Final = {None: NEO4J, "neo4j": NEO4J, "memgraph": MEMGRAPH, "neptune": NEPTUNE_OPENCYPHER}


class BoltEngine:
    """A graph that a server keeps."""

    def __init__(
        self,
        address: Address,
        schema: Schema,
        *,
        auth: AuthManager | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.url = address.url
        self.schema = schema
        self._address = address
        self._features = _FEATURES[address.product]
        self._trips = RoundTrips()
        self._connections = BoltConnections(address, self._trips, auth=auth, rng=rng or random.Random())
        self._compiler = Compiler(schema, self._features.name, cypher_of(schema))

    @classmethod
    def at(
        cls, address: Address, schema: Schema, *, create: bool, auth: AuthManager | None = None
    ) -> BoltEngine:
        """The graph at ``address``; unless ``create``, one that was prepared for this schema.

        ``auth`` signs the connections where there is more to it than the address's user and password.
        """
        engine = cls(address, schema, auth=auth)
        try:
            engine._demand_version(create=create)
        except BaseException:
            engine.close()
            raise
        return engine

    def _demand_version(self, *, create: bool) -> None:
        noted = self._noted_version()
        if noted is None and not create and VERSION_KIND in self.schema.vertices:
            raise StoreMissing(
                f"the graph at {self.url} was not prepared; check the URL, or prepare it with "
                f"`perfect-order engine prepare {shlex.quote(self.url)}`"
            )
        check_version(self.url, self.schema, noted)

    @property
    def features(self) -> Features:
        """What it can and cannot do."""
        return self._features

    @property
    def g(self) -> GraphTraversalSource:
        """The source traversals are written on."""
        return GraphTraversalSource(Graph(), TraversalStrategies())

    @property
    def round_trips(self) -> int:
        """How many times the server was asked since it was opened; a unit counts as one."""
        return self._trips.count

    def run(self, traversal: GraphTraversal, *, time_limit_ms: int | None = None) -> list[Any]:
        """Run one traversal as one unit and return all its results; vertices come as their ids.

        Each part of an answer is as it was committed when that part was read: nobody waits for readers.
        """
        compiled = self._compiler.compile(traversal)
        if not compiled.verified.writes:
            return self._read(compiled, traversal, self._limit_s(time_limit_ms))
        [answer] = self._write([compiled], [Statement("traversal", traversal)], self._limit_s(time_limit_ms))
        return answer

    def explore(self, traversal: GraphTraversal, *, time_limit_ms: int = 200) -> list[Any]:
        """Run a traversal that may only read; :class:`QueryTimeout` after ``time_limit_ms``."""
        return self._read(self._compiler.compile_reading(traversal), traversal, self._limit_s(time_limit_ms))

    def _read(
        self, compiled: Compiled[CypherStatement], traversal: GraphTraversal, limit_s: float
    ) -> list[Any]:
        [request] = requests([self._asked(compiled)], together=False)
        column = self._connections.read(
            request.text, request.parameters, lambda: repr(traversal), limit_s=limit_s
        )
        return request.answers(column)[0]

    def _asked(self, compiled: Compiled[CypherStatement]) -> Asked:
        statement = compiled.plan.for_values(compiled.values)
        if self._address.product == "neptune":
            _demand_of_neptune(statement.text)
        return Asked(statement, compiled.values)

    def _limit_s(self, time_limit_ms: int | None) -> float:
        return self._address.time_limit_s if time_limit_ms is None else time_limit_ms / 1000

    def read_together(self, traversals: Sequence[GraphTraversal]) -> list[list[Any]]:
        """Run traversals that only read, all on one and the same state of the graph, where there is one."""
        compiled = [self._compiler.compile_reading(traversal) for traversal in traversals]
        if not self._features.consistent_reads:
            raise UnsupportedStep(
                "read_together",
                self._features.name,
                "it shows each statement what is committed at that moment; ask in one traversal what must "
                "agree, or look at a copy that nobody writes to",
            )

        asking = list(requests([self._asked(each) for each in compiled], together=False))

        def work(ask: Ask) -> list[list[Any]]:
            return [answer for each in asking for answer in each.answers(ask(each.text, each.parameters))]

        return self._connections.read_unit(
            work, lambda: "; ".join(map(repr, traversals)), limit_s=self._address.time_limit_s
        )

    def ping(self) -> None:
        """Ask for next to nothing."""
        self._connections.read("RETURN 0 AS r", {}, lambda: "ping", limit_s=self._address.time_limit_s)

    def transact(self, statements: Sequence[Statement]) -> list[list[Any]]:
        """Run all statements as one unit; a miss rolls all of it back and raises :class:`StatementMissed`.

        What a unit wrote stays locked to its end: others wait for it, or, where two wait for each other, one
        is rolled back and tried again.
        """
        compiled = [self._compiler.compile(statement.traversal) for statement in statements]
        return self._write(compiled, statements, self._address.time_limit_s) if statements else []

    def _write(
        self, compiled: Sequence[Compiled[CypherStatement]], statements: Sequence[Statement], limit_s: float
    ) -> list[list[Any]]:
        unit = [self._asked(each) for each in compiled]
        try:
            return self._write_as(list(requests(unit, together=True)), statements, limit_s)
        except (StatementMissed, Contention):
            raise
        except (Conflict, InvalidInput):
            if len(unit) == 1:
                raise
        # One of several that went together failed, and nothing was written; alone it says which, and why.
        return self._write_as(list(requests(unit, together=False)), statements, limit_s)

    def _write_as(
        self, asking: Sequence[Request], statements: Sequence[Statement], limit_s: float
    ) -> list[list[Any]]:
        at = asking[0]

        def work(ask: Ask) -> list[list[Any]]:
            nonlocal at
            answers: list[list[Any]] = []
            for at in asking:
                for answer in at.answers(ask(at.text, at.parameters)):
                    statement = statements[len(answers)]
                    if statement.expect is not None and len(answer) != statement.expect:
                        raise StatementMissed(statement.name, wanted=statement.expect, got=len(answer))
                    answers.append(answer)
            return answers

        def asked() -> str:
            statement, more = statements[at.first], len(at.asked) - 1
            return f"{statement.name}{f' and {more} like it' if more else ''}: {statement.traversal!r}"

        try:
            return self._connections.write(work, asked, limit_s=limit_s)
        except NoEnd:
            ids = [id for each in at.asked for id in each.statement.end_ids(each.values)]
            raise self._connections.read_unit(
                lambda ask: bolt_loading.unknown_end(ask, ids), asked, limit_s=limit_s
            ) from None

    def bulk_load(self, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]) -> int:
        """Load whole elements, vertices first, and return how many; repeating it changes nothing.

        A batch of 1,000 rows of one label is one unit and one round trip, so give rows of a label together.
        """
        return bolt_loading.load(self._connections, self.schema, vertices, edges)

    def prepare(self) -> None:
        """Create the constraint and the indexes of the schema and note its version; repeatable."""
        prepare_schema(self._connections, self.schema)
        note_version(self, self.schema, self._noted_version())

    def _noted_version(self) -> int | None:
        if VERSION_KIND not in self.schema.vertices:
            self.ping()
            return None
        found = self._connections.read(
            f"MATCH (v:{VERTEX} {{{ID}: $id}}) RETURN v.version AS r",
            {"id": version_id(self.schema)},
            lambda: "the version of the schema",
            limit_s=self._address.time_limit_s,
        )
        return int(found[0]) if found else None

    def checkpoint(self) -> None:
        """Nothing: the server sees to its own files."""

    def backup(self, target: Path) -> None:
        """Always :class:`InvalidInput`: the server has backups of its own."""
        raise InvalidInput(
            "backup", f"is the server's to make, not ours ({target} stays as it is): {self._features.backup}"
        )

    def verify(self) -> list[str]:
        """Nothing: the files are the server's."""
        return []

    def close(self) -> None:
        """Let go of the connections; whatever is asked after that is refused."""
        self._connections.close()


def _demand_of_neptune(text: str) -> None:
    lacking = _NOT_IN_NEPTUNE.search(text)
    if lacking is not None:
        raise UnsupportedStep(
            "traversal",
            NEPTUNE_OPENCYPHER.name,
            f"it becomes Cypher with {lacking[0].rstrip('({ ')}, which Neptune's openCypher has not; open "
            "the cluster by wss: (Gremlin), which takes all of the profile",
        )
