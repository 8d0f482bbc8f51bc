"""When orders are expected at the door, recomputed from the facts in the graph.

The rules, in their own words: goods leave a warehouse together; a part is ready when its last
allocation is there (and assembled), every hold released and every paper attached; what is ready
before the cutoff less picking goes out the next day the warehouse delivers, on no day whose vehicles
have left, and not before the day the customer asked for; it is there by the end of the receiving
hours. A stop of a plan in force that the part is ready for says it more exactly, a delivery settles it.
An order is there when its last part is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.check.findings import Finding

Row = Mapping[str, Any]

#: Statuses after which the expectation follows the facts no more.
SETTLED = ("cancelled",)


@dataclass(frozen=True)
class ExpectationFacts:
    """Everything expectations follow from, as read from the graph; mappings are by id."""

    orders: Sequence[Row]
    lines: Mapping[str, Row]
    allocations: Sequence[Row]
    warehouses: Mapping[str, Row]
    inbound_warehouse: Mapping[str, str]
    transits: Mapping[str, Mapping[str, int]]
    shipments: Sequence[Row]
    delivered_at: Mapping[str, int]
    stop_of: Mapping[str, tuple[Row, int]]
    left_out_on: Mapping[str, Sequence[str]]
    stoppers: Mapping[str, Sequence[Row]]


@dataclass
class _Part:
    warehouse: str
    ready_at: int
    shipments: list[Row] = field(default_factory=list)


def check_expectations(facts: ExpectationFacts) -> Iterator[Finding]:
    """The stored expectation and day of each order are what its facts say."""
    allocations: dict[str, list[Row]] = defaultdict(list)
    for allocation in facts.allocations:
        if allocation["state"] != "released":
            allocations[facts.lines[allocation["line"]]["order"]].append(allocation)
    shipments: dict[str, list[Row]] = defaultdict(list)
    for shipment in facts.shipments:
        if shipment["status"] != "cancelled":
            shipments[shipment["order"]].append(shipment)
    for order in facts.orders:
        if order["status"] not in SETTLED and allocations[order["id"]]:
            yield from _order(facts, order, allocations[order["id"]], shipments[order["id"]])


def _order(
    facts: ExpectationFacts, order: Row, allocations: Sequence[Row], shipments: Sequence[Row]
) -> Iterator[Finding]:
    now = order["assessed_at"]
    sources = [_source_warehouse(facts, allocation) for allocation in allocations]
    main = _main(facts, order, sources)
    stopped_until = max(
        [order["placed_at"], *(_gone(row, now) for row in facts.stoppers.get(order["id"], ()))]
    )
    parts: dict[str, _Part] = {}
    packed = {id: shipment["id"].split("/")[2] for shipment in shipments for id in shipment.get("packs", ())}
    for allocation, source in zip(allocations, sources, strict=True):
        warehouse = f"warehouse/{packed[allocation['id']]}" if allocation["id"] in packed else source or main
        part = parts.setdefault(warehouse, _Part(warehouse, stopped_until))
        part.ready_at = max(part.ready_at, _there(facts, allocation, now))
    for shipment in shipments:
        warehouse = f"warehouse/{shipment['id'].split('/')[2]}"
        if warehouse in parts:
            parts[warehouse].shipments.append(shipment)
    expected_at = max(_part(facts, order, part, main, now) for part in parts.values())
    zone = ZoneInfo(facts.warehouses[main]["time_zone"])
    day = datetime.fromtimestamp(expected_at / 1000, zone).date().isoformat()
    if (order["expected_at"], order["day"]) != (expected_at, day):
        yield Finding(
            "expectation",
            order["id"],
            f"says {_clock(order['expected_at'], zone)} ({order['day']}), "
            f"its facts say {_clock(expected_at, zone)} ({day})",
        )


def _source_warehouse(facts: ExpectationFacts, allocation: Row) -> str | None:
    for source in allocation["sources"]:
        if source.startswith("stock/"):
            return "warehouse/" + str(source).split("/")[1]
        return facts.inbound_warehouse[source]
    return None


def _main(facts: ExpectationFacts, order: Row, sources: Sequence[str | None]) -> str:
    counts = Counter(source for source in sources if source is not None)
    ways = facts.transits[order["location"]]
    return min(counts or ways, key=lambda warehouse: (-counts[warehouse], ways.get(warehouse, 0), warehouse))


def _gone(stopper: Row, now: int) -> int:
    return int(stopper["cleared"][0]) if stopper["cleared"] else max(int(stopper["clears_at"]), now)


def _there(facts: ExpectationFacts, allocation: Row, now: int) -> int:
    in_stock = any(source.startswith("stock/") for source in allocation["sources"])
    there_at = allocation["available_at"] if in_stock else max(allocation["available_at"], now)
    return int(there_at) + 1000 * int(facts.lines[allocation["line"]]["assembly_s"])


def _part(facts: ExpectationFacts, order: Row, part: _Part, main: str, now: int) -> int:
    warehouse = facts.warehouses[part.warehouse]
    zone = ZoneInfo(warehouse["time_zone"])
    ready_at = part.ready_at
    for shipment in part.shipments:
        if shipment["id"] in facts.delivered_at:
            return facts.delivered_at[shipment["id"]]
        for missed in facts.left_out_on.get(shipment["id"], ()):
            ready_at = max(ready_at, _instant(date.fromisoformat(missed), 0, zone))
    for shipment in part.shipments:
        stop, leaves_at = facts.stop_of.get(shipment["id"], (None, 0))
        if stop is not None and shipment["status"] != "failed":
            on_its_way = shipment["status"] in ("in_transit", "arrived")
            if on_its_way or ready_at <= leaves_at:
                return max(int(stop["arrive_at"]), now)
    meant_for = _local(order["requested_at"], ZoneInfo(facts.warehouses[main]["time_zone"]))
    day = _open(max(_goes_out(ready_at, warehouse), _leaves(now, warehouse), meant_for), warehouse)
    return _instant(day, order["closes_s"], zone)


def _goes_out(ready_at: int, warehouse: Row) -> date:
    zone = ZoneInfo(warehouse["time_zone"])
    today = _local(ready_at, zone)
    in_time = ready_at <= _instant(today, warehouse["cutoff_s"] - warehouse["pick_pack_s"], zone)
    return _open(today + timedelta(days=1 if in_time else 2), warehouse)


def _leaves(now: int, warehouse: Row) -> date:
    zone = ZoneInfo(warehouse["time_zone"])
    today = _local(now, zone)
    return today + timedelta(days=1 if now >= _instant(today, warehouse["departs_s"], zone) else 0)


def _open(day: date, warehouse: Row) -> date:
    while str(day.isoweekday()) in warehouse["closed_weekdays"]:
        day += timedelta(days=1)
    return day


def _local(at: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(at / 1000, zone).date()


def _instant(day: date, seconds: int, zone: ZoneInfo) -> int:
    wall = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)
    return round(wall.replace(tzinfo=zone).timestamp() * 1000)


def _clock(at: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at / 1000, zone).isoformat(timespec="minutes")
