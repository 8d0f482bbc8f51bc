"""Recording facts: what each changes, what is refused, and that each counts once, whoever sends it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from api.operations.assess_readiness import assess_readiness, readiness_of
from api.operations.expectation import load_order_facts
from api.operations.record_event import (
    DeliveredLine,
    Fact,
    HoldReleased,
    HoldSet,
    PaperAttached,
    PurchaseOrderDelayed,
    RecordedEvent,
    RoadClosed,
    RoadOpened,
    ShipmentArrived,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentFailed,
    ShipmentPicked,
    StockCounted,
    StockReceived,
    record_event,
)
from graph.engines.port import EdgeRow, Engine
from graph.errors import ForbiddenTransition, InvalidInput, PerfectOrderError, SchemaViolation, UnknownId
from graph.schema import ids
from graph.traversals.supply import reserve
from optimizer.expectation import expect
from tests.operations.made_orders import TUESDAY, Draw, make_order, make_plan, values
from tests.worlds import (
    BOLT,
    DAY_MS,
    HOUR_MS,
    LAST,
    MOTOR,
    MOTOR_INBOUND,
    PLATE,
    ROAD_NETWORK,
    START_AT,
    VALVE,
    VALVE_INBOUND,
    W1,
    W2,
    small_engine,
)

NOON = START_AT + 6 * HOUR_MS
BOLTS = ids.stock(W1, BOLT)
PLATES = ids.stock(W1, PLATE)
VALVES = ids.stock(W1, VALVE)
MOTORS = ids.stock(W2, MOTOR)
VALVES_AT = START_AT + 2 * DAY_MS + 4 * HOUR_MS
MOTORS_AT = START_AT + DAY_MS + 4 * HOUR_MS


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = small_engine()
    yield engine
    engine.close()


def record(
    engine: Engine, fact: Fact, key: str = "1", *, at: int = NOON, now: int | None = None
) -> RecordedEvent:
    return record_event(engine, fact, occurred_at=at, source="test", key=key, now=now or max(at, NOON))


def supply(engine: Engine, source_id: str) -> dict[str, Any]:
    held = values(engine, source_id)
    return {name: held[name] for name in ("on_hand", "received", "reserved", "available") if name in held}


def allocations(engine: Engine, order_id: str) -> list[tuple[int, str, str | None]]:
    state = load_order_facts(engine, [order_id])[order_id].state
    return [(a.quantity, a.state, a.source_id) for a in state.allocations]


def kinds(engine: Engine, order_id: str) -> list[str]:
    events = engine.run(engine.g.V(order_id).in_("ABOUT").order().by("sequence").values("kind"))
    assert len(events) == values(engine, order_id)["event_count"]
    return events


def assert_projected(engine: Engine) -> None:
    """Each order is where its facts, as of when it was assessed, say."""
    for order in load_order_facts(engine, engine.run(engine.g.V().has_label("Order").id_())).values():
        state = order.state
        if state.event_count:
            expected = expect(order.facts, now=state.assessed_at)
            assert (state.expected_at, state.late_by_s, state.day) == (
                expected.expected_at,
                expected.late_by_s,
                expected.day.isoformat(),
            )


def snapshot(engine: Engine) -> list[Any]:
    return sorted(map(repr, engine.run(engine.g.V().element_map())))


class TestStockReceived:
    def test_allocations_that_waited_draw_on_the_stock_the_most_urgent_first(self, engine: Engine) -> None:
        late = make_order(engine, "SO-1", [Draw(MOTOR, 20, MOTOR_INBOUND, MOTORS_AT)], priority=3)
        urgent = make_order(engine, "SO-2", [Draw(MOTOR, 25, MOTOR_INBOUND, MOTORS_AT)], priority=1)
        recorded = record(engine, StockReceived(MOTOR_INBOUND, 25))
        assert recorded.order_ids == (urgent,)
        assert allocations(engine, urgent) == [(25, "reserved", MOTORS)]
        assert allocations(engine, late) == [(20, "reserved", MOTOR_INBOUND)]
        assert supply(engine, MOTORS) == {"on_hand": 45, "reserved": 25, "available": 20}
        assert supply(engine, MOTOR_INBOUND) == {"received": 25, "reserved": 20, "available": 5}
        assert values(engine, ids.make("purchase-order", "PO-2"))["status"] == "open"
        assert_projected(engine)

    def test_who_gets_a_part_is_cut_in_two_and_nothing_is_lost(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(MOTOR, 40, MOTOR_INBOUND, MOTORS_AT)])
        record(engine, StockReceived(MOTOR_INBOUND, 15))
        assert allocations(engine, order_id) == [
            (25, "reserved", MOTOR_INBOUND),
            (15, "reserved", MOTORS),
        ]
        shipment = ids.shipment(order_id, W2)
        assert engine.run(engine.g.V(shipment).out("PACKS").count()) == [2]
        record(engine, StockReceived(MOTOR_INBOUND, 35), "2")
        assert allocations(engine, order_id) == [(25, "reserved", MOTORS), (15, "reserved", MOTORS)]
        assert supply(engine, MOTORS) == {"on_hand": 70, "reserved": 40, "available": 30}
        assert values(engine, ids.make("purchase-order", "PO-2"))["status"] == "received"
        assert_projected(engine)

    def test_goods_of_a_sku_new_to_the_warehouse_open_a_stock(self, engine: Engine) -> None:
        engine.run(engine.g.V(ids.stock(W1, VALVE)).drop())
        record(engine, StockReceived(VALVE_INBOUND, 10))
        assert supply(engine, VALVES) == {"on_hand": 10, "reserved": 0, "available": 10}
        assert engine.run(engine.g.V(VALVES).out("STOCK_OF").id_()) == [VALVE]

    @pytest.mark.parametrize("quantity", [0, -1, 101, 10**12])
    def test_no_quantity_but_what_is_to_come(self, engine: Engine, quantity: int) -> None:
        before = snapshot(engine)
        with pytest.raises(InvalidInput, match="quantity"):
            record(engine, StockReceived(VALVE_INBOUND, quantity))
        assert snapshot(engine) == before

    def test_an_order_that_only_waited_for_it_is_expected_earlier(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(VALVE, 5, VALVE_INBOUND, VALVES_AT)])
        record(engine, HoldSet(order_id, "credit", "limit", NOON + 1), "hold")
        assert values(engine, order_id)["day"] == "2026-03-05"
        record(engine, StockReceived(VALVE_INBOUND, 100), "2", at=NOON + 2)
        record(engine, HoldReleased(ids.hold(order_id, "credit")), "3", at=NOON + 3)
        assert values(engine, order_id)["day"] == TUESDAY
        assert values(engine, order_id)["late_by_s"] == 0
        assert_projected(engine)


class TestStockCounted:
    def test_more_or_less_than_expected_but_enough(self, engine: Engine) -> None:
        make_order(engine, "SO-1", [Draw(BOLT, 100, BOLTS)])
        assert record(engine, StockCounted(BOLTS, 150)).order_ids == ()
        assert supply(engine, BOLTS) == {"on_hand": 150, "reserved": 100, "available": 50}

    def test_the_order_that_goes_last_gives_way_and_is_short_by_what_is_missing(self, engine: Engine) -> None:
        first = make_order(engine, "SO-1", [Draw(LAST, 60, ids.stock(W1, LAST))], status="ready")
        last = make_order(engine, "SO-2", [Draw(LAST, 40, ids.stock(W1, LAST))], status="ready", priority=5)
        recorded = record(engine, StockCounted(ids.stock(W1, LAST), 70))
        assert recorded.order_ids == (last,)
        assert allocations(engine, first) == [(60, "reserved", ids.stock(W1, LAST))]
        assert allocations(engine, last) == [(10, "reserved", ids.stock(W1, LAST)), (30, "short", None)]
        assert supply(engine, ids.stock(W1, LAST)) == {"on_hand": 70, "reserved": 70, "available": 0}
        assert values(engine, ids.order_line(last, 1))["status"] == "short"
        assert values(engine, last)["status"] == "blocked"
        # Bought on Monday noon, there on Saturday noon, closed on Sunday: delivered on Monday.
        assert values(engine, last)["day"] == "2026-03-09"
        assert values(engine, first)["event_count"] == 0
        assert_projected(engine)

    def test_goods_still_to_come_and_free_take_its_place(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(MOTOR, 20, MOTORS)])
        record(engine, StockCounted(MOTORS, 0))
        assert allocations(engine, order_id) == [(20, "reserved", MOTOR_INBOUND)]
        assert supply(engine, MOTOR_INBOUND) == {"received": 0, "reserved": 20, "available": 30}
        assert values(engine, ids.order_line(order_id, 1))["status"] == "sourced"
        assert values(engine, order_id)["day"] == "2026-03-04"
        assert_projected(engine)

    def test_a_count_below_what_lies_picked_is_refused(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(BOLT, 100, BOLTS)], status="ready")
        record(engine, ShipmentPicked(ids.shipment(order_id, W1)))
        with pytest.raises(InvalidInput, match="picked at the dock"):
            record(engine, StockCounted(BOLTS, 99), "2")

    def test_a_count_before_the_last_receipt_is_refused(self, engine: Engine) -> None:
        record(engine, StockReceived(VALVE_INBOUND, 10), at=NOON)
        with pytest.raises(InvalidInput, match="after this count"):
            record(engine, StockCounted(VALVES, 5), "2", at=NOON - 1, now=NOON)


class TestPurchaseOrderDelayed:
    def test_orders_that_wait_for_it_are_later_others_are_not(self, engine: Engine) -> None:
        waits = make_order(engine, "SO-1", [Draw(VALVE, 5, VALVE_INBOUND, VALVES_AT)])
        make_order(engine, "SO-2", [Draw(VALVE, 5, VALVES)])
        until = VALVES_AT + 2 * DAY_MS
        recorded = record(engine, PurchaseOrderDelayed(VALVE_INBOUND, until))
        assert recorded.order_ids == (waits,)
        assert values(engine, VALVE_INBOUND)["expected_at"] == until
        # There on Friday 10:00: delivered on Saturday, four days after Tuesday.
        assert values(engine, waits)["day"] == "2026-03-07"
        assert values(engine, waits)["late_by_s"] == 4 * 86_400
        (told,) = engine.run(engine.g.V(ids.order_event(waits, 1)).value_map())
        assert told["kind"] == ["order_expected_changed"]
        assert json.loads(told["data"][0])["cause"] == "purchase_order_delayed"
        assert engine.run(engine.g.V(ids.order_event(waits, 1)).out("CAUSED_BY").id_()) == [recorded.event_id]
        assert_projected(engine)

    def test_a_statement_older_than_the_last_one_changes_nothing(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(VALVE, 5, VALVE_INBOUND, VALVES_AT)])
        record(engine, PurchaseOrderDelayed(VALVE_INBOUND, VALVES_AT + DAY_MS), "new", at=NOON)
        record(engine, PurchaseOrderDelayed(VALVE_INBOUND, VALVES_AT + 9 * DAY_MS), "old", at=NOON - 1)
        assert values(engine, VALVE_INBOUND)["expected_at"] == VALVES_AT + DAY_MS
        assert values(engine, order_id)["event_count"] == 1

    def test_many_orders_are_told_in_units_and_a_repeat_finishes_them(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        order_ids = {
            make_order(engine, f"SO-{n}", [Draw(VALVE, 1, VALVE_INBOUND, VALVES_AT)]) for n in range(30)
        }
        monkeypatch.setattr("api.operations.record_event.purchasing.ORDERS_A_UNIT", 10)
        fact = PurchaseOrderDelayed(VALVE_INBOUND, VALVES_AT + DAY_MS)

        def crash(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as crashing:
            crashing.setattr("api.operations.record_event.tell_waiting_orders", crash)
            with pytest.raises(KeyboardInterrupt):
                record(engine, fact)
        assert_projected(engine)
        told = engine.run(engine.g.V().has("Event", "kind", "order_expected_changed").count())
        assert told == [10]
        assert record(engine, fact).repeated
        assert {id for id in order_ids if kinds(engine, id) == ["order_expected_changed"]} == order_ids
        assert_projected(engine)


class TestHoldsAndPapers:
    def test_a_hold_blocks_a_ready_order_and_its_release_brings_the_day_back(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS)], status="ready")
        until = START_AT + 3 * DAY_MS
        recorded = record(engine, HoldSet(order_id, "credit", "limit reached", until))
        hold_id = ids.hold(order_id, "credit")
        assert values(engine, order_id)["status"] == "blocked"
        assert values(engine, order_id)["day"] == "2026-03-06"
        assert kinds(engine, order_id) == ["hold_set", "order_expected_changed"]
        assert engine.run(engine.g.V(recorded.event_id).out("ABOUT").id_().order()) == [hold_id, order_id]
        released = record(engine, HoldReleased(hold_id), "2", at=NOON + HOUR_MS)
        assert (values(engine, order_id)["status"], values(engine, order_id)["day"]) == ("ready", TUESDAY)
        assert kinds(engine, order_id)[2:] == ["hold_released", "order_ready"]
        because = engine.g.V(ids.order_event(order_id, 4)).out("CAUSED_BY").id_()
        assert engine.run(because) == [released.event_id]
        assessed = assess_readiness(engine, day=TUESDAY, now=NOON + 7 * HOUR_MS)
        assert (assessed.ready, assessed.changed) == ((order_id,), 0)
        assert_projected(engine)

    def test_an_order_stays_blocked_until_its_last_blocker_is_gone(self, engine: Engine) -> None:
        order_id = make_order(
            engine, "SO-1", [Draw(BOLT, 1, BOLTS)], missing_papers=["invoice"], status="blocked"
        )
        record(engine, HoldSet(order_id, "credit", "limit reached", START_AT + DAY_MS), "hold")
        record(engine, HoldReleased(ids.hold(order_id, "credit")), "release")
        assert values(engine, order_id)["status"] == "blocked"
        assert "order_ready" not in kinds(engine, order_id)
        record(engine, PaperAttached(order_id, "invoice", "F-77"), "paper")
        assert values(engine, order_id)["status"] == "ready"
        assert kinds(engine, order_id)[-2:] == ["paper_attached", "order_ready"]
        assert_projected(engine)

    def test_a_hold_is_set_and_released_once(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS)])
        hold = HoldSet(order_id, "credit", "limit reached", START_AT + DAY_MS)
        record(engine, hold)
        before = snapshot(engine)
        with pytest.raises(ForbiddenTransition, match="hold/SO-1/credit is active: release it before"):
            record(engine, hold, "2")
        assert snapshot(engine) == before
        release = HoldReleased(ids.hold(order_id, "credit"))
        with pytest.raises(InvalidInput, match="before"):
            record(engine, release, "3", at=NOON - 1, now=NOON)
        record(engine, release, "4")
        with pytest.raises(ForbiddenTransition, match="is released"):
            record(engine, release, "5")

    def test_a_hold_of_the_same_kind_can_come_again_under_an_id_of_its_own(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS)])
        for n, hold_id in enumerate(["hold/SO-1/credit", "hold/SO-1/credit/2", "hold/SO-1/credit/3"]):
            at = NOON + n * HOUR_MS
            record(engine, HoldSet(order_id, "credit", f"limit reached, {n}", at + DAY_MS), f"set {n}", at=at)
            assert values(engine, order_id)["status"] == "sourced"
            (blocker,) = readiness_of(engine, [order_id], now=at)[0].blockers
            assert blocker.evidence == (order_id, hold_id)
            with pytest.raises(ForbiddenTransition, match=f"{hold_id} is active"):
                record(engine, HoldSet(order_id, "credit", "twice", at + DAY_MS), f"again {n}", at=at)
            record(engine, HoldReleased(hold_id), f"release {n}", at=at + 1)
            assert not readiness_of(engine, [order_id], now=at + 1)[0].blockers
        assert values(engine, "hold/SO-1/credit")["note"] == "limit reached, 0"
        assert_projected(engine)

    def test_of_holds_of_one_kind_set_at_once_one_stands(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS)])

        def hold(n: int) -> bool:
            try:
                record(engine, HoldSet(order_id, "credit", str(n), NOON + DAY_MS), str(n))
            except ForbiddenTransition:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(hold, range(8))) == 1
        assert engine.run(engine.g.V(order_id).out("HELD_BY").id_()) == ["hold/SO-1/credit"]

    def test_a_paper_that_was_missing_is_attached_once(self, engine: Engine) -> None:
        order_id = make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS)], missing_papers=["invoice"])
        record(engine, PaperAttached(order_id, "invoice", "F-77"))
        paper = values(engine, ids.paper(order_id, "invoice"))
        assert (paper["status"], paper["attached_at"], paper["reference"]) == ("attached", NOON, "F-77")
        assert kinds(engine, order_id)[0] == "paper_attached"
        with pytest.raises(ForbiddenTransition, match="is attached"):
            record(engine, PaperAttached(order_id, "invoice", "F-78"), "2")
        with pytest.raises(InvalidInput, match="it needs: invoice, packing_list"):
            record(engine, PaperAttached(order_id, "dangerous_goods_declaration", "D-1"), "3")
        assert_projected(engine)


class TestRoads:
    def test_segments_are_shut_until_the_last_closure_ends(self, engine: Engine) -> None:
        one, two, three = (f"road-segment/{n}" for n in (100, 101, 102))
        record(engine, RoadClosed("BRIDGE", (one, two), "flood", NOON + DAY_MS))
        record(engine, RoadClosed("WORKS", (two, three), "pipes", NOON + DAY_MS), "2")
        assert [values(engine, s)["open"] for s in (one, two, three)] == [False, False, False]
        assert values(engine, ROAD_NETWORK)["version"] == 3
        record(engine, RoadOpened("road-event/BRIDGE"), "3")
        assert [values(engine, s)["open"] for s in (one, two, three)] == [True, False, False]
        record(engine, RoadOpened("road-event/WORKS"), "4")
        assert [values(engine, s)["open"] for s in (one, two, three)] == [True, True, True]
        assert values(engine, ROAD_NETWORK)["version"] == 5
        with pytest.raises(ForbiddenTransition, match="has ended"):
            record(engine, RoadOpened("road-event/WORKS"), "5")
        with pytest.raises(InvalidInput, match="is taken"):
            record(engine, RoadClosed("WORKS", (one,), "again", NOON + DAY_MS), "6")


class TestDeliveries:
    def on_the_road(self, engine: Engine) -> tuple[str, str]:
        order_id = make_order(
            engine, "SO-1", [Draw(BOLT, 10, BOLTS), Draw(PLATE, 4, PLATES)], status="routed"
        )
        shipment_id = ids.shipment(order_id, W1)
        make_plan(engine, served=[(shipment_id, START_AT + DAY_MS + 4 * HOUR_MS)])
        return order_id, shipment_id

    def test_from_the_dock_to_the_door(self, engine: Engine) -> None:
        order_id, shipment_id = self.on_the_road(engine)
        route_id, stop_id = "route/2026-03-03/1/V-1", "stop/2026-03-03/1/V-1/1"
        morning = START_AT + DAY_MS + 2 * HOUR_MS
        record(engine, ShipmentPicked(shipment_id), "1", at=morning - HOUR_MS)
        assert {state for _, state, _ in allocations(engine, order_id)} == {"picked"}
        assert supply(engine, BOLTS) == {"on_hand": 10_000, "reserved": 10, "available": 9_990}
        record(engine, ShipmentDeparted(shipment_id), "2", at=morning)
        assert {state for _, state, _ in allocations(engine, order_id)} == {"shipped"}
        assert supply(engine, BOLTS) == {"on_hand": 9_990, "reserved": 0, "available": 9_990}
        assert (values(engine, order_id)["status"], values(engine, route_id)["status"]) == (
            "in_transit",
            "departed",
        )
        record(engine, ShipmentArrived(shipment_id), "3", at=morning + HOUR_MS)
        assert values(engine, stop_id)["arrived_at"] == morning + HOUR_MS
        done = morning + HOUR_MS + 600_000
        record(engine, ShipmentDelivered(shipment_id, (), True, "Ana Rojas"), "4", at=done)
        order = values(engine, order_id)
        assert (order["status"], order["expected_at"], order["late_by_s"]) == ("delivered", done, 0)
        assert values(engine, ids.order_line(order_id, 1))["status"] == "delivered"
        assert (values(engine, shipment_id)["condition"], values(engine, stop_id)["status"]) == (
            "intact",
            "served",
        )
        assert values(engine, route_id)["status"] == "completed"
        assert [k for k in kinds(engine, order_id) if k.startswith("shipment")] == [
            "shipment_picked",
            "shipment_departed",
            "shipment_arrived",
            "shipment_delivered",
        ]
        assert_projected(engine)
        with pytest.raises(ForbiddenTransition, match="is delivered"):
            record(engine, ShipmentFailed(shipment_id, "late"), "5", at=done)

    def test_damaged_and_missing_goods_show_in_the_condition(self, engine: Engine) -> None:
        order_id, shipment_id = self.on_the_road(engine)
        morning = START_AT + DAY_MS + 2 * HOUR_MS
        record(engine, ShipmentDeparted(shipment_id), "1", at=morning)
        bolts = ids.order_line(order_id, 1)
        good = ShipmentDelivered(shipment_id, (DeliveredLine(bolts, 9),), False, "Ana Rojas")
        for lines, why in [
            ((DeliveredLine(bolts, 11),), "more than the 10"),
            ((DeliveredLine(bolts, -1),), "quantity"),
            ((DeliveredLine("order-line/SO-2/1", 1),), "is not in"),
            ((DeliveredLine(bolts, 6), DeliveredLine(bolts, 5, "damaged")), "5 with the 6 named before"),
            ((DeliveredLine(bolts, 1, "lost"),), "condition"),
        ]:
            with pytest.raises(InvalidInput, match=why):
                record(engine, replace(good, lines=lines), "bad", at=morning + 1)
        record(engine, good, "2", at=morning + 1)
        assert values(engine, shipment_id)["condition"] == "partial"
        (data,) = engine.run(engine.g.V().has("Event", "kind", "shipment_delivered").values("data"))
        assert json.loads(data)["papers_complete"] is False
        assert json.loads(data)["lines"] == [{"condition": "intact", "line_id": bolts, "quantity": 9}]

    @pytest.mark.parametrize(
        ("intact", "damaged", "condition"),
        [
            (10, 0, "intact"),
            (8, 2, "damaged"),
            (9, 0, "partial"),
            (0, 0, "partial"),
            (7, 2, "partial_and_damaged"),
        ],
    )
    def test_what_was_handed_over_of_a_line_can_be_asked_for(
        self, engine: Engine, intact: int, damaged: int, condition: str
    ) -> None:
        order_id, shipment_id = self.on_the_road(engine)
        morning = START_AT + DAY_MS + 2 * HOUR_MS
        record(engine, ShipmentDeparted(shipment_id), "1", at=morning)
        bolts, plates = (ids.order_line(order_id, number) for number in (1, 2))
        assert "delivered_quantity" not in values(engine, bolts)
        lines = (DeliveredLine(bolts, intact), DeliveredLine(bolts, damaged, "damaged"))
        record(engine, ShipmentDelivered(shipment_id, lines, False, "Ana Rojas"), "2", at=morning + 1)
        shipment = values(engine, shipment_id)
        assert (shipment["condition"], shipment["papers_complete"]) == (condition, False)
        handed = [
            tuple(values(engine, line)[f"{name}_quantity"] for name in ("delivered", "damaged"))
            for line in (bolts, plates)
        ]
        assert handed == [(intact + damaged, damaged), (4, 0)]

    def test_what_two_shipments_hand_over_of_one_line_adds_up(self, engine: Engine) -> None:
        order_id = make_order(
            engine, "SO-1", [Draw(BOLT, 10, BOLTS), Draw(BOLT, 5, ids.stock(W2, BOLT))], status="routed"
        )
        line, other = (ids.order_line(order_id, number) for number in (1, 2))
        moved = ids.allocation(other, 1)
        engine.run(engine.g.V(moved).in_e("HAS_ALLOCATION").drop())
        engine.run(engine.g.V(other).drop())
        engine.bulk_load([], [EdgeRow("HAS_ALLOCATION", line, moved)])
        at = START_AT + DAY_MS
        for warehouse, handed in ((W1, (DeliveredLine(line, 4, "damaged"),)), (W2, ())):
            shipment_id = ids.shipment(order_id, warehouse)
            record(engine, ShipmentDeparted(shipment_id), f"a{warehouse}", at=at)
            record(engine, ShipmentDelivered(shipment_id, handed, True, "Ana"), f"b{warehouse}", at=at + 1)
        counted = values(engine, line)
        assert (counted["delivered_quantity"], counted["damaged_quantity"]) == (4 + 5, 4)

    def test_what_fails_comes_back_to_the_stock_and_can_go_again(self, engine: Engine) -> None:
        order_id, shipment_id = self.on_the_road(engine)
        morning = START_AT + DAY_MS + 2 * HOUR_MS
        record(engine, ShipmentDeparted(shipment_id), "1", at=morning)
        record(engine, ShipmentFailed(shipment_id, "nobody there"), "2", at=morning + HOUR_MS)
        assert supply(engine, BOLTS) == {"on_hand": 10_000, "reserved": 10, "available": 9_990}
        assert {state for _, state, _ in allocations(engine, order_id)} == {"picked"}
        assert values(engine, order_id)["status"] == "failed"
        assert values(engine, order_id)["day"] == "2026-03-04"
        assert values(engine, ids.order_line(order_id, 1))["status"] == "returned"
        assert values(engine, "stop/2026-03-03/1/V-1/1")["status"] == "failed"
        assert_projected(engine)
        wednesday = "2026-03-04"
        assert assess_readiness(engine, day=wednesday, now=morning + 10 * HOUR_MS).ready == (order_id,)
        assert (values(engine, order_id)["status"], values(engine, shipment_id)["status"]) == (
            "ready",
            "picked",
        )

    def test_only_what_is_routed_and_all_there_departs(self, engine: Engine) -> None:
        order_id, shipment_id = self.on_the_road(engine)
        waiting = make_order(engine, "SO-2", [Draw(VALVE, 5, VALVE_INBOUND, VALVES_AT)], status="routed")
        with pytest.raises(ForbiddenTransition, match="is not all there"):
            record(engine, ShipmentDeparted(ids.shipment(waiting, W1)))
        record(engine, HoldSet(order_id, "fraud", "look at it", START_AT + DAY_MS), "2")
        with pytest.raises(ForbiddenTransition, match="is blocked"):
            record(engine, ShipmentDeparted(shipment_id), "3")
        with pytest.raises(ForbiddenTransition, match="is open"):
            record(engine, ShipmentArrived(shipment_id), "4")

    def test_nothing_happens_before_what_it_follows(self, engine: Engine) -> None:
        _, shipment_id = self.on_the_road(engine)
        record(engine, ShipmentDeparted(shipment_id), "1", at=NOON)
        with pytest.raises(InvalidInput, match="occurredAt"):
            record(engine, ShipmentArrived(shipment_id), "2", at=NOON - 1, now=NOON)


UNKNOWN: list[Fact] = [
    StockReceived("purchase-order-line/PO-9/1", 1),
    StockCounted("stock/W-9/BOLT", 1),
    PurchaseOrderDelayed(BOLTS, VALVES_AT),
    HoldSet("order/SO-9", "credit", "why", NOON),
    HoldReleased("hold/SO-9/credit"),
    PaperAttached("order/SO-9", "invoice", "F-1"),
    RoadClosed("X", ("road-segment/9",), "why", NOON),
    RoadOpened("road-event/X"),
    ShipmentPicked("shipment/SO-9/W-1"),
    ShipmentDeparted("shipment/SO-9/W-1"),
    ShipmentArrived("shipment/SO-9/W-1"),
    ShipmentDelivered("shipment/SO-9/W-1", (), True, "Ana"),
    ShipmentFailed("shipment/SO-9/W-1", "why"),
]


@pytest.mark.parametrize("fact", UNKNOWN, ids=lambda fact: fact.event_kind)
def test_what_nobody_knows_is_refused_and_nothing_is_written(engine: Engine, fact: Fact) -> None:
    before = snapshot(engine)
    with pytest.raises(UnknownId):
        record(engine, fact)
    assert snapshot(engine) == before


def test_the_future_empty_names_and_unknown_kinds_are_refused(engine: Engine) -> None:
    order_id = make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS)])
    fact = StockCounted(BOLTS, 1_000)
    refused: list[tuple[Fact, dict[str, Any], type[PerfectOrderError], str]] = [
        (fact, {"occurred_at": NOON + HOUR_MS}, InvalidInput, "occurredAt"),
        (fact, {"source": " "}, InvalidInput, "source"),
        (fact, {"key": ""}, InvalidInput, "idempotencyKey"),
        (fact, {"key": "ü" * 100}, InvalidInput, "idempotencyKey is too long"),
        (fact, {"occurred_at": -1}, InvalidInput, "occurredAt is -1"),
        (HoldSet(order_id, "mood", "why", NOON), {}, SchemaViolation, "mood"),
        (HoldSet(order_id, "credit", "why", NOON - 1), {}, InvalidInput, "expectedClearAt"),
        (PurchaseOrderDelayed(VALVE_INBOUND, NOON - 1), {}, InvalidInput, "expectedAt"),
        (StockCounted(BOLTS, -1), {}, InvalidInput, "onHand"),
    ]
    for wrong, how, error, field in refused:
        with pytest.raises(error, match=field):
            record_event(
                engine, wrong, **{"occurred_at": NOON, "source": "t", "key": "1", "now": NOON, **how}
            )
    record_event(engine, fact, occurred_at=NOON + 60_000, source="t", key="1", now=NOON)


class TestOnce:
    def test_the_same_key_with_the_same_content_counts_once(self, engine: Engine) -> None:
        first = record(engine, StockReceived(VALVE_INBOUND, 10))
        again = record(engine, StockReceived(VALVE_INBOUND, 10))
        assert again == replace(first, repeated=True)
        assert supply(engine, VALVES)["on_hand"] == 15

    def test_the_same_key_with_other_content_is_refused(self, engine: Engine) -> None:
        record(engine, StockReceived(VALVE_INBOUND, 10))
        with pytest.raises(InvalidInput, match="idempotencyKey"):
            record(engine, StockReceived(VALVE_INBOUND, 11))
        with pytest.raises(InvalidInput, match="idempotencyKey"):
            record(engine, StockReceived(VALVE_INBOUND, 10), at=NOON - 1)

    def test_a_key_counts_once_even_when_its_request_is_forgotten(self, engine: Engine) -> None:
        record(engine, StockReceived(VALVE_INBOUND, 10))
        engine.run(engine.g.V().has_label("Request").drop())
        assert record(engine, StockReceived(VALVE_INBOUND, 10)).repeated
        with pytest.raises(InvalidInput, match="another fact"):
            record(engine, StockReceived(VALVE_INBOUND, 11))
        assert supply(engine, VALVES)["on_hand"] == 15

    @pytest.mark.parametrize("kind", ["received", "hold"])
    def test_eight_senders_of_one_fact_have_one_effect(self, engine: Engine, kind: str) -> None:
        order_id = make_order(engine, "SO-1", [Draw(VALVE, 5, VALVE_INBOUND, VALVES_AT)])
        fact: Fact = StockReceived(VALVE_INBOUND, 10)
        if kind == "hold":
            fact = HoldSet(order_id, "credit", "limit", NOON + DAY_MS)
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: record(engine, fact), range(8)))
        assert len({answer.event_id for answer in answers}) == 1
        assert sum(not answer.repeated for answer in answers) == 1
        subject = VALVE_INBOUND if kind == "received" else ids.hold(order_id, "credit")
        assert engine.run(engine.g.V().has("Event", "subject", subject).count()) == [1]
        if kind == "received":
            assert supply(engine, VALVES) == {"on_hand": 15, "reserved": 5, "available": 10}

    def test_receipts_and_reservations_at_once_lose_nothing(self, engine: Engine) -> None:
        def receive(n: int) -> None:
            record(engine, StockReceived(VALVE_INBOUND, 1), f"r{n}")

        def take(n: int) -> int:
            try:
                engine.transact(reserve(engine.g, {VALVES: 1}))
            except PerfectOrderError:
                return 0
            return 1

        with ThreadPoolExecutor(4) as pool:
            received = [pool.submit(receive, n) for n in range(20)]
            taken = [pool.submit(take, n) for n in range(20)]
            for done in received:
                done.result()
            took = sum(t.result() for t in taken)
        assert supply(engine, VALVES) == {"on_hand": 25, "reserved": took, "available": 25 - took}
