"""Mutations of an order's life up to its shipments: place, cancel, source, assess."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from api.graphql.context import Context, Info
from api.graphql.enumerations import PaperKind
from api.graphql.errors import UserError
from api.graphql.mutations.carrying_out import carry_out
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant, Long
from api.graphql.types.explanations import Blocker, Promise, nodes
from api.graphql.types.ordering import Order
from api.graphql.types.refs import WarehouseRef
from api.operations.assess_readiness import Assessment, BlockedOrder, assess_readiness
from api.operations.cancel_order import CancelOrder, cancel_order
from api.operations.place_order import LineRequest, NewLocation, PlaceOrder, place_order
from api.operations.source_orders import Sourced, Sourcing, source_orders
from graph.errors import InvalidInput

MOST_SOURCED = 1000
"""How many orders one request may name; without any, all that are promised are sourced."""


@strawberry.input
class OrderLineInput:
    """One SKU of an order."""

    sku_id: strawberry.ID
    quantity: Long = strawberry.field(description="Base units of the SKU, 1 to 1,000,000.")


@strawberry.input
class LocationInput:
    """An address given with the order."""

    address: str
    longitude: float = strawberry.field(description="Degrees, WGS 84.")
    latitude: float = strawberry.field(description="Degrees, WGS 84.")
    opens_s: int = strawberry.field(default=8 * 3600, description="Seconds after local midnight.")
    closes_s: int = strawberry.field(default=18 * 3600, description="Seconds after local midnight.")
    service_s: int = strawberry.field(default=600, description="Seconds to unload and hand over.")

    def location(self) -> NewLocation:
        """As the operation takes it."""
        return NewLocation(
            self.address, self.longitude, self.latitude, self.opens_s, self.closes_s, self.service_s
        )


@strawberry.input
class PlaceOrderInput:
    """An order as a customer asks for it."""

    number: str = strawberry.field(description="The order's number; its id is order/ and this.")
    customer_id: strawberry.ID
    requested_at: Instant = strawberry.field(description="When the customer wants it at the door.")
    lines: list[OrderLineInput]
    location: LocationInput | None = strawberry.field(
        default=None, description="Null: the customer's usual address."
    )
    priority: int = strawberry.field(default=3, description="1 goes first, 9 last.")
    missing_papers: list[PaperKind] = strawberry.field(
        default_factory=list, description="Documents that are still to be attached."
    )
    latest_at: Instant | None = strawberry.field(
        default=None, description="Refuse the order rather than promise it for later than this."
    )

    def request(self) -> PlaceOrder:
        """As the operation takes it."""
        return PlaceOrder(
            number=self.number,
            customer_id=self.customer_id,
            requested_at=self.requested_at,
            lines=tuple(LineRequest(line.sku_id, line.quantity) for line in self.lines),
            location=None if self.location is None else self.location.location(),
            priority=self.priority,
            missing_papers=tuple(kind.value for kind in self.missing_papers),
            latest_at=self.latest_at,
        )


@strawberry.type
class PlaceOrderPayload:
    """An order that was promised and for which all is held, or why not."""

    order: Order | None
    promise: Promise | None
    user_errors: list[UserError]


@strawberry.type
class CancelOrderPayload:
    """An order that was cancelled, or why not."""

    order: Order | None
    user_errors: list[UserError]


@strawberry.type
class SourcedOrder:
    """An order that was sourced."""

    order_id: strawberry.Private[str]
    warehouse_ids: strawberry.Private[tuple[str, ...]]
    day: str = strawberry.field(description="Local date of the expected delivery.")
    expected_at: Instant
    moved: bool = strawberry.field(description="Whether goods come from elsewhere than was held.")
    short: bool = strawberry.field(description="Whether something is still to be bought.")

    @resolved("The order.")
    async def order(self, info: Info) -> Order:
        """The order."""
        return await _order(info.context, self.order_id)

    @resolved("Where its goods come from.")
    async def warehouses(self, info: Info) -> list[WarehouseRef]:
        """Its warehouses."""
        return await nodes(info, self.warehouse_ids)  # type: ignore[return-value]


@strawberry.type
class WaitingOrder:
    """An order that stays as it was promised for now."""

    order_id: strawberry.Private[str]
    reason: str

    @resolved("The order.")
    async def order(self, info: Info) -> Order:
        """The order."""
        return await _order(info.context, self.order_id)


@strawberry.type
class UntouchedOrder:
    """An order that was not sourced."""

    order_id: strawberry.Private[str]
    reason: str = strawberry.field(description="Why it stays as it is, and what to do about it.")

    @resolved("The order.")
    async def order(self, info: Info) -> Order:
        """The order."""
        return await _order(info.context, self.order_id)


@strawberry.type
class SourceOrdersPayload:
    """What came of sourcing, or why nothing did."""

    sourced: list[SourcedOrder]
    waiting: list[WaitingOrder]
    untouched: int = strawberry.field(description="How many orders stay as they are.")
    untouched_orders: list[UntouchedOrder] = strawberry.field(
        description="Those that stay as they are, and why each does."
    )
    user_errors: list[UserError]


@strawberry.type(name="BlockedOrder")
class BlockedOrderResult:
    """An order that cannot go, and why."""

    order_id: strawberry.Private[str]
    blockers: list[Blocker] = strawberry.field(description="What clears last comes first.")
    expected_at: Instant
    day: str

    @resolved("The order.")
    async def order(self, info: Info) -> Order:
        """The order."""
        return await _order(info.context, self.order_id)


@strawberry.type
class AssessReadinessPayload:
    """How the orders of a planning day stand, or why that was not assessed."""

    day: str | None
    ready: int = strawberry.field(description="Orders that can go on the day.")
    later: int = strawberry.field(description="Orders that nothing blocks, but that go on a later day.")
    changed: int = strawberry.field(description="Orders that were written.")
    blocked: list[BlockedOrderResult]
    user_errors: list[UserError]


@strawberry.type
class OrderMutations:
    """What is done to orders."""

    @resolved(
        "Place an order: it is promised and all it needs is held in one unit. The same idempotency key with "
        "the same input gives the same answer for 7 days; with another input it is refused."
    )
    async def place_order(
        self, info: Info, input: PlaceOrderInput, idempotency_key: str | None = None
    ) -> PlaceOrderPayload:
        """Place an order."""
        context = info.context
        placed, errors = await carry_out(
            context,
            lambda: place_order(
                context.engine, input.request(), now=context.now(), idempotency_key=idempotency_key
            ),
        )
        if placed is None:
            return PlaceOrderPayload(order=None, promise=None, user_errors=errors)
        return PlaceOrderPayload(
            order=await _order(context, placed.order_id),
            promise=Promise.of_placed(placed),
            user_errors=[],
        )

    @resolved("Cancel an order that has not left: all that is held for it is free again.")
    async def cancel_order(
        self, info: Info, order_id: strawberry.ID, reason: str = "", idempotency_key: str | None = None
    ) -> CancelOrderPayload:
        """Cancel an order."""
        context = info.context
        _, errors = await carry_out(
            context,
            lambda: cancel_order(
                context.engine,
                CancelOrder(order_id, reason),
                now=context.now(),
                idempotency_key=idempotency_key,
            ),
        )
        return CancelOrderPayload(
            order=None if errors else await _order(context, order_id), user_errors=errors
        )

    @resolved(
        f"Source promised orders: those given (at most {MOST_SOURCED}), or all. Those given "
        "that are blocked are sourced again: off their routes, if those have not departed. "
        "Repeating it changes nothing."
    )
    async def source_orders(
        self, info: Info, order_ids: list[strawberry.ID] | None = None
    ) -> SourceOrdersPayload:
        """Source orders."""
        context = info.context
        sourcing, errors = await carry_out(context, lambda: _source(context, order_ids))
        if sourcing is None:
            return SourceOrdersPayload(
                sourced=[], waiting=[], untouched=0, untouched_orders=[], user_errors=errors
            )
        return SourceOrdersPayload(
            sourced=[_sourced(one) for one in sourcing.sourced],
            waiting=[WaitingOrder(order_id=one.order_id, reason=one.reason) for one in sourcing.waiting],
            untouched=len(sourcing.untouched),
            untouched_orders=[
                UntouchedOrder(order_id=one.order_id, reason=one.reason) for one in sourcing.untouched
            ],
            user_errors=[],
        )

    @resolved(
        "Decide which orders of a planning day (a local date) are ready and what blocks the others. "
        "Repeating it changes nothing."
    )
    async def assess_readiness(self, info: Info, day: str) -> AssessReadinessPayload:
        """Assess a planning day."""
        context = info.context
        assessment, errors = await carry_out(
            context, lambda: assess_readiness(context.engine, day=day, now=context.now())
        )
        if assessment is None:
            return AssessReadinessPayload(
                day=None, ready=0, later=0, changed=0, blocked=[], user_errors=errors
            )
        return _assessed(assessment)


def _source(context: Context, order_ids: Sequence[str] | None) -> Sourcing:
    if order_ids is not None and not 1 <= len(order_ids) <= MOST_SOURCED:
        raise InvalidInput("orderIds", f"has {len(order_ids)} entries; give 1 to {MOST_SOURCED}, or none")
    return source_orders(context.engine, order_ids, now=context.now())


def _sourced(one: Sourced) -> SourcedOrder:
    return SourcedOrder(
        order_id=one.order_id,
        warehouse_ids=one.warehouse_ids,
        day=one.day,
        expected_at=Instant(one.expected_at),
        moved=one.moved,
        short=one.short,
    )


def _assessed(assessment: Assessment) -> AssessReadinessPayload:
    return AssessReadinessPayload(
        day=assessment.day,
        ready=len(assessment.ready),
        later=len(assessment.later),
        changed=assessment.changed,
        blocked=[_blocked(one) for one in assessment.blocked],
        user_errors=[],
    )


def _blocked(one: BlockedOrder) -> BlockedOrderResult:
    return BlockedOrderResult(
        order_id=one.order_id,
        blockers=[Blocker.of_operation(blocker) for blocker in one.blockers],
        expected_at=Instant(one.expected_at),
        day=one.day,
    )


async def _order(context: Context, order_id: str) -> Order:
    row = await context.loaders.vertex(order_id)
    assert row is not None, order_id
    return Order.of(row)
