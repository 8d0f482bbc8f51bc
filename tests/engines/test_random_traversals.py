"""Drawn traversals on random graphs mean on every engine what they mean to Apache TinkerPop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, reject, seed, settings

from graph.compiler.compiler import Compiler
from graph.engines.port import Engine
from graph.errors import InvalidInput
from tests.engines.conftest import Graphs
from tests.engines.grammar import Asked, canonical_answers, traversals
from tests.engines.random_graphs import random_graph
from tests.engines.small_schema import SMALL

PROFILE: Compiler[None] = Compiler(SMALL, "any engine", lambda _tree, _verified: None)
"""What no engine takes is not asked; an engine that refuses more than this does not pass."""

SEEDS = range(8)
SHORT, FULL = 19, 250
"""Traversals on each graph: about 150 in every run of the tests, 2,000 in ``make soak``."""


@pytest.fixture
def reference(graphs: Graphs) -> Iterator[Engine]:
    """Gremlin Server, which decides what a traversal means."""
    with graphs.of("gremlin-server", SMALL).emptied() as engine:
        yield engine


@pytest.mark.parametrize("engine", ["memory", "janusgraph", "neo4j"], indirect=True)
@pytest.mark.parametrize(
    ("number", "examples"),
    [
        *(pytest.param(n, SHORT, id=f"graph {n}") for n in SEEDS),
        *(pytest.param(100 + n, FULL, id=f"graph {100 + n}", marks=pytest.mark.soak) for n in SEEDS),
    ],
)
def test_every_engine_answers_what_the_reference_answers(
    engine: Engine, reference: Engine, number: int, examples: int
) -> None:
    for each in (engine, reference):
        each.bulk_load(*random_graph(number))

    @seed(number)
    @settings(max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    @given(traversals())
    def agree(asked: Asked) -> None:
        try:
            PROFILE.compile(asked.traversal)
        except InvalidInput:
            reject()
        wanted = canonical_answers(reference.run(asked.traversal), asked)
        assert canonical_answers(engine.run(asked.traversal), asked) == wanted

    agree()
