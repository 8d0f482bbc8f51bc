"""Plan mode: given routes come back with their exact times, cost, and every violation with its amount.

The model's meaning in plain Python, the reference for the search. How time passes is in
:mod:`optimizer.routing.route_times`; the rest of each constraint is in the function of its name here.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from optimizer.routing.model import PlannedRoute, RoutingProblem, Shipment, Stop, Vehicle, Visit
from optimizer.routing.plan import (
    Activity,
    Constraint,
    Objective,
    PlanEvaluation,
    TimedCall,
    TimedRoute,
    Violation,
)
from optimizer.routing.route_times import RouteTimes, Task, Timed, route_times, travel_m, travel_ms
from optimizer.routing.validation import validate_routes

MS_PER_H = 3_600_000
MS_PER_MIN = 60_000
M_PER_KM = 1000


def evaluate_plan(problem: RoutingProblem, routes: Sequence[PlannedRoute]) -> PlanEvaluation:
    """Evaluate a whole plan; routes without visits are vehicles that stay.

    Raises:
        InvalidProblem: the routes make no sense, whatever the times: a visit of nothing, a stop twice.
    """
    validate_routes(problem, routes, "routes")
    home = vehicles_in_force(problem)
    timed = tuple(timed_route(problem, route, home) for route in routes if route.visits)
    served = {shipment for route in routes for shipment in shipments_of(route.visits)}
    unserved = tuple(s for s in range(len(problem.shipments)) if s not in served)
    between = (*_together(problem, routes), *_pinned(problem, routes, timed))
    cost = sum(route.cost for route in timed)
    return PlanEvaluation(
        routes=timed,
        unserved=unserved,
        violations=(*(v for route in timed for v in route.violations), *between),
        cost=cost,
        objective=objective(problem, cost, unserved),
    )


def evaluate_route(problem: RoutingProblem, route: PlannedRoute) -> TimedRoute:
    """Evaluate one route with at least one visit; see :func:`evaluate_plan`."""
    validate_routes(problem, [route], "route")
    return timed_route(problem, route, vehicles_in_force(problem))


def objective(problem: RoutingProblem, cost: int, unserved: Iterable[int]) -> Objective:
    """What routes of this cost are worth to the search when these shipments are in none of them."""
    left_out, missed_prizes = 0, 0
    for shipment in unserved:
        one = problem.shipments[shipment]
        if one.prize is None:
            left_out += 4**one.priority
        else:
            missed_prizes += one.prize
    return Objective(left_out, cost + missed_prizes)


def shipments_of(visits: Iterable[Visit]) -> Iterator[int]:
    """The shipments served, one of both stops twice."""
    for visit in visits:
        shipment = visit.delivery if visit.pickup is None else visit.pickup
        if shipment is not None:
            yield shipment


def vehicles_in_force(problem: RoutingProblem) -> dict[int, int]:
    """The vehicle that each shipment has in the plan in force."""
    return {s: route.vehicle for route in problem.in_force for s in shipments_of(route.visits)}


def timed_route(problem: RoutingProblem, route: PlannedRoute, home: Mapping[int, int]) -> TimedRoute:
    """:func:`evaluate_route`, for routes known to make sense; ``home`` is :func:`vehicles_in_force`."""
    course = _Course(problem, route)
    start, tasks = _tasks(course)
    times = route_times(
        start,
        tasks,
        has_end=course.vehicle.end is not None,
        breaks=course.vehicle.breaks,
        travel=problem.travel[course.vehicle.profile],
        left_at=route.left_at,
        shift_starts_at=course.vehicle.shift_starts_at,
    )
    calls = _timed_calls(course, times)
    left_at, back_at = times.left_at, calls[-1].done_at
    distance_m = sum(call.distance_m for call in calls)
    overtime_ms = max(0, back_at - course.vehicle.shift_ends_at)
    exact = (
        _running_cost(course.vehicle, distance_m, back_at - left_at, overtime_ms)
        + _soft_window_cost(course, calls)
        + _serving_cost(course, home)
    )
    return TimedRoute(
        vehicle=route.vehicle,
        calls=calls,
        left_at=left_at,
        back_at=back_at,
        distance_m=distance_m,
        driving_s=sum(call.driving_s for call in calls),
        waiting_ms=sum(one.start_at - one.arrive_at for one in times.timed),
        overtime_ms=overtime_ms,
        cost=math.floor(exact + Fraction(1, 2)),
        violations=tuple(_violations(course, calls, times)),
    )


@dataclass(frozen=True)
class _Call:
    """A call of a route before its times are known."""

    activity: Activity
    index: int | None
    position: int | None
    location: int
    stop: Stop | None = None


class _Course:
    """A route spelled out: its calls, what is loaded at which, and what is on board after each."""

    def __init__(self, problem: RoutingProblem, route: PlannedRoute) -> None:
        self.problem, self.route = problem, route
        self.vehicle = problem.vehicles[route.vehicle]
        self.start = _Call(Activity.START, None, None, self.vehicle.start)
        self.calls = tuple(self._calls())
        self.loads_from = self._loading_calls()
        self.unloads_at = self._unloading_calls()
        self.on_board = self._on_board()

    def shipment(self, call: _Call) -> Shipment:
        """The shipment of a pickup or delivery."""
        assert call.index is not None
        return self.problem.shipments[call.index]

    def _calls(self) -> Iterator[_Call]:
        yield self.start
        depot = self.problem.depots[self.vehicle.depot]
        if depot.location != self.vehicle.start:
            yield _Call(Activity.LOAD, self.vehicle.depot, None, depot.location)
        for position, visit in enumerate(self.route.visits):
            yield self._call(position, visit)
        if self.vehicle.end is not None:
            yield _Call(Activity.END, None, None, self.vehicle.end)

    def _call(self, position: int, visit: Visit) -> _Call:
        if visit.reload is not None:
            location = self.problem.depots[visit.reload].location
            return _Call(Activity.RELOAD, visit.reload, position, location)
        if visit.pickup is not None:
            stop = self.problem.shipments[visit.pickup].pickup
            activity, index = Activity.PICKUP, visit.pickup
        else:
            assert visit.delivery is not None
            stop = self.problem.shipments[visit.delivery].delivery
            activity, index = Activity.DELIVERY, visit.delivery
        assert stop is not None
        return _Call(activity, index, position, stop.location, stop)

    def _loading_calls(self) -> dict[int, int]:
        """The call at which each shipment that comes from a depot is loaded."""
        loading, found = 0, {}
        for i, call in enumerate(self.calls):
            if call.activity in (Activity.LOAD, Activity.RELOAD):
                loading = i
            elif call.activity is Activity.DELIVERY and self.shipment(call).pickup is None:
                assert call.index is not None
                found[call.index] = loading
        return found

    def _unloading_calls(self) -> dict[int, int]:
        """The reload, or the route's last call, at which each shipment for a depot is unloaded."""
        unloading, found = len(self.calls) - 1, {}
        for i, call in reversed(list(enumerate(self.calls))):
            if call.activity is Activity.RELOAD:
                unloading = i
            elif call.activity is Activity.PICKUP and self.shipment(call).delivery is None:
                assert call.index is not None
                found[call.index] = unloading
        return found

    def _on_board(self) -> tuple[tuple[int, ...], ...]:
        """The load after each call, by dimension."""
        changes = [[0] * len(self.problem.dimensions) for _ in self.calls]

        def change(call: int, shipment: int, sign: int) -> None:
            for d, amount in enumerate(self.problem.shipments[shipment].load):
                changes[call][d] += sign * amount

        for shipment, call in self.loads_from.items():
            change(call, shipment, 1)
        for shipment, call in self.unloads_at.items():
            if self.calls[call].activity in (Activity.RELOAD, Activity.END):
                change(call, shipment, -1)
        for i, one in enumerate(self.calls):
            if one.activity in (Activity.PICKUP, Activity.DELIVERY):
                assert one.index is not None
                change(i, one.index, 1 if one.activity is Activity.PICKUP else -1)
        on_board, loads = [0] * len(self.problem.dimensions), []
        for changed in changes:
            on_board = [a + b for a, b in zip(on_board, changed, strict=True)]
            loads.append(tuple(on_board))
        return tuple(loads)


