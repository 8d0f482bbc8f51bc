"""Cancelling an order: everything that is set aside for it becomes free again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from api.operations.expectation import LoadedOrder, load_order_facts, load_warehouses
from api.operations.form import demand_id, demand_text
from api.operations.idempotency import digest_of, remember, remembered
from api.operations.order_changes import OrderChange, back_off, write_orders
from api.operations.promised_order import SERVICE
from graph.engines.port import Engine, Statement
from graph.errors import Conflict, StatementMissed, UnknownId
from graph.schema.lifecycle import ORDER
from graph.traversals.events import NewEvent
from graph.traversals.facts import OrderState
from graph.traversals.sourcing import EndedOrder, give_back_room, shipment_days, write_ended
from graph.traversals.supply import release

OPERATION = "cancelOrder"
ATTEMPTS = 8
LONGEST_REASON = 500


@dataclass(frozen=True)
class CancelOrder:
    """Which order is to be cancelled, and why."""

    order_id: str
    reason: str = ""


@dataclass(frozen=True)
class CancelledOrder:
    """A cancelled order, and how many units of each stock and purchase-order line it let go."""

    order_id: str
    released: Mapping[str, int]


def cancel_order(
    engine: Engine, request: CancelOrder, *, now: int, idempotency_key: str | None = None
) -> CancelledOrder:
    """Cancel an order that has not left; cancelling it again changes nothing and lets go of nothing.

    Raises :class:`UnknownId` for what is no order, :class:`~graph.errors.ForbiddenTransition` once it is on
    its way, :class:`Conflict` when it kept changing.
    """
    demand_id("orderId", request.order_id, "order")
    demand_text("reason", request.reason, least=0, most=LONGEST_REASON, lines=True)
    digest = digest_of(request)
    dice = random.Random(request.order_id)
    for attempt in range(ATTEMPTS):
        if idempotency_key is not None:
            answer = remembered(engine, operation=OPERATION, key=idempotency_key, digest=digest)
            if answer is not None:
                return _cancelled_order(answer)
        loaded = load_order_facts(engine, [request.order_id]).get(request.order_id)
        if loaded is None:
            raise UnknownId("orderId", f"{request.order_id} is no order")
        if loaded.status == "cancelled":
            return CancelledOrder(request.order_id, {})
        ORDER.demand(now=loaded.status, then="cancelled", id=loaded.order_id, field="orderId")
        cancelled = CancelledOrder(request.order_id, _amounts(loaded.state))
        unit = _unit(engine, loaded, cancelled, request.reason, now=now)
        if idempotency_key is not None:
            unit += remember(
                engine.g,
                operation=OPERATION,
                key=idempotency_key,
                digest=digest,
                answer=asdict(cancelled),
                now=now,
            )
        try:
            engine.transact(unit)
        except StatementMissed:
            back_off(attempt, dice)
        else:
            return cancelled
    raise Conflict(f"{request.order_id} kept changing while it was cancelled; nothing was written, try again")


def _cancelled_order(answer: Mapping[str, Any]) -> CancelledOrder:
    return CancelledOrder(**answer)


def _amounts(order: OrderState) -> dict[str, int]:
    amounts: Counter[str] = Counter()
    for allocation in order.allocations:
        if allocation.source_id is not None:
            amounts[allocation.source_id] += allocation.quantity
    return dict(amounts)


def _unit(
    engine: Engine, loaded: LoadedOrder, cancelled: CancelledOrder, reason: str, *, now: int
) -> list[Statement]:
    g, order = engine.g, loaded.state
    days = {row["id"]: row["day"] for row in engine.run(shipment_days(g, [order.id]))}
    live = [shipment for shipment in order.shipments if shipment.status != "cancelled"]
    ended = EndedOrder(
        order.id,
        line_ids=tuple(line.id for line in order.lines if line.status != "cancelled"),
        allocations={allocation.id: allocation.state for allocation in order.allocations},
        shipment_ids=tuple(shipment.id for shipment in live),
        stop_ids=tuple(stop.id for shipment in live for stop in shipment.stops),
    )
    event = NewEvent(
        "order_cancelled",
        now,
        SERVICE,
        order.id,
        {"reason": reason, "was": order.status, "released": cancelled.released},
    )
    change = OrderChange(loaded, replace(order, status="cancelled"), (event,))
    return [
        *write_orders(engine, [change], warehouses=load_warehouses(engine), now=now),
        *write_ended(g, ended),
        *release(g, cancelled.released),
        *give_back_room(g, Counter(days[shipment.id] for shipment in live)),
    ]
