"""Refuses a routing problem that makes no sense, with the field and the reason, before anything is searched.

What cannot be served is no such thing: it is left out of the plan, with its reason. Nor is a pinned part that
breaks constraints: it is reported with its violations.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import InvalidProblem
from optimizer.routing.model import (
    HIGHEST_PRIORITY,
    MOST,
    Break,
    Depot,
    PlannedRoute,
    RoutingProblem,
    Shipment,
    Stop,
    TimeWindow,
    Travel,
    Vehicle,
    Visit,
)

ROWS_AT_ONCE = 256

MOST_STOPS_PER_VEHICLE = 5_000
"""More stops than this for each vehicle, on average, is a mistake and no day's work."""


def validated(problem: RoutingProblem) -> RoutingProblem:
    """The problem, if it makes sense.

    Raises:
        InvalidProblem: it does not; ``field`` says where.
    """
    if not problem.vehicles:
        raise InvalidProblem("vehicles", "are none: nothing can be planned; give at least one")
    if not problem.depots:
        raise InvalidProblem("depots", "are none: vehicles have nowhere to load; give at least one")
    _distinct("dimensions", problem.dimensions)
    _distinct("depots", [depot.id for depot in problem.depots])
    _distinct("vehicles", [vehicle.id for vehicle in problem.vehicles])
    _distinct("shipments", [shipment.id for shipment in problem.shipments])
    locations = _travel(problem.travel)
    for d, depot in enumerate(problem.depots):
        _depot(f"depots[{d}]", depot, locations)
    for v, vehicle in enumerate(problem.vehicles):
        _vehicle(f"vehicles[{v}]", vehicle, problem, locations)
    for s, shipment in enumerate(problem.shipments):
        _shipment(f"shipments[{s}]", shipment, problem, locations)
    _amount_of_work(problem)
    _relations(problem)
    _amount("moved_cost", problem.moved_cost)
    validate_routes(problem, problem.in_force, "in_force")
    return problem


def validate_routes(problem: RoutingProblem, routes: Sequence[PlannedRoute], field: str) -> None:
    """Refuse routes that make no sense whatever their times; what they violate is for the evaluation.

    Raises:
        InvalidProblem: a vehicle has two routes, a visit names nothing or what there is not, a stop is made
            twice, or a pickup is without its delivery.
    """
    vehicles: set[int] = set()
    seen: set[Visit] = set()
    for r, route in enumerate(routes):
        at = f"{field}[{r}]"
        _index(f"{at}.vehicle", route.vehicle, problem.vehicles, "vehicles")
        if route.vehicle in vehicles:
            raise InvalidProblem(f"{at}.vehicle", f"{route.vehicle} has a route already: give it one")
        vehicles.add(route.vehicle)
        _whole(f"{at}.pinned", route.pinned, least=0, most=len(route.visits))
        if route.left_at is not None:
            _time(f"{at}.left_at", route.left_at)
        for i, visit in enumerate(route.visits):
            _visit(f"{at}.visits[{i}]", visit, problem)
            if visit.reload is None and visit in seen:
                raise InvalidProblem(f"{at}.visits[{i}]", f"{_named(visit)} is made twice: make it once")
            seen.add(visit)
        _both_stops(at, route, problem)


def _visit(field: str, visit: Visit, problem: RoutingProblem) -> None:
    if sum(of is not None for of in visit) != 1:
        raise InvalidProblem(field, f"is {visit}: set exactly one of pickup, delivery and reload")
    if visit.reload is not None:
        _index(f"{field}.reload", visit.reload, problem.depots, "depots")
        return
    shipment = visit.pickup if visit.pickup is not None else visit.delivery
    assert shipment is not None
    _index(field, shipment, problem.shipments, "shipments")
    one = problem.shipments[shipment]
    if (one.pickup if visit.pickup is not None else one.delivery) is None:
        kind = "pickup" if visit.pickup is not None else "delivery"
        raise InvalidProblem(field, f"is the {kind} of shipment {one.id!r}, which has none")


def _both_stops(field: str, route: PlannedRoute, problem: RoutingProblem) -> None:
    pickups = {visit.pickup for visit in route.visits}
    deliveries = {visit.delivery for visit in route.visits}
    for i, visit in enumerate(route.visits):
        at = f"{field}.visits[{i}]"
        if visit.pickup is not None and visit.pickup not in deliveries:
            one = problem.shipments[visit.pickup]
            if one.delivery is not None:
                raise InvalidProblem(at, f"picks up {one.id!r} without its delivery on the same route")
        if visit.delivery is not None and visit.delivery not in pickups:
            one = problem.shipments[visit.delivery]
            if one.pickup is not None:
                raise InvalidProblem(at, f"delivers {one.id!r} without its pickup on the same route")


def _named(visit: Visit) -> str:
    return f"pickup {visit.pickup}" if visit.pickup is not None else f"delivery {visit.delivery}"