def _tasks(course: _Course) -> tuple[Task, list[Task]]:
    """What takes time at each call. Loading and leaving wait for the release of what is loaded."""
    released: dict[int, int] = {}
    for shipment, loading in course.loads_from.items():
        released[loading] = max(released.get(loading, 0), course.problem.shipments[shipment].release_at)
    ready_at = max(course.vehicle.shift_starts_at, released.get(0, 0))
    start = Task(course.vehicle.start, ready_at=ready_at)
    tasks = []
    for i, call in enumerate(course.calls[1:], start=1):
        if call.stop is not None:
            one, stop = course.shipment(call), call.stop
            ready_at = one.release_at if call.activity is Activity.PICKUP else 0
            work_s = _setup_s(course, i) + stop.service_s
            tasks.append(Task(stop.location, stop.windows, ready_at, 1000 * work_s))
        elif call.index is not None:
            depot = course.problem.depots[call.index]
            tasks.append(Task(call.location, depot.windows, released.get(i, 0), 1000 * depot.load_s))
        else:
            tasks.append(Task(call.location))
    return start, tasks


def _setup_s(course: _Course, i: int) -> int:
    """The set-up at call ``i``: what it wants beyond the most already spent at this halt.

    A halt is a row of stops at one location; loading ends it, a break does not.
    """
    call = course.calls[i]
    if call.stop is None:
        return 0
    spent_s, before = 0, i - 1
    while (stop := course.calls[before].stop) is not None and stop.location == call.location:
        spent_s = max(spent_s, stop.setup_s)
        before -= 1
    return max(0, call.stop.setup_s - spent_s)


