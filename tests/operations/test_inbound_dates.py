"""Orders that count on an inbound receipt while its date changes: they get the date that holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from api.check.run import check_graph
from api.operations.expectation import load_order_facts
from api.operations.place_order import LineRequest, PlacedOrder, PlaceOrder, place_order, place_orders
from api.operations.record_event import PurchaseOrderDelayed, StockCounted, record_event
from api.operations.source_orders import Sourced, source_orders
from graph.engines.port import Engine
from graph.errors import StatementMissed
from graph.schema import ids
from graph.traversals.supply import reserve, still_expected
from tests.worlds import (
    C1,
    DAY_MS,
    HOUR_MS,
    MOTOR,
    MOTOR_INBOUND,
    START_AT,
    VALVE,
    VALVE_INBOUND,
    W2,
    small_engine,
)

NOW = START_AT
VALVES_AT = START_AT + 2 * DAY_MS + 4 * HOUR_MS
MOTORS_AT = START_AT + DAY_MS + 4 * HOUR_MS
LATER = START_AT + 5 * DAY_MS


@pytest.fixture
def engine() -> Engine:
    return small_engine()


def valves(number: int, quantity: int = 1) -> PlaceOrder:
    return PlaceOrder(f"SO-{number}", C1, START_AT + DAY_MS, (LineRequest(VALVE, quantity),))


def delay(engine: Engine, expected_at: int, line_id: str = VALVE_INBOUND) -> None:
    key = str(expected_at)
    fact = PurchaseOrderDelayed(line_id, expected_at)
    record_event(engine, fact, occurred_at=NOW, source="supplier", key=key, now=NOW)


def inbound_dates(engine: Engine, line_id: str) -> set[int]:
    """What the allocations on a purchase-order line and the line itself say, with no findings beside."""
    assert check_graph(engine).findings == ()
    g = engine.g
    said = engine.run(g.V(line_id).in_("DRAWS_ON").values("available_at"))
    return {*said, *engine.run(g.V(line_id).values("expected_at"))}


def test_a_reservation_holds_only_with_the_date_that_was_read(engine: Engine) -> None:
    g = engine.g
    engine.transact([*still_expected(g, [(VALVE_INBOUND, VALVES_AT)]), *reserve(g, {VALVE_INBOUND: 1})])
    delay(engine, LATER)
    with pytest.raises(StatementMissed, match="still expected"):
        engine.transact([*still_expected(g, [(VALVE_INBOUND, VALVES_AT)]), *reserve(g, {VALVE_INBOUND: 1})])
    assert engine.run(g.V(VALVE_INBOUND).values("reserved")) == [1]


def test_orders_of_a_batch_that_were_promised_before_a_delay_are_promised_anew(engine: Engine) -> None:
    """The second unit was decided on the old date when the supplier names a new one."""

    def supplier(done: int) -> None:
        if done == 25:
            delay(engine, LATER)

    answers = place_orders(engine, [valves(i) for i in range(50)], now=NOW, on_progress=supplier)
    assert all(isinstance(one, PlacedOrder) for one in answers)
    assert inbound_dates(engine, VALVE_INBOUND) == {LATER}
    state = load_order_facts(engine, ["order/SO-10", "order/SO-40"])
    assert state["order/SO-10"].state.late_by_s > 0
    assert state["order/SO-40"].state.late_by_s == 0
    assert state["order/SO-40"].state.promised_at > LATER


def test_whoever_orders_while_dates_change_gets_the_last_one(engine: Engine) -> None:
    def customer(number: int) -> None:
        place_order(engine, valves(number), now=NOW)

    def supplier(days: int) -> None:
        delay(engine, LATER + days * DAY_MS)

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(supplier if i % 6 == 5 else customer, i) for i in range(48)]
        for one in done:
            one.result()
    (date,) = inbound_dates(engine, VALVE_INBOUND)
    assert date > LATER


def test_orders_sourced_while_the_date_changes_expect_the_new_one(engine: Engine) -> None:
    """The second unit was decided on the old date when the supplier names a new one."""
    place_orders(engine, [valves(i, 3) for i in range(30)], now=NOW)

    def supplier(done: int) -> None:
        if done == 25:
            delay(engine, LATER)

    sourcing = source_orders(engine, now=NOW, on_progress=supplier)
    assert len(sourcing.sourced) == 30
    assert all(isinstance(one, Sourced) for one in sourcing.sourced)
    assert inbound_dates(engine, VALVE_INBOUND) == {LATER}


def test_who_gives_way_to_a_count_waits_for_the_receipt_as_it_is_expected(engine: Engine) -> None:
    stock_id = ids.stock(W2, MOTOR)
    place_orders(
        engine,
        [PlaceOrder(f"SO-{i}", C1, START_AT + DAY_MS, (LineRequest(MOTOR, 1),)) for i in range(20)],
        now=NOW,
    )

    def count(on_hand: int) -> None:
        fact = StockCounted(stock_id, on_hand)
        record_event(engine, fact, occurred_at=NOW, source="count", key=str(on_hand), now=NOW)

    def supplier(days: int) -> None:
        delay(engine, MOTORS_AT + days * DAY_MS, MOTOR_INBOUND)

    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(count, n) for n in (15, 10, 5)] + [pool.submit(supplier, n) for n in (1, 2, 3)]
        for one in done:
            one.result()
    assert len(inbound_dates(engine, MOTOR_INBOUND)) == 1
