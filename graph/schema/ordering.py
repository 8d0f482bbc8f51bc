"""Customers, what they ordered, what was promised, and where it will come from."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, choice, flag, instant, integer, real, text
from graph.schema.lifecycle import ALLOCATION, HOLD, ORDER, ORDER_LINE, PAPER

CUSTOMER = VertexKind(
    "Customer",
    "customer",
    "customer code",
    (text("name", indexed=True),),
    "Places orders.",
)

LOCATION = VertexKind(
    "Location",
    "location",
    "customer code, or order number for an address given with the order",
    (
        text("address"),
        real("longitude", "degrees"),
        real("latitude", "degrees"),
        integer("opens_s", "s after local midnight", "from when goods are taken in"),
        integer("closes_s", "s after local midnight", "until when goods are taken in"),
        integer("service_s", "s", "to unload and hand over"),
    ),
    "An address that takes deliveries.",
)

CUSTOMER_ORDER = VertexKind(
    "Order",
    "order",
    "order number",
    (
        choice("status", ORDER.states, "see the state machine", indexed=True, contended=True),
        instant("placed_at", indexed=True),
        instant("requested_at", "when the customer wanted it at the door", indexed=True),
        instant("promised_at", "first confirmed promise: at the door by then; never revised", indexed=True),
        instant("expected_at", "at the door by then, as things stand; once delivered, when", indexed=True),
        integer("late_by_s", "s", "expected_at after promised_at, 0 when in time", indexed=True),
        text("day", "ISO 8601 local date of the expected delivery", indexed=True),
        instant("assessed_at", "as of when expected_at was computed"),
        integer("priority", "rank", "1 goes first"),
        integer("weight_g", "g"),
        integer("volume_ml", "ml"),
        flag("cold_chain", "some line needs it"),
        flag("hazardous", "some line is dangerous goods"),
        integer(
            "event_count",
            "events",
            "sequence of its last event; each write of the order checks and raises it",
        ),
    ),
    "A customer's order. Ships complete: its date is that of its latest line.",
)

ORDER_LINE_KIND = VertexKind(
    "OrderLine",
    "order-line",
    "order number/line number",
    (
        integer("number", "position", "1 is the first"),
        integer("quantity", "base units"),
        choice("status", ORDER_LINE.states, "see the state machine", indexed=True, contended=True),
        integer(
            "delivered_quantity",
            "base units",
            "handed over, damaged ones included; of a kit, what its least complete shipment makes up",
            required=False,
        ),
        integer("damaged_quantity", "base units", "of those handed over, not intact", required=False),
    ),
    "One SKU of an order.",
)

ALLOCATION_KIND = VertexKind(
    "Allocation",
    "allocation",
    "order number/line number/position",
    (
        integer("quantity", "base units of the SKU it takes"),
        choice("state", ALLOCATION.states, "see the state machine", indexed=True),
        instant("available_at", "when the goods are (expected to be) in the warehouse"),
        text("reason", "why this source"),
        integer("cost", "minor units of the order's currency", "that decided, for this quantity"),
    ),
    "A quantity of a SKU set aside for an order line, in a stock or an inbound receipt, or short.",
)

HOLD_KIND = VertexKind(
    "Hold",
    "hold",
    "order number/kind, from the second of a kind on with its number",
    (
        choice(
            "kind",
            ("credit", "fraud", "quality", "export", "customer"),
            "who stopped the order",
            indexed=True,
        ),
        choice("status", HOLD.states, indexed=True, contended=True),
        text("note"),
        instant("set_at"),
        instant("expected_clear_at", "when it should be released"),
        instant("released_at", required=False),
    ),
    "Stops an order until it is released; at most one of a kind is active.",
)

PAPER_KIND = VertexKind(
    "Paper",
    "paper",
    "order number/kind",
    (
        choice("kind", ("invoice", "packing_list", "dangerous_goods_declaration"), indexed=True),
        choice("status", PAPER.states, indexed=True, contended=True),
        instant("expected_at", "when it should be there"),
        instant("attached_at", required=False),
        text("reference", "number or address of the document", required=False),
    ),
    "A document the order needs before it may leave.",
)

PLACED = EdgeKind("PLACED", (("Customer", "Order"),), doc="Who ordered.")
TAKES_IN_AT = EdgeKind("TAKES_IN_AT", (("Customer", "Location"),), doc="The customer's usual address.")
SHIPS_TO = EdgeKind("SHIPS_TO", (("Order", "Location"),), to_one=True, doc="Where it goes.")
HAS_LINE = EdgeKind(
    "HAS_LINE",
    (("Order", "OrderLine"), ("PurchaseOrder", "PurchaseOrderLine")),
    doc="The lines of an order or a purchase order.",
)
ORDERS = EdgeKind("ORDERS", (("OrderLine", "Sku"),), to_one=True, doc="What the line wants.")
HAS_ALLOCATION = EdgeKind(
    "HAS_ALLOCATION", (("OrderLine", "Allocation"),), doc="What is set aside for the line."
)
TAKES = EdgeKind(
    "TAKES",
    (("Allocation", "Sku"),),
    to_one=True,
    doc="The SKU it takes: the line's, or a component of its kit.",
)
DRAWS_ON = EdgeKind(
    "DRAWS_ON",
    (("Allocation", "Stock"), ("Allocation", "PurchaseOrderLine")),
    to_one=True,
    doc="Where the quantity comes from.",
)
REJECTED = EdgeKind(
    "REJECTED",
    (("OrderLine", "Warehouse"),),
    (
        text("reason"),
        integer("extra_cost", "minor units", "more than the chosen source would have cost"),
    ),
    doc="A source that was considered and not taken; the best three are kept.",
)
HELD_BY = EdgeKind("HELD_BY", (("Order", "Hold"),), doc="What stops the order.")
NEEDS_PAPER = EdgeKind("NEEDS_PAPER", (("Order", "Paper"),), doc="A document it cannot leave without.")

VERTICES = (CUSTOMER, LOCATION, CUSTOMER_ORDER, ORDER_LINE_KIND, ALLOCATION_KIND, HOLD_KIND, PAPER_KIND)
EDGES = (
    PLACED,
    TAKES_IN_AT,
    SHIPS_TO,
    HAS_LINE,
    ORDERS,
    HAS_ALLOCATION,
    TAKES,
    DRAWS_ON,
    REJECTED,
    HELD_BY,
    NEEDS_PAPER,
)
