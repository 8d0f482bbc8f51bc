"""The statuses and kinds that things may have, as the schema declares them; a test keeps them equal."""

from __future__ import annotations

from enum import Enum

import strawberry


@strawberry.enum(description="Where an order stands.")
class OrderStatus(Enum):
    """Where an order stands."""

    PROMISED = "promised"
    SOURCED = "sourced"
    BLOCKED = "blocked"
    READY = "ready"
    ROUTED = "routed"
    IN_TRANSIT = "in_transit"
    FAILED = "failed"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@strawberry.enum(description="Where an order line stands.")
class OrderLineStatus(Enum):
    """Where an order line stands."""

    PROMISED = "promised"
    SOURCED = "sourced"
    SHORT = "short"
    SHIPPED = "shipped"
    RETURNED = "returned"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@strawberry.enum(description="Where an allocation stands.")
class AllocationState(Enum):
    """Where an allocation stands."""

    HELD = "held"
    SHORT = "short"
    RESERVED = "reserved"
    PICKED = "picked"
    SHIPPED = "shipped"
    RELEASED = "released"


@strawberry.enum(description="How a shipment was handed over.")
class ShipmentCondition(Enum):
    """How a shipment was handed over."""

    INTACT = "intact"
    DAMAGED = "damaged"
    PARTIAL = "partial"
    PARTIAL_AND_DAMAGED = "partial_and_damaged"


@strawberry.enum(description="Where a shipment stands.")
class ShipmentStatus(Enum):
    """Where a shipment stands."""

    OPEN = "open"
    PICKED = "picked"
    IN_TRANSIT = "in_transit"
    ARRIVED = "arrived"
    FAILED = "failed"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@strawberry.enum(description="Where a plan stands.")
class PlanStatus(Enum):
    """Where a plan stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    ABANDONED = "abandoned"


@strawberry.enum(description="Where a route stands.")
class RouteStatus(Enum):
    """Where a route stands."""

    DRAFT = "draft"
    PUBLISHED = "published"
    DEPARTED = "departed"
    COMPLETED = "completed"
    SUPERSEDED = "superseded"
    ABANDONED = "abandoned"


@strawberry.enum(description="Where a stop stands.")
class StopStatus(Enum):
    """Where a stop stands."""

    PLANNED = "planned"
    ARRIVED = "arrived"
    SERVED = "served"
    FAILED = "failed"
    SUPERSEDED = "superseded"


@strawberry.enum(description="Where a job stands.")
class JobStatus(Enum):
    """Where a job stands."""

    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    FINISHED = "finished"
    CANCELLED = "cancelled"


@strawberry.enum(description="Whether a hold still stops its order.")
class HoldStatus(Enum):
    """Whether a hold still stops its order."""

    ACTIVE = "active"
    RELEASED = "released"


@strawberry.enum(description="Whether a document is there.")
class PaperStatus(Enum):
    """Whether a document is there."""

    MISSING = "missing"
    ATTACHED = "attached"


@strawberry.enum(description="Whether something of a purchase order is still to come.")
class PurchaseOrderStatus(Enum):
    """Whether something of a purchase order is still to come."""

    OPEN = "open"
    RECEIVED = "received"


@strawberry.enum(description="Who stopped an order.")
class HoldKind(Enum):
    """Who stopped an order."""

    CREDIT = "credit"
    FRAUD = "fraud"
    QUALITY = "quality"
    EXPORT = "export"
    CUSTOMER = "customer"


@strawberry.enum(description="What document an order needs.")
class PaperKind(Enum):
    """What document an order needs."""

    INVOICE = "invoice"
    PACKING_LIST = "packing_list"
    DANGEROUS_GOODS_DECLARATION = "dangerous_goods_declaration"


@strawberry.enum(description="In which direction a street may be driven, seen from its start.")
class StreetDirection(Enum):
    """In which direction a street may be driven, seen from its start."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"


@strawberry.enum(description="What happened.")
class EventKind(Enum):
    """What happened."""

    STOCK_RECEIVED = "stock_received"
    STOCK_COUNTED = "stock_counted"
    PURCHASE_ORDER_DELAYED = "purchase_order_delayed"
    HOLD_SET = "hold_set"
    HOLD_RELEASED = "hold_released"
    PAPER_ATTACHED = "paper_attached"
    ROAD_CLOSED = "road_closed"
    ROAD_OPENED = "road_opened"
    SHIPMENT_PICKED = "shipment_picked"
    SHIPMENT_DEPARTED = "shipment_departed"
    SHIPMENT_ARRIVED = "shipment_arrived"
    SHIPMENT_DELIVERED = "shipment_delivered"
    SHIPMENT_FAILED = "shipment_failed"
    ORDER_PROMISED = "order_promised"
    ORDER_SOURCED = "order_sourced"
    ORDER_READY = "order_ready"
    ORDER_BLOCKED = "order_blocked"
    ORDER_ROUTED = "order_routed"
    ORDER_EXPECTED_CHANGED = "order_expected_changed"
    ORDER_CANCELLED = "order_cancelled"
