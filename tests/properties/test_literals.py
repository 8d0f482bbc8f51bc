"""Whatever a value is, the engine reads back what was written, and nothing else."""

from __future__ import annotations

import math
from typing import Any

import graphersal
import pytest
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import P
from hypothesis import example, given
from hypothesis import strategies as st

from graph.compiler.literals import literal, packed
from graph.engines.embedded import EmbeddedEngine
from graph.errors import InvalidInput
from tests.engines.small_schema import SMALL

GRAPH = graphersal.Graph()
GRAPH.set_limits(unlimited=True)
ENGINE = EmbeddedEngine.in_memory(SMALL)

texts = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("\"\\'`${}#\n\r\t\x00\x7f\x1b/*"))
integers = st.integers(-(2**63), 2**63 - 1)
# The engine knows no negative zero.
finite = st.floats(allow_nan=False, allow_infinity=False).map(lambda number: number + 0.0)
scalars = texts | integers | finite | st.booleans() | st.none()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
nested_lists = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4), max_leaves=12)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1, 1.0 and True are three values, and a NaN is itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


@given(values)
@example('"); g.V().drop().iterate(); ("')
@example("${1 + 1}")
@example("`${g.V().drop().iterate()}`")
@example("\\")
@example("a\x00b")
@example("\U0001f69a\u2028")
@example(-(2**63))
@example(2**63 - 1)
@example(5e-324)
@example([[[[[[[[[[]]]]]]]]]])
def test_a_literal_is_read_as_the_value(value: Any) -> None:
    assert same(GRAPH.execute(literal(value)), value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_have_literals_but_no_json(number: float) -> None:
    assert same(GRAPH.execute(literal([number])), [number])
    assert packed([number]) is None


@given(values.filter(lambda value: isinstance(value, list | dict)))
@example([123456789.12345679])
@example([1e16])
@example([-0.1, 1 / 3])
@example(["1.2345678901234567890", 0.5])
def test_what_is_packed_is_read_as_the_value(value: Any) -> None:
    text = packed(value)
    if text is not None:
        assert same(GRAPH.execute("parse_json(p)", {"p": text}), value)


@given(nested_lists)
@example([])
@example([""])
@example([[[]], [[], [1, "a", 0.1]]])
def test_a_value_goes_through_a_traversal_and_comes_back(value: Any) -> None:
    assert same(ENGINE.run(ENGINE.g.inject(value)), [value])


@given(
    st.lists(
        st.fixed_dictionaries({"text": texts, "number": integers, "real": finite}), min_size=1, max_size=5
    )
)
def test_rows_go_through_a_traversal_and_come_back(rows: list[dict[str, Any]]) -> None:
    assert same(ENGINE.run(ENGINE.g.inject(rows).unfold()), rows)


@given(st.floats())
def test_a_number_alone_goes_through_whatever_it_is(number: float) -> None:
    assert same(ENGINE.run(ENGINE.g.inject(number)), [number + 0.0])
    assert same(ENGINE.run(ENGINE.g.inject([number, 1])), [[number + 0.0, 1]])


@given(texts, st.lists(texts, max_size=4))
def test_text_is_compared_as_it_is(text: str, others: list[str]) -> None:
    g = ENGINE.g
    assert ENGINE.run(g.inject(text).is_(P.eq(text)).count()) == [1]
    assert ENGINE.run(g.inject(text).is_(P.within([*others, text])).count()) == [1]
    assert ENGINE.run(g.inject(text).is_(P.within(others)).count()) == [int(text in others)]


@given(texts, texts)
def test_names_of_fields_and_steps_are_text_too(field: str, step: str) -> None:
    g = ENGINE.g
    named = g.inject(1).as_(f"s{step}").constant(2).project(f"f{field}").by(__.select(f"s{step}"))
    assert ENGINE.run(named) == [{f"f{field}": 1}]


def test_values_nested_too_deep_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(20):
        deep = [deep]
    with pytest.raises(InvalidInput, match="nested at most 16 deep"):
        ENGINE.run(ENGINE.g.inject(deep))


@given(st.integers(min_value=2**63) | st.integers(max_value=-(2**63) - 1))
def test_integers_beyond_64_bits_are_refused_before_the_engine_is_asked(number: int) -> None:
    asked = ENGINE.round_trips
    for value in (number, [number], [[1, number]], [{"n": number}]):
        with pytest.raises(InvalidInput, match="64-bit"):
            ENGINE.run(ENGINE.g.inject(value))
    with pytest.raises(InvalidInput, match="64-bit"):
        literal(number)
    assert ENGINE.round_trips == asked
