"""Everything that can be done to a graph, at random, from several threads at once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock, Thread

from gremlin_python.process.traversal import P, T

from api.operations.assess_readiness import assess_readiness
from api.operations.cancel_order import CancelOrder, cancel_order
from api.operations.place_order import LineRequest, PlaceOrder, place_order
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from api.operations.record_event import (
    DeliveredLine,
    Fact,
    HoldReleased,
    HoldSet,
    PaperAttached,
    PurchaseOrderDelayed,
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
from api.operations.source_orders import source_orders
from graph.engines.port import Engine
from graph.errors import Conflict, InvalidInput
from graph.schema import ids
from optimizer.calendar import local_date
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
    PAINT,
    PLATE,
    PUMP,
    START_AT,
    TIME_ZONE,
    UNIT,
    VACCINE,
    VALVE,
    VALVE_INBOUND,
    W1,
    W2,
)

STEP_MS = 5_000
"""How far the clock moves from one thing to the next."""
ROUND_S = 2.0
LEAP_MS = 5 * HOUR_MS
"""How far it leaps between rounds, when nobody is at anything."""
SKUS = (BOLT, PUMP, MOTOR, VALVE, PLATE, VACCINE, PAINT, UNIT, LAST)
STOCKS = (
    *(ids.stock(W1, sku) for sku in (BOLT, PUMP, VALVE, PLATE, VACCINE, LAST)),
    *(ids.stock(W2, sku) for sku in (BOLT, MOTOR)),
)
STREETS = ("road-segment/200", "road-segment/201", "road-segment/111", "road-segment/101")


@dataclass
class Mix:
    """What several threads do to one small world; every thread draws from a seed of its own.

    ``refused`` counts what was refused for a good reason, ``failures`` is whatever else was raised.
    """

    engine: Engine
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[BaseException] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    _now: int = START_AT
    _number: int = 0
    _lock: Lock = field(default_factory=Lock)

    def run(self, *, threads: int, seconds: float, seed: int) -> None:
        """Let them work for that long, in rounds."""
        dice = [random.Random(seed + i) for i in range(threads)]
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            round_ends_at = min(ends_at, time.monotonic() + ROUND_S)
            workers = [Thread(target=self._work, args=(each, round_ends_at)) for each in dice]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            self._now += LEAP_MS

    def now(self) -> int:
        """The next moment (UTC epoch ms); no two are the same."""
        with self._lock:
            self._now += STEP_MS
            return self._now

    def _work(self, dice: random.Random, ends_at: float) -> None:
        try:
            while time.monotonic() < ends_at:
                self.step(dice)
        except BaseException as error:
            self.failures.append(error)

    def step(self, dice: random.Random) -> None:
        """Do one thing."""
        (do,) = dice.choices(ACTIONS, WEIGHTS)
        try:
            do(self, dice)
        except (InvalidInput, Conflict) as error:
            self.refused[f"{do.__name__}: {type(error).__name__}"] += 1
        else:
            self.done[do.__name__] += 1

    def some_order(self, dice: random.Random) -> str:
        """One of those that were placed, mostly a recent one."""
        if not self.orders:
            return ids.order("none yet")
        return self.orders[-1 - int(len(self.orders) * dice.random() ** 2)]

    def next_number(self) -> str:
        """A number no order has."""
        with self._lock:
            self._number += 1
            return f"MIX-{self._number}"

    def record(self, dice: random.Random, fact: Fact) -> None:
        """Record a fact that occurred just now; now and then twice, as a source that lost the answer does."""
        now, key = self.now(), f"{dice.getrandbits(64):x}"
        for _ in range(1 + (dice.random() < 0.1)):
            record_event(self.engine, fact, occurred_at=now, source="mix", key=key, now=now)


def place(mix: Mix, dice: random.Random) -> None:
    now = mix.now()
    lines = tuple(LineRequest(dice.choice(SKUS), dice.randint(1, 6)) for _ in range(dice.randint(1, 3)))
    request = PlaceOrder(
        mix.next_number(),
        dice.choice((C1, C2, C3)),
        now + dice.randint(1, 72) * HOUR_MS,
        lines,
        priority=dice.randint(1, 5),
        missing_papers=("packing_list",) if dice.random() < 0.1 else (),
    )
    key = request.number if dice.random() < 0.2 else None
    for _ in range(2 if key else 1):
        placed = place_order(mix.engine, request, now=now, idempotency_key=key)
    mix.orders.append(placed.order_id)


def source(mix: Mix, dice: random.Random) -> None:
    wanted = [mix.some_order(dice) for _ in range(dice.randint(1, 10))] if mix.orders else []
    source_orders(mix.engine, list(dict.fromkeys(wanted)), now=mix.now(), iterations=200)


def cancel(mix: Mix, dice: random.Random) -> None:
    cancel_order(mix.engine, CancelOrder(mix.some_order(dice), "no longer wanted"), now=mix.now())


def assess(mix: Mix, dice: random.Random) -> None:
    now = mix.now()
    assess_readiness(mix.engine, day=some_day(now, dice), now=now)


def plan(mix: Mix, dice: random.Random) -> None:
    now = mix.now()
    day = some_day(now, dice)
    assess_readiness(mix.engine, day=day, now=now)
    made = plan_routes(
        mix.engine, day=day, now=now, seed=dice.getrandbits(30), iterations=20, in_process=True
    )
    publish_plan(mix.engine, made.plan_id, now=mix.now())


def some_day(now: int, dice: random.Random) -> str:
    """Today or one of the next days, as local dates."""
    return local_date(now + dice.choice((0, 1, 1, 1, 2)) * DAY_MS, time_zone=TIME_ZONE).isoformat()


def hold(mix: Mix, dice: random.Random) -> None:
    order_id = mix.some_order(dice)
    kind = dice.choice(("credit", "fraud", "quality"))
    if dice.random() < 0.5:
        mix.record(dice, HoldReleased(ids.hold(order_id, kind)))
    else:
        mix.record(dice, HoldSet(order_id, kind, "look at it", mix.now() + dice.randint(1, 60) * HOUR_MS))


def paper(mix: Mix, dice: random.Random) -> None:
    mix.record(dice, PaperAttached(mix.some_order(dice), "packing_list", "PL-1"))


def stock(mix: Mix, dice: random.Random) -> None:
    if dice.random() < 0.5:
        mix.record(dice, StockCounted(dice.choice(STOCKS), dice.randint(0, 120)))
    else:
        mix.record(dice, StockReceived(dice.choice((VALVE_INBOUND, MOTOR_INBOUND)), dice.randint(1, 8)))


def delay(mix: Mix, dice: random.Random) -> None:
    line_id = dice.choice((VALVE_INBOUND, MOTOR_INBOUND))
    mix.record(dice, PurchaseOrderDelayed(line_id, START_AT + dice.randint(1, 14) * DAY_MS))


def road(mix: Mix, dice: random.Random) -> None:
    code = dice.choice(("A", "B", "C"))
    if dice.random() < 0.5:
        mix.record(dice, RoadOpened(ids.make("road-event", code)))
    else:
        streets = tuple(dice.sample(STREETS, dice.randint(1, 2)))
        mix.record(dice, RoadClosed(code, streets, "closed for a while", mix.now() + DAY_MS))


def deliver(mix: Mix, dice: random.Random) -> None:
    """Some of what happens to a shipment, in order: also twice, too early, or after it was cancelled."""
    g = mix.engine.g
    under_way = P.within(["open", "picked", "in_transit", "arrived", "failed"])
    known = mix.engine.run(g.V().has_label("Shipment").has("status", under_way).order().by(T.id).id_())
    shipment_id = dice.choice(known) if known else ids.shipment(ids.order("none yet"), W1)
    line_id = ids.order_line(ids.order(ids.parts(shipment_id)[0]), 1)
    part = DeliveredLine(line_id, 1, dice.choice(("intact", "damaged")))
    by = "the porter"
    endings: Sequence[Fact] = (
        ShipmentDelivered(shipment_id, (), papers_complete=True, received_by=by),
        ShipmentDelivered(shipment_id, (part,), papers_complete=False, received_by=by),
        ShipmentFailed(shipment_id, "nobody was there"),
    )
    facts: Sequence[Fact] = (
        ShipmentPicked(shipment_id),
        ShipmentDeparted(shipment_id),
        ShipmentArrived(shipment_id),
        dice.choice(endings),
    )
    for fact in facts[dice.randint(0, 1) : dice.randint(1, len(facts))]:
        mix.record(dice, fact)


Action = Callable[[Mix, random.Random], None]

ACTIONS: tuple[Action, ...] = (place, source, cancel, assess, plan, hold, paper, stock, delay, road, deliver)
WEIGHTS = (12, 5, 2, 2, 3, 2, 1, 2, 1, 1, 8)
