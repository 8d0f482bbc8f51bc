"""Who supplies what, and what it is made of."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, flag, integer, text

SUPPLIER = VertexKind(
    "Supplier",
    "supplier",
    "supplier code",
    (
        text("name", indexed=True),
        text("country", "ISO 3166-1 alpha-2"),
    ),
    "Sells SKUs to us.",
)

SKU = VertexKind(
    "Sku",
    "sku",
    "SKU code",
    (
        text("name", indexed=True),
        text("category", indexed=True),
        integer("weight_g", "g", "of one base unit"),
        integer("volume_ml", "ml", "of one base unit"),
        flag("cold_chain", "must stay between 2 and 8 °C"),
        text("hazard_class", "UN class of dangerous goods, empty for none"),
        flag("kit", "assembled to order from its components, never held in stock"),
        integer("assembly_s", "s", "to assemble a kit; 0 for what is no kit"),
        flag("discontinued", "can no longer be ordered", indexed=True),
        integer("price", "minor units of `currency`", "list price of one base unit"),
        text("currency", "ISO 4217"),
    ),
    "A stock keeping unit: what a line orders and a stock holds, counted in its base unit.",
)

SUPPLIES = EdgeKind(
    "SUPPLIES",
    (("Supplier", "Sku"),),
    (
        integer("lead_time_s", "s", "from the purchase order to the receipt in a warehouse"),
        integer("minimum_quantity", "base units", "smallest lot"),
        integer("multiple_quantity", "base units", "lots are multiples of it"),
        integer("unit_cost", "minor units of `currency`"),
        text("currency", "ISO 4217"),
    ),
    doc="The supplier sells the SKU at these terms.",
)

COMPONENT_OF = EdgeKind(
    "COMPONENT_OF",
    (("Sku", "Sku"),),
    (integer("quantity", "base units of the component per kit"),),
    doc="The component goes into the kit.",
)

SUBSTITUTES = EdgeKind(
    "SUBSTITUTES",
    (("Sku", "Sku"),),
    (integer("priority", "rank", "1 is tried first"),),
    doc="The first may be delivered instead of the second.",
)

VERTICES = (SUPPLIER, SKU)
EDGES = (SUPPLIES, COMPONENT_OF, SUBSTITUTES)
