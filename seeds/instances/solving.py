"""Solves a public instance and compares the plan with the published one, checked by the checker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InvalidInput
from optimizer.errors import InvalidProblem
from optimizer.routing.checker import Verdict, check_plan
from optimizer.routing.evaluation import evaluate_plan
from optimizer.routing.plan import RoutingPlan
from optimizer.routing.validation import validated
from seeds.instances.instance import Instance
from seeds.instances.reading import published_scale, read_instance
from seeds.instances.rounding import Rounding
from seeds.instances.solution_file import PublishedSolution, read_solution


@dataclass(frozen=True, eq=False)
class Task:
    """An instance, with the solution published for it, if any; ``scale`` units are one of its cost."""

    instance: Instance
    best: PublishedSolution | None = None
    scale: int = 1

    def published_cost(self, cost: int) -> float:
        """A cost of the problem, as the published one is counted."""
        return cost / self.scale


@dataclass(frozen=True, eq=False)
class Outcome:
    """A plan for an instance, how long it took, and what the checker says of it."""

    task: Task
    plan: RoutingPlan
    verdict: Verdict
    cpu_s: float
    wall_s: float

    @property
    def cost(self) -> float:
        """The plan's cost as the published one is counted."""
        return self.task.published_cost(self.task.instance.cost(self.plan.evaluation))

    @property
    def gap_percent(self) -> float | None:
        """How much more it costs than what is published."""
        best = self.task.best
        return None if best is None or best.cost == 0 else 100 * (self.cost - best.cost) / best.cost

    @property
    def unserved(self) -> list[str]:
        """The ids of the shipments left out."""
        return [self.task.instance.problem.shipments[s].id for s in self.plan.unserved]

    def as_json(self) -> dict[str, object]:
        """The figures, for machines."""
        instance, best = self.task.instance, self.task.best
        return {
            "instance": instance.name,
            "rounding": instance.rounding.value,
            "stops": len(instance.problem.shipments),
            "cost": _tidy(self.cost),
            "best_cost": None if best is None else _tidy(best.cost),
            "gap_percent": None if self.gap_percent is None else round(self.gap_percent, 3),
            "vehicles": len(self.plan.evaluation.routes),
            "best_vehicles": None if best is None else sum(bool(route) for route in best.routes),
            "unserved": self.unserved,
            "iterations": self.plan.iterations,
            "cpu_seconds": round(self.cpu_s, 3),
            "wall_seconds": round(self.wall_s, 3),
            "checker_agrees": self.verdict.agrees,
            "violations": len(self.verdict.violations),
            "untruths": list(self.verdict.untruths),
        }

    def as_text(self) -> str:
        """The figures, for people."""
        instance, best, routes = self.task.instance, self.task.best, self.plan.evaluation.routes
        says = f"{instance.name}: cost {_tidy(self.cost):,} ({instance.rounding.value} distances)"
        if best is not None:
            vehicles = sum(bool(route) for route in best.routes)
            says += f"\nbest known {_tidy(best.cost):,} with {vehicles} vehicles"
            says += "" if self.gap_percent is None else f", gap {self.gap_percent:.2f} %"
        says += f"\n{len(routes)} vehicles, {len(instance.problem.shipments)} shipments, "
        says += f"{len(self.unserved)} unserved, {self.plan.iterations:,} iterations"
        says += f"\n{self.cpu_s:.1f} s CPU, {self.wall_s:.1f} s on the clock"
        if self.verdict.sound:
            return f"{says}\nthe checker agrees: no violation"
        wrong = [*self.verdict.untruths, *(f"{v.constraint} by {v.amount}" for v in self.verdict.violations)]
        return f"{says}\nthe checker found: " + "; ".join(wrong[:10])


def read_task(path: Path, best: Path | None, rounding: Rounding | None) -> Task:
    """Read an instance under the rounding given, or that in which the published solution costs what it says.

    Raises:
        InvalidInput: a file cannot be read, or the problem makes no sense.
    """
    first = read_instance(path, rounding)
    with _refusals(path):
        validated(first.problem)
    if best is None:
        return Task(first, scale=first.scale)
    with _refusals(best):
        return _compared(path, first, best, rounding)


def _compared(path: Path, first: Instance, best: Path, rounding: Rounding | None) -> Task:
    published = read_solution(best)
    roundings = [first.rounding, *(r for r in Rounding if rounding is None and r is not first.rounding)]
    for tried in roundings:
        instance = first if tried is first.rounding else read_instance(path, tried)
        scale = published_scale(instance, published)
        if scale is not None:
            return Task(instance, published, scale)
    evaluation = evaluate_plan(first.problem, first.planned(published.routes))
    raise InvalidInput(
        str(best),
        f"says cost {published.cost:g}, but under {', '.join(roundings)} its routes cost otherwise "
        f"({first.cost(evaluation) / first.scale:g} under {first.rounding}): is it of this instance?",
    )


def solve_instance(task: Task, *, seconds: float, seed: int) -> Outcome:
    """Search for as long as said, and have the checker look at what comes of it."""
    from optimizer.routing.solver import solve, warm

    warm()
    problem = task.instance.problem
    cpu, wall = time.process_time(), time.monotonic()
    with _refusals(Path(task.instance.name)):
        plan = solve(problem, seconds=seconds, seed=seed)
    cpu_s, wall_s = time.process_time() - cpu, time.monotonic() - wall
    return Outcome(task, plan, check_plan(problem, plan.routes, plan.evaluation), cpu_s, wall_s)


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Name the file in what the optimizer refuses."""
    try:
        yield
    except InvalidProblem as error:
        raise InvalidInput(f"{path}: {error.field}", error.message) from None


def _tidy(cost: float) -> float:
    return int(cost) if cost == int(cost) else round(cost, 6)
