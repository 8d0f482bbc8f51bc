"""Queries for customers and orders."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import strawberry
from gremlin_python.process.graph_traversal import GraphTraversal, __
from gremlin_python.process.traversal import P

from api.graphql.context import Info
from api.graphql.enumerations import OrderStatus
from api.graphql.pages import Connection, PageArguments
from api.graphql.queries.lists import (
    Filter,
    any_of,
    between,
    check_date,
    check_id,
    equal,
    listed,
    starts_with,
)
from api.graphql.queries.single import single
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant
from api.graphql.types.ordering import Customer, Order
from graph.schema import ordering, products
from graph.traversals.browse import Condition, Origin


@strawberry.enum(description="What orders are sorted by.")
class OrderSort(Enum):
    """What orders are sorted by."""

    PLACED_AT = "placed_at"
    REQUESTED_AT = "requested_at"
    PROMISED_AT = "promised_at"
    EXPECTED_AT = "expected_at"
    LATE_BY = "late_by_s"
    DAY = "day"
    PRIORITY = "priority"


@strawberry.enum(description="What customers are sorted by.")
class CustomerSort(Enum):
    """What customers are sorted by."""

    NAME = "name"


@strawberry.input
class _AnyOrderFilter(Filter):
    """What all lists of orders can be narrowed to."""

    status: list[OrderStatus] | None = None
    day: str | None = strawberry.field(default=None, description="Local date of the expected delivery.")
    customer_id: strawberry.ID | None = None
    sku_id: strawberry.ID | None = strawberry.field(default=None, description="Some line orders it.")
    priority: int | None = None
    placed_from: Instant | None = None
    placed_to: Instant | None = None
    requested_from: Instant | None = None
    requested_to: Instant | None = None
    promised_from: Instant | None = None
    promised_to: Instant | None = None
    expected_from: Instant | None = None
    expected_to: Instant | None = None

    def conditions(self) -> Iterator[Condition]:
        """What the orders must fit."""
        yield from any_of("status", self.status)
        if self.day is not None:
            yield from equal("day", check_date(self.day, field="filter.day"))
        yield from equal("priority", self.priority)
        yield from between("placed_at", self.placed_from, self.placed_to)
        yield from between("requested_at", self.requested_from, self.requested_to)
        yield from between("promised_at", self.promised_from, self.promised_to)
        yield from between("expected_at", self.expected_from, self.expected_to)

    def origin(self, label: str) -> Origin:
        """From the customer or the SKU, if one is given."""
        if self.customer_id is not None:
            check_id(self.customer_id, ordering.CUSTOMER, field="filter.customerId")
        if self.sku_id is not None:
            check_id(self.sku_id, products.SKU, field="filter.skuId")
        if self.customer_id is not None:
            return Origin(label, self.customer_id, self._of_customer)
        if self.sku_id is not None:
            return Origin(label, self.sku_id, lambda t: t.in_("ORDERS").in_("HAS_LINE").dedup())
        return Origin(label)

    def _of_customer(self, customer: GraphTraversal) -> GraphTraversal:
        orders = customer.out("PLACED")
        if self.sku_id is None:
            return orders
        return orders.where(__.out("HAS_LINE").out("ORDERS").has_id(self.sku_id))


@strawberry.input(description="All that is given must hold. Times: from is included, to is not.")
class OrderFilter(_AnyOrderFilter):
    """Which orders."""

    late_only: bool = strawberry.field(
        default=False, description="Expected, or delivered, after the first confirmed promise."
    )

    def conditions(self) -> Iterator[Condition]:
        """What the orders must fit."""
        yield from super().conditions()
        if self.late_only:
            yield Condition("late_by_s", P.gt(0))


@strawberry.input(description="All that is given must hold.")
class CustomerFilter(Filter):
    """Which customers."""

    name_prefix: str | None = strawberry.field(default=None, description="As it is spelt.")

    def conditions(self) -> Iterator[Condition]:
        """What the customers must fit."""
        yield from starts_with("name", self.name_prefix)


@strawberry.input(description="All that is given must hold. Times: from is included, to is not.")
class LateOrderFilter(_AnyOrderFilter):
    """Which late orders."""

    def conditions(self) -> Iterator[Condition]:
        """What the orders must fit: late, and not cancelled."""
        yield Condition("late_by_s", P.gt(0))
        yield Condition("status", P.neq(OrderStatus.CANCELLED.value))
        yield from super().conditions()


@strawberry.type
class OrderQueries:
    """Customers and their orders."""

    @resolved("The customer with this id, such as customer/C-0001.")
    async def customer(self, info: Info, id: strawberry.ID) -> Customer | None:
        """One customer."""
        return await single(info, Customer, ordering.CUSTOMER, id)

    @resolved("Customers.")
    async def customers(
        self,
        info: Info,
        filter: CustomerFilter | None = None,
        order_by: CustomerSort = CustomerSort.NAME,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Customer]:
        """A page of customers."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Customer, "Customer", filter, (order_by, descending), arguments)

    @resolved("The order with this id, such as order/SO-1001.")
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:
        """One order."""
        return await single(info, Order, ordering.CUSTOMER_ORDER, id)

    @resolved("Orders.")
    async def orders(
        self,
        info: Info,
        filter: OrderFilter | None = None,
        order_by: OrderSort = OrderSort.PROMISED_AT,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Order]:
        """A page of orders."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Order, "Order", filter, (order_by, descending), arguments)

    @resolved("Orders that will be or are late against their first confirmed promise, the worst first.")
    async def late_orders(
        self,
        info: Info,
        filter: LateOrderFilter | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Order]:
        """A page of late orders."""
        arguments = PageArguments(first, after, last, before)
        late = filter or LateOrderFilter()
        return await listed(info, Order, "Order", late, (OrderSort.LATE_BY, True), arguments)
