"""Why a shipment is in no route, proven by evaluation, and the cheapest single change that would admit it.

It is put into every gap of the plan's routes, and on an empty vehicle of each kind. What it violates even
there is the reason, else what the gaps would violate; a gap that would violate one thing says which change
would do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from optimizer.routing.amounts import kilograms, kilometres, litres, minutes
from optimizer.routing.evaluation import shipments_of, timed_route, vehicles_in_force
from optimizer.routing.model import PlannedRoute, RoutingProblem, Shipment, Vehicle, Visit
from optimizer.routing.plan import (
    Activity,
    Change,
    Constraint,
    Reason,
    Relaxation,
    TimedRoute,
    Unserved,
    Violation,
)

MOST_EVALUATIONS = 6_000
"""Of routes, for all shipments of a plan; with many left out each is tried on its nearest routes alone."""

LIMITS = (Constraint.STOPS, Constraint.DISTANCE, Constraint.DRIVING, Constraint.DURATION, Constraint.RELOADS)
LATE = (Constraint.TIME_WINDOW, Constraint.DOCK_WINDOW, Constraint.SHIFT_END, Constraint.BREAK)

BARRED = (Constraint.VEHICLE, Constraint.SKILL, Constraint.FORBIDDEN_SKILL)

STAGES: tuple[tuple[Reason, tuple[Constraint, ...]], ...] = (
    (Reason.NO_VEHICLE, (Constraint.VEHICLE,)),
    (Reason.MISSING_SKILL, (Constraint.SKILL, Constraint.FORBIDDEN_SKILL)),
    (Reason.NO_DEPOT, (Constraint.DEPOT, Constraint.RELOADS, Constraint.RELOAD_DEPOT)),
    (Reason.TOO_LARGE, (Constraint.CAPACITY,)),
    (Reason.UNREACHABLE, (Constraint.UNREACHABLE,)),
    (Reason.WINDOW_MISSED, (Constraint.TIME_WINDOW, Constraint.DOCK_WINDOW)),
)
"""What forbids a shipment on its own vehicle, in the order in which it is asked; then comes the shift."""


@dataclass(frozen=True)
class _Attempt:
    """A shipment put somewhere: what the route costs more and what it violates that it did not before."""

    vehicle: int
    cost: int
    breaks: tuple[Violation, ...]
    timed: TimedRoute
    own: bool
    """Whether the vehicle is one more, serving nothing else."""

    def amount(self, constraints: Sequence[Constraint]) -> int:
        """How far over these it is."""
        return sum(one.amount for one in self.breaks if one.constraint in constraints)


def explain_unserved(
    problem: RoutingProblem,
    routes: Sequence[PlannedRoute],
    unserved: Sequence[int],
    *,
    most_evaluations: int = MOST_EVALUATIONS,
) -> tuple[Unserved, ...]:
    """The reason and the way out for each of these shipments, which are in none of the routes."""
    gaps = _Gaps(problem, routes, max(50, most_evaluations // max(1, len(unserved))))
    return tuple(_explain(problem, gaps, shipment) for shipment in unserved)


def _explain(problem: RoutingProblem, gaps: _Gaps, shipment: int) -> Unserved:
    alone = gaps.alone(shipment)
    tried, everywhere = gaps.insertions(shipment)
    fitting = [attempt for attempt in tried if not attempt.breaks]
    if fitting:
        return _could_be_served(problem, shipment, min(fitting, key=lambda attempt: attempt.cost))
    if all(attempt.breaks for attempt in alone):
        reason, text, short_by = _impossible(problem, shipment, alone)
        return Unserved(shipment, reason, text, short_by, _cheapest(problem, shipment, tried))
    companion = _companion(problem, gaps, shipment)
    if companion is not None:
        return companion
    reason, text, short_by = _no_gap(problem, shipment, tried)
    if not everywhere:
        text = f"on the routes nearest to it, {text}"
    in_company = any(shipment in together and len(together) > 1 for together in problem.together)
    change = _cheapest(problem, shipment, tried if in_company else [*tried, *alone])
    return Unserved(shipment, reason, text, short_by, change)


def _impossible(
    problem: RoutingProblem, shipment: int, alone: Sequence[_Attempt]
) -> tuple[Reason, str, int | None]:
    """Why it cannot be served even by a vehicle that serves nothing else."""
    candidates = list(alone)
    for reason, constraints in STAGES:
        passed = [attempt for attempt in candidates if not attempt.amount(constraints)]
        if not passed:
            least = min(candidates, key=lambda attempt: attempt.amount(constraints))
            text, short_by = _said(problem, shipment, reason, least, constraints)
            return reason, text, short_by
        candidates = passed
    least = min(candidates, key=lambda attempt: sum(one.amount for one in attempt.breaks))
    return (
        Reason.OUT_OF_SHIFT,
        f"even alone, {_id(problem, least)} {_what(problem, least.breaks[0])}",
        least.breaks[0].amount,
    )


def _said(
    problem: RoutingProblem,
    shipment: int,
    reason: Reason,
    least: _Attempt,
    constraints: Sequence[Constraint],
) -> tuple[str, int | None]:
    one = problem.shipments[shipment]
    broken = next(v for v in least.breaks if v.constraint in constraints)
    if reason is Reason.NO_VEHICLE:
        return "no vehicle is allowed to serve it", None
    if reason is Reason.MISSING_SKILL:
        return f"no vehicle that may serve it {_skills(problem.vehicles, one)}", None
    if reason is Reason.NO_DEPOT:
        named = sorted(problem.depots[d].id for d in one.depots or ())
        return f"no vehicle that may serve it calls at its depot{_list(named)}", None
    if reason is Reason.UNREACHABLE:
        return "no way leads from the depot to it and on", None
    if reason is Reason.TOO_LARGE:
        over = _load(problem, broken)
        return f"it is too large for every vehicle: over the capacity of {_id(problem, least)} by {over}", (
            broken.amount
        )
    late = minutes(broken.amount)
    return f"its window closes before any vehicle can be there: {_id(problem, least)} is {late} late", (
        broken.amount
    )


def _companion(problem: RoutingProblem, gaps: _Gaps, shipment: int) -> Unserved | None:
    """The one that must share its vehicle and cannot be served itself, if there is one."""
    for together in problem.together:
        for other in sorted(together - {shipment}) if shipment in together else ():
            alone = gaps.alone(other)
            if all(attempt.breaks for attempt in alone):
                _, text, _ = _impossible(problem, other, alone)
                text = f"it must share a vehicle with {problem.shipments[other].id}, of which: {text}"
                return Unserved(shipment, Reason.COMPANION, text)
    return None


def _could_be_served(problem: RoutingProblem, shipment: int, best: _Attempt) -> Unserved:
    """It fits: it is not worth it, or was not found."""
    prize = problem.shipments[shipment].prize
    if prize is not None and best.cost >= prize:
        change = Relaxation(
            Change.PRIZE, best.cost, f"a prize over {best.cost}", vehicle=best.vehicle, amount=best.cost + 1
        )
        text = f"serving it costs at least {best.cost} more, and it is worth {prize}"
        return Unserved(shipment, Reason.PRICE, text, best.cost - prize, change)
    place = f"put it into the route of {_id(problem, best)}"
    change = Relaxation(Change.PLACE, best.cost, place, vehicle=best.vehicle)
    return Unserved(
        shipment, Reason.NOT_FOUND, "it fits, but the search ended before putting it there", None, change
    )


def _no_gap(
    problem: RoutingProblem, shipment: int, tried: Sequence[_Attempt]
) -> tuple[Reason, str, int | None]:
    """Why it fits into no route of this plan."""
    full = (Constraint.CAPACITY, Constraint.STOPS)
    eligible = [attempt for attempt in tried if not attempt.amount(BARRED)]
    if not eligible:
        return Reason.CONFLICT, "no vehicle in use may serve it or share it with its companions", None
    roomy = [attempt for attempt in eligible if not attempt.amount(full)]
    if not roomy:
        least = min(eligible, key=lambda attempt: attempt.amount(full))
        broken = next(v for v in least.breaks if v.constraint in full)
        says = _what(problem, broken)
        text = f"every vehicle that may serve it is full: with it, {_id(problem, least)} {says}"
        return Reason.FULL, text, broken.amount
    limits = (*LATE, *LIMITS)
    timely = [a for a in roomy if all(v.constraint in limits for v in a.breaks)]
    if timely:
        least = min(timely, key=lambda attempt: (attempt.amount(LATE), attempt.amount(LIMITS)))
        says = " and ".join(_what(problem, broken, shipment) for broken in least.breaks[:2])
        text = f"no vehicle with room for it has the time: at the least, {_id(problem, least)} {says}"
        return Reason.NO_TIME, text, least.amount(LATE) or None
    least = min(roomy, key=lambda attempt: len(attempt.breaks))
    broken = next(v for v in least.breaks if v.constraint not in limits)
    return Reason.CONFLICT, f"where it would fit, {_id(problem, least)} {_what(problem, broken)}", None


def _cheapest(problem: RoutingProblem, shipment: int, attempts: Sequence[_Attempt]) -> Relaxation | None:
    """The single change that admits it at the least cost, of all that the attempts would need."""
    found = [change for attempt in attempts if (change := _change(problem, shipment, attempt)) is not None]
    return min(found, key=lambda change: change.cost, default=None)


def _change(problem: RoutingProblem, shipment: int, attempt: _Attempt) -> Relaxation | None:
    """The one change after which an attempt violates nothing, if one is enough."""
    name, vehicle, cost = _id(problem, attempt), attempt.vehicle, attempt.cost
    if attempt.own:
        text = f"one more vehicle like {name} ({problem.vehicles[vehicle].kind})"
        return None if attempt.breaks else Relaxation(Change.VEHICLE, cost, text, vehicle=vehicle)
    constraints = {one.constraint for one in attempt.breaks}
    if not constraints:
        return None
    first = attempt.breaks[0]
    if constraints <= {*BARRED}:
        return Relaxation(Change.SKILL, cost, f"let {name} serve it", vehicle=vehicle)
    if len(attempt.breaks) > 1:
        return None
    if first.constraint is Constraint.TIME_WINDOW and first.index == shipment:
        at = next(call.start_at for call in attempt.timed.calls if call.position == first.position)
        text = f"open its window {minutes(first.amount)} longer, for {name}"
        return Relaxation(Change.WINDOW, cost, text, vehicle=vehicle, at=at, amount=first.amount)
    if first.constraint is Constraint.SHIFT_END:
        at, text = attempt.timed.back_at, f"let {name} be back {minutes(first.amount)} later"
        return Relaxation(Change.SHIFT, cost, text, vehicle=vehicle, at=at, amount=first.amount)
    if first.constraint is Constraint.CAPACITY:
        text = f"room for {_load(problem, first)} more on {name}"
        return Relaxation(
            Change.CAPACITY, cost, text, vehicle=vehicle, amount=first.amount, dimension=first.dimension
        )
    if first.constraint in LIMITS:
        text = f"raise a limit of {name}, which {_what(problem, first)}"
        return Relaxation(
            Change.LIMIT, cost, text, vehicle=vehicle, amount=first.amount, constraint=first.constraint
        )
    return None


class _Gaps:
    """The routes of a plan, and what becomes of them with one shipment more."""

    def __init__(self, problem: RoutingProblem, routes: Sequence[PlannedRoute], most: int) -> None:
        self.problem, self.most = problem, most
        self.home = vehicles_in_force(problem)
        pinned = {route.vehicle: route for route in problem.in_force if route.pinned or route.left_at}
        planned = {route.vehicle: route for route in routes}
        self.routes = [
            planned.get(v) or PlannedRoute(v, (), left_at=pinned[v].left_at if v in pinned else None)
            for v in range(len(problem.vehicles))
        ]
        self.pinned = {v: max(route.pinned, self.routes[v].pinned) for v, route in pinned.items()}
        self.timed = {
            route.vehicle: timed_route(problem, route, self.home) for route in routes if route.visits
        }
        self.known_alone: dict[int, tuple[_Attempt, ...]] = {}

    def alone(self, shipment: int) -> tuple[_Attempt, ...]:
        """On an empty vehicle of each kind, the best of the ways to reload on the way."""
        if shipment not in self.known_alone:
            self.known_alone[shipment] = tuple(self._alone(shipment))
        return self.known_alone[shipment]

    def insertions(self, shipment: int) -> tuple[list[_Attempt], bool]:
        """In every gap of every route, of vehicles that are alike and idle one; the nearest routes first.

        And whether that is all of them.
        """
        tried: list[_Attempt] = []
        for vehicle in self._vehicles(shipment):
            before = self._violated(vehicle)
            visits = self._with_companions(vehicle, shipment, before)
            if visits is None:
                continue
            cost = self.timed[vehicle].cost if vehicle in self.timed else 0
            for way in self._ways(vehicle, shipment, visits):
                if len(tried) >= self.most:
                    return tried, False
                tried.append(self._attempt(replace(self.routes[vehicle], visits=way), before, cost))
        return tried, True

    def _ways(self, vehicle: int, shipment: int, visits: tuple[Visit, ...]) -> Iterator[tuple[Visit, ...]]:
        """In every place behind what is pinned, also with one more reload just before or after."""
        one, pinned = self.problem.shipments[shipment], self.pinned.get(vehicle, 0)
        yield from _ways_in(one, shipment, visits, pinned)
        reloads = sum(visit.reload is not None for visit in visits)
        both = one.pickup is not None and one.delivery is not None
        if both or reloads >= self.problem.vehicles[vehicle].max_reloads:
            return
        (visit,) = next(_ways_in(one, shipment, (), 0))
        for i in range(pinned, len(visits) + 1):
            for depot in self.problem.vehicles[vehicle].reload_depots:
                yield (*visits[:i], visit, Visit(reload=depot), *visits[i:])
                yield (*visits[:i], Visit(reload=depot), visit, *visits[i:])

    def _alone(self, shipment: int) -> Iterator[_Attempt]:
        kinds: dict[object, int] = {}
        for v, vehicle in enumerate(self.problem.vehicles):
            kinds.setdefault(_kind(self.problem.shipments[shipment], v, vehicle), v)
        for v in kinds.values():
            ways = [
                self._attempt(PlannedRoute(v, visits), Counter(), 0, own=True)
                for visits in _ways_alone(self.problem, shipment, v)
            ]
            yield min(ways, key=lambda attempt: (len(attempt.breaks), attempt.cost))

    def _attempt(
        self, route: PlannedRoute, before: Counter[tuple[object, ...]], cost: int, *, own: bool = False
    ) -> _Attempt:
        timed = timed_route(self.problem, route, self.home)
        new = tuple(v for v in timed.violations if not before[_facts(v)])
        return _Attempt(route.vehicle, timed.cost - cost, new, timed, own)

    def _violated(self, vehicle: int) -> Counter[tuple[object, ...]]:
        """What the route violates already."""
        if vehicle not in self.timed:
            return Counter()
        return Counter(_facts(violation) for violation in self.timed[vehicle].violations)

    def _vehicles(self, shipment: int) -> list[int]:
        """Those it may share with its companions, the nearest first, idle ones of a kind once."""
        served = {s: route.vehicle for route in self.routes for s in shipments_of(route.visits)}
        one, problem = self.problem.shipments[shipment], self.problem
        found = {
            served[other]
            for together in problem.together
            if shipment in together
            for other in together
            if other in served
        }
        vehicles, idle = [], set()
        for v in sorted(found) or range(len(problem.vehicles)):
            kind = _kind(one, v, problem.vehicles[v])
            if not self.routes[v].visits and self.routes[v].left_at is None:
                if kind in idle:
                    continue
                idle.add(kind)
            vehicles.append(v)
        return sorted(vehicles, key=lambda v: (self._barred(v, one), self._distance(v, one), v))

    def _barred(self, vehicle: int, one: Shipment) -> bool:
        skills = self.problem.vehicles[vehicle].skills
        allowed = one.vehicles is None or vehicle in one.vehicles
        return not (allowed and one.skills <= skills and not one.forbidden & skills)

    def _distance(self, vehicle: int, shipment: Shipment) -> float:
        """Seconds from the nearest call of a route to the shipment's first stop."""
        stop = shipment.pickup or shipment.delivery
        assert stop is not None
        duration_s = self.problem.travel[self.problem.vehicles[vehicle].profile].duration_s
        if vehicle not in self.timed:
            return float(duration_s[self.problem.vehicles[vehicle].start, stop.location])
        places = [call.location for call in self.timed[vehicle].calls]
        return float(duration_s[places, stop.location].min())

    def _with_companions(
        self, vehicle: int, shipment: int, before: Counter[tuple[object, ...]]
    ) -> tuple[Visit, ...] | None:
        """The vehicle's visits with all that must come along, each where it costs least; None: no room."""
        problem, visits = self.problem, self.routes[vehicle].visits
        wanted = {s for together in problem.together if shipment in together for s in together} - {shipment}
        for other in sorted(wanted - set(shipments_of(visits))):
            ways = _ways_in(problem.shipments[other], other, visits, self.pinned.get(vehicle, 0))
            tried = [self._attempt(replace(self.routes[vehicle], visits=way), before, 0) for way in ways]
            fitting = [attempt for attempt in tried if not attempt.breaks]
            if not fitting:
                return None
            visits = _visits_of(min(fitting, key=lambda attempt: attempt.cost).timed)
        return visits


