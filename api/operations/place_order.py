"""Placing orders: promised and held in one unit of work."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from api.operations.available_supply import load_sites
from api.operations.batches import ORDERS_A_UNIT, ROWS_A_READ, in_chunks
from api.operations.idempotency import digest_of, remember, remembered
from api.operations.order_intake import (
    AcceptedOrder,
    Intake,
    LineRequest,
    NewLocation,
    PlaceOrder,
    accept,
    check_form,
    read_intake,
)
from api.operations.promised_order import (
    PlacedLine,
    PlacedOrder,
    PlacedPart,
    PromisedOrder,
    placed_order,
    write_up,
)
from graph.engines.port import Engine, Statement
from graph.errors import Conflict, InvalidInput, OutOfStock, PerfectOrderError, StatementMissed
from graph.traversals.ordering import numbers_taken, write_orders
from graph.traversals.supply import reserve
from optimizer.errors import NobodySupplies, NoDeliveryDay
from optimizer.promise import Promise, local_time, promise
from optimizer.supply import Site

__all__ = [
    "LineRequest",
    "NewLocation",
    "PlaceOrder",
    "PlacedLine",
    "PlacedOrder",
    "PlacedPart",
    "Refusal",
    "place_order",
    "place_orders",
]

OPERATION = "placeOrder"
ATTEMPTS = 12


@dataclass(frozen=True)
class Refusal:
    """An order of a batch that was not placed, and why."""

    number: str
    error: PerfectOrderError


def place_order(
    engine: Engine, request: PlaceOrder, *, now: int, idempotency_key: str | None = None
) -> PlacedOrder:
    """Promise an order and hold what it needs, in one unit; a lost race is decided anew.

    Raises :class:`InvalidInput` for what cannot be ordered, :class:`OutOfStock` when it could not be at
    the door by ``latest_at`` or a part of it can never come, :class:`Conflict` when others kept changing
    what it needs.
    """
    dice = random.Random(ascii(request.number))
    for attempt in range(ATTEMPTS):
        answer = _earlier_answer(engine, request, idempotency_key)
        if answer is not None:
            return answer
        try:
            check_form(request, now=now)
            promised = _promise_one(engine, request, now=now)
        except PerfectOrderError:
            # The same request, sent twice at once, may just have been carried out.
            answer = _earlier_answer(engine, request, idempotency_key)
            if answer is not None:
                return answer
            raise
        unit = _unit(engine, [promised], now=now)
        if idempotency_key is not None:
            unit += remember(
                engine.g,
                operation=OPERATION,
                key=idempotency_key,
                digest=digest_of(request),
                answer=asdict(promised.placed),
                now=now,
            )
        try:
            engine.transact(unit)
        except StatementMissed:
            time.sleep(dice.uniform(0, 0.001 * 2 ** min(attempt, 6)))
        else:
            return promised.placed
    raise Conflict(f"order {request.number}: what it needs kept changing; nothing was written, try again")


def place_orders(
    engine: Engine,
    requests: Sequence[PlaceOrder],
    *,
    now: int,
    on_progress: Callable[[int], None] | None = None,
) -> list[PlacedOrder | Refusal]:
    """Place many orders, first come, first served; ``on_progress`` hears how many are done.

    A few round trips per 1,000 orders to read and one per unit of 25 to write; the orders of a unit that
    lost a race are placed one by one.
    """
    sites = load_sites(engine)
    twice = {number for number, count in Counter(r.number for r in requests).items() if count > 1}
    answers: list[PlacedOrder | Refusal] = []
    for chunk in in_chunks(requests, ROWS_A_READ):
        decided = _promise_many(engine, chunk, sites, twice, now=now)
        for unit in in_chunks(decided, ORDERS_A_UNIT):
            answers += _written(engine, unit, now=now)
            if on_progress is not None:
                on_progress(len(answers))
    return answers


def _earlier_answer(engine: Engine, request: PlaceOrder, key: str | None) -> PlacedOrder | None:
    if key is None:
        return None
    answer = remembered(engine, operation=OPERATION, key=key, digest=digest_of(request))
    return None if answer is None else placed_order(answer)


def _promise_one(engine: Engine, request: PlaceOrder, *, now: int) -> PromisedOrder:
    intake = read_intake(engine, [request], load_sites(engine))
    return _promised(accept(request, intake), intake, now=now)


def _promise_many(
    engine: Engine,
    requests: Sequence[PlaceOrder],
    sites: Mapping[str, Site],
    twice: set[str],
    *,
    now: int,
) -> list[PromisedOrder | Refusal]:
    """Promise each request from what those before it leave."""
    refused = {i: refusal for i, request in enumerate(requests) if (refusal := _form(request, twice, now))}
    intake = read_intake(engine, [r for i, r in enumerate(requests) if i not in refused], sites)
    decided: list[PromisedOrder | Refusal] = []
    for i, request in enumerate(requests):
        if i in refused:
            decided.append(refused[i])
            continue
        try:
            promised = _promised(accept(request, intake), intake, now=now)
        except PerfectOrderError as error:
            decided.append(Refusal(request.number, error))
            continue
        for source_id, amount in promised.amounts.items():
            intake.catalogue.supply.take(source_id, amount)
        decided.append(promised)
    return decided


def _form(request: PlaceOrder, twice: set[str], now: int) -> Refusal | None:
    try:
        check_form(request, now=now)
        if request.number in twice:
            raise InvalidInput(
                "number", f"{request.number} occurs twice; give each order a number of its own"
            )
    except InvalidInput as error:
        return Refusal(request.number, error)
    return None


def _promised(accepted: AcceptedOrder, intake: Intake, *, now: int) -> PromisedOrder:
    request = accepted.request
    try:
        promised = promise(accepted.demand, intake.catalogue.supply, intake.sites, now=now)
    except NoDeliveryDay as no_day:
        raise InvalidInput("location", f"cannot be delivered to: {no_day}") from no_day
    except NobodySupplies as nobody:
        field = f"lines[{nobody.need.line - 1}].quantity"
        raise OutOfStock(f"{field} cannot be promised: {nobody}; order at most what is there") from nobody
    if request.latest_at is not None and promised.promised_at > request.latest_at:
        raise _too_late(promised, request.latest_at, intake.sites)
    warehouses = {site.id: site.calendar for site in intake.sites.values()}
    return write_up(accepted, promised, warehouses, now=now)


def _too_late(promised: Promise, latest_at: int, sites: Mapping[str, Site]) -> OutOfStock:
    time_zone = sites[promised.main_warehouse_id].calendar.time_zone
    return OutOfStock(
        f"latestAt is {local_time(latest_at, time_zone)}, and the order could be there by "
        f"{local_time(promised.promised_at, time_zone)} at the earliest: {promised.reason}"
    )


def _unit(engine: Engine, promised: Sequence[PromisedOrder], *, now: int) -> list[Statement]:
    """All that orders write, in one unit: their numbers must be free, and what they take."""
    amounts: Counter[str] = Counter()
    for one in promised:
        amounts.update(one.amounts)
    order_ids = [one.placed.order_id for one in promised]
    return [
        Statement("order numbers are free", numbers_taken(engine.g, order_ids), expect=0),
        *reserve(engine.g, amounts),
        *write_orders(engine.g, [one.written for one in promised], recorded_at=now),
    ]


def _written(
    engine: Engine, decided: Sequence[PromisedOrder | Refusal], *, now: int
) -> list[PlacedOrder | Refusal]:
    """Write a unit of orders; when it lost a race, place them one by one."""
    promised = [one for one in decided if isinstance(one, PromisedOrder)]
    try:
        if promised:
            engine.transact(_unit(engine, promised, now=now))
    except StatementMissed:
        return [one if isinstance(one, Refusal) else _placed_singly(engine, one, now=now) for one in decided]
    return [one if isinstance(one, Refusal) else one.placed for one in decided]


def _placed_singly(engine: Engine, promised: PromisedOrder, *, now: int) -> PlacedOrder | Refusal:
    request = promised.accepted.request
    try:
        return place_order(engine, request, now=now)
    except PerfectOrderError as error:
        return Refusal(request.number, error)
