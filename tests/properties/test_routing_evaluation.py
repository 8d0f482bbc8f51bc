"""What the evaluation says of any plan is what a checker counts that shares no code with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from optimizer.routing.checker import check_plan
from optimizer.routing.evaluation import evaluate_plan, evaluate_route
from optimizer.routing.model import Depot, PlannedRoute, RoutingProblem, Shipment, Stop, Travel, Visit
from optimizer.routing.plan import Constraint, PlanEvaluation
from optimizer.routing.validation import validated
from tests.properties.routing_brute_force import earliest_end
from tests.properties.routing_problems import MINUTE, breaks, problems, routes, windows
from tests.unit.optimizer.routing_worlds import van


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_checker_counts_every_violation_as_the_evaluation_names_it(data: st.DataObject) -> None:
    problem = validated(data.draw(problems()))
    planned = data.draw(routes(problem))
    verdict = check_plan(problem, planned, evaluate_plan(problem, planned))
    assert verdict.agrees, (verdict.untruths, verdict.unreported)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_checker_is_not_lied_to(data: st.DataObject) -> None:
    problem = validated(data.draw(problems()))
    planned = data.draw(routes(problem))
    truth = evaluate_plan(problem, planned)
    assume(truth.routes)
    lie = data.draw(lies(truth))
    assert not check_plan(problem, planned, lie).agrees


@st.composite
def lies(draw: st.DrawFn, truth: PlanEvaluation) -> PlanEvaluation:
    """The evaluation with one thing in it that is not so."""
    about = draw(st.sampled_from(["plan", "route", "call", "violation"]))
    if about == "violation" and truth.violations:
        kept = draw(st.integers(0, len(truth.violations) - 1))
        return replace(truth, violations=truth.violations[:kept] + truth.violations[kept + 1 :])
    if about == "plan":
        return replace(truth, cost=truth.cost + draw(st.sampled_from([-1, 1])))
    r = draw(st.integers(0, len(truth.routes) - 1))
    route = truth.routes[r]
    by = draw(st.sampled_from([-1000, 1000, 60_000]))
    if about == "route":
        name = draw(
            st.sampled_from(
                ["cost", "left_at", "back_at", "distance_m", "driving_s", "waiting_ms", "overtime_ms"]
            )
        )
        changed = replace(route, **{name: getattr(route, name) + by})
    else:
        c = draw(st.integers(0, len(route.calls) - 1))
        call = route.calls[c]
        name = draw(st.sampled_from(["arrive_at", "done_at", "driving_s", "distance_m", "load"]))
        if name in ("driving_s", "distance_m", "arrive_at") and call.activity == "start":
            name = "done_at"
        value: Any = (call.load[0] + 1, *call.load[1:]) if name == "load" else getattr(call, name) + by
        if name == "load" and call.activity == "break":
            name, value = "done_at", call.done_at + by
        call = replace(call, **{name: value})
        changed = replace(route, calls=(*route.calls[:c], call, *route.calls[c + 1 :]))
    return replace(truth, routes=(*truth.routes[:r], changed, *truth.routes[r + 1 :]))


@st.composite
def rested_routes(draw: st.DrawFn) -> tuple[RoutingProblem, PlannedRoute]:
    """A route of up to three deliveries with windows, and up to two breaks anywhere."""
    stops = draw(st.integers(1, 3))
    minutes = draw(st.lists(st.integers(0, 60), min_size=16, max_size=16))
    duration = np.array(minutes, dtype=np.float64).reshape(4, 4) * 60
    np.fill_diagonal(duration, 0)
    some_windows = st.lists(windows(shortest=60), max_size=2).map(tuple)
    shipments = tuple(
        Shipment(
            f"s{s}", (0,), delivery=Stop(s + 1, draw(st.sampled_from([0, 900])), windows=draw(some_windows))
        )
        for s in range(stops)
    )
    rests = draw(st.lists(breaks(4, not_before=0), min_size=1, max_size=2))
    vehicle = van(
        shift_starts_at=0,
        shift_ends_at=10**9,
        end=draw(st.sampled_from([0, None])),
        breaks=tuple(replace(rest, location=None) for rest in rests),
        cost_per_h=draw(st.sampled_from([0, 3600])),
    )
    problem = RoutingProblem(
        ("kg",), (Depot("d", 0),), (vehicle,), shipments, (Travel(duration, np.zeros((4, 4))),)
    )
    order = draw(st.permutations(range(stops)))
    return problem, PlannedRoute(0, tuple(Visit(delivery=s) for s in order))


@settings(max_examples=300, deadline=None)
@given(rested_routes())
def test_breaks_are_where_the_route_is_over_first(world: tuple[RoutingProblem, PlannedRoute]) -> None:
    problem, planned = world
    timed = evaluate_route(validated(problem), planned)
    best = earliest_end(problem, planned)
    late = {Constraint.BREAK, Constraint.TIME_WINDOW, Constraint.MISSED_BREAK}
    feasible = not any(v.constraint in late for v in timed.violations)
    assert feasible == (best is not None)
    if best is not None:
        assert timed.back_at == best
    assert timed.left_at % MINUTE == 0