def _ways_in(
    one: Shipment, shipment: int, visits: tuple[Visit, ...], pinned: int
) -> Iterator[tuple[Visit, ...]]:
    """The visits with the shipment in every place behind what is pinned."""
    for i in range(pinned, len(visits) + 1):
        if one.pickup is None or one.delivery is None:
            visit = Visit(delivery=shipment) if one.pickup is None else Visit(pickup=shipment)
            yield (*visits[:i], visit, *visits[i:])
            continue
        for j in range(i, len(visits) + 1):
            yield (*visits[:i], Visit(pickup=shipment), *visits[i:j], Visit(delivery=shipment), *visits[j:])


def _ways_alone(problem: RoutingProblem, shipment: int, vehicle: int) -> Iterator[tuple[Visit, ...]]:
    """The shipment by itself, from where the vehicle loads first and from where it may load again."""
    one = problem.shipments[shipment]
    visits = next(_ways_in(one, shipment, (), 0))
    yield visits
    if one.pickup is not None and one.delivery is not None:
        return
    for depot in problem.vehicles[vehicle].reload_depots:
        reload = (Visit(reload=depot),)
        yield (*reload, *visits) if one.pickup is None else (*visits, *reload)


def _visits_of(timed: TimedRoute) -> tuple[Visit, ...]:
    made = {
        Activity.PICKUP: lambda index: Visit(pickup=index),
        Activity.DELIVERY: lambda index: Visit(delivery=index),
        Activity.RELOAD: lambda index: Visit(reload=index),
    }
    return tuple(made[call.activity](call.index) for call in timed.calls if call.position is not None)


