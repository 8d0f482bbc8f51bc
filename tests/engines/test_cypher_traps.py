"""What is easily wrong in Cypher: answers of Neo4j held against those of the embedded engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Column, Operator, Order, P, Pick, Scope, T

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from tests.engines.conftest import Graphs
from tests.engines.small_schema import SMALL

ITEMS = [("bolt", 12), ("nut", 5), ("hinge", 200), ("door", 15_000)]
STOCKS = [("N", "bolt", 500), ("N", "nut", 20), ("S", "bolt", 30), ("S", "nut", 0)]
PARTS = [("bolt", "door", 8), ("hinge", "door", 2), ("bolt", "hinge", 4)]


def fill(engine: Engine) -> Engine:
    """Depots hold bolts and nuts; a door is made of bolts and hinges, a hinge of bolts; only nuts cost."""
    engine.bulk_load(
        [
            *(VertexRow("Item", f"item/{code}", {"name": code.title(), "weight_g": g}) for code, g in ITEMS),
            VertexRow("Item", "item/pin", {"name": "Pin", "weight_g": 5, "price": 0.5}),
            *(VertexRow("Depot", f"depot/{code}", {"name": code}) for code in "NS"),
            *(VertexRow("Stock", f"stock/{d}/{i}", {"available": n}) for d, i, n in STOCKS),
        ],
        [
            *(EdgeRow("STOCK_OF", f"stock/{d}/{i}", f"item/{i}") for d, i, _ in STOCKS),
            *(EdgeRow("HOLDS", f"depot/{d}", f"stock/{d}/{i}") for d, i, _ in STOCKS),
            *(EdgeRow("PART_OF", f"item/{a}", f"item/{b}", {"quantity": q}) for a, b, q in PARTS),
        ],
    )
    return engine


@pytest.fixture
def neo4j(graphs: Graphs) -> Iterator[Engine]:
    """Neo4j with the small graph."""
    with graphs.of("neo4j", SMALL).emptied() as engine:
        yield fill(engine)


@pytest.fixture
def embedded() -> Iterator[Engine]:
    """The embedded engine with the same."""
    engine = open_engine("embedded:", SMALL)
    yield fill(engine)
    engine.close()


def as_bag(answer: Any) -> Any:
    """An answer without the order of its lists, which only order() promises."""
    if isinstance(answer, list | tuple):
        return ["list", *sorted(map(as_bag, answer), key=repr)]
    if isinstance(answer, dict):
        return ["map", *sorted(([repr(k), as_bag(v)] for k, v in answer.items()), key=repr)]
    return (type(answer).__name__, answer)


def items(g: GraphTraversalSource) -> GraphTraversal:
    return g.V().has_label("Item")


def depots(g: GraphTraversalSource) -> GraphTraversal:
    return g.V().has_label("Depot")


def of_group(g: GraphTraversalSource) -> GraphTraversal:
    inner = __.out("HOLDS").project("s", "g").by(T.id).by(__.out("STOCK_OF").group_count().by(T.label))
    return depots(g).project("a", "b").by(T.id).by(inner.fold())


Case = Callable[[GraphTraversalSource], GraphTraversal]
PART = "PART_OF"
CASES: dict[str, Case] = {
    "missing is not a value": lambda g: items(g).values("price"),
    "missing is no key of a group": lambda g: items(g).group_count().by("price"),
    "the sum of nothing is no row": lambda g: items(g).has("name", "Bolt").values("price").sum_(),
    "the sum of nothing is no field": lambda g: items(g).project("s").by(
        __.out(PART).dedup().values("weight_g").sum_()
    ),
    "null is a value where it is said": lambda g: items(g).project("p").by(
        __.coalesce(__.values("price"), __.constant(None))
    ),
    "null is folded": lambda g: items(g).coalesce(__.values("price"), __.constant(None)).fold(),
    "not of what is missing": lambda g: items(g).not_(__.has("price", P.gt(0.1))).id_(),
    "without nothing wants a value": lambda g: items(g).has("price", P.without([])).id_(),
    "unequal wants a value": lambda g: items(g).has("price", P.neq(1.5)).id_(),
    "an edge may be gone twice": lambda g: g.V("item/bolt").project("s").by(
        __.out(PART).in_(PART).id_().fold()
    ),
    "rows multiply": lambda g: g.V("item/bolt").out(PART).in_(PART).in_("STOCK_OF").id_(),
    "the first of each in order": lambda g: g.V().has_label("Stock").as_("s").order().by("available")
        .out("STOCK_OF").dedup().project("i", "n").by(T.id).by(__.select("s").values("available")),
    "the first of each by what was gathered": lambda g: items(g).order().by("weight_g", Order.desc)
        .dedup().by(__.out(PART).dedup().count()).id_(),
    "the order stays after a walk": lambda g: items(g).order().by("weight_g", Order.desc).by(T.id)
        .limit(3).values("name").fold(),
    "a limit for each": lambda g: depots(g).local(
        __.out("HOLDS").order().by("available", Order.desc).limit(1)).id_(),
    "a group inside of a map": of_group,
    "a group of nothing": lambda g: items(g).project("a").by(
        __.in_("STOCK_OF").group_count().by("available")),
    "nothing gathered is something": lambda g: items(g).where(
        __.out(PART).dedup().fold().count(Scope.local).is_(0)).id_(),
    "gathered and gone on": lambda g: depots(g).project("a").by(
        __.out("HOLDS").fold().unfold().order().by("available").values("available").fold()),
    "choices in a map": lambda g: depots(g).project("a").by(__.choose(
        __.out("HOLDS").dedup().fold().count(Scope.local).is_(P.gt(1)), __.constant(1), __.constant(2))),
    "options": lambda g: items(g).choose(__.values("name")).option("Bolt", __.constant(1))
        .option("Nut", __.constant(2)).option(Pick.none, __.constant(3)),
    "the first branch that answers": lambda g: items(g).coalesce(
        __.out(PART).values("name"), __.values("price"), __.constant("x")),
    "a branch not taken counts nothing": lambda g: items(g).values("weight_g").coalesce(
        __.is_(P.gt(10)), __.count()),
    "lists or groups": lambda g: items(g).coalesce(__.has("price").values("name").fold().unfold().fold(),
        __.constant(0)).count(),
    "a sack": lambda g: g.with_sack(1).V("item/bolt").out_e(PART).sack(Operator.mult).by("quantity")
        .in_v().out_e(PART).sack(Operator.sum_).by("quantity").in_v().sack(),
    "what was gathered before": lambda g: g.V("item/bolt").out(PART).aggregate("x").out(PART)
        .where(P.within("x")).id_(),
    "another than before": lambda g: g.V("item/bolt").as_("a").out(PART).in_(PART).where(P.neq("a")).id_(),
    "rounds that are emitted": lambda g: g.V("item/bolt").emit().repeat(__.out(PART)).times(2).id_(),
    "rounds that are emitted on a condition": lambda g: g.V("item/bolt").repeat(__.out(PART)).times(2)
        .emit(__.has("name", "Hinge")).path().by(T.id),
    "each once over all rounds": lambda g: g.V(["item/bolt", "item/hinge"])
        .emit().repeat(__.out(PART).dedup()).times(3).id_(),
    "until, the start counting": lambda g: g.V(["item/bolt", "item/door"]).until(__.has("name", "Door"))
        .repeat(__.out(PART).simple_path()).path().by(T.id),
    "until, every step emitted": lambda g: g.V("item/bolt").emit()
        .repeat(__.out(PART).simple_path()).until(__.has("name", "Door")).id_(),
    "arithmetic has its precedence": lambda g: items(g).math("_ + 2 ^ 3 ^ 2 / 4 % 3 - -1").by("weight_g"),
    "keys that are no text": lambda g: g.V().has_label("Stock").group_count().by("available")
        .unfold().select(Column.keys),
    "edges from both sides": lambda g: g.V("item/hinge").union(__.out_e(PART), __.in_e(PART))
        .project("l", "f", "t").by(T.label).by(__.out_v().id_()).by(__.in_v().values("name")),
    "a map of what is to one and missing": lambda g: g.V().has_label("Stock").project("a", "b")
        .by(__.out("STOCK_OF").project("i", "p").by(T.id).by("price"))
        .by(__.out("STOCK_OF").values("price").fold()),
    "whole elements": lambda g: items(g).element_map(),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_neo4j_answers_as_the_embedded_engine_does(neo4j: Engine, embedded: Engine, case: Case) -> None:
    wanted = embedded.run(case(embedded.g))
    assert as_bag(neo4j.run(case(neo4j.g))) == as_bag(wanted)
