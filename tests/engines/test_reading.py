"""What traversals answer, on every engine alike."""

from __future__ import annotations

import time

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Column, Operator, Order, P, Scope, T, TextP

from graph.engines.port import Engine
from graph.errors import InvalidInput, QueryTimeout, UnsupportedStep


def test_what_is_not_there_gives_no_result(filled: Engine) -> None:
    g = filled.g
    assert filled.run(g.V("item/none").values("name")) == []
    assert filled.run(g.V(["item/none", "item/nut"]).values("name")) == ["Nut"]
    assert filled.run(g.V("item/none").count()) == [0]


def test_a_list_of_no_ids_means_none_of_them(filled: Engine) -> None:
    g = filled.g
    assert filled.run(g.V([]).count()) == [0]
    assert filled.run(g.V().has_id([]).count()) == [0]
    assert filled.run(g.V().has(T.id, P.within([])).count()) == [0]
    assert filled.run(g.V().has_label("Item").has("name", P.without([])).count()) == [4]


def test_who_is_asked_for_twice_answers_twice(filled: Engine) -> None:
    """As Apache TinkerPop has it."""
    assert filled.run(filled.g.V(["item/nut", "item/nut"]).values("name")) == ["Nut", "Nut"]


def test_a_condition_on_ids_lets_each_through_once_however_often_it_is_named(filled: Engine) -> None:
    g = filled.g
    twice = ["item/nut", "item/nut"]
    assert filled.run(g.V().has_id(twice).values("name")) == ["Nut"]
    assert filled.run(g.V().has(T.id, P.within(twice)).values("name")) == ["Nut"]
    assert filled.run(g.V(["item/nut", "item/bolt"]).has_id(twice).values("name")) == ["Nut"]


def test_a_condition_is_not_met_by_what_is_missing_however_it_is_turned_round(filled: Engine) -> None:
    g = filled.g
    filled.run(g.V("item/nut").property(Cardinality.single, "price", 0.5).id_())
    priced = g.V().has_label("Item")
    assert filled.run(priced.has("price", P.not_(P.without([0.5]))).id_()) == ["item/nut"]
    priced = g.V().has_label("Item")
    assert filled.run(priced.has("price", P.not_(P.within([]))).id_()) == ["item/nut"]
    priced = g.V().has_label("Item")
    assert filled.run(priced.has("price", P.not_(P.gt(1.0).or_(P.within([])))).id_()) == ["item/nut"]


def test_vertices_come_as_their_ids(filled: Engine) -> None:
    assert sorted(filled.run(filled.g.V().has_label("Depot"))) == ["depot/N", "depot/S"]


def test_projections_leave_out_what_is_missing(filled: Engine) -> None:
    g = filled.g
    row = g.V("item/nut").project("id", "name", "price").by(T.id).by("name").by("price")
    assert filled.run(row) == [{"id": "item/nut", "name": "Nut"}]
    price = __.coalesce(__.values("price"), __.constant(0.5))
    assert filled.run(g.V("item/nut").project("price").by(price)) == [{"price": 0.5}]


def test_whole_elements_name_their_id_and_label(filled: Engine) -> None:
    g = filled.g
    whole = {"id": "depot/N", "label": "Depot", "name": "N"}
    assert filled.run(g.V("depot/N").element_map()) == [whole]
    assert filled.run(g.V("depot/N").value_map()) == [{"name": ["N"]}]
    edge = g.V("item/hinge").out_e("PART_OF").value_map().by(__.unfold())
    assert filled.run(edge) == [{"quantity": 2}]


def test_nested_answers_are_in_order(filled: Engine) -> None:
    g = filled.g
    parts = __.in_e("PART_OF").order().by("quantity", Order.desc).project("part", "quantity")
    answer = filled.run(
        g.V("item/door").project("id", "parts").by(T.id).by(parts.by(__.out_v().id_()).by("quantity").fold())
    )
    bolts, hinges = {"part": "item/bolt", "quantity": 8}, {"part": "item/hinge", "quantity": 2}
    assert answer == [{"id": "item/door", "parts": [bolts, hinges]}]