def _travel(profiles: Sequence[Travel]) -> int:
    """Check the matrices; how many locations there are."""
    if not profiles:
        raise InvalidProblem("travel", "is empty: give the matrices of at least one profile")
    locations: int | None = None
    for p, travel in enumerate(profiles):
        for name, matrix in (("duration_s", travel.duration_s), ("distance_m", travel.distance_m)):
            locations = _shape(f"travel[{p}].{name}", matrix, locations)
        _entries(f"travel[{p}].duration_s", travel.duration_s)
        if travel.distance_m is not travel.duration_s:
            _entries(f"travel[{p}].distance_m", travel.distance_m)
            _both_ways_lead(p, travel)
    assert locations is not None
    return locations


def _shape(field: str, matrix: object, locations: int | None) -> int:
    if not isinstance(matrix, np.ndarray) or matrix.dtype != np.float64:
        raise InvalidProblem(field, "is no numpy array of float64")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InvalidProblem(field, f"is not square but {' x '.join(map(str, matrix.shape))}")
    if locations is not None and len(matrix) != locations:
        raise InvalidProblem(field, f"has {len(matrix)} locations where the first matrix has {locations}")
    return len(matrix)


def _entries(field: str, matrix: NDArray[np.float64]) -> None:
    """Check every entry, a block of rows at a time, so that large matrices need no copies."""
    for first in range(0, len(matrix), ROWS_AT_ONCE):
        rows = matrix[first : first + ROWS_AT_ONCE]
        with np.errstate(invalid="ignore"):
            if ((rows >= 0) & ((rows <= MOST) & (rows == np.rint(rows)) | (rows == np.inf))).all():
                continue
        for row, column in np.ndindex(rows.shape):
            if (says := _wrong(float(rows[row, column]))) is not None:
                at = f"{field}[{first + row}][{column}]"
                raise InvalidProblem(at, f"{says} ({rows[row, column]})")
    if np.diagonal(matrix).any():
        place = int(np.flatnonzero(np.diagonal(matrix))[0])
        raise InvalidProblem(f"{field}[{place}][{place}]", "is the way from a location to itself: must be 0")


def _wrong(entry: float) -> str | None:
    if math.isnan(entry):
        return "is not a number"
    if entry < 0:
        return "is negative"
    if math.isfinite(entry) and entry > MOST:
        return f"is over the most, {MOST}"
    return None if math.isinf(entry) or entry == round(entry) else "is not whole: round it"


def _both_ways_lead(profile: int, travel: Travel) -> None:
    for first in range(0, len(travel.duration_s), ROWS_AT_ONCE):
        block = slice(first, first + ROWS_AT_ONCE)
        differs = np.isinf(travel.duration_s[block]) != np.isinf(travel.distance_m[block])
        if differs.any():
            row, column = np.argwhere(differs)[0]
            raise InvalidProblem(
                f"travel[{profile}][{first + row}][{column}]",
                "has a time or a distance alone: give both, or no way in both",
            )


def _depot(field: str, depot: Depot, locations: int) -> None:
    _location(f"{field}.location", depot.location, locations)
    _windows(f"{field}.windows", depot.windows)
    _amount(f"{field}.load_s", depot.load_s)


def _vehicle(field: str, vehicle: Vehicle, problem: RoutingProblem, locations: int) -> None:
    _loads(f"{field}.capacity", vehicle.capacity, problem.dimensions)
    _location(f"{field}.start", vehicle.start, locations)
    if vehicle.end is not None:
        _location(f"{field}.end", vehicle.end, locations)
    _window(
        field, TimeWindow(vehicle.shift_starts_at, vehicle.shift_ends_at), "shift_starts_at", "shift_ends_at"
    )
    _index(f"{field}.depot", vehicle.depot, problem.depots, "depots")
    for depot in vehicle.reload_depots:
        _index(f"{field}.reload_depots", depot, problem.depots, "depots")
    _index(f"{field}.profile", vehicle.profile, problem.travel, "profiles")
    for b, rest in enumerate(vehicle.breaks):
        _break(f"{field}.breaks[{b}]", rest, vehicle, locations)
    for name in (
        "max_reloads",
        "cost_fixed",
        "cost_per_km",
        "cost_per_h",
        "overtime_s",
        "cost_per_overtime_h",
    ):
        _amount(f"{field}.{name}", getattr(vehicle, name))
    for name in ("max_stops", "max_distance_m", "max_driving_s", "max_duration_s"):
        if getattr(vehicle, name) is not None:
            _amount(f"{field}.{name}", getattr(vehicle, name))


def _break(field: str, rest: Break, vehicle: Vehicle, locations: int) -> None:
    _window(f"{field}.window", rest.window)
    _amount(f"{field}.duration_s", rest.duration_s)
    if rest.location is not None:
        _location(f"{field}.location", rest.location, locations)
    if rest.window.closes_at < vehicle.shift_starts_at:
        raise InvalidProblem(f"{field}.window", "closes before the shift starts: leave the break out")


