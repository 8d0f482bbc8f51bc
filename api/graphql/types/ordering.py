"""Customers, orders, and what is set aside for them."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from gremlin_python.process.graph_traversal import __

from api.graphql.context import Info
from api.graphql.enumerations import (
    AllocationState,
    HoldKind,
    HoldStatus,
    OrderLineStatus,
    OrderStatus,
    PaperKind,
    PaperStatus,
)
from api.graphql.loading import EdgeLink, Link
from api.graphql.pages import Connection
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant, Long, Money, money
from api.graphql.types.explanations import Lateness, Promise, Readiness
from api.graphql.types.node import Node, Tie, code, many, node_of, one, pages, tie_type, ties, vertex_type
from api.graphql.types.refs import (
    EventRef,
    PurchaseOrderLineRef,
    RoadSegmentRef,
    ShipmentRef,
    SkuRef,
    StockRef,
    WarehouseRef,
)
from api.operations.assess_readiness import readiness_of
from api.operations.explain_lateness import explain_lateness
from graph.schema import ids, ordering, roads
from graph.traversals.browse import Sort

SKU_TAKEN = Link(lambda t: t.out("TAKES"))
SKU_ORDERED = Link(lambda t: t.out("ORDERS"))
SOURCE = Link(lambda t: t.out("DRAWS_ON"))

SOURCE_UNION = strawberry.union("Source", description="Where an allocation's goods come from.")


def _money_of(info: Info, sku: Link, id: str, amount: int) -> Money:
    """``amount`` in the currency of the SKU that the link leads to."""
    return info.context.loaders.linked(sku, id, lambda rows: money(amount, rows[0]["currency"]))


def _source(info: Info, id: str, label: str) -> Any:
    return info.context.loaders.linked(
        SOURCE, id, lambda rows: next((node_of(row) for row in rows if row["label"] == label), None)
    )


@tie_type(roads.REACHED_FROM)
class Way(Tie):
    """The standard way from a warehouse to an address."""

    warehouse: WarehouseRef
    travel_s: int
    distance_m: int


@tie_type(ordering.REJECTED)
class RejectedSource(Tie):
    """A warehouse that was considered for a line and not taken."""

    warehouse: WarehouseRef
    reason: str
    extra_cost: strawberry.Private[int]
    line_id: strawberry.Private[str]

    @resolved("More than the chosen source.", name="extraCost")
    def more_than_chosen(self, info: Info) -> Money:
        """In the currency of what was ordered."""
        return _money_of(info, SKU_ORDERED, self.line_id, self.extra_cost)


@vertex_type(ordering.CUSTOMER)
class Customer(Node):
    """A customer."""

    code: str = code("The customer code.")
    name: str
    location: Location | None = one(Link(lambda t: t.out("TAKES_IN_AT")))
    orders: Connection[Order] = pages("Order", lambda t: t.out("PLACED"), Sort("placed_at", descending=True))


@vertex_type(ordering.LOCATION)
class Location(Node):
    """An address."""

    address: str
    longitude: float
    latitude: float
    opens_s: int
    closes_s: int
    service_s: int
    road_segment: RoadSegmentRef | None = one(Link(lambda t: t.out("SNAPS_TO")))
    ways: list[Way] = ties(
        EdgeLink(lambda t: t.out_e("REACHED_FROM")),
        lambda _location, edge, warehouse: Way.of(edge, warehouse=warehouse),
    )


@vertex_type(ordering.CUSTOMER_ORDER)
class Order(Node):
    """An order."""

    number: str = code("The order number.")
    status: OrderStatus
    placed_at: Instant
    requested_at: Instant
    promised_at: Instant
    expected_at: Instant
    late_by_s: Long
    day: str
    assessed_at: Instant
    priority: int
    weight_g: Long
    volume_ml: Long
    cold_chain: bool
    hazardous: bool
    event_count: int
    customer: Customer = one(Link(lambda t: t.in_("PLACED")))
    ships_to: Location = one(Link(lambda t: t.out("SHIPS_TO")))
    lines: list[OrderLine] = many(Link(lambda t: t.out("HAS_LINE").has_label("OrderLine"), order_by="number"))
    shipments: list[ShipmentRef] = many(Link(lambda t: t.out("HAS_SHIPMENT"), order_by="weight_g"))
    holds: list[Hold] = many(Link(lambda t: t.out("HELD_BY"), order_by="set_at"))
    papers: list[Paper] = many(Link(lambda t: t.out("NEEDS_PAPER"), order_by="kind"))
    events: Connection[EventRef] = pages("Event", lambda t: t.in_("ABOUT"), Sort("sequence"))

    @resolved("What was promised when it was placed, and what decided that.")
    async def promise(self, info: Info) -> Promise:
        """From its first event."""
        event = await info.context.loaders.vertex(ids.order_event(self.id, 1))
        assert event is not None, self.id
        return Promise.of_event(event)

    @resolved("Whether it could go now, and what blocks it.")
    async def readiness(self, info: Info) -> Readiness:
        """As things stand; asked for all orders of a page together."""
        context = info.context
        found = await context.loaders.computed(
            "readiness",
            lambda order_ids: {
                found.order_id: found for found in readiness_of(context.engine, order_ids, now=context.now())
            },
            self.id,
        )
        return Readiness.of_operation(found)

    @resolved("Whether it is or will be late, and the chain of causes down to the facts.")
    async def lateness(self, info: Info) -> Lateness:
        """Explained for all orders of a page together."""
        context = info.context
        found = await context.loaders.computed(
            "lateness",
            lambda order_ids: {
                late.order_id: late for late in explain_lateness(context.engine, order_ids, now=context.now())
            },
            self.id,
        )
        return Lateness.of_operation(found)


@vertex_type(ordering.ORDER_LINE_KIND)
class OrderLine(Node):
    """A line of an order."""

    number: int
    quantity: Long
    status: OrderLineStatus
    delivered_quantity: Long | None = None
    damaged_quantity: Long | None = None
    order: Order = one(Link(lambda t: t.in_("HAS_LINE")))
    sku: SkuRef = one(SKU_ORDERED)
    allocations: list[Allocation] = many(Link(lambda t: t.out("HAS_ALLOCATION"), order_by="available_at"))
    rejected: list[RejectedSource] = ties(
        EdgeLink(lambda t: t.out_e("REJECTED")),
        lambda self, edge, warehouse: RejectedSource.of(edge | {"line_id": self.id}, warehouse=warehouse),
    )

    @resolved("Of its quantity, what was not handed over; null until it is delivered.")
    def missing_quantity(self) -> Long | None:
        """Ordered less handed over."""
        if self.status not in ("delivered", OrderLineStatus.DELIVERED) or self.delivered_quantity is None:
            return None
        return Long(self.quantity - self.delivered_quantity)


@vertex_type(ordering.ALLOCATION_KIND)
class Allocation(Node):
    """What is set aside for an order line."""

    quantity: Long
    state: AllocationState
    available_at: Instant
    reason: str
    cost: strawberry.Private[int]
    line: OrderLine = one(Link(lambda t: t.in_("HAS_ALLOCATION")))
    sku: SkuRef = one(SKU_TAKEN)
    source: Annotated[StockRef | PurchaseOrderLineRef, SOURCE_UNION] | None = one(SOURCE)
    warehouse: WarehouseRef | None = one(
        Link(lambda t: t.out("DRAWS_ON").union(__.in_("HOLDS"), __.in_("HAS_LINE").out("DELIVERS_TO")))
    )
    shipment: ShipmentRef | None = one(Link(lambda t: t.in_("PACKS")))

    @resolved("The stock it draws on; null when it draws on a purchase order, or is short.", follows=SOURCE)
    def stock(self, info: Info) -> StockRef | None:
        """The source, where that is a stock."""
        stock: StockRef | None = _source(info, self.id, "Stock")
        return stock

    @resolved("The inbound receipt it draws on, if any.", follows=SOURCE)
    def purchase_order_line(self, info: Info) -> PurchaseOrderLineRef | None:
        """The source, where that is a purchase-order line."""
        line: PurchaseOrderLineRef | None = _source(info, self.id, "PurchaseOrderLine")
        return line

    @resolved("That decided for this source, for this quantity.", name="cost", follows=SKU_TAKEN)
    def deciding_cost(self, info: Info) -> Money:
        """In the currency of the SKU."""
        return _money_of(info, SKU_TAKEN, self.id, self.cost)


@vertex_type(ordering.HOLD_KIND)
class Hold(Node):
    """A hold."""

    kind: HoldKind
    status: HoldStatus
    note: str
    set_at: Instant
    expected_clear_at: Instant
    released_at: Instant | None = None
    order: Order = one(Link(lambda t: t.in_("HELD_BY")))


@vertex_type(ordering.PAPER_KIND)
class Paper(Node):
    """A document."""

    kind: PaperKind
    status: PaperStatus
    expected_at: Instant
    attached_at: Instant | None = None
    reference: str | None = None
    order: Order = one(Link(lambda t: t.in_("NEEDS_PAPER")))
