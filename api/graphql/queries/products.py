"""Queries for SKUs, suppliers, purchase orders, warehouses and stock."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import strawberry
from gremlin_python.process.traversal import P

from api.graphql.context import Info
from api.graphql.enumerations import PurchaseOrderStatus
from api.graphql.pages import Connection, PageArguments
from api.graphql.queries.lists import Filter, any_of, between, check_id, equal, listed, starts_with
from api.graphql.queries.single import single
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant, Long
from api.graphql.types.products import Sku, Supplier
from api.graphql.types.purchasing import PurchaseOrder
from api.graphql.types.warehousing import Stock, Warehouse
from graph.errors import InvalidInput
from graph.schema import products, purchasing, warehousing
from graph.traversals.browse import Condition, Origin


@strawberry.enum(description="What SKUs are sorted by.")
class SkuSort(Enum):
    """What SKUs are sorted by."""

    NAME = "name"
    CATEGORY = "category"
    PRICE = "price"
    WEIGHT = "weight_g"


@strawberry.enum(description="What suppliers are sorted by.")
class SupplierSort(Enum):
    """What suppliers are sorted by."""

    NAME = "name"
    COUNTRY = "country"


@strawberry.enum(description="What purchase orders are sorted by.")
class PurchaseOrderSort(Enum):
    """What purchase orders are sorted by."""

    ORDERED_AT = "ordered_at"
    STATUS = "status"


@strawberry.enum(description="What warehouses are sorted by.")
class WarehouseSort(Enum):
    """What warehouses are sorted by."""

    NAME = "name"


@strawberry.enum(description="What stocks are sorted by.")
class StockSort(Enum):
    """What stocks are sorted by."""

    AVAILABLE = "available"
    ON_HAND = "on_hand"
    RESERVED = "reserved"


@strawberry.input(description="All that is given must hold.")
class SkuFilter(Filter):
    """Which SKUs."""

    category: str | None = None
    discontinued: bool | None = None
    cold_chain: bool | None = None
    kit: bool | None = None
    hazardous: bool | None = None
    name_prefix: str | None = strawberry.field(default=None, description="As it is spelt.")

    def conditions(self) -> Iterator[Condition]:
        """What the SKUs must fit."""
        yield from equal("category", self.category)
        yield from equal("discontinued", self.discontinued)
        yield from equal("cold_chain", self.cold_chain)
        yield from equal("kit", self.kit)
        if self.hazardous is not None:
            yield Condition("hazard_class", P.neq("") if self.hazardous else P.eq(""))
        yield from starts_with("name", self.name_prefix)


@strawberry.input(description="All that is given must hold.")
class SupplierFilter(Filter):
    """Which suppliers."""

    name_prefix: str | None = strawberry.field(default=None, description="As it is spelt.")
    country: str | None = strawberry.field(default=None, description="ISO 3166-1 alpha-2.")

    def conditions(self) -> Iterator[Condition]:
        """What the suppliers must fit."""
        yield from starts_with("name", self.name_prefix)
        yield from equal("country", self.country)


@strawberry.input(description="All that is given must hold.")
class PurchaseOrderFilter(Filter):
    """Which purchase orders."""

    status: list[PurchaseOrderStatus] | None = None
    supplier_id: strawberry.ID | None = strawberry.field(default=None, description="Not with warehouseId.")
    warehouse_id: strawberry.ID | None = None
    ordered_from: Instant | None = None
    ordered_to: Instant | None = strawberry.field(default=None, description="Before this.")

    def conditions(self) -> Iterator[Condition]:
        """What the purchase orders must fit."""
        yield from any_of("status", self.status)
        yield from between("ordered_at", self.ordered_from, self.ordered_to)

    def origin(self, label: str) -> Origin:
        """From the supplier or the warehouse, if one is given."""
        if self.supplier_id is not None and self.warehouse_id is not None:
            raise InvalidInput("filter.warehouseId", "cannot go with supplierId; give one")
        if self.supplier_id is not None:
            check_id(self.supplier_id, products.SUPPLIER, field="filter.supplierId")
            return Origin(label, self.supplier_id, lambda t: t.in_("PLACED_WITH"))
        if self.warehouse_id is not None:
            check_id(self.warehouse_id, warehousing.WAREHOUSE, field="filter.warehouseId")
            return Origin(label, self.warehouse_id, lambda t: t.in_("DELIVERS_TO"))
        return Origin(label)


@strawberry.input(description="All that is given must hold.")
class StockFilter(Filter):
    """Which stocks."""

    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description="Not with skuId.")
    sku_id: strawberry.ID | None = None
    available_below: Long | None = None

    def conditions(self) -> Iterator[Condition]:
        """What the stocks must fit."""
        yield from between("available", None, self.available_below)

    def origin(self, label: str) -> Origin:
        """From the warehouse or the SKU, if one is given."""
        if self.warehouse_id is not None and self.sku_id is not None:
            raise InvalidInput("filter.skuId", "cannot go with warehouseId; give one")
        if self.warehouse_id is not None:
            check_id(self.warehouse_id, warehousing.WAREHOUSE, field="filter.warehouseId")
            return Origin(label, self.warehouse_id, lambda t: t.out("HOLDS"))
        if self.sku_id is not None:
            check_id(self.sku_id, products.SKU, field="filter.skuId")
            return Origin(label, self.sku_id, lambda t: t.in_("STOCK_OF"))
        return Origin(label)


@strawberry.type
class ProductQueries:
    """What is sold, who supplies it, and where it lies."""

    @resolved("The SKU with this id, such as sku/S-001.")
    async def sku(self, info: Info, id: strawberry.ID) -> Sku | None:
        """One SKU."""
        return await single(info, Sku, products.SKU, id)

    @resolved("SKUs.")
    async def skus(
        self,
        info: Info,
        filter: SkuFilter | None = None,
        order_by: SkuSort = SkuSort.NAME,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Sku]:
        """A page of SKUs."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Sku, "Sku", filter, (order_by, descending), arguments)

    @resolved("The supplier with this id, such as supplier/SUP-01.")
    async def supplier(self, info: Info, id: strawberry.ID) -> Supplier | None:
        """One supplier."""
        return await single(info, Supplier, products.SUPPLIER, id)

    @resolved("Suppliers.")
    async def suppliers(
        self,
        info: Info,
        filter: SupplierFilter | None = None,
        order_by: SupplierSort = SupplierSort.NAME,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Supplier]:
        """A page of suppliers."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Supplier, "Supplier", filter, (order_by, descending), arguments)

    @resolved("The purchase order with this id, such as purchase-order/PO-17.")
    async def purchase_order(self, info: Info, id: strawberry.ID) -> PurchaseOrder | None:
        """One purchase order."""
        return await single(info, PurchaseOrder, purchasing.PURCHASE_ORDER, id)

    @resolved("Purchase orders.")
    async def purchase_orders(
        self,
        info: Info,
        filter: PurchaseOrderFilter | None = None,
        order_by: PurchaseOrderSort = PurchaseOrderSort.ORDERED_AT,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[PurchaseOrder]:
        """A page of purchase orders."""
        arguments = PageArguments(first, after, last, before)
        sort = (order_by, descending)
        return await listed(info, PurchaseOrder, "PurchaseOrder", filter, sort, arguments)

    @resolved("The warehouse with this id, such as warehouse/W-1.")
    async def warehouse(self, info: Info, id: strawberry.ID) -> Warehouse | None:
        """One warehouse."""
        return await single(info, Warehouse, warehousing.WAREHOUSE, id)

    @resolved("Warehouses.")
    async def warehouses(
        self,
        info: Info,
        order_by: WarehouseSort = WarehouseSort.NAME,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Warehouse]:
        """A page of warehouses."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Warehouse, "Warehouse", None, (order_by, descending), arguments)

    @resolved("Stocks: what warehouses have of SKUs.")
    async def stocks(
        self,
        info: Info,
        filter: StockFilter | None = None,
        order_by: StockSort = StockSort.AVAILABLE,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Stock]:
        """A page of stocks."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Stock, "Stock", filter, (order_by, descending), arguments)