def _kind(one: Shipment, index: int, vehicle: Vehicle) -> object:
    """Vehicles of the same are as good as each other for the shipment."""
    allowed = one.vehicles is None or index in one.vehicles
    preferred = one.preferred is None or index in one.preferred
    return replace(vehicle, id=""), allowed, preferred


def _facts(violation: Violation) -> tuple[object, ...]:
    return violation.constraint, violation.amount, violation.index, violation.dimension


def _id(problem: RoutingProblem, attempt: _Attempt) -> str:
    return problem.vehicles[attempt.vehicle].id


def _skills(vehicles: Sequence[Vehicle], one: Shipment) -> str:
    had = frozenset[str]().union(*(vehicle.skills for vehicle in vehicles))
    lacking = sorted(one.skills - had)
    if lacking:
        return f"has the skill{_list(lacking)}"
    wanted = f"has together{_list(sorted(one.skills))}" if one.skills else "is allowed"
    return f"{wanted} without{_list(sorted(one.forbidden))}" if one.forbidden else wanted


def _list(names: Sequence[str]) -> str:
    return "".join(f" {name}" if i == 0 else f", {name}" for i, name in enumerate(names))


def _load(problem: RoutingProblem, broken: Violation) -> str:
    assert broken.dimension is not None
    name = problem.dimensions[broken.dimension]
    if name.endswith("_g"):
        return kilograms(broken.amount)
    if name.endswith("_ml"):
        return litres(broken.amount)
    return f"{broken.amount:,} {name}"


