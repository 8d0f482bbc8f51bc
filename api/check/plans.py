"""Plans in force: vehicles, windows, loads, streets and money, each recomputed from the graph."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from api.check.findings import Finding

Row = Mapping[str, Any]

#: Each segment of a path may be up to this much faster than free flow: times are kept in whole ms.
ROUNDING_S = 0.001

#: An order that changed less than this before a plan was made may have been read as it stood before.
READ_BEFORE_MS = 60_000

#: Statuses of a shipment that a plan can still put on a route.
WAITING = ("open", "picked")


@dataclass(frozen=True)
class PlanFacts:
    """One plan in force with all that hangs on it, and the places and streets it names."""

    date: str
    plan: Row
    routes: Sequence[Row]
    stops: Sequence[Row]
    drives: Sequence[Row]
    left_out: Sequence[Row]
    shipments: Mapping[str, Row]
    orders: Mapping[str, Row]
    warehouses: Mapping[str, Row]
    snaps: Mapping[str, Row]
    segments: Mapping[str, Row]
    road_version: int
    ready_at: Mapping[str, int]
    changed_at: Mapping[str, int]
    elsewhere: Set[str] = frozenset()
    """Shipments that a plan in force for another day serves."""


def check_in_force(unruly: Sequence[str], plans: Sequence[PlanFacts]) -> Iterator[Finding]:
    """What is published is in force, and no shipment is on the routes of two plans."""
    for plan_id in unruly:
        yield Finding("in force", plan_id, "is published and not in force")
    coming: Counter[str] = Counter(
        shipment
        for plan in plans
        for stop in plan.stops
        if stop["status"] in ("planned", "arrived")
        for shipment in stop["serves"]
    )
    for shipment, times in coming.items():
        if times > 1:
            yield Finding("accounted", shipment, f"is still to be served {times} times by plans in force")


def check_plan(facts: PlanFacts) -> Iterator[Finding]:
    """Every rule, route by route."""
    stops: dict[str, list[Row]] = defaultdict(list)
    for stop in facts.stops:
        stops[stop["route"]].append(stop)
    drives = {drive["from"]: drive for drive in facts.drives}
    for route in facts.routes:
        ordered = sorted(stops[route["id"]], key=lambda stop: int(stop["sequence"]))
        yield from _ends(route, ordered)
        yield from _sequence(route, ordered, drives)
        yield from _shift(facts, route, ordered)
        yield from _loads(facts, route, ordered)
        yield from _skills(facts, route, ordered)
        yield from _windows(facts, ordered)
        yield from _release(facts, route, ordered)
        yield from _cost(route, ordered)
        yield from _streets(facts, ordered, drives)
        yield from _crossings(route, ordered, drives)
    yield from _totals(facts)
    yield from _accounted(facts)


def _ends(route: Row, stops: Sequence[Row]) -> Iterator[Finding]:
    if len(stops) < 3:
        yield Finding("route", route["id"], f"has {len(stops)} stops; a round leaves, serves and returns")
        return
    for stop in (stops[0], stops[-1]):
        if stop["at"] != route["base"]:
            yield Finding(
                "route", route["id"], f"starts or ends at {stop['at']}, its vehicle stands at {route['base']}"
            )


def _sequence(route: Row, stops: Sequence[Row], drives: Mapping[str, Row]) -> Iterator[Finding]:
    if [stop["sequence"] for stop in stops] != list(range(len(stops))):
        yield Finding("route", route["id"], f"numbers its stops {[stop['sequence'] for stop in stops]}")
    for stop in stops:
        if stop["depart_at"] != stop["arrive_at"] + 1000 * (stop["wait_s"] + stop["service_s"]):
            yield Finding("stop", stop["id"], "does not depart when waiting and service are over")
    for before, after in pairwise(stops):
        drive = drives.get(before["id"])
        if drive is None or drive["to"] != after["id"]:
            yield Finding("stop", before["id"], f"has no NEXT to {after['id']}")
        elif after["arrive_at"] != before["depart_at"] + 1000 * drive["travel_s"]:
            yield Finding(
                "stop", after["id"], f"is not reached {drive['travel_s']} s after the departure before it"
            )
    if (
        sum(drives[stop["id"]]["distance_m"] for stop in stops[:-1] if stop["id"] in drives)
        != route["distance_m"]
    ):
        yield Finding(
            "route", route["id"], f"says {route['distance_m']} m, which its drives do not add up to"
        )


def _shift(facts: PlanFacts, route: Row, stops: Sequence[Row]) -> Iterator[Finding]:
    if not stops:
        return
    vehicle, time_zone = route["vehicle"], facts.warehouses[route["base"]]["time_zone"]
    if stops[0]["depart_at"] < _at(facts.date, vehicle["shift_start_s"], time_zone):
        yield Finding("shift", route["id"], "leaves before the shift of its vehicle begins")
    if stops[-1]["arrive_at"] > _at(facts.date, vehicle["shift_end_s"], time_zone):
        yield Finding("shift", route["id"], "returns after the shift of its vehicle ends")
    if stops[0]["depart_at"] < _at(facts.date, facts.warehouses[route["base"]]["departs_s"], time_zone):
        yield Finding("shift", route["id"], "leaves before the first vehicle may leave its warehouse")
    if (route["departs_at"], route["returns_at"]) != (stops[0]["depart_at"], stops[-1]["arrive_at"]):
        yield Finding("route", route["id"], "leaves or returns at another time than its first and last stop")


def _loads(facts: PlanFacts, route: Row, stops: Sequence[Row]) -> Iterator[Finding]:
    vehicle = route["vehicle"]
    served = [facts.shipments[shipment] for stop in stops for shipment in stop["serves"]]
    for measure in ("weight_g", "volume_ml"):
        load = sum(shipment[measure] for shipment in served)
        if load != route[measure]:
            yield Finding("load", route["id"], f"says {route[measure]} {measure} at the start, it is {load}")
        if load > vehicle[f"capacity_{measure}"]:
            yield Finding(
                "capacity", route["id"], f"loads {load} {measure}, {vehicle[f'capacity_{measure}']} fit in"
            )
        for stop in stops:
            load -= sum(facts.shipments[shipment][measure] for shipment in stop["serves"])
            if stop[f"load_{measure}"] != load:
                yield Finding(
                    "load", stop["id"], f"says {stop[f'load_{measure}']} {measure} on board, it is {load}"
                )


def _skills(facts: PlanFacts, route: Row, stops: Sequence[Row]) -> Iterator[Finding]:
    vehicle = route["vehicle"]
    for shipment in [facts.shipments[shipment] for stop in stops for shipment in stop["serves"]]:
        if shipment["cold_chain"] and not vehicle["carries_cold"]:
            yield Finding("skill", shipment["id"], f"needs cooling, {vehicle['id']} has none")
        if shipment["hazardous"] and not vehicle["carries_hazardous"]:
            yield Finding("skill", shipment["id"], f"is dangerous goods, {vehicle['id']} may not carry them")
        if _warehouse(shipment) != route["base"]:
            yield Finding(
                "depot",
                shipment["id"],
                f"leaves from {_warehouse(shipment)}, its vehicle from {route['base']}",
            )


def _windows(facts: PlanFacts, stops: Sequence[Row]) -> Iterator[Finding]:
    for stop in stops:
        for shipment_id in stop["serves"]:
            shipment = facts.shipments[shipment_id]
            order = facts.orders[shipment["order"]]
            time_zone = facts.warehouses[_warehouse(shipment)]["time_zone"]
            starts_at = stop["arrive_at"] + 1000 * stop["wait_s"]
            if stop["at"] != order["location"]:
                yield Finding(
                    "address", shipment_id, f"goes to {order['location']}, its stop is at {stop['at']}"
                )
            if not (
                _at(facts.date, order["opens_s"], time_zone)
                <= starts_at
                <= _at(facts.date, order["closes_s"], time_zone)
            ):
                yield Finding(
                    "window", stop["id"], f"serves {shipment_id} outside the hours of {order['location']}"
                )
            if stop["service_s"] < order["service_s"]:
                yield Finding(
                    "service",
                    stop["id"],
                    f"takes {stop['service_s']} s, handing over at {order['location']} takes "
                    f"{order['service_s']} s",
                )


def _release(facts: PlanFacts, route: Row, stops: Sequence[Row]) -> Iterator[Finding]:
    """What is on a route still and has not changed is picked and packed before the vehicle leaves."""
    kept = [stop for stop in stops if stop["status"] != "superseded"]
    for shipment_id in [shipment for stop in kept for shipment in stop["serves"]]:
        shipment = facts.shipments[shipment_id]
        if facts.orders[shipment["order"]]["status"] != "routed" or shipment["status"] != "open":
            continue
        picked_at = facts.ready_at[shipment_id] + 1000 * facts.warehouses[_warehouse(shipment)]["pick_pack_s"]
        if picked_at > stops[0]["depart_at"]:
            yield Finding("release", shipment_id, f"is packed after {route['id']} leaves with it")


def _cost(route: Row, stops: Sequence[Row]) -> Iterator[Finding]:
    vehicle = route["vehicle"]
    hours = (stops[-1]["arrive_at"] - stops[0]["depart_at"]) / 3_600_000 if stops else 0.0
    cost = (
        vehicle["cost_fixed"]
        + vehicle["cost_per_km"] * route["distance_m"] / 1000
        + vehicle["cost_per_h"] * hours
    )
    if abs(route["cost"] - cost) > 1:
        yield Finding("cost", route["id"], f"says {route['cost']}, its vehicle costs {cost:.1f}")


def _crossings(route: Row, stops: Sequence[Row], drives: Mapping[str, Row]) -> Iterator[Finding]:
    paths = [drives[stop["id"]]["path"] for stop in stops if stop["id"] in drives]
    driven = {f"road-segment/{key.removeprefix('-')}" for path in paths for key in path.split(",") if key}
    if set(route["crosses"]) != driven:
        yield Finding(
            "crosses",
            route["id"],
            f"crosses {len(set(route['crosses']) - driven)} streets that it does not drive, and drives "
            f"{len(driven - set(route['crosses']))} that it does not cross",
        )


def _streets(facts: PlanFacts, stops: Sequence[Row], drives: Mapping[str, Row]) -> Iterator[Finding]:
    for before, after in pairwise(stops):
        drive = drives.get(before["id"])
        if drive is None:
            continue
        complaint = _way(facts, facts.snaps.get(before["at"]), facts.snaps.get(after["at"]), drive)
        if complaint:
            yield Finding("street", before["id"], f"to {after['id']}: {complaint}")


def _way(facts: PlanFacts, start: Row | None, end: Row | None, drive: Row) -> str | None:
    """What is wrong with the way of a drive; None when it is a way and takes at least its free-flow time."""
    if start is None or end is None:
        return "an end of the drive snaps to no street"
    if not drive["path"]:
        same = start["segment"] == end["segment"] and abs(start["offset_m"] - end["offset_m"]) < 1.0
        return None if same else "no way is given between two different places"
    keys = drive["path"].split(",")
    way = [
        (facts.segments.get(f"road-segment/{key.removeprefix('-')}"), not key.startswith("-")) for key in keys
    ]
    known = [(segment, forward) for segment, forward in way if segment is not None]
    if len(known) < len(way):
        return "the way names a street that does not exist"
    if known[0][0]["id"] != start["segment"] or known[-1][0]["id"] != end["segment"]:
        return "the way does not begin or end where the places snap to"
    return _drivable(facts, known) or _not_too_fast(known, start, end, drive)


def _drivable(facts: PlanFacts, way: Sequence[tuple[Row, bool]]) -> str | None:
    for segment, forward in way:
        if segment["direction"] not in ("both", "forward" if forward else "backward"):
            return f"{segment['id']} is driven against its direction"
        if not segment["open"] and facts.plan["road_version"] == facts.road_version:
            return f"{segment['id']} is closed"
    for (before, was_forward), (after, is_forward) in pairwise(way):
        left_at = before["end"] if was_forward else before["start"]
        entered_at = after["start"] if is_forward else after["end"]
        if left_at != entered_at:
            return f"{before['id']} does not lead to {after['id']}"
    return None


def _not_too_fast(way: Sequence[tuple[Row, bool]], start: Row, end: Row, drive: Row) -> str | None:
    metres = _driven_m(way, start, end)
    if min(metres) < -1e-6:
        return "the way turns back on one street"
    free_flow_s = sum(
        length / (segment["speed_kph"] / 3.6) for length, (segment, _) in zip(metres, way, strict=True)
    )
    if drive["travel_s"] + ROUNDING_S * len(way) < free_flow_s:
        return f"takes {drive['travel_s']} s, free flow alone takes {free_flow_s:.1f} s"
    if abs(sum(metres) - drive["distance_m"]) > 1 + len(way):
        return f"says {drive['distance_m']} m, its streets add up to {sum(metres):.0f} m"
    return None


def _driven_m(way: Sequence[tuple[Row, bool]], start: Row, end: Row) -> list[float]:
    metres = [float(segment["length_m"]) for segment, _ in way]
    first, first_forward = way[0]
    last, last_forward = way[-1]
    skipped = start["offset_m"] if first_forward else first["length_m"] - start["offset_m"]
    unreached = last["length_m"] - end["offset_m"] if last_forward else end["offset_m"]
    metres[0] -= skipped
    metres[-1] -= unreached
    return metres


def _totals(facts: PlanFacts) -> Iterator[Finding]:
    counted = {
        "routes": len(facts.routes),
        "served": sum(len(stop["serves"]) for stop in facts.stops),
        "left_out": len(facts.left_out),
        "distance_m": sum(route["distance_m"] for route in facts.routes),
        "duration_s": sum((route["returns_at"] - route["departs_at"]) // 1000 for route in facts.routes),
        "cost": sum(route["cost"] for route in facts.routes),
    }
    for name, value in counted.items():
        if facts.plan[name] != value:
            yield Finding("plan", facts.plan["id"], f"says {name} {facts.plan[name]}, it is {value}")
    if facts.plan["status"] != "published":
        yield Finding("plan", facts.plan["id"], f"is in force and {facts.plan['status']}")
    for route in facts.routes:
        if route["status"] not in ("published", "departed", "completed"):
            yield Finding("plan", route["id"], f"is in force and {route['status']}")
    vehicles = Counter(route["vehicle"]["id"] for route in facts.routes)
    for vehicle, count in vehicles.items():
        if count > 1:
            yield Finding("plan", facts.plan["id"], f"sends {vehicle} on {count} routes at once")


def _accounted(facts: PlanFacts) -> Iterator[Finding]:
    served = Counter(shipment for stop in facts.stops for shipment in stop["serves"])
    coming = {
        shipment
        for stop in facts.stops
        if stop["status"] in ("planned", "arrived")
        for shipment in stop["serves"]
    }
    refused = Counter(row["shipment"] for row in facts.left_out)
    for shipment, times in (served + refused).items():
        if times != 1:
            yield Finding(
                "accounted", shipment, f"is served {served[shipment]} and left out {refused[shipment]} times"
            )
    for row in facts.left_out:
        if not row["reason"] or not row["detail"]:
            yield Finding("accounted", row["shipment"], "is left out without a reason")
    for shipment in facts.shipments.values():
        order = facts.orders[shipment["order"]]
        planned = shipment["id"] in served or shipment["id"] in refused
        if shipment["id"] in coming and order["status"] in ("cancelled", "promised"):
            yield Finding("accounted", shipment["id"], f"is on a route and its order {order['status']}")
        if not planned and _was_to_be_planned(facts, shipment, order):
            yield Finding(
                "accounted", shipment["id"], f"was ready for {facts.date} and is neither served nor left out"
            )


def _was_to_be_planned(facts: PlanFacts, shipment: Row, order: Row) -> bool:
    """Whether it stood ready for the plan's day when the plan was made, and does so still."""
    return (
        shipment["status"] in WAITING
        and shipment["id"] not in facts.elsewhere
        and order["status"] == "ready"
        and order["day"] == facts.date
        and facts.changed_at[order["id"]] < facts.plan["created_at"] - READ_BEFORE_MS
    )


def _warehouse(shipment: Row) -> str:
    return "warehouse/" + str(shipment["id"]).split("/")[2]


def _at(date: str, seconds: int, time_zone: str) -> int:
    midnight = datetime.fromisoformat(date)
    wall = midnight + timedelta(seconds=seconds)
    return round(wall.replace(tzinfo=ZoneInfo(time_zone)).timestamp() * 1000)
