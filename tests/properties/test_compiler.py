"""The compiled traversal asks what was said: against plain Python, and with whatever steps come together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, __
from gremlin_python.process.traversal import Column, Order, P, Scope, T, TextP
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.engines.embedded import EmbeddedEngine
from graph.engines.port import EdgeRow, VertexRow
from graph.errors import EngineError, InvalidInput, QueryTimeout
from tests.engines.small_schema import SMALL

NAMES = ["", "a", "ab", "b", "B", 'quo"te', "new\nline", "ñ", "🚚"]
ITEMS: list[dict[str, Any]] = [
    {"id": f"item/{n}", "name": NAMES[n % len(NAMES)], "weight_g": (n * 7) % 11 - 3, "fragile": n % 3 == 0}
    for n in range(30)
]
PARTS = [(a, b, a + b) for a in range(30) for b in range(a + 1, 30) if (a * b) % 7 == 3]


def _engine() -> EmbeddedEngine:
    engine = EmbeddedEngine.in_memory(SMALL)
    engine.prepare()
    engine.bulk_load(
        [VertexRow("Item", i["id"], {k: v for k, v in i.items() if k != "id"}) for i in ITEMS],
        [EdgeRow("PART_OF", f"item/{a}", f"item/{b}", {"quantity": q}) for a, b, q in PARTS],
    )
    return engine


ENGINE = _engine()
Test = Callable[[Any], bool]

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, bound: bool(value == bound),
    "neq": lambda value, bound: bool(value != bound),
    "lt": lambda value, bound: bool(value < bound),
    "lte": lambda value, bound: bool(value <= bound),
    "gt": lambda value, bound: bool(value > bound),
    "gte": lambda value, bound: bool(value >= bound),
}


def compared(bounds: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[P, Test]]:
    def one(operator: str, bound: Any) -> tuple[P, Test]:
        return P(operator, bound), lambda value: _COMPARED[operator](value, bound)

    def listed(bounds: list[Any]) -> tuple[P, Test]:
        return P.within(bounds), lambda value: value in bounds

    def unlisted(bounds: list[Any]) -> tuple[P, Test]:
        return P.without(bounds), lambda value: value not in bounds

    lists = st.lists(bounds, max_size=3)
    return (
        st.builds(one, st.sampled_from(sorted(_COMPARED)), bounds) | lists.map(listed) | lists.map(unlisted)
    )


def combined(inner: st.SearchStrategy[tuple[P, Test]]) -> st.SearchStrategy[tuple[P, Test]]:
    def both(one: tuple[P, Test], other: tuple[P, Test]) -> tuple[P, Test]:
        return one[0].and_(other[0]), lambda value: one[1](value) and other[1](value)

    def either(one: tuple[P, Test], other: tuple[P, Test]) -> tuple[P, Test]:
        return one[0].or_(other[0]), lambda value: one[1](value) or other[1](value)

    def negated(one: tuple[P, Test]) -> tuple[P, Test]:
        return P.not_(one[0]), lambda value: not one[1](value)

    return st.builds(both, inner, inner) | st.builds(either, inner, inner) | inner.map(negated)


integers = st.integers(-4, 9) | st.sampled_from([2**40, -(2**63), 2**63 - 1])
numbers = st.recursive(compared(integers), combined, max_leaves=4)


@given(numbers)
def test_predicates_of_numbers(test: tuple[P, Test]) -> None:
    found = ENGINE.run(ENGINE.g.V().has_label("Item").has("weight_g", test[0]).id_())
    assert sorted(found) == sorted(i["id"] for i in ITEMS if test[1](i["weight_g"]))


@given(st.recursive(compared(st.sampled_from(NAMES) | st.text(max_size=3)), combined, max_leaves=4))
def test_predicates_of_text(test: tuple[P, Test]) -> None:
    # Engines sort text by code points or UTF-16 units: beyond ASCII only equality is alike.
    found = ENGINE.run(ENGINE.g.V().has_label("Item").has("name", test[0]).id_())
    assert sorted(found) == sorted(i["id"] for i in ITEMS if test[1](i["name"]))


@given(st.sampled_from(NAMES) | st.text(max_size=2))
def test_text_within_text(part: str) -> None:
    g = ENGINE.g

    def names(predicate: P) -> set[str]:
        return set(ENGINE.run(g.V().has_label("Item").has("name", predicate).values("name").dedup()))

    assert names(TextP.containing(part)) == {n for n in NAMES if part in n}
    assert names(TextP.starting_with(part)) == {n for n in NAMES if n.startswith(part)}
    assert names(TextP.not_ending_with(part)) == {n for n in NAMES if not n.endswith(part)}


@given(st.integers(0, 35), st.integers(0, 35), st.booleans())
def test_pages_are_slices_of_the_whole(start: int, size: int, descending: bool) -> None:
    by_weight = ENGINE.g.V().has_label("Item").order().by("weight_g", Order.desc if descending else Order.asc)
    page = ENGINE.run(by_weight.by(T.id).range_(start, start + size).id_())
    in_order = sorted(ITEMS, key=lambda i: (i["weight_g"] * (-1 if descending else 1), i["id"]))
    assert page == [i["id"] for i in in_order][start : start + size]


@given(st.lists(st.integers(0, 40).map(lambda n: f"item/{n}"), max_size=12))
def test_what_is_asked_for_at_once_is_what_is_asked_for_one_by_one(ids: list[str]) -> None:
    g = ENGINE.g

    def shown(start: GraphTraversal) -> GraphTraversal:
        return start.project("id", "users", "pieces").by(T.id).by(
            __.out("PART_OF").order().by(T.id).id_().fold()
        ).by(__.out_e("PART_OF").values("quantity").fold().sum_(Scope.local))  # fmt: skip

    together = ENGINE.run(shown(g.V(ids)))
    each = [row for id in dict.fromkeys(ids) for row in ENGINE.run(shown(g.V(id)))]
    by_id = {row["id"]: row for row in together}
    assert by_id == {row["id"]: row for row in each}
    for id, row in by_id.items():
        n = int(id.removeprefix("item/"))
        assert row["users"] == sorted(f"item/{b}" for a, b, _ in PARTS if a == n)


@given(numbers, numbers)
def test_a_shape_seen_before_takes_new_values(one: tuple[P, Test], other: tuple[P, Test]) -> None:
    for test in (one, other, one):
        fresh = EmbeddedEngine.in_memory(SMALL)
        for engine in (ENGINE, fresh):
            numbers = engine.run(engine.g.inject([i["weight_g"] for i in ITEMS]).unfold().is_(test[0]))
            assert numbers == [i["weight_g"] for i in ITEMS if test[1](i["weight_g"])]


# Whatever steps come together, it is refused with a reason or answered.

_inner: st.SearchStrategy[GraphTraversal] = st.deferred(lambda: traversals)
_fields = st.sampled_from(["name", "weight_g", "fragile", "price", "quantity", "available"])
_predicates = st.sampled_from(
    [P.gt(1), P.eq("a"), P.within([1, 2]), P.within([]), TextP.containing("a"), P.neq("s")]
)
_steps: st.SearchStrategy[tuple[str, tuple[Any, ...]]] = st.one_of(
    st.tuples(st.sampled_from(["out", "in_", "both", "out_e", "in_e"]), st.tuples(st.just("PART_OF"))),
    st.tuples(
        st.sampled_from(
            ["out", "in_v", "out_v", "id_", "label", "fold", "unfold", "count", "sum_", "max_", "dedup"]
        ),
        st.just(()),
    ),
    st.tuples(st.sampled_from(["values", "by", "has", "select", "as_", "group_count"]), st.tuples(_fields)),
    st.tuples(st.just("has"), st.tuples(_fields, _predicates | st.just(1) | st.just("a"))),
    st.tuples(st.sampled_from(["is_", "where"]), st.tuples(_predicates)),
    st.tuples(
        st.sampled_from(["where", "not_", "local", "optional", "by", "map", "repeat"]), st.tuples(_inner)
    ),
    st.tuples(st.sampled_from(["union", "coalesce", "and_", "or_", "choose"]), st.tuples(_inner, _inner)),
    st.tuples(st.just("project"), st.tuples(st.just("a"), st.just("b"))),
    st.tuples(st.sampled_from(["order", "group", "group_count", "path"]), st.just(())),
    st.tuples(st.just("by"), st.tuples(st.sampled_from([T.id, T.label, Order.desc]))),
    st.tuples(st.sampled_from(["limit", "times", "constant"]), st.tuples(st.integers(0, 3))),
    st.tuples(st.just("select"), st.tuples(st.sampled_from([Column.keys, Column.values]))),
    st.tuples(st.sampled_from(["sum_", "count", "order", "max_"]), st.tuples(st.just(Scope.local))),
    st.tuples(st.just("has_label"), st.tuples(st.sampled_from(["Item", "Stock", "PART_OF"]))),
)
traversals: st.SearchStrategy[GraphTraversal] = st.lists(_steps, min_size=1, max_size=4).map(
    lambda steps: _chained(__.start(), steps)
)


def _chained(start: GraphTraversal, steps: list[tuple[str, tuple[Any, ...]]]) -> GraphTraversal:
    for name, arguments in steps:
        start = getattr(start, name)(*arguments)
    return start


@settings(max_examples=300, derandomize=True)
@given(st.lists(_steps, max_size=6))
def test_every_traversal_is_answered_in_plain_values_or_refused_with_a_reason(
    steps: list[tuple[str, tuple[Any, ...]]],
) -> None:
    traversal = _chained(ENGINE.g.V(["item/1", "item/2", "item/3"]), steps)
    try:
        answer = ENGINE.run(traversal, time_limit_ms=500)
    except (InvalidInput, QueryTimeout):
        return
    except EngineError as error:
        # What a traverser holds is not always known before.
        assert "Cast exception" in str(error) or "T.id can only be read" in str(error)  # noqa: PT017
        return
    assert all(map(_is_plain, answer))


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(map(_is_plain, value.values()))
    return value is None or type(value) in (str, int, float, bool)
