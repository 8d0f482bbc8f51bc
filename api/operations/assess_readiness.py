"""Deciding which orders of a planning day are ready, and what blocks the others.

An order is ready when all it needs is physically there, nobody holds it and its papers are complete.
Otherwise each blocker is named, with the vertices that prove it and the time it should clear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from api.operations.expectation import (
    LoadedOrder,
    Warehouses,
    load_order_facts,
    load_warehouses,
    projection_of,
)
from api.operations.local_days import demand_not_past, parse_day
from api.operations.order_changes import Changed, OrderChange, change_orders
from graph.engines.port import Engine, Statement
from graph.errors import UnknownId
from graph.schema.lifecycle import ORDER
from graph.traversals.events import NewEvent
from graph.traversals.projection import OrderProjection
from graph.traversals.readiness import UNDECIDED, orders_to_assess, take_back
from optimizer.calendar import instant_of
from optimizer.expectation import Constraint, OrderFacts, ready_at

SOURCE = "readiness"


@dataclass(frozen=True)
class Blocker:
    """What keeps an order: ``kind`` is short, inbound, hold or paper.

    ``evidence`` are the ids that prove it, from the order down to the most specific. It should be gone at
    ``expected_clear_at`` (UTC epoch ms); it is ``overdue`` when that has passed.
    """

    kind: str
    evidence: tuple[str, ...]
    expected_clear_at: int
    overdue: bool


@dataclass(frozen=True)
class BlockedOrder:
    """An order that cannot go, with everything that blocks it, what clears last first."""

    order_id: str
    blockers: tuple[Blocker, ...]
    expected_at: int
    day: str


@dataclass(frozen=True)
class Readiness:
    """Whether an order could go, and if not, why."""

    order_id: str
    status: str
    ready: bool
    blockers: tuple[Blocker, ...]


@dataclass(frozen=True)
class Assessment:
    """The orders of a planning day. ``later`` are unblocked, but too late for this day: they go on a later
    one. ``changed`` is how many orders were written.
    """

    day: str
    ready: tuple[str, ...]
    blocked: tuple[BlockedOrder, ...]
    later: tuple[str, ...]
    changed: int


def assess_readiness(engine: Engine, *, day: str, now: int) -> Assessment:
    """Decide on every order of the local date ``day`` (ISO 8601) and write what changed.

    These are the orders expected on that day, those promised for it or for a day before and not yet on
    their way, and those routed on it. Repeating it changes nothing. :class:`~graph.errors.InvalidInput`
    for a day that is past.
    """
    planning_day = parse_day(day)
    warehouses = load_warehouses(engine)
    demand_not_past(planning_day, warehouses, now=now)
    wanted = engine.run(
        orders_to_assess(engine.g, day=day, promised_before=_end_of(planning_day, warehouses))
    )
    loaded = load_order_facts(engine, wanted, warehouses=warehouses)
    changed = change_orders(
        engine,
        loaded,
        lambda order: _decide(order, day, warehouses, now=now),
        warehouses=warehouses,
        now=now,
        write=lambda changes: _take_back_failed(engine, changes),
    )
    return _assessment(day, changed, warehouses, now=now)


def readiness_of(engine: Engine, order_ids: Sequence[str], *, now: int) -> list[Readiness]:
    """Whether each order could go, in the order asked for; writes nothing.

    :class:`UnknownId` for an id that is no order.
    """
    loaded = load_order_facts(engine, order_ids)
    for order_id in order_ids:
        if order_id not in loaded:
            raise UnknownId("order", f"{order_id!r} does not exist; ask for ids like order/SO-1001")
    return [_readiness(loaded[order_id], now=now) for order_id in order_ids]


def blockers_of(facts: OrderFacts, *, now: int) -> tuple[Blocker, ...]:
    """What of the facts still stands, what clears last first."""
    standing = {
        constraint.evidence: constraint
        for constraint in (*facts.constraints, *(c for part in facts.parts for c in part.constraints))
        if constraint.open
    }
    found = sorted(standing.values(), key=lambda c: (-c.clears_at, c.kind, c.evidence))
    return tuple(_blocker(constraint, now=now) for constraint in found)


def status_of(facts: OrderFacts, *, now: int) -> str:
    """What an order that is sourced and has not left is by its facts: blocked, routed or ready."""
    if blockers_of(facts, now=now):
        return "blocked"
    return "routed" if _on_a_route(facts) else "ready"


def _blocker(constraint: Constraint, *, now: int) -> Blocker:
    return Blocker(
        constraint.kind, constraint.evidence, constraint.clears_at, overdue=constraint.clears_at <= now
    )


def _readiness(order: LoadedOrder, *, now: int) -> Readiness:
    done = order.status in ("cancelled", "delivered", "in_transit")
    blockers = () if done else blockers_of(order.facts, now=now)
    waiting = order.status == "promised" or done
    return Readiness(order.order_id, order.status, not blockers and not waiting, blockers)


def _decide(order: LoadedOrder, day: str, warehouses: Warehouses, *, now: int) -> OrderChange | None:
    """The change of one order; None when it already stands as it should."""
    if order.status not in (*UNDECIDED, "routed"):
        return None
    blockers = blockers_of(order.facts, now=now)
    status = status_of(order.facts, now=now)
    state = replace(order.state, status=status)
    after = projection_of(state, warehouses, now=now)
    if status == order.status and (after.expected_at, after.day) == (
        order.state.expected_at,
        order.state.day,
    ):
        return None
    for step, then in pairwise((order.status, *_FIRST.get((order.status, status), ()), status)):
        ORDER.demand(now=step, then=then, id=order.order_id)
    return OrderChange(order, state, (_event(order, after, blockers, day, now=now),))


_FIRST = {
    ("failed", "ready"): ("sourced",),
    ("failed", "blocked"): ("sourced",),
    ("blocked", "routed"): ("ready",),
    ("sourced", "routed"): ("ready",),
}
"""What an order becomes on the way when one assessment decides several things about it."""


def _on_a_route(facts: OrderFacts) -> bool:
    """Whether a plan in force brings all of it, and everything is there when the vehicles leave."""
    waiting = [part for part in facts.parts if part.delivered_at is None]
    return bool(waiting) and all(
        part.arrives_at is not None
        and part.leaves_at is not None
        and ready_at((*facts.constraints, *part.constraints), now=part.leaves_at) <= part.leaves_at
        for part in waiting
    )


def _event(
    order: LoadedOrder, after: OrderProjection, blockers: Sequence[Blocker], day: str, *, now: int
) -> NewEvent:
    kind = f"order_{after.status}" if after.status != order.status else "order_expected_changed"
    data: dict[str, object] = {"day": day, "from": order.state.expected_at, "to": after.expected_at}
    if blockers:
        data["blockers"] = [asdict(blocker) for blocker in blockers]
    about = [id for blocker in blockers for id in blocker.evidence if id.startswith(_EVENTFUL)]
    return NewEvent(kind, now, SOURCE, order.order_id, data, about=tuple(dict.fromkeys(about)))


_EVENTFUL = ("hold/", "paper/")


def _take_back_failed(engine: Engine, changes: Sequence[OrderChange]) -> list[Statement]:
    """Shipments that came back lie picked at the dock and can go again."""
    shipment_ids = [
        shipment.id
        for change in changes
        if change.read.status == "failed"
        for shipment in change.state.shipments
        if shipment.status == "failed"
    ]
    return [take_back(engine.g, shipment_ids)] if shipment_ids else []


def _assessment(day: str, changed: Changed, warehouses: Warehouses, *, now: int) -> Assessment:
    ready, blocked, later = [], [], []
    for order in changed.standing.values():
        if order.status not in ("ready", "routed", "blocked"):
            continue  # cancelled or under way since the orders of the day were listed
        expected = projection_of(order.state, warehouses, now=now)
        blockers = blockers_of(order.facts, now=now)
        if blockers:
            blocked.append(BlockedOrder(order.order_id, blockers, expected.expected_at, expected.day))
        elif expected.day == day:
            ready.append(order.order_id)
        else:
            later.append(order.order_id)
    return Assessment(day, tuple(ready), tuple(blocked), tuple(later), len(changed.changes))


def _end_of(day: date, warehouses: Warehouses) -> int:
    """When ``day`` is over in the last of the warehouses' time zones."""
    zones = {calendar.time_zone for calendar in warehouses.values()} or {"UTC"}
    return max(instant_of(day + timedelta(days=1), 0, time_zone=name) for name in zones)
