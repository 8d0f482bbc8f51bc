"""Promises on Monday 2026-03-02: what is there before 16:00 can be delivered on the next day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from optimizer.calendar import ReceivingHours, WarehouseCalendar
from optimizer.errors import NobodySupplies, NoDeliveryDay
from optimizer.promise import Demand, Promise, promise
from optimizer.supply import Need, Site, Source, Supply, Way

NEAR, FAR = "warehouse/NEAR", "warehouse/FAR"
CALENDAR = WarehouseCalendar(
    "UTC", cutoff_s=18 * 3600, departs_s=8 * 3600, pick_pack_s=2 * 3600, closed_weekdays=frozenset({7})
)
SITES = {id: Site(id, CALENDAR, 100) for id in (NEAR, FAR)}
WAYS = (Way(FAR, 1800, 20_000), Way(NEAR, 600, 6_000))
HOURS = ReceivingHours(9 * 3600, 17 * 3600, 600)
LEAD_TIMES_S = {"a": 5 * 86_400, "b": 2 * 86_400}


def at(day: int, hour: int, minute: int = 0) -> int:
    return round(datetime(2026, 3, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


NOW = at(2, 9)


def stock(sku: str, where: str, free: int) -> Source:
    return Source(f"stock/{where}/{sku}", sku, where, free)


def inbound(sku: str, where: str, free: int, expected_at: int) -> Source:
    return Source(f"line/{where}/{sku}/{expected_at}", sku, where, free, expected_at)


def promised(
    sources: list[Source],
    *needs: Need,
    requested_at: int = NOW,
    now: int = NOW,
    hours: ReceivingHours = HOURS,
) -> Promise:
    demand = Demand(needs, requested_at, hours, WAYS)
    return promise(demand, Supply(sources, LEAD_TIMES_S), SITES, now=now)


def taken(made: Promise) -> dict[str | None, int]:
    return {part.source_id: part.quantity for part in made.parts}


def test_stock_before_the_cutoff_is_there_the_next_day() -> None:
    made = promised([stock("a", NEAR, 5)], Need(1, "a", 5))
    assert made.promised_at == at(3, 17)
    assert made.main_warehouse_id == NEAR
    assert "in stock in warehouse/NEAR" in made.reason


def test_stock_after_the_cutoff_takes_a_day_more() -> None:
    assert promised([stock("a", NEAR, 5)], Need(1, "a", 5), now=at(2, 16, 1)).promised_at == at(4, 17)


def test_nothing_is_delivered_on_a_closed_day() -> None:
    saturday = at(7, 9)
    made = promised([stock("a", NEAR, 5)], Need(1, "a", 5), now=saturday, requested_at=saturday)
    assert made.promised_at == at(9, 17)


def test_not_before_the_day_asked_for_even_if_it_could_be() -> None:
    made = promised([stock("a", NEAR, 5)], Need(1, "a", 5), requested_at=at(6, 12))
    assert made.promised_at == at(6, 17)
    assert "the day asked for" in made.reason
    assert "the round decides when on that day, by the end of the receiving hours" in made.reason
    evening = promised([stock("a", NEAR, 5)], Need(1, "a", 5), requested_at=at(6, 17))
    assert (evening.promised_at, "the round" in evening.reason) == (at(6, 17), False)


def test_of_two_warehouses_that_have_all_the_nearer_one_ships() -> None:
    sources = [stock("a", FAR, 9), stock("a", NEAR, 9), stock("b", FAR, 9), stock("b", NEAR, 9)]
    made = promised(sources, Need(1, "a", 1), Need(2, "b", 1))
    assert {part.warehouse_id for part in made.parts} == {NEAR}


def test_one_warehouse_that_has_all_goes_before_a_split_on_the_same_day() -> None:
    sources = [stock("a", NEAR, 9), stock("a", FAR, 9), stock("b", FAR, 9)]
    made = promised(sources, Need(1, "a", 1), Need(2, "b", 1))
    assert {part.warehouse_id for part in made.parts} == {FAR}


def test_it_is_split_when_that_is_earlier() -> None:
    sources = [stock("a", NEAR, 9), stock("b", FAR, 9), inbound("b", NEAR, 9, at(5, 9))]
    made = promised(sources, Need(1, "a", 1), Need(2, "b", 1))
    assert taken(made) == {f"stock/{NEAR}/a": 1, f"stock/{FAR}/b": 1}
    assert made.promised_at == at(3, 17)


def test_it_waits_in_one_warehouse_when_the_split_is_no_earlier() -> None:
    """b decides the day anyway, so a may come from where b comes from."""
    sources = [stock("a", NEAR, 9), stock("a", FAR, 9), inbound("b", FAR, 9, at(5, 9))]
    made = promised(sources, Need(1, "a", 1), Need(2, "b", 1))
    assert {part.warehouse_id for part in made.parts} == {FAR}
    assert made.promised_at == at(6, 17)
    assert made.decided_by.need.sku_id == "b"
    assert "expected in warehouse/FAR on 2026-03-05 09:00" in made.reason


def test_each_lead_time_counts_once() -> None:
    """A receipt at 15:59 and no assembly makes the cutoff; two minutes to assemble do not."""
    sources = [inbound("a", NEAR, 9, at(4, 15, 59))]
    assert promised(sources, Need(1, "a", 1)).promised_at == at(5, 17)
    assert promised(sources, Need(1, "a", 1, assembly_s=120)).promised_at == at(6, 17)


def test_stock_and_receipts_add_up() -> None:
    sources = [stock("a", NEAR, 3), inbound("a", NEAR, 9, at(4, 9)), inbound("a", NEAR, 9, at(3, 9))]
    made = promised(sources, Need(1, "a", 5))
    assert taken(made) == {f"stock/{NEAR}/a": 3, f"line/{NEAR}/a/{at(3, 9)}": 2}
    assert made.promised_at == at(4, 17)


def test_lines_for_one_sku_share_what_there_is() -> None:
    made = promised([stock("a", NEAR, 5)], Need(1, "a", 3), Need(2, "a", 3))
    assert sum(part.quantity for part in made.parts if not part.short) == 5
    assert sum(part.quantity for part in made.parts if part.short) == 1


def test_what_is_short_is_promised_for_when_a_supplier_could_have_it_there() -> None:
    made = promised([stock("a", NEAR, 4)], Need(1, "a", 10), Need(2, "b", 1))
    short = {part.need.sku_id: part for part in made.parts if part.short}
    assert {sku: part.quantity for sku, part in short.items()} == {"a": 6, "b": 1}
    assert short["a"].available_at == at(7, 9)
    assert made.promised_at == at(9, 17)  # Monday: nothing goes out on Sunday
    assert made.short
    assert "6 of 10 are neither free nor inbound" in made.reason


def test_an_overdue_receipt_counts_from_now() -> None:
    assert promised([inbound("a", NEAR, 9, at(1, 9))], Need(1, "a", 1)).promised_at == at(3, 17)


def test_what_nobody_supplies_cannot_be_promised() -> None:
    with pytest.raises(NobodySupplies, match="5 of c are wanted, 2 are free"):
        promised([stock("c", NEAR, 2)], Need(1, "c", 5))


def test_an_address_that_closes_before_any_vehicle_comes_cannot_be_promised() -> None:
    with pytest.raises(NoDeliveryDay, match="closes"):
        promised([stock("a", NEAR, 5)], Need(1, "a", 5), hours=ReceivingHours(6 * 3600, 8 * 3600, 600))


def test_a_warehouse_that_comes_too_late_is_left_out() -> None:
    """From NEAR it is 08:10, from FAR 08:30."""
    hours = ReceivingHours(6 * 3600, 8 * 3600 + 900, 600)
    made = promised([stock("a", FAR, 5), inbound("a", NEAR, 5, at(4, 9))], Need(1, "a", 5), hours=hours)
    assert made.main_warehouse_id == NEAR
    assert made.promised_at == at(5, 8, 15)
