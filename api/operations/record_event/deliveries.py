"""What happens to shipments: picked, departed, arrived, and delivered or failed.

Goods leave the stock when their vehicle departs. A shipment that fails comes back: its goods are on
hand again and stay reserved, picked at the dock, and its lines count as returned until they leave
again. A line is shipped when the last of it has left, delivered when the last of it was handed over;
an order is under way with its first shipment and delivered with its last. Its route departs with the
first shipment that does, and is completed when every stop that hands something over is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.operations.assess_readiness import blockers_of
from api.operations.expectation import LoadedOrder
from api.operations.form import demand_text, demand_whole
from api.operations.record_event.facts import (
    CONDITIONS,
    ShipmentArrived,
    ShipmentDelivered,
    ShipmentDeparted,
    ShipmentFailed,
    ShipmentPicked,
)
from api.operations.record_event.recording import LONGEST_TEXT, MOST_UNITS, Recording, Unit, unknown
from graph.engines.port import Statement
from graph.errors import ForbiddenTransition, InvalidInput
from graph.schema.elements import PropertyValue
from graph.schema.lifecycle import ALLOCATION, ORDER, ORDER_LINE, ROUTE, SHIPMENT, STOP
from graph.traversals.elements import move_status
from graph.traversals.facts import AllocationState, LineState, OrderState, ShipmentState
from graph.traversals.recording import (
    events_after,
    handed_over,
    route_stops,
    set_where,
    shipment_order,
    take_out,
)

EARLIER = ("shipment_picked", "shipment_departed", "shipment_arrived")
"""What happens to a shipment before anything later does."""


@dataclass(frozen=True)
class _Subject:
    """The shipment a fact is about, in its order."""

    order: LoadedOrder
    shipment: ShipmentState

    @property
    def allocations(self) -> tuple[AllocationState, ...]:
        """What it packs."""
        packed = set(self.shipment.allocation_ids)
        return tuple(a for a in self.order.state.allocations if a.id in packed)

    def goods(self) -> list[tuple[str, int]]:
        """How much of each stock it packs; nothing that is short or still to come."""
        packed = Counter[str]()
        for allocation in self.allocations:
            if allocation.source_id is not None:
                packed[allocation.source_id] += allocation.quantity
        return sorted(packed.items())

    def lines(self) -> tuple[LineState, ...]:
        """The lines it has something of."""
        packed = set(self.shipment.allocation_ids)
        return tuple(line for line in self.order.state.lines if any(a.id in packed for a in line.standing))


def pick(recording: Recording, fact: ShipmentPicked) -> Unit:
    """Note that the goods lie packed at the dock."""
    subject = _subject(recording, fact.shipment_id, then="picked")
    if subject.order.status not in ("sourced", "ready", "blocked", "routed", "in_transit", "failed"):
        raise ForbiddenTransition(
            "shipmentId", f"{subject.order.order_id} is {subject.order.status}: nothing of it is picked now"
        )
    _demand_there(subject)
    state = _with(subject, shipment="picked", allocations="picked")
    return _unit(recording, subject, state, then="picked")


def depart(recording: Recording, fact: ShipmentDeparted) -> Unit:
    """Note that the vehicle left; the goods are out of stock."""
    subject = _subject(recording, fact.shipment_id, then="in_transit")
    status = subject.order.status
    if status not in ("routed", "in_transit", "failed"):
        raise ForbiddenTransition(
            "shipmentId",
            f"belongs to {subject.order.order_id}, which is {status}: only what is routed departs",
        )
    _demand_there(subject)
    standing = blockers_of(subject.order.facts, now=recording.now)
    if standing:
        raise ForbiddenTransition("shipmentId", f"may not leave: {standing[0].evidence[-1]} still stands")
    order_status = "in_transit" if ORDER.allows(now=status, then="in_transit") else status
    state = _with(subject, shipment="in_transit", allocations="shipped", lines="shipped", order=order_status)
    g = recording.engine.g
    return _unit(
        recording,
        subject,
        state,
        then="in_transit",
        data=_on_its_way(subject),
        statements=[
            *(take_out(g, stock_id, quantity) for stock_id, quantity in subject.goods()),
            *_route_departs(recording, subject),
        ],
    )


def _on_its_way(subject: _Subject) -> dict[str, object]:
    """What whoever waits wants to know: which stop of which round it comes with, and when."""
    if not subject.shipment.stops:
        return {}
    stop = subject.shipment.stops[-1]
    return {"stop": stop.id, "route": stop.route_id, "arrive_at": stop.arrive_at}


def arrive(recording: Recording, fact: ShipmentArrived) -> Unit:
    """Note that the vehicle is at the address."""
    subject = _subject(recording, fact.shipment_id, then="arrived")
    state = _with(subject, shipment="arrived")
    g = recording.engine.g
    statements = [
        set_where(
            g,
            stop.id,
            held={"status": stop.status},
            then={"status": "arrived", "arrived_at": recording.effective_at},
            name="is still planned",
        )
        for stop in subject.shipment.stops
        if STOP.allows(now=stop.status, then="arrived")
    ]
    return _unit(recording, subject, state, then="arrived", statements=statements)


def deliver(recording: Recording, fact: ShipmentDelivered) -> Unit:
    """Note who took what in, and in which condition."""
    subject = _subject(recording, fact.shipment_id, then="delivered")
    demand_text("receivedBy", fact.received_by, most=200)
    handed = _handed_over(subject, fact)
    condition = _condition(handed.values())
    state = _with(subject, shipment="delivered", lines="delivered")
    shipments = tuple(
        replace(s, delivered_at=recording.occurred_at) if s.id == fact.shipment_id else s
        for s in state.shipments
    )
    state = replace(state, shipments=shipments)
    if all(s.status in ("delivered", "cancelled") for s in shipments):
        ORDER.demand(now=state.status, then="delivered", id=state.id)
        state = replace(state, status="delivered")
    g = recording.engine.g
    return _unit(
        recording,
        subject,
        state,
        then="delivered",
        data={"condition": condition},
        statements=[
            set_where(
                g,
                fact.shipment_id,
                held={},
                then={
                    "received_by": fact.received_by,
                    "condition": condition,
                    "papers_complete": fact.papers_complete,
                },
                name="was taken in",
            ),
            *_count(recording, handed),
            *_stop_done(recording, subject, "delivered"),
        ],
    )


def fail(recording: Recording, fact: ShipmentFailed) -> Unit:
    """Note why it could not be handed over; the goods come back."""
    subject = _subject(recording, fact.shipment_id, then="failed")
    demand_text("reason", fact.reason, most=LONGEST_TEXT, lines=True)
    status = subject.order.status
    order_status = "failed" if ORDER.allows(now=status, then="failed") else status
    state = _with(subject, shipment="failed", allocations="picked", lines="returned", order=order_status)
    g = recording.engine.g
    return _unit(
        recording,
        subject,
        state,
        then="failed",
        statements=[
            set_where(g, fact.shipment_id, held={}, then={"failure": fact.reason}, name="failed"),
            *(take_out(g, stock_id, -quantity) for stock_id, quantity in subject.goods()),
            *_stop_done(recording, subject, "failed"),
        ],
    )


def _subject(recording: Recording, shipment_id: str, *, then: str) -> _Subject:
    """The shipment; refused when it may not become ``then``, or not yet at that time."""
    found = recording.engine.run(shipment_order(recording.engine.g, shipment_id))
    if not found:
        raise unknown("shipmentId", shipment_id, "shipment", "shipment/SO-1001/W-1")
    order = recording.order(found[0], field="shipmentId")
    (shipment,) = (s for s in order.state.shipments if s.id == shipment_id)
    SHIPMENT.demand(now=shipment.status, then=then, id=shipment_id, field="shipmentId")
    later = events_after(recording.engine.g, shipment_id, kinds=EARLIER, after=recording.occurred_at)
    for event in recording.engine.run(later):
        raise InvalidInput("occurredAt", f"is before {event['id']} ({event['kind']}) of {shipment_id}")
    return _Subject(order, shipment)


def _demand_there(subject: _Subject) -> None:
    for allocation in subject.allocations:
        if allocation.source_id is None or allocation.inbound or allocation.state == "held":
            what = (
                "short" if allocation.source_id is None else f"{allocation.state} in {allocation.source_id}"
            )
            raise ForbiddenTransition(
                "shipmentId", f"{subject.shipment.id} is not all there: {allocation.id} is {what}"
            )


def _with(
    subject: _Subject,
    *,
    shipment: str,
    allocations: str | None = None,
    lines: str | None = None,
    order: str | None = None,
) -> OrderState:
    """The order with the shipment, what it packs, its lines and itself in new statuses."""
    before = subject.order.state
    packed = set(subject.shipment.allocation_ids)
    shipments = tuple(
        replace(s, status=shipment) if s.id == subject.shipment.id else s for s in before.shipments
    )
    done = {a for s in shipments if s.status in ("delivered", "cancelled") for a in s.allocation_ids}
    after = []
    for line in before.lines:
        own = tuple(
            replace(a, state=allocations)
            if allocations is not None and a.id in packed and a.state != "released"
            else a
            for a in line.allocations
        )
        moved = replace(line, allocations=own)
        if lines is not None and any(a.id in packed for a in line.standing):
            moved = replace(moved, status=_line_status(moved, lines, done))
        after.append(moved)
    return replace(before, status=order or before.status, shipments=shipments, lines=tuple(after))


def _line_status(line: LineState, then: str, done: set[str]) -> str:
    """``then``, once the line is there with all its allocations; else what it was."""
    complete = (
        all(a.state == "shipped" for a in line.standing)
        if then == "shipped"
        else all(a.id in done for a in line.standing)
        if then == "delivered"
        else True
    )
    if complete and ORDER_LINE.allows(now=line.status, then=then):
        return then
    return line.status


def _unit(
    recording: Recording,
    subject: _Subject,
    state: OrderState,
    *,
    then: str,
    statements: Sequence[Statement] = (),
    data: Mapping[str, object] | None = None,
) -> Unit:
    return recording.about_one_order(
        subject.order,
        state,
        about=[subject.shipment.id],
        statements=[
            *_become(recording, subject.shipment.id, now=subject.shipment.status, then=then),
            *_moved_states(recording, subject.order.state, state),
            *statements,
        ],
        data=data,
    )


def _moved_states(recording: Recording, before: OrderState, after: OrderState) -> Iterator[Statement]:
    """The statements that bring allocations and lines from their old to their new statuses."""
    g = recording.engine.g
    was = {a.id: a.state for line in before.lines for a in line.allocations}
    for target in ALLOCATION.states:
        ids = [a.id for a in after.allocations if a.state == target != was[a.id]]
        yield from move_status(g, ids, key="state", before=sorted({was[id] for id in ids}), target=target)
    status = {line.id: line.status for line in before.lines}
    for target in ORDER_LINE.states:
        ids = [line.id for line in after.lines if line.status == target != status[line.id]]
        yield from move_status(g, ids, key="status", before=ORDER_LINE.before(target), target=target)


def _become(recording: Recording, id: str, *, now: str, then: str) -> list[Statement]:
    """One vertex, read in the status ``now``, is in ``then`` from here on."""
    return move_status(recording.engine.g, [id], key="status", before=[now], target=then)


@dataclass(frozen=True)
class _HandedOver:
    """Of a line in the shipment: base units packed, handed over, and of these damaged.

    ``whole`` says that the units are those of a kit, of which the shipment may have some components alone.
    """

    packed: int
    delivered: int
    damaged: int
    whole: bool


def _handed_over(subject: _Subject, fact: ShipmentDelivered) -> dict[str, _HandedOver]:
    """What of each line was handed over; refused where that is more than the shipment has."""
    packed = {line.id: _packed(line, subject.shipment) for line in subject.lines()}
    named: dict[str, Counter[str]] = {}
    for i, line in enumerate(fact.lines):
        if line.line_id not in packed:
            raise InvalidInput(f"lines[{i}].lineId", f"{line.line_id!r:.80} is not in {fact.shipment_id}")
        demand_whole(f"lines[{i}].quantity", line.quantity, least=0, most=MOST_UNITS)
        if line.condition not in CONDITIONS:
            raise InvalidInput(
                f"lines[{i}].condition", f"wants {' or '.join(CONDITIONS)}, got {line.condition!r}"
            )
        amounts = named.setdefault(line.line_id, Counter())
        before = amounts.total()
        amounts[line.condition] += line.quantity
        if amounts.total() > packed[line.line_id]:
            added = f" with the {before} named before" if before else ""
            raise InvalidInput(
                f"lines[{i}].quantity",
                f"{line.quantity}{added} is more than the {packed[line.line_id]} of {line.line_id} "
                "in the shipment",
            )
    kits = {line.id for line in subject.lines() if _is_kit(line)}
    return {
        id: _HandedOver(
            quantity,
            named[id].total() if id in named else quantity,
            named[id]["damaged"] if id in named else 0,
            id in kits,
        )
        for id, quantity in packed.items()
    }


def _condition(lines: Collection[_HandedOver]) -> str:
    partial = any(line.delivered < line.packed for line in lines)
    damaged = any(line.damaged for line in lines)
    if partial and damaged:
        return "partial_and_damaged"
    return "partial" if partial else "damaged" if damaged else "intact"


def _count(recording: Recording, lines: Mapping[str, _HandedOver]) -> Iterator[Statement]:
    """Add to each line what was handed over; its order's version tells when others added meanwhile."""
    g = recording.engine.g
    before = {row["id"]: row for row in recording.engine.run(handed_over(g, sorted(lines)))}
    for id, line in sorted(lines.items()):
        delivered, damaged = sum(before[id]["delivered"]), sum(before[id]["damaged"])
        if line.whole and before[id]["delivered"]:
            delivered = min(delivered, line.delivered)
            damaged = min(delivered, max(damaged, line.damaged))
        else:
            delivered, damaged = delivered + line.delivered, damaged + line.damaged
        counted: dict[str, PropertyValue] = {"delivered_quantity": delivered, "damaged_quantity": damaged}
        yield set_where(g, id, held={}, then=counted, name="was handed over")


