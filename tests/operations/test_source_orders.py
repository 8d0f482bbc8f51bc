from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Cardinality, T

from api.check.run import check_graph
from api.operations.assess_readiness import assess_readiness
from api.operations.cancel_order import CancelOrder, cancel_order
from api.operations.expectation import load_order_facts, load_warehouses, projection_of
from api.operations.place_order import LineRequest, PlacedOrder, PlaceOrder, place_order, place_orders
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from api.operations.record_event import ShipmentDeparted, ShipmentPicked, StockCounted, record_event
from api.operations.source_orders import Sourced, source_orders
from graph.engines.port import Engine
from graph.engines.round_trips import count_round_trips
from graph.errors import UnknownId
from graph.schema import ids
from tests.worlds import (
    BOLT,
    C1,
    C2,
    C3,
    HOUR_MS,
    LAST,
    MOTOR,
    PAINT,
    PUMP,
    START_AT,
    UNIT,
    VACCINE,
    VALVE,
    VALVE_INBOUND,
    W1,
    W2,
    small_engine,
)

NOW = START_AT + 2 * HOUR_MS


@pytest.fixture
def engine() -> Engine:
    return small_engine()


def place(engine: Engine, number: str, *lines: tuple[str, int], **others: Any) -> PlacedOrder:
    wanted = tuple(LineRequest(*line) for line in lines)
    request = {"number": number, "customer_id": C1, "requested_at": START_AT + HOUR_MS, "lines": wanted}
    return place_order(engine, PlaceOrder(**{**request, **others}), now=START_AT)


def many(engine: Engine, count: int) -> list[str]:
    """Orders of two or three lines that compete for pumps, motors and vaccine."""
    requests = [
        PlaceOrder(
            f"SO-{i}",
            (C1, C2, C3)[i % 3],
            START_AT + (1 + i % 60) * HOUR_MS,
            tuple(
                LineRequest(sku, 1 + i % 2)
                for sku in (BOLT, (PUMP, MOTOR, VACCINE)[i % 3], VALVE)[: 2 + i % 2]
            ),
            priority=1 + i % 3,
        )
        for i in range(count)
    ]
    placed = place_orders(engine, requests, now=START_AT)
    return [one.order_id for one in placed if isinstance(one, PlacedOrder)]


def drawn(engine: Engine, order_id: str) -> dict[str | None, int]:
    state = load_order_facts(engine, [order_id])[order_id].state
    return {a.source_id: a.quantity for a in state.allocations}


def rejected(engine: Engine, order_id: str) -> set[str]:
    """The warehouses that lines of the order could have come from."""
    return set(engine.run(engine.g.V(order_id).out("HAS_LINE").out("REJECTED").id_()))


def everything(engine: Engine) -> list[Any]:
    """Every vertex with its values, and how many edges there are."""
    g = engine.g
    return [
        sorted(map(str, engine.run(g.V().element_map()))),
        engine.run(g.E().label().group_count()),
    ]


def test_what_was_held_is_reserved_and_packed(engine: Engine) -> None:
    placed = place(engine, "SO-1", (BOLT, 5), (PAINT, 2))
    answer = source_orders(engine, now=NOW)
    assert answer.sourced == (
        Sourced(
            placed.order_id, (W1,), "2026-03-03", placed.promised_at, answer.sourced[0].cost, False, False
        ),
    )
    state = load_order_facts(engine, [placed.order_id])[placed.order_id].state
    assert state.status == "sourced"
    assert {line.status for line in state.lines} == {"sourced"}
    assert {a.state for a in state.allocations} == {"reserved"}
    assert state.event_count == 2
    [shipment] = engine.run(
        engine.g.V([placed.order_id])
        .out("HAS_SHIPMENT")
        .project("id", "weight_g", "hazardous", "day", "packs")
        .by(T.id)
        .by("weight_g")
        .by("hazardous")
        .by(__.out("SHIPS_FROM").id_())
        .by(__.out("PACKS").count())
    )
    assert shipment == {
        "id": "shipment/SO-1/W-1",
        "weight_g": 5 * 50 + 2 * 4_200,
        "hazardous": True,
        "day": ids.warehouse_day(W1, "2026-03-03"),
        "packs": 2,
    }
    assert check_graph(engine).findings == ()


