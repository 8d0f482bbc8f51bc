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
from graph.compiler.portable_bytecode import bytecode_of
from graph.errors import InvalidInput
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


@given(VALUES)
def test_every_value_comes_back_as_it_went(value: Any) -> None:
    assert graphbinary.Reader(graphbinary.value(value)).value() == value


def test_elements_do_not_travel() -> None:
    with pytest.raises(InvalidInput, match="an edge's id"):
        graphbinary.Reader(b"\x00\x00").value()
