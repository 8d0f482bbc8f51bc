"""Moving what is set aside from one source to another, and cutting allocations where only a part moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graph.engines.port import Engine, Statement
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.schema.lifecycle import ALLOCATION, ORDER_LINE
from graph.traversals.elements import add_vertices, change_vertices, link, move_status
from graph.traversals.facts import AllocationState, LineState, OrderState
from graph.traversals.recording import stop_drawing


@dataclass(frozen=True)
class Draw:
    """An allocation that has ``quantity`` of a source; ``cost`` is what it cost in all."""

    id: str
    order_id: str
    quantity: int
    state: str
    cost: int
    reason: str


@dataclass(frozen=True)
class Move:
    """``quantity`` of a draw, at most all of it, goes to ``source_id`` (None: it is short from now on)."""

    draw: Draw
    quantity: int
    source_id: str | None
    warehouse_id: str | None
    available_at: int
    reason: str

    @property
    def state(self) -> str:
        """The state of what moves: unchanged, unless it becomes short."""
        return "short" if self.source_id is None else self.draw.state


@dataclass(frozen=True)
class _Piece:
    """A part of an allocation after its moves."""

    state: AllocationState
    reason: str
    cost: int


def draw_of(row: Mapping[str, Any]) -> Draw:
    """The draw in a row of :func:`graph.traversals.recording.draws_on`."""
    return Draw(row["id"], row["order"], row["quantity"], row["state"], row["cost"], row["reason"])


def take_first(draws: Iterable[Draw], quantity: int) -> list[tuple[Draw, int]]:
    """``quantity`` of the draws, in their order; the last one taken perhaps in part."""
    taken = []
    for draw in draws:
        if quantity <= 0:
            break
        taken.append((draw, min(draw.quantity, quantity)))
        quantity -= draw.quantity
    return taken


@dataclass(frozen=True)
class Moved:
    """Orders after their allocations moved, by id, and the statements that move them."""

    orders: Mapping[str, OrderState]
    statements: tuple[Statement, ...]


def move(engine: Engine, orders: Mapping[str, OrderState], moves: Sequence[Move]) -> Moved:
    """Carry out ``moves``, whose draws are allocations of ``orders``."""
    by_draw: dict[str, list[Move]] = defaultdict(list)
    for one in moves:
        by_draw[one.draw.id].append(one)
    pieces: dict[str, list[_Piece]] = {}
    after = {id: _moved_order(order, by_draw, pieces) for id, order in orders.items()}
    return Moved(after, (*_statements(engine, orders, pieces), *_line_statements(engine, orders, after)))


def _moved_order(
    order: OrderState, by_draw: Mapping[str, Sequence[Move]], pieces: dict[str, list[_Piece]]
) -> OrderState:
    lines = []
    packed: dict[str, list[str]] = defaultdict(list)
    for line in order.lines:
        allocations: list[AllocationState] = []
        position = max((int(ids.parts(a.id)[-1]) for a in line.allocations), default=0)
        for allocation in line.allocations:
            found = _pieces(line, allocation, by_draw.get(allocation.id, ()), position)
            position += len(found) - 1
            if allocation.id in by_draw:
                pieces[allocation.id] = found
                packed[allocation.id] = [piece.state.id for piece in found]
            allocations += [piece.state for piece in found]
        lines.append(replace(line, allocations=tuple(allocations), status=_line_status(line, allocations)))
    shipments = tuple(
        replace(
            shipment,
            allocation_ids=tuple(new for old in shipment.allocation_ids for new in packed.get(old, [old])),
        )
        for shipment in order.shipments
    )
    return replace(order, lines=tuple(lines), shipments=shipments)


def _pieces(
    line: LineState, allocation: AllocationState, moves: Sequence[Move], last_position: int
) -> list[_Piece]:
    """What becomes of an allocation: what stays (or the first move, if nothing does) keeps its id."""
    if not moves:
        return [_Piece(allocation, "", 0)]
    draw = moves[0].draw
    rest = allocation.quantity - sum(one.quantity for one in moves)
    states = [replace(allocation, quantity=rest)] if rest else []
    reasons = [draw.reason for _ in states]
    for one in moves:
        if one.state != draw.state:
            ALLOCATION.demand(now=draw.state, then=one.state, id=allocation.id)
        reasons.append(one.reason)
        states.append(
            replace(
                allocation,
                id=ids.allocation(line.id, last_position + len(states)) if states else allocation.id,
                quantity=one.quantity,
                state=one.state,
                available_at=one.available_at,
                source_id=one.source_id,
                warehouse_id=one.warehouse_id,
            )
        )
    shares = _shares(draw.cost, [state.quantity for state in states])
    return [_Piece(*piece) for piece in zip(states, reasons, shares, strict=True)]


def _shares(cost: int, quantities: Sequence[int]) -> list[int]:
    """``cost`` divided by quantity; the parts add up to it."""
    total = sum(quantities)
    ends = [cost * sum(quantities[: i + 1]) // total for i in range(len(quantities))]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def _line_status(line: LineState, allocations: Sequence[AllocationState]) -> str:
    short = any(allocation.state == "short" for allocation in allocations)
    if short and line.status != "short" and ORDER_LINE.allows(now=line.status, then="short"):
        return "short"
    return line.status


def _statements(
    engine: Engine, orders: Mapping[str, OrderState], pieces: Mapping[str, Sequence[_Piece]]
) -> Iterator[Statement]:
    g = engine.g
    changed = [piece for found in pieces.values() for piece in found]
    old = [piece for piece in changed if piece.state.id in pieces]
    new = [piece for piece in changed if piece.state.id not in pieces]
    before = {a.id: a.source_id for order in orders.values() for a in order.allocations}
    redrawn = [p.state for p in old if p.state.source_id != before[p.state.id]]
    yield from change_vertices(g, "Allocation", {piece.state.id: _values(piece) for piece in old})
    if redrawn:
        yield stop_drawing(g, [state.id for state in redrawn])
    yield from add_vertices(g, "Allocation", {piece.state.id: _values(piece) for piece in new})
    yield from link(g, "HAS_ALLOCATION", [(piece.state.line_id, piece.state.id) for piece in new])
    yield from link(g, "TAKES", [(piece.state.id, piece.state.sku_id) for piece in new])
    packs = [
        (shipment.id, piece.state.id)
        for order in orders.values()
        for shipment in order.shipments
        for old_id in shipment.allocation_ids
        for piece in pieces.get(old_id, ())[1:]
    ]
    yield from link(g, "PACKS", packs)
    drawn = [
        (state.id, state.source_id)
        for state in (*redrawn, *(piece.state for piece in new))
        if state.source_id is not None
    ]
    yield from link(g, "DRAWS_ON", drawn)


def _line_statements(
    engine: Engine, before: Mapping[str, OrderState], after: Mapping[str, OrderState]
) -> Iterator[Statement]:
    was = {line.id: line.status for order in before.values() for line in order.lines}
    short = [line.id for order in after.values() for line in order.lines if line.status != was[line.id]]
    yield from move_status(engine.g, short, key="status", before=ORDER_LINE.before("short"), target="short")


def _values(piece: _Piece) -> dict[str, PropertyValue]:
    return {
        "quantity": piece.state.quantity,
        "state": piece.state.state,
        "available_at": piece.state.available_at,
        "reason": piece.reason,
        "cost": piece.cost,
    }
