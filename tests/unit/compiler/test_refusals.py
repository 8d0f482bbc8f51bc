"""What is refused before any engine is asked, and what the refusal says."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import (
    Bindings,
    Cardinality,
    Direction,
    Merge,
    Operator,
    Order,
    P,
    Scope,
    T,
    TextP,
    TraversalStrategies,
)
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiler
from graph.compiler.graphersal_script import template_of
from graph.errors import InvalidInput, SchemaViolation, UnsupportedStep
from tests.engines.small_schema import SMALL

g = GraphTraversalSource(Graph(), TraversalStrategies())
single = Cardinality.single
COMPILER = Compiler(SMALL, "embedded", template_of)

Case = tuple[str, Callable[[], GraphTraversal]]


def cases(*given: Case) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("refusal", "build"), given, ids=[refusal[:50] for refusal, _ in given])


def item(id: Any = "item/x", **properties: Any) -> GraphTraversal:
    added = g.add_v("Item").property(T.id, id)
    for name, value in {"name": "x", "weight_g": 1, **properties}.items():
        added = added.property(single, name, value)
    return added


ITEM = {T.id: "item/x", T.label: "Item"}
PARTS = {T.label: "PART_OF", Direction.OUT: "item/a", Direction.IN: "item/b"}


@cases(
    ("match cannot run on embedded: walk with", lambda: g.V().match(__.as_("a").out())),
    ("sideEffect cannot run", lambda: g.V().side_effect(__.drop())),
    ("discard cannot run", lambda: g.V().discard()),
    ("hasNot cannot run on embedded: say not_", lambda: g.V().has_not("price")),
    ("io cannot run", lambda: g.io("file").read()),
    ("pageRank cannot run", lambda: g.V().page_rank()),
    ("withStrategies cannot run", lambda: g.with_("evaluationTimeout", 1).V()),
    ("at least one step", lambda: g.V().where(__.start())),
    ("engines stop counting", lambda: g.V().count().is_(P.gt(1)).math("_ + 1")),
    ("count cannot run on embedded: leave count", lambda: g.V().count().count()),
    ("leave as.. out", lambda: g.V().as_("a").count()),
    ("it does not cut paths", lambda: g.V().path().by(T.id).limit(Scope.local, 1)),
    ("union.count. cannot run on embedded: say local", lambda: g.V().union(__.count(), __.constant(1))),
    ("option.dedup. cannot run on embedded", lambda: g.V().choose(T.label).option("Item", __.dedup())),
    ("optional.fold. cannot run on embedded", lambda: g.V().optional(__.out().fold())),
    ("gather before it or after it", lambda: g.V().repeat(__.out().limit(1)).times(2)),
    ("takes what looks at each alone", lambda: g.V().repeat(__.out()).emit(__.dedup()).times(2)),
    ("emit cannot run on embedded: it takes emit", lambda: g.V().emit().repeat(__.out()).emit().times(2)),
    ("as at an end of a condition", lambda: g.V().as_("a").out().where(__.in_().as_("a"))),
    ("nested simplePath.. cannot", lambda: g.V().where(__.repeat(__.out().simple_path()).times(2))),
    ("end it with what gathers", lambda: g.V().group().by(T.label).by(__.count().fold())),
    ("end it with what gathers: fold", lambda: g.V().group().by(T.label).by(__.out().id_())),
    ("or end it with what gathers", lambda: g.V().group().by(T.label).by(__.id_().count(Scope.local))),
    ("let each branch give the same", lambda: g.V().coalesce(__.group().by(T.label), __.constant(1))),
    ("lambdas are not portable", lambda: g.V().map(lambda: "it")),
    ("bindings are made by the compiler", lambda: g.V(Bindings.of("x", "item/a"))),
    (r"has\(regex\) cannot run", lambda: g.V().has("name", TextP.regex("a.*"))),
    (r"has\(typeOf\) cannot run", lambda: g.V().has("name", P.type_of("String"))),
    (r"by\(Order.shuffle\)", lambda: g.V().id_().order().by(Order.shuffle)),
    (r"property\(Cardinality.list\)", lambda: g.V().property(Cardinality.list_, "name", "x")),
    (r"sack\(Operator.sumLong\)", lambda: g.with_sack(1).V().sack(Operator.sumLong).by("weight_g")),
    ("it takes either times.n. or until", lambda: g.V().repeat(__.out())),
    ("it takes either times.n. or until", lambda: g.V().repeat(__.out()).times(2).until(__.has("name"))),
    ("one hop with simplePath", lambda: g.V().repeat(__.out()).until(__.has("name"))),
    ("one hop with simplePath", lambda: g.V().repeat(__.out().in_().simple_path()).until(__.has("name"))),
    ("times cannot run .* it takes a whole number", lambda: g.V().repeat(__.out()).times("2")),
    ("right before or after repeat", lambda: g.V().times(2)),
    ("nothing is written inside", lambda: g.V().where(__.property(single, "name", "x"))),
    ("nothing is written inside", lambda: g.V().project("a").by(__.drop())),
    ("nothing is written inside", lambda: g.V().choose(__.drop(), __.id_(), __.label())),
    ("nothing is written inside", lambda: g.V().repeat(__.property(single, "name", "x").out()).times(2)),
    ("two callers would both create it", lambda: g.V("x").fold().coalesce(__.unfold(), __.add_v("Item"))),
    ("it is for the very end", lambda: g.V().has_label("Item").element_map().select("name")),
    ("it is for the very end", lambda: g.V().has_label("Item").value_map().unfold()),
    (r"say path\(\).by.T.id.", lambda: g.V("item/x").out("PART_OF").path()),
    ("say what to order by", lambda: g.V().has_label("Item").order()),
    ("it goes after one of", lambda: g.V().has_label("Item").by("name")),
    ("edges have no ids of ours", lambda: g.E("1")),
    ("ids of edges differ", lambda: g.E().has_label("LEG").id_()),
    ("returning edges", lambda: g.V("item/x").out_e()),
    ("returning elements", lambda: g.V().has_label("Item").fold()),
    ("returning elements", lambda: g.V("item/x").as_("a").out("PART_OF").as_("b").select("a", "b")),
    ("returning elements", lambda: g.V().has_label("Item").group().by("name")),
    ("by elements", lambda: g.V().has_label("Item").group_count()),
    ("of an edge", lambda: g.E().has_label("PART_OF").element_map()),
    ("of an edge", lambda: g.E().has_label("PART_OF").value_map()),
    ("give it one list", lambda: g.inject(*range(11))),
    ("on a vertex say property.Cardinality.single", lambda: g.V().has_label("Item").property("name", "x")),
    ("leave the cardinality out", lambda: g.E().has_label("PART_OF").property(single, "quantity", 1)),
    ("it matches on T.id and T.label alone", lambda: g.merge_v({**ITEM, "name": "x"})),
    ("it matches on Direction.IN, Direction.OUT, T.label;", lambda: g.merge_e({**PARTS, "quantity": 1})),
    ("it takes a traversal", lambda: g.V().repeat(__.out()).emit(P.eq(1)).times(2)),
    ("infix and", lambda: g.V().has("name").and_().has("weight_g")),
)  # fmt: skip
def test_steps_outside_of_the_profile(refusal: str, build: Callable[[], GraphTraversal]) -> None:
    with pytest.raises(UnsupportedStep, match=refusal):
        COMPILER.compile(build())


@cases(
    ("Crate.* is not a kind of the schema", lambda: g.V().has_label("Crate")),
    ("USES is not an edge kind", lambda: g.V().out("USES")),
    (r"out\(HOLDS\) leads nowhere from Item", lambda: g.V().has_label("Item").out("HOLDS")),
    (r"in\(PART_OF\) leads nowhere from Stock", lambda: g.V("depot/N").out("HOLDS").in_("PART_OF")),
    (r"hasLabel\(Item\) cannot be: here are Depot", lambda: g.V().has_label("Depot").has_label("Item")),
    (r"values\(nmae\) is not a property of any|values\(nmae\) is not", lambda: g.V().values("nmae")),
    (r"values\(available\) is not a property of Item", lambda: g.V().has_label("Item").values("available")),
    ("weight_g is integer and compared with text", lambda: g.V().has("weight_g", "5")),
    ("weight_g is integer and compared with text", lambda: g.V().has("weight_g", P.within(["5"]))),
    ("name is text and compared with integer", lambda: g.V().has("Item", "name", P.gt(5))),
    ("fragile is flag and compared with integer", lambda: g.V().has("fragile", 1)),
    ("grade is one of a, b, c, never 'd'", lambda: g.V().has("grade", "d")),
    ("grade is one of a, b, c, never 'd'", lambda: g.V().has("grade", P.within(["a", "d"]))),
    ("Crate is not a vertex kind", lambda: g.add_v("Crate").property(T.id, "crate/1")),
    ("Item wants an id", lambda: g.add_v("Item").property(single, "name", "x")),
    ("Item lacks weight_g", lambda: g.add_v("Item").property(T.id, "item/x").property(single, "name", "x")),
    ("Item.id is text", lambda: item(7)),
    ("Item.id starts with item/", lambda: item("depot/x")),
    ("percent-encode", lambda: item("item/ñ")),
    ("property.colour. is not a property of Item", lambda: item(colour="red")),
    ("Item.price wants real, got integer", lambda: item(price=5)),
    ("Item.price wants real, got nan", lambda: item(price=float("nan"))),
    ("Item.weight_g wants integer, got real; math", lambda: g.V("item/x").property(
        single, "weight_g", __.values("weight_g").math("_ - 1"))),
    ("Item.weight_g wants integer, got null", lambda: item(weight_g=None)),
    ("got a list", lambda: item(note=["a"])),
    ("PART_OF leads Item to Item, not Depot to Item", lambda: g.V().has_label("Depot").add_e("PART_OF").to(
        __.V("item/x").has_label("Item")).property("quantity", 1)),
    ("PART_OF lacks quantity", lambda: g.V("item/x").add_e("PART_OF").to(__.V("item/y"))),
    ("to itself", lambda: g.V("item/x").as_("a").add_e("PART_OF").from_("a").to("a").property("quantity", 1)),
    ("would lead from 'item/a' to itself", lambda: g.merge_e({**PARTS, Direction.IN: "item/a"}).count()),
    ("PART_OF lacks quantity", lambda: g.merge_e(PARTS).option(Merge.on_create, {})),
    ("Item lacks weight_g", lambda: g.merge_v(ITEM).option(
        Merge.on_create, {"name": "x"})),
    ("Item.weight_g wants integer, got text", lambda: g.merge_v(ITEM).option(
        Merge.on_match, {"weight_g": "x"})),
)  # fmt: skip
def test_what_the_schema_does_not_know(refusal: str, build: Callable[[], GraphTraversal]) -> None:
    with pytest.raises(SchemaViolation, match=refusal):
        COMPILER.compile(build())


@cases(
    ("not Decimal Decimal", lambda: g.inject(Decimal(1))),
    ("not bytes", lambda: g.inject(b"x")),
    ("not object", lambda: g.V().has("name", object())),
    ("rows of one shape; they differ in b", lambda: g.inject([{"a": 1}, {"a": 1, "b": 2}])),
    ("rows of one shape; a is of several types: int, str", lambda: g.inject([{"a": 1}, {"a": "1"}])),
    ("rows of one label", lambda: g.inject([{T.label: "Item"}, {T.label: "Depot"}]).unfold().merge_v()),
    ("a list of maps or a list of other values", lambda: g.inject([{"a": 1}, 2])),
    ("maps with names or tokens as keys", lambda: g.inject({1: 2})),
    ("takes ids, which are text", lambda: g.V(1)),
    ("takes ids, which are text", lambda: g.V().has_id([1])),
    ("takes ids, or one list of ids", lambda: g.V("item/a", ["item/b"])),
    ("takes an id, one list of ids", lambda: g.V().has_id("item/a", "item/b")),
    ("'x' is neither a field here nor a step called so before", lambda: g.V().select("x").values("name")),
    ("selects 'c'|'c' is neither a field", lambda: g.inject(
        [{"m": ITEM, "c": {"name": "N"}}]).unfold().merge_v(__.select("m")).option(
            Merge.on_match, __.select("c"))),
    ("reads 'b' of a map that has a", lambda: g.inject({"a": 1}).order().by("b")),
    ("limit takes whole numbers", lambda: g.V().limit("3")),
    ("limit takes numbers from 0", lambda: g.V().limit(-1)),
    ("range takes numbers from 0", lambda: g.V().range_(-1, 3)),
    ("64-bit", lambda: g.V().has("weight_g", 2**63)),
    ("starts from a vertex", lambda: g.V().id_().out("HOLDS")),
    ("starts from an edge", lambda: g.V().in_v()),
    ("'price' may be missing on Item", lambda: g.V().has_label("Item").order().by("price").id_()),
    ("values takes the names", lambda: g.V().values()),
    ("each once", lambda: g.V().project("a", "a")),
    ("has 2 by.. for 1", lambda: g.V().project("a").by(T.id).by(T.label)),
    ("the same in all rows|wants T.label", lambda: g.merge_v({T.id: "item/x"})),
)  # fmt: skip
def test_what_makes_no_sense(refusal: str, build: Callable[[], GraphTraversal]) -> None:
    with pytest.raises(InvalidInput, match=refusal):
        COMPILER.compile(build())


def test_a_refusal_names_step_engine_and_what_to_do_instead() -> None:
    with pytest.raises(UnsupportedStep) as refused:
        COMPILER.compile(g.V().has_label("Item").tail(3))
    assert (refused.value.step, refused.value.engine) == ("tail", "embedded")
    assert refused.value.instead == "order the other way round and limit()"


def test_sorting_by_what_is_known_to_be_there() -> None:
    COMPILER.compile(g.V().has_label("Item").has("price").order().by("price").id_())
    missing_last = __.coalesce(__.values("price"), __.constant(1e308))
    COMPILER.compile(g.V().has_label("Item").order().by(missing_last).by(T.id).id_())


def test_values_are_checked_on_every_call_and_not_just_the_first() -> None:
    COMPILER.compile(item("item/good"))
    with pytest.raises(SchemaViolation, match="starts with item/"):
        COMPILER.compile(item("bad"))
    COMPILER.compile(g.V().has("grade", P.within(["a"])))
    with pytest.raises(SchemaViolation, match="never 'z'"):
        COMPILER.compile(g.V().has("grade", P.within(["a", "z"])))