def test_a_hold_moves_where_that_saves_a_shipment_and_is_never_dropped(engine: Engine) -> None:
    """Pumps run out in W-1, so the order is split; then some become free again."""
    hog = place(engine, "HOG", (PUMP, 99))
    split = place(engine, "SO-1", (PUMP, 3), (PAINT, 1))
    assert drawn(engine, split.order_id) == {
        ids.stock(W1, PUMP): 1,
        ids.stock(W2, PUMP): 2,
        ids.stock(W1, PAINT): 1,
    }
    cancel_order(engine, CancelOrder(hog.order_id), now=START_AT)
    [sourced] = source_orders(engine, now=NOW).sourced
    assert sourced.moved
    assert drawn(engine, split.order_id) == {ids.stock(W1, PUMP): 3, ids.stock(W1, PAINT): 1}
    reasons = engine.run(
        engine.g.V([ids.order_line(split.order_id, 1)])
        .out("HAS_ALLOCATION")
        .has("state", "reserved")
        .values("reason")
    )
    assert "cheaper than as it was held" in reasons[0]
    assert check_graph(engine).findings == ()


def test_orders_that_hold_what_is_nearer_to_the_other_swap(engine: Engine) -> None:
    """With not one pump to spare, neither can move before the other."""
    hog = place(engine, "HOG-1", (PUMP, 100))
    one = place(engine, "SO-1", (PUMP, 1))
    place(engine, "HOG-2", (PUMP, 9), customer_id=C3)
    cancel_order(engine, CancelOrder(hog.order_id), now=START_AT)
    other = place(engine, "SO-2", (PUMP, 1), customer_id=C3)
    place(engine, "HOG-3", (PUMP, 99))
    near, far = ids.stock(W1, PUMP), ids.stock(W2, PUMP)
    assert [drawn(engine, placed.order_id) for placed in (one, other)] == [{far: 1}, {near: 1}]
    with count_round_trips() as trips:
        answer = source_orders(engine, [one.order_id, other.order_id], now=NOW)
    assert [sourced.moved for sourced in answer.sourced] == [True, True]
    assert [drawn(engine, placed.order_id) for placed in (one, other)] == [{near: 1}, {far: 1}]
    assert trips.count == 6
    assert check_graph(engine).findings == ()


def test_inbound_and_short_parts_go_with_their_warehouse(engine: Engine) -> None:
    placed = place(engine, "SO-1", (VALVE, 7), (LAST, 101))
    [sourced] = source_orders(engine, now=NOW).sourced
    assert sourced.short
    assert sourced.warehouse_ids == (W1,)
    state = load_order_facts(engine, [placed.order_id])[placed.order_id].state
    assert [line.status for line in state.lines] == ["sourced", "short"]
    assert drawn(engine, placed.order_id)[VALVE_INBOUND] == 2
    assert check_graph(engine).findings == ()


def test_what_was_rejected_is_in_the_graph_with_its_reason(engine: Engine) -> None:
    place(engine, "SO-1", (PUMP, 12), (VACCINE, 1))
    source_orders(engine, now=NOW)
    rejected = engine.run(
        engine.g.V(["order/SO-1"])
        .out("HAS_LINE")
        .out_e("REJECTED")
        .project("line", "warehouse", "reason", "extra")
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by("reason")
        .by("extra_cost")
    )
    by_line = {row["line"]: row for row in rejected}
    assert by_line["order-line/SO-1/1"]["warehouse"] == W2
    assert by_line["order-line/SO-1/1"]["reason"] == "has 10 of 12 of sku/PUMP free, 0 inbound"
    assert "2 shipments instead of 1" in by_line["order-line/SO-1/2"]["reason"]
    assert all(row["extra"] > 0 for row in rejected)


def test_sourcing_again_changes_nothing(engine: Engine) -> None:
    order_ids = many(engine, 40)
    assert len(source_orders(engine, now=NOW).sourced) == 40
    before = everything(engine)
    assert source_orders(engine, now=NOW + HOUR_MS).sourced == ()
    again = source_orders(engine, order_ids, now=NOW + HOUR_MS)
    assert again.sourced == ()
    assert {one.order_id for one in again.untouched} == set(order_ids)
    assert {one.status for one in again.untouched} == {"sourced"}
    assert everything(engine) == before


def test_the_same_seed_sources_alike() -> None:
    answers = []
    for _ in range(2):
        engine = small_engine()
        many(engine, 40)
        answers.append(source_orders(engine, now=NOW, seed=7))
    assert answers[0] == answers[1]


def test_an_unknown_order_is_named_and_nothing_is_written(engine: Engine) -> None:
    placed = place(engine, "SO-1", (BOLT, 1))
    before = everything(engine)
    with pytest.raises(UnknownId) as refused:
        source_orders(engine, [placed.order_id, "order/NO"], now=NOW)
    assert refused.value.field == "orderIds[1]"
    assert everything(engine) == before


