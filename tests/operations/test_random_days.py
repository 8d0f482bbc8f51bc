"""Days on which anything may happen: whatever is recorded, in whatever order, the graph stays sound."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from api.check.run import check_graph
from api.operations.assess_readiness import assess_readiness
from api.operations.cancel_order import CancelOrder, cancel_order
from api.operations.explain_lateness import explain_lateness, late_orders
from api.operations.order_intake import LineRequest, PlaceOrder
from api.operations.place_order import place_order
from api.operations.record_event import (
    Fact,
    HoldReleased,
    HoldSet,
    PaperAttached,
    PurchaseOrderDelayed,
    RoadClosed,
    RoadOpened,
    ShipmentPicked,
    StockCounted,
    StockReceived,
    record_event,
)
from api.operations.source_orders import source_orders
from graph.engines.port import Engine
from graph.errors import PerfectOrderError
from graph.schema import ids
from tests.worlds import (
    BOLT,
    C1,
    C2,
    C3,
    DAY_MS,
    HOUR_MS,
    LAST,
    MOTOR,
    MOTOR_INBOUND,
    PUMP,
    START_AT,
    UNIT,
    VALVE,
    VALVE_INBOUND,
    W1,
    W2,
    small_engine,
)

STEPS = 60
STOCKS = [
    ids.stock(W1, BOLT),
    ids.stock(W1, PUMP),
    ids.stock(W1, VALVE),
    ids.stock(W2, MOTOR),
    ids.stock(W1, LAST),
]
RECEIPTS = [VALVE_INBOUND, MOTOR_INBOUND]


class RandomDays:
    """Does one random thing after another, as time goes on; remembers what was refused."""

    def __init__(self, engine: Engine, seed: int, *, alone: bool = True) -> None:
        self.engine = engine
        self.seed = seed
        self.alone = alone
        self.rng = random.Random(seed)
        self.now = START_AT
        self.orders: list[str] = []
        self.done = 0

    def step(self) -> None:
        self.now += self.rng.randrange(1, 90 * 60_000)
        action: Callable[[], object] = self.rng.choices(
            [self.place, self.source, self.assess, self.cancel, self.record], [4, 3, 2, 1, 12]
        )[0]
        try:
            action()
        except PerfectOrderError:
            return
        self.done += 1

    def place(self) -> None:
        number = f"SO-{self.seed}-{len(self.orders)}"
        skus = self.rng.sample([BOLT, PUMP, MOTOR, VALVE, LAST, UNIT], self.rng.randint(1, 3))
        order = PlaceOrder(
            number,
            self.rng.choice([C1, C2, C3]),
            self.now + self.rng.randint(1, 5) * DAY_MS,
            tuple(LineRequest(sku, self.rng.randint(1, 25)) for sku in skus),
            priority=self.rng.randint(1, 5),
            missing_papers=("invoice",) if self.rng.random() < 0.3 else (),
        )
        place_order(self.engine, order, now=self.now)
        self.orders.append(ids.order(number))

    def source(self) -> None:
        promised = self.engine.run(self.engine.g.V().has("Order", "status", "promised").id_())
        source_orders(self.engine, sorted(promised), now=self.now)

    def assess(self) -> None:
        day = f"2026-03-{self.rng.randint(3, 9):02d}"
        assess_readiness(self.engine, day=day, now=self.now)
        again = assess_readiness(self.engine, day=day, now=self.now)
        assert again.changed == 0 or not self.alone

    def cancel(self) -> None:
        cancel_order(self.engine, CancelOrder(self.rng.choice(self.orders or ["order/none"])), now=self.now)

    def record(self) -> None:
        fact = self.rng.choice(self.facts())
        at = self.now - self.rng.choice([0, 0, 0, self.rng.randrange(HOUR_MS)])
        record_event(
            self.engine, fact, occurred_at=at, source="chance", key=str(self.rng.random()), now=self.now
        )

    def facts(self) -> list[Fact]:
        rng, order_id = self.rng, self.rng.choice(self.orders or ["order/none"])
        until = self.now + rng.randint(1, 6 * 24) * HOUR_MS
        return [
            StockReceived(rng.choice(RECEIPTS), rng.randint(1, 40)),
            StockReceived(rng.choice(RECEIPTS), rng.randint(1, 40)),
            StockCounted(rng.choice(STOCKS), rng.randint(0, 60)),
            StockCounted(rng.choice(STOCKS), rng.randint(0, 60)),
            PurchaseOrderDelayed(rng.choice(RECEIPTS), until),
            HoldSet(order_id, rng.choice(["credit", "fraud"]), "why not", until),
            HoldReleased(ids.hold(order_id, rng.choice(["credit", "fraud"]))),
            PaperAttached(order_id, "invoice", "F-1"),
            RoadClosed(str(rng.randint(1, 3)), ("road-segment/100", "road-segment/101"), "works", until),
            RoadOpened(f"road-event/{rng.randint(1, 3)}"),
            ShipmentPicked(ids.shipment(order_id, rng.choice([W1, W2]))),
        ]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_independent_checker_finds_nothing_wrong(seed: int) -> None:
    engine = small_engine()
    days = RandomDays(engine, seed)
    for _ in range(STEPS):
        days.step()
    assert days.done > STEPS // 3
    assert_sound(engine, days)
    engine.close()


def test_nor_when_four_do_it_at_once() -> None:
    engine = small_engine()
    several = [RandomDays(engine, seed, alone=False) for seed in range(4)]

    def live(days: RandomDays) -> None:
        for _ in range(STEPS // 2):
            days.step()

    with ThreadPoolExecutor(len(several)) as pool:
        list(pool.map(live, several))
    assert sum(days.done for days in several) > STEPS // 3
    for days in several:
        assert_sound(engine, days)
    engine.close()


def assert_sound(engine: Engine, days: RandomDays) -> None:
    assert check_graph(engine).findings == ()
    for order in late_orders(engine, now=days.now):
        assert sum(cause.late_by_s for cause in order.causes) == order.late_by_s
    for order in explain_lateness(engine, days.orders, now=days.now):
        assert bool(order.causes) == (order.late_by_s > 0) or order.status == "cancelled"
