"""The compiled search against plan mode and brute force, on small problems with every constraint on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings

from optimizer.errors import InvalidProblem
from optimizer.routing.checker import check_plan
from optimizer.routing.evaluation import evaluate_route
from optimizer.routing.model import PlannedRoute, RoutingProblem
from optimizer.routing.plan import Constraint
from optimizer.routing.ruin_recreate.arrays import compiled
from optimizer.routing.ruin_recreate.handles import handle
from optimizer.routing.ruin_recreate.whole_route import cost_of, desk
from optimizer.routing.solver import solve
from tests.properties.routing_problems import problems, routes

BETWEEN_ROUTES = {Constraint.TOGETHER, Constraint.PINNED, Constraint.LEFT}
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@SLOW
@given(problems().flatmap(lambda problem: routes(problem).map(lambda planned: (problem, planned))))
def test_the_compiled_cost_of_a_route_is_that_of_plan_mode(
    case: tuple[RoutingProblem, tuple[PlannedRoute, ...]],
) -> None:
    problem, planned = replace(case[0], in_force=()), case[1]
    arrays = compiled(problem)
    handles = handle(arrays.instance), handle(desk(arrays.instance))
    for route in planned:
        if not route.visits or route.left_at is not None:
            continue
        visits = [-1 - v.reload if v.reload is not None else arrays.node_of(v) for v in route.visits]
        timed = evaluate_route(problem, route)
        cost = cost_of(*handles, np.array(visits, np.int64), len(visits), arrays.kind_of[route.vehicle], 0)
        broken = [v for v in timed.violations if v.constraint not in BETWEEN_ROUTES]
        assert np.isinf(cost) == bool(broken), (cost, broken)
        if not broken:
            assert abs(cost - timed.cost) <= 0.5 + 1e-6


@SLOW
@given(problems())
def test_every_plan_is_sound_and_costs_what_it_says(problem: RoutingProblem) -> None:
    problem = replace(problem, in_force=())
    plan = solve(problem, iterations=300)
    assert plan.evaluation.violations == ()
    assert check_plan(problem, plan.routes, plan.evaluation).sound


@SLOW
@given(problems())
def test_what_is_pinned_stays_and_nothing_is_added_to_what_it_breaks(problem: RoutingProblem) -> None:
    try:
        plan = solve(problem, iterations=300)
    except InvalidProblem as error:
        if error.field.endswith("pinned"):
            return
        raise
    assert check_plan(problem, plan.routes, plan.evaluation).agrees
    visits = {route.vehicle: route.visits for route in plan.routes}
    for route in problem.in_force:
        assert visits.get(route.vehicle, ())[: route.pinned] == route.visits[: route.pinned]