def test_no_more_shipments_than_a_warehouse_can_pack(engine: Engine) -> None:
    engine.run(engine.g.V([W1, W2]).property(Cardinality.single, "daily_shipments", 3).id_())
    for i in range(8):
        place(engine, f"SO-{i}", (BOLT, 1))
    answer = source_orders(engine, now=NOW)
    assert len(answer.sourced) == 6
    assert [one.reason.split(";")[0] for one in answer.waiting] == [
        "warehouse/W-1 can pack no more shipments for 2026-03-03"
    ] * 2
    used = engine.run(engine.g.V().has_label("WarehouseDay").values("used"))
    assert used == [3, 3]
    waiting = load_order_facts(engine, [one.order_id for one in answer.waiting])
    assert {one.status for one in waiting.values()} == {"promised"}
    assert {a.state for one in waiting.values() for a in one.state.allocations} == {"held"}
    assert check_graph(engine).findings == ()


def test_a_unit_that_loses_a_race_is_sourced_one_by_one(engine: Engine) -> None:
    """While the first unit is written an order of the second one is cancelled."""
    order_ids = many(engine, 50)
    victim = sorted(order_ids)[-1]

    def rival(done: int) -> None:
        if done == 25:
            cancel_order(engine, CancelOrder(victim), now=NOW)

    answer = source_orders(engine, now=NOW, on_progress=rival)
    assert len(answer.sourced) == 49
    assert [(one.order_id, one.reason) for one in answer.waiting] == [(victim, "became cancelled meanwhile")]
    assert check_graph(engine).findings == ()


def test_sourcing_while_orders_are_placed_and_cancelled_keeps_every_account(engine: Engine) -> None:
    many(engine, 30)

    def shop(i: int) -> None:
        placed = place(engine, f"NEW-{i}", (PUMP, 1 + i % 3), (MOTOR, 1), (BOLT, 3), (UNIT, 1))
        if i % 3 == 0:
            cancel_order(engine, CancelOrder(placed.order_id), now=NOW)

    with ThreadPoolExecutor(8) as pool:
        shopping = [pool.submit(shop, i) for i in range(24)]
        sourcing = [pool.submit(source_orders, engine, now=NOW, seed=i) for i in range(2)]
        for shopped in shopping:
            shopped.result()
        for sourced in sourcing:
            sourced.result()
    source_orders(engine, now=NOW)
    assert engine.run(engine.g.V().has("Order", "status", "promised").count()) == [0]
    assert check_graph(engine).findings == ()


@pytest.mark.parametrize(("orders", "round_trips"), [(10, 6 + 1), (1_000, 6 + 40)])
def test_sourcing_takes_few_round_trips(engine: Engine, orders: int, round_trips: int) -> None:
    order_ids = many(engine, orders)
    with count_round_trips() as trips:
        answer = source_orders(engine, now=NOW)
    assert len(answer.sourced) == orders
    assert trips.count <= round_trips
    warehouses = load_warehouses(engine)
    for one in load_order_facts(engine, order_ids).values():
        state = one.state
        again = projection_of(state, warehouses, now=state.assessed_at)
        assert (again.expected_at, again.day) == (state.expected_at, state.day)


def make_free(engine: Engine, stock_id: str, quantity: int) -> None:
    """Some more arrive."""
    engine.run(
        engine.g.V([stock_id])
        .property(Cardinality.single, "on_hand", __.union(__.values("on_hand"), __.constant(quantity)).sum_())
        .property(
            Cardinality.single, "available", __.union(__.values("available"), __.constant(quantity)).sum_()
        )
        .id_()
    )


def test_a_blocked_order_is_sourced_again_once_what_it_lacked_is_there(engine: Engine) -> None:
    placed = place(engine, "SO-1", (LAST, 103), (BOLT, 1))
    first = source_orders(engine, now=NOW)
    assert first.sourced[0].short
    assess_readiness(engine, day=first.sourced[0].day, now=NOW + HOUR_MS)
    blocked = everything(engine)
    [untouched] = source_orders(engine, [placed.order_id], now=NOW + HOUR_MS).untouched
    assert (untouched.order_id, untouched.status) == (placed.order_id, "blocked")
    assert untouched.reason == "is blocked, and nothing better is free than what is held for it"
    assert everything(engine) == blocked

    make_free(engine, ids.stock(W1, LAST), 5)
    [again] = source_orders(engine, [placed.order_id], now=NOW + 2 * HOUR_MS).sourced
    assert not again.short
    assert again.day == "2026-03-03"
    assert drawn(engine, placed.order_id) == {ids.stock(W1, LAST): 103, ids.stock(W1, BOLT): 1}
    assert check_graph(engine).findings == ()
    after = everything(engine)
    assert source_orders(engine, [placed.order_id], now=NOW + 3 * HOUR_MS).sourced == ()
    assert everything(engine) == after


