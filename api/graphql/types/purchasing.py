"""Purchase orders and what of them is still to come."""

from __future__ import annotations

from api.graphql.enumerations import PurchaseOrderStatus
from api.graphql.loading import Link
from api.graphql.pages import Connection
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant, Long
from api.graphql.types.node import Node, code, many, one, pages, vertex_type
from api.graphql.types.refs import AllocationRef, SkuRef, SupplierRef, WarehouseRef
from graph.schema import purchasing
from graph.traversals.browse import Sort


@vertex_type(purchasing.PURCHASE_ORDER)
class PurchaseOrder(Node):
    """A purchase order."""

    number: str = code("The purchase order number.")
    ordered_at: Instant
    status: PurchaseOrderStatus
    supplier: SupplierRef = one(Link(lambda t: t.out("PLACED_WITH")))
    warehouse: WarehouseRef = one(Link(lambda t: t.out("DELIVERS_TO")))
    lines: list[PurchaseOrderLine] = many(
        Link(lambda t: t.out("HAS_LINE").has_label("PurchaseOrderLine"), order_by="expected_at")
    )


@vertex_type(purchasing.PURCHASE_ORDER_LINE)
class PurchaseOrderLine(Node):
    """A line of a purchase order."""

    quantity: Long
    received: Long
    reserved: Long
    available: Long
    promised_at: Instant
    expected_at: Instant
    sku: SkuRef = one(Link(lambda t: t.out("BUYS")))
    purchase_order: PurchaseOrder = one(Link(lambda t: t.in_("HAS_LINE")))
    warehouse: WarehouseRef = one(Link(lambda t: t.in_("HAS_LINE").out("DELIVERS_TO")))
    allocations: Connection[AllocationRef] = pages(
        "Allocation", lambda t: t.in_("DRAWS_ON"), Sort("available_at")
    )

    @resolved("How much later than first promised it is expected, in s; 0 when in time.")
    def late_by_s(self) -> Long:
        """Against the supplier's first promise."""
        return Long(max(0, -(-(self.expected_at - self.promised_at) // 1000)))
