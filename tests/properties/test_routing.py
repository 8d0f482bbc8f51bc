"""Every plan is feasible, complete and explained, says a checker that shares no code with the planner."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.routing.problem import Delivery, RoutingProblem, TimeWindow, Vehicle
from optimizer.routing.search import plan_routes
from optimizer.routing.solution import Reason, Route, RoutingSolution

T0 = 1_772_000_000_000
HOUR = 3_600_000
PROVEN_ALONE = {
    Reason.NO_VEHICLE_AT_DEPOT,
    Reason.MISSING_SKILL,
    Reason.TOO_HEAVY,
    Reason.TOO_BULKY,
    Reason.UNREACHABLE,
    Reason.TOO_FAR,
    Reason.WINDOW_TOO_EARLY,
    Reason.SHIFT_TOO_SHORT,
}

SKILLS = st.sets(st.sampled_from(["cold", "lift"]), max_size=2).map(frozenset)
TIMES = st.integers(0, 10).map(lambda hours: T0 + hours * HOUR)
PRICES = st.sampled_from([0, 1, 37, 2500])


def vehicles(number: int) -> st.SearchStrategy[Vehicle]:
    return st.builds(
        lambda starts_at, hours, **fields: Vehicle(
            id=f"v{number}", shift_starts_at=starts_at, shift_ends_at=starts_at + hours * HOUR, **fields
        ),
        starts_at=TIMES,
        hours=st.integers(0, 8),
        kind=st.just("van"),
        depot=st.integers(0, 1),
        capacity_weight_g=st.sampled_from([1_000, 2_500]),
        capacity_volume_ml=st.sampled_from([900, 3_000]),
        skills=SKILLS,
        cost_fixed=PRICES,
        cost_per_km=PRICES,
        cost_per_h=PRICES,
        max_stops=st.sampled_from([None, None, 0, 2]),
        max_distance_m=st.sampled_from([None, None, 40_000]),
    )


@st.composite
def windows(draw: st.DrawFn) -> TimeWindow:
    opens_at = draw(TIMES) + draw(st.sampled_from([0, 0, 500]))  # half seconds, too
    return TimeWindow(opens_at, opens_at + draw(st.sampled_from([0, 600_000, 2 * HOUR])))


def deliveries(number: int, locations: int) -> st.SearchStrategy[Delivery]:
    return st.builds(
        Delivery,
        shipment_id=st.just(f"s{number}"),
        location=st.integers(0, locations - 1),
        depot=st.integers(0, 1),
        weight_g=st.sampled_from([0, 300, 1_000, 2_600]),
        volume_ml=st.sampled_from([0, 400, 1_100]),
        service_s=st.sampled_from([0, 300, 3600]),
        windows=st.lists(windows(), max_size=2).map(tuple),
        skills=st.one_of(st.just(frozenset()), SKILLS),
        release_at=TIMES.map(lambda at: at - 3 * HOUR),
        priority=st.integers(0, 5),
    )


@st.composite
def problems(draw: st.DrawFn) -> RoutingProblem:
    locations = draw(st.integers(2, 6))
    minutes = draw(st.lists(st.integers(0, 90), min_size=locations**2, max_size=locations**2))
    duration = np.array(minutes, dtype=float).reshape(locations, locations) * 60
    for one, other in draw(st.lists(st.tuples(*[st.integers(0, locations - 1)] * 2), max_size=2)):
        duration[one, other] = np.inf
    np.fill_diagonal(duration, 0)
    for via in range(locations):  # as on roads, no detour is faster than the direct way
        duration = np.minimum(duration, duration[:, [via]] + duration[[via], :])
    fleet = [draw(vehicles(i)) for i in range(draw(st.integers(1, 4)))]
    orders = [draw(deliveries(i, locations)) for i in range(draw(st.integers(0, 7)))]
    return RoutingProblem(tuple(fleet), tuple(orders), duration, duration * 9)


@settings(max_examples=120, deadline=None)
@given(problems())
def test_plans_are_feasible_complete_and_as_explained(problem: RoutingProblem) -> None:
    solution = plan_routes(problem, seed=1, iterations=15)
    check_complete(problem, solution)
    for route in solution.routes:
        check_route(problem, route)
    check_explained(problem, solution)


@settings(max_examples=15, deadline=None)
@given(problems(), st.integers(0, 3))
def test_problem_seed_and_iterations_decide_the_plan(problem: RoutingProblem, seed: int) -> None:
    assert plan_routes(problem, seed=seed, iterations=30) == plan_routes(problem, seed=seed, iterations=30)


def check_complete(problem: RoutingProblem, solution: RoutingSolution) -> None:
    served = [stop.shipment_id for route in solution.routes for stop in route.stops]
    told = Counter([*served, *(one.shipment_id for one in solution.unserved)])
    assert told == Counter(delivery.shipment_id for delivery in problem.deliveries)
    assert max(Counter(route.vehicle_id for route in solution.routes).values(), default=1) == 1
    assert all(route.stops for route in solution.routes)
    assert solution.cost == sum(route.cost for route in solution.routes)
    assert solution.distance_m == sum(route.distance_m for route in solution.routes)
    assert solution.duration_s == sum(route.duration_s for route in solution.routes)


def check_route(problem: RoutingProblem, route: Route) -> None:
    [vehicle] = [v for v in problem.vehicles if v.id == route.vehicle_id]
    by_id = {delivery.shipment_id: delivery for delivery in problem.deliveries}
    carried = [by_id[stop.shipment_id] for stop in route.stops]
    assert route.leave_at >= max([vehicle.shift_starts_at, *(d.release_at for d in carried)])
    assert route.back_at <= vehicle.shift_ends_at
    assert (route.depot, {d.depot for d in carried}) == (vehicle.depot, {vehicle.depot})
    assert all(d.skills <= vehicle.skills for d in carried)
    assert sum(d.weight_g for d in carried) == route.load_weight_g <= vehicle.capacity_weight_g
    assert sum(d.volume_ml for d in carried) == route.load_volume_ml <= vehicle.capacity_volume_ml
    assert vehicle.max_stops is None or len(carried) <= vehicle.max_stops
    assert vehicle.max_distance_m is None or route.distance_m <= vehicle.max_distance_m
    assert route.stops[0].wait_s == 0, "it left too early"
    here, now, metres = route.depot, route.leave_at, 0
    weight_g, volume_ml = route.load_weight_g, route.load_volume_ml
    for stop, delivery in zip(route.stops, carried, strict=True):
        assert stop.location == delivery.location
        assert stop.travel_s == problem.duration_s[here, stop.location]
        assert stop.distance_m == problem.distance_m[here, stop.location]
        assert stop.arrive_at == now + 1000 * stop.travel_s
        assert 0 <= 1000 * stop.wait_s - (stop.service_at - stop.arrive_at) < 1000
        assert not delivery.windows or any(a <= stop.service_at <= b for a, b in delivery.windows)
        assert stop.depart_at == stop.service_at + 1000 * delivery.service_s
        weight_g, volume_ml = weight_g - delivery.weight_g, volume_ml - delivery.volume_ml
        assert (stop.load_weight_g, stop.load_volume_ml) == (weight_g, volume_ml)
        here, now, metres = stop.location, stop.depart_at, metres + stop.distance_m
    assert route.return_travel_s == problem.duration_s[here, route.depot]
    assert route.back_at == now + 1000 * route.return_travel_s
    assert route.distance_m == metres + route.return_distance_m
    assert 0 <= 1000 * route.duration_s - (route.back_at - route.leave_at) < 1000
    exact = vehicle.cost_fixed + Fraction(vehicle.cost_per_km * route.distance_m, 1000)
    exact += Fraction(vehicle.cost_per_h * route.duration_s, 3600)
    assert -Fraction(1, 2) < route.cost - exact <= Fraction(1, 2)


def check_explained(problem: RoutingProblem, solution: RoutingSolution) -> None:
    """Who is left out fits nowhere; and by itself in no vehicle exactly when the reason says so."""
    by_id = {delivery.shipment_id: delivery for delivery in problem.deliveries}
    tours: dict[str, list[Delivery]] = {v.id: [] for v in problem.vehicles}
    tours |= {route.vehicle_id: [by_id[s.shipment_id] for s in route.stops] for route in solution.routes}
    for one in solution.unserved:
        delivery = by_id[one.shipment_id]
        assert one.refusal.detail
        alone = any(possible(problem, vehicle, [delivery]) for vehicle in problem.vehicles)
        assert alone == (one.refusal.reason not in PROVEN_ALONE)
        for vehicle in problem.vehicles:
            tour = tours[vehicle.id]
            for position in range(len(tour) + 1):
                assert not possible(problem, vehicle, [*tour[:position], delivery, *tour[position:]])


def possible(problem: RoutingProblem, vehicle: Vehicle, tour: list[Delivery]) -> bool:
    here, now, metres = vehicle.depot, max([vehicle.shift_starts_at, *(d.release_at for d in tour)]), 0.0
    for delivery in tour:
        now += 1000 * problem.duration_s[here, delivery.location]
        metres += problem.distance_m[here, delivery.location]
        starts = [max(now, a) for a, b in delivery.windows if now <= b] if delivery.windows else [now]
        if not starts or delivery.depot != vehicle.depot or not delivery.skills <= vehicle.skills:
            return False
        here, now = delivery.location, min(starts) + 1000 * delivery.service_s
    return bool(
        now + 1000 * problem.duration_s[here, vehicle.depot] <= vehicle.shift_ends_at
        and sum(d.weight_g for d in tour) <= vehicle.capacity_weight_g
        and sum(d.volume_ml for d in tour) <= vehicle.capacity_volume_ml
        and len(tour) <= (len(tour) if vehicle.max_stops is None else vehicle.max_stops)
        and metres + problem.distance_m[here, vehicle.depot]
        <= (np.inf if vehicle.max_distance_m is None else vehicle.max_distance_m)
    )
