"""What happened, and what was asked for."""

from __future__ import annotations

from graph.schema.elements import EdgeKind, VertexKind, choice, instant, integer, text

#: What physically or commercially happened, as `recordEvent` takes it in.
FACT_KINDS = (
    "stock_received",
    "stock_counted",
    "purchase_order_delayed",
    "hold_set",
    "hold_released",
    "paper_attached",
    "road_closed",
    "road_opened",
    "shipment_picked",
    "shipment_departed",
    "shipment_arrived",
    "shipment_delivered",
    "shipment_failed",
)

#: What the service did about an order.
ORDER_EVENT_KINDS = (
    "order_promised",
    "order_sourced",
    "order_ready",
    "order_blocked",
    "order_routed",
    "order_expected_changed",
    "order_cancelled",
)

EVENT = VertexKind(
    "Event",
    "event",
    "order number/sequence, or source/key for what is not about one order",
    (
        choice("kind", FACT_KINDS + ORDER_EVENT_KINDS, indexed=True),
        instant("occurred_at", indexed=True),
        instant("recorded_at", indexed=True),
        text("source", "who says so"),
        text("subject", "id of what it is about", indexed=True),
        integer("sequence", "position", "among the events of its order; 0 for others"),
        text("data", "what else is known, as JSON; times in it are UTC epoch ms"),
    ),
    "Something that happened; never changed, never removed.",
)

REQUEST = VertexKind(
    "Request",
    "request",
    "operation/idempotency key",
    (
        text("digest", "of the request's content"),
        text("answer", "the payload that was given, as JSON"),
        instant("made_at", indexed=True),
    ),
    "A mutation that was carried out under an idempotency key; kept for 7 days.",
)

SCHEMA_VERSION = VertexKind(
    "SchemaVersion",
    "schema-version",
    "always `current`",
    (
        integer("version", "version"),
        integer(
            "steps_done", "steps", "of a migration to the next version that is under way", required=False
        ),
    ),
    "Which version of this model the graph follows.",
)

WORLD = VertexKind(
    "World",
    "world",
    "`demo`, or `building` while it is built on a server",
    (
        integer("seed", "seed"),
        integer("orders", "orders"),
        instant("start_at", "when its first day begins"),
        instant("clock_at", "how far its clock came; serving it goes on from there"),
        text("digest", "of what was built"),
        text("planning_day", "ISO 8601 local date"),
    ),
    "The demo world that this graph holds.",
)

ABOUT = EdgeKind(
    "ABOUT",
    (
        ("Event", "Order"),
        ("Event", "Shipment"),
        ("Event", "Hold"),
        ("Event", "Paper"),
        ("Event", "Stock"),
        ("Event", "PurchaseOrderLine"),
        ("Event", "RoadEvent"),
    ),
    doc="What the event is about; only things with few events.",
)
CAUSED_BY = EdgeKind(
    "CAUSED_BY", (("Event", "Event"),), to_one=True, doc="The fact that made the service act."
)

VERTICES = (EVENT, REQUEST, SCHEMA_VERSION, WORLD)
EDGES = (ABOUT, CAUSED_BY)
