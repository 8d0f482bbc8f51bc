"""Long and DateTime: what they take, and what they say to the rest."""

from __future__ import annotations

import math

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given
from hypothesis import strategies as st

from api.graphql.scalars import parse_date_time, parse_long, parse_long_literal


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_64_bit_integer_is_taken_as_number_text_and_literal(number: int) -> None:
    assert parse_long(number) == parse_long(str(number)) == number
    assert parse_long_literal(parse_value(str(number))) == number


@pytest.mark.parametrize(
    "value",
    [True, 1.5, math.nan, math.inf, 1e300, 2**63, -(2**63) - 1, "", "1e3", "٣", " 1", "9" * 50, [1], None],
)
def test_whatever_is_no_64_bit_integer_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="Long wants a whole number of 64 bits"):
        parse_long(value)


def test_a_float_without_fraction_is_the_integer_it_is() -> None:
    assert parse_long(1e12) == 1_000_000_000_000


@pytest.mark.parametrize("value", [1_772_442_000_000, "2026-03-02", "2026-03-02T06:00", "soon", None])
def test_an_instant_needs_an_offset(value: object) -> None:
    with pytest.raises(GraphQLError, match="DateTime"):
        parse_date_time(value)


def test_an_instant_is_the_same_in_every_offset() -> None:
    assert parse_date_time("2026-03-02T06:00-03:00") == parse_date_time("2026-03-02T09:00:00Z")
