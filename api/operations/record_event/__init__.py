"""Recording what happened: each fact once, with all it changes, as one unit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from api.operations.form import demand_text
from api.operations.idempotency import digest_of, remember, remembered
from api.operations.order_changes import back_off
from api.operations.record_event.deliveries import arrive, deliver, depart, fail, pick
from api.operations.record_event.facts import (
    CONDITIONS,
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
)
from api.operations.record_event.holds_and_papers import attach_paper, release_hold, set_hold
from api.operations.record_event.purchasing import delay_purchase_order, tell_waiting_orders
from api.operations.record_event.recording import Recording, Unit
from api.operations.record_event.roads import close_road, open_road
from api.operations.record_event.stock import count_stock, receive_stock
from graph.engines.port import Engine
from graph.errors import Conflict, InvalidInput, StatementMissed
from graph.schema import ids
from graph.traversals.recording import event_data

__all__ = [
    "CONDITIONS",
    "DeliveredLine",
    "Fact",
    "HoldReleased",
    "HoldSet",
    "PaperAttached",
    "PurchaseOrderDelayed",
    "RecordedEvent",
    "RoadClosed",
    "RoadOpened",
    "ShipmentArrived",
    "ShipmentDelivered",
    "ShipmentDeparted",
    "ShipmentFailed",
    "ShipmentPicked",
    "StockCounted",
    "StockReceived",
    "record_event",
]

AHEAD_MS = 5 * 60_000
"""How far the clock of a source may run ahead of ours."""

LONGEST_ENCODED = 400
"""Characters of source and key together, as they stand in ids."""

ATTEMPTS = 12
OPERATION = "recordEvent"

_RECORD: Mapping[type, Callable[[Recording, Any], Unit]] = {
    StockReceived: receive_stock,
    StockCounted: count_stock,
    PurchaseOrderDelayed: delay_purchase_order,
    HoldSet: set_hold,
    HoldReleased: release_hold,
    PaperAttached: attach_paper,
    RoadClosed: close_road,
    RoadOpened: open_road,
    ShipmentPicked: pick,
    ShipmentDeparted: depart,
    ShipmentArrived: arrive,
    ShipmentDelivered: deliver,
    ShipmentFailed: fail,
}


@dataclass(frozen=True)
class RecordedEvent:
    """The event that was written and the orders it changed; ``repeated``: it had been recorded before."""

    event_id: str
    kind: str
    order_ids: tuple[str, ...]
    repeated: bool = False


def record_event(
    engine: Engine, fact: Fact, *, occurred_at: int, source: str, key: str, now: int
) -> RecordedEvent:
    """Record that ``fact`` occurred (UTC epoch ms), as ``source`` says under its own ``key``.

    The fact, what it changes, and the projections and events of the orders it touches are one unit; only
    what a delayed purchase order does to more than 250 orders is spread over several. The same source and
    key again, with the same content, give the first answer and finish what a crash cut off; with other
    content they are refused. Raises :class:`~graph.errors.InvalidInput` and its kinds for what cannot be,
    :class:`~graph.errors.Conflict` when others kept changing the same things.
    """
    demand_text("source", source, most=80)
    demand_text("idempotencyKey", key, most=100)
    if occurred_at <= 0:
        raise InvalidInput("occurredAt", f"is {occurred_at}: give UTC epoch milliseconds, after 1970")
    if occurred_at > now + AHEAD_MS:
        raise InvalidInput("occurredAt", "is in the future; record what has happened")
    if len(ids.encode(source)) + len(ids.encode(key)) > LONGEST_ENCODED:
        raise InvalidInput("idempotencyKey", "is too long for an id together with source; use plain letters")
    request_key = f"{ids.encode(source)}/{ids.encode(key)}"
    digest = digest_of({"kind": fact.event_kind, "occurred_at": occurred_at, **asdict(fact)})
    rng = random.Random(request_key)
    for attempt in range(ATTEMPTS):
        recording = Recording(engine, fact, occurred_at, source, key, now)
        answer = remembered(engine, operation=OPERATION, key=request_key, digest=digest)
        if answer is not None:
            _finish(recording)
            return RecordedEvent(
                answer["event_id"], fact.event_kind, tuple(answer["order_ids"]), repeated=True
            )
        try:
            unit = _RECORD[type(fact)](recording, fact)
        except InvalidInput:
            if remembered(engine, operation=OPERATION, key=request_key, digest=digest) is None:
                raise
            continue  # it cannot be recorded because it was, a moment ago
        except StatementMissed:
            back_off(attempt, rng)
            continue  # what it was decided on changed while it was read
        answer = {"event_id": unit.event_id, "order_ids": unit.order_ids}
        try:
            engine.transact(
                [
                    *remember(
                        engine.g, operation=OPERATION, key=request_key, digest=digest, answer=answer, now=now
                    ),
                    *unit.statements,
                ]
            )
        except StatementMissed as missed:
            if missed.statement == f"{recording.fact_id} is new":
                return _long_ago(recording)
            back_off(attempt, rng)
        else:
            return RecordedEvent(unit.event_id, fact.event_kind, (*unit.order_ids, *_finish(recording)))
    raise Conflict(f"{fact.event_kind} by {source}: others kept changing the same things; send it again")


def _finish(recording: Recording) -> tuple[str, ...]:
    """Do what did not fit into the first unit."""
    if isinstance(recording.fact, PurchaseOrderDelayed):
        return tell_waiting_orders(recording, recording.fact)
    return ()


def _long_ago(recording: Recording) -> RecordedEvent:
    """The answer for a fact that is in the graph though its request is forgotten."""
    (data,) = recording.engine.run(event_data(recording.engine.g, recording.fact_id))
    known = json.loads(data)
    said = json.loads(json.dumps(recording.data()))
    if any(known.get(name) != value for name, value in said.items()):
        raise InvalidInput(
            "idempotencyKey",
            f"{recording.key!r} of {recording.source} stands for another fact; take a new key",
        )
    return RecordedEvent(recording.fact_id, recording.fact.event_kind, (), repeated=True)
