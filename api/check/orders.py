"""Orders: their history is whole, and what lists show follows from its causes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.check.findings import Finding

Row = Mapping[str, Any]


def check_history(orders: Sequence[Row], events: Sequence[Row]) -> Iterator[Finding]:
    """The events of each order are numbered 1, 2, 3 ... up to its version."""
    versions = {order["id"]: order["event_count"] for order in orders}
    for row in events:
        if row["sequences"] != list(range(1, versions[row["id"]] + 1)):
            yield Finding(
                "history",
                row["id"],
                f"is at version {versions[row['id']]}, its events are {row['sequences']}",
            )


def check_shipments(
    *, orders: Sequence[Row], shipments: Sequence[Row], allocations: Sequence[Row], days: Sequence[Row]
) -> Iterator[Finding]:
    """What is sourced is packed exactly once, and warehouse days count what hangs on them."""
    sourced = {order["id"] for order in orders if order["status"] not in ("promised", "cancelled")}
    live = {row["id"] for row in shipments if row["status"] != "cancelled"}
    for allocation in allocations:
        packed = [shipment for shipment in allocation["shipments"] if shipment in live]
        order = "order/" + str(allocation["line"]).split("/")[1]
        if allocation["state"] != "released" and order in sourced and len(packed) != 1:
            yield Finding(
                "packed", allocation["id"], f"is {allocation['state']} and packed {len(packed)} times"
            )
    for shipment in shipments:
        if shipment["id"] in live and len(shipment["days"]) != 1:
            yield Finding(
                "warehouse day", shipment["id"], f"leaves on {len(shipment['days'])} warehouse days"
            )
    for day in days:
        using: Counter[str] = Counter(day["shipments"])
        used = sum(using.values()) - using["cancelled"]
        if day["used"] != used or used > day["capacity"]:
            yield Finding(
                "warehouse day",
                day["id"],
                f"says {day['used']} of {day['capacity']} used, {used} shipments hang on it",
            )


def check_lateness(orders: Sequence[Row]) -> Iterator[Finding]:
    """``late_by_s`` is what promise and expectation say."""
    for order in orders:
        late_by_s = max(0, -(-(order["expected_at"] - order["promised_at"]) // 1000))
        if order["late_by_s"] != late_by_s:
            yield Finding(
                "late", order["id"], f"says {order['late_by_s']} s late, its dates say {late_by_s} s"
            )
