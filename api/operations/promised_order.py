"""What is written for an order that was promised."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.operations.expectation import Warehouses, projection_of
from api.operations.locate_addresses import Located
from api.operations.order_intake import AcceptedOrder
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.traversals.events import NewEvent
from graph.traversals.facts import AllocationState, LineState, LocationState, OrderState, PaperState
from graph.traversals.ordering import NewAddress, NewAllocation, NewLine, NewOrder, NewPaper
from optimizer.freight import FreightRates
from optimizer.promise import Part, Promise

SERVICE = "perfect-order"
"""Who says so, in events of the service's own making."""

PAPER_EXPECTED_AFTER_MS = 24 * 3_600_000
"""A document that is missing when the order is placed should be there a day later."""

FREIGHT = FreightRates()


@dataclass(frozen=True)
class PlacedPart:
    """What is set aside for a line; ``source_id`` is None for what is short."""

    allocation_id: str
    sku_id: str
    quantity: int
    source_id: str | None
    available_at: int
    reason: str


@dataclass(frozen=True)
class PlacedLine:
    """A line as it was promised."""

    line_id: str
    sku_id: str
    quantity: int
    status: str
    parts: tuple[PlacedPart, ...]


@dataclass(frozen=True)
class PlacedOrder:
    """An order as it was promised; times are UTC epoch ms, ``reason`` says what decides the date."""

    order_id: str
    requested_at: int
    promised_at: int
    expected_at: int
    day: str
    main_warehouse_id: str
    reason: str
    lines: tuple[PlacedLine, ...]

    @property
    def short(self) -> bool:
        """Whether something is still to be bought for it."""
        return any(line.status == "short" for line in self.lines)


@dataclass(frozen=True)
class PromisedOrder:
    """An accepted order with its promise, all that is written for it, and what it reserves."""

    accepted: AcceptedOrder
    placed: PlacedOrder
    written: NewOrder
    amounts: Mapping[str, int]


def placed_order(answer: Mapping[str, Any]) -> PlacedOrder:
    """The order in an answer that was remembered."""
    lines = tuple(
        PlacedLine(**{**line, "parts": tuple(PlacedPart(**part) for part in line["parts"])})
        for line in answer["lines"]
    )
    return PlacedOrder(**{**answer, "lines": lines})


def write_up(
    accepted: AcceptedOrder, promised: Promise, warehouses: Warehouses, *, now: int
) -> PromisedOrder:
    """All that is written for an order that gets this promise at ``now``."""
    order_id = accepted.request.order_id
    lines = _lines(accepted, promised)
    papers = _papers(accepted, now=now)
    state = _state(accepted, promised, lines, papers, now=now)
    projected = projection_of(state, warehouses, now=now)
    placed = PlacedOrder(
        order_id,
        accepted.request.requested_at,
        promised.promised_at,
        projected.expected_at,
        projected.day,
        promised.main_warehouse_id,
        promised.reason,
        lines,
    )
    amounts: Counter[str] = Counter()
    for part in promised.parts:
        if part.source_id is not None:
            amounts[part.source_id] += part.quantity
    written = NewOrder(
        id=order_id,
        customer_id=accepted.request.customer_id,
        location_id=accepted.address.id,
        properties={
            "status": projected.status,
            "placed_at": now,
            "requested_at": accepted.request.requested_at,
            "promised_at": promised.promised_at,
            "expected_at": projected.expected_at,
            "late_by_s": projected.late_by_s,
            "day": projected.day,
            "assessed_at": projected.assessed_at,
            "priority": accepted.request.priority,
            **_measures(accepted),
            "event_count": 1,
        },
        lines=tuple(
            NewLine(
                line.line_id,
                line.sku_id,
                {"number": number, "quantity": line.quantity, "status": line.status},
            )
            for number, line in enumerate(lines, start=1)
        ),
        allocations=tuple(_allocations(accepted, promised, lines)),
        papers=papers,
        events=(_promised_event(placed, promised, now=now),),
        address=_new_address(accepted, accepted.located),
    )
    return PromisedOrder(accepted, placed, written, amounts)


def _lines(accepted: AcceptedOrder, promised: Promise) -> tuple[PlacedLine, ...]:
    parts: dict[int, list[Part]] = defaultdict(list)
    for part in promised.parts:
        parts[part.need.line].append(part)
    order_id = accepted.request.order_id
    return tuple(
        _line(ids.order_line(order_id, number), asked.sku_id, asked.quantity, parts[number])
        for number, asked in enumerate(accepted.request.lines, start=1)
    )


def _line(line_id: str, sku_id: str, quantity: int, parts: list[Part]) -> PlacedLine:
    return PlacedLine(
        line_id,
        sku_id,
        quantity,
        "short" if any(part.short for part in parts) else "promised",
        tuple(
            PlacedPart(
                ids.allocation(line_id, position),
                part.need.sku_id,
                part.quantity,
                part.source_id,
                part.available_at,
                part.reason,
            )
            for position, part in enumerate(parts, start=1)
        ),
    )


