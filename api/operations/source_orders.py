"""Sourcing: deciding for many orders together where each comes from, and reserving it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from api.operations.available_supply import Catalogue, load_catalogue, load_sites
from api.operations.batches import ORDERS_A_UNIT, ROWS_A_READ, in_chunks
from api.operations.expectation import LoadedOrder, load_order_facts
from api.operations.form import demand_id
from api.operations.promised_order import FREIGHT
from api.operations.sourced_order import (
    SourcedChange,
    draws_of,
    live_shipments,
    needs_of,
    reloads,
    write_up,
)
from graph.engines.port import Engine, Statement
from graph.errors import StatementMissed, UnknownId
from graph.schema import ids
from graph.traversals.events import new_order_events, raise_versions
from graph.traversals.facts import OrderState
from graph.traversals.projection import project_orders
from graph.traversals.sourcing import (
    distances,
    orders_in_status,
    shipment_days,
    strike_stops,
    warehouse_days,
    write_sourced,
)
from graph.traversals.supply import release, reserve
from optimizer.allocation import Allocated, Deferred, HeldOrder, Room, allocate
from optimizer.calendar import local_date
from optimizer.expectation import ready_at
from optimizer.supply import Site, Source, Supply, Way

FIRST = "promised"
AGAIN = "blocked"
MOVABLE = ("held", "reserved", "short")
ATTEMPTS = 8
ITERATIONS = 4000


@dataclass(frozen=True)
class Sourced:
    """An order that was sourced: from where, for which local day, at what cost (minor units)."""

    order_id: str
    warehouse_ids: tuple[str, ...]
    day: str
    expected_at: int
    cost: int
    moved: bool
    short: bool


@dataclass(frozen=True)
class Waiting:
    """An order that stays as it was promised for now, and why."""

    order_id: str
    reason: str


@dataclass(frozen=True)
class Untouched:
    """An order that stays as it is: its status, and why it was not sourced."""

    order_id: str
    status: str
    reason: str


@dataclass(frozen=True)
class Sourcing:
    """What came of sourcing; every order asked for is in one of the three."""

    sourced: tuple[Sourced, ...]
    waiting: tuple[Waiting, ...]
    untouched: tuple[Untouched, ...]


def source_orders(
    engine: Engine,
    order_ids: Sequence[str] | None = None,
    *,
    now: int,
    seed: int = 1,
    iterations: int = ITERATIONS,
    on_progress: Callable[[int], None] | None = None,
) -> Sourcing:
    """Source the promised ones of these orders, or all promised orders; repeating it changes nothing.

    Those asked for that are blocked are sourced again where that makes them less short, earlier or cheaper,
    unless some of it is picked or its route has departed; the stops that were planned for it are struck.

    A few round trips per 1,000 orders to read and one per unit of 25 to write; the orders of a unit that
    lost a race are sourced one by one. :class:`UnknownId` for what is no order, before anything is written.
    """
    wanted = sorted(engine.run(orders_in_status(engine.g, FIRST))) if order_ids is None else order_ids
    for i, order_id in enumerate(wanted):
        demand_id(f"orderIds[{i}]", order_id, "order")
    problem = _read(engine, wanted, now=now)
    for i, order_id in enumerate(wanted):
        if order_id not in problem.loaded:
            raise UnknownId(f"orderIds[{i}]", f"{order_id} is no order")
    changes, waiting = _decide(problem, now=now, seed=seed, iterations=iterations)
    sourced: list[Sourced] = []
    for unit in _units(changes, problem.catalogue.supply):
        try:
            engine.transact(_unit(engine, unit, problem.sites, now=now))
            sourced += map(_sourced, unit)
        except StatementMissed:
            for change in unit:
                answer = _source_singly(engine, change.entry.order_id, now=now)
                if isinstance(answer, Sourced):
                    sourced.append(answer)
                else:
                    waiting.append(answer)
        if on_progress is not None:
            on_progress(len(sourced) + len(waiting))
    dealt_with = {*(one.order_id for one in sourced), *(one.order_id for one in waiting)}
    untouched = tuple(
        Untouched(id, one.status, _why_untouched(one))
        for id, one in problem.loaded.items()
        if id not in dealt_with
    )
    return Sourcing(tuple(sourced), tuple(waiting), untouched)


@dataclass(frozen=True)
class _Problem:
    """The orders as they stand, and what there is for them."""

    loaded: Mapping[str, LoadedOrder]
    distances_m: Mapping[str, Mapping[str, int]]
    catalogue: Catalogue
    sites: Mapping[str, Site]
    room: Room
    days: Mapping[str, str]

    @property
    def sourceable(self) -> list[LoadedOrder]:
        """The orders to source, for the first time or again."""
        return [one for one in self.loaded.values() if _sourceable(one)]


def _sourceable(one: LoadedOrder) -> bool:
    return one.status == FIRST or (one.status == AGAIN and _stuck(one.state) is None)


def _stuck(order: OrderState) -> str | None:
    """What of an order can no longer be taken back, if anything."""
    for shipment in live_shipments(order):
        if shipment.status != "open":
            return f"{shipment.id} is {shipment.status}"
        for stop in shipment.stops:
            if stop.status != "planned" or stop.route_status != "published":
                return f"{stop.route_id}, which takes {shipment.id}, is {stop.route_status}"
    for allocation in order.allocations:
        if allocation.state not in MOVABLE:
            return f"{allocation.id} is {allocation.state}"
    return None


def _why_untouched(one: LoadedOrder) -> str:
    if one.status != AGAIN:
        return f"is {one.status}: only what is promised or blocked is sourced"
    stuck = _stuck(one.state)
    if stuck is not None:
        return f"{stuck}: its sources cannot change; record what it lacks once that is there, or cancel it"
    if any(shipment.stops for shipment in live_shipments(one.state)):
        return (
            "is blocked, and nothing better is free that leaves the loads of its routes as they are; "
            "plan its day again and source it then, or cancel it"
        )
    return "is blocked, and nothing better is free than what is held for it"


def _read(engine: Engine, order_ids: Sequence[str], *, now: int) -> _Problem:
    sites = load_sites(engine)
    calendars = {site.id: site.calendar for site in sites.values()}
    loaded = load_order_facts(engine, order_ids, warehouses=calendars)
    sourceable = [one for one in loaded.values() if _sourceable(one)]
    distances_m: dict[str, Mapping[str, int]] = {}
    for chunk in in_chunks([one.order_id for one in sourceable], ROWS_A_READ):
        for row in engine.run(distances(engine.g, chunk)):
            distances_m[row["id"]] = {way["warehouse_id"]: way["distance_m"] for way in row["ways"]}
    sku_ids = dict.fromkeys(a.sku_id for one in sourceable for a in one.state.allocations)
    catalogue = load_catalogue(engine, list(sku_ids))
    days = _days(engine, [one.order_id for one in sourceable if one.status == AGAIN])
    room = _room(engine, sites, now=now)
    for day_id in days.values():
        room[ids.warehouse_of(day_id), date.fromisoformat(ids.parts(day_id)[1])] += 1
    return _Problem(loaded, distances_m, catalogue, sites, room, days)


def _days(engine: Engine, order_ids: Sequence[str]) -> dict[str, str]:
    """The warehouse days that shipments which are there already hang on."""
    return {
        row["id"]: row["day"]
        for chunk in in_chunks(order_ids, ROWS_A_READ)
        for row in engine.run(shipment_days(engine.g, chunk))
        if row["status"] != "cancelled"
    }


def _room(engine: Engine, sites: Mapping[str, Site], *, now: int) -> Room:
    today = min((local_date(now, time_zone=s.calendar.time_zone) for s in sites.values()), default=None)
    if today is None:
        return Room(sites, {})
    rows = engine.run(warehouse_days(engine.g, since=today.isoformat()))
    left = {
        (ids.warehouse_of(row["id"]), date.fromisoformat(row["date"])): row["capacity"] - row["used"]
        for row in rows
    }
    return Room(sites, left)


def _decide(
    problem: _Problem, *, now: int, seed: int, iterations: int, stay: bool = False
) -> tuple[list[SourcedChange], list[Waiting]]:
    """Where each order comes from; with ``stay`` from where it is held."""
    orders = problem.sourceable
    held = [_held(one, problem, now=now) for one in orders]
    answers = allocate(
        held,
        _supply(orders, problem.catalogue, stay=stay),
        problem.sites,
        problem.room,
        rates=FREIGHT,
        now=now,
        iterations=iterations,
        seed=seed,
    )
    calendars = {site.id: site.calendar for site in problem.sites.values()}
    changes: list[SourcedChange] = []
    waiting: list[Waiting] = []
    skus = problem.catalogue.skus
    for one, order, answer in zip(orders, held, answers, strict=True):
        if one.status == AGAIN and not (isinstance(answer, Allocated) and answer.moved):
            continue
        match answer:
            case Deferred():
                waiting.append(Waiting(answer.order_id, answer.reason))
            case Allocated():
                change = write_up(one.state, order, answer, skus, calendars, days=problem.days, now=now)
                if not reloads(one.state, change, skus):
                    changes.append(change)
    return changes, waiting


def _held(one: LoadedOrder, problem: _Problem, *, now: int) -> HeldOrder:
    order = one.state
    needs = needs_of(order, problem.catalogue.skus)
    distances_m = problem.distances_m[order.id]
    # The id of a shipment is that of its warehouse: one that was cancelled cannot come to life again.
    given_up = {s.warehouse_id for s in order.shipments if s.status == "cancelled"}
    return HeldOrder(
        id=order.id,
        priority=order.priority,
        requested_at=order.requested_at,
        promised_at=order.promised_at,
        ready_after=ready_at(one.facts.constraints, now=now),
        hours=one.facts.hours,
        ways=tuple(
            Way(id, travel_s, distances_m[id])
            for id, travel_s in order.location.travel_s.items()
            if id in problem.sites and id not in given_up
        ),
        needs=tuple(needs.values()),
        held=draws_of(order, list(needs)),
    )


def _supply(orders: Sequence[LoadedOrder], catalogue: Catalogue, *, stay: bool) -> Supply:
    """What is free, and with it every source that something is held in."""
    sources = dict(catalogue.supply.by_id)
    for one in orders:
        for allocation in one.state.allocations:
            id, warehouse_id = allocation.source_id, allocation.warehouse_id
            if id is not None and warehouse_id is not None and id not in sources:
                expected_at = allocation.available_at if allocation.inbound else None
                sources[id] = Source(id, allocation.sku_id, warehouse_id, 0, expected_at)
    found = (replace(source, free=0) for source in sources.values()) if stay else sources.values()
    return Supply(found, catalogue.supply.lead_times_s)


def _units(changes: Sequence[SourcedChange], supply: Supply) -> Iterator[Sequence[SourcedChange]]:
    """Units in such a sequence that what an order takes has been let go of before.

    Orders that wait for each other, since they swap what they hold, make one unit together.
    """
    free = Counter(supply.free)
    pending, ordered = list(changes), []
    while pending:
        waiting = []
        for change in pending:
            if all(free[id] >= amount for id, amount in change.amounts.items()):
                free.subtract(change.amounts)
                ordered.append(change)
            else:
                waiting.append(change)
        if len(waiting) == len(pending):
            break
        pending = waiting
    yield from in_chunks(ordered, ORDERS_A_UNIT)
    if pending:
        yield pending


def _unit(
    engine: Engine, changes: Sequence[SourcedChange], sites: Mapping[str, Site], *, now: int
) -> list[Statement]:
    """All that sourcing some orders writes: their versions are checked first, then supply and room."""
    amounts: Counter[str] = Counter()
    for change in changes:
        for source_id, amount in change.amounts.items():
            amounts[source_id] += amount
    g = engine.g
    capacities = {site.id: site.daily_shipments for site in sites.values()}
    entries = [change.entry for change in changes]
    return [
        *raise_versions(g, entries),
        *release(g, {id: -amount for id, amount in amounts.items() if amount < 0}),
        *reserve(g, {id: amount for id, amount in amounts.items() if amount > 0}),
        *write_sourced(g, [change.written for change in changes], capacities),
        *strike_stops(g, {id: route for change in changes for id, route in change.struck.items()}),
        project_orders(g, [change.projection for change in changes]),
        *new_order_events(g, entries, now),
    ]


def _source_singly(engine: Engine, order_id: str, *, now: int) -> Sourced | Waiting:
    """Source one order for which others got in between; in the end, where it is held."""
    dice = random.Random(order_id)
    for attempt in range(ATTEMPTS):
        problem = _read(engine, [order_id], now=now)
        if not problem.sourceable:
            return Waiting(order_id, f"became {problem.loaded[order_id].status} meanwhile")
        changes, waiting = _decide(problem, now=now, seed=1, iterations=0, stay=attempt > ATTEMPTS // 2)
        if not changes:
            reason = waiting[0].reason if waiting else "nothing better is free any more"
            return Waiting(order_id, reason)
        try:
            engine.transact(_unit(engine, changes, problem.sites, now=now))
        except StatementMissed:
            time.sleep(dice.uniform(0, 0.001 * 2**attempt))
        else:
            return _sourced(changes[0])
    return Waiting(order_id, "kept changing while it was sourced; what is held for it stays held")


def _sourced(change: SourcedChange) -> Sourced:
    return Sourced(
        change.entry.order_id,
        tuple(sorted({drawn.warehouse_id for drawn in change.allocated.draws})),
        change.projection.day,
        change.projection.expected_at,
        change.allocated.cost,
        change.allocated.moved,
        "short" in change.written.lines.values(),
    )