def _shipment(field: str, shipment: Shipment, problem: RoutingProblem, locations: int) -> None:
    _loads(f"{field}.load", shipment.load, problem.dimensions)
    if shipment.pickup is None and shipment.delivery is None:
        raise InvalidProblem(field, "has neither pickup nor delivery: give one or both")
    for name, stop in (("pickup", shipment.pickup), ("delivery", shipment.delivery)):
        if stop is not None:
            _stop(f"{field}.{name}", stop, locations)
    _time(f"{field}.release_at", shipment.release_at)
    _indices(f"{field}.depots", shipment.depots, problem.depots, "depots")
    _indices(f"{field}.vehicles", shipment.vehicles, problem.vehicles, "vehicles")
    _indices(f"{field}.preferred", shipment.preferred, problem.vehicles, "vehicles")
    _amount(f"{field}.elsewhere_cost", shipment.elsewhere_cost)
    _whole(f"{field}.priority", shipment.priority, least=0, most=HIGHEST_PRIORITY)
    if shipment.prize is not None:
        _amount(f"{field}.prize", shipment.prize)


def _stop(field: str, stop: Stop, locations: int) -> None:
    _location(f"{field}.location", stop.location, locations)
    _amount(f"{field}.service_s", stop.service_s)
    _amount(f"{field}.setup_s", stop.setup_s)
    _windows(f"{field}.windows", stop.windows)
    if stop.soft is not None:
        _window(f"{field}.soft", TimeWindow(stop.soft.opens_at, stop.soft.closes_at))
        _amount(f"{field}.soft.cost_per_min", stop.soft.cost_per_min)


def _amount_of_work(problem: RoutingProblem) -> None:
    stops = sum((one.pickup is not None) + (one.delivery is not None) for one in problem.shipments)
    most = MOST_STOPS_PER_VEHICLE * len(problem.vehicles)
    if stops > most:
        raise InvalidProblem(
            "shipments",
            f"have {stops:,} stops for {len(problem.vehicles):,} vehicle(s), more than "
            f"{MOST_STOPS_PER_VEHICLE:,} for each: give more vehicles, or route them in parts",
        )


def _relations(problem: RoutingProblem) -> None:
    for name in ("together", "apart"):
        for i, shipments in enumerate(getattr(problem, name)):
            _indices(f"{name}[{i}]", shipments, problem.shipments, "shipments")
    for i, (before, after) in enumerate(problem.precedence):
        _indices(f"precedence[{i}]", (before, after), problem.shipments, "shipments")
        if before == after:
            raise InvalidProblem(f"precedence[{i}]", f"has shipment {before} before itself")


def _distinct(field: str, ids: Sequence[str]) -> None:
    if len(set(ids)) < len(ids):
        seen: set[str] = set()
        for i, one in enumerate(ids):
            if one in seen:
                raise InvalidProblem(
                    f"{field}[{i}]", f"is {one!r}, as another is: each must have its own name"
                )
            seen.add(one)


def _windows(field: str, windows: Sequence[TimeWindow]) -> None:
    for w, window in enumerate(windows):
        _window(f"{field}[{w}]", window)


def _window(field: str, window: TimeWindow, opens: str = "opens_at", closes: str = "closes_at") -> None:
    _time(f"{field}.{opens}", window.opens_at)
    _time(f"{field}.{closes}", window.closes_at)
    if window.closes_at < window.opens_at:
        raise InvalidProblem(
            f"{field}.{closes}", f"({window.closes_at}) is before {opens} ({window.opens_at})"
        )


def _loads(field: str, loads: Sequence[int], dimensions: Sequence[str]) -> None:
    if len(loads) != len(dimensions):
        raise InvalidProblem(field, f"has {len(loads)} amounts for {len(dimensions)} dimensions")
    for name, load in zip(dimensions, loads, strict=True):
        _amount(f"{field}.{name}", load)


def _indices(field: str, indices: Iterable[int] | None, among: Collection[object], what: str) -> None:
    for index in indices or ():
        _index(field, index, among, what)


def _index(field: str, index: object, among: Collection[object], what: str) -> None:
    if type(index) is not int or not 0 <= index < len(among):
        raise InvalidProblem(field, f"names {what} {index!r}, of which there are {len(among)}, from 0 on")


def _location(field: str, location: object, locations: int) -> None:
    if type(location) is not int or not 0 <= location < locations:
        raise InvalidProblem(field, f"is {location!r}: the travel matrices have rows 0 to {locations - 1}")


def _amount(field: str, amount: object) -> None:
    _whole(field, amount, least=0, most=MOST)


def _time(field: str, at: object) -> None:
    _whole(field, at, least=0, most=MOST)


def _whole(field: str, number: object, *, least: int, most: int) -> None:
    if type(number) is not int:
        raise InvalidProblem(field, f"is {number!r}: must be a whole number")
    if number < least:
        raise InvalidProblem(
            field, f"is {number}: must not be {'negative' if least == 0 else f'below {least}'}"
        )
    if number > most:
        raise InvalidProblem(field, f"is {number}: must not be over {most}")
