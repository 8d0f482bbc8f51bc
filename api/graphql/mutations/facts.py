"""Recording what happened: one input with a branch for each kind of fact."""

from __future__ import annotations

from enum import Enum

import strawberry

from api.graphql.context import Context, Info
from api.graphql.enumerations import HoldKind, PaperKind
from api.graphql.errors import UserError
from api.graphql.mutations.carrying_out import carry_out
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant, Long
from api.graphql.types.events import Event
from api.graphql.types.explanations import nodes
from api.graphql.types.ordering import Order
from api.operations.record_event import RecordedEvent, facts, record_event

_SOURCE = "Who says so, such as the name of a system."


@strawberry.enum(description="How goods were when they were handed over.")
class Condition(Enum):
    """How goods were when they were handed over."""

    INTACT = "intact"
    DAMAGED = "damaged"


@strawberry.input
class _Said:
    """What every fact comes with."""

    occurred_at: Instant
    source: str = strawberry.field(description=_SOURCE)


@strawberry.input(description="Goods of a purchase-order line came into its warehouse.")
class StockReceivedInput(_Said):
    """Stock received."""

    purchase_order_line_id: strawberry.ID
    quantity: Long

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.StockReceived(self.purchase_order_line_id, self.quantity)


@strawberry.input(description="Somebody counted a stock; what is picked and has not left included.")
class StockCountedInput(_Said):
    """Stock counted."""

    stock_id: strawberry.ID
    on_hand: Long

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.StockCounted(self.stock_id, self.on_hand)


@strawberry.input(description="The supplier named a new date for what is still to come.")
class PurchaseOrderDelayedInput(_Said):
    """Purchase order delayed."""

    purchase_order_line_id: strawberry.ID
    expected_at: Instant

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.PurchaseOrderDelayed(self.purchase_order_line_id, self.expected_at)


@strawberry.input(description="Somebody stopped an order.")
class HoldSetInput(_Said):
    """Hold set."""

    order_id: strawberry.ID
    kind: HoldKind
    note: str
    expected_clear_at: Instant = strawberry.field(description="When it should be released.")

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.HoldSet(self.order_id, self.kind.value, self.note, self.expected_clear_at)


@strawberry.input(description="A hold is over; an order that only it blocked is ready again.")
class HoldReleasedInput(_Said):
    """Hold released."""

    hold_id: strawberry.ID

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.HoldReleased(self.hold_id)


@strawberry.input(
    description="A document that an order needs is there; an order that only it blocked is ready again."
)
class PaperAttachedInput(_Said):
    """Paper attached."""

    order_id: strawberry.ID
    kind: PaperKind
    reference: str = strawberry.field(description="Number or address of the document.")

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.PaperAttached(self.order_id, self.kind.value, self.reference)


@strawberry.input(description="No vehicle passes these streets.")
class RoadClosedInput(_Said):
    """Road closed."""

    code: str = strawberry.field(description="Names the closure; its id is road-event/ and this.")
    segment_ids: list[strawberry.ID]
    note: str
    expected_end_at: Instant

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.RoadClosed(self.code, tuple(self.segment_ids), self.note, self.expected_end_at)


@strawberry.input(description="A closure is over; streets that another one closes stay closed.")
class RoadOpenedInput(_Said):
    """Road opened."""

    road_event_id: strawberry.ID

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.RoadOpened(self.road_event_id)


@strawberry.input(description="The goods lie packed at the dock.")
class ShipmentPickedInput(_Said):
    """Shipment picked."""

    shipment_id: strawberry.ID

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.ShipmentPicked(self.shipment_id)


@strawberry.input(description="The vehicle left the warehouse with it.")
class ShipmentDepartedInput(_Said):
    """Shipment departed."""

    shipment_id: strawberry.ID

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.ShipmentDeparted(self.shipment_id)


@strawberry.input(description="The vehicle is at the address.")
class ShipmentArrivedInput(_Said):
    """Shipment arrived."""

    shipment_id: strawberry.ID

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.ShipmentArrived(self.shipment_id)


@strawberry.input
class DeliveredLineInput:
    """How much of a line was handed over, and in which condition."""

    line_id: strawberry.ID
    quantity: Long = strawberry.field(
        description="What was handed over in this condition, in base units; what is left of the line in the "
        "shipment was missing. Name a line once for each condition: the quantities add up."
    )
    condition: Condition = Condition.INTACT


