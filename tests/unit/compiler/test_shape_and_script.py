"""From bytecode to script: what is kept in the text, what travels beside it."""

from __future__ import annotations

from typing import Any

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Direction, Merge, P, T, TextP, TraversalStrategies
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiler
from graph.compiler.graphersal_script import template_of
from graph.compiler.shape import shape_of
from graph.compiler.step_tree import Slot, Step, StepTree, tree_of
from graph.engines.embedded import EmbeddedEngine
from graph.engines.port import Statement
from graph.errors import Conflict
from tests.engines.small_schema import SMALL

g = GraphTraversalSource(Graph(), TraversalStrategies())
COMPILER = Compiler(SMALL, "embedded", template_of)


def script(traversal: GraphTraversal) -> tuple[str, dict[str, Any]]:
    params: dict[str, Any] = {}
    compiled = COMPILER.compile(traversal)
    return compiled.plan.expression(compiled.values, params), params


def test_names_stay_in_the_script_and_values_travel_beside_it() -> None:
    text, params = script(
        g.V("item/a").has("name", TextP.containing('"')).out("PART_OF").limit(3).values("name")
    )
    assert text == 'g.V(p0).has("name",P.containing(p1)).out("PART_OF").limit(p2).values("name").toList()'
    assert params == {"p0": "item/a", "p1": '"', "p2": 3}


def test_lists_travel_as_json() -> None:
    text, params = script(g.V(["item/a", 'item/"']).has("weight_g", P.within([1, 2])).id_())
    assert text == 'g.V(parse_json(p0)).has("weight_g",P.within(parse_json(p1))).id().toList()'
    assert params == {"p0": '["item/a","item/\\""]', "p1": "[1,2]"}


def test_reals_that_json_would_round_stand_in_the_script() -> None:
    text, params = script(g.inject([0.5, 1 / 3]))
    assert (text, params) == ("g.inject([0.5,0.3333333333333333]).toList()", {})
    assert script(g.inject([0.5])) == ("g.inject(parse_json(p0)).toList()", {"p0": "[0.5]"})


def test_an_upsert_of_rows() -> None:
    rows = [{"m": {T.id: "depot/N", T.label: "Depot"}, "c": {"name": "N"}}]
    changed = __.select("r").select("c")
    text, params = script(
        g.inject(rows).unfold().as_("r").merge_v(__.select("m")).option(Merge.on_match, changed).id_()
    )
    assert text == (
        'g.inject(parse_json(p0)).unfold().as("r").mergeV(__.select("m"))'
        '.option(Merge.onMatch,__.select("r").select("c")).id().toList()'
    )
    assert params == {"p0": '[{"m":{"T.id":"depot/N","T.label":"Depot"},"c":{"name":"N"}}]'}


def test_rows_that_are_only_created_travel_whole() -> None:
    rows = [{"m": {T.id: "depot/N", T.label: "Depot"}, "c": {"name": "N"}}]
    text, params = script(created(rows))
    assert text == "created(g,__,Merge.onCreate,parse_json(p0))"
    assert params == {"p0": '[{"T.id":"depot/N","T.label":"Depot","name":"N"}]'}


def test_creating_leaves_alone_what_is_there() -> None:
    engine = EmbeddedEngine.in_memory(SMALL)

    def depots(*names: tuple[str, str]) -> GraphTraversal:
        return created([{"m": {T.id: id, T.label: "Depot"}, "c": {"name": name}} for id, name in names])

    assert engine.run(depots(("depot/N", "first"))) == ["depot/N"]
    assert engine.run(depots(("depot/S", "S"), ("depot/N", "second"))) == ["depot/S", "depot/N"]
    units = [depots(("depot/E", "E"), ("depot/E", "again")), depots(("depot/N", "third"))]
    answers = engine.transact([Statement("create", unit) for unit in units])
    assert answers == [["depot/E", "depot/E"], ["depot/N"]]
    names = engine.run(engine.g.V().has_label("Depot").project("id", "name").by(T.id).by("name"))
    assert {row["id"]: row["name"] for row in names} == {"depot/N": "first", "depot/S": "S", "depot/E": "E"}