def test_sourcing_again_cancels_the_shipment_that_is_not_needed_any_more(engine: Engine) -> None:
    hog = place(engine, "HOG", (PUMP, 100))
    placed = place(engine, "SO-1", (PUMP, 3), (LAST, 101))
    source_orders(engine, [placed.order_id], now=NOW)
    assess_readiness(
        engine, day=load_order_facts(engine, [placed.order_id])[placed.order_id].state.day, now=NOW
    )
    cancel_order(engine, CancelOrder(hog.order_id), now=NOW)
    first = rejected(engine, placed.order_id)
    [again] = source_orders(engine, [placed.order_id], now=NOW + HOUR_MS).sourced
    assert again.warehouse_ids == (W1,)
    assert W1 in first
    assert W1 not in rejected(engine, placed.order_id)
    shipments = load_order_facts(engine, [placed.order_id])[placed.order_id].state.shipments
    assert {shipment.id: shipment.status for shipment in shipments} == {
        "shipment/SO-1/W-1": "open",
        "shipment/SO-1/W-2": "cancelled",
    }
    assert check_graph(engine).findings == ()


EVENING = START_AT + 13 * HOUR_MS


class TestRoutedThenShort:
    """Two orders are on the published routes of Tuesday; then a count finds none left for them."""

    def routed(self, engine: Engine) -> list[str]:
        order_ids = [place(engine, f"SO-{i}", (BOLT, 10), customer_id=(C1, C2)[i]).order_id for i in (0, 1)]
        (day,) = {one.day for one in source_orders(engine, now=NOW).sourced}
        assess_readiness(engine, day=day, now=EVENING)
        plan = plan_routes(engine, day=day, now=EVENING, seed=1, iterations=50, in_process=True)
        publish_plan(engine, plan.plan_id, now=EVENING)
        return order_ids

    def record(self, engine: Engine, fact: Any) -> None:
        key = f"{fact}"
        at = EVENING + 15 * HOUR_MS
        record_event(engine, fact, occurred_at=at, source="test", key=key, now=at)

    def lose_its_goods(self, engine: Engine, order_id: str) -> str:
        """Count the stock an order draws on to nothing; returns the order's shipment."""
        before = load_order_facts(engine, [order_id])[order_id].state
        stock_id = before.allocations[0].source_id
        assert stock_id is not None
        self.record(engine, StockCounted(stock_id, 0))
        assert load_order_facts(engine, [order_id])[order_id].status == "blocked"
        return before.shipments[0].id

    def test_it_is_taken_off_its_route_and_sourced_from_where_there_is_plenty(self, engine: Engine) -> None:
        order_id, _ = self.routed(engine)
        shipment_id = self.lose_its_goods(engine, order_id)
        later = EVENING + 16 * HOUR_MS
        [again] = source_orders(engine, [order_id], now=later).sourced
        assert (again.moved, again.short) == (True, False)
        assert ids.shipment(order_id, again.warehouse_ids[0]) != shipment_id
        stops = engine.run(engine.g.V([shipment_id]).in_("SERVES").values("status"))
        assert stops == ["superseded"]
        assert check_graph(engine).findings == ()

        assert order_id in assess_readiness(engine, day=again.day, now=later).ready
        assert check_graph(engine).findings == ()
        plan = plan_routes(engine, day=again.day, now=later, seed=1, iterations=50, in_process=True)
        publish_plan(engine, plan.plan_id, now=later)
        assert load_order_facts(engine, [order_id])[order_id].status == "routed"
        assert check_graph(engine).findings == ()

    def test_what_is_picked_stays_and_the_answer_says_so(self, engine: Engine) -> None:
        order_id, _ = self.routed(engine)
        state = load_order_facts(engine, [order_id])[order_id].state
        self.record(engine, ShipmentPicked(state.shipments[0].id))
        engine.run(engine.g.V([order_id]).property(Cardinality.single, "status", "blocked").id_())
        before = everything(engine)
        [untouched] = source_orders(engine, [order_id], now=EVENING + 16 * HOUR_MS).untouched
        assert untouched.reason.startswith(f"{state.shipments[0].id} is picked")
        assert everything(engine) == before

    def test_what_is_on_a_route_that_has_departed_stays_and_the_answer_says_so(self, engine: Engine) -> None:
        order_id, other_id = self.routed(engine)
        states = {id: one.state for id, one in load_order_facts(engine, [order_id, other_id]).items()}
        [stop], [other] = (states[id].shipments[0].stops for id in (order_id, other_id))
        assert stop.route_id == other.route_id
        self.record(engine, ShipmentPicked(states[other_id].shipments[0].id))
        self.record(engine, ShipmentDeparted(states[other_id].shipments[0].id))
        self.lose_its_goods(engine, order_id)
        before = everything(engine)
        [untouched] = source_orders(engine, [order_id], now=EVENING + 16 * HOUR_MS).untouched
        assert untouched.reason.startswith(f"{stop.route_id}, which takes")
        assert "is departed" in untouched.reason
        assert "cancel it" in untouched.reason
        assert everything(engine) == before