def _is_kit(line: LineState) -> bool:
    """Whether components are set aside for it instead of its own SKU."""
    return all(a.sku_id != line.sku_id for a in line.standing)


def _packed(line: LineState, shipment: ShipmentState) -> int:
    """How much of the line is in the shipment; a kit counts as whole, its components do not count."""
    own = [a.quantity for a in line.standing if a.id in shipment.allocation_ids and a.sku_id == line.sku_id]
    return sum(own) if own else line.quantity


def _route_departs(recording: Recording, subject: _Subject) -> Iterator[Statement]:
    for row in _route_rows(recording, subject):
        if row["sequence"] == 0:
            if ROUTE.allows(now=row["route_status"], then="departed"):
                yield from _become(recording, row["route"], now=row["route_status"], then="departed")
            if STOP.allows(now=row["status"], then="served"):
                yield from _become(recording, row["id"], now=row["status"], then="served")


def _stop_done(recording: Recording, subject: _Subject, outcome: str) -> Iterator[Statement]:
    """Close the stop with its last shipment and the route with its last stop."""
    rows = _route_rows(recording, subject)
    open_routes = {row["route"] for row in rows}
    for row in rows:
        mine = any(s["id"] == subject.shipment.id for s in row["shipments"])
        outcomes = {outcome if s["id"] == subject.shipment.id else s["status"] for s in row["shipments"]}
        if mine and outcomes <= {"delivered", "failed", "cancelled"}:
            to = "served" if "delivered" in outcomes else "failed"
            if STOP.allows(now=row["status"], then=to):
                yield from _become(recording, row["id"], now=row["status"], then=to)
        elif row["shipments"] and row["status"] in ("planned", "arrived"):
            open_routes.discard(row["route"])
    for row in rows:
        if (
            row["route"] in open_routes
            and not row["shipments"]
            and STOP.allows(now=row["status"], then="served")
        ):
            yield from _become(recording, row["id"], now=row["status"], then="served")
    for route_id, status in sorted({(row["route"], row["route_status"]) for row in rows}):
        if route_id in open_routes and ROUTE.allows(now=status, then="completed"):
            yield from _become(recording, route_id, now=status, then="completed")


def _route_rows(recording: Recording, subject: _Subject) -> list[dict[str, Any]]:
    routes = sorted({stop.route_id for stop in subject.shipment.stops})
    return recording.engine.run(route_stops(recording.engine.g, routes)) if routes else []
