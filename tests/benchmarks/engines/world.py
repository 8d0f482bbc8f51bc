"""The graph that all engines are measured on: orders with their lines, and what those can be sourced from."""

from __future__ import annotations

from dataclasses import dataclass

from graph.engines.port import EdgeRow, VertexRow
from graph.schema import ids
from graph.schema.elements import PropertyValue

START_AT = 1_772_442_000_000
"""2026-03-02T06:00-03:00, in UTC epoch ms."""
HOUR_MS = 3_600_000
DAYS = [f"2026-03-{day:02d}" for day in range(2, 16)]
PLANNING_DAY = DAYS[1]
"""Late enough for some orders to be overdue on it, early enough to be one of fourteen."""

WAREHOUSES = 20
SKUS = 500
KITS = 50
STOCKS = 2_500
SUPPLIERS = 10
RECEIPTS = 200
LINES_AN_ORDER = 3
WAYS_AN_ADDRESS = 3

_STATUSES = ("sourced", "sourced", "ready", "blocked", "delivered", "delivered", "delivered", "delivered")


@dataclass(frozen=True)
class World:
    """Rows to load, rows of a label together."""

    orders: int
    vertices: tuple[VertexRow, ...]
    edges: tuple[EdgeRow, ...]


def warehouse_id(number: int) -> str:
    return ids.make("warehouse", f"W-{number:02d}")


def sku_id(number: int) -> str:
    return ids.make("sku", f"S-{number:03d}")


def order_id(number: int) -> str:
    return ids.order(f"SO-{number:05d}")


def stock_ids() -> list[str]:
    """Of each SKU that is no kit five or six, in warehouses that follow each other."""
    plain = range(KITS, SKUS)
    each, over = divmod(STOCKS, len(plain))
    return [
        ids.stock(warehouse_id((sku * 7 + place) % WAREHOUSES), sku_id(sku))
        for sku in plain
        for place in range(each + (sku - KITS < over))
    ]


def sku_of(stock_id: str) -> str:
    """The SKU in the id of a stock."""
    return ids.make("sku", ids.parts(stock_id)[1])


def build_world(orders: int) -> World:
    """Always the same for a number of orders."""
    vertices = [*_skus(), *_warehouses(), *_supply(), *_customers(orders), *_orders(orders), *_events(orders)]
    edges = [*_product_edges(), *_customer_edges(orders), *_order_edges(orders), *_event_edges(orders)]
    return World(orders, tuple(vertices), tuple(edges))


def _skus() -> list[VertexRow]:
    return [
        VertexRow(
            "Sku",
            sku_id(n),
            {
                "name": f"Article {n}",
                "category": f"Category {n % 12}",
                "weight_g": 100 + 37 * n,
                "volume_ml": 80 + 29 * n,
                "cold_chain": n % 9 == 0,
                "hazard_class": "3" if n % 23 == 0 else "",
                "kit": n < KITS,
                "assembly_s": 600 if n < KITS else 0,
                "discontinued": False,
                "price": 1_000 + 110 * n,
                "currency": "CLP",
            },
        )
        for n in range(SKUS)
    ]


def _warehouses() -> list[VertexRow]:
    houses = [
        VertexRow(
            "Warehouse",
            warehouse_id(n),
            {
                "name": f"Warehouse {n}",
                "longitude": -71.3 + n / 100,
                "latitude": -29.9 - n / 100,
                "time_zone": "America/Santiago",
                "pick_pack_s": 7_200,
                "cutoff_s": 64_800,
                "departs_s": 28_800,
                "closed_weekdays": "7",
                "daily_shipments": 400,
            },
        )
        for n in range(WAREHOUSES)
    ]
    days = [
        VertexRow(
            "WarehouseDay",
            ids.warehouse_day(warehouse_id(n), day),
            {"date": day, "capacity": 400, "used": 10 * n},
        )
        for n in range(WAREHOUSES)
        for day in DAYS
    ]
    return [*houses, *days]


