"""Small named worlds that tests run on.

The small world, on Monday 2026-03-02 06:00 in La Serena: a grid of 4 x 3 junctions with W-1 in its
north-west corner and W-2 in its south-east corner, both delivering on all days but Sunday.

    SKU        W-1     W-2    inbound                          notes
    BOLT    10,000   5,000
    PUMP       100      10                                     12 kg
    MOTOR        -      20    50 to W-2 on Tuesday 10:00
    VALVE        5       -    100 to W-1 on Wednesday 10:00    supplier needs 10 days
    PLATE      500       -
    VACCINE     50      30                                     cold chain
    PAINT       40       -                                     dangerous goods
    FRAME        -       -                                     kit: 8 BOLT + 2 PLATE
    UNIT         -       -                                     kit: 1 PUMP + 1 FRAME
    LAST       100       -                                     supplier needs 5 days
    OLD          3       -                                     discontinued, PUMP instead
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise, product

import networkx as nx

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.schema.model import SCHEMA

START_AT = 1_772_442_000_000
"""2026-03-02T06:00-03:00, in UTC epoch ms."""

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
TIME_ZONE = "America/Santiago"
CURRENCY = "CLP"
SPEED_KPH = 36.0

COLUMNS, ROWS = 4, 3
_WEST, _NORTH, _STEP_DEG = -71.26, -29.90, 0.005

W1, W2 = ids.make("warehouse", "W-1"), ids.make("warehouse", "W-2")
C1, C2, C3 = (ids.make("customer", f"C-{n}") for n in (1, 2, 3))
BOLT, PUMP, MOTOR, VALVE, PLATE, VACCINE, PAINT, FRAME, UNIT, LAST, OLD = (
    ids.make("sku", code)
    for code in [
        "BOLT",
        "PUMP",
        "MOTOR",
        "VALVE",
        "PLATE",
        "VACCINE",
        "PAINT",
        "FRAME",
        "UNIT",
        "LAST",
        "OLD",
    ]
)
PO_VALVE = ids.make("purchase-order", "PO-1")
PO_MOTOR = ids.make("purchase-order", "PO-2")
VALVE_INBOUND = ids.purchase_order_line(PO_VALVE, 1)
MOTOR_INBOUND = ids.purchase_order_line(PO_MOTOR, 1)
ROAD_NETWORK = ids.make("road-network", "roads")

_SKUS: tuple[tuple[str, int, int, int], ...] = (  # id, weight_g, volume_ml, price
    (BOLT, 50, 20, 150),
    (PUMP, 12_000, 15_000, 89_000),
    (MOTOR, 18_000, 20_000, 145_000),
    (VALVE, 900, 800, 12_500),
    (PLATE, 2_500, 1_200, 7_900),
    (VACCINE, 30, 60, 9_900),
    (PAINT, 4_200, 4_000, 15_900),
    (FRAME, 5_400, 4_000, 21_000),
    (UNIT, 17_400, 19_000, 115_000),
    (LAST, 1_000, 1_000, 5_000),
    (OLD, 12_500, 15_500, 70_000),
)
_KITS = {FRAME: {BOLT: 8, PLATE: 2}, UNIT: {PUMP: 1, FRAME: 1}}
_STOCK = {
    W1: {BOLT: 10_000, PUMP: 100, VALVE: 5, PLATE: 500, VACCINE: 50, PAINT: 40, LAST: 100, OLD: 3},
    W2: {BOLT: 5_000, PUMP: 10, MOTOR: 20, VACCINE: 30},
}
_LEAD_DAYS = {VALVE: 10, LAST: 5}
_INBOUND = (
    (PO_VALVE, W1, "supplier/SUP-1", VALVE, 100, START_AT + 2 * DAY_MS + 4 * HOUR_MS),
    (PO_MOTOR, W2, "supplier/SUP-2", MOTOR, 50, START_AT + DAY_MS + 4 * HOUR_MS),
)
_HOURS = {C1: (8, 18), C2: (9, 13), C3: (14, 18)}
# The horizontal segment (column, row) on whose middle each place lies.
_PLACES = {W1: (0, 0), W2: (2, 2), C1: (1, 0), C2: (1, 1), C3: (2, 1)}


def small_world() -> tuple[list[VertexRow], list[EdgeRow]]:
    """The rows of the small world; the same each time."""
    vertices = [
        *_junctions(),
        *_segments(),
        *_turn_restrictions(),
        *_products(),
        *_warehouses(),
        *_purchasing(),
    ]
    edges = [
        *_street_ends(),
        *_turn_edges(),
        *_product_edges(),
        *_stock_edges(),
        *_purchase_edges(),
        *_customer_edges(),
    ]
    return [*vertices, *_customers(), *_vehicles()], [*edges, *_vehicle_edges(), *_snaps(), *_ways()]


def load(engine: Engine) -> Engine:
    """Put the small world into ``engine``, with its indexes; returns the engine."""
    engine.prepare()
    engine.bulk_load(*small_world())
    return engine


def small_engine(url: str = "embedded:") -> Engine:
    """A new engine that holds the small world, in memory unless ``url`` says otherwise."""
    return load(open_engine(url, SCHEMA))


def location_of(customer_id: str) -> str:
    """The usual address of a customer."""
    return ids.make("location", *ids.parts(customer_id))


def _junctions() -> Iterator[VertexRow]:
    yield VertexRow("RoadNetwork", ROAD_NETWORK, {"version": 1, "attribution": "made up"})
    for column, row in product(range(COLUMNS), range(ROWS)):
        longitude, latitude = _corner(column, row)
        yield VertexRow("Junction", _junction(column, row), {"longitude": longitude, "latitude": latitude})


def _streets() -> Iterator[tuple[str, tuple[int, int], tuple[int, int]]]:
    for row in range(ROWS):
        for west, east in pairwise(range(COLUMNS)):
            yield _street(west, row), (west, row), (east, row)
    for column in range(COLUMNS):
        for north, south in pairwise(range(ROWS)):
            yield ids.make("road-segment", 200 + 10 * north + column), (column, north), (column, south)


def _segments() -> Iterator[VertexRow]:
    for segment_id, start, end in _streets():
        corners = (_corner(*start), _corner(*end))
        geometry = " ".join(f"{round(x * 1e6)},{round(y * 1e6)}" for x, y in corners)
        yield VertexRow(
            "RoadSegment",
            segment_id,
            {
                "name": f"Calle {segment_id.split('/')[1]}",
                "road_class": "residential",
                "direction": "both",
                "length_m": _distance_m(start, end),
                "speed_kph": SPEED_KPH,
                "geometry": geometry,
                "open": True,
            },
        )


def _street_ends() -> Iterator[EdgeRow]:
    streets = list(_streets())
    for segment_id, start, _ in streets:
        yield EdgeRow("STARTS_AT", segment_id, _junction(*start))
    for segment_id, _, end in streets:
        yield EdgeRow("ENDS_AT", segment_id, _junction(*end))


def _turn_restrictions() -> Iterator[VertexRow]:
    """Nobody turns round at the second corner, nor goes round the first block; no shortest way does."""
    for number, sign, to_forward in (("1", "no_u_turn", False), ("2", "no_left_turn", False)):
        values: dict[str, PropertyValue] = {"kind": "no", "sign": sign}
        turn: dict[str, PropertyValue] = {"from_forward": True, "to_forward": to_forward}
        yield VertexRow("TurnRestriction", ids.make("turn-restriction", number), {**values, **turn})


def _turn_edges() -> Iterator[EdgeRow]:
    vias = {"1": (_junction(1, 0), _street(0, 0)), "2": (ids.make("road-segment", 201), _street(0, 1))}
    for number, (via, end) in vias.items():
        restriction = ids.make("turn-restriction", number)
        yield EdgeRow("FROM", restriction, _street(0, 0))
        yield EdgeRow("VIA", restriction, via, {"sequence": 1})
        yield EdgeRow("TO", restriction, end)


def _products() -> Iterator[VertexRow]:
    for number in (1, 2, 3):
        yield VertexRow("Supplier", f"supplier/SUP-{number}", {"name": f"Supplier {number}", "country": "CL"})
    for sku_id, weight_g, volume_ml, price in _SKUS:
        yield VertexRow(
            "Sku",
            sku_id,
            {
                "name": sku_id.split("/")[1].title(),
                "category": "kit" if sku_id in _KITS else "part",
                "weight_g": weight_g,
                "volume_ml": volume_ml,
                "cold_chain": sku_id == VACCINE,
                "hazard_class": "3" if sku_id == PAINT else "",
                "kit": sku_id in _KITS,
                "assembly_s": 1800 if sku_id in _KITS else 0,
                "discontinued": sku_id == OLD,
                "price": price,
                "currency": CURRENCY,
            },
        )


def _product_edges() -> Iterator[EdgeRow]:
    for number, (sku_id, _, _, price) in enumerate(_SKUS):
        if sku_id not in _KITS and sku_id != OLD:
            terms: dict[str, PropertyValue] = {
                "lead_time_s": _LEAD_DAYS.get(sku_id, 7) * 86_400,
                "minimum_quantity": 10,
                "multiple_quantity": 10,
                "unit_cost": price * 6 // 10,
                "currency": CURRENCY,
            }
            yield EdgeRow("SUPPLIES", f"supplier/SUP-{1 + number % 3}", sku_id, terms)
    for kit_id, components in _KITS.items():
        for component_id, quantity in components.items():
            yield EdgeRow("COMPONENT_OF", component_id, kit_id, {"quantity": quantity})
    yield EdgeRow("SUBSTITUTES", PUMP, OLD, {"priority": 1})


def _warehouses() -> Iterator[VertexRow]:
    for warehouse_id in (W1, W2):
        longitude, latitude = _middle(warehouse_id)
        yield VertexRow(
            "Warehouse",
            warehouse_id,
            {
                "name": f"Warehouse {warehouse_id.split('/')[1]}",
                "longitude": longitude,
                "latitude": latitude,
                "time_zone": TIME_ZONE,
                "pick_pack_s": 2 * 3600,
                "cutoff_s": 18 * 3600,
                "departs_s": 8 * 3600,
                "closed_weekdays": "7",
                "daily_shipments": 2000,
            },
        )
    for warehouse_id, stock in _STOCK.items():
        for sku_id, on_hand in stock.items():
            yield VertexRow(
                "Stock",
                ids.stock(warehouse_id, sku_id),
                {"on_hand": on_hand, "reserved": 0, "safety_stock": 0, "available": on_hand},
            )


def _stock_edges() -> Iterator[EdgeRow]:
    for warehouse_id, stock in _STOCK.items():
        for sku_id in stock:
            yield EdgeRow("HOLDS", warehouse_id, ids.stock(warehouse_id, sku_id))
    for warehouse_id, stock in _STOCK.items():
        for sku_id in stock:
            yield EdgeRow("STOCK_OF", ids.stock(warehouse_id, sku_id), sku_id)


def _purchasing() -> Iterator[VertexRow]:
    for order_id, *_ in _INBOUND:
        yield VertexRow("PurchaseOrder", order_id, {"ordered_at": START_AT - 7 * DAY_MS, "status": "open"})
    for order_id, _, _, _, quantity, expected_at in _INBOUND:
        yield VertexRow(
            "PurchaseOrderLine",
            ids.purchase_order_line(order_id, 1),
            {
                "quantity": quantity,
                "received": 0,
                "reserved": 0,
                "available": quantity,
                "promised_at": expected_at,
                "expected_at": expected_at,
            },
        )


def _purchase_edges() -> Iterator[EdgeRow]:
    for order_id, warehouse_id, supplier_id, sku_id, *_ in _INBOUND:
        line_id = ids.purchase_order_line(order_id, 1)
        yield EdgeRow("PLACED_WITH", order_id, supplier_id)
        yield EdgeRow("DELIVERS_TO", order_id, warehouse_id)
        yield EdgeRow("HAS_LINE", order_id, line_id)
        yield EdgeRow("BUYS", line_id, sku_id)


def _customers() -> Iterator[VertexRow]:
    for customer_id in _HOURS:
        yield VertexRow("Customer", customer_id, {"name": f"Customer {customer_id.split('/')[1]}"})
    for customer_id, (opens_h, closes_h) in _HOURS.items():
        longitude, latitude = _middle(customer_id)
        yield VertexRow(
            "Location",
            location_of(customer_id),
            {
                "address": f"Calle {_PLACES[customer_id]}",
                "longitude": longitude,
                "latitude": latitude,
                "opens_s": opens_h * 3600,
                "closes_s": closes_h * 3600,
                "service_s": 600,
            },
        )


def _customer_edges() -> Iterator[EdgeRow]:
    for customer_id in _HOURS:
        yield EdgeRow("TAKES_IN_AT", customer_id, location_of(customer_id))


def _vehicles() -> Iterator[VertexRow]:
    for code, kind, weight_kg, cold in (
        ("V-1", "refrigerated van", 1_000, True),
        ("V-2", "truck", 5_000, False),
    ):
        yield VertexRow(
            "Vehicle",
            ids.make("vehicle", code),
            {
                "name": f"{kind.title()} {code}",
                "kind": kind,
                "capacity_weight_g": weight_kg * 1000,
                "capacity_volume_ml": weight_kg * 5_000,
                "carries_cold": cold,
                "carries_hazardous": not cold,
                "shift_start_s": 8 * 3600,
                "shift_end_s": 18 * 3600,
                "cost_fixed": 30_000,
                "cost_per_km": 250,
                "cost_per_h": 6_000,
                "currency": CURRENCY,
            },
        )


def _vehicle_edges() -> Iterator[EdgeRow]:
    yield EdgeRow("BASED_AT", ids.make("vehicle", "V-1"), W1)
    yield EdgeRow("BASED_AT", ids.make("vehicle", "V-2"), W2)


def _snaps() -> Iterator[EdgeRow]:
    for place_id, (column, row) in _PLACES.items():
        half_m = _distance_m((column, row), (column + 1, row)) / 2
        from_id = place_id if place_id in (W1, W2) else location_of(place_id)
        yield EdgeRow("SNAPS_TO", from_id, _street(column, row), {"offset_m": half_m, "distance_m": 0.0})


def _ways() -> Iterator[EdgeRow]:
    """From each warehouse to each address: the shortest way over the grid, at one speed."""
    roads: nx.Graph[str] = nx.Graph()
    for _, start, end in _streets():
        roads.add_edge(_junction(*start), _junction(*end), length_m=_distance_m(start, end))
    for place_id, (column, row) in _PLACES.items():
        half_m = _distance_m((column, row), (column + 1, row)) / 2
        for junction in (_junction(column, row), _junction(column + 1, row)):
            roads.add_edge(place_id, junction, length_m=half_m)
    for customer_id, warehouse_id in product(_HOURS, (W1, W2)):
        distance_m = nx.shortest_path_length(roads, warehouse_id, customer_id, weight="length_m")
        way: dict[str, PropertyValue] = {
            "travel_s": math.ceil(distance_m / SPEED_KPH * 3.6),
            "distance_m": math.ceil(distance_m),
        }
        yield EdgeRow("REACHED_FROM", location_of(customer_id), warehouse_id, way)


def _street(west_column: int, row: int) -> str:
    return ids.make("road-segment", 100 + 10 * row + west_column)


def _junction(column: int, row: int) -> str:
    return ids.make("junction", 10 * row + column + 1)


def _corner(column: int, row: int) -> tuple[float, float]:
    return round(_WEST + column * _STEP_DEG, 6), round(_NORTH - row * _STEP_DEG, 6)


def _middle(place_id: str) -> tuple[float, float]:
    column, row = _PLACES[place_id]
    longitude, latitude = _corner(column, row)
    return round(longitude + _STEP_DEG / 2, 6), latitude


def _distance_m(start: tuple[int, int], end: tuple[int, int]) -> float:
    (x1, y1), (x2, y2) = _corner(*start), _corner(*end)
    east = math.radians(x2 - x1) * math.cos(math.radians((y1 + y2) / 2))
    return round(6_371_000 * math.hypot(east, math.radians(y2 - y1)), 1)
