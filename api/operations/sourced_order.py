"""What is written for an order once it is decided where it comes from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from api.operations.expectation import Warehouses, projection_of
from api.operations.promised_order import SERVICE
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.traversals.events import NewEvent, OrderEntry
from graph.traversals.facts import AllocationState, LineState, OrderState, ShipmentState
from graph.traversals.ordering import NewAllocation
from graph.traversals.projection import OrderProjection
from graph.traversals.sourcing import NewShipment, SourcedOrder
from graph.traversals.supply import SkuSupply
from optimizer.allocation import Allocated, AllocatedDraw, Draw, HeldOrder
from optimizer.supply import Need


@dataclass(frozen=True)
class SourcedChange:
    """All that is written for one order: ``amounts`` are units to reserve, negative ones to release.

    ``struck`` are the planned stops it is taken off, with their routes.
    """

    written: SourcedOrder
    amounts: Mapping[str, int]
    projection: OrderProjection
    entry: OrderEntry
    allocated: Allocated
    struck: Mapping[str, str]


NeedKey = tuple[int, str]


def needs_of(order: OrderState, skus: Mapping[str, SkuSupply]) -> dict[NeedKey, Need]:
    """What each line needs of each SKU: as much as is set aside or short for it."""
    quantities: Counter[NeedKey] = Counter()
    assembly_s = {line.number: line.assembly_s for line in order.lines}
    for line in order.lines:
        for allocation in line.standing:
            quantities[line.number, allocation.sku_id] += allocation.quantity
    return {
        key: Need(key[0], key[1], quantity, assembly_s[key[0]], skus[key[1]].weight_g)
        for key, quantity in quantities.items()
    }


def draws_of(order: OrderState, needs: Sequence[NeedKey]) -> tuple[Draw, ...]:
    """What is held for an order, as draws for its needs."""
    index = {key: i for i, key in enumerate(needs)}
    return tuple(
        Draw(
            index[line.number, allocation.sku_id],
            allocation.source_id,
            allocation.quantity,
            allocation.available_at,
        )
        for line in order.lines
        for allocation in line.standing
    )


def write_up(
    order: OrderState,
    held: HeldOrder,
    allocated: Allocated,
    skus: Mapping[str, SkuSupply],
    warehouses: Warehouses,
    *,
    days: Mapping[str, str],
    now: int,
) -> SourcedChange:
    """What sourcing an order as ``allocated`` writes at ``now``.

    ``days`` are the warehouse days that shipments it has already hang on, by shipment.
    """
    lines = [_sourced_line(line, held, allocated) for line in order.lines]
    shipments = _shipments(lines, skus)
    before = {shipment.id: shipment for shipment in live_shipments(order)}
    packs = {id: _id(order, warehouse_id) for warehouse_id, (packed, _) in shipments.items() for id in packed}
    packed_before = {id: shipment.id for shipment in before.values() for id in shipment.allocation_ids}
    after = replace(
        order,
        lines=tuple(line.after for line in lines),
        shipments=tuple(
            ShipmentState(
                id=_id(order, warehouse_id),
                warehouse_id=warehouse_id,
                status="open",
                allocation_ids=allocation_ids,
                stops=(),
                left_out=(),
                delivered_at=None,
            )
            for warehouse_id, (allocation_ids, _) in shipments.items()
        ),
    )
    projection = projection_of(after, warehouses, now=now, status="sourced")
    written = SourcedOrder(
        order.id,
        lines={line.after.id: line.after.status for line in lines},
        confirmed={id: values for line in lines for id, values in line.confirmed.items()},
        reserved=tuple(id for line in lines for id in line.reserved),
        released=tuple(id for line in lines for id in line.released),
        added=tuple(added for line in lines for added in line.added),
        rejected=_rejected(order, allocated),
        shipments=tuple(
            NewShipment(order.id, warehouse_id, projection.day, measures)
            for warehouse_id, (_, measures) in shipments.items()
            if _id(order, warehouse_id) not in before
        ),
        repacked={
            _id(order, warehouse_id): measures
            for warehouse_id, (_, measures) in shipments.items()
            if _id(order, warehouse_id) in before
        },
        cancelled={id: days[id] for id in before if id not in packs.values()},
        packs=tuple((to, id) for id, to in packs.items() if packed_before.get(id) != to),
        unpacked=tuple(id for id, to in packs.items() if packed_before.get(id, to) != to),
    )
    struck = {stop.id: stop.route_id for shipment in before.values() for stop in shipment.stops}
    event = _sourced_event(after, projection, allocated, struck=list(struck), now=now)
    entry = OrderEntry(order.id, order.event_count, (event,))
    return SourcedChange(written, _amounts(order, after), projection, entry, allocated, struck)


def reloads(order: OrderState, change: SourcedChange, skus: Mapping[str, SkuSupply]) -> bool:
    """Whether a shipment stays, with other goods than the route loads that it is taken off."""
    by_id = {allocation.id: allocation for allocation in order.allocations}
    return any(
        change.written.repacked[shipment.id]
        != _measures([by_id[id] for id in shipment.allocation_ids if id in by_id], skus)
        for shipment in live_shipments(order)
        if shipment.stops and shipment.id in change.written.repacked
    )


def live_shipments(order: OrderState) -> list[ShipmentState]:
    """The shipments that were not cancelled."""
    return [shipment for shipment in order.shipments if shipment.status != "cancelled"]


def _id(order: OrderState, warehouse_id: str) -> str:
    return ids.shipment(order.id, warehouse_id)


@dataclass(frozen=True)
class _SourcedLine:
    """A line as it will stand, and what that changes; ``leaves_from`` is by allocation."""

    after: LineState
    confirmed: Mapping[str, Mapping[str, PropertyValue]]
    reserved: tuple[str, ...]
    released: tuple[str, ...]
    added: tuple[NewAllocation, ...]
    leaves_from: Mapping[str, str]


def _sourced_line(line: LineState, held: HeldOrder, allocated: Allocated) -> _SourcedLine:
    """Keep the allocations whose source gives the same as before; end the others and add new ones."""
    before: dict[tuple[str, str | None], list[AllocationState]] = defaultdict(list)
    for allocation in line.standing:
        before[allocation.sku_id, allocation.source_id].append(allocation)
    wanted: dict[tuple[str, str | None], list[AllocatedDraw]] = defaultdict(list)
    for drawn in allocated.draws:
        need = held.needs[drawn.draw.need]
        if need.line == line.number:
            wanted[need.sku_id, drawn.draw.source_id].append(drawn)
    confirmed: dict[str, Mapping[str, PropertyValue]] = {}
    leaves_from: dict[str, str] = {}
    standing: list[AllocationState] = []
    added: list[NewAllocation] = []
    position = max((int(ids.parts(a.id)[-1]) for a in line.allocations), default=0)
    for (sku_id, source_id), draws in wanted.items():
        quantity = sum(drawn.draw.quantity for drawn in draws)
        there = before.get((sku_id, source_id), [])
        if sum(allocation.quantity for allocation in there) == quantity:
            for allocation in there:
                cost = sum(drawn.cost for drawn in draws) * allocation.quantity // quantity
                confirmed[allocation.id] = {"reason": draws[0].reason, "cost": cost}
                leaves_from[allocation.id] = draws[0].warehouse_id
                standing.append(replace(allocation, state="short" if source_id is None else "reserved"))
            continue
        position += 1
        new = _new_allocation(line, position, sku_id, quantity, draws)
        leaves_from[new.id] = draws[0].warehouse_id
        standing.append(new)
        added.append(_written(new, draws))
    kept = {allocation.id for allocation in standing}
    released = [a for a in line.standing if a.id not in kept]
    ended = {a.id: replace(a, state="released") for a in released}
    after = replace(
        line,
        status="short" if any(a.source_id is None for a in standing) else "sourced",
        allocations=(*(ended.get(a.id, a) for a in line.allocations if a.id not in kept), *standing),
    )
    return _SourcedLine(
        after,
        confirmed,
        tuple(a.id for a in line.standing if a.id in kept and a.state == "held"),
        tuple(ended),
        tuple(added),
        leaves_from,
    )


def _new_allocation(
    line: LineState, position: int, sku_id: str, quantity: int, draws: Sequence[AllocatedDraw]
) -> AllocationState:
    source_id = draws[0].draw.source_id
    return AllocationState(
        id=ids.allocation(line.id, position),
        line_id=line.id,
        sku_id=sku_id,
        quantity=quantity,
        state="short" if source_id is None else "reserved",
        available_at=draws[0].draw.available_at,
        source_id=source_id,
        warehouse_id=None if source_id is None else draws[0].warehouse_id,
    )


def _written(new: AllocationState, draws: Sequence[AllocatedDraw]) -> NewAllocation:
    return NewAllocation(
        new.id,
        new.line_id,
        new.sku_id,
        new.source_id,
        {
            "quantity": new.quantity,
            "state": new.state,
            "available_at": new.available_at,
            "reason": draws[0].reason,
            "cost": sum(drawn.cost for drawn in draws),
        },
    )


def _shipments(
    lines: Sequence[_SourcedLine], skus: Mapping[str, SkuSupply]
) -> dict[str, tuple[tuple[str, ...], dict[str, PropertyValue]]]:
    """What leaves each warehouse: the allocations, and the properties of their shipment."""
    packed: dict[str, list[AllocationState]] = defaultdict(list)
    for line in lines:
        for allocation in line.after.standing:
            packed[line.leaves_from[allocation.id]].append(allocation)
    return {
        warehouse_id: (tuple(a.id for a in allocations), _measures(allocations, skus))
        for warehouse_id, allocations in sorted(packed.items())
    }


def _measures(
    allocations: Iterable[AllocationState], skus: Mapping[str, SkuSupply]
) -> dict[str, PropertyValue]:
    packed = [(skus[a.sku_id], a.quantity) for a in allocations]
    return {
        "status": "open",
        "weight_g": sum(sku.weight_g * quantity for sku, quantity in packed),
        "volume_ml": sum(sku.volume_ml * quantity for sku, quantity in packed),
        "cold_chain": any(sku.cold_chain for sku, _ in packed),
        "hazardous": any(sku.hazard_class != "" for sku, _ in packed),
    }


def _rejected(order: OrderState, allocated: Allocated) -> dict[tuple[str, str], dict[str, PropertyValue]]:
    line_ids = {line.number: line.id for line in order.lines}
    return {
        (line_ids[no.line], no.warehouse_id): {"reason": no.reason, "extra_cost": no.extra_cost}
        for no in allocated.rejected
    }


def _amounts(before: OrderState, after: OrderState) -> dict[str, int]:
    """How many more units of each source the order takes than before."""
    amounts: Counter[str] = Counter()
    for sign, order in ((-1, before), (1, after)):
        for allocation in order.allocations:
            if allocation.source_id is not None:
                amounts[allocation.source_id] += sign * allocation.quantity
    return {source_id: amount for source_id, amount in amounts.items() if amount}


def _sourced_event(
    after: OrderState, projection: OrderProjection, allocated: Allocated, *, struck: list[str], now: int
) -> NewEvent:
    return NewEvent(
        "order_sourced",
        now,
        SERVICE,
        after.id,
        {
            "warehouses": [shipment.warehouse_id for shipment in after.shipments],
            "moved": allocated.moved,
            "cost": allocated.cost,
            "expected_at": projection.expected_at,
            **({"struck": struck} if struck else {}),
        },
        about=tuple(shipment.id for shipment in after.shipments),
    )
