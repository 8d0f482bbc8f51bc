"""What comes into warehouses and what is found there when somebody counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from api.operations.expectation import LoadedOrder
from api.operations.form import demand_whole
from api.operations.record_event.allocation_moves import Draw, Move, draw_of, move, take_first
from api.operations.record_event.facts import StockCounted, StockReceived
from api.operations.record_event.purchasing import inbound_line
from api.operations.record_event.recording import MOST_UNITS, Recording, Unit, unknown
from graph.engines.port import Statement
from graph.errors import InvalidInput, StatementMissed
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.traversals.elements import add_vertices, link
from graph.traversals.recording import (
    departures_after,
    draws_on,
    events_after,
    free_receipts,
    lead_times,
    set_where,
    stock,
)
from graph.traversals.supply import reserve, still_expected

NOBODY_SUPPLIES_S = 28 * 86_400
"""What is short and sold by no supplier is looked at again in four weeks."""


def receive_stock(recording: Recording, fact: StockReceived) -> Unit:
    """Put what came into stock; allocations that waited for it draw on the stock now.

    They are served by the orders' priority, then by promise; the last one served is cut in two when not
    all of it came.
    """
    demand_whole("quantity", fact.quantity, least=1, most=MOST_UNITS)
    line = inbound_line(recording, fact.purchase_order_line_id)
    to_come = line["quantity"] - line["received"]
    if fact.quantity > to_come:
        raise InvalidInput(
            "quantity", f"{fact.quantity} is more than the {to_come} to come of {fact.purchase_order_line_id}"
        )
    stock_id = ids.stock(line["warehouse"], line["sku"])
    _demand_uncounted(recording, stock_id)
    moves = [
        Move(
            draw,
            quantity,
            stock_id,
            line["warehouse"],
            recording.effective_at,
            f"came with {fact.purchase_order_line_id}",
        )
        for draw, quantity in take_first(_draws(recording, fact.purchase_order_line_id), fact.quantity)
    ]
    return _moved(
        recording,
        moves,
        subject=fact.purchase_order_line_id,
        about=[fact.purchase_order_line_id, stock_id],
        statements=[
            *_put_in(recording, stock_id, line, fact.quantity, reserved=sum(m.quantity for m in moves)),
            *_lower_open(recording, fact, line, reserved=sum(m.quantity for m in moves)),
        ],
    )


def count_stock(recording: Recording, fact: StockCounted) -> Unit:
    """Take over what was counted. When it is less than what is reserved, the orders that go last give way.

    Those of the lowest priority, latest promise, move to what is still to come into the same warehouse
    and free, or become short. Picked goods lie at the dock: less than them cannot be there.
    """
    demand_whole("onHand", fact.on_hand, least=0, most=MOST_UNITS)
    found = recording.engine.run(stock(recording.engine.g, fact.stock_id))
    if not found:
        raise unknown("stockId", fact.stock_id, "stock", "stock/W-1/S-007")
    row = found[0]
    _demand_latest(recording, fact)
    missing = row["reserved"] - fact.on_hand
    moves = _give_way(recording, fact, row, missing) if missing > 0 else []
    reserved = row["reserved"] - sum(one.quantity for one in moves)
    receipts = _reserve_receipts(recording, moves)
    return _moved(
        recording,
        moves,
        subject=fact.stock_id,
        about=[fact.stock_id],
        statements=[
            set_where(
                recording.engine.g,
                fact.stock_id,
                held={"on_hand": row["on_hand"], "reserved": row["reserved"]},
                then=_levels(on_hand=fact.on_hand, reserved=reserved, safety_stock=row["safety_stock"]),
                name="is as it was read",
            ),
            *receipts,
        ],
        data={"from": row["on_hand"], "missing": max(missing, 0)},
    )


def _moved(
    recording: Recording,
    moves: Sequence[Move],
    *,
    subject: str,
    about: Sequence[str],
    statements: Sequence[Statement],
    data: Mapping[str, object] | None = None,
) -> Unit:
    orders = recording.orders(list(dict.fromkeys(one.draw.order_id for one in moves)))
    _demand_unchanged(moves, orders, source_id=subject)
    moved = move(recording.engine, {id: order.state for id, order in orders.items()}, moves)
    return recording.about_other_things(
        subject=subject,
        about=about,
        statements=[*statements, *moved.statements],
        changes=[recording.affected(order, moved.orders[id]) for id, order in orders.items()],
        data=data,
    )


def _demand_unchanged(moves: Sequence[Move], orders: Mapping[str, LoadedOrder], *, source_id: str) -> None:
    """Raise :class:`StatementMissed` unless all that moves still draws on the source in the orders."""
    standing = {a.id: a for order in orders.values() for a in order.state.allocations}
    for draw in (one.draw for one in moves):
        now = standing.get(draw.id)
        if now is None or (now.quantity, now.state, now.source_id) != (draw.quantity, draw.state, source_id):
            raise StatementMissed(f"{draw.id} is as it was read", wanted=1, got=0)


def _draws(recording: Recording, source_id: str) -> list[Draw]:
    return [draw_of(row) for row in recording.engine.run(draws_on(recording.engine.g, source_id))]


def _put_in(
    recording: Recording, stock_id: str, line: Mapping[str, Any], quantity: int, *, reserved: int
) -> list[Statement]:
    g = recording.engine.g
    found = recording.engine.run(stock(g, stock_id))
    if found:
        row = found[0]
        then = _levels(
            on_hand=row["on_hand"] + quantity,
            reserved=row["reserved"] + reserved,
            safety_stock=row["safety_stock"],
        )
        held = {"on_hand": row["on_hand"], "reserved": row["reserved"]}
        return [set_where(g, stock_id, held=held, then=then, name="is as it was read")]
    first: dict[str, PropertyValue] = {
        **_levels(on_hand=quantity, reserved=reserved, safety_stock=0),
        "safety_stock": 0,
    }
    return [
        Statement(f"{stock_id} is new", g.V(stock_id).id_(), expect=0),
        *add_vertices(g, "Stock", {stock_id: first}),
        *link(g, "HOLDS", [(line["warehouse"], stock_id)]),
        *link(g, "STOCK_OF", [(stock_id, line["sku"])]),
    ]


def _levels(*, on_hand: int, reserved: int, safety_stock: int) -> dict[str, PropertyValue]:
    return {
        "on_hand": on_hand,
        "reserved": reserved,
        "available": max(0, on_hand - reserved - safety_stock),
    }


def _lower_open(
    recording: Recording, fact: StockReceived, line: Mapping[str, Any], *, reserved: int
) -> list[Statement]:
    received = line["received"] + fact.quantity
    left = line["reserved"] - reserved
    statements = [
        set_where(
            recording.engine.g,
            fact.purchase_order_line_id,
            held={"received": line["received"], "reserved": line["reserved"]},
            then={
                "received": received,
                "reserved": left,
                "available": line["quantity"] - received - left,
            },
            name="is as it was read",
        )
    ]
    others_done = all(
        other["received"] >= other["quantity"]
        for other in line["siblings"]
        if other["id"] != fact.purchase_order_line_id
    )
    if received >= line["quantity"] and others_done:
        statements.append(
            set_where(
                recording.engine.g, line["order"], held={}, then={"status": "received"}, name="is there"
            )
        )
    return statements


def _demand_uncounted(recording: Recording, stock_id: str) -> None:
    """Refuse a receipt before the last count: the count has its goods already, perhaps."""
    counts = events_after(
        recording.engine.g, stock_id, kinds=[StockCounted.event_kind], after=recording.occurred_at
    )
    if recording.engine.run(counts):
        raise InvalidInput(
            "occurredAt",
            f"is before a later count of {stock_id}; say it came after the count, then count again",
        )


def _demand_latest(recording: Recording, fact: StockCounted) -> None:
    """Refuse a count after which goods came or went: what it says is not what lies there now."""
    g, at = recording.engine.g, recording.occurred_at
    moves = events_after(
        g, fact.stock_id, kinds=[StockCounted.event_kind, StockReceived.event_kind], after=at
    )
    if recording.engine.run(moves) or recording.engine.run(departures_after(g, fact.stock_id, after=at)):
        raise InvalidInput(
            "occurredAt",
            f"is too early: {fact.stock_id} was counted or moved after this count; count it again",
        )


def _give_way(recording: Recording, fact: StockCounted, row: Mapping[str, Any], missing: int) -> list[Move]:
    drawn = _draws(recording, fact.stock_id)
    if (known := sum(draw.quantity for draw in drawn)) != row["reserved"]:
        # Somebody drew or gave way between the two reads; what follows would be decided on neither state.
        raise StatementMissed("is as it was read", wanted=row["reserved"], got=known)
    draws = [draw for draw in drawn if draw.state != "picked"]
    movable = sum(draw.quantity for draw in draws)
    if movable < missing:
        raise InvalidInput(
            "onHand",
            f"{fact.on_hand} is less than the {row['reserved'] - movable} that lie picked at the dock; "
            "count them too, or record what left as departed",
        )
    g = recording.engine.g
    receipts = recording.engine.run(free_receipts(g, sku_id=row["sku"], warehouse_id=row["warehouse"]))
    lead_time_s = min(recording.engine.run(lead_times(g, row["sku"])), default=NOBODY_SUPPLIES_S)
    bought_at = recording.now + 1000 * lead_time_s
    reason = f"short: a count of {fact.stock_id} found {fact.on_hand}"
    return _replaced(take_first(reversed(draws), missing), receipts, row["warehouse"], bought_at, reason)


def _replaced(
    taken: Sequence[tuple[Draw, int]],
    receipts: Sequence[Mapping[str, Any]],
    warehouse_id: str,
    bought_at: int,
    reason: str,
) -> list[Move]:
    """Who gives way last has the first choice of what is still to come."""
    free = {receipt["id"]: receipt["available"] for receipt in receipts}
    moves = []
    for draw, quantity in reversed(taken):
        missing = quantity
        for receipt in receipts:
            taking = min(missing, free[receipt["id"]])
            if taking > 0:
                free[receipt["id"]] -= taking
                missing -= taking
                came = f"moved to {receipt['id']}: {reason.removeprefix('short: ')}"
                moves.append(Move(draw, taking, receipt["id"], warehouse_id, receipt["expected_at"], came))
        if missing:
            moves.append(Move(draw, missing, None, None, bought_at, reason))
    return moves


def _reserve_receipts(recording: Recording, moves: Sequence[Move]) -> list[Statement]:
    inbound = [(one.source_id, one) for one in moves if one.source_id is not None]
    taken: Counter[str] = Counter()
    for line_id, one in inbound:
        taken[line_id] += one.quantity
    g = recording.engine.g
    return [
        *still_expected(g, [(line_id, one.available_at) for line_id, one in inbound]),
        *reserve(g, taken),
    ]
