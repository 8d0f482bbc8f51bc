"""Planning routes: from a problem to a plan in which everything is served or has its reason.

What can never be served is screened out first, so that it empties nobody's plan; each depot is searched by
itself, for vehicles and deliveries of different depots never meet; the tours found are scheduled anew and
completed by whatever still fits; and what is left is explained.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from optimizer.errors import InvalidProblem
from optimizer.routing.insertion import Plan, Rounds
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.pyvrp_search import search_depot
from optimizer.routing.refusals import NOT_SEARCHED, explain
from optimizer.routing.schedule import feasible, route
from optimizer.routing.screening import refused_alone
from optimizer.routing.solution import Progress, Refusal, Route, RoutingSolution, Unserved

REPORT_EVERY_S = 0.1

Report = Callable[[Progress, Plan], None]


@dataclass(frozen=True)
class Limits:
    """When a search ends: after so many seconds or iterations, whichever comes first; one must be given."""

    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        if self.seconds is None and self.iterations is None:
            raise InvalidProblem("seconds", "or iterations must be given: the search would not end")
        if self.seconds is not None and not (math.isfinite(self.seconds) and self.seconds >= 0):
            raise InvalidProblem("seconds", f"is {self.seconds}, not a length of time")
        if self.iterations is not None and self.iterations < 0:
            raise InvalidProblem("iterations", f"is {self.iterations}, which is negative")


@dataclass(frozen=True)
class Hunt:
    """What a search brought home: the tours, which may yet break rules, and whether it was cut short."""

    plan: Plan
    iterations: int
    cut_short: bool


def plan_routes(
    problem: RoutingProblem,
    *,
    seed: int = 0,
    seconds: float | None = None,
    iterations: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RoutingSolution:
    """Plan the routes: as many deliveries as possible by priority, then at the least cost.

    With ``iterations`` alone, problem and seed decide the plan. ``on_progress`` is called at most every
    :data:`REPORT_EVERY_S`; once ``cancelled()`` the best plan so far is returned.
    """
    limits = Limits(seconds, iterations)
    refused = refused_alone(problem)

    def report(progress: Progress, _: Plan) -> None:
        if on_progress is not None:
            on_progress(progress)

    hunt = search(problem, refused, limits, seed=seed, report=report, cancelled=cancelled or (lambda: False))
    return finish(problem, refused, hunt)


def search(
    problem: RoutingProblem,
    refused: Mapping[int, Refusal],
    limits: Limits,
    *,
    seed: int,
    report: Report,
    cancelled: Callable[[], bool],
) -> Hunt:
    """Search depot by depot, each for its share of the limits by the number of its deliveries."""
    open_ = [index for index in range(len(problem.deliveries)) if index not in refused]
    by_depot: dict[int, list[int]] = {}
    for index in open_:
        by_depot.setdefault(problem.deliveries[index].depot, []).append(index)
    clock = _Clock(problem, limits, report, cancelled)
    done = 0
    for depot, deliveries in sorted(by_depot.items()):
        done += len(deliveries)
        clock.share = done / len(open_)
        clock.plan += search_depot(problem, depot, deliveries, seed=seed, watch=clock.watch)
        if clock.cut_short:
            break
    report(clock.progress(clock.plan), clock.plan)
    return Hunt(clock.plan, clock.iterations, clock.cut_short)


class _Clock:
    """Ends each depot's search when its share is used up, and reports on the way."""

    def __init__(
        self, problem: RoutingProblem, limits: Limits, report: Report, cancelled: Callable[[], bool]
    ) -> None:
        self.problem, self.limits, self.report, self.cancelled = problem, limits, report, cancelled
        self.started = self.reported = time.monotonic()
        self.plan: Plan = []
        """The tours of the depots that are done."""
        self.share = 1.0
        self.iterations = 0
        self.cut_short = False

    def watch(self, best: Callable[[], Plan]) -> bool:
        """Whether it is over; counts an iteration if not."""
        now = time.monotonic()
        if self.cancelled():
            self.cut_short = True
            return True
        if now - self.reported >= REPORT_EVERY_S:
            self.reported = now
            plan = [*self.plan, *best()]
            self.report(self.progress(plan), plan)
        if self.limits.seconds is not None and now - self.started >= self.limits.seconds * self.share:
            return True
        if self.limits.iterations is not None and self.iterations >= round(
            self.limits.iterations * self.share
        ):
            return True
        self.iterations += 1
        return False

    def progress(self, plan: Plan) -> Progress:
        """How far it is with this plan."""
        routes = routes_of(self.problem, plan)
        return Progress(
            elapsed_s=time.monotonic() - self.started,
            iterations=self.iterations,
            cost=sum(one.cost for one in routes),
            routes=len(routes),
            unserved=len(self.problem.deliveries) - sum(len(one.stops) for one in routes),
        )


def finish(problem: RoutingProblem, refused: Mapping[int, Refusal], hunt: Hunt) -> RoutingSolution:
    """The checked plan: infeasible tours dissolved, what still fits put in, the rest explained.

    When the search was cut short somebody waits: nothing more is tried, and what is left is not explained.
    """
    plan = [(index, tour) for index, tour in hunt.plan if feasible(problem, problem.vehicles[index], tour)]
    left = set(range(len(problem.deliveries))) - refused.keys() - {d for _, tour in plan for d in tour}
    reasons = dict(refused)
    if hunt.cut_short:
        reasons |= dict.fromkeys(left, NOT_SEARCHED)
    elif left:
        rounds = Rounds(problem, plan)
        rounds.insert(left)
        plan = rounds.plan
        left -= {d for _, tour in plan for d in tour}
        reasons |= {index: explain(rounds, index) for index in sorted(left)}
    routes = routes_of(problem, plan)
    return RoutingSolution(
        routes=tuple(routes),
        unserved=tuple(
            Unserved(problem.deliveries[index].shipment_id, reasons[index]) for index in sorted(reasons)
        ),
        cost=sum(one.cost for one in routes),
        distance_m=sum(one.distance_m for one in routes),
        duration_s=sum(one.duration_s for one in routes),
        iterations=hunt.iterations,
    )


def routes_of(problem: RoutingProblem, plan: Iterable[tuple[int, list[int]]]) -> list[Route]:
    """The tours that can be done in time, with their times and costs."""
    timed = (route(problem, problem.vehicles[index], tour) for index, tour in plan)
    return [one for one in timed if one is not None]
