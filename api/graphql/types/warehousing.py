"""Warehouses, their stock and their days."""

from __future__ import annotations

from api.graphql.loading import Link
from api.graphql.pages import Connection
from api.graphql.scalars import Long
from api.graphql.types.node import Node, code, many, one, pages, vertex_type
from api.graphql.types.refs import AllocationRef, PurchaseOrderRef, ShipmentRef, SkuRef, VehicleRef
from graph.schema import warehousing
from graph.traversals.browse import Sort


@vertex_type(warehousing.WAREHOUSE)
class Warehouse(Node):
    """A warehouse."""

    code: str = code("The warehouse code.")
    name: str
    longitude: float
    latitude: float
    time_zone: str
    pick_pack_s: int
    cutoff_s: int
    departs_s: int
    closed_weekdays: str
    daily_shipments: int
    stocks: Connection[Stock] = pages("Stock", lambda t: t.out("HOLDS"), Sort("available"))
    vehicles: list[VehicleRef] = many(Link(lambda t: t.in_("BASED_AT"), order_by="name"))
    days: Connection[WarehouseDay] = pages(
        "WarehouseDay", lambda t: t.in_("DAY_OF"), Sort("date", descending=True)
    )
    purchase_orders: Connection[PurchaseOrderRef] = pages(
        "PurchaseOrder", lambda t: t.in_("DELIVERS_TO"), Sort("ordered_at", descending=True)
    )


@vertex_type(warehousing.STOCK)
class Stock(Node):
    """What a warehouse has of a SKU."""

    on_hand: Long
    reserved: Long
    safety_stock: Long
    available: Long
    sku: SkuRef = one(Link(lambda t: t.out("STOCK_OF")))
    warehouse: Warehouse = one(Link(lambda t: t.in_("HOLDS")))
    allocations: Connection[AllocationRef] = pages(
        "Allocation", lambda t: t.in_("DRAWS_ON"), Sort("available_at")
    )


@vertex_type(warehousing.WAREHOUSE_DAY)
class WarehouseDay(Node):
    """A day of a warehouse."""

    date: str
    capacity: int
    used: int
    warehouse: Warehouse = one(Link(lambda t: t.out("DAY_OF")))
    shipments: Connection[ShipmentRef] = pages("Shipment", lambda t: t.in_("SHIPS_FROM"), Sort("weight_g"))
