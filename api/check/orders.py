"""Orders: their history is whole, their statuses agree, and what lists show follows from its causes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.check.findings import Finding

Row = Mapping[str, Any]

#: Shipments that are under way or have arrived.
GONE = ("in_transit", "arrived", "delivered")


def check_history(orders: Sequence[Row], events: Sequence[Row]) -> Iterator[Finding]:
    """The events of each order are numbered 1, 2, 3 ... up to its version."""
    versions = {order["id"]: order["event_count"] for order in orders}
    for row in events:
        sequences = [event["sequence"] for event in row["events"]]
        if sequences != list(range(1, versions[row["id"]] + 1)):
            yield Finding(
                "history",
                row["id"],
                f"is at version {versions[row['id']]}, its events are {sequences}",
            )


def check_lateness(orders: Sequence[Row]) -> Iterator[Finding]:
    """``late_by_s`` is what promise and expectation say."""
    for order in orders:
        late_by_s = max(0, -(-(order["expected_at"] - order["promised_at"]) // 1000))
        if order["late_by_s"] != late_by_s:
            yield Finding(
                "late", order["id"], f"says {order['late_by_s']} s late, its dates say {late_by_s} s"
            )


def check_stoppers(holds: Sequence[Row], papers: Sequence[Row]) -> Iterator[Finding]:
    """What is released or attached says when, and nothing else does."""
    for row, over in [*((hold, "released") for hold in holds), *((paper, "attached") for paper in papers)]:
        if (row["status"] == over) != bool(row["cleared"]):
            when = "does not say since when" if row["status"] == over else f"was {over} at {row['cleared']}"
            yield Finding("stopper", row["id"], f"is {row['status']} and {when}")


def check_statuses(
    *,
    orders: Sequence[Row],
    lines: Sequence[Row],
    allocations: Sequence[Row],
    shipments: Sequence[Row],
    stoppers: Sequence[Row],
    coming: Mapping[str, Any],
) -> Iterator[Finding]:
    """An order's status agrees with its lines, allocations, shipments, holds and papers.

    ``coming`` are the shipments that a plan in force is still to serve.
    """
    facts: dict[str, _Standing] = defaultdict(_Standing)
    order_of = {line["id"]: line["order"] for line in lines}
    short = {row["line"] for row in allocations if row["state"] == "short"}
    for line in lines:
        facts[line["order"]].lines[line["status"]] += 1
        yield from _line(line, short=line["id"] in short)
    for row in allocations:
        facts[order_of[row["line"]]].allocation(row)
    for row in shipments:
        if row["status"] != "cancelled":
            facts[row["order"]].shipments[row["status"]] += 1
            facts[row["order"]].coming += row["id"] in coming
    for row in stoppers:
        if not row["cleared"]:
            facts[row["order"]].blockers.append(row["id"])
    for order in orders:
        complaint = facts[order["id"]].contradicts(order["status"])
        if complaint:
            yield Finding("status", order["id"], f"is {order['status']} and {complaint}")


def _line(line: Row, *, short: bool) -> Iterator[Finding]:
    if line["status"] in ("promised", "sourced", "short") and short != (line["status"] == "short"):
        has = "a short allocation" if short else "no short allocation"
        yield Finding("line", line["id"], f"is {line['status']} and has {has}")


class _Standing:
    """How everything that belongs to one order stands."""

    def __init__(self) -> None:
        self.lines: Counter[str] = Counter()
        self.shipments: Counter[str] = Counter()
        self.unreleased = 0
        self.coming = 0
        self.blockers: list[str] = []

    def allocation(self, row: Row) -> None:
        self.unreleased += row["state"] != "released"
        inbound = any(source.startswith("purchase-order-line/") for source in row["sources"])
        if row["state"] == "short" or (inbound and row["state"] in ("held", "reserved")):
            self.blockers.append(row["id"])

    def contradicts(self, status: str) -> str | None:
        """What contradicts the status of the order, in words."""
        live, gone = self.shipments.total(), sum(self.shipments[one] for one in GONE)
        if not self.lines:
            return "has no lines"
        if status == "cancelled":
            if self.unreleased or live or self.lines.total() != self.lines["cancelled"]:
                return f"still has {self.unreleased} allocations and {live} shipments"
            return None
        if self.lines.total() == self.lines["cancelled"]:
            return "all its lines are cancelled"
        if status == "promised" and live:
            return f"has {live} shipments already"
        if status in ("ready", "routed") and self.blockers:
            return f"is blocked by {', '.join(sorted(self.blockers)[:3])}"
        if status == "routed" and not self.coming:
            return "no stop of a plan in force is to serve it"
        if status in ("ready", "routed", "blocked", "sourced") and live == 0:
            return "has no shipment"
        if status == "in_transit" and not gone:
            return "none of its shipments has left"
        if status == "delivered" and (not live or self.shipments["delivered"] != live):
            return f"{self.shipments['delivered']} of its {live} shipments are delivered"
        return None
