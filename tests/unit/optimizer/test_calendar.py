"""The delivery calendar: cutoffs, closed days, opening hours, and the days when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.calendar import (
    ReceivingHours,
    WarehouseCalendar,
    door_by,
    earliest_arrival,
    first_day_to_leave,
    first_delivery_day,
    instant_of,
    local_date,
    next_open_day,
)
from optimizer.errors import NoDeliveryDay

ZONE = "America/Santiago"
H = 3600
CALENDAR = WarehouseCalendar(ZONE, 18 * H, 8 * H, 2 * H, frozenset({7}))
HOURS = ReceivingHours(9 * H, 18 * H, 600)
MONDAY = date(2026, 3, 2)
TUESDAY, WEDNESDAY, SATURDAY, SUNDAY, NEXT_MONDAY = (date(2026, 3, day) for day in (3, 4, 7, 8, 9))


def at(day: date, hour: float) -> int:
    return instant_of(day, round(hour * H), time_zone=ZONE)


def test_a_wall_clock_time_is_an_instant() -> None:
    assert at(MONDAY, 6) == 1_772_442_000_000
    assert local_date(at(MONDAY, 23.99), time_zone=ZONE) == MONDAY
    assert at(MONDAY, 30) == at(TUESDAY, 6)


def test_eight_o_clock_stays_eight_o_clock_when_the_clocks_change() -> None:
    # Chile's clocks go back one hour at the end of Saturday 2026-04-04.
    saturday, sunday = date(2026, 4, 4), date(2026, 4, 5)
    assert at(sunday, 8) - at(saturday, 8) == 25 * H * 1000


@pytest.mark.parametrize(
    ("ready_at", "day"),
    [
        (at(MONDAY, 6), TUESDAY),
        (at(MONDAY, 16), TUESDAY),
        (at(MONDAY, 16) + 1, WEDNESDAY),
        (at(MONDAY, 23), WEDNESDAY),
        (at(SATURDAY, 6), NEXT_MONDAY),
    ],
)
def test_what_is_picked_before_the_cutoff_goes_out_the_next_open_day(ready_at: int, day: date) -> None:
    assert first_delivery_day(ready_at, CALENDAR) == day


def test_a_day_is_gone_once_its_first_vehicle_has_left() -> None:
    assert first_day_to_leave(at(MONDAY, 7.99), CALENDAR) == MONDAY
    assert first_day_to_leave(at(MONDAY, 8), CALENDAR) == TUESDAY


def test_a_warehouse_that_never_delivers_has_no_open_day() -> None:
    never = WarehouseCalendar(ZONE, 18 * H, 8 * H, 2 * H, frozenset(range(1, 8)))
    with pytest.raises(NoDeliveryDay, match="no day of the week"):
        next_open_day(MONDAY, never)


def test_the_vehicle_waits_until_the_address_opens_and_must_come_before_it_closes() -> None:
    def arrival(transit_s: int) -> int | None:
        return earliest_arrival(TUESDAY, transit_s=transit_s, calendar=CALENDAR, hours=HOURS)

    assert arrival(600) == at(TUESDAY, 9)
    assert arrival(3 * H) == at(TUESDAY, 11)
    assert arrival(10 * H) == at(TUESDAY, 18)
    assert arrival(10 * H + 1) is None


def test_a_way_longer_than_the_opening_hours_fits_no_day() -> None:
    with pytest.raises(NoDeliveryDay, match=r"601 min.*08:00.*18:00"):
        door_by(at(MONDAY, 6), not_before=MONDAY, transit_s=601 * 60, calendar=CALENDAR, hours=HOURS)


def test_never_before_the_day_it_is_meant_for() -> None:
    door = door_by(at(MONDAY, 6), not_before=SUNDAY, transit_s=600, calendar=CALENDAR, hours=HOURS)
    assert door == at(NEXT_MONDAY, 18)


@given(
    ready_at=st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)),
    later_s=st.integers(0, 30 * 86_400),
    closed=st.frozensets(st.integers(1, 7), max_size=6),
    cutoff_s=st.integers(6 * H, 23 * H),
    departs_s=st.integers(4 * H, 12 * H),
)
def test_ready_later_is_never_there_earlier_and_never_on_a_closed_day(
    ready_at: datetime, later_s: int, closed: frozenset[int], cutoff_s: int, departs_s: int
) -> None:
    calendar = WarehouseCalendar(ZONE, cutoff_s, departs_s, 2 * H, closed)
    hours = ReceivingHours(0, 24 * H - 1, 600)
    start = round(ready_at.timestamp() * 1000)

    def door(at: int) -> int:
        return door_by(at, not_before=MONDAY, transit_s=1800, calendar=calendar, hours=hours)

    first, second = door(start), door(start + 1000 * later_s)
    assert first <= second
    for ready, there in ((start, first), (start + 1000 * later_s, second)):
        day = local_date(there, time_zone=ZONE)
        assert day.isoweekday() not in closed
        assert day > local_date(ready, time_zone=ZONE)
        assert there > ready