WORDS: Mapping[Constraint, str] = {
    Constraint.DOCK_WINDOW: "loads {} after the dock closes",
    Constraint.SHIFT_END: "is back {} after its shift",
    Constraint.BREAK: "takes its break {} too late",
    Constraint.DURATION: "is out {} too long",
    Constraint.RELEASE: "leaves {} before the goods are ready",
    Constraint.SHIFT_START: "leaves {} before its shift",
    Constraint.STOPS: "has {} stop(s) too many",
    Constraint.RELOADS: "loads {} time(s) too often",
    Constraint.MISSED_BREAK: "misses {} break(s)",
    Constraint.UNREACHABLE: "has {} leg(s) where no way leads",
    Constraint.PRECEDENCE: "would have {} pair(s) of stops in the wrong order",
    Constraint.APART: "has {} shipment(s) that it must be kept apart from",
    Constraint.DEPOT: "does not load it at its depot",
}


def _what(problem: RoutingProblem, broken: Violation, shipment: int | None = None) -> str:
    """A violation, as what the vehicle does."""
    if broken.constraint is Constraint.CAPACITY:
        return f"is over its capacity by {_load(problem, broken)}"
    if broken.constraint is Constraint.DISTANCE:
        return f"drives {kilometres(broken.amount)} too far"
    if broken.constraint is Constraint.DRIVING:
        return f"drives {minutes(1000 * broken.amount)} too long"
    if broken.constraint is Constraint.TIME_WINDOW:
        assert broken.index is not None
        whose = "its" if broken.index == shipment else f"the window of {problem.shipments[broken.index].id},"
        late = minutes(broken.amount)
        return f"is {late} late for its window" if whose == "its" else f"is late for {whose} by {late}"
    amount = minutes(broken.amount) if broken.unit == "ms" else f"{broken.amount}"
    return WORDS.get(broken.constraint, f"violates {broken.constraint} by {{}}").format(amount)
