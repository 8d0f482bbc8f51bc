"""Checks a timed plan against the model, sharing no code with what made or evaluated it.

It replays each route call by call with a ledger of time, load and cost. Any times that satisfy the model
will do: it does not ask whether they are the best. Its time grows with the number of calls alone, so that
every plan can be checked before it is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from optimizer.routing.model import PlannedRoute, RoutingProblem, Shipment, Stop, TimeWindow, Vehicle, Visit
from optimizer.routing.plan import Activity, Constraint, PlanEvaluation, TimedCall, TimedRoute, Violation

COST_PARTS = 3_600_000
"""Costs are counted in this fraction of a minor unit: per km, per minute and per hour are whole in it."""


@dataclass(frozen=True)
class Verdict:
    """What the checker found: what the plan says that is not so, and the violations that it counted."""

    untruths: tuple[str, ...]
    violations: tuple[Violation, ...]
    unreported: tuple[Violation, ...]
    """Violations that the plan does not report, or reports otherwise."""

    @property
    def agrees(self) -> bool:
        """Whether the plan says how it is, including all that it violates."""
        return not self.untruths and not self.unreported

    @property
    def sound(self) -> bool:
        """Whether the plan says how it is, and violates nothing."""
        return self.agrees and not self.violations


def check_plan(
    problem: RoutingProblem, routes: Sequence[PlannedRoute], evaluation: PlanEvaluation
) -> Verdict:
    """Check planned routes and the evaluation that is reported with them."""
    ledgers = []
    used = [route for route in routes if route.visits]
    untruths = [*_served_once(problem, routes)]
    if [route.vehicle for route in used] != [timed.vehicle for timed in evaluation.routes]:
        return Verdict((*untruths, "the timed routes are not those planned"), (), ())
    vehicle_of = {visit: route.vehicle for route in problem.in_force for visit in route.visits}
    for route, timed in zip(used, evaluation.routes, strict=True):
        ledger = _Ledger(problem, route, timed, vehicle_of)
        _replay(ledger)
        ledgers.append(ledger)
        untruths += [f"{problem.vehicles[route.vehicle].id}: {untrue}" for untrue in ledger.untruths]
    untruths += _totals(problem, routes, evaluation)
    violations = [violation for ledger in ledgers for violation in ledger.violations]
    violations += [*_shared(problem, routes), *_kept(problem, routes, evaluation)]
    counted = Counter(_facts(violation) for violation in violations)
    reported = Counter(_facts(violation) for violation in evaluation.violations)
    differing = {*(counted - reported), *(reported - counted)}
    unreported = [one for one in (*violations, *evaluation.violations) if _facts(one) in differing]
    return Verdict(tuple(untruths), tuple(violations), tuple(unreported))


def _facts(violation: Violation) -> tuple[Constraint, int | None, int]:
    return violation.constraint, violation.vehicle, violation.amount


@dataclass
class _Ledger:
    """A route being replayed: where the vehicle is, since when, what is on board, and all that was found."""

    problem: RoutingProblem
    route: PlannedRoute
    timed: TimedRoute
    vehicle_in_force: Mapping[Visit, int]
    untruths: list[str] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    here: int = 0
    free_at: int = 0
    metres: int = 0
    driving_s: int = 0
    parts: int = 0
    on_board: dict[int, bool] = field(default_factory=dict)
    """The shipments on board; True for those that came from a depot."""
    halt_setup_s: int = 0
    halt_at: int | None = None
    worst: dict[int, int] = field(default_factory=dict)

    @property
    def vehicle(self) -> Vehicle:
        return self.problem.vehicles[self.route.vehicle]

    def expect(self, says: str, *, got: object, wanted: object) -> None:
        if got != wanted:
            self.untruths.append(f"{says} is {got}, should be {wanted}")

    def violate(self, constraint: Constraint, amount: int, position: int | None = None) -> None:
        if amount > 0:
            self.violations.append(Violation(constraint, amount, self.route.vehicle, position))


def _replay(ledger: _Ledger) -> None:
    timed, vehicle = ledger.timed, ledger.vehicle
    ledger.expect("the sequence of calls", got=_said_course(timed), wanted=_true_course(ledger))
    if ledger.untruths:
        return
    ledger.here, ledger.free_at = vehicle.start, vehicle.shift_starts_at
    departed = False
    for number, call in enumerate(timed.calls):
        if call.activity is Activity.START:
            _depart(ledger, call)
            departed = True
        elif call.activity is Activity.BREAK:
            _rest(ledger, number, departed=departed)
        else:
            _arrive(ledger, call)
            _serve(ledger, call)
    _finish(ledger)


def _said_course(timed: TimedRoute) -> list[tuple[Activity, int | None]]:
    return [(call.activity, call.index) for call in timed.calls if call.activity is not Activity.BREAK]


def _true_course(ledger: _Ledger) -> list[tuple[Activity, int | None]]:
    course: list[tuple[Activity, int | None]] = [(Activity.START, None)]
    vehicle = ledger.vehicle
    if ledger.problem.depots[vehicle.depot].location != vehicle.start:
        course.append((Activity.LOAD, vehicle.depot))
    for visit in ledger.route.visits:
        if visit.reload is not None:
            course.append((Activity.RELOAD, visit.reload))
        elif visit.pickup is not None:
            course.append((Activity.PICKUP, visit.pickup))
        else:
            course.append((Activity.DELIVERY, visit.delivery))
    if vehicle.end is not None:
        course.append((Activity.END, None))
    return course


def _depart(ledger: _Ledger, call: TimedCall) -> None:
    """Leaving: not before the shift nor the release of what is loaded at once, which comes on board."""
    ledger.expect("the place it leaves from", got=call.location, wanted=ledger.vehicle.start)
    ledger.expect("when it left", got=call.done_at, wanted=ledger.timed.left_at)
    if ledger.route.left_at is not None:
        ledger.expect("when it left", got=call.done_at, wanted=ledger.route.left_at)
    elif call.done_at < ledger.free_at:
        ledger.untruths.append("it leaves before its break is over")
    ledger.violate(Constraint.SHIFT_START, ledger.vehicle.shift_starts_at - call.done_at)
    ledger.free_at = call.done_at
    if ledger.problem.depots[ledger.vehicle.depot].location == ledger.vehicle.start:
        for shipment in _load_up(ledger, ledger.vehicle.depot, position=-1):
            early = ledger.problem.shipments[shipment].release_at - call.done_at
            ledger.violate(Constraint.RELEASE, early)
    _weigh(ledger, call)


def _arrive(ledger: _Ledger, call: TimedCall) -> None:
    """The way to a call, and its time."""
    travel = ledger.problem.travel[ledger.vehicle.profile]
    took_s, metres = (
        travel.duration_s[ledger.here, call.location],
        travel.distance_m[ledger.here, call.location],
    )
    if took_s == float("inf"):
        ledger.violate(Constraint.UNREACHABLE, 1, call.position)
        took_s = metres = 0
    arrive_at = ledger.free_at + int(took_s) * 1000
    ledger.expect(f"the arrival at {_name(call)}", got=call.arrive_at, wanted=arrive_at)
    ledger.expect(f"the driving to {_name(call)}", got=call.driving_s, wanted=int(took_s))
    ledger.expect(f"the way to {_name(call)}", got=call.distance_m, wanted=int(metres))
    if call.start_at < call.arrive_at:
        ledger.untruths.append(f"{_name(call)} starts before the arrival")
    if call.location != ledger.halt_at and call.activity is not Activity.BREAK:
        ledger.halt_at, ledger.halt_setup_s = call.location, 0
    ledger.here, ledger.free_at = call.location, call.done_at
    ledger.metres += int(metres)
    ledger.driving_s += int(took_s)


def _serve(ledger: _Ledger, call: TimedCall) -> None:
    """What happens at a call: its times, and what comes on and off board."""
    if call.activity is Activity.END:
        ledger.expect("the place it ends", got=call.location, wanted=ledger.vehicle.end)
        ledger.expect("when it ends", got=call.done_at, wanted=call.arrive_at)
        _unload(ledger, None)
    elif call.activity in (Activity.LOAD, Activity.RELOAD):
        _load_again(ledger, call)
    else:
        _visit(ledger, call)
    _weigh(ledger, call)


def _load_again(ledger: _Ledger, call: TimedCall) -> None:
    assert call.index is not None
    depot = ledger.problem.depots[call.index]
    ledger.expect(f"the place of {_name(call)}", got=call.location, wanted=depot.location)
    ledger.expect(f"the time of {_name(call)}", got=call.done_at - call.start_at, wanted=1000 * depot.load_s)
    _unload(ledger, call.index)
    position = -1 if call.position is None else call.position
    loaded = _load_up(ledger, call.index, position=position)
    ready_at = max((ledger.problem.shipments[s].release_at for s in loaded), default=0)
    ledger.violate(Constraint.RELEASE, ready_at - call.start_at)
    _in_time(ledger, call, depot.windows, ready_at, Constraint.DOCK_WINDOW)
    ledger.halt_at = None


def _visit(ledger: _Ledger, call: TimedCall) -> None:
    assert call.index is not None
    shipment = ledger.problem.shipments[call.index]
    picks_up = call.activity is Activity.PICKUP
    stop = shipment.pickup if picks_up else shipment.delivery
    assert stop is not None
    ledger.expect(f"the place of {_name(call)}", got=call.location, wanted=stop.location)
    setup_s = max(0, stop.setup_s - ledger.halt_setup_s)
    ledger.halt_setup_s = max(ledger.halt_setup_s, stop.setup_s)
    ledger.expect(f"the set-up of {_name(call)}", got=call.setup_s, wanted=setup_s)
    worked_ms = 1000 * (setup_s + stop.service_s)
    ledger.expect(f"the time of {_name(call)}", got=call.done_at - call.start_at, wanted=worked_ms)
    ready_at = shipment.release_at if picks_up else 0
    ledger.violate(Constraint.RELEASE, ready_at - call.start_at)
    _in_time(ledger, call, stop.windows, ready_at, Constraint.TIME_WINDOW)
    _soft(ledger, call, stop)
    _may_serve(ledger, call, shipment)
    if picks_up and call.index in ledger.on_board:
        del ledger.on_board[call.index]  # owed since its delivery
    elif picks_up:
        ledger.on_board[call.index] = False
    elif call.index in ledger.on_board:
        del ledger.on_board[call.index]
    else:
        ledger.violate(Constraint.ORDER, 1, call.position)
        ledger.on_board[call.index] = True  # owed: it weighs negative until it is picked up


def _may_serve(ledger: _Ledger, call: TimedCall, shipment: Shipment) -> None:
    has = ledger.vehicle.skills
    ledger.violate(Constraint.SKILL, sum(skill not in has for skill in shipment.skills), call.position)
    forbidden = sum(skill in has for skill in shipment.forbidden)
    ledger.violate(Constraint.FORBIDDEN_SKILL, forbidden, call.position)
    if shipment.vehicles is not None and ledger.route.vehicle not in shipment.vehicles:
        ledger.violate(Constraint.VEHICLE, 1, call.position)


def _in_time(
    ledger: _Ledger,
    call: TimedCall,
    windows: Sequence[TimeWindow],
    ready_at: int,
    constraint: Constraint,
) -> None:
    """Within a window, and without waiting for anything but a window or the goods."""
    inside = not windows or any(opens <= call.start_at <= closes for opens, closes in windows)
    openings = {opens for opens, _ in windows} if inside else set()
    if call.start_at not in {call.arrive_at, ready_at, *openings}:
        ledger.untruths.append(f"{_name(call)} waits for nothing")
    if not inside:
        last = max(closes for _, closes in windows)
        if call.start_at < last:
            ledger.untruths.append(f"{_name(call)} starts outside its windows, though one is still to come")
        ledger.violate(constraint, call.start_at - last, call.position)


def _soft(ledger: _Ledger, call: TimedCall, stop: Stop) -> None:
    if stop.soft is not None:
        off_ms = max(stop.soft.opens_at - call.start_at, call.start_at - stop.soft.closes_at, 0)
        ledger.parts += stop.soft.cost_per_min * off_ms * (COST_PARTS // 60_000)


def _load_up(ledger: _Ledger, depot: int, *, position: int) -> list[int]:
    """Bring on board what is delivered from a depot before the next reload."""
    loaded = []
    for visit in ledger.route.visits[position + 1 :]:
        if visit.reload is not None:
            break
        if visit.delivery is not None and ledger.problem.shipments[visit.delivery].pickup is None:
            loaded.append(visit.delivery)
            ledger.on_board[visit.delivery] = True
            allowed = ledger.problem.shipments[visit.delivery].depots
            if allowed is not None and depot not in allowed:
                ledger.violate(Constraint.DEPOT, 1)
    return loaded


def _unload(ledger: _Ledger, depot: int | None) -> None:
    """Take off board what was picked up for a depot: this, or any where the vehicle ends."""
    for shipment in list(ledger.on_board):
        if ledger.problem.shipments[shipment].delivery is None:
            del ledger.on_board[shipment]
            allowed = ledger.problem.shipments[shipment].depots
            here = (
                [d for d, one in enumerate(ledger.problem.depots) if one.location == ledger.vehicle.end]
                if depot is None
                else [depot]
            )
            if not any(allowed is None or d in allowed for d in here):
                ledger.violate(Constraint.DEPOT, 1)


def _weigh(ledger: _Ledger, call: TimedCall) -> None:
    load = [0] * len(ledger.problem.dimensions)
    for shipment, from_depot in ledger.on_board.items():
        one = ledger.problem.shipments[shipment]
        sign = -1 if from_depot and one.pickup is not None else 1
        for d, amount in enumerate(one.load):
            load[d] += sign * amount
    ledger.expect(f"the load after {_name(call)}", got=call.load, wanted=tuple(load))
    for d, amount in enumerate(load):
        ledger.worst[d] = max(ledger.worst.get(d, 0), amount)


def _rest(ledger: _Ledger, number: int, *, departed: bool) -> None:
    """A break: in its window, as long as it must be, at its place or where the vehicle stands anyway."""
    calls = ledger.timed.calls
    call = calls[number]
    assert call.index is not None
    rest = ledger.vehicle.breaks[call.index]
    later = next(one.location for one in (*calls[number + 1 :], call) if one.activity is not Activity.BREAK)
    if rest.location is None and call.location not in (ledger.here, later):
        ledger.untruths.append(f"{_name(call)} is taken at {call.location}, off the route")
    elif rest.location is not None:
        ledger.expect(f"the place of {_name(call)}", got=call.location, wanted=rest.location)
    if not departed:
        ledger.expect(f"the place of {_name(call)}", got=call.location, wanted=ledger.vehicle.start)
    ledger.expect(
        f"the time of {_name(call)}", got=call.done_at - call.start_at, wanted=1000 * rest.duration_s
    )
    _arrive(ledger, call)
    _in_time(ledger, call, (rest.window,), 0, Constraint.BREAK)


def _finish(ledger: _Ledger) -> None:
    """What is known at the end: breaks, limits, load, cost."""
    timed, vehicle = ledger.timed, ledger.vehicle
    back_at = timed.calls[-1].done_at
    ledger.expect("when it is back", got=timed.back_at, wanted=back_at)
    ledger.expect("the distance", got=timed.distance_m, wanted=ledger.metres)
    ledger.expect("the driving", got=timed.driving_s, wanted=ledger.driving_s)
    overtime_ms = max(0, back_at - vehicle.shift_ends_at)
    leaving = [call.activity for call in timed.calls].index(Activity.START)
    waiting_ms = sum(call.start_at - call.arrive_at for call in timed.calls[leaving:])
    ledger.expect("the waiting", got=timed.waiting_ms, wanted=waiting_ms)
    ledger.expect("the overtime", got=timed.overtime_ms, wanted=overtime_ms)
    ledger.violate(Constraint.SHIFT_END, overtime_ms - 1000 * vehicle.overtime_s)
    _breaks_taken(ledger, back_at)
    _not_over(ledger, back_at)
    for d, most in ledger.worst.items():
        ledger.violate(Constraint.CAPACITY, most - vehicle.capacity[d])
    if vehicle.end is None:
        for shipment in ledger.on_board:
            if ledger.problem.shipments[shipment].delivery is None:
                ledger.violate(Constraint.DEPOT, 1)
    _order(ledger)
    ledger.expect("the cost", got=timed.cost, wanted=_cost(ledger, back_at, overtime_ms))


def _breaks_taken(ledger: _Ledger, back_at: int) -> None:
    taken = [call.index for call in ledger.timed.calls if call.activity is Activity.BREAK]
    ledger.expect("the order of breaks", got=taken, wanted=list(range(len(taken))))
    wanted = [rest for rest in ledger.vehicle.breaks[len(taken) :] if rest.window.closes_at < back_at]
    ledger.violate(Constraint.MISSED_BREAK, len(wanted))


def _not_over(ledger: _Ledger, back_at: int) -> None:
    vehicle, visits = ledger.vehicle, ledger.route.visits
    reloads = [visit.reload for visit in visits if visit.reload is not None]
    ledger.violate(Constraint.RELOADS, len(reloads) - vehicle.max_reloads)
    for depot in reloads:
        ledger.violate(Constraint.RELOAD_DEPOT, int(depot not in vehicle.reload_depots))
    if vehicle.max_stops is not None:
        ledger.violate(Constraint.STOPS, len(visits) - len(reloads) - vehicle.max_stops)
    if vehicle.max_distance_m is not None:
        ledger.violate(Constraint.DISTANCE, ledger.metres - vehicle.max_distance_m)
    if vehicle.max_driving_s is not None:
        ledger.violate(Constraint.DRIVING, ledger.driving_s - vehicle.max_driving_s)
    if vehicle.max_duration_s is not None:
        over_ms = back_at - ledger.timed.left_at - 1000 * vehicle.max_duration_s
        ledger.violate(Constraint.DURATION, over_ms)


def _order(ledger: _Ledger) -> None:
    """Which shipments come before which, and which must not meet."""
    places: dict[int, list[int]] = {}
    for position, visit in enumerate(ledger.route.visits):
        shipment = visit.pickup if visit.delivery is None else visit.delivery
        if shipment is not None:
            places.setdefault(shipment, []).append(position)
    for before, after in ledger.problem.precedence:
        if before in places and after in places and places[before][-1] > places[after][0]:
            ledger.violate(Constraint.PRECEDENCE, 1)
    for apart in ledger.problem.apart:
        ledger.violate(Constraint.APART, sum(shipment in places for shipment in apart) - 1)


def _cost(ledger: _Ledger, back_at: int, overtime_ms: int) -> int:
    vehicle, problem = ledger.vehicle, ledger.problem
    parts = ledger.parts + vehicle.cost_per_km * ledger.metres * (COST_PARTS // 1000)
    parts += vehicle.cost_per_h * (back_at - ledger.timed.left_at)
    parts += vehicle.cost_per_overtime_h * overtime_ms
    whole = vehicle.cost_fixed
    served = set()
    for visit in ledger.route.visits:
        if visit.reload is not None:
            continue
        served.add(visit.pickup if visit.delivery is None else visit.delivery)
        if ledger.vehicle_in_force.get(visit, ledger.route.vehicle) != ledger.route.vehicle:
            whole += problem.moved_cost
    for shipment in served:
        one = problem.shipments[shipment or 0]
        if one.preferred is not None and ledger.route.vehicle not in one.preferred:
            whole += one.elsewhere_cost
    return whole + (2 * parts + COST_PARTS) // (2 * COST_PARTS)


def _served_once(problem: RoutingProblem, routes: Sequence[PlannedRoute]) -> Iterator[str]:
    """Each vehicle has one route, each stop at most one visit, and both stops of a shipment one route."""
    if len({route.vehicle for route in routes}) < len(routes):
        yield "a vehicle has two routes"
    visited = Counter(visit for route in routes for visit in route.visits if visit.reload is None)
    for visit, times in visited.items():
        if times > 1:
            yield f"{visit} is made {times} times"
    for route in routes:
        visits = set(route.visits)
        for visit in visits:
            shipment = visit.pickup if visit.delivery is None else visit.delivery
            if shipment is None:
                continue
            one = problem.shipments[shipment]
            if one.pickup is not None and Visit(pickup=shipment) not in visits:
                yield f"{one.id} is delivered without its pickup"
            if one.delivery is not None and Visit(delivery=shipment) not in visits:
                yield f"{one.id} is picked up without its delivery"


def _totals(
    problem: RoutingProblem, routes: Sequence[PlannedRoute], evaluation: PlanEvaluation
) -> Iterator[str]:
    served = {visit.pickup for route in routes for visit in route.visits}
    served |= {visit.delivery for route in routes for visit in route.visits}
    unserved = [s for s in range(len(problem.shipments)) if s not in served]
    if list(evaluation.unserved) != unserved:
        yield f"the unserved are {list(evaluation.unserved)}, should be {unserved}"
    cost = sum(route.cost for route in evaluation.routes)
    if evaluation.cost != cost:
        yield f"the plan's cost is {evaluation.cost}, should be {cost}"
    prizes = [problem.shipments[s].prize for s in unserved]
    left_out = sum(4 ** problem.shipments[s].priority for s in unserved if problem.shipments[s].prize is None)
    objective = left_out, cost + sum(prize for prize in prizes if prize is not None)
    if tuple(evaluation.objective) != objective:
        yield f"the objective is {tuple(evaluation.objective)}, should be {objective}"


def _shared(problem: RoutingProblem, routes: Sequence[PlannedRoute]) -> Iterator[Violation]:
    vehicle_of = {visit: route.vehicle for route in routes for visit in route.visits}
    for together in problem.together:
        vehicles = [vehicle_of.get(_last_visit(problem, shipment), -1) for shipment in together]
        met = max((vehicles.count(vehicle) for vehicle in vehicles if vehicle >= 0), default=0)
        if 0 < met < len(together):
            yield Violation(Constraint.TOGETHER, len(together) - met)


def _last_visit(problem: RoutingProblem, shipment: int) -> Visit:
    if problem.shipments[shipment].delivery is None:
        return Visit(pickup=shipment)
    return Visit(delivery=shipment)


def _kept(
    problem: RoutingProblem, routes: Sequence[PlannedRoute], evaluation: PlanEvaluation
) -> Iterator[Violation]:
    """What is pinned stands where the plan in force has it, and who has left has left then."""
    planned = {route.vehicle: route for route in routes}
    timed = {route.vehicle: route for route in evaluation.routes}
    for before in problem.in_force:
        now = planned[before.vehicle].visits if before.vehicle in planned else ()
        strayed = [v for i, v in enumerate(before.visits[: before.pinned]) if now[i : i + 1] != (v,)]
        if strayed:
            yield Violation(Constraint.PINNED, len(strayed), before.vehicle)
        if before.left_at is not None and before.vehicle in timed:
            moved_ms = abs(timed[before.vehicle].left_at - before.left_at)
            if moved_ms:
                yield Violation(Constraint.LEFT, moved_ms, before.vehicle)


def _name(call: TimedCall) -> str:
    return call.activity.value if call.index is None else f"{call.activity.value} {call.index}"
