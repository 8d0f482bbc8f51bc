"""Where goods lie, how many, and how many more can be handled in a day."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, integer, real, text

WAREHOUSE = VertexKind(
    "Warehouse",
    "warehouse",
    "warehouse code",
    (
        text("name", indexed=True),
        real("longitude", "degrees"),
        real("latitude", "degrees"),
        text("time_zone", "IANA name; its calendar days count in this zone"),
        integer("pick_pack_s", "s", "from the start of picking to goods at the dock"),
        integer(
            "cutoff_s", "s after local midnight", "what is ready before it can be delivered the next day"
        ),
        integer("departs_s", "s after local midnight", "the first vehicle may leave"),
        text("closed_weekdays", "digits of the ISO weekdays on which nothing is delivered, `7` is Sunday"),
        integer("daily_shipments", "shipments", "that can be picked and packed in a day"),
    ),
    "Holds stock, receives purchase orders, is the depot of vehicles.",
)

STOCK = VertexKind(
    "Stock",
    "stock",
    "warehouse/SKU",
    (
        integer("on_hand", "base units", "physically there", contended=True),
        integer("reserved", "base units", "allocated to order lines and not yet shipped", contended=True),
        integer("safety_stock", "base units", "never promised"),
        integer(
            "available",
            "base units",
            "on_hand - reserved - safety_stock, at least 0",
            indexed=True,
            contended=True,
        ),
    ),
    "How much of a SKU a warehouse has. `available` is what a conditional reservation tests.",
)

WAREHOUSE_DAY = VertexKind(
    "WarehouseDay",
    "warehouse-day",
    "warehouse/local date",
    (
        text("date", "ISO 8601 local date", indexed=True),
        integer("capacity", "shipments"),
        integer("used", "shipments", "assigned to this day", contended=True),
    ),
    "What a warehouse can ship in one day; its shipments hang on it.",
)

HOLDS = EdgeKind("HOLDS", (("Warehouse", "Stock"),), doc="The stock lies in the warehouse.")
STOCK_OF = EdgeKind("STOCK_OF", (("Stock", "Sku"),), to_one=True, doc="What the stock is.")
DAY_OF = EdgeKind("DAY_OF", (("WarehouseDay", "Warehouse"),), to_one=True, doc="Whose day it is.")

VERTICES = (WAREHOUSE, STOCK, WAREHOUSE_DAY)
EDGES = (HOLDS, STOCK_OF, DAY_OF)
