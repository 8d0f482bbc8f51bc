"""What goes over the wire to Gremlin servers is what gremlinpython itself would send, with long integers."""

from __future__ import annotations

from typing import Any

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import (
    Cardinality,
    Merge,
    Order,
    P,
    T,
    TextP,
    TraversalStrategies,
)
from gremlin_python.statics import long
from gremlin_python.structure.graph import Graph
from gremlin_python.structure.io.graphbinaryV1 import GraphBinaryWriter
from hypothesis import given
from hypothesis import strategies as st

from graph.compiler import graphbinary
from graph.compiler.compiler import Compiler
from graph.compiler.portable_bytecode import bytecode_for, bytecode_of
from graph.errors import InvalidInput
from graph.schema.elements import Schema, VertexKind, text
from graph.schema.model import SCHEMA
from tests.engines.small_schema import SMALL

g = GraphTraversalSource(Graph(), TraversalStrategies())
compiler = Compiler(SMALL, "gremlin-server", bytecode_of)

SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.floats(allow_nan=False)
)
VALUES = st.recursive(SCALARS, lambda v: st.lists(v) | st.dictionaries(st.text(), v), max_leaves=20)


def sent(traversal: GraphTraversal) -> bytes:
    compiled = compiler.compile(traversal)
    return b"\x15\x00" + compiled.plan.filled(compiled.values)


def by_gremlinpython(traversal: GraphTraversal) -> bytes:
    return bytes(GraphBinaryWriter().write_object(traversal.bytecode))


@pytest.mark.parametrize(
    "traversal",
    [
        g.V("item/nut").values("name"),
        g.V(["item/nut", "item/bolt"]).has("weight_g", P.gte(long(3))).count(),
        g.V().has("weight_g", P.within([long(1), long(2)])).count(),
        g.V().has("name", TextP.containing("o").or_(P.eq("Nut"))).count(),
        g.V().has_label("Item").order().by("name", Order.desc).range_(long(1), long(3)).values("name"),
        g.V("item/bolt").repeat(__.out("PART_OF")).times(2).id_(),
        g.with_sack(long(1)).V("item/bolt").out_e("PART_OF").in_v().path().by(T.id),
        g.merge_v({T.id: "item/x", T.label: "Item"})
        .option(Merge.on_create, {"name": "x", "weight_g": long(1)}).count(),
        g.V("item/nut").property(Cardinality.single, "fragile", True).id_(),
    ],
    ids=str,
)  # fmt: skip
def test_it_is_what_gremlinpython_sends(traversal: GraphTraversal) -> None:
    assert sent(traversal) == by_gremlinpython(traversal)


def test_integers_are_long_but_for_the_number_of_rounds() -> None:
    assert sent(g.V().has("weight_g", 3).count()) == by_gremlinpython(g.V().has("weight_g", long(3)).count())
    with pytest.raises(InvalidInput, match="32-bit"):
        sent(g.V().repeat(__.out("PART_OF")).times(2**31).id_())


def test_vertices_are_asked_for_by_id_and_an_empty_list_means_none() -> None:
    assert sent(g.V("item/nut")) == by_gremlinpython(g.V("item/nut").id_())
    assert sent(g.V([]).count()) == by_gremlinpython(g.V().limit(long(0)).count())
    assert sent(g.V().has_id([]).count()) == by_gremlinpython(g.V().limit(long(0)).count())
    none = g.V().has("name", P.within([])).count()
    assert sent(none) == by_gremlinpython(none)


def sent_to(product: str, traversal: GraphTraversal) -> bytes:
    compiled = Compiler(SMALL, product, bytecode_for(product, SMALL)).compile(traversal)
    return b"\x15\x00" + compiled.plan.filled(compiled.values)


def marked(merged: GraphTraversal) -> GraphTraversal:
    return merged.coalesce(
        __.has("vertex_kind"), __.property(Cardinality.single, "vertex_kind", __.label())
    )  # fmt: skip


KIND, FOUR = "vertex_kind", long(4)
both_labels = ("Item", "Depot")


