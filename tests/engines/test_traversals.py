"""Every traversal of the project answers alike on every engine, on a day that the operations lived."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

import graph.traversals
from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.schema.model import SCHEMA
from tests.check.lived_day import lived_day
from tests.engines.conftest import Graphs
from tests.engines.contract_engines import ENGINES, SERVERS
from tests.engines.traversal_cases import READS, WRITES, Case, Seen, Writing, covered, whole_graph


@dataclass(frozen=True)
class Rows:
    """A whole graph."""

    vertices: list[VertexRow]
    edges: list[EdgeRow]


@dataclass(frozen=True)
class Pair:
    """The embedded engine in memory, which is compared with, and the one that is looked at."""

    reference: Engine
    engine: Engine


@pytest.fixture(scope="module")
def monday() -> Rows:
    """The small world at the end of its Monday."""
    engine = lived_day("embedded:")
    vertices, edges = (engine.run(traversal) for traversal in whole_graph(engine.g))
    engine.close()
    return Rows(
        sorted(
            (VertexRow(v.pop("label"), v.pop("id"), v) for v in vertices),
            key=lambda row: (row.label, sorted(row.properties)),
        ),
        sorted((EdgeRow(e["label"], e["from"], e["to"], e["values"]) for e in edges), key=lambda e: e.label),
    )


def loaded(engine: Engine, rows: Rows) -> Engine:
    engine.bulk_load(rows.vertices, rows.edges)
    return engine


@pytest.fixture(scope="module", params=[name for name in ENGINES if name != "memory"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, graphs: Graphs
) -> Iterator[Engine]:
    """An engine prepared for the model."""
    with ExitStack() as opened:
        if request.param in SERVERS:
            yield opened.enter_context(graphs.of(request.param, SCHEMA).emptied())
            return
        engine = open_engine(f"embedded:{tmp_path_factory.mktemp('traversals') / 'store'}", SCHEMA)
        opened.callback(engine.close)
        engine.prepare()
        yield engine


@pytest.fixture(scope="module")
def pair(engine: Engine, monday: Rows) -> Iterator[Pair]:
    """Both with that Monday; what one writes, the other writes too."""
    reference = open_engine("embedded:", SCHEMA)
    reference.prepare()
    yield Pair(loaded(reference, monday), loaded(engine, monday))
    reference.close()


def bag(value: Any, *, in_order: bool = False) -> Any:
    """Lists as bags, unless their order is promised; maps always."""
    if isinstance(value, dict):
        return {key: bag(value[key], in_order=in_order) for key in sorted(value, key=repr)}
    if isinstance(value, list):
        items = [bag(item, in_order=in_order) for item in value]
        return items if in_order else sorted(items, key=repr)
    return value


def comparable(answers: list[Any], case: Case) -> list[Any]:
    made = [bag(answer, in_order=case.lists_in_order) for answer in answers]
    return made if case.rows_in_order else sorted(made, key=repr)


@pytest.mark.parametrize("case", READS, ids=str)
def test_a_question_has_the_same_answer(pair: Pair, case: Case) -> None:
    wanted = pair.reference.run(case.asked(pair.reference.g))
    assert bool(wanted) == case.answers
    assert comparable(pair.engine.run(case.asked(pair.engine.g)), case) == comparable(wanted, case)


@pytest.mark.parametrize("writing", WRITES, ids=str)
def test_a_unit_writes_the_same(pair: Pair, writing: Writing) -> None:
    unit = writing.unit(pair.reference.g, Seen(pair.reference))
    wanted, answered = pair.reference.transact(unit), pair.engine.transact(unit)
    assert [bag(answer) for answer in answered] == [bag(answer) for answer in wanted]
    assert everything(pair.engine) == everything(pair.reference)


def everything(engine: Engine) -> list[Any]:
    return [
        sorted((bag(element) for element in engine.run(traversal)), key=repr)
        for traversal in whole_graph(engine.g)
    ]


def public_functions() -> Iterator[Callable[..., Any]]:
    for module in pkgutil.iter_modules(graph.traversals.__path__):
        loaded_module = importlib.import_module(f"graph.traversals.{module.name}")
        for name, function in inspect.getmembers(loaded_module, inspect.isfunction):
            if function.__module__ == loaded_module.__name__ and not name.startswith("_"):
                yield function


def test_every_traversal_has_its_case() -> None:
    asking = {
        function
        for function in public_functions()
        if any(
            kind in str(inspect.signature(function).return_annotation)
            for kind in ("GraphTraversal", "Statement")
        )
    }
    assert {f"{f.__module__}.{f.__name__}" for f in asking - covered()} == set()
    assert len(asking) > 100