def _supply() -> list[VertexRow]:
    stocks = [
        VertexRow(
            "Stock",
            id,
            {
                "on_hand": 1_000_000 + n,
                "reserved": 0,
                "safety_stock": 10,
                "available": 1_000_000 + n - 10,
            },
        )
        for n, id in enumerate(stock_ids())
    ]
    suppliers = [
        VertexRow("Supplier", ids.make("supplier", f"SUP-{n}"), {"name": f"Supplier {n}", "country": "CL"})
        for n in range(SUPPLIERS)
    ]
    orders = [
        VertexRow("PurchaseOrder", _purchase_id(n), {"ordered_at": START_AT - n * HOUR_MS, "status": "open"})
        for n in range(RECEIPTS)
    ]
    lines = [
        VertexRow(
            "PurchaseOrderLine",
            _receipt_id(n),
            {
                "quantity": 500,
                "received": 0,
                "reserved": 100,
                "available": 400 if n % 10 else 0,
                "promised_at": START_AT + n * HOUR_MS,
                "expected_at": START_AT + (n + n % 5) * HOUR_MS,
            },
        )
        for n in range(RECEIPTS)
    ]
    return [*stocks, *suppliers, *orders, *lines]


def _customers(orders: int) -> list[VertexRow]:
    count = _customer_count(orders)
    people = [VertexRow("Customer", _customer_id(n), {"name": f"Customer {n}"}) for n in range(count)]
    addresses = [
        VertexRow(
            "Location",
            _location_id(n),
            {
                "address": f"Calle {n}",
                "longitude": -71.3 + n / 10_000,
                "latitude": -29.9 - n / 10_000,
                "opens_s": 28_800,
                "closes_s": 64_800,
                "service_s": 600,
            },
        )
        for n in range(count)
    ]
    return [*people, *addresses]


def _orders(orders: int) -> list[VertexRow]:
    heads = [VertexRow("Order", order_id(n), _order(n)) for n in range(orders)]
    lines = [
        VertexRow(
            "OrderLine",
            ids.order_line(order_id(n), line + 1),
            {"number": line + 1, "quantity": 1 + (n + line) % 9, "status": "sourced"},
        )
        for n in range(orders)
        for line in range(LINES_AN_ORDER)
    ]
    return [*heads, *lines]


def _order(n: int) -> dict[str, PropertyValue]:
    late_by_s = 7_200 if n % 3 == 0 else 0
    promised_at = START_AT + (n % len(DAYS)) * 24 * HOUR_MS + 12 * HOUR_MS
    return {
        "status": _STATUSES[n % len(_STATUSES)],
        "placed_at": START_AT - n * 60_000,
        "requested_at": promised_at,
        "promised_at": promised_at,
        "expected_at": promised_at + late_by_s * 1000,
        "late_by_s": late_by_s,
        "day": DAYS[n % len(DAYS)],
        "assessed_at": START_AT,
        "priority": 1 + n % 3,
        "weight_g": 5_000 + n,
        "volume_ml": 8_000 + n,
        "cold_chain": n % 9 == 0,
        "hazardous": n % 23 == 0,
        "event_count": 2 if late_by_s else 1,
    }


def _events(orders: int) -> list[VertexRow]:
    facts = [
        VertexRow(
            "Event",
            _fact_id(n),
            _event("purchase_order_delayed", subject=_receipt_id(n), sequence=0),
        )
        for n in range(RECEIPTS)
    ]
    promised = [
        VertexRow(
            "Event",
            ids.order_event(order_id(n), 1),
            _event("order_promised", subject=order_id(n), sequence=1),
        )
        for n in range(orders)
    ]
    changed = [
        VertexRow(
            "Event",
            ids.order_event(order_id(n), 2),
            _event("order_expected_changed", subject=order_id(n), sequence=2),
        )
        for n in range(0, orders, 3)
    ]
    return [*facts, *promised, *changed]


def _event(kind: str, *, subject: str, sequence: int) -> dict[str, PropertyValue]:
    return {
        "kind": kind,
        "occurred_at": START_AT,
        "recorded_at": START_AT,
        "source": "benchmark",
        "subject": subject,
        "sequence": sequence,
        "data": "{}",
    }


