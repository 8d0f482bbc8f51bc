"""How ids are made: ``prefix/PARTS``, computed from what identifies a thing.

An id that can be computed is looked up, never searched for.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from graph.errors import InvalidInput

_SAFE = " !\"#$&'()*+,-.:;<=>?@[]_`{|}~"
MAX_ID_LENGTH = 500


def encode(part: str) -> str:
    """One part of an id: everything but printable ASCII, and ``/``, ``%`` and ``^``, percent-encoded."""
    return quote(part, safe=_SAFE)


def make(prefix: str, *parts: str | int) -> str:
    """The id of the thing that ``parts`` identify."""
    made = "/".join((prefix, *(encode(str(part)) for part in parts)))
    if len(made) > MAX_ID_LENGTH:
        raise InvalidInput(
            prefix, f"has an id of {len(made)} characters; at most {MAX_ID_LENGTH} are allowed"
        )
    return made


def parts(id: str) -> tuple[str, ...]:
    """The decoded parts of an id, without its prefix."""
    return tuple(unquote(part) for part in id.split("/")[1:])


def order(number: str) -> str:
    """``order/SO-1001``."""
    return make("order", number)


def order_line(order_id: str, number: int) -> str:
    """``order-line/SO-1001/1``."""
    return make("order-line", *parts(order_id), number)


def allocation(line_id: str, position: int) -> str:
    """``allocation/SO-1001/1/1``."""
    return make("allocation", *parts(line_id), position)


def shipment(order_id: str, warehouse_id: str) -> str:
    """``shipment/SO-1001/W-1``."""
    return make("shipment", *parts(order_id), *parts(warehouse_id))


def stock(warehouse_id: str, sku_id: str) -> str:
    """``stock/W-1/S-007``."""
    return make("stock", *parts(warehouse_id), *parts(sku_id))


def warehouse_of(id: str) -> str:
    """The warehouse in the id of a stock or a warehouse day."""
    return make("warehouse", parts(id)[0])


def warehouse_day(warehouse_id: str, date: str) -> str:
    """``warehouse-day/W-1/2026-03-02``."""
    return make("warehouse-day", *parts(warehouse_id), date)


def purchase_order_line(purchase_order_id: str, number: int) -> str:
    """``purchase-order-line/PO-17/1``."""
    return make("purchase-order-line", *parts(purchase_order_id), number)


def is_purchase_order_line(id: str) -> bool:
    """Whether the id is that of a purchase-order line."""
    return id.startswith("purchase-order-line/")


def hold(order_id: str, kind: str, number: int = 1) -> str:
    """``hold/SO-1001/credit``, and ``hold/SO-1001/credit/2`` for the second of its kind."""
    return make("hold", *parts(order_id), kind, *([number] if number > 1 else []))


def paper(order_id: str, kind: str) -> str:
    """``paper/SO-1001/invoice``."""
    return make("paper", *parts(order_id), kind)


def planning_day(date: str) -> str:
    """``planning-day/2026-03-02``."""
    return make("planning-day", date)


def plan(date: str, number: int) -> str:
    """``plan/2026-03-02/1``."""
    return make("plan", date, number)


def route(plan_id: str, vehicle_id: str) -> str:
    """``route/2026-03-02/1/V-01``."""
    return make("route", *parts(plan_id), *parts(vehicle_id))


def stop(route_id: str, sequence: int) -> str:
    """``stop/2026-03-02/1/V-01/3``."""
    return make("stop", *parts(route_id), sequence)


def order_event(order_id: str, sequence: int) -> str:
    """``event/SO-1001/3``."""
    return make("event", *parts(order_id), sequence)


def fact(source: str, key: str) -> str:
    """``event/by/SOURCE/KEY``: an event that is not one order's."""
    return make("event", "by", source, key)


def request(operation: str, key: str) -> str:
    """``request/placeOrder/KEY``."""
    return make("request", operation, key)


def demo_world() -> str:
    """``world/demo``: there is at most one."""
    return make("world", "demo")


def world_in_building() -> str:
    """``world/building``: there while a demo world is being built on a server."""
    return make("world", "building")
