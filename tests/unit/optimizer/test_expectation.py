"""When an order is at the door: its latest part, its last constraint, and what a plan or a delivery says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from optimizer.calendar import ReceivingHours, WarehouseCalendar, instant_of
from optimizer.expectation import Constraint, OrderFacts, Part, expect

ZONE = "America/Santiago"
H = 3600
CALENDAR = WarehouseCalendar(ZONE, 18 * H, 8 * H, 2 * H, frozenset({7}))
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 3, day) for day in (2, 3, 4, 5))


def at(day: date, hour: float) -> int:
    return instant_of(day, round(hour * H), time_zone=ZONE)


def constraint(kind: str, clears_at: int, *, is_open: bool = True, work_s: int = 0) -> Constraint:
    return Constraint(kind, clears_at, ("order/1", f"{kind}/1"), open=is_open, work_s=work_s)


STOCK = constraint("stock", at(MONDAY, 6), is_open=False)
PART = Part("warehouse/W-1", 1800, CALENDAR, (STOCK,))
FACTS = OrderFacts("order/1", at(TUESDAY, 18), TUESDAY, ReceivingHours(9 * H, 18 * H, 600), (PART,))


def with_constraints(*more: Constraint) -> OrderFacts:
    return replace(FACTS, constraints=more)


def test_goods_that_lie_there_are_at_the_door_on_the_day_the_order_is_meant_for() -> None:
    expected = expect(FACTS, now=at(MONDAY, 6))
    assert (expected.expected_at, expected.late_by_s, expected.day) == (at(TUESDAY, 18), 0, TUESDAY)


def test_what_was_ready_before_the_cutoff_is_not_late_for_being_looked_at_after_it() -> None:
    assert expect(FACTS, now=at(MONDAY, 19)).day == TUESDAY
    assert expect(FACTS, now=at(TUESDAY, 7)).day == TUESDAY


def test_a_day_whose_vehicles_have_left_is_gone() -> None:
    expected = expect(FACTS, now=at(TUESDAY, 8))
    assert (expected.day, expected.late_by_s) == (WEDNESDAY, 24 * H)


def test_what_still_stands_after_its_time_clears_now_at_the_earliest() -> None:
    overdue = with_constraints(constraint("hold", at(MONDAY, 12)))
    assert expect(overdue, now=at(MONDAY, 15)).day == TUESDAY
    assert expect(overdue, now=at(MONDAY, 19)).day == WEDNESDAY
    released = with_constraints(constraint("hold", at(MONDAY, 12), is_open=False))
    assert expect(released, now=at(MONDAY, 19)).day == TUESDAY


def test_a_kit_is_assembled_once_its_components_are_there() -> None:
    in_time = with_constraints(constraint("inbound", at(MONDAY, 15), work_s=H))
    too_long = with_constraints(constraint("inbound", at(MONDAY, 15), work_s=H + 1))
    assert expect(in_time, now=at(MONDAY, 6)).day == TUESDAY
    assert expect(too_long, now=at(MONDAY, 6)).day == WEDNESDAY


def test_the_order_is_there_with_its_latest_part() -> None:
    waits = replace(PART, warehouse_id="warehouse/W-2", constraints=(constraint("short", at(WEDNESDAY, 10)),))
    assert expect(replace(FACTS, parts=(PART, waits)), now=at(MONDAY, 6)).day == THURSDAY


def test_a_plan_in_force_says_it_more_exactly_for_what_is_ready_when_its_vehicle_leaves() -> None:
    planned = replace(PART, arrives_at=at(TUESDAY, 11), leaves_at=at(TUESDAY, 8))
    on_route = replace(FACTS, parts=(planned,))
    assert expect(on_route, now=at(MONDAY, 19)).expected_at == at(TUESDAY, 11)
    held = replace(on_route, constraints=(constraint("hold", at(TUESDAY, 9)),))
    assert expect(held, now=at(MONDAY, 19)).expected_at == at(WEDNESDAY, 18)
    gone = replace(on_route, parts=(replace(planned, leaves_at=None),))
    assert expect(gone, now=at(TUESDAY, 10)).expected_at == at(TUESDAY, 11)
    assert expect(gone, now=at(TUESDAY, 12)).expected_at == at(TUESDAY, 12)


def test_a_delivery_settles_it() -> None:
    handed_over = replace(PART, arrives_at=at(TUESDAY, 11), delivered_at=at(TUESDAY, 18) + 1)
    expected = expect(replace(FACTS, parts=(handed_over,)), now=at(THURSDAY, 12))
    assert (expected.expected_at, expected.late_by_s) == (at(TUESDAY, 18) + 1, 1)


instants = st.integers(at(MONDAY, 0), at(MONDAY, 24 * 20))


@given(
    clears=st.lists(st.tuples(instants, st.booleans(), st.integers(0, 7200)), max_size=5),
    more=st.tuples(instants, st.booleans(), st.integers(0, 7200)),
    now=instants,
    later_s=st.integers(0, 864_000),
)
def test_neither_another_constraint_nor_time_brings_an_order_sooner(
    clears: list[tuple[int, bool, int]], more: tuple[int, bool, int], now: int, later_s: int
) -> None:
    few = tuple(constraint("hold", clear, is_open=o, work_s=w) for clear, o, w in clears)
    extra = constraint("paper", more[0], is_open=more[1], work_s=more[2])
    facts = with_constraints(*few)
    expected = expect(facts, now=now)
    assert expected.expected_at <= expect(with_constraints(*few, extra), now=now).expected_at
    assert expected.expected_at <= expect(facts, now=now + 1000 * later_s).expected_at
    assert expected.expected_at > now
    assert expected.late_by_s == max(0, -(-(expected.expected_at - facts.promised_at) // 1000))
