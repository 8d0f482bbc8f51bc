"""The times of one tour: when a vehicle leaves, arrives, waits, serves, and is back.

A tour is the indices of its deliveries, in order. Times are epoch milliseconds: whole, but floats, so
that "never" is infinity and needs no case of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from optimizer.routing.problem import Delivery, RoutingProblem, Vehicle
from optimizer.routing.solution import Route, RouteStop

Tour = Sequence[int]


@dataclass(frozen=True)
class Timetable:
    """The times of a tour, stop by stop; the stops share their index."""

    leave_at: float
    arrive_at: tuple[float, ...]
    service_at: tuple[float, ...]
    back_at: float


def earliest_service(delivery: Delivery, arrive_at: float) -> float:
    """When service starts for who arrives then; infinite when the last window has closed."""
    if not delivery.windows:
        return arrive_at
    starts = [max(arrive_at, opens_at) for opens_at, closes_at in delivery.windows if arrive_at <= closes_at]
    return min(starts, default=math.inf)


def latest_service(delivery: Delivery, by: float) -> float:
    """The latest start of service not after ``by``; minus infinity when no window has opened by then."""
    if not delivery.windows:
        return by
    return max(
        (min(by, closes_at) for opens_at, closes_at in delivery.windows if opens_at <= by), default=-math.inf
    )


def earliest_leave(problem: RoutingProblem, vehicle: Vehicle, tour: Tour) -> float:
    """When the shift has begun and all that is to be loaded stands ready."""
    return max([float(vehicle.shift_starts_at), *(float(problem.deliveries[d].release_at) for d in tour)])


def drive(problem: RoutingProblem, vehicle: Vehicle, tour: Tour, leave_at: float) -> Timetable:
    """The times when the vehicle leaves then and serves as soon as it can; infinite once it is too late."""
    here, now = vehicle.depot, leave_at
    arrive_at, service_at = [], []
    for index in tour:
        delivery = problem.deliveries[index]
        arrive_at.append(now + problem.travel_ms(here, delivery.location))
        service_at.append(earliest_service(delivery, arrive_at[-1]))
        here, now = delivery.location, service_at[-1] + delivery.service_s * 1000
    back_at = now + problem.travel_ms(here, vehicle.depot)
    return Timetable(leave_at, tuple(arrive_at), tuple(service_at), back_at)


def latest_starts(problem: RoutingProblem, vehicle: Vehicle, tour: Tour, back_by: float) -> list[float]:
    """The latest start of service at each stop that still lets the vehicle be back by then."""
    by, there = back_by, vehicle.depot
    latest = []
    for index in reversed(tour):
        delivery = problem.deliveries[index]
        by -= problem.travel_ms(delivery.location, there) + delivery.service_s * 1000
        by = latest_service(delivery, by)
        latest.append(by)
        there = delivery.location
    latest.reverse()
    return latest


def timetable(problem: RoutingProblem, vehicle: Vehicle, tour: Tour) -> Timetable | None:
    """The tour back as early as can be, leaving as late as that allows; None if it cannot be in time."""
    soonest = drive(problem, vehicle, tour, earliest_leave(problem, vehicle, tour))
    if not soonest.back_at <= vehicle.shift_ends_at:
        return None
    if not tour:
        return soonest
    first = latest_starts(problem, vehicle, tour, soonest.back_at)[0]
    leave_at = first - problem.travel_ms(vehicle.depot, problem.deliveries[tour[0]].location)
    return drive(problem, vehicle, tour, leave_at)


def carries(problem: RoutingProblem, vehicle: Vehicle, tour: Tour) -> bool:
    """Whether the vehicle may take these deliveries all at once, in any order and time."""
    deliveries = [problem.deliveries[index] for index in tour]
    return (
        all(d.depot == vehicle.depot and d.skills <= vehicle.skills for d in deliveries)
        and sum(d.weight_g for d in deliveries) <= vehicle.capacity_weight_g
        and sum(d.volume_ml for d in deliveries) <= vehicle.capacity_volume_ml
        and (vehicle.max_stops is None or len(deliveries) <= vehicle.max_stops)
    )


def distance_m(problem: RoutingProblem, vehicle: Vehicle, tour: Tour) -> float:
    """The length of the tour, from the depot back to it; infinite where no road leads."""
    places = [vehicle.depot, *(problem.deliveries[index].location for index in tour), vehicle.depot]
    return sum(problem.travel_m(one, other) for one, other in pairwise(places))


def feasible(problem: RoutingProblem, vehicle: Vehicle, tour: Tour) -> bool:
    """Whether the vehicle can do the whole tour, in this order."""
    return (
        carries(problem, vehicle, tour)
        and not (
            vehicle.max_distance_m is not None and distance_m(problem, vehicle, tour) > vehicle.max_distance_m
        )
        and timetable(problem, vehicle, tour) is not None
    )


def route_cost(vehicle: Vehicle, metres: int, seconds: int) -> int:
    """What a tour of this length and duration costs, its parts added exactly, then rounded once, half up."""
    parts_per_unit = 18_000  # of both 1/1000 (per km and metre) and 1/3600 (per hour and second)
    parts = 18 * vehicle.cost_per_km * metres + 5 * vehicle.cost_per_h * seconds
    return vehicle.cost_fixed + (parts + parts_per_unit // 2) // parts_per_unit


def route(problem: RoutingProblem, vehicle: Vehicle, tour: Tour) -> Route | None:
    """The tour with all its times, loads and costs; None when the vehicle cannot do it in time."""
    times = timetable(problem, vehicle, tour)
    if times is None:
        return None
    deliveries = [problem.deliveries[index] for index in tour]
    weight_g, volume_ml = sum(d.weight_g for d in deliveries), sum(d.volume_ml for d in deliveries)
    loaded_g, loaded_ml, here = weight_g, volume_ml, vehicle.depot
    stops = []
    for delivery, arrive_at, service_at in zip(deliveries, times.arrive_at, times.service_at, strict=True):
        weight_g, volume_ml = weight_g - delivery.weight_g, volume_ml - delivery.volume_ml
        stops.append(
            RouteStop(
                shipment_id=delivery.shipment_id,
                location=delivery.location,
                travel_s=int(problem.travel_ms(here, delivery.location)) // 1000,
                distance_m=int(problem.travel_m(here, delivery.location)),
                arrive_at=int(arrive_at),
                wait_s=seconds(service_at - arrive_at),
                service_at=int(service_at),
                depart_at=int(service_at) + delivery.service_s * 1000,
                load_weight_g=weight_g,
                load_volume_ml=volume_ml,
            )
        )
        here = delivery.location
    metres, duration_s = int(distance_m(problem, vehicle, tour)), seconds(times.back_at - times.leave_at)
    return Route(
        vehicle_id=vehicle.id,
        depot=vehicle.depot,
        leave_at=int(times.leave_at),
        load_weight_g=loaded_g,
        load_volume_ml=loaded_ml,
        stops=tuple(stops),
        return_travel_s=int(problem.travel_ms(here, vehicle.depot)) // 1000,
        return_distance_m=int(problem.travel_m(here, vehicle.depot)),
        back_at=int(times.back_at),
        distance_m=metres,
        duration_s=duration_s,
        cost=route_cost(vehicle, metres, duration_s),
    )


def seconds(milliseconds: float) -> int:
    """Whole seconds, rounded up."""
    return math.ceil(milliseconds / 1000)
