"""What is known of orders, and when they are expected at the door because of it.

Everybody who changes an order reads it here, changes the state that was read, and writes the
projection that follows from the changed state: the stored one can then always be recomputed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from api.operations.available_supply import load_sites
from api.operations.batches import in_chunks
from graph.engines.port import Engine
from graph.traversals.facts import (
    AllocationState,
    LineState,
    OrderState,
    ShipmentState,
    order_state,
    order_states,
)
from graph.traversals.projection import OrderProjection
from optimizer.calendar import ReceivingHours, WarehouseCalendar, instant_of, local_date
from optimizer.expectation import Constraint, Expectation, OrderFacts, Part, expect

ORDERS_A_READ = 1000

Warehouses = Mapping[str, WarehouseCalendar]


@dataclass(frozen=True)
class LoadedOrder:
    """An order as it stands, and the facts that decide when it is at the door."""

    state: OrderState
    facts: OrderFacts

    @property
    def order_id(self) -> str:
        """The order's id."""
        return self.state.id

    @property
    def status(self) -> str:
        """The order's status."""
        return self.state.status

    @property
    def event_count(self) -> int:
        """The order's version."""
        return self.state.event_count


def load_warehouses(engine: Engine) -> Warehouses:
    """The calendars of all warehouses by id: one round trip."""
    return {site.id: site.calendar for site in load_sites(engine).values()}


def load_order_facts(
    engine: Engine, order_ids: Sequence[str], *, warehouses: Warehouses | None = None
) -> dict[str, LoadedOrder]:
    """What is known of each order, by id, in the order asked for: one round trip per 1,000 orders, and
    one for the warehouses unless they are given. Ids that are no order are left out.
    """
    if not order_ids:
        return {}
    calendars = load_warehouses(engine) if warehouses is None else warehouses
    wanted = list(dict.fromkeys(order_ids))
    found: dict[str, LoadedOrder] = {}
    for chunk in in_chunks(wanted, ORDERS_A_READ):
        for row in engine.run(order_states(engine.g, chunk)):
            state = order_state(row)
            found[state.id] = LoadedOrder(state, facts_of(state, calendars))
    return {order_id: found[order_id] for order_id in wanted if order_id in found}


def facts_of(order: OrderState, warehouses: Warehouses) -> OrderFacts:
    """The facts about an order, as it stands or as it would stand."""
    main = main_warehouse(order)
    return OrderFacts(
        order.id,
        order.promised_at,
        local_date(order.requested_at, time_zone=warehouses[main].time_zone),
        ReceivingHours(order.location.opens_s, order.location.closes_s, order.location.service_s),
        tuple(_parts(order, warehouses, main)),
        tuple(_order_constraints(order)),
    )


def projection_of(
    order: OrderState, warehouses: Warehouses, *, now: int, status: str | None = None
) -> OrderProjection:
    """The projection of an order as it (would) stand at ``now``; a cancelled one keeps what it has."""
    new_status = order.status if status is None else status
    if new_status == "cancelled":
        return OrderProjection(
            order.id, new_status, order.expected_at, order.late_by_s, order.day, order.assessed_at
        )
    return projection(order.id, new_status, expect(facts_of(order, warehouses), now=now), now=now)


def projection(order_id: str, status: str, expected: Expectation, *, now: int) -> OrderProjection:
    """An expectation computed at ``now`` as what is stored of it."""
    return OrderProjection(
        order_id, status, expected.expected_at, expected.late_by_s, expected.day.isoformat(), now
    )


def main_warehouse(order: OrderState) -> str:
    """Where most of the order's allocations come from; of equals, or when all are short, the nearest.

    Short quantities go with what leaves there.
    """
    counts = Counter(a.warehouse_id for a in order.allocations if a.warehouse_id is not None)
    travel_s = order.location.travel_s
    candidates = counts or travel_s
    return min(candidates, key=lambda id: (-counts[id], travel_s.get(id, 0), id))


def part_warehouses(order: OrderState) -> dict[str, str]:
    """The warehouse each allocation leaves from: of the shipment that packs it, else of its source."""
    main = main_warehouse(order)
    packed = {
        allocation_id: shipment.warehouse_id
        for shipment in order.shipments
        if shipment.status != "cancelled"
        for allocation_id in shipment.allocation_ids
    }
    return {a.id: packed.get(a.id) or a.warehouse_id or main for a in order.allocations}


def _parts(order: OrderState, warehouses: Warehouses, main: str) -> list[Part]:
    together: dict[str, list[Constraint]] = defaultdict(list)
    leaves_from = part_warehouses(order)
    for line in order.lines:
        for allocation in line.standing:
            together[leaves_from[allocation.id]].append(_supply(order, line, allocation))
    shipments = {s.warehouse_id: s for s in order.shipments if s.status != "cancelled"}
    return [
        _part(order, warehouse_id, together[warehouse_id], shipments.get(warehouse_id), warehouses)
        for warehouse_id in sorted(together, key=lambda id: (id != main, id))
    ]


def _part(
    order: OrderState,
    warehouse_id: str,
    supply: Sequence[Constraint],
    shipment: ShipmentState | None,
    warehouses: Warehouses,
) -> Part:
    calendar = warehouses[warehouse_id]
    part = Part(
        warehouse_id,
        order.location.travel_s.get(warehouse_id, 0),
        calendar,
        tuple(supply),
    )
    if shipment is None:
        return part
    stop = shipment.stops[-1] if shipment.stops and shipment.status != "failed" else None
    on_its_way = shipment.status in ("in_transit", "arrived")
    return Part(
        part.warehouse_id,
        part.transit_s,
        calendar,
        (*part.constraints, *_left_out(order, shipment, calendar)),
        arrives_at=None if stop is None else stop.arrive_at,
        leaves_at=None if stop is None or on_its_way else stop.leaves_at,
        delivered_at=shipment.delivered_at,
    )


def _supply(order: OrderState, line: LineState, allocation: AllocationState) -> Constraint:
    """The allocation's goods: there, on their way, or not to be had yet."""
    kind = "short" if allocation.source_id is None else "inbound" if allocation.inbound else "stock"
    evidence = (order.id, line.id, allocation.id, allocation.source_id or allocation.sku_id)
    return Constraint(kind, allocation.available_at, evidence, open=kind != "stock", work_s=line.assembly_s)


def _left_out(order: OrderState, shipment: ShipmentState, calendar: WarehouseCalendar) -> list[Constraint]:
    """A plan that could not serve the shipment: it can go with the next day's at the earliest."""
    return [
        Constraint(
            "left_out",
            instant_of(date.fromisoformat(out.day), 0, time_zone=calendar.time_zone),
            (order.id, shipment.id, out.plan_id),
            open=False,
        )
        for out in shipment.left_out
    ]


def _order_constraints(order: OrderState) -> list[Constraint]:
    placed = Constraint("placed", order.placed_at, (order.id,), open=False)
    holds = [
        Constraint("hold", hold.expected_clear_at, (order.id, hold.id))
        if hold.released_at is None
        else Constraint("hold", hold.released_at, (order.id, hold.id), open=False)
        for hold in order.holds
    ]
    papers = [
        Constraint("paper", paper.expected_at, (order.id, paper.id))
        if paper.attached_at is None
        else Constraint("paper", paper.attached_at, (order.id, paper.id), open=False)
        for paper in order.papers
    ]
    return [placed, *holds, *papers]
