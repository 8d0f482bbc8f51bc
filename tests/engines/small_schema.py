"""A schema with one of everything, for the engines' contract: it does not follow the real model."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, Schema, VertexKind, choice, flag, integer, real, text

ITEM = VertexKind(
    "Item",
    "item",
    "code",
    (
        text("name", indexed=True),
        integer("weight_g", "g"),
        real("price", "per piece", required=False),
        flag("fragile", required=False),
        choice("grade", ("a", "b", "c"), required=False),
        text("note", required=False),
    ),
    "Something kept.",
)
STOCK = VertexKind(
    "Stock", "stock", "depot/item", (integer("available", "pieces", contended=True),), "How much of it where."
)
DEPOT = VertexKind("Depot", "depot", "code", (text("name"),), "A place.")
SCHEMA_VERSION = VertexKind(
    "SchemaVersion", "schema-version", "current", (integer("version", "version"),), ""
)

STOCK_OF = EdgeKind("STOCK_OF", (("Stock", "Item"),), to_one=True)
HOLDS = EdgeKind("HOLDS", (("Depot", "Stock"),))
PART_OF = EdgeKind("PART_OF", (("Item", "Item"),), (integer("quantity", "pieces"),))
LEG = EdgeKind(
    "LEG",
    (("Depot", "Depot"),),
    (integer("number", "position"), real("cost", "money")),
    told_apart_by="number",
)


def small_schema(version: int = 1) -> Schema:
    """The schema, at a version."""
    vertices = (ITEM, STOCK, DEPOT, SCHEMA_VERSION)
    edges = (STOCK_OF, HOLDS, PART_OF, LEG)
    return Schema(version, {k.label: k for k in vertices}, {k.label: k for k in edges})


SMALL = small_schema()
