"""Whatever orders compete for: nothing is taken twice, and nobody is worse off than as held."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.allocation import Allocated, Deferred, Draw, HeldOrder, Room, allocate
from optimizer.calendar import ReceivingHours, WarehouseCalendar
from optimizer.freight import FreightRates
from optimizer.promise import Demand, promise
from optimizer.supply import Need, Site, Source, Supply, Way

NOW = round(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp() * 1000)
DAY_MS = 86_400_000
CALENDAR = WarehouseCalendar(
    "UTC", cutoff_s=18 * 3600, departs_s=8 * 3600, pick_pack_s=2 * 3600, closed_weekdays=frozenset({7})
)
HOURS = ReceivingHours(9 * 3600, 17 * 3600, 600)
WAREHOUSES = ("w1", "w2", "w3")
SKUS = ("a", "b", "c")
LEAD_TIMES_S = {"a": 2 * 86_400, "b": 5 * 86_400, "c": 9 * 86_400}
RATES = FreightRates()

stocks = st.dictionaries(st.tuples(st.sampled_from(WAREHOUSES), st.sampled_from(SKUS)), st.integers(0, 12))
receipts = st.dictionaries(
    st.tuples(st.sampled_from(WAREHOUSES), st.sampled_from(SKUS), st.integers(-1, 6)), st.integers(1, 12)
)
needs = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 8)), min_size=1, max_size=4)
orders = st.lists(
    st.tuples(needs, st.permutations((1_000, 5_000, 12_000)), st.integers(1, 3), st.integers(0, 5)),
    min_size=1,
    max_size=8,
)


def world(
    stock: dict[tuple[str, str], int], inbound: dict[tuple[str, str, int], int]
) -> tuple[list[Source], dict[str, int]]:
    """The sources with what of each becomes free again after the orders were promised."""
    sources = [Source(f"stock/{w}/{s}", s, w, q) for (w, s), q in stock.items()]
    sources += [Source(f"line/{w}/{s}/{d}", s, w, q, NOW + d * DAY_MS) for (w, s, d), q in inbound.items()]
    return sources, {source.id: source.free // 2 for source in sources}


def held_orders(
    asked: list[tuple[list[tuple[str, int]], list[int], int, int]], supply: Supply, sites: dict[str, Site]
) -> list[HeldOrder]:
    """The orders as they are promised one after the other."""
    held = []
    for number, (wanted, distances_m, priority, days_ahead) in enumerate(asked):
        lines = tuple(Need(i, sku, q, 0, 1_000) for i, (sku, q) in enumerate(wanted, start=1))
        ways = tuple(Way(w, m // 10, m) for w, m in zip(WAREHOUSES, distances_m, strict=True))
        requested_at = NOW + days_ahead * DAY_MS
        made = promise(Demand(lines, requested_at, HOURS, ways), supply, sites, now=NOW)
        for part in made.parts:
            if part.source_id is not None:
                supply.take(part.source_id, part.quantity)
        held.append(
            HeldOrder(
                f"order/{number}",
                priority,
                requested_at,
                made.promised_at,
                NOW,
                HOURS,
                ways,
                lines,
                tuple(
                    Draw(lines.index(part.need), part.source_id, part.quantity, part.available_at)
                    for part in made.parts
                ),
            )
        )
    return held


def amounts(draws: list[Draw]) -> Counter[str]:
    taken: Counter[str] = Counter()
    for draw in draws:
        if draw.source_id is not None:
            taken[draw.source_id] += draw.quantity
    return taken


def per_need(draws: list[Draw], *, short: bool) -> Counter[int]:
    found: Counter[int] = Counter()
    for draw in draws:
        if (draw.source_id is None) == short:
            found[draw.need] += draw.quantity
    return found


@settings(max_examples=120, deadline=None)
@given(stocks, receipts, orders, st.integers(1, 6), st.integers(0, 3))
def test_allocation_keeps_its_promises(
    stock: dict[tuple[str, str], int],
    inbound: dict[tuple[str, str, int], int],
    asked: list[tuple[list[tuple[str, int]], list[int], int, int]],
    daily_shipments: int,
    seed: int,
) -> None:
    sites = {id: Site(id, CALENDAR, daily_shipments) for id in WAREHOUSES}
    sources, freed = world(stock, inbound)
    supply = Supply(sources, LEAD_TIMES_S)
    held = held_orders(asked, supply, sites)
    for source_id, quantity in freed.items():
        supply.give_back(source_id, quantity)
    left_before = dict(supply.free)
    by_order = {order.id: order for order in held}

    def run(iterations: int) -> tuple[list[Allocated | Deferred], Supply, Room]:
        there = Supply(
            [Source(s.id, s.sku_id, s.warehouse_id, left_before[s.id], s.expected_at) for s in sources],
            LEAD_TIMES_S,
        )
        room = Room(sites, {})
        answers = allocate(held, there, sites, room, rates=RATES, now=NOW, iterations=iterations, seed=seed)
        return answers, there, room

    answers, after, room = run(iterations=40)

    drawn: Counter[str] = Counter()
    shipments: Counter[tuple[str, date]] = Counter()
    for answer in answers:
        order = by_order[answer.order_id]
        if isinstance(answer, Deferred):
            drawn += amounts(list(order.held))
            continue
        draws = [one.draw for one in answer.draws]
        drawn += amounts(draws)
        assert per_need(draws, short=False) + per_need(draws, short=True) == Counter(
            {i: need.quantity for i, need in enumerate(order.needs)}
        )
        assert not per_need(draws, short=True) - per_need(list(order.held), short=True)
        assert answer.door_at <= order.promised_at
        day = datetime.fromtimestamp(answer.door_at / 1000, UTC).date()
        shipments.update({(one.warehouse_id, day) for one in answer.draws})
        for no in answer.rejected:
            line_from = {o.warehouse_id for o in answer.draws if order.needs[o.draw.need].line == no.line}
            assert no.warehouse_id not in line_from
            assert no.extra_cost >= 0
            assert no.reason

    held_before = sum((amounts(list(order.held)) for order in held), Counter())
    for source in sources:
        assert after.free[source.id] + drawn[source.id] == left_before[source.id] + held_before[source.id]
        assert after.free[source.id] >= 0
    assert all(count <= daily_shipments for count in shipments.values())
    assert all(room[key] == daily_shipments - count for key, count in shipments.items())

    assert run(iterations=40)[0] == answers
    greedy = run(iterations=0)[0]
    assert [type(answer) for answer in greedy] == [type(answer) for answer in answers]
    assert cost_of(answers) <= cost_of(greedy)


def cost_of(answers: list[Allocated | Deferred]) -> int:
    return sum(answer.cost for answer in answers if isinstance(answer, Allocated))
