"""Late orders: the worst first, each with chains that lead from the order down to the fact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from api.operations.assess_readiness import assess_readiness
from api.operations.expectation import load_order_facts, load_warehouses, projection_of
from api.operations.explain_lateness import LateOrder, explain_lateness, late_orders
from api.operations.record_event import (
    Fact,
    HoldReleased,
    HoldSet,
    PurchaseOrderDelayed,
    RoadClosed,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentFailed,
    StockCounted,
    StockReceived,
    record_event,
)
from graph.engines.port import Engine
from graph.engines.round_trips import count_round_trips
from graph.errors import InvalidInput, UnknownId
from graph.schema import ids
from graph.traversals.projection import project_orders
from tests.operations.made_orders import TUESDAY, TUESDAY_18, Draw, make_order, make_plan, values
from tests.worlds import BOLT, DAY_MS, HOUR_MS, LAST, START_AT, VALVE, VALVE_INBOUND, W1, small_engine

NOON = START_AT + 6 * HOUR_MS
EVENING = START_AT + 13 * HOUR_MS
BOLTS = ids.stock(W1, BOLT)
LASTS = ids.stock(W1, LAST)
MONDAY_10 = START_AT + 4 * HOUR_MS
DAY_S = 86_400


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = small_engine()
    yield engine
    engine.close()


def record(engine: Engine, fact: Fact, key: str, *, at: int = NOON) -> str:
    return record_event(engine, fact, occurred_at=at, source="test", key=key, now=at).event_id


def why(engine: Engine, order_id: str, *, now: int = EVENING) -> LateOrder:
    (late,) = explain_lateness(engine, [order_id], now=now)
    assert late.late_by_s == values(engine, order_id)["late_by_s"]
    assert sum(cause.late_by_s for cause in late.causes) == late.late_by_s
    for cause in late.causes:
        assert cause.chain[0] == order_id
        assert_walk(engine, cause.chain)
    return late


def assert_walk(engine: Engine, chain: tuple[str, ...]) -> None:
    """Each step of a chain is an edge, but for the closure that a plan names in its reason."""
    for near, far in pairwise(chain):
        if not far.startswith("road-event/"):
            neighbours = engine.run(engine.g.V(near).both().id_())
            assert far in neighbours, (near, far)


def refresh(engine: Engine, order_id: str, *, now: int) -> None:
    """Project an order as whoever wrote a plan would."""
    state = load_order_facts(engine, [order_id])[order_id].state
    projection = projection_of(state, load_warehouses(engine), now=now)
    engine.transact([project_orders(engine.g, [projection])])


def test_a_delayed_purchase_order_makes_one_order_late_and_leaves_another_its_slack(engine: Engine) -> None:
    late = make_order(engine, "SO-1", [Draw(VALVE, 5, VALVE_INBOUND, MONDAY_10)])
    friday = TUESDAY_18 + 3 * DAY_MS
    relaxed = make_order(
        engine,
        "SO-2",
        [Draw(VALVE, 5, VALVE_INBOUND, MONDAY_10)],
        promised_at=friday,
        requested_at=friday,
        day="2026-03-06",
    )
    fact = record(engine, PurchaseOrderDelayed(VALVE_INBOUND, START_AT + 2 * DAY_MS + 4 * HOUR_MS), "1")
    (cause,) = why(engine, late).causes
    assert (cause.kind, cause.constraint, cause.late_by_s) == ("purchase_order", "inbound", 2 * DAY_S)
    assert cause.chain == (
        late,
        ids.order_line(late, 1),
        ids.allocation(ids.order_line(late, 1), 1),
        VALVE_INBOUND,
        fact,
    )
    assert cause.words.startswith(
        "purchase-order-line/PO-1/1 was put off and is expected on 2026-03-04 10:00; by 2026-03-05 18:00"
    )
    in_time = why(engine, relaxed)
    assert (in_time.late_by_s, in_time.causes) == (0, ())
    (harmless,) = in_time.harmless
    assert (harmless.kind, harmless.slack_s, harmless.chain[-1]) == ("purchase_order", DAY_S, fact)
    assert [order.order_id for order in late_orders(engine, now=EVENING)] == [late]


def test_goods_that_came_late_stay_the_cause_once_they_are_there(engine: Engine) -> None:
    order_id = make_order(engine, "SO-1", [Draw(VALVE, 5, VALVE_INBOUND, MONDAY_10)])
    received = record(engine, StockReceived(VALVE_INBOUND, 100), "1", at=START_AT + 11 * HOUR_MS)
    (cause,) = why(engine, order_id).causes
    assert (cause.kind, cause.constraint, cause.late_by_s) == ("purchase_order", "stock", DAY_S)
    assert cause.chain[-2:] == (ids.stock(W1, VALVE), received)


def test_a_count_that_leaves_an_order_short_is_its_cause(engine: Engine) -> None:
    order_id = make_order(engine, "SO-1", [Draw(LAST, 100, LASTS)])
    counted = record(engine, StockCounted(LASTS, 60), "1")
    (cause,) = why(engine, order_id).causes
    assert (cause.kind, cause.chain[-3:]) == ("short", (LAST, LASTS, counted))
    assert "stock/W-1/LAST was counted; a supplier can send more by 2026-03-07 12:00" in cause.words


def test_the_seconds_of_a_hold_and_a_delay_add_up(engine: Engine) -> None:
    order_id = make_order(engine, "SO-1", [Draw(VALVE, 5, VALVE_INBOUND, MONDAY_10)])
    record(engine, PurchaseOrderDelayed(VALVE_INBOUND, START_AT + 3 * DAY_MS), "1")
    held = record(engine, HoldSet(order_id, "credit", "limit", START_AT + DAY_MS), "2")
    causes = why(engine, order_id).causes
    assert [(cause.kind, cause.late_by_s) for cause in causes] == [
        ("purchase_order", 2 * DAY_S),
        ("hold", DAY_S),
    ]
    assert causes[1].chain == (order_id, ids.hold(order_id, "credit"), held)
    released = record(engine, HoldReleased(ids.hold(order_id, "credit")), "3", at=EVENING)
    hold = why(engine, order_id).causes[1]
    assert hold.chain[-1] == released
    assert hold.words.startswith("hold/SO-1/credit was on until 2026-03-02 19:00")


@pytest.mark.parametrize(
    ("reason", "detail", "kind"),
    [
        ("too_heavy", "weight 6,250 kg exceeds the largest vehicle by 2,050 kg", "vehicle"),
        ("vehicles_full", "every vehicle is full", "capacity"),
        ("unreachable", "no road leads there; it could be served if road-event/BRIDGE did not close", "road"),
    ],
)
def test_what_a_plan_left_out_is_late_for_the_plans_reason(
    engine: Engine, reason: str, detail: str, kind: str
) -> None:
    closed = record(engine, RoadClosed("BRIDGE", ("road-segment/100",), "flood", NOON + DAY_MS), "1")
    record(engine, RoadClosed("BRIDGE-2", ("road-segment/101",), "pipes", NOON + DAY_MS), "2")
    order_id = make_order(engine, "SO-1", [Draw(BOLT, 10, BOLTS)], status="ready")
    shipment_id = ids.shipment(order_id, W1)
    plan_id = make_plan(engine, left_out=[(shipment_id, reason, detail)])
    refresh(engine, order_id, now=EVENING)
    (cause,) = why(engine, order_id).causes
    assert (cause.kind, cause.constraint, cause.late_by_s) == (kind, "left_out", DAY_S)
    to_the_fact = ("road-event/BRIDGE", closed) if kind == "road" else ()
    assert cause.chain == (order_id, shipment_id, plan_id, *to_the_fact)
    assert detail in cause.words


def test_on_the_road_the_vehicle_the_handing_over_or_a_failure_can_be_the_cause(engine: Engine) -> None:
    order_ids = [make_order(engine, f"SO-{n}", [Draw(BOLT, 10, BOLTS)], status="routed") for n in (1, 2, 3)]
    shipments = [ids.shipment(order_id, W1) for order_id in order_ids]
    leaves_at = START_AT + DAY_MS + 2 * HOUR_MS
    make_plan(engine, served=[(s, TUESDAY_18 + HOUR_MS) for s in shipments], departs_at=leaves_at)
    for n, (order_id, shipment_id) in enumerate(zip(order_ids, shipments, strict=True)):
        refresh(engine, order_id, now=EVENING)
        record(engine, ShipmentDeparted(shipment_id), f"d{n}", at=leaves_at)
    done = record(
        engine,
        ShipmentDelivered(shipments[1], (), True, "Ana Rojas"),
        "d",
        at=TUESDAY_18 + 2 * HOUR_MS,
    )
    failed = record(engine, ShipmentFailed(shipments[2], "nobody there"), "f", at=TUESDAY_18)
    causes = [why(engine, order_id).causes for order_id in order_ids]
    assert [[cause.kind for cause in found] for found in causes] == [
        ["vehicle"],
        ["delivery"],
        ["failed_delivery"],
    ]
    assert causes[0][0].chain[-1] == "vehicle/V-1"
    assert causes[1][0].chain == (order_ids[1], shipments[1], done)
    assert causes[2][0].chain == (order_ids[2], shipments[2], failed)
    assert causes[2][0].words.startswith("it could not be handed over (nobody there) and has to go again")


def test_the_worst_come_first_page_by_page_and_cancelled_orders_do_not(engine: Engine) -> None:
    for n, days in enumerate((1, 3, 2, 3)):
        order_id = make_order(engine, f"SO-{n}", [Draw(BOLT, 1, BOLTS)])
        record(engine, HoldSet(order_id, "credit", "limit", START_AT + days * DAY_MS), f"{n}")
    gone = make_order(engine, "SO-9", [Draw(BOLT, 1, BOLTS)])
    record(engine, HoldSet(gone, "credit", "limit", START_AT + 9 * DAY_MS), "9")
    state = load_order_facts(engine, [gone])[gone].state
    cancelled = projection_of(replace(state, status="cancelled"), load_warehouses(engine), now=NOON)
    engine.transact([project_orders(engine.g, [cancelled])])
    found = late_orders(engine, now=EVENING)
    assert [order.order_id for order in found] == ["order/SO-1", "order/SO-3", "order/SO-2", "order/SO-0"]
    first = late_orders(engine, now=EVENING, first=1)
    rest = late_orders(engine, now=EVENING, first=9, after=(first[0].late_by_s, first[0].order_id))
    assert [*first, *rest] == found


def test_unknown_orders_and_empty_pages_are_refused(engine: Engine) -> None:
    with pytest.raises(UnknownId, match="SO-9"):
        explain_lateness(engine, ["order/SO-9"], now=NOON)
    with pytest.raises(InvalidInput, match="first"):
        late_orders(engine, now=NOON, first=0)
    assert late_orders(engine, now=NOON) == []


@pytest.mark.parametrize("orders", [10, 200])
def test_round_trips_do_not_grow_with_the_orders(engine: Engine, orders: int) -> None:
    for n in range(orders):
        make_order(engine, f"SO-{n}", [Draw(VALVE, 0, VALVE_INBOUND, START_AT + 2 * DAY_MS)])
    assess_readiness(engine, day=TUESDAY, now=EVENING)
    with count_round_trips() as trips:
        assert len(late_orders(engine, now=EVENING)) == orders
    assert trips.count == 4
