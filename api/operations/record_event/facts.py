"""What can be recorded: one value for each kind of fact. Times are UTC epoch ms, quantities base units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

CONDITIONS = ("intact", "damaged")


@dataclass(frozen=True)
class StockReceived:
    """``quantity`` of an inbound purchase-order line came into its warehouse."""

    event_kind: ClassVar[str] = "stock_received"
    purchase_order_line_id: str
    quantity: int


@dataclass(frozen=True)
class StockCounted:
    """Somebody counted: ``on_hand`` lie there, what is picked and has not left included."""

    event_kind: ClassVar[str] = "stock_counted"
    stock_id: str
    on_hand: int


@dataclass(frozen=True)
class PurchaseOrderDelayed:
    """The supplier named a new date for what is still to come of a purchase-order line."""

    event_kind: ClassVar[str] = "purchase_order_delayed"
    purchase_order_line_id: str
    expected_at: int


@dataclass(frozen=True)
class HoldSet:
    """Somebody stopped the order, until about ``expected_clear_at``."""

    event_kind: ClassVar[str] = "hold_set"
    order_id: str
    kind: str
    note: str
    expected_clear_at: int


@dataclass(frozen=True)
class HoldReleased:
    """The hold is over."""

    event_kind: ClassVar[str] = "hold_released"
    hold_id: str


@dataclass(frozen=True)
class PaperAttached:
    """A document that the order needs is there; ``reference`` is its number or address."""

    event_kind: ClassVar[str] = "paper_attached"
    order_id: str
    kind: str
    reference: str


@dataclass(frozen=True)
class RoadClosed:
    """No vehicle passes these segments, until about ``expected_end_at``; ``code`` names the closure."""

    event_kind: ClassVar[str] = "road_closed"
    code: str
    segment_ids: tuple[str, ...]
    note: str
    expected_end_at: int


@dataclass(frozen=True)
class RoadOpened:
    """The closure is over; segments that another one closes stay closed."""

    event_kind: ClassVar[str] = "road_opened"
    road_event_id: str


@dataclass(frozen=True)
class ShipmentPicked:
    """The goods lie packed at the dock."""

    event_kind: ClassVar[str] = "shipment_picked"
    shipment_id: str


@dataclass(frozen=True)
class ShipmentDeparted:
    """The vehicle left the warehouse with it."""

    event_kind: ClassVar[str] = "shipment_departed"
    shipment_id: str


@dataclass(frozen=True)
class ShipmentArrived:
    """The vehicle is at the address."""

    event_kind: ClassVar[str] = "shipment_arrived"
    shipment_id: str


@dataclass(frozen=True)
class DeliveredLine:
    """How much of a line was handed over, ``intact`` or ``damaged``; what is left of the line was missing."""

    line_id: str
    quantity: int
    condition: str = "intact"


@dataclass(frozen=True)
class ShipmentDelivered:
    """Somebody took it in. Lines that are not named were handed over complete and intact.

    A line may be named once for each condition, or more often: its quantities add up.
    """

    event_kind: ClassVar[str] = "shipment_delivered"
    shipment_id: str
    lines: tuple[DeliveredLine, ...]
    papers_complete: bool
    received_by: str


@dataclass(frozen=True)
class ShipmentFailed:
    """It could not be handed over and goes back to its warehouse."""

    event_kind: ClassVar[str] = "shipment_failed"
    shipment_id: str
    reason: str


Fact = (
    StockReceived
    | StockCounted
    | PurchaseOrderDelayed
    | HoldSet
    | HoldReleased
    | PaperAttached
    | RoadClosed
    | RoadOpened
    | ShipmentPicked
    | ShipmentDeparted
    | ShipmentArrived
    | ShipmentDelivered
    | ShipmentFailed
)