def _allocations(
    accepted: AcceptedOrder, promised: Promise, lines: tuple[PlacedLine, ...]
) -> list[NewAllocation]:
    distance_m = {way.warehouse_id: way.distance_m for way in accepted.demand.ways}
    in_order = sorted(promised.parts, key=lambda part: part.need.line)
    placed = [(line.line_id, part) for line in lines for part in line.parts]
    return [
        NewAllocation(
            there.allocation_id,
            line_id,
            there.sku_id,
            there.source_id,
            {
                "quantity": there.quantity,
                "state": "short" if there.source_id is None else "held",
                "available_at": there.available_at,
                "reason": there.reason,
                "cost": FREIGHT.shipping(
                    distance_m=distance_m[part.warehouse_id], weight_g=part.quantity * part.need.weight_g
                ),
            },
        )
        for (line_id, there), part in zip(placed, in_order, strict=True)
    ]


def _papers(accepted: AcceptedOrder, *, now: int) -> tuple[NewPaper, ...]:
    request = accepted.request
    kinds = ["invoice"]
    if _measures(accepted)["hazardous"]:
        kinds.append("dangerous_goods_declaration")
    kinds += [kind for kind in request.missing_papers if kind not in kinds]
    return tuple(
        NewPaper(ids.paper(request.order_id, kind), _paper(kind, request.number, request.missing_papers, now))
        for kind in kinds
    )


def _paper(kind: str, number: str, missing: tuple[str, ...], now: int) -> dict[str, PropertyValue]:
    if kind in missing:
        return {"kind": kind, "status": "missing", "expected_at": now + PAPER_EXPECTED_AFTER_MS}
    reference = f"{kind.upper()}-{number}"
    return {
        "kind": kind,
        "status": "attached",
        "expected_at": now,
        "attached_at": now,
        "reference": reference,
    }


def _measures(accepted: AcceptedOrder) -> dict[str, PropertyValue]:
    """What the order weighs and needs on its way: the sum of all that is packed for it."""
    packed = [(accepted.skus[need.sku_id], need.quantity) for need in accepted.demand.needs]
    return {
        "weight_g": sum(sku.weight_g * quantity for sku, quantity in packed),
        "volume_ml": sum(sku.volume_ml * quantity for sku, quantity in packed),
        "cold_chain": any(sku.cold_chain for sku, _ in packed),
        "hazardous": any(sku.hazard_class != "" for sku, _ in packed),
    }


def _promised_event(placed: PlacedOrder, promised: Promise, *, now: int) -> NewEvent:
    decisive = promised.decided_by
    return NewEvent(
        "order_promised",
        now,
        SERVICE,
        placed.order_id,
        {
            "promised_at": placed.promised_at,
            "requested_at": placed.requested_at,
            "main_warehouse": placed.main_warehouse_id,
            "reason": placed.reason,
            "decided_by": decisive.source_id or decisive.need.sku_id,
            "line": decisive.need.line,
        },
    )


def _new_address(accepted: AcceptedOrder, located: Located | None) -> NewAddress | None:
    place = accepted.request.location
    if place is None or located is None:
        return None
    return NewAddress(
        accepted.address.id,
        {
            "address": place.address,
            "longitude": float(place.longitude),
            "latitude": float(place.latitude),
            "opens_s": place.opens_s,
            "closes_s": place.closes_s,
            "service_s": place.service_s,
        },
        located.segment_id,
        {"offset_m": float(located.offset_m), "distance_m": float(located.distance_m)},
        accepted.address.ways,
    )


def _state(
    accepted: AcceptedOrder,
    promised: Promise,
    lines: tuple[PlacedLine, ...],
    papers: tuple[NewPaper, ...],
    *,
    now: int,
) -> OrderState:
    """The order as it will stand in the graph."""
    address = accepted.address
    warehouse_of = {part.source_id: part.warehouse_id for part in promised.parts}
    return OrderState(
        id=accepted.request.order_id,
        status="promised",
        placed_at=now,
        requested_at=accepted.request.requested_at,
        promised_at=promised.promised_at,
        expected_at=promised.promised_at,
        late_by_s=0,
        day=promised.day.isoformat(),
        assessed_at=now,
        priority=accepted.request.priority,
        event_count=1,
        location=LocationState(
            address.id,
            address.opens_s,
            address.closes_s,
            address.service_s,
            {way.warehouse_id: way.travel_s for way in accepted.demand.ways},
        ),
        lines=tuple(
            LineState(
                id=line.line_id,
                number=number,
                sku_id=line.sku_id,
                assembly_s=accepted.skus[line.sku_id].assembly_s,
                quantity=line.quantity,
                status=line.status,
                allocations=tuple(
                    AllocationState(
                        id=part.allocation_id,
                        line_id=line.line_id,
                        sku_id=part.sku_id,
                        quantity=part.quantity,
                        state="short" if part.source_id is None else "held",
                        available_at=part.available_at,
                        source_id=part.source_id,
                        warehouse_id=None if part.source_id is None else warehouse_of[part.source_id],
                    )
                    for part in line.parts
                ),
            )
            for number, line in enumerate(lines, start=1)
        ),
        shipments=(),
        holds=(),
        papers=tuple(
            PaperState(
                paper.id,
                str(paper.properties["kind"]),
                str(paper.properties["status"]),
                int(paper.properties["expected_at"]),
                now if "attached_at" in paper.properties else None,
            )
            for paper in papers
        ),
    )
