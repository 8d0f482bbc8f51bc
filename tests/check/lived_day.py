"""A Monday in the small world, lived through with the real operations, and raw writes that spoil it.

Bought for Tuesday are kits, cold and dangerous goods, something from either warehouse; one order waits for a
receipt, one is short, one held, one lacks a paper, one is cancelled. Then a street is closed and Tuesday
is planned: the paint is left out, since no vehicle of its warehouse may carry it.
"""

from __future__ import annotations

from gremlin_python.process.traversal import Cardinality

from api.operations.assess_readiness import assess_readiness
from api.operations.cancel_order import CancelOrder, cancel_order
from api.operations.place_order import LineRequest, PlacedOrder, PlaceOrder, place_orders
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from api.operations.record_event import Fact, HoldSet, RoadClosed, record_event
from api.operations.source_orders import source_orders
from graph.engines.port import EdgeRow, Engine
from graph.schema import ids
from graph.schema.elements import PropertyValue
from tests.worlds import (
    BOLT,
    C1,
    C2,
    C3,
    DAY_MS,
    HOUR_MS,
    LAST,
    MOTOR,
    PAINT,
    START_AT,
    UNIT,
    VACCINE,
    VALVE,
    small_engine,
)

TUESDAY = "2026-03-03"
TUESDAY_NOON = START_AT + DAY_MS + 6 * HOUR_MS
MINUTE_MS = 60_000
AFTER_CUTOFF = START_AT + 13 * HOUR_MS
PLAN = ids.plan(TUESDAY, 1)
KITS, COLD, MOTORS, BOLTS, INBOUND, SHORT, PAPERLESS, HELD, GONE, DANGEROUS = (
    ids.order(f"SO-{n}") for n in range(1, 11)
)
_WANTED: tuple[tuple[str, str, str, int], ...] = (
    (KITS, C1, UNIT, 2),
    (COLD, C1, VACCINE, 5),
    (MOTORS, C2, MOTOR, 2),
    (BOLTS, C3, BOLT, 100),
    (INBOUND, C1, VALVE, 50),
    (SHORT, C1, LAST, 150),
    (PAPERLESS, C3, BOLT, 10),
    (HELD, C2, BOLT, 5),
    (GONE, C1, BOLT, 7),
    (DANGEROUS, C1, PAINT, 1),
)


def lived_day(url: str) -> Engine:
    """The small world at ``url`` after that Monday."""
    engine = small_engine(url)
    requests = [
        PlaceOrder(
            ids.parts(order_id)[0],
            customer_id,
            TUESDAY_NOON,
            (LineRequest(sku_id, quantity),),
            missing_papers=("packing_list",) if order_id == PAPERLESS else (),
        )
        for order_id, customer_id, sku_id, quantity in _WANTED
    ]
    placed = [one for one in place_orders(engine, requests, now=START_AT) if isinstance(one, PlacedOrder)]
    source_orders(engine, [one.order_id for one in placed], now=START_AT + HOUR_MS)
    cancel_order(engine, CancelOrder(GONE, "changed their mind"), now=START_AT + 2 * HOUR_MS)
    hold = HoldSet(HELD, "credit", "limit exceeded", START_AT + 3 * DAY_MS)
    closure = RoadClosed("BRIDGE", ("road-segment/201",), "the bridge is closed", START_AT + 5 * DAY_MS)
    facts: tuple[Fact, ...] = (hold, closure)
    for number, fact in enumerate(facts):
        at = START_AT + 3 * HOUR_MS
        record_event(engine, fact, occurred_at=at, source="test", key=f"fact-{number}", now=at)
    assess_readiness(engine, day=TUESDAY, now=AFTER_CUTOFF)
    planned_at = AFTER_CUTOFF + 5 * MINUTE_MS
    plan = plan_routes(engine, day=TUESDAY, now=planned_at, seed=1, iterations=50, in_process=True)
    publish_plan(engine, plan.plan_id, now=planned_at)
    return engine


def first(engine: Engine, label: str, **having: PropertyValue) -> str:
    """The first vertex of a kind, by id, that has these values."""
    found = engine.g.V().has_label(label)
    for name, value in having.items():
        found = found.has(name, value)
    return min(map(str, engine.run(found.id_())))


def put(engine: Engine, id: str, **changed: PropertyValue) -> None:
    """Overwrite properties of a vertex, whatever they follow from."""
    for name, value in changed.items():
        assert engine.run(engine.g.V(id).property(Cardinality.single, name, value).id_()) == [id]


def add(engine: Engine, id: str, name: str, more: int) -> None:
    """Raise a property of a vertex."""
    (value,) = engine.run(engine.g.V(id).values(name))
    put(engine, id, **{name: value + more})


def join(engine: Engine, label: str, from_id: str, to_id: str) -> None:
    """Add an edge without properties."""
    engine.bulk_load([], [EdgeRow(label, from_id, to_id)])


def cut(engine: Engine, id: str, label: str) -> None:
    """Drop the edges of a kind that leave a vertex."""
    assert engine.run(engine.g.V(id).out_e(label).count()) != [0]
    engine.run(engine.g.V(id).out_e(label).drop())


def cut_into(engine: Engine, id: str, label: str) -> None:
    """Drop the edges of a kind that lead to a vertex."""
    assert engine.run(engine.g.V(id).in_e(label).count()) != [0]
    engine.run(engine.g.V(id).in_e(label).drop())


def lead(engine: Engine, id: str, label: str, to_id: str) -> None:
    """Let the only edge of a kind that leaves a vertex lead elsewhere."""
    cut(engine, id, label)
    join(engine, label, id, to_id)


def out(engine: Engine, id: str, *labels: str) -> str:
    """Where the edges lead, one after the other; the first by id of several."""
    for label in labels:
        id = min(map(str, engine.run(engine.g.V(id).out(label).id_())))
    return id


def into(engine: Engine, id: str, *labels: str) -> str:
    """Where the edges come from, one after the other; the first by id of several."""
    for label in labels:
        id = min(map(str, engine.run(engine.g.V(id).in_(label).id_())))
    return id