def test_pages_do_not_overlap(filled: Engine) -> None:
    g = filled.g
    names = g.V().has_label("Item").order().by("name").values("name")
    assert filled.run(names) == ["Bolt", "Door", "Hinge", "Nut"]
    by_weight = g.V().has_label("Item").order().by("weight_g", Order.desc).by(T.id)
    assert filled.run(by_weight.range_(1, 3).id_()) == ["item/hinge", "item/bolt"]
    assert filled.run(g.V().has_label("Item").order().by("name").range_(2, -1).id_()) == [
        "item/hinge",
        "item/nut",
    ]
    assert filled.run(g.V().has_label("Item").limit(0).id_()) == []


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        (P.gt(12), ["door", "hinge"]),
        (P.between(5, 12), ["nut"]),
        (P.within([5, 200]), ["hinge", "nut"]),
        (P.without(5, 200), ["bolt", "door"]),
        (P.gt(5).and_(P.lt(200)), ["bolt"]),
        (P.lt(6).or_(P.gt(10_000)), ["door", "nut"]),
        (P.not_(P.gte(12)), ["nut"]),
    ],
    ids=str,
)
def test_numbers_are_compared(filled: Engine, predicate: P, found: list[str]) -> None:
    items = filled.run(filled.g.V().has_label("Item").has("weight_g", predicate).id_())
    assert sorted(items) == [f"item/{code}" for code in found]


@pytest.mark.parametrize(
    ("predicate", "found"),
    [
        (TextP.containing("o"), ["Bolt", "Door"]),
        (TextP.starting_with("H"), ["Hinge"]),
        (TextP.not_ending_with("t"), ["Door", "Hinge"]),
        (P.neq("Bolt").and_(TextP.ending_with("t")), ["Nut"]),
    ],
    ids=str,
)
def test_text_is_compared(filled: Engine, predicate: P, found: list[str]) -> None:
    assert sorted(filled.run(filled.g.V().has_label("Item").has("name", predicate).values("name"))) == found


def test_walks_of_a_given_length_and_until(filled: Engine) -> None:
    g = filled.g
    two_up = g.V("item/bolt").repeat(__.out("PART_OF")).times(2).id_()
    assert filled.run(two_up) == ["item/door"]
    everything = g.V("item/bolt").repeat(__.out("PART_OF")).emit().times(5).dedup().order().by(T.id).id_()
    assert filled.run(everything) == ["item/door", "item/hinge"]
    ways = g.V("item/bolt").repeat(__.out("PART_OF").simple_path()).until(__.has_id("item/door"))
    found = filled.run(ways.path().by(T.id))
    assert sorted(found) == [["item/bolt", "item/door"], ["item/bolt", "item/hinge", "item/door"]]


def test_groups_and_counts_by_any_key(filled: Engine) -> None:
    g = filled.g
    assert filled.run(g.V().has_label("Item", "Depot").group_count().by(T.label)) == [{"Item": 4, "Depot": 2}]
    assert filled.run(g.V().has_label("Stock").group_count().by("available")) == [
        {500: 1, 20: 1, 30: 1, 0: 1}
    ]
    by_item = g.V().has_label("Stock").group().by(__.out("STOCK_OF").id_()).by(__.values("available").sum_())
    assert filled.run(by_item) == [{"item/bolt": 530, "item/nut": 20}]
    counts = g.V().has_label("Stock").group_count().by(__.values("available").is_(P.gt(25)).count())
    assert filled.run(counts.select(Column.values)) == [[2, 2]]


def test_numbers_keep_their_type(filled: Engine) -> None:
    g = filled.g
    stock = g.V().has_label("Stock").values("available")
    for number, kind in [
        (filled.run(stock.sum_()), int),
        (filled.run(g.V().has_label("Stock").values("available").max_()), int),
        (filled.run(g.V("stock/S/bolt").values("available").math("_ / 4")), float),
    ]:
        assert type(number[0]) is kind
    assert filled.run(g.V("stock/S/bolt").values("available").math("_ / 4")) == [7.5]
    assert filled.run(g.V("stock/S/bolt").values("available").math("floor(_ / 4)")) == [7.0]


def test_a_number_that_was_counted_is_whole_whatever_it_is_compared_with(filled: Engine) -> None:
    g = filled.g
    counted = g.V().has_label("Item").fold().count(Scope.local)
    assert filled.run(counted.is_(P.gt(1))) == [4]
    used = g.V().has_label("Item").where(__.out("PART_OF").count().is_(P.gt(1)))
    assert filled.run(used.id_()) == ["item/bolt"]


