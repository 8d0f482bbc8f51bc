"""The best plan of a small problem by trying every one: what searches and rules are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product

from optimizer.routing.evaluation import evaluate_plan, timed_route, vehicles_in_force
from optimizer.routing.model import PlannedRoute, RoutingProblem, Visit
from optimizer.routing.plan import PlanEvaluation


def best_plan(problem: RoutingProblem, *, most_reloads: int = 1) -> PlanEvaluation:
    """The feasible plan of the least objective; reloads are tried up to so many on a route.

    For problems without a plan in force, of up to seven shipments or so.
    """
    home = vehicles_in_force(problem)
    found: dict[tuple[int, frozenset[int]], PlannedRoute | None] = {}

    def route_of(vehicle: int, shipments: frozenset[int]) -> PlannedRoute | None:
        key = vehicle, shipments
        if key not in found:
            routes = (PlannedRoute(vehicle, v) for v in _orders(problem, vehicle, shipments, most_reloads))
            timed = [(timed_route(problem, route, home), route) for route in routes]
            feasible = [(one.cost, i) for i, (one, _) in enumerate(timed) if not one.violations]
            found[key] = timed[min(feasible)[1]][1] if feasible else None
        return found[key]

    best = evaluate_plan(problem, ())
    for assigned in product(range(-1, len(problem.vehicles)), repeat=len(problem.shipments)):
        groups = {
            v: frozenset(s for s, to in enumerate(assigned) if to == v) for v in set(assigned) if v >= 0
        }
        if not _together(problem, assigned):
            continue
        routes = [route_of(v, shipments) for v, shipments in groups.items()]
        if None not in routes:
            plan = evaluate_plan(problem, [route for route in routes if route is not None])
            if plan.feasible and plan.objective < best.objective:
                best = plan
    return best


def earliest_end(problem: RoutingProblem, route: PlannedRoute) -> int | None:
    """When a route is over at the earliest if breaks may be anywhere; None if they fit nowhere.

    For routes from a depot without reloads, whose breaks have no place of their own.
    """
    ends = [end for cuts in _cuts(problem, route) if (end := _driven(problem, route, cuts)) is not None]
    return min(ends, default=None)


def _together(problem: RoutingProblem, assigned: Sequence[int]) -> bool:
    return all(len({assigned[s] for s in together}) <= 1 for together in problem.together)


def _orders(
    problem: RoutingProblem, vehicle: int, shipments: frozenset[int], most_reloads: int
) -> Iterator[tuple[Visit, ...]]:
    visits: list[Visit] = []
    for s in shipments:
        one = problem.shipments[s]
        visits += [Visit(pickup=s)] * (one.pickup is not None)
        visits += [Visit(delivery=s)] * (one.delivery is not None)
    for order in permutations(visits):
        yield order
        depots = set(problem.vehicles[vehicle].reload_depots)
        if most_reloads and problem.vehicles[vehicle].max_reloads:
            for place, depot in product(range(len(order) + 1), depots):
                yield (*order[:place], Visit(reload=depot), *order[place:])


def _cuts(problem: RoutingProblem, route: PlannedRoute) -> Iterator[tuple[int, ...]]:
    """For each break the point where it is taken; -1: not at all, nor any after it.

    Points are before leaving, and for each stop on arrival and, unless the route ends there, when it is done.
    """
    vehicle = problem.vehicles[route.vehicle]
    points = 2 * len(route.visits) + (vehicle.end is not None)
    for cuts in product(range(-1, points), repeat=len(vehicle.breaks)):
        taken = [cut for cut in cuts if cut >= 0]
        if taken == sorted(taken) and -1 not in cuts[: len(taken)]:
            yield cuts


def _driven(problem: RoutingProblem, route: PlannedRoute, cuts: Sequence[int]) -> int | None:
    """The end of the route with its breaks at these points; None where something is late."""
    vehicle, travel = problem.vehicles[route.vehicle], problem.travel[0].duration_s
    stops = [problem.shipments[v.delivery or 0].delivery for v in route.visits]
    now, here = vehicle.shift_starts_at, vehicle.start
    for point in range(2 * len(stops) + 1):
        for rest, cut in zip(vehicle.breaks, cuts, strict=True):
            if cut == point:
                now = max(now, rest.window.opens_at)
                if now > rest.window.closes_at:
                    return None
                now += 1000 * rest.duration_s
        number, arrived = divmod(point, 2)
        if number == len(stops):
            if vehicle.end is not None:
                now += 1000 * int(travel[here, vehicle.end])
            continue
        stop = stops[number]
        assert stop is not None
        if not arrived:
            now, here = now + 1000 * int(travel[here, stop.location]), stop.location
            continue
        starts = [max(now, w.opens_at) for w in stop.windows if w.closes_at >= now]
        if stop.windows and not starts:
            return None
        now = min(starts, default=now) + 1000 * stop.service_s
    skipped = [rest for rest, cut in zip(vehicle.breaks, cuts, strict=True) if cut < 0]
    return None if any(rest.window.closes_at < now for rest in skipped) else now
