"""Shipments: everything sourced is packed exactly once, and weighs what it is made of."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from api.check.findings import Finding

Row = Mapping[str, Any]

Measures = Mapping[str, int | bool]


def check_shipments(
    *, orders: Sequence[Row], shipments: Sequence[Row], allocations: Sequence[Row], days: Sequence[Row]
) -> Iterator[Finding]:
    """What is sourced is packed exactly once, and warehouse days count what hangs on them."""
    sourced = {order["id"] for order in orders if order["status"] not in ("promised", "cancelled")}
    live = {row["id"]: row for row in shipments if row["status"] != "cancelled"}
    for allocation in allocations:
        yield from _packed(allocation, sourced, live)
    for shipment in live.values():
        if len(shipment["days"]) != 1 or _warehouse(shipment["days"][0]) != _warehouse(shipment["id"], 2):
            yield Finding(
                "warehouse day", shipment["id"], f"leaves on {shipment['days']}, not on one of its own"
            )
    for day in days:
        yield from _day(day)


def check_measures(
    *, orders: Sequence[Row], shipments: Sequence[Row], allocations: Sequence[Row], skus: Sequence[Row]
) -> Iterator[Finding]:
    """Orders and shipments weigh, measure and need on their way what is set aside for them does."""
    sku = {row["id"]: row for row in skus}
    of_order: dict[str, list[Row]] = defaultdict(list)
    of_shipment: dict[str, list[Row]] = defaultdict(list)
    for allocation in allocations:
        if allocation["state"] != "released":
            of_order[_order_of(allocation)].append(allocation)
            for shipment in allocation["shipments"]:
                of_shipment[shipment].append(allocation)
    for order in orders:
        if order["status"] != "cancelled":
            yield from _differences(order, _measures(of_order[order["id"]], sku))
    for shipment in shipments:
        if shipment["status"] != "cancelled":
            yield from _differences(shipment, _measures(of_shipment[shipment["id"]], sku))


def _packed(allocation: Row, sourced: set[str], live: Mapping[str, Row]) -> Iterator[Finding]:
    packed = [shipment for shipment in allocation["shipments"] if shipment in live]
    order = _order_of(allocation)
    if allocation["state"] != "released" and order in sourced and len(packed) != 1:
        yield Finding("packed", allocation["id"], f"is {allocation['state']} and packed {len(packed)} times")
    for shipment in packed:
        if live[shipment]["order"] != order:
            yield Finding("packed", allocation["id"], f"is packed in {shipment}, of another order")


def _day(day: Row) -> Iterator[Finding]:
    using: Counter[str] = Counter(day["shipments"])
    used = using.total() - using["cancelled"]
    if day["used"] != used or used > day["capacity"]:
        yield Finding(
            "warehouse day",
            day["id"],
            f"says {day['used']} of {day['capacity']} used, {used} shipments hang on it",
        )


def _measures(allocations: Iterable[Row], sku: Mapping[str, Row]) -> Measures:
    packed = [(sku[row["sku"]], row["quantity"]) for row in allocations]
    return {
        "weight_g": sum(one["weight_g"] * quantity for one, quantity in packed),
        "volume_ml": sum(one["volume_ml"] * quantity for one, quantity in packed),
        "cold_chain": any(one["cold_chain"] for one, _ in packed),
        "hazardous": any(one["hazard_class"] for one, _ in packed),
    }


def _differences(row: Row, measures: Measures) -> Iterator[Finding]:
    for name, value in measures.items():
        if row[name] != value:
            yield Finding("measure", row["id"], f"says {name} {row[name]}, what is in it says {value}")


def _order_of(allocation: Row) -> str:
    return "order/" + str(allocation["line"]).split("/")[1]


def _warehouse(id: str, part: int = 1) -> str:
    return id.split("/")[part]