def _timed_calls(course: _Course, times: RouteTimes) -> tuple[TimedCall, ...]:
    calls = iter(enumerate(course.calls[1:], start=1))
    origin = course.vehicle.start
    loaded = course.on_board[0]
    rested = [_timed_break(course, one, origin, loaded) for one in times.rested]
    left_at = times.left_at
    leaving = TimedCall(Activity.START, None, None, origin, left_at, left_at, left_at, 0, 0, 0, loaded)
    timed = [*rested, leaving]
    for one in times.timed:
        here = timed[-1].location
        if one.rest is not None:
            timed.append(_timed_break(course, one, here, loaded))
            continue
        i, call = next(calls)
        loaded = course.on_board[i]
        timed.append(
            TimedCall(
                call.activity,
                call.index,
                call.position,
                call.location,
                one.arrive_at,
                one.start_at,
                one.done_at,
                _setup_s(course, i),
                *_leg(course, here, call.location),
                loaded,
            )
        )
    return tuple(timed)


def _timed_break(course: _Course, one: Timed, here: int, loaded: tuple[int, ...]) -> TimedCall:
    leg = _leg(course, here, one.task.location)
    at = one.arrive_at, one.start_at, one.done_at
    return TimedCall(Activity.BREAK, one.rest, None, one.task.location, *at, 0, *leg, loaded)


def _leg(course: _Course, origin: int, to: int) -> tuple[int, int]:
    travel = course.problem.travel[course.vehicle.profile]
    return travel_ms(travel, origin, to) // 1000, travel_m(travel, origin, to)


def _running_cost(vehicle: Vehicle, distance_m: int, duration_ms: int, overtime_ms: int) -> Fraction:
    return (
        vehicle.cost_fixed
        + Fraction(vehicle.cost_per_km * distance_m, M_PER_KM)
        + Fraction(vehicle.cost_per_h * duration_ms, MS_PER_H)
        + Fraction(vehicle.cost_per_overtime_h * overtime_ms, MS_PER_H)
    )


def _soft_window_cost(course: _Course, calls: Sequence[TimedCall]) -> Fraction:
    cost = Fraction(0)
    for call in calls:
        stop = _stop_of(course, call)
        if stop is not None and stop.soft is not None:
            early_ms = max(0, stop.soft.opens_at - call.start_at)
            late_ms = max(0, call.start_at - stop.soft.closes_at)
            cost += Fraction(stop.soft.cost_per_min * (early_ms + late_ms), MS_PER_MIN)
    return cost


def _serving_cost(course: _Course, home: Mapping[int, int]) -> int:
    """What this vehicle costs where others are preferred, and for each stop that another has in force."""
    visited = list(shipments_of(course.route.visits))
    moved = sum(home.get(s, course.route.vehicle) != course.route.vehicle for s in visited)
    elsewhere = sum(
        one.elsewhere_cost
        for one in (course.problem.shipments[s] for s in set(visited))
        if one.preferred is not None and course.route.vehicle not in one.preferred
    )
    return elsewhere + moved * course.problem.moved_cost


