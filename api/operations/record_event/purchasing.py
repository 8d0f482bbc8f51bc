"""What suppliers say about what they still owe."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from api.operations.expectation import LoadedOrder
from api.operations.order_changes import ATTEMPTS, ORDERS_A_UNIT, OrderChange, back_off, write_orders
from api.operations.record_event.facts import PurchaseOrderDelayed
from api.operations.record_event.recording import Recording, Unit, demand_instant, unknown
from graph.engines.port import Statement
from graph.errors import Conflict, ForbiddenTransition, StatementMissed
from graph.traversals.elements import change_vertices
from graph.traversals.facts import AllocationState, OrderState
from graph.traversals.recording import (
    DRAWING,
    events_after,
    orders_drawing_on,
    purchase_order_line,
    set_where,
)
from graph.traversals.supply import still_expected


def delay_purchase_order(recording: Recording, fact: PurchaseOrderDelayed) -> Unit:
    """Take over the new date; the first 250 orders that wait for the line are told in the same unit.

    A statement that is older than one already recorded is kept, and changes nothing.
    """
    line = inbound_line(recording, fact.purchase_order_line_id)
    demand_instant(
        fact.expected_at,
        field="expectedAt",
        after=recording.occurred_at,
        now=recording.now,
        why="is before the supplier said so; record what came as received",
    )
    if line["received"] >= line["quantity"]:
        raise ForbiddenTransition(
            "purchaseOrderLineId", f"{fact.purchase_order_line_id} has come in whole: nothing can be late"
        )
    if _outdated(recording, fact):
        return recording.about_other_things(
            subject=fact.purchase_order_line_id,
            about=[fact.purchase_order_line_id],
            statements=[],
            data={"outdated": True},
        )
    changes = _changes(recording, fact, fact.expected_at)
    return recording.about_other_things(
        subject=fact.purchase_order_line_id,
        about=[fact.purchase_order_line_id],
        statements=[
            set_where(
                recording.engine.g,
                fact.purchase_order_line_id,
                held={"expected_at": line["expected_at"], "received": line["received"]},
                then={"expected_at": fact.expected_at},
                name="is as it was read",
            ),
            *_write(recording, fact, changes),
        ],
        changes=changes,
        data={"from": line["expected_at"]},
    )


def tell_waiting_orders(recording: Recording, fact: PurchaseOrderDelayed) -> tuple[str, ...]:
    """Tell the orders that the first unit left over, or that a crash kept from hearing; repeatable.

    They get the line's date as it is now, which a later fact may have set: a unit is written only while it
    holds. :class:`Conflict` when others kept changing the same orders.
    """
    g = recording.engine.g
    line_id = fact.purchase_order_line_id
    rng = random.Random(recording.key)
    told: list[str] = []
    missed = 0
    while missed < ATTEMPTS:
        expected_at = inbound_line(recording, line_id)["expected_at"]
        changes = _changes(recording, fact, expected_at)
        if not changes:
            return tuple(told)
        try:
            recording.engine.transact(
                [
                    *still_expected(g, [(line_id, expected_at)]),
                    *write_orders(
                        recording.engine, changes, warehouses=recording.warehouses, now=recording.now
                    ),
                    *_write(recording, fact, changes),
                ]
            )
        except StatementMissed:
            back_off(missed, rng)
            missed += 1
        else:
            told += [change.read.order_id for change in changes]
    raise Conflict(
        f"{line_id} has its new date, but orders that wait for it kept changing; send the same fact again "
        "to tell those that are left"
    )


def inbound_line(recording: Recording, line_id: str) -> Mapping[str, Any]:
    """A purchase-order line as it stands."""
    found = recording.engine.run(purchase_order_line(recording.engine.g, line_id))
    if not found:
        raise unknown("purchaseOrderLineId", line_id, "purchase-order line", "purchase-order-line/PO-17/1")
    row: Mapping[str, Any] = found[0]
    return row


def _outdated(recording: Recording, fact: PurchaseOrderDelayed) -> bool:
    later = events_after(
        recording.engine.g,
        fact.purchase_order_line_id,
        kinds=[fact.event_kind],
        after=recording.occurred_at,
    )
    return bool(recording.engine.run(later))


def _changes(recording: Recording, fact: PurchaseOrderDelayed, expected_at: int) -> list[OrderChange]:
    """What the date does to the first orders that wait for the line and have another one."""
    waiting = recording.engine.run(
        orders_drawing_on(recording.engine.g, fact.purchase_order_line_id, not_available_at=expected_at)
    )
    orders = recording.orders(waiting[:ORDERS_A_UNIT])
    return [c for order in orders.values() if (c := _postponed(recording, fact, order, expected_at))]


def _postponed(
    recording: Recording, fact: PurchaseOrderDelayed, order: LoadedOrder, expected_at: int
) -> OrderChange | None:
    if not any(_waits(a, fact, expected_at) for a in order.state.allocations):
        return None
    lines = tuple(
        replace(
            line,
            allocations=tuple(
                replace(a, available_at=expected_at) if _waits(a, fact, expected_at) else a
                for a in line.allocations
            ),
        )
        for line in order.state.lines
    )
    return recording.affected(order, replace(order.state, lines=lines))


def _waits(allocation: AllocationState, fact: PurchaseOrderDelayed, expected_at: int) -> bool:
    return (
        allocation.source_id == fact.purchase_order_line_id
        and allocation.state in DRAWING
        and allocation.available_at != expected_at
    )


def _write(
    recording: Recording, fact: PurchaseOrderDelayed, changes: Sequence[OrderChange]
) -> list[Statement]:
    postponed = {
        a.id: {"available_at": a.available_at}
        for change in changes
        for a in _drawing(change.state, fact.purchase_order_line_id)
    }
    return change_vertices(recording.engine.g, "Allocation", postponed)


def _drawing(order: OrderState, source_id: str) -> list[AllocationState]:
    return [a for a in order.allocations if a.source_id == source_id and a.state in DRAWING]
