"""From the seeds' rows to the operations' requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.operations import record_event as facts
from api.operations.place_order import LineRequest, PlaceOrder
from seeds.world.requests import DayEvent, OrderRequest

_FACTS: Mapping[str, Callable[..., Any]] = {
    "stock_received": facts.StockReceived,
    "stock_counted": facts.StockCounted,
    "purchase_order_delayed": facts.PurchaseOrderDelayed,
    "hold_set": facts.HoldSet,
    "hold_released": facts.HoldReleased,
    "paper_attached": facts.PaperAttached,
    "road_closed": facts.RoadClosed,
    "road_opened": facts.RoadOpened,
}


def place_order_request(order: OrderRequest) -> PlaceOrder:
    """The request to place a seeded order."""
    return PlaceOrder(
        number=order.number,
        customer_id=order.customer_id,
        requested_at=order.requested_at,
        lines=tuple(LineRequest(line.sku_id, line.quantity) for line in order.lines),
        priority=order.priority,
        missing_papers=order.missing_papers,
    )


def fact(event: DayEvent) -> Any:
    """The fact that a seeded event records."""
    return _FACTS[event.kind](**event.fields)