def _stop_of(course: _Course, call: TimedCall) -> Stop | None:
    if call.index is None:
        return None
    if call.activity is Activity.PICKUP:
        return course.problem.shipments[call.index].pickup
    if call.activity is Activity.DELIVERY:
        return course.problem.shipments[call.index].delivery
    return None


def _violations(course: _Course, calls: Sequence[TimedCall], times: RouteTimes) -> Iterator[Violation]:
    yield from _loading(course)
    yield from _eligibility(course)
    yield from _depots(course)
    yield from _reloads(course)
    yield from _order(course)
    yield from _apart(course)
    yield from _windows(course, calls, times)
    yield from _leaving(course, times)
    yield from _limits(course, calls, times)


def _of(course: _Course, constraint: Constraint, amount: int, **where: int | None) -> Iterator[Violation]:
    if amount > 0:
        yield Violation(constraint, amount, course.route.vehicle, **where)


def _loading(course: _Course) -> Iterator[Violation]:
    """The load of each dimension, at its most."""
    for d, capacity in enumerate(course.vehicle.capacity):
        most = max(range(len(course.calls)), key=lambda i: course.on_board[i][d])
        over = course.on_board[most][d] - capacity
        position = course.calls[most].position
        yield from _of(course, Constraint.CAPACITY, over, position=position, dimension=d)


def _eligibility(course: _Course) -> Iterator[Violation]:
    """Skills, forbidden skills, and the vehicles a shipment may have."""
    vehicle = course.vehicle
    for call in course.calls:
        if call.stop is None:
            continue
        one, at = course.shipment(call), {"position": call.position, "index": call.index}
        yield from _of(course, Constraint.SKILL, len(one.skills - vehicle.skills), **at)
        yield from _of(course, Constraint.FORBIDDEN_SKILL, len(one.forbidden & vehicle.skills), **at)
        barred = one.vehicles is not None and course.route.vehicle not in one.vehicles
        yield from _of(course, Constraint.VEHICLE, int(barred), **at)


def _depots(course: _Course) -> Iterator[Violation]:
    """The depots where goods are loaded, and those they are brought to."""
    for shipment, call in (*course.loads_from.items(), *course.unloads_at.items()):
        allowed = course.problem.shipments[shipment].depots
        found = _depots_at(course, call)
        if not found or (allowed is not None and not found & allowed):
            yield from _of(course, Constraint.DEPOT, 1, index=shipment, position=course.calls[call].position)


def _depots_at(course: _Course, i: int) -> frozenset[int]:
    call = course.calls[i]
    if call.activity in (Activity.LOAD, Activity.RELOAD):
        assert call.index is not None
        return frozenset({call.index})
    if call.activity is Activity.START:
        return frozenset({course.vehicle.depot})
    if call.activity is Activity.END:
        depots = course.problem.depots
        return frozenset(d for d, depot in enumerate(depots) if depot.location == call.location)
    return frozenset()


def _reloads(course: _Course) -> Iterator[Violation]:
    """How often, and where, the vehicle loads again."""
    reloads = [call for call in course.calls if call.activity is Activity.RELOAD]
    yield from _of(course, Constraint.RELOADS, len(reloads) - course.vehicle.max_reloads)
    for call in reloads:
        barred = call.index not in course.vehicle.reload_depots
        yield from _of(course, Constraint.RELOAD_DEPOT, int(barred), position=call.position, index=call.index)


def _order(course: _Course) -> Iterator[Violation]:
    """Pickup before delivery, and one shipment before another."""
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for position, visit in enumerate(course.route.visits):
        for shipment in shipments_of((visit,)):
            if visit.pickup is not None and shipment in first:
                yield from _of(course, Constraint.ORDER, 1, position=first[shipment], index=shipment)
            first.setdefault(shipment, position)
            last[shipment] = position
    for pair, (before, after) in enumerate(course.problem.precedence):
        if before in last and after in first and last[before] > first[after]:
            yield from _of(course, Constraint.PRECEDENCE, 1, position=first[after], index=pair)


