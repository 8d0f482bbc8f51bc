"""Joint allocation of orders on Monday 2026-03-02 between a near and a far warehouse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from optimizer.allocation import Allocated, Deferred, Draw, HeldOrder, Room, allocate
from optimizer.calendar import ReceivingHours, WarehouseCalendar
from optimizer.freight import FreightRates
from optimizer.supply import Need, Site, Source, Supply, Way

NEAR, FAR = "warehouse/NEAR", "warehouse/FAR"
CALENDAR = WarehouseCalendar(
    "UTC", cutoff_s=18 * 3600, departs_s=8 * 3600, pick_pack_s=2 * 3600, closed_weekdays=frozenset({7})
)
SITES = {id: Site(id, CALENDAR, 100) for id in (NEAR, FAR)}
HOURS = ReceivingHours(9 * 3600, 17 * 3600, 600)
TO_NEAR = (Way(NEAR, 600, 6_000), Way(FAR, 1_800, 20_000))
TO_FAR = (Way(NEAR, 1_800, 20_000), Way(FAR, 600, 6_000))
RATES = FreightRates()


def at(day: int, hour: int) -> int:
    return round(datetime(2026, 3, day, hour, tzinfo=UTC).timestamp() * 1000)


NOW = at(2, 9)


def stock(sku: str, where: str, free: int = 0) -> Source:
    return Source(f"stock/{where}/{sku}", sku, where, free)


def order(
    id: str,
    needs: dict[str, int],
    held: dict[str | None, int],
    *,
    ways: tuple[Way, ...] = TO_NEAR,
    priority: int = 3,
    promised_at: int = at(3, 17),
) -> HeldOrder:
    """An order of a line per SKU; ``held`` says from which source, in the order of the lines."""
    lines = tuple(Need(i, sku, q, 0, 10_000) for i, (sku, q) in enumerate(needs.items(), start=1))
    skus = list(needs)
    draws = tuple(
        Draw(skus.index(id.split("/")[-1]) if id else 0, id, q, NOW if id else at(6, 9))
        for id, q in held.items()
    )
    return HeldOrder(id, priority, NOW, promised_at, NOW, HOURS, ways, lines, draws)


def sourced(
    orders: list[HeldOrder],
    sources: list[Source],
    *,
    iterations: int = 100,
    room: Room | None = None,
) -> list[Allocated | Deferred]:
    supply = Supply(sources, {})
    room = Room(SITES, {}) if room is None else room
    return allocate(orders, supply, SITES, room, rates=RATES, now=NOW, iterations=iterations, seed=1)


def drawn(answer: Allocated | Deferred) -> dict[str | None, int]:
    assert isinstance(answer, Allocated)
    return {one.draw.source_id: one.draw.quantity for one in answer.draws}


def test_a_hold_that_nothing_beats_stays_where_it_is() -> None:
    [answer] = sourced(
        [order("o", {"a": 2}, {f"stock/{NEAR}/a": 2})], [stock("a", NEAR, 9), stock("a", FAR, 9)]
    )
    assert isinstance(answer, Allocated)
    assert not answer.moved
    assert drawn(answer) == {f"stock/{NEAR}/a": 2}


def test_a_hold_moves_to_where_the_order_can_ship_together() -> None:
    held: dict[str | None, int] = {f"stock/{NEAR}/a": 1, f"stock/{FAR}/b": 1}
    sources = [stock("a", NEAR), stock("a", FAR, 1), stock("b", FAR)]
    [answer] = sourced([order("o", {"a": 1, "b": 1}, held)], sources)
    assert isinstance(answer, Allocated)
    assert answer.moved
    assert drawn(answer) == {f"stock/{FAR}/a": 1, f"stock/{FAR}/b": 1}
    assert "cheaper than as it was held" in answer.draws[0].reason


def test_orders_that_hold_what_the_other_needs_swap() -> None:
    """Neither can move first: only taking both out at once finds it."""
    one = order("one", {"a": 1}, {f"stock/{FAR}/a": 1}, ways=TO_NEAR)
    other = order("other", {"a": 1}, {f"stock/{NEAR}/a": 1}, ways=TO_FAR)
    sources = [stock("a", NEAR), stock("a", FAR)]
    assert [drawn(a) for a in sourced([one, other], sources, iterations=0)] == [
        {f"stock/{FAR}/a": 1},
        {f"stock/{NEAR}/a": 1},
    ]
    assert [drawn(a) for a in sourced([one, other], sources)] == [
        {f"stock/{NEAR}/a": 1},
        {f"stock/{FAR}/a": 1},
    ]


def test_the_more_urgent_order_chooses_first() -> None:
    late = order("calm", {"a": 1}, {f"stock/{FAR}/a": 1})
    first = order("urgent", {"a": 1}, {f"stock/{FAR}/a": 1}, priority=1)
    answers = sourced([late, first], [stock("a", NEAR, 1), stock("a", FAR)], iterations=0)
    assert [drawn(a) for a in answers] == [{f"stock/{FAR}/a": 1}, {f"stock/{NEAR}/a": 1}]


def test_what_was_short_is_covered_when_something_is_free() -> None:
    [answer] = sourced([order("o", {"a": 3}, {f"stock/{NEAR}/a": 1, None: 2})], [stock("a", NEAR, 5)])
    assert drawn(answer) == {f"stock/{NEAR}/a": 3}


def test_a_cheaper_source_that_comes_after_the_promise_is_not_taken() -> None:
    late = Source("line/a", "a", NEAR, 9, at(5, 9))
    [answer] = sourced([order("o", {"a": 1}, {f"stock/{FAR}/a": 1})], [late, stock("a", FAR)])
    assert drawn(answer) == {f"stock/{FAR}/a": 1}


def test_an_order_that_is_late_as_held_moves_to_what_is_in_time() -> None:
    delayed = Source("line/x/a", "a", NEAR, 0, at(5, 9))
    late = order("o", {"a": 1}, {"line/x/a": 1})
    late = replace(late, held=(Draw(0, "line/x/a", 1, at(5, 9)),))
    [answer] = sourced([late], [delayed, stock("a", FAR, 1)])
    assert isinstance(answer, Allocated)
    assert drawn(answer) == {f"stock/{FAR}/a": 1}
    assert answer.door_at == at(3, 17)


def test_a_full_warehouse_day_sends_the_order_from_elsewhere() -> None:
    room = Room(SITES, {(NEAR, date(2026, 3, 3)): 0})
    sources = [stock("a", NEAR), stock("a", FAR, 1)]
    [answer] = sourced([order("o", {"a": 1}, {f"stock/{NEAR}/a": 1})], sources, room=room)
    assert drawn(answer) == {f"stock/{FAR}/a": 1}


def test_without_room_anywhere_the_order_waits_and_keeps_its_hold() -> None:
    day = date(2026, 3, 3)
    room = Room(SITES, {(NEAR, day): 1, (FAR, day): 0})
    both = [order(id, {"a": 1}, {f"stock/{NEAR}/a": 1}) for id in ("one", "two")]
    first, second = sourced(both, [stock("a", NEAR)], room=room)
    assert drawn(first) == {f"stock/{NEAR}/a": 1}
    assert isinstance(second, Deferred)
    assert second.reason == "warehouse/NEAR can pack no more shipments for 2026-03-03; its holds stay"


def test_the_alternatives_say_why_not_and_what_they_would_have_cost() -> None:
    held: dict[str | None, int] = {f"stock/{NEAR}/a": 2, f"stock/{NEAR}/b": 1}
    sources = [stock("a", NEAR), stock("b", NEAR), stock("a", FAR, 1), stock("b", FAR, 9)]
    [answer] = sourced([order("o", {"a": 2, "b": 1}, held)], sources)
    assert isinstance(answer, Allocated)
    by_line = {no.line: no for no in answer.rejected}
    assert by_line[1].reason == "has 1 of 2 of a free, 0 inbound"
    assert by_line[2].reason == "has enough, but 20.0 km to the door, 2 shipments instead of 1"
    assert by_line[1].extra_cost > by_line[2].extra_cost > RATES.per_extra_shipment
