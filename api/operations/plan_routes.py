"""Planning a day's routes: read the day, search for routes on the open streets, write them as a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.operations.closure_effects import blame_closures
from api.operations.day_to_plan import read_day, refused_at_once, routing_problem
from api.operations.plan_draft import Drafted, write_draft
from graph.engines.port import Engine
from graph.errors import InvalidInput, PerfectOrderError
from optimizer.errors import InvalidProblem, OptimizerError
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.search import plan_routes as search_here
from optimizer.routing.solution import Progress, RoutingSolution
from optimizer.routing.worker import plan_in_worker

DEFAULT_SECONDS = 10.0
"""How long to search when neither seconds nor iterations are given."""
HIGHEST_SEED = 2**32 - 1
"""The search takes no seed above it."""


class PlanningCancelled(PerfectOrderError):
    """Whoever asked for the plan did not want it any more; nothing was written."""

    code = "CANCELLED"


class PlanningFailed(PerfectOrderError):
    """The search died or broke; nothing was written, and the day can be planned again."""

    code = "PLANNING_FAILED"


@dataclass(frozen=True)
class PlanResult:
    """A draft: its id and totals. ``cost`` is in minor units of ``currency`` (ISO 4217)."""

    plan_id: str
    day: str
    routes: int
    served: int
    left_out: int
    left_out_by_reason: Mapping[str, int]
    cost: int
    currency: str
    distance_m: int
    duration_s: int
    iterations: int
    road_version: int


def plan_routes(
    engine: Engine,
    *,
    day: str,
    now: int,
    seed: int,
    seconds: float | None = None,
    iterations: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    in_process: bool = False,
) -> PlanResult:
    """Plan the routes of the local date ``day`` and write them as a draft.

    The shipments are those of orders of the day that are ready or routed, and those the plan in force
    left out and nobody took since. Each is on exactly one route or left out with its reason. A day
    without any has an empty plan. The search takes ``seconds`` or ``iterations``; with ``iterations`` the
    same day and seed give the same plan.

    The search runs in a process of its own unless ``in_process``. :class:`PlanningCancelled` when
    ``cancelled`` says so; :class:`~graph.errors.Conflict` when a vehicle of the plan in force has left;
    :class:`~graph.errors.InvalidInput` for a day that is past or on which no warehouse delivers.
    """
    to_plan = read_day(engine, day, now=now)
    problem = routing_problem(to_plan)
    if seconds is None and iterations is None:
        seconds = DEFAULT_SECONDS
    solution = _search(
        problem,
        in_process=in_process,
        seed=seed,
        seconds=seconds,
        iterations=iterations,
        on_progress=on_progress,
        cancelled=cancelled,
    )
    if cancelled is not None and cancelled():
        raise PlanningCancelled(f"the plan for {day} was cancelled; nothing was written")
    left_out = blame_closures(to_plan, (*refused_at_once(to_plan), *solution.unserved))
    plan_id = write_draft(engine, to_plan, Drafted(seed, now, solution, left_out))
    return PlanResult(
        plan_id=plan_id,
        day=day,
        routes=len(solution.routes),
        served=sum(len(route.stops) for route in solution.routes),
        left_out=len(left_out),
        left_out_by_reason=dict(sorted(Counter(str(one.refusal.reason) for one in left_out).items())),
        cost=solution.cost,
        currency=to_plan.currency,
        distance_m=solution.distance_m,
        duration_s=solution.duration_s,
        iterations=solution.iterations,
        road_version=to_plan.roads.version,
    )


def _search(problem: RoutingProblem, *, in_process: bool, **wanted: Any) -> RoutingSolution:
    try:
        return search_here(problem, **wanted) if in_process else plan_in_worker(problem, **wanted)
    except InvalidProblem as error:
        raise InvalidInput(error.field, error.message) from None
    except OptimizerError as error:
        raise PlanningFailed(str(error)) from error
