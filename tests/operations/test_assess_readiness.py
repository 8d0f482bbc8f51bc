"""Readiness: who can go on the planning day, what blocks the others; asking twice changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.operations.assess_readiness import assess_readiness, readiness_of
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.engines.round_trips import count_round_trips
from graph.errors import InvalidInput, UnknownId
from graph.schema import ids
from graph.schema.elements import PropertyValue
from tests.operations.made_orders import TUESDAY, TUESDAY_18, Draw, make_order, make_plan, values
from tests.worlds import BOLT, DAY_MS, HOUR_MS, START_AT, VALVE, VALVE_INBOUND, W1, small_engine

MONDAY_19 = START_AT + 13 * HOUR_MS
BOLTS = ids.stock(W1, BOLT)
VALVES_AT = START_AT + 2 * DAY_MS + 4 * HOUR_MS


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = small_engine()
    yield engine
    engine.close()


HOLD: dict[str, PropertyValue] = {"kind": "credit", "note": "limit reached", "set_at": START_AT}


def hold(engine: Engine, order_id: str, *, expected_clear_at: int) -> str:
    hold_id = ids.hold(order_id, "credit")
    engine.bulk_load(
        [
            VertexRow(
                "Hold",
                hold_id,
                {**HOLD, "status": "active", "expected_clear_at": expected_clear_at},
            )
        ],
        [EdgeRow("HELD_BY", order_id, hold_id)],
    )
    return hold_id


def test_an_order_whose_goods_lay_there_before_the_cutoff_is_ready_after_it(engine: Engine) -> None:
    order_id = make_order(engine, "SO-1", [Draw(BOLT, 10, BOLTS)])
    assessment = assess_readiness(engine, day=TUESDAY, now=MONDAY_19)
    assert assessment.ready == (order_id,)
    assert assessment.blocked == ()
    order = values(engine, order_id)
    assert (order["status"], order["day"], order["late_by_s"]) == ("ready", TUESDAY, 0)
    (event,) = engine.run(engine.g.V(order_id).in_("ABOUT").value_map())
    assert event["kind"] == ["order_ready"]


def test_every_blocker_is_named_with_its_evidence_and_what_clears_last_comes_first(engine: Engine) -> None:
    order_id = make_order(
        engine,
        "SO-1",
        [
            Draw(BOLT, 10, BOLTS),
            Draw(VALVE, 5, VALVE_INBOUND, VALVES_AT),
            Draw(VALVE, 1, None, START_AT + 10 * DAY_MS),
        ],
        missing_papers=["invoice"],
        warehouse_id=W1,
    )
    hold_id = hold(engine, order_id, expected_clear_at=START_AT + HOUR_MS)
    (blocked,) = assess_readiness(engine, day=TUESDAY, now=MONDAY_19).blocked
    assert blocked.order_id == order_id
    assert [(b.kind, b.evidence[-1], b.expected_clear_at, b.overdue) for b in blocked.blockers] == [
        ("short", VALVE, START_AT + 10 * DAY_MS, False),
        ("inbound", VALVE_INBOUND, VALVES_AT, False),
        ("paper", ids.paper(order_id, "invoice"), START_AT + DAY_MS, False),
        ("hold", hold_id, START_AT + HOUR_MS, True),
    ]
    assert all(b.evidence[0] == order_id for b in blocked.blockers)
    # Short until Thursday the 12th 06:00: delivered on Friday.
    assert blocked.day == "2026-03-13"
    order = values(engine, order_id)
    assert (order["status"], order["day"], order["expected_at"]) == (
        "blocked",
        blocked.day,
        blocked.expected_at,
    )
    (data,) = engine.run(engine.g.V(order_id).in_("ABOUT").has("kind", "order_blocked").values("data"))
    assert [b["kind"] for b in json.loads(data)["blockers"]] == ["short", "inbound", "paper", "hold"]


def test_a_hold_that_should_have_cleared_keeps_the_order_from_the_day(engine: Engine) -> None:
    order_id = make_order(engine, "SO-1", [Draw(BOLT, 10, BOLTS)])
    hold(engine, order_id, expected_clear_at=START_AT + HOUR_MS)
    (blocked,) = assess_readiness(engine, day=TUESDAY, now=MONDAY_19).blocked
    assert blocked.day == "2026-03-04"
    assert values(engine, order_id)["late_by_s"] == 24 * 3600


def test_a_second_run_writes_nothing(engine: Engine) -> None:
    make_order(engine, "SO-1", [Draw(BOLT, 10, BOLTS)])
    make_order(engine, "SO-2", [Draw(VALVE, 5, VALVE_INBOUND, VALVES_AT)])
    first = assess_readiness(engine, day=TUESDAY, now=MONDAY_19)
    events = engine.run(engine.g.V().has_label("Event").count())
    second = assess_readiness(engine, day=TUESDAY, now=MONDAY_19 + HOUR_MS)
    assert (first.changed, second.changed) == (2, 0)
    assert (second.ready, second.blocked[0].order_id) == (first.ready, first.blocked[0].order_id)
    assert engine.run(engine.g.V().has_label("Event").count()) == events


def test_orders_of_other_days_and_of_other_statuses_are_left_alone(engine: Engine) -> None:
    make_order(
        engine,
        "SO-WED",
        [Draw(BOLT, 1, BOLTS)],
        day="2026-03-04",
        promised_at=TUESDAY_18 + DAY_MS,
        requested_at=TUESDAY_18 + DAY_MS,
    )
    for status in ("promised", "in_transit", "delivered", "cancelled"):
        make_order(engine, f"SO-{status}", [Draw(BOLT, 1, BOLTS)], status=status)
    assessment = assess_readiness(engine, day=TUESDAY, now=MONDAY_19)
    assert (assessment.ready, assessment.blocked, assessment.changed) == ((), (), 0)


def test_a_routed_order_stays_routed_until_something_blocks_it(engine: Engine) -> None:
    order_id = make_order(engine, "SO-1", [Draw(BOLT, 10, BOLTS)], status="routed")
    make_plan(engine, served=[(ids.shipment(order_id, W1), START_AT + DAY_MS + 4 * HOUR_MS)])
    assert assess_readiness(engine, day=TUESDAY, now=MONDAY_19).ready == (order_id,)
    assert values(engine, order_id)["status"] == "routed"
    assert values(engine, order_id)["expected_at"] == START_AT + DAY_MS + 4 * HOUR_MS
    hold(engine, order_id, expected_clear_at=START_AT + 3 * DAY_MS)
    assert assess_readiness(engine, day=TUESDAY, now=MONDAY_19).ready == ()
    assert values(engine, order_id)["status"] == "blocked"
    assert values(engine, order_id)["day"] == "2026-03-06"
    released: dict[str, PropertyValue] = {
        "status": "released",
        "released_at": MONDAY_19,
        **HOLD,
        "expected_clear_at": MONDAY_19,
    }
    engine.bulk_load([VertexRow("Hold", ids.hold(order_id, "credit"), released)], [])
    assess_readiness(engine, day=TUESDAY, now=MONDAY_19)
    assert values(engine, order_id)["status"] == "routed"


def test_reading_readiness_writes_nothing_and_refuses_unknown_orders(engine: Engine) -> None:
    held = make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS)])
    hold_id = hold(engine, held, expected_clear_at=START_AT + HOUR_MS)
    free = make_order(engine, "SO-2", [Draw(BOLT, 1, BOLTS)])
    promised = make_order(engine, "SO-3", [Draw(BOLT, 1, BOLTS)], status="promised")
    found = readiness_of(engine, [held, free, promised], now=START_AT)
    assert [(r.order_id, r.ready) for r in found] == [(held, False), (free, True), (promised, False)]
    assert found[0].blockers[0].evidence == (held, hold_id)
    assert values(engine, held)["event_count"] == 0
    with pytest.raises(UnknownId, match="SO-9"):
        readiness_of(engine, ["order/SO-9"], now=START_AT)
    with pytest.raises(InvalidInput, match="tomorrow"):
        assess_readiness(engine, day="tomorrow", now=START_AT)
    with pytest.raises(InvalidInput, match="as in 2026-03-03"):
        assess_readiness(engine, day="20260303", now=START_AT)
    with pytest.raises(InvalidInput, match="lies in the past: today is 2026-03-02") as refused:
        assess_readiness(engine, day="2026-03-01", now=START_AT)
    assert refused.value.field == "day"
    assert assess_readiness(engine, day="2026-03-02", now=MONDAY_19).ready == ()
    assert assess_readiness(engine, day="2026-03-08", now=START_AT).ready == ()  # a Sunday


def test_two_assessments_at_once_decide_each_order_once(engine: Engine) -> None:
    order_ids = {make_order(engine, f"SO-{n}", [Draw(BOLT, 1, BOLTS)]) for n in range(150)}
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(assess_readiness, engine, day=TUESDAY, now=MONDAY_19) for _ in range(4)]
        assessments = [run.result() for run in runs]
    assert all(set(a.ready) == order_ids for a in assessments)
    assert sum(a.changed for a in assessments) == len(order_ids)
    assert engine.run(engine.g.V().has("Event", "kind", "order_ready").count()) == [len(order_ids)]


@pytest.mark.parametrize("orders", [10, 100])
def test_round_trips_do_not_grow_with_the_orders(engine: Engine, orders: int) -> None:
    for n in range(orders):
        make_order(engine, f"SO-{n}", [Draw(BOLT, 1, BOLTS)])
    with count_round_trips() as trips:
        assess_readiness(engine, day=TUESDAY, now=MONDAY_19)
    assert trips.count == 4
