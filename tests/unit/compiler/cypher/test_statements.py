"""What traversals become in Cypher: values beside the text, names from the schema, forms that plan well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import (
    Cardinality,
    Direction,
    Merge,
    Operator,
    Order,
    P,
    Scope,
    T,
    TraversalStrategies,
)
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiler
from graph.compiler.cypher.compile import cypher_of
from graph.compiler.cypher.statement import CypherStatement
from graph.errors import InvalidInput, UnsupportedStep
from tests.engines.small_schema import SMALL

g = GraphTraversalSource(Graph(), TraversalStrategies())
COMPILER = Compiler(SMALL, "neo4j", cypher_of(SMALL))
single = Cardinality.single


def statement(traversal: GraphTraversal) -> tuple[CypherStatement, dict[str, Any]]:
    compiled = COMPILER.compile(traversal)
    chosen = compiled.plan.for_values(compiled.values)
    return chosen, chosen.parameters(compiled.values)


def text(traversal: GraphTraversal) -> str:
    return statement(traversal)[0].text.replace("`", "")


def test_values_travel_beside_the_text() -> None:
    traversal = g.V("item/a").has("name", 'x" OR true //').out("PART_OF").limit(3).values("name")
    compiled, parameters = statement(traversal)
    assert compiled.text == (
        "MATCH (v1:V {id: $p0}) WHERE v1.`name` = $p1 MATCH (v1)-[:`PART_OF`]->(v2) "
        "WITH v2 LIMIT $p2 WHERE v2.`name` IS NOT NULL RETURN v2.`name` AS r"
    )
    assert parameters == {"p0": "item/a", "p1": 'x" OR true //', "p2": 3}


@pytest.mark.parametrize("name", ["a\\u0060: 1} AS x //", "\\"])
def test_names_with_a_backslash_which_could_end_their_quotes_are_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="backslash"):
        statement(g.V().project(name).by("name"))
    with pytest.raises(InvalidInput, match="backslash"):
        statement(g.inject({name: 1}).select(name))


def test_only_so_many_rounds_are_written_out() -> None:
    with pytest.raises(UnsupportedStep, match="at most 100 times"):
        statement(g.V("item/a").repeat(__.out("PART_OF")).times(101))
    assert "*1..5000]" in text(g.V("item/a").repeat(__.out("PART_OF")).emit().times(5_000).dedup().id_())


LOCKED = "SET v1.~lock = true WITH 1 AS "


@pytest.mark.parametrize(
    "build",
    [
        lambda enough, put: g.V("stock/a").has("available", enough).choose(__.has("available"), put),
        lambda enough, put: g.V("stock/a").choose(__.has("available", enough), put),
        lambda enough, put: g.V("stock/a").has("available", enough).union(put),
        lambda enough, put: g.V("stock/a").as_("s").has("available", enough).out("STOCK_OF").dedup()
        .select("s").property(single, "available", 3),
    ],
    ids=["before a choice", "a choice", "before a union", "before dedup"],
)  # fmt: skip
def test_a_condition_is_looked_at_again_under_the_lock_wherever_it_stood(
    build: Callable[[P, GraphTraversal], GraphTraversal],
) -> None:
    written = text(build(P.gte(3), __.property(single, "available", 3)).id_())
    _, _, locked = written.partition(LOCKED)
    assert "v1.available >= $" in locked.partition("RETURN true")[0]


def test_a_known_shape_is_compiled_once() -> None:
    first = COMPILER.compile(g.V(["a", "b"]).out("PART_OF").values("name"))
    second = COMPILER.compile(g.V(["c"]).out("PART_OF").values("name"))
    assert first.plan is second.plan
    assert second.plan.parameters(second.values) == {"p0": ["c"]}


def test_labels_and_conditions_stand_where_an_index_serves_them() -> None:
    assert text(g.V().has("Item", "name", P.gt("a")).id_()) == (
        "MATCH (v1:Item) WHERE v1.name > $p0 RETURN v1.id AS r"
    )
    assert text(g.V().has("available", P.gte(3)).id_()).startswith("MATCH (v1:Stock) WHERE")


def test_what_is_nested_is_a_comprehension_and_what_is_to_one_a_join() -> None:
    stocks = __.in_("STOCK_OF").project("id", "n").by(T.id).by("available").fold()
    assert text(g.V("item/a").project("id", "stocks").by(T.id).by(stocks)) == (
        "MATCH (v1:V {id: $p0}) RETURN {id: v1.id, "
        "stocks: [(v1)<-[:STOCK_OF]-(v2) | {id: v2.id, n: v2.available}]} AS r"
    )
    item = g.V("stock/a").project("item", "name").by(__.out("STOCK_OF").id_())
    assert text(item.by(__.out("STOCK_OF").values("name"))) == (
        "MATCH (v1:V {id: $p0}) OPTIONAL MATCH (v1)-[:STOCK_OF]->(v2) "
        "RETURN {item: v2.id, name: v2.name} AS r"
    )


def test_no_edge_is_lost_because_a_pattern_goes_it_once_only() -> None:
    siblings = __.out("PART_OF").in_("PART_OF").id_().fold()
    assert "COLLECT { MATCH (v1)-[:PART_OF]->" in text(g.V("item/a").project("s").by(siblings))


def test_the_order_is_said_again_where_rows_are_cut_and_answered() -> None:
    cut = g.V().has_label("Item").order().by("weight_g", Order.desc).by(T.id).limit(2).id_()
    assert text(cut) == (
        "MATCH (v1:Item) WHERE v1.weight_g IS NOT NULL WITH v1 ORDER BY v1.weight_g DESC, v1.id LIMIT $p0 "
        "RETURN v1.id AS r ORDER BY v1.weight_g DESC, v1.id"
    )


def test_a_conditional_write_locks_and_looks_again() -> None:
    left = __.union(__.values("available"), __.constant(-2)).sum_()
    take = g.V("stock/a").has("available", P.gte(2)).property(single, "available", left).id_()
    assert text(take) == (
        "MATCH (v1:V {id: $p0}) WHERE v1.available >= $p1 "
        "CALL (v1) { SET v1.~lock = true WITH 1 AS x3 WHERE v1.available >= $p1 "
        "SET v1.available = (coalesce(v1.available, 0) + $p2) RETURN true AS x4 } RETURN v1.id AS r"
    )


def test_what_was_given_and_not_asked_for_is_written_without_a_lock() -> None:
    assert text(g.V("item/a").property(single, "weight_g", 1).property(single, "name", "x").id_()) == (
        "MATCH (v1:V {id: $p0}) SET v1.weight_g = $p1, v1.name = $p2 RETURN v1.id AS r"
    )


def test_upserts_of_rows() -> None:
    rows = [{"m": {T.id: "depot/N", T.label: "Depot"}, "c": {"name": "N"}}]
    changed = __.select("r").select("c")
    merged = g.inject(rows).unfold().as_("r").merge_v(__.select("m")).option(Merge.on_create, changed)
    compiled, parameters = statement(merged.option(Merge.on_match, changed).id_())
    assert "MERGE (v3:V:`Depot` {id: x2.`m`.`T.id`}) ON CREATE SET v3 += x2.`c` ON MATCH SET" in compiled.text
    assert parameters == {"p0": [{"m": {"T.id": "depot/N", "T.label": "Depot"}, "c": {"name": "N"}}]}


def test_an_edge_knows_the_ids_of_its_ends() -> None:
    rows = [{T.label: "HOLDS", Direction.OUT: f"depot/{n}", Direction.IN: "stock/a"} for n in "NS"]
    traversal = g.inject(rows).unfold().merge_e().count()
    compiled = COMPILER.compile(traversal)
    assert compiled.plan.end_ids(compiled.values) == ["depot/N", "depot/S", "stock/a"]


def test_rounds_are_a_part_of_the_text() -> None:
    def walk(times: int) -> CypherStatement:
        compiled = COMPILER.compile(g.V("item/a").repeat(__.out("PART_OF")).times(times).id_())
        return compiled.plan.for_values(compiled.values)

    assert walk(1).text.count("PART_OF") == 1
    assert walk(4).text.count("PART_OF") == 4
    assert walk(4) is walk(4)
    everything = g.V("item/a").emit().repeat(__.out("PART_OF").dedup()).times(8).dedup().id_()
    assert text(everything) == (
        "MATCH (v1:V {id: $p0}) MATCH (v1)-[:PART_OF*0..8]->(v2) WITH DISTINCT v2 RETURN v2.id AS r"
    )


@pytest.mark.parametrize(
    ("refusal", "build"),
    [
        ("inject.. in the middle", lambda: g.V("item/a").id_().inject("x")),
        ("drop.. before the end", lambda: g.V("item/a").drop().count()),
        ("sack cannot run", lambda: g.V("item/a").sack()),
        ("by.key.* cannot run", lambda: g.V().has_label("Item").group().by("name").by(__.out().id_())),
        ("order.Scope.local.", lambda: g.inject([{"a": 1}]).order(Scope.local).by("a")),
    ],
)  # fmt: skip
def test_what_cypher_cannot_say_is_refused(refusal: str, build: Callable[[], GraphTraversal]) -> None:
    with pytest.raises(UnsupportedStep, match=refusal) as refused:
        COMPILER.compile(build())
    assert refused.value.engine == "neo4j"


def test_answers_become_plain() -> None:
    projected, _ = statement(g.V().has_label("Item").project("id", "price").by(T.id).by("price"))
    assert projected.decode({"id": "item/a", "price": None}) == {"id": "item/a"}
    null, _ = statement(
        g.V().has_label("Item").project("p").by(__.coalesce(__.values("price"), __.constant(None)))
    )
    assert null.decode({"p": None}) == {"p": None}
    grouped, _ = statement(g.V().has_label("Stock").group().by("available").by(T.id))
    assert grouped.decode([[3, ["stock/a"]]]) == {3: ["stock/a"]}
    whole, _ = statement(g.V("item/a").element_map())
    assert whole.decode({"id": "item/a", "label": "Item", "name": "x", "~lock": True}) == {
        "id": "item/a",
        "label": "Item",
        "name": "x",
    }
    assert statement(g.V().has_label("Item").values("name"))[0].plain


def test_sacks_travel_as_a_variable() -> None:
    walk = g.with_sack(1).V("item/a").out_e("PART_OF").sack(Operator.mult).by("quantity").in_v().sack()
    assert "($p0 * e2.quantity) AS" in text(walk)
