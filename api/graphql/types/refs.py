"""The types, by name, for modules whose types refer to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import strawberry

if TYPE_CHECKING:
    from api.graphql.types.delivery import (
        LeftOut,
        Plan,
        Route,
        Shipment,
        Stop,
        Vehicle,
    )
    from api.graphql.types.events import Event
    from api.graphql.types.ordering import Allocation, Customer, Location, Order, OrderLine
    from api.graphql.types.products import Sku, Supplier
    from api.graphql.types.purchasing import PurchaseOrder, PurchaseOrderLine
    from api.graphql.types.roads import RoadSegment
    from api.graphql.types.warehousing import Stock, Warehouse, WarehouseDay

_TYPES = "api.graphql.types"

SkuRef: TypeAlias = Annotated["Sku", strawberry.lazy(f"{_TYPES}.products")]
SupplierRef: TypeAlias = Annotated["Supplier", strawberry.lazy(f"{_TYPES}.products")]
WarehouseRef: TypeAlias = Annotated["Warehouse", strawberry.lazy(f"{_TYPES}.warehousing")]
WarehouseDayRef: TypeAlias = Annotated["WarehouseDay", strawberry.lazy(f"{_TYPES}.warehousing")]
StockRef: TypeAlias = Annotated["Stock", strawberry.lazy(f"{_TYPES}.warehousing")]
PurchaseOrderRef: TypeAlias = Annotated["PurchaseOrder", strawberry.lazy(f"{_TYPES}.purchasing")]
PurchaseOrderLineRef: TypeAlias = Annotated["PurchaseOrderLine", strawberry.lazy(f"{_TYPES}.purchasing")]
CustomerRef: TypeAlias = Annotated["Customer", strawberry.lazy(f"{_TYPES}.ordering")]
LocationRef: TypeAlias = Annotated["Location", strawberry.lazy(f"{_TYPES}.ordering")]
OrderRef: TypeAlias = Annotated["Order", strawberry.lazy(f"{_TYPES}.ordering")]
OrderLineRef: TypeAlias = Annotated["OrderLine", strawberry.lazy(f"{_TYPES}.ordering")]
AllocationRef: TypeAlias = Annotated["Allocation", strawberry.lazy(f"{_TYPES}.ordering")]
ShipmentRef: TypeAlias = Annotated["Shipment", strawberry.lazy(f"{_TYPES}.delivery")]
VehicleRef: TypeAlias = Annotated["Vehicle", strawberry.lazy(f"{_TYPES}.delivery")]
PlanRef: TypeAlias = Annotated["Plan", strawberry.lazy(f"{_TYPES}.delivery")]
RouteRef: TypeAlias = Annotated["Route", strawberry.lazy(f"{_TYPES}.delivery")]
StopRef: TypeAlias = Annotated["Stop", strawberry.lazy(f"{_TYPES}.delivery")]
LeftOutRef: TypeAlias = Annotated["LeftOut", strawberry.lazy(f"{_TYPES}.delivery")]
RoadSegmentRef: TypeAlias = Annotated["RoadSegment", strawberry.lazy(f"{_TYPES}.roads")]
EventRef: TypeAlias = Annotated["Event", strawberry.lazy(f"{_TYPES}.events")]