def _product_edges() -> list[EdgeRow]:
    stocks = stock_ids()
    return [
        *(EdgeRow("HOLDS", ids.warehouse_of(stock), stock) for stock in stocks),
        *(EdgeRow("STOCK_OF", stock, sku_of(stock)) for stock in stocks),
        *(
            EdgeRow("COMPONENT_OF", sku_id(KITS + 3 * kit + part), sku_id(kit), {"quantity": 1 + part})
            for kit in range(KITS)
            for part in range(3)
        ),
        *(
            EdgeRow("SUBSTITUTES", sku_id(n + 1), sku_id(n), {"priority": 1})
            for n in range(KITS, SKUS - 1, 10)
        ),
        *(
            EdgeRow(
                "SUPPLIES",
                ids.make("supplier", f"SUP-{(n + place) % SUPPLIERS}"),
                sku_id(n),
                {
                    "lead_time_s": 864_000 + 86_400 * place,
                    "minimum_quantity": 10,
                    "multiple_quantity": 10,
                    "unit_cost": 500 + n,
                    "currency": "CLP",
                },
            )
            for n in range(KITS, SKUS)
            for place in range(2)
        ),
        *(
            EdgeRow("DAY_OF", ids.warehouse_day(warehouse_id(n), day), warehouse_id(n))
            for n in range(WAREHOUSES)
            for day in DAYS
        ),
        *(
            EdgeRow("PLACED_WITH", _purchase_id(n), ids.make("supplier", f"SUP-{n % SUPPLIERS}"))
            for n in range(RECEIPTS)
        ),
        *(EdgeRow("DELIVERS_TO", _purchase_id(n), warehouse_id(n % WAREHOUSES)) for n in range(RECEIPTS)),
        *(EdgeRow("HAS_LINE", _purchase_id(n), _receipt_id(n)) for n in range(RECEIPTS)),
        *(EdgeRow("BUYS", _receipt_id(n), sku_id(KITS + n)) for n in range(RECEIPTS)),
    ]


def _customer_edges(orders: int) -> list[EdgeRow]:
    count = _customer_count(orders)
    return [
        *(EdgeRow("TAKES_IN_AT", _customer_id(n), _location_id(n)) for n in range(count)),
        *(
            EdgeRow(
                "REACHED_FROM",
                _location_id(n),
                warehouse_id((n + place) % WAREHOUSES),
                {"travel_s": 1_200 + 60 * place, "distance_m": 9_000 + 100 * place},
            )
            for n in range(count)
            for place in range(WAYS_AN_ADDRESS)
        ),
    ]


def _order_edges(orders: int) -> list[EdgeRow]:
    count = _customer_count(orders)
    line_ids = [
        (n, line, ids.order_line(order_id(n), line + 1))
        for n in range(orders)
        for line in range(LINES_AN_ORDER)
    ]
    return [
        *(EdgeRow("PLACED", _customer_id(n % count), order_id(n)) for n in range(orders)),
        *(EdgeRow("SHIPS_TO", order_id(n), _location_id(n % count)) for n in range(orders)),
        *(EdgeRow("HAS_LINE", order_id(n), id) for n, _, id in line_ids),
        *(EdgeRow("ORDERS", id, sku_id((n * 13 + line * 171) % SKUS)) for n, line, id in line_ids),
    ]


def _event_edges(orders: int) -> list[EdgeRow]:
    return [
        *(EdgeRow("ABOUT", _fact_id(n), _receipt_id(n)) for n in range(RECEIPTS)),
        *(EdgeRow("ABOUT", ids.order_event(order_id(n), 1), order_id(n)) for n in range(orders)),
        *(EdgeRow("ABOUT", ids.order_event(order_id(n), 2), order_id(n)) for n in range(0, orders, 3)),
        *(
            EdgeRow("CAUSED_BY", ids.order_event(order_id(n), 2), _fact_id(n % RECEIPTS))
            for n in range(0, orders, 3)
        ),
    ]


def _customer_count(orders: int) -> int:
    return max(1, orders // 5)


def _customer_id(number: int) -> str:
    return ids.make("customer", f"C-{number:04d}")


def _location_id(number: int) -> str:
    return ids.make("location", f"C-{number:04d}")


def _purchase_id(number: int) -> str:
    return ids.make("purchase-order", f"PO-{number:03d}")


def _receipt_id(number: int) -> str:
    return ids.purchase_order_line(_purchase_id(number), 1)


def _fact_id(number: int) -> str:
    return ids.fact("benchmark", f"delay-{number:03d}")
