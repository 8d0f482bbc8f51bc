"""The plan in force as routes to start from, and what its pinned parts break already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.errors import InvalidProblem
from optimizer.routing.evaluation import evaluate_route, shipments_of
from optimizer.routing.model import PlannedRoute, RoutingProblem
from optimizer.routing.plan import Constraint, TimedRoute
from optimizer.routing.ruin_recreate.arrays import (
    MOST_DISTANCE,
    MOST_DRIVING,
    MOST_DURATION,
    MOST_RELOADS,
    MOST_STOPS,
    OVERRUN_ENDS,
    Compiled,
    Ints,
)

LIMITS = {
    Constraint.SHIFT_END: (OVERRUN_ENDS, 1),
    Constraint.STOPS: (MOST_STOPS, 1),
    Constraint.DISTANCE: (MOST_DISTANCE, 1),
    Constraint.DRIVING: (MOST_DRIVING, 1000),
    Constraint.DURATION: (MOST_DURATION, 1),
    Constraint.RELOADS: (MOST_RELOADS, 1),
}
"""The limit that each constraint raises, and how many of its units are one of the violation's."""
TOLERATED = {Constraint.TIME_WINDOW, Constraint.DOCK_WINDOW}
ELIGIBILITY = {Constraint.SKILL, Constraint.FORBIDDEN_SKILL, Constraint.VEHICLE}


def plan_to_start_from(compiled: Compiled) -> Ints:
    """The routes in force that break nothing more than their pinned parts do; of the others these parts."""
    problem = compiled.problem
    plan: list[int] = []
    for i, route in enumerate(problem.in_force):
        kept = _pinned_part(route)
        timed = evaluate_route(problem, kept) if kept.visits else None
        if timed is not None:
            _allow(compiled, i, route, timed)
        broken = set() if timed is None else {(v.constraint, v.amount) for v in timed.violations}
        if route.visits and len(_together(problem, route)) == 0:
            whole = evaluate_route(problem, route)
            if {(v.constraint, v.amount) for v in whole.violations} <= broken:
                kept = route
        if kept.visits:
            visits = [-1 - v.reload if v.reload is not None else compiled.node_of(v) for v in kept.visits]
            plan.extend((compiled.kind_of[route.vehicle], route.pinned, len(visits), *visits))
    return np.array([*plan, -1], np.int64)


def _pinned_part(route: PlannedRoute) -> PlannedRoute:
    """The pinned visits, and the other stops of their shipments."""
    pinned = route.visits[: route.pinned]
    begun = set(shipments_of(pinned))
    owed = tuple(v for v in route.visits[route.pinned :] if begun & set(shipments_of([v])))
    return replace(route, visits=(*pinned, *owed))


def _together(problem: RoutingProblem, route: PlannedRoute) -> frozenset[int]:
    """The shipments of sets that this route does not have whole."""
    served = frozenset(shipments_of(route.visits))
    return frozenset(s for group in problem.together if group & served and not group <= served for s in group)


def _allow(compiled: Compiled, i: int, route: PlannedRoute, timed: TimedRoute) -> None:
    """Raise the vehicle's limits by what its pinned part breaks."""
    x, kind = compiled.instance, compiled.kind_of[route.vehicle]
    for violation in timed.violations:
        constraint = violation.constraint
        if constraint in LIMITS:
            column, units = LIMITS[constraint]
            x.kinds[kind, column] += units * violation.amount
        elif constraint is Constraint.CAPACITY and violation.dimension is not None:
            x.capacity[kind, violation.dimension] += violation.amount
        elif constraint in ELIGIBILITY and violation.index is not None:
            x.charge[kind, violation.index] = 0.0
        elif constraint not in TOLERATED:
            raise InvalidProblem(
                f"in_force[{i}].pinned",
                f"breaks {constraint} by {violation.amount}, from which the search cannot go on; "
                "unpin what breaks it",
            )