@strawberry.input(description="Somebody took it in.")
class ShipmentDeliveredInput(_Said):
    """Shipment delivered."""

    shipment_id: strawberry.ID
    papers_complete: bool
    received_by: str
    lines: list[DeliveredLineInput] = strawberry.field(
        default_factory=list, description="Lines that are not named were handed over complete and intact."
    )

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        lines = tuple(
            facts.DeliveredLine(line.line_id, line.quantity, line.condition.value) for line in self.lines
        )
        return facts.ShipmentDelivered(self.shipment_id, lines, self.papers_complete, self.received_by)


@strawberry.input(description="It could not be handed over and goes back to its warehouse.")
class ShipmentFailedInput(_Said):
    """Shipment failed."""

    shipment_id: strawberry.ID
    reason: str

    def fact(self) -> facts.Fact:
        """As the operation takes it."""
        return facts.ShipmentFailed(self.shipment_id, self.reason)


FactInput = (
    StockReceivedInput
    | StockCountedInput
    | PurchaseOrderDelayedInput
    | HoldSetInput
    | HoldReleasedInput
    | PaperAttachedInput
    | RoadClosedInput
    | RoadOpenedInput
    | ShipmentPickedInput
    | ShipmentDepartedInput
    | ShipmentArrivedInput
    | ShipmentDeliveredInput
    | ShipmentFailedInput
)


@strawberry.input(one_of=True, description="What happened: exactly one of these.")
class RecordEventInput:
    """What happened."""

    stock_received: StockReceivedInput | None = strawberry.UNSET
    stock_counted: StockCountedInput | None = strawberry.UNSET
    purchase_order_delayed: PurchaseOrderDelayedInput | None = strawberry.UNSET
    hold_set: HoldSetInput | None = strawberry.UNSET
    hold_released: HoldReleasedInput | None = strawberry.UNSET
    paper_attached: PaperAttachedInput | None = strawberry.UNSET
    road_closed: RoadClosedInput | None = strawberry.UNSET
    road_opened: RoadOpenedInput | None = strawberry.UNSET
    shipment_picked: ShipmentPickedInput | None = strawberry.UNSET
    shipment_departed: ShipmentDepartedInput | None = strawberry.UNSET
    shipment_arrived: ShipmentArrivedInput | None = strawberry.UNSET
    shipment_delivered: ShipmentDeliveredInput | None = strawberry.UNSET
    shipment_failed: ShipmentFailedInput | None = strawberry.UNSET

    def said(self) -> FactInput:
        """The one branch that is given."""
        given: list[FactInput] = [value for value in vars(self).values() if value]
        return given[0]


@strawberry.type
class RecordEventPayload:
    """The event that was written, and the orders it changed; or why nothing was."""

    event: Event | None
    order_ids: strawberry.Private[tuple[str, ...]]
    repeated: bool = strawberry.field(description="Whether it had been recorded before, under the same key.")
    user_errors: list[UserError]

    @resolved("How many orders it changed.")
    def order_count(self) -> int:
        """How many."""
        return len(self.order_ids)

    @resolved("The orders it changed, the first 100 of them.")
    async def orders(self, info: Info) -> list[Order]:
        """Those it changed."""
        return await nodes(info, self.order_ids[:100])  # type: ignore[return-value]


@strawberry.type
class FactMutations:
    """What is taken in."""

    @resolved(
        "Record what happened. The same source and idempotency key with the same content give the same "
        "answer; with other content they are refused."
    )
    async def record_event(
        self, info: Info, event: RecordEventInput, idempotency_key: str
    ) -> RecordEventPayload:
        """Record a fact."""
        context = info.context
        said = event.said()
        recorded, errors = await carry_out(context, lambda: _record(context, said, idempotency_key))
        if recorded is None:
            return RecordEventPayload(event=None, order_ids=(), repeated=False, user_errors=errors)
        row = await context.loaders.vertex(recorded.event_id)
        return RecordEventPayload(
            event=None if row is None else Event.of(row),
            order_ids=recorded.order_ids,
            repeated=recorded.repeated,
            user_errors=[],
        )


def _record(context: Context, said: FactInput, key: str) -> RecordedEvent:
    return record_event(
        context.engine,
        said.fact(),
        occurred_at=said.occurred_at,
        source=said.source,
        key=key,
        now=context.now(),
    )