@pytest.mark.parametrize(
    ("traversal", "gremlin_server", "janusgraph"),
    [
        pytest.param(
            g.V().has_label("Item").as_("i").out("PART_OF").count(),
            g.V().has_label("Item").has(KIND, "Item").as_("i").out("PART_OF").count(),
            g.V().has_label("Item").has(KIND, "Item").as_("i").out("PART_OF").count(),
            id="a label",
        ),
        pytest.param(
            g.V().has_label(*both_labels).has("name").count(),
            g.union(*(__.V().has_label(*both_labels).has("name").has(KIND, x) for x in both_labels)).count(),
            g.V().has_label(*both_labels).has("name").has(KIND, P.within(*both_labels)).count(),
            id="several labels",
        ),
        pytest.param(
            g.V().has("Item", "name", "Nut").has("weight_g", P.gt(FOUR)).count(),
            g.V().has("Item", "name", "Nut").has("weight_g", P.gt(FOUR)).has(KIND, "Item").count(),
            g.V().has("Item", "name", "Nut").has("weight_g", P.gt(FOUR)).count(),
            id="a value that finds fewer",
        ),
        pytest.param(
            g.V().has("Item", "weight_g", FOUR).count(),
            g.V().has("Item", "weight_g", FOUR).has(KIND, "Item").count(),
            g.V().has("Item", "weight_g", FOUR).has(KIND, "Item").count(),
            id="a value that is not indexed",
        ),
        pytest.param(
            g.inject(FOUR).union(__.V().has_label("Depot"), __.V().has("Item", "name", P.gt("N"))).count(),
            *(
                g.inject(FOUR).union(
                    __.V().has_label("Depot").has(KIND, "Depot"),
                    __.V().has("Item", "name", P.gt("N")).has(KIND, "Item"),
                ).count()
                for _ in range(2)
            ),
            id="inside of others",
        ),
        pytest.param(
            g.add_v("Depot").property(T.id, "depot/x").property(Cardinality.single, "name", "x").count(),
            *(
                g.add_v("Depot").property(KIND, "Depot").property(T.id, "depot/x")
                .property(Cardinality.single, "name", "x").count()
                for _ in range(2)
            ),
            id="a new vertex",
        ),
        pytest.param(
            g.merge_v({T.id: "depot/x", T.label: "Depot"}).option(Merge.on_create, {"name": "x"}).id_(),
            *(
                marked(
                    g.merge_v({T.id: "depot/x", T.label: "Depot"}).option(Merge.on_create, {"name": "x"})
                ).id_()
                for _ in range(2)
            ),
            id="a merged vertex",
        ),
    ],
)  # fmt: skip
def test_vertices_of_a_kind_are_found_by_an_index_that_each_product_can_use(
    traversal: GraphTraversal, gremlin_server: GraphTraversal, janusgraph: GraphTraversal
) -> None:
    assert sent_to("gremlin-server", traversal) == by_gremlinpython(gremlin_server)
    assert sent_to("janusgraph", traversal) == by_gremlinpython(janusgraph)
    assert sent_to("neptune", traversal) == by_gremlinpython(traversal)


@pytest.mark.parametrize("product", ["gremlin-server", "janusgraph"])
def test_vertices_that_are_found_by_id_are_looked_for_no_other_way(product: str) -> None:
    for traversal in (
        g.V("item/nut").has_label("Item").count(),
        g.V().has_label("Item").has_id("item/nut").count(),
        g.V("item/nut").out("PART_OF").has_label("Item").count(),
    ):
        assert sent_to(product, traversal) == by_gremlinpython(traversal)


def test_indexes_that_lose_what_a_unit_changed_are_not_used_after_its_first_write() -> None:
    found = g.V().has("Item", "name", "Nut").has("weight_g", P.eq(FOUR)).count()
    looked_through = g.V().has("Item", "name", P("within", "Nut")).has("weight_g", P("within", FOUR)).count()
    compiled = Compiler(SMALL, "gremlin-server", bytecode_for("gremlin-server", SMALL)).compile(found)
    assert compiled.plan.late is not None
    assert b"\x15\x00" + compiled.plan.late.filled(compiled.values) == by_gremlinpython(looked_through)
    renaming = g.V("item/nut").property(Cardinality.single, "name", "N").V().has_label("Item").count()
    assert sent_to("gremlin-server", renaming) == by_gremlinpython(renaming)


def test_the_property_that_is_indexed_for_it_belongs_to_no_schema() -> None:
    bytecode_for("janusgraph", SCHEMA)
    crate = VertexKind("Crate", "crate", "code", (text("vertex_kind"),), "")
    for product in ("gremlin-server", "janusgraph"):
        with pytest.raises(InvalidInput, match="Crate vertex_kind, which is the adapter's own"):
            bytecode_for(product, Schema(1, {"Crate": crate}, {}))


@given(VALUES)
def test_every_value_comes_back_as_it_went(value: Any) -> None:
    assert graphbinary.Reader(graphbinary.value(value)).value() == value


def test_elements_do_not_travel() -> None:
    with pytest.raises(InvalidInput, match="an edge's id"):
        graphbinary.Reader(b"\x00\x00").value()
