"""Changing many orders safely: decide on what was read, write it as a unit, read again when it moved."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from api.operations.batches import in_chunks
from api.operations.expectation import LoadedOrder, Warehouses, facts_of, load_order_facts, projection_of
from graph.engines.port import Engine, Statement
from graph.errors import Conflict, StatementMissed
from graph.traversals.events import NewEvent, OrderEntry, many_order_events
from graph.traversals.facts import OrderState
from graph.traversals.projection import OrderProjection, project_orders

ORDERS_A_UNIT = 250
ATTEMPTS = 8
PAUSE_S = 0.005


@dataclass(frozen=True)
class OrderChange:
    """An order as it was read and as it shall stand, with the events (at least one) that tell of it."""

    read: LoadedOrder
    state: OrderState
    events: tuple[NewEvent, ...]


@dataclass(frozen=True)
class Changed:
    """What was changed, and how all the orders that were looked at stand afterwards, by id."""

    changes: tuple[OrderChange, ...]
    standing: Mapping[str, LoadedOrder]


Decide = Callable[[LoadedOrder], OrderChange | None]
"""What to do with an order as it stands; None: nothing."""

Write = Callable[[Sequence[OrderChange]], list[Statement]]
"""The statements beside projection and events that carry changes out."""


def _nothing_more(changes: Sequence[OrderChange]) -> list[Statement]:  # noqa: ARG001
    return []


def write_orders(
    engine: Engine, changes: Sequence[OrderChange], *, warehouses: Warehouses, now: int
) -> list[Statement]:
    """The statements that check the orders' versions, write their events and project them."""
    if not changes:
        return []
    entries = [OrderEntry(c.read.order_id, c.read.event_count, c.events) for c in changes]
    return [
        *many_order_events(engine.g, entries, now),
        project_orders(engine.g, [projected(change, warehouses, now=now) for change in changes]),
    ]


def projected(change: OrderChange, warehouses: Warehouses, *, now: int) -> OrderProjection:
    """Where the order stands once it is changed."""
    return projection_of(change.state, warehouses, now=now)


def change_orders(
    engine: Engine,
    loaded: Mapping[str, LoadedOrder],
    decide: Decide,
    *,
    warehouses: Warehouses,
    now: int,
    write: Write = _nothing_more,
) -> Changed:
    """Decide on each order and write the changes in units of 250 orders (about 1,000 rows).

    A unit that lost a race is read, decided and written again; :class:`Conflict` when it keeps losing.
    """
    rng = random.Random(now)
    done: list[OrderChange] = []
    standing: dict[str, LoadedOrder] = {}
    for chunk in in_chunks(list(loaded.values()), ORDERS_A_UNIT):
        changes, seen = _change_unit(engine, chunk, decide, write, warehouses=warehouses, now=now, rng=rng)
        done += changes
        standing |= {order.order_id: order for order in seen}
        standing |= {
            change.read.order_id: LoadedOrder(change.state, facts_of(change.state, warehouses))
            for change in changes
        }
    return Changed(tuple(done), standing)


def _change_unit(
    engine: Engine,
    orders: Sequence[LoadedOrder],
    decide: Decide,
    write: Write,
    *,
    warehouses: Warehouses,
    now: int,
    rng: random.Random,
) -> tuple[list[OrderChange], Sequence[LoadedOrder]]:
    for attempt in range(ATTEMPTS):
        changes = [change for order in orders if (change := decide(order)) is not None]
        if not changes:
            return [], orders
        try:
            engine.transact([*write_orders(engine, changes, warehouses=warehouses, now=now), *write(changes)])
        except StatementMissed:
            back_off(attempt, rng)
            ids = [order.order_id for order in orders]
            orders = list(load_order_facts(engine, ids, warehouses=warehouses).values())
        else:
            return changes, orders
    raise Conflict(
        f"{orders[0].order_id} and {len(orders) - 1} more kept changing while they were assessed; try again"
    )


def back_off(attempt: int, rng: random.Random) -> None:
    """Wait a little before trying again, longer each time and never the same."""
    time.sleep(PAUSE_S * 2**attempt * rng.random())