def test_what_gathers_gathers_what_one_comes_to(filled: Engine) -> None:
    g = filled.g
    each = g.V().has_label("Item").local(__.union(__.in_("PART_OF").count(), __.out("PART_OF").count()))
    assert sorted(filled.run(each)) == [0, 0, 0, 0, 1, 1, 2, 2]


def test_each_of_those_who_come_to_one_place_goes_on_from_it(filled: Engine) -> None:
    items = filled.g.V().has_label("Item")
    twice = filled.run(items.clone().both("PART_OF").id_())
    assert len(twice) > len(set(twice))
    first = __.both("PART_OF").order().by(T.id).limit(1)
    assert len(filled.run(items.clone().both("PART_OF").local(first).id_())) == len(twice)


def test_branches(filled: Engine) -> None:
    g = filled.g
    much = __.has("available", P.gte(100))
    kind = (
        g.V().has_label("Stock").order().by("available").choose(much, __.constant("much"), __.constant("few"))
    )
    assert filled.run(kind) == ["few", "few", "few", "much"]
    either = g.V("item/door").union(__.in_("PART_OF"), __.out("PART_OF")).order().by(T.id).id_()
    assert filled.run(either) == ["item/bolt", "item/hinge"]
    assert filled.run(g.V("item/nut").optional(__.out("PART_OF")).id_()) == ["item/nut"]
    assert filled.run(g.V("item/nut").coalesce(__.out("PART_OF").id_(), __.constant("none"))) == ["none"]


def test_names_of_steps_are_remembered(filled: Engine) -> None:
    g = filled.g
    pairs = (
        g.V("depot/N").as_("d").out("HOLDS").as_("s").out("STOCK_OF").as_("i").order().by(T.id)
        .select("d", "s", "i").by(T.id).by("available").by("name")
    )  # fmt: skip
    assert filled.run(pairs) == [
        {"d": "depot/N", "s": 500, "i": "Bolt"},
        {"d": "depot/N", "s": 20, "i": "Nut"},
    ]
    heavier = (
        g.V("item/bolt").as_("a").V().has_label("Item").as_("b").where("b", P.gt("a")).by("weight_g")
        .order().by(T.id).id_()
    )  # fmt: skip
    assert filled.run(heavier) == ["item/door", "item/hinge"]


def test_sacks_add_up_along_a_walk(filled: Engine) -> None:
    walk = filled.g.with_sack(1).V("item/bolt").out_e("PART_OF").sack(Operator.mult).by("quantity").in_v()
    assert sorted(filled.run(walk.sack())) == [4, 8]


def test_lists_in_place(filled: Engine) -> None:
    g = filled.g
    assert filled.run(g.inject([3, 1, 2]).order(Scope.local)) == [[1, 2, 3]]
    assert filled.run(g.inject([3, 1, 2]).sum_(Scope.local)) == [6]
    assert filled.run(g.inject([{"id": "item/nut", "n": 2}]).unfold().select("n")) == [2]
    assert filled.run(g.inject([]).unfold().count()) == [0]


def test_a_reader_can_neither_write_nor_stay(filled: Engine) -> None:
    g = filled.g
    with pytest.raises(InvalidInput, match="may only read"):
        filled.explore(g.V("item/nut").drop())
    assert filled.explore(g.V("item/nut").count()) == [1]
    started = time.monotonic()
    with pytest.raises(QueryTimeout, match="ask for less"):
        filled.explore(_endless(g))
    assert time.monotonic() - started < 20  # it would never end
    assert filled.run(g.V("item/nut").property(Cardinality.single, "weight_g", 6).values("weight_g")) == [6]


def _endless(g: GraphTraversalSource) -> GraphTraversal:
    return g.V().V().V().V().V().V().V().V().V().path().by(T.id)


def test_a_time_limit_holds_for_run_as_well(filled: Engine) -> None:
    with pytest.raises(QueryTimeout):
        filled.run(_endless(filled.g), time_limit_ms=50)


def test_what_the_profile_has_not_is_refused_before_the_engine_is_asked(filled: Engine) -> None:
    asked = filled.round_trips
    with pytest.raises(UnsupportedStep, match=f"match cannot run on {filled.features.name}"):
        filled.run(filled.g.V().match(__.as_("a").out("HOLDS").as_("b")))
    assert filled.round_trips == asked
