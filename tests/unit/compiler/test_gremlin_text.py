"""Gremlin typed on the command line becomes the traversal that it says, or a message that says why not."""

from __future__ import annotations

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
    TextP,
    TraversalStrategies,
)
from gremlin_python.structure.graph import Graph

from graph.compiler.gremlin_text import traversal_of
from graph.compiler.shape import shape_of
from graph.errors import InvalidInput

g = GraphTraversalSource(Graph(), TraversalStrategies())

READ: list[tuple[str, GraphTraversal]] = [
    (
        "g.V().has('Order', 'status', 'ready').out('HAS_LINE').as('l').count()",
        g.V().has("Order", "status", "ready").out("HAS_LINE").as_("l").count(),
    ),
    (
        'g.V("a").where(not(has("x"))).order().by("n", desc).by(T.id).limit(5L)',
        g.V("a").where(__.not_(__.has("x"))).order().by("n", Order.desc).by(T.id).limit(5),
    ),
    (
        "g.with_sack(1).V().has_id('a').where(__.in_e('A').count().is_(gt(-1).and_(P.lt(7)))).sack(sum).by('q')",
        g.with_sack(1)
        .V()
        .has_id("a")
        .where(__.in_e("A").count().is_(P.gt(-1).and_(P.lt(7))))
        .sack(Operator.sum_)
        .by("q"),
    ),
    (
        "g.V().has('n', within('in(1L)', 'b')).has('m', containing('x')).fold().sum(local)",
        g.V().has("n", P.within(["in(1L)", "b"])).has("m", TextP.containing("x")).fold().sum_(Scope.local),
    ),
    (
        "g.inject([{OUT: 'a', T.label: 'L'}]).unfold().mergeE().option(Merge.onMatch, {'f': true})",
        g.inject([{Direction.OUT: "a", T.label: "L"}]).unfold().merge_e().option(Merge.on_match, {"f": True}),
    ),
    (
        "g.V('a').property(single, 'q', union(values('q'), constant(-2)).sum())",
        g.V("a").property(Cardinality.single, "q", __.union(__.values("q"), __.constant(-2)).sum_()),
    ),
]


@pytest.mark.parametrize(("text", "meant"), READ, ids=[text[:40] for text, _ in READ])
def test_both_ways_of_writing_are_understood(text: str, meant: GraphTraversal) -> None:
    assert shape_of(traversal_of(text).bytecode) == shape_of(meant.bytecode)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("g.V(", "cannot be read near character"),
        ("(" * 5_000, "cannot be read"),
        ("h.V()", "starts with g"),
        ("__import__('os').system('true')", "starts with g"),
        ("g.V().has(name)", "neither a value nor a step: name"),
        ("g.V().map(lambda: 1)", "neither a value nor a step"),
        ("g.V().by(T.weight)", "no word of Gremlin: T.weight"),
        ("g.V().has('a', P.gt())", "compares with nothing"),
        ("g.V().limit(n=1)", "named arguments"),
    ],
)
def test_what_cannot_be_read_is_named(text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        traversal_of(text)
