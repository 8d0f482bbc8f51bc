"""Neo4j: what the compiler makes of the most used questions, beside Cypher written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal
from gremlin_python.process.traversal import Direction, T
from neo4j import Driver, GraphDatabase, Session

from graph.compiler.compiler import Compiler
from graph.compiler.cypher.compile import cypher_of
from graph.compiler.cypher.statement import CypherStatement
from graph.engines.port import Engine
from graph.schema.model import SCHEMA
from tests.benchmarks.engines import asked
from tests.benchmarks.engines.questions import MERGE_EDGES, MERGE_VERTICES, Question, questions
from tests.benchmarks.engines.side_by_side import Outcome, Pair, measured
from tests.benchmarks.engines.world import sku_id
from tests.benchmarks.figures import Figure

REACH: Final = 1.15
_DATABASE: Final = "neo4j"


@dataclass(frozen=True)
class Asked:
    """A question by the compiled statement alone, and by the whole engine, each beside the hand's."""

    statement: Outcome
    engine: Outcome

    def figure(self) -> Figure:
        """A line of the report; the reach is of the statement."""
        line = self.statement.figure(anchor="by hand", reach=REACH)
        ours_ms, ratio = 1000 * self.engine.ours_s, self.engine.ratio
        return Figure(
            line.what, line.figure, f"{line.beside}; through the engine {ours_ms:.2f} ms, ratio {ratio:.2f}"
        )


def neo4j_figures(engine: Engine, *, seconds: float) -> list[Figure]:
    """All questions; the engine holds the world."""
    with _driver(engine.url) as driver, driver.session(database=_DATABASE) as session:
        asking = _Asking(engine, session)
        pairs = [*map(asking.question, questions()), *asking.batches()]
        return [Asked(*measured([statement, whole], seconds=seconds)).figure() for statement, whole in pairs]


def _driver(url: str) -> Driver:
    return GraphDatabase.driver(url, notifications_min_severity="OFF")


class _Asking:
    def __init__(self, engine: Engine, session: Session) -> None:
        self._engine = engine
        self._session = session
        self._compiler = Compiler(SCHEMA, "neo4j", cypher_of(SCHEMA))

    def question(self, question: Question) -> tuple[Pair, Pair]:
        """A question that can be asked again and again."""
        traversal = question.traversal(self._engine.g)

        def by_hand() -> list[Any]:
            return self._rows(question.cypher, question.parameters)

        def pair(ours: Callable[[], Any]) -> Pair:
            return Pair(question.what, ours, by_hand, same=question.same)

        return pair(self._statement(traversal)), pair(
            lambda: self._engine.run(question.traversal(self._engine.g))
        )

    def batches(self) -> list[tuple[Pair, Pair]]:
        """Batches of 1,000, each with rows that were not there before."""
        engine = self._engine
        vertices, edges = asked.NewLines("v"), asked.NewLines("e")
        starts = engine.run(asked.merged_vertices(engine.g, vertices.vertices()))
        skus = [sku_id(n) for n in range(500)]

        def new_vertices() -> GraphTraversal:
            return asked.merged_vertices(engine.g, vertices.vertices())

        def new_edges() -> GraphTraversal:
            return asked.merged_edges(engine.g, edges.edges(starts, skus))

        def vertices_by_hand() -> list[Any]:
            rows = [{"id": row["m"][T.id], **row["c"]} for row in vertices.vertices()]
            return self._rows(MERGE_VERTICES, {"rows": rows})

        def edges_by_hand() -> list[Any]:
            rows = edges.edges(starts, skus)
            return self._rows(
                MERGE_EDGES,
                {"rows": [{"from": row[Direction.OUT], "to": row[Direction.IN]} for row in rows]},
            )

        def pairs(
            what: str, unit: str, new: Callable[[], GraphTraversal], by_hand: Callable[[], Any]
        ) -> tuple[Pair, Pair]:
            return (
                Pair(what, lambda: self._statement(new())(), by_hand, unit, asked.BATCH),
                Pair(what, lambda: engine.run(new()), by_hand, unit, asked.BATCH),
            )

        return [
            pairs("1,000 mergeV", "vertices", new_vertices, vertices_by_hand),
            pairs("1,000 mergeE", "edges", new_edges, edges_by_hand),
        ]

    def _statement(self, traversal: GraphTraversal) -> Callable[[], Any]:
        """Asks what the compiler made, on the same session as the hand's Cypher."""
        compiled = self._compiler.compile(traversal)
        statement = compiled.plan.for_values(compiled.values)
        return lambda: _decoded(statement, self._rows(statement.text, statement.parameters(compiled.values)))

    def _rows(self, text: str, parameters: dict[str, Any]) -> list[Any]:
        return [record[0] for record in self._session.run(text, parameters)]


def _decoded(statement: CypherStatement, rows: list[Any]) -> list[Any]:
    return rows if statement.plain else [statement.decode(row) for row in rows]
