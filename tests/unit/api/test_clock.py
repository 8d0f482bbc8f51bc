"""The clock: what it accepts, and that it never goes back."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.clock import LATEST, RunningClock, SystemClock, format_instant, parse_clock, parse_instant
from graph.errors import InvalidInput

MONDAY_SIX = 1_772_442_000_000  # 2026-03-02T06:00-03:00


def test_system_is_the_machines_time() -> None:
    before = time.time_ns() // 1_000_000
    assert before <= parse_clock("system").now() <= time.time_ns() // 1_000_000


def test_the_system_clock_stands_still_while_the_machine_is_set_back() -> None:
    readings = iter([1000, 400, 999, 1001])
    clock = SystemClock(lambda: next(readings))
    assert [clock.now() for _ in range(4)] == [1000, 1000, 1000, 1001]


def test_a_running_clock_starts_where_it_is_told_and_runs_at_its_speed() -> None:
    readings = iter([50.0, 50.0, 52.5])
    clock = RunningClock(MONDAY_SIX, speed=60, read_s=lambda: next(readings))
    assert clock.now() == MONDAY_SIX
    assert clock.now() == MONDAY_SIX + 150_000


@pytest.mark.parametrize(
    "text", ["2026-03-02T06:00-03:00x0", "2026-03-02T09:00Zx0", " 2026-03-02 09:00+00:00x0 "]
)
def test_a_speed_of_zero_stands_still(text: str) -> None:
    assert parse_clock(text).now() == MONDAY_SIX


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "got nothing"),
        ("tomorrow", "ISO 8601"),
        ("2026-03-02T06:00", "wants a time with its offset from UTC, as in 2026-03-05T18:00-03:00, got"),
        ("2026-03-02T06:00x60", "wants a time with its offset from UTC, as in 2026-03-05T18:00-03:00, got"),
        ("2026-13-02T06:00Z", "ISO 8601"),
        ("2026-03-02T06:00Zx", "speed from 0"),
        ("2026-03-02T06:00Zx-1", "speed from 0"),
        ("2026-03-02T06:00Zxnan", "speed from 0"),
        ("2026-03-02T06:00Zxinf", "speed from 0"),
        ("2026-03-02T06:00Zx1e9", "speed from 0"),
        ("0001-01-01T00:00+14:00x1", "years 1970 and 9999"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        parse_clock(text)


@given(st.integers(min_value=0, max_value=LATEST))
def test_an_instant_survives_writing_and_reading(at: int) -> None:
    assert parse_instant(format_instant(at), field="at") == at
