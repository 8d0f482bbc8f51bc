"""What is on its way to us."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, choice, instant, integer

PURCHASE_ORDER = VertexKind(
    "PurchaseOrder",
    "purchase-order",
    "purchase order number",
    (
        instant("ordered_at", indexed=True),
        choice("status", ("open", "received"), indexed=True, contended=True),
    ),
    "An order to a supplier, delivered to one warehouse.",
)

PURCHASE_ORDER_LINE = VertexKind(
    "PurchaseOrderLine",
    "purchase-order-line",
    "purchase order number/line number",
    (
        integer("quantity", "base units", "ordered"),
        integer("received", "base units", "already in the warehouse", contended=True),
        integer(
            "reserved", "base units", "of what is still to come, allocated to order lines", contended=True
        ),
        integer("available", "base units", "quantity - received - reserved", indexed=True, contended=True),
        instant("promised_at", "when the supplier first said it would come"),
        instant("expected_at", "when it is expected now", indexed=True, contended=True),
    ),
    "An inbound receipt that order lines can be allocated to.",
)

PLACED_WITH = EdgeKind("PLACED_WITH", (("PurchaseOrder", "Supplier"),), to_one=True, doc="Who supplies.")
DELIVERS_TO = EdgeKind(
    "DELIVERS_TO", (("PurchaseOrder", "Warehouse"),), to_one=True, doc="Where it comes in."
)
BUYS = EdgeKind("BUYS", (("PurchaseOrderLine", "Sku"),), to_one=True, doc="What comes.")

VERTICES = (PURCHASE_ORDER, PURCHASE_ORDER_LINE)
EDGES = (PLACED_WITH, DELIVERS_TO, BUYS)