def _apart(course: _Course) -> Iterator[Violation]:
    """Shipments that must not share a vehicle."""
    aboard = set(shipments_of(course.route.visits))
    for index, apart in enumerate(course.problem.apart):
        yield from _of(course, Constraint.APART, len(aboard & apart) - 1, index=index)


def _windows(course: _Course, calls: Sequence[TimedCall], times: RouteTimes) -> Iterator[Violation]:
    """The windows of stops, docks and breaks."""
    late_by = {Activity.BREAK: Constraint.BREAK}
    late_by |= dict.fromkeys((Activity.LOAD, Activity.RELOAD), Constraint.DOCK_WINDOW)
    timed = [call for call in calls if call.activity is not Activity.START]
    for call, one in zip(timed, (*times.rested, *times.timed), strict=True):
        constraint = late_by.get(call.activity, Constraint.TIME_WINDOW)
        late_ms = one.task.lateness_ms(one.start_at)
        yield from _of(course, constraint, late_ms, position=call.position, index=call.index)
    yield from _of(course, Constraint.MISSED_BREAK, times.missed_breaks)


def _leaving(course: _Course, times: RouteTimes) -> Iterator[Violation]:
    """Not before the shift, nor before what is loaded at the start is ready; only who has left can."""
    yield from _of(course, Constraint.SHIFT_START, course.vehicle.shift_starts_at - times.left_at)
    for shipment, call in course.loads_from.items():
        if call == 0:
            early_ms = course.problem.shipments[shipment].release_at - times.left_at
            yield from _of(course, Constraint.RELEASE, early_ms, index=shipment)


def _limits(course: _Course, calls: Sequence[TimedCall], times: RouteTimes) -> Iterator[Violation]:
    """The shift's end, stops, metres, driving and duration, and whether there is a way at all."""
    vehicle, back_at = course.vehicle, calls[-1].done_at
    late_ms = back_at - vehicle.shift_ends_at - 1000 * vehicle.overtime_s
    yield from _of(course, Constraint.SHIFT_END, late_ms)
    stops = sum(call.stop is not None for call in course.calls)
    spent = (
        (Constraint.STOPS, stops, vehicle.max_stops),
        (Constraint.DISTANCE, sum(call.distance_m for call in calls), vehicle.max_distance_m),
        (Constraint.DRIVING, sum(call.driving_s for call in calls), vehicle.max_driving_s),
    )
    for constraint, amount, most in spent:
        if most is not None:
            yield from _of(course, constraint, amount - most)
    if vehicle.max_duration_s is not None:
        over_ms = back_at - times.left_at - 1000 * vehicle.max_duration_s
        yield from _of(course, Constraint.DURATION, over_ms)
    duration_s = course.problem.travel[vehicle.profile].duration_s
    for before, call in pairwise(calls):
        if math.isinf(duration_s[before.location, call.location]):
            yield from _of(course, Constraint.UNREACHABLE, 1, position=call.position, index=call.index)


def _together(problem: RoutingProblem, routes: Sequence[PlannedRoute]) -> Iterator[Violation]:
    """Shipments that share a vehicle or are all left out."""
    vehicle_of = {s: route.vehicle for route in routes for s in shipments_of(route.visits)}
    for index, together in enumerate(problem.together):
        shared = Counter(vehicle_of[s] for s in together if s in vehicle_of)
        if shared and (apart := len(together) - max(shared.values())) > 0:
            yield Violation(Constraint.TOGETHER, apart, index=index)


def _pinned(
    problem: RoutingProblem, routes: Sequence[PlannedRoute], timed: Sequence[TimedRoute]
) -> Iterator[Violation]:
    """The beginnings that must stay as the plan in force has them, and when their vehicles left."""
    visits_of = {route.vehicle: route.visits for route in routes}
    left_at = {route.vehicle: route.left_at for route in timed}
    for route in problem.in_force:
        kept = visits_of.get(route.vehicle, ())
        pinned = route.visits[: route.pinned]
        strayed = sum(i >= len(kept) or kept[i] != visit for i, visit in enumerate(pinned))
        if strayed:
            yield Violation(Constraint.PINNED, strayed, route.vehicle)
        if route.left_at is not None and route.vehicle in left_at:
            differs_ms = abs(left_at[route.vehicle] - route.left_at)
            if differs_ms:
                yield Violation(Constraint.LEFT, differs_ms, route.vehicle)
