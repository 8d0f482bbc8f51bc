"""Orders written straight into the graph, to start a test from any state of an order's life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.schema import ids
from graph.schema.elements import PropertyValue
from tests.worlds import C1, DAY_MS, HOUR_MS, START_AT, location_of

TUESDAY = "2026-03-03"
TUESDAY_18 = START_AT + DAY_MS + 12 * HOUR_MS
"""When C-1 closes on Tuesday."""


@dataclass(frozen=True)
class Draw:
    """A line of one SKU that draws ``quantity`` on a stock or purchase-order line, or is short."""

    sku_id: str
    quantity: int
    source_id: str | None
    available_at: int = START_AT


def make_order(
    engine: Engine,
    number: str,
    draws: Sequence[Draw],
    *,
    customer_id: str = C1,
    status: str = "sourced",
    promised_at: int = TUESDAY_18,
    requested_at: int = TUESDAY_18,
    missing_papers: Sequence[str] = (),
    priority: int = 3,
    warehouse_id: str | None = None,
    day: str = TUESDAY,
) -> str:
    """Write a sourced order with its shipment(s) and reserve what it draws on; returns its id."""
    order_id = ids.order(number)
    vertices = [
        VertexRow(
            "Order",
            order_id,
            {
                "status": status,
                "placed_at": START_AT,
                "requested_at": requested_at,
                "promised_at": promised_at,
                "expected_at": promised_at,
                "late_by_s": 0,
                "day": day,
                "assessed_at": START_AT,
                "priority": priority,
                "weight_g": 1000,
                "volume_ml": 1000,
                "cold_chain": False,
                "hazardous": False,
                "event_count": 0,
            },
        )
    ]
    edges = [
        EdgeRow("PLACED", customer_id, order_id),
        EdgeRow("SHIPS_TO", order_id, location_of(customer_id)),
    ]
    packs: dict[str, list[str]] = {}
    for position, draw in enumerate(draws, start=1):
        line_id = ids.order_line(order_id, position)
        allocation_id = ids.allocation(line_id, 1)
        short = draw.source_id is None
        vertices.append(
            VertexRow(
                "OrderLine",
                line_id,
                {"number": position, "quantity": draw.quantity, "status": "short" if short else "sourced"},
            )
        )
        vertices.append(
            VertexRow(
                "Allocation",
                allocation_id,
                {
                    "quantity": draw.quantity,
                    "state": "short" if short else "reserved",
                    "available_at": draw.available_at,
                    "reason": "made",
                    "cost": 0,
                },
            )
        )
        edges += [
            EdgeRow("HAS_LINE", order_id, line_id),
            EdgeRow("ORDERS", line_id, draw.sku_id),
            EdgeRow("HAS_ALLOCATION", line_id, allocation_id),
            EdgeRow("TAKES", allocation_id, draw.sku_id),
        ]
        if draw.source_id is not None:
            edges.append(EdgeRow("DRAWS_ON", allocation_id, draw.source_id))
            reserve(engine, draw.source_id, draw.quantity)
        leaves_from = warehouse_id or _warehouse_of(engine, draw.source_id)
        packs.setdefault(leaves_from, []).append(allocation_id)
    for leaves_from, allocation_ids in packs.items():
        shipment_id = ids.shipment(order_id, leaves_from)
        vertices.append(
            VertexRow(
                "Shipment",
                shipment_id,
                {
                    "status": "open",
                    "weight_g": 1000,
                    "volume_ml": 1000,
                    "cold_chain": False,
                    "hazardous": False,
                },
            )
        )
        day_id = ids.warehouse_day(leaves_from, day)
        vertices.append(VertexRow("WarehouseDay", day_id, {"date": day, "capacity": 2000, "used": 1}))
        edges += [
            EdgeRow("HAS_SHIPMENT", order_id, shipment_id),
            EdgeRow("SHIPS_FROM", shipment_id, day_id),
            EdgeRow("DAY_OF", day_id, leaves_from),
            *(EdgeRow("PACKS", shipment_id, a) for a in allocation_ids),
        ]
    for kind in ("invoice", "packing_list"):
        paper_id = ids.paper(order_id, kind)
        paper: dict[str, PropertyValue] = {
            "kind": kind,
            "status": "missing",
            "expected_at": START_AT + DAY_MS,
        }
        if kind not in missing_papers:
            paper |= {"status": "attached", "attached_at": START_AT, "expected_at": START_AT}
        vertices.append(VertexRow("Paper", paper_id, paper))
        edges.append(EdgeRow("NEEDS_PAPER", order_id, paper_id))
    engine.bulk_load(vertices, edges)
    return order_id


def reserve(engine: Engine, source_id: str, quantity: int) -> None:
    """Set ``quantity`` of a stock or purchase-order line aside."""
    (row,) = engine.run(engine.g.V(source_id).value_map())
    label = "Stock" if source_id.startswith("stock/") else "PurchaseOrderLine"
    values = {name: value for name, (value,) in row.items()}
    values["reserved"] += quantity
    values["available"] -= quantity
    engine.bulk_load([VertexRow(label, source_id, values)], [])


def make_plan(
    engine: Engine,
    *,
    day: str = TUESDAY,
    vehicle_id: str = "vehicle/V-1",
    served: Sequence[tuple[str, int]] = (),
    left_out: Sequence[tuple[str, str, str]] = (),
    departs_at: int = START_AT + DAY_MS + 2 * HOUR_MS,
    number: int = 1,
) -> str:
    """Put a plan in force: ``served`` are (shipment, arrival), ``left_out`` (shipment, reason, detail)."""
    plan_id = ids.plan(day, number)
    day_id = ids.planning_day(day)
    route_id = ids.route(plan_id, vehicle_id)
    vertices = [
        VertexRow("PlanningDay", day_id, {"date": day}),
        VertexRow(
            "Plan",
            plan_id,
            {
                "status": "published",
                "created_at": START_AT,
                "seed": "1",
                "road_version": 1,
                "cost": 0,
                "currency": "CLP",
                "distance_m": 0,
                "duration_s": 0,
                "routes": 1,
                "served": len(served),
                "left_out": len(left_out),
            },
        ),
        VertexRow(
            "Route",
            route_id,
            {
                "status": "published",
                "departs_at": departs_at,
                "returns_at": departs_at + 8 * HOUR_MS,
                "distance_m": 0,
                "cost": 0,
                "weight_g": 0,
                "volume_ml": 0,
            },
        ),
    ]
    edges = [
        EdgeRow("PLAN_OF", plan_id, day_id),
        EdgeRow("IN_FORCE", day_id, plan_id),
        EdgeRow("HAS_ROUTE", plan_id, route_id),
        EdgeRow("DRIVES", vehicle_id, route_id),
    ]
    (depot_id,) = engine.run(engine.g.V(vehicle_id).out("BASED_AT").id_())
    stops = [("", departs_at), *served, ("", departs_at + 8 * HOUR_MS)]
    for sequence, (shipment_id, arrive_at) in enumerate(stops):
        stop_id = ids.stop(route_id, sequence)
        vertices.append(
            VertexRow(
                "Stop",
                stop_id,
                {
                    "status": "planned",
                    "sequence": sequence,
                    "arrive_at": arrive_at,
                    "wait_s": 0,
                    "service_s": 600,
                    "depart_at": arrive_at + 600_000,
                    "load_weight_g": 0,
                    "load_volume_ml": 0,
                },
            )
        )
        edges.append(EdgeRow("VISITS", route_id, stop_id, {"sequence": sequence}))
        edges.append(
            EdgeRow("SERVES", stop_id, shipment_id) if shipment_id else EdgeRow("AT", stop_id, depot_id)
        )
    for shipment_id, reason, detail in left_out:
        edges.append(EdgeRow("LEFT_OUT", plan_id, shipment_id, {"reason": reason, "detail": detail}))
    engine.bulk_load(vertices, edges)
    return plan_id


def values(engine: Engine, id: str) -> dict[str, PropertyValue]:
    """The properties of a vertex."""
    (row,) = engine.run(engine.g.V(id).value_map())
    return {name: value for name, (value,) in row.items()}


def _warehouse_of(engine: Engine, source_id: str | None) -> str:
    if source_id is None:
        raise ValueError("a short line needs the warehouse it will leave from")
    if source_id.startswith("stock/"):
        return ids.warehouse_of(source_id)
    (warehouse_id,) = engine.run(engine.g.V(source_id).in_("HAS_LINE").out("DELIVERS_TO").id_())
    return str(warehouse_id)
