"""Suppliers, SKUs, and what they are made of."""

from __future__ import annotations

import strawberry
from gremlin_python.process.graph_traversal import __

from api.graphql.context import Info
from api.graphql.loading import EdgeLink, Link
from api.graphql.pages import Connection
from api.graphql.resolving import resolved
from api.graphql.scalars import Long, Money, money
from api.graphql.types.node import Node, Tie, code, many, pages, tie_type, ties, vertex_type
from api.graphql.types.refs import OrderRef, PurchaseOrderLineRef, PurchaseOrderRef, StockRef
from graph.schema import products
from graph.traversals.browse import Sort

STOCKS = Link(lambda t: t.in_("STOCK_OF"), order_by="available")


@tie_type(products.SUPPLIES)
class SupplyTerms(Tie):
    """On which terms a supplier sells a SKU."""

    supplier: Supplier
    sku: Sku
    lead_time_s: Long
    minimum_quantity: Long
    multiple_quantity: Long
    unit_cost: strawberry.Private[int]
    currency: strawberry.Private[str]

    @resolved("For one base unit.", name="unitCost")
    def cost_of_unit(self) -> Money:
        """For one base unit."""
        return money(self.unit_cost, self.currency)


@tie_type(products.COMPONENT_OF)
class Component(Tie):
    """How much of a component goes into a kit."""

    kit: Sku
    component: Sku
    quantity: Long


@tie_type(products.SUBSTITUTES)
class Substitute(Tie):
    """What may be delivered instead of what."""

    substitute: Sku
    instead_of: Sku
    priority: int


@vertex_type(products.SUPPLIER)
class Supplier(Node):
    """A supplier."""

    code: str = code("The supplier code.")
    name: str
    country: str
    supplies: list[SupplyTerms] = ties(
        EdgeLink(lambda t: t.out_e("SUPPLIES")),
        lambda self, edge, sku: SupplyTerms.of(edge, supplier=self, sku=sku),
    )
    purchase_orders: Connection[PurchaseOrderRef] = pages(
        "PurchaseOrder", lambda t: t.in_("PLACED_WITH"), Sort("ordered_at", descending=True)
    )


@vertex_type(products.SKU)
class Sku(Node):
    """A SKU."""

    code: str = code("The SKU code.")
    name: str
    category: str
    weight_g: Long
    volume_ml: Long
    cold_chain: bool
    hazard_class: str
    kit: bool
    assembly_s: int
    discontinued: bool
    price: strawberry.Private[int]
    currency: strawberry.Private[str]
    stocks: list[StockRef] = many(STOCKS)
    inbound: list[PurchaseOrderLineRef] = many(
        Link(
            lambda t: t.in_("BUYS").where(__.in_("HAS_LINE").has("status", "open")),
            order_by="expected_at",
        )
    )
    suppliers: list[SupplyTerms] = ties(
        EdgeLink(lambda t: t.in_e("SUPPLIES"), backwards=True),
        lambda self, edge, supplier: SupplyTerms.of(edge, supplier=supplier, sku=self),
    )
    components: list[Component] = ties(
        EdgeLink(lambda t: t.in_e("COMPONENT_OF"), backwards=True),
        lambda self, edge, component: Component.of(edge, kit=self, component=component),
    )
    component_of: list[Component] = ties(
        EdgeLink(lambda t: t.out_e("COMPONENT_OF")),
        lambda self, edge, kit: Component.of(edge, kit=kit, component=self),
    )
    substitutes: list[Substitute] = ties(
        EdgeLink(lambda t: t.in_e("SUBSTITUTES"), backwards=True),
        lambda self, edge, substitute: Substitute.of(edge, substitute=substitute, instead_of=self),
    )
    orders: Connection[OrderRef] = pages(
        "Order",
        lambda t: t.in_("ORDERS").in_("HAS_LINE").dedup(),
        Sort("placed_at", descending=True),
    )

    @resolved("List price of one base unit.", name="price")
    def list_price(self) -> Money:
        """List price of one base unit."""
        return money(self.price, self.currency)

    @resolved("Base units that can be promised from stock now, in all warehouses.", follows=STOCKS)
    def available(self, info: Info) -> Long:
        """Over all warehouses."""
        return info.context.loaders.linked(
            STOCKS, self.id, lambda rows: Long(sum(row["available"] for row in rows))
        )