def test_creating_under_an_id_that_another_kind_has_is_a_conflict() -> None:
    engine = EmbeddedEngine.in_memory(SMALL)
    engine.run(created([{"m": {T.id: "depot/N", T.label: "Depot"}, "c": {"name": "N"}}]))
    engine._graph.execute('g.V("depot/N").drop().toList(); g.addV("Other").property(T.id,"depot/N").toList()')
    with pytest.raises(Conflict, match="depot/N exists already"):
        engine.run(created([{"m": {T.id: "depot/N", T.label: "Depot"}, "c": {"name": "N"}}]))


def created(rows: list[dict[str, Any]]) -> GraphTraversal:
    merged = g.inject(rows).unfold().as_("r").merge_v(__.select("m"))
    return merged.option(Merge.on_create, __.select("r").select("c")).id_()


def test_a_conditional_write() -> None:
    left = __.union(__.values("available"), __.constant(-3)).sum_()
    text, _ = script(
        g.V("stock/N/a").has("available", P.gte(3)).property(Cardinality.single, "available", left).id_()
    )
    assert text == (
        'g.V(p0).has("available",P.gte(p1))'
        '.property(Cardinality.single,"available",__.union(__.values("available"),__.constant(p2)).sum())'
        ".id().toList()"
    )


def test_maps_in_place_and_tokens() -> None:
    ends = {T.label: "HOLDS", Direction.from_: "depot/N", Direction.to: "stock/N/a"}
    text, params = script(g.merge_e(ends).count())
    assert text == 'g.mergeE(#{"T.label":"HOLDS","Direction.OUT":p0,"Direction.IN":p1}).count().toList()'
    assert params == {"p0": "depot/N", "p1": "stock/N/a"}


def test_vertices_are_returned_as_ids_and_keys_as_pairs() -> None:
    assert script(g.V().has_label("Item"))[0] == 'g.V().hasLabel("Item").id().toList()'
    counts, _ = script(g.V().has_label("Item").group_count().by("weight_g"))
    assert counts.startswith("plain(g.V()")
    assert not script(g.V().has_label("Item").group_count().by("name"))[0].startswith("plain")


def test_traversals_that_differ_in_values_alone_have_one_shape() -> None:
    def items(ids: list[str], name: str, weight_g: int) -> Any:
        return shape_of(g.V(ids).has("name", name).has("weight_g", P.lt(weight_g)).bytecode)[0]

    assert items(["item/a"], "x", 1) == items(["item/b", "item/c"], "y", 2**40)
    assert items([], "x", 1) != items(["item/a"], "x", 1)
    assert shape_of(g.inject(1).bytecode)[0] != shape_of(g.inject(True).bytecode)[0]
    assert shape_of(g.inject(1).bytecode)[0] != shape_of(g.inject(1.0).bytecode)[0]
    assert shape_of(g.V().has("name", "x").bytecode)[0] != shape_of(g.V().has("note", "x").bytecode)[0]


def test_the_tree_of_a_traversal() -> None:
    shape, values = shape_of(g.V("item/a").where(__.out("PART_OF").has("weight_g", 5)).bytecode)
    assert values == ["item/a", 5]
    nested = StepTree((Step("out", ("PART_OF",)), Step("has", ("weight_g", Slot(1, int)))))
    assert tree_of(shape) == StepTree((Step("V", (Slot(0, str),)), Step("where", (nested,))))


def test_more_arguments_than_the_language_takes_become_a_list() -> None:
    ids = [f"item/{n}" for n in range(12)]
    assert script(g.V(*ids).id_())[0].startswith("g.V([p0,p1,")
    assert script(g.V(*ids[:3]).id_())[0].startswith("g.V(p0,p1,p2)")


def test_an_empty_list_of_ids_asks_for_what_cannot_be() -> None:
    assert script(g.V([]).id_())[0] == 'g.V(["^"]).id().toList()'


def test_only_so_many_shapes_are_kept() -> None:
    compiler = Compiler(SMALL, "embedded", template_of)
    for n in range(5_000):
        compiler.compile(g.inject(1).as_(f"step{n}"))
    assert len(compiler._shapes) <= 2048
