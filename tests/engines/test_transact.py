"""Units of statements that hold together, and reads that do, on every engine."""

from __future__ import annotations

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.engines.port import Engine, Statement
from graph.engines.round_trips import count_round_trips
from graph.errors import (
    Conflict,
    InvalidInput,
    PerfectOrderError,
    StatementMissed,
    UnknownId,
    UnsupportedStep,
)
from graph.traversals.elements import add_vertices, link, link_with
from tests.engines.test_writing import take

single = Cardinality.single

Snapshot = list[object]


def everything(engine: Engine) -> Snapshot:
    """The whole graph, in one order."""
    g = engine.g
    vertices = engine.run(g.V().element_map())
    edge = __.value_map().by(__.unfold())
    ends = g.E().project("label", "from", "to", "values").by(T.label).by(__.out_v().id_()).by(__.in_v().id_())
    return sorted((sorted(e.items(), key=repr) for e in [*vertices, *engine.run(ends.by(edge))]), key=repr)


def one_of_each(g: GraphTraversalSource) -> list[Statement]:
    """A unit that adds, changes, links and drops."""
    return [
        *add_vertices(g, "Item", {"item/new": {"name": "New", "weight_g": 1}}),
        Statement("take", take(g, "stock/N/bolt", 5), expect=1),
        *link_with(g, "PART_OF", {("item/new", "item/door"): {"quantity": 3}}),
        *link(g, "HOLDS", [("depot/S", "stock/N/nut")]),
        Statement("no longer a part", g.V("item/bolt").out_e("PART_OF").has("quantity", 8).drop()),
        Statement("gone", g.V("stock/S/nut").drop()),
    ]


def missed(g: GraphTraversalSource) -> GraphTraversal:
    return take(g, "stock/S/bolt", 1_000)


def doubled(g: GraphTraversalSource) -> GraphTraversal:
    return g.add_v("Depot").property(T.id, "depot/N").property(single, "name", "again").id_()


def dangling(g: GraphTraversalSource) -> GraphTraversal:
    return link(g, "HOLDS", [("depot/S", "stock/none")])[0].traversal


@pytest.mark.parametrize("position", range(7))
@pytest.mark.parametrize(
    ("trouble", "error", "said"),
    [
        (missed, StatementMissed, "^the trouble: matched 0 where 1 must match; nothing was written$"),
        (doubled, Conflict, "depot/N exists already"),
        (dangling, UnknownId, "stock/none"),
    ],
    ids=["missed", "doubled", "dangling"],
)
def test_trouble_anywhere_in_a_unit_undoes_all_of_it(
    filled: Engine, position: int, trouble: object, error: type[PerfectOrderError], said: str
) -> None:
    assert callable(trouble)
    before = everything(filled)
    unit = one_of_each(filled.g)
    unit.insert(position, Statement("the trouble", trouble(filled.g), expect=1))
    with pytest.raises(error, match=said):
        filled.transact(unit)
    assert everything(filled) == before


def test_a_unit_without_trouble_is_written(filled: Engine) -> None:
    g = filled.g
    answers = filled.transact(one_of_each(g))
    assert answers == [["item/new"], ["stock/N/bolt"], ["PART_OF"], ["HOLDS"], [], []]
    assert filled.run(g.V("item/door").in_("PART_OF").order().by(T.id).id_()) == ["item/hinge", "item/new"]
    assert filled.run(g.V("stock/S/nut").count()) == [0]


def test_a_unit_with_a_step_that_no_engine_has_is_not_begun(filled: Engine) -> None:
    before = everything(filled)
    unit = [*one_of_each(filled.g), Statement("match", filled.g.V().match(__.as_("a").out("HOLDS").as_("b")))]
    with count_round_trips() as trips, pytest.raises(UnsupportedStep, match="match"):
        filled.transact(unit)
    assert trips.count == 0
    assert everything(filled) == before


@pytest.mark.parametrize("got", [0, 2])
def test_too_many_miss_like_too_few(filled: Engine, got: int) -> None:
    ids = ["stock/N/bolt", "stock/N/nut"][:got]
    with pytest.raises(StatementMissed, match=f"^both: matched {got} where 1") as error:
        filled.transact([Statement("both", filled.g.V(ids).id_(), expect=1)])
    assert (error.value.statement, error.value.wanted, error.value.got) == ("both", 1, got)


def test_of_several_misses_the_first_is_named(filled: Engine) -> None:
    unit = [
        Statement(f"from {s}", take(filled.g, s, n), expect=1)
        for s, n in (("stock/N/bolt", 1), ("stock/S/nut", 1), ("stock/S/bolt", 31))
    ]
    with pytest.raises(StatementMissed, match=r"^from stock/S/nut:"):
        filled.transact(unit)
    assert filled.run(filled.g.V("stock/N/bolt").values("available")) == [500]


def test_a_miss_is_told_and_not_what_failed_behind_it(filled: Engine) -> None:
    unit = [
        Statement("from stock/N/bolt", take(filled.g, "stock/N/bolt", 1), expect=1),
        Statement("the miss", missed(filled.g), expect=1),
        Statement("the failure", dangling(filled.g), expect=1),
    ]
    with pytest.raises(StatementMissed, match=r"^the miss:"):
        filled.transact(unit)
    assert filled.run(filled.g.V("stock/N/bolt").values("available")) == [500]


def test_reads_that_hold_together_see_one_graph_or_are_refused(filled: Engine) -> None:
    g = filled.g
    asked = [g.V("stock/N/bolt").values("available"), g.V().has("available", P.gt(25)).count()]
    if not filled.features.consistent_reads:
        with pytest.raises(UnsupportedStep, match=filled.features.name):
            filled.read_together(asked)
        return
    assert filled.read_together(asked) == [[500], [2]]
    with pytest.raises(InvalidInput, match="may only read"):
        filled.read_together([take(g, "stock/N/bolt", 1)])
    assert filled.read_together([]) == []


@pytest.mark.parametrize("rows", [1_000, 2_500])
def test_many_rows_are_one_statement(engine: Engine, rows: int) -> None:
    g = engine.g
    depots = {f"depot/{n}": {"name": f"Depot {n}"} for n in range(rows)}

    answers = engine.transact(add_vertices(g, "Depot", depots))
    assert sorted(answers[0]) == sorted(depots)
    assert engine.run(g.V().has_label("Depot").count()) == [rows]
    assert sorted(engine.run(g.V(list(depots)).values("name"))) == sorted(d["name"] for d in depots.values())
