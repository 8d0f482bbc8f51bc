"""Searches the best plan for a routing problem: within seconds, or for a number of iterations."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from optimizer.errors import InvalidProblem
from optimizer.routing.evaluation import evaluate_plan
from optimizer.routing.model import Depot, RoutingProblem, Shipment, Stop, Travel, Vehicle
from optimizer.routing.plan import RoutingPlan
from optimizer.routing.ruin_recreate.arrays import compiled
from optimizer.routing.ruin_recreate.in_force import plan_to_start_from
from optimizer.routing.ruin_recreate.search import Search
from optimizer.routing.validation import validated

CHUNK_S = 0.05
"""How long a search runs between two looks at the clock."""
REPORT_S = 0.2
FIRST_ITERATIONS = 20
CHUNK_ITERATIONS = 2_000


@dataclass(frozen=True)
class SearchProgress:
    """How far a search is: the best plan's routes, cost (with prizes left out) and shipments left out."""

    elapsed_s: float
    iterations: int
    routes: int
    cost: float
    unserved: int


def solve(
    problem: RoutingProblem,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
    threads: int = 1,
    on_progress: Callable[[SearchProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> RoutingPlan:
    """Search until the time or the iterations are used up; equal for equal seed, threads and iterations.

    Each thread searches for itself, for all of ``iterations``; the best plan of all is returned, evaluated in
    full. ``on_progress`` hears at least four times a second of the best so far; once ``cancelled`` says so,
    the search returns it within 150 ms.

    Raises:
        InvalidProblem: the problem makes no sense, or neither or both limits are given.
    """
    if (seconds is None) == (iterations is None):
        raise InvalidProblem("limit", "must be given once: either seconds or iterations")
    if (seconds is not None and not seconds > 0) or (iterations is not None and iterations < 1):
        raise InvalidProblem("limit", "must be more than nothing")
    if threads < 1:
        raise InvalidProblem("threads", f"are {threads}; there must be one at least")
    began = clock()
    validated(problem)
    if not problem.shipments:
        return RoutingPlan((), evaluate_plan(problem, ()), 0)
    arrays = compiled(problem)
    plan = plan_to_start_from(arrays)
    searches = [Search(arrays, plan, seed, stream) for stream in range(threads)]
    run = _Run(searches, began, seconds, iterations, clock, on_progress, cancelled)
    run.to_the_end()
    best = min(searches, key=lambda search: search.best_cost)
    routes = best.planned()
    return RoutingPlan(routes, evaluate_plan(problem, routes), sum(s.iterations for s in searches))


def warm() -> None:
    """Compile the search, or load it from the cache, so that no search's time goes into that."""
    matrix = np.array([[0.0, 1.0], [1.0, 0.0]])
    vehicle = Vehicle("v", "v", (1,), start=0, end=0, shift_starts_at=0, shift_ends_at=3_600_000)
    shipment = Shipment("s", (1,), delivery=Stop(1))
    travel = (Travel(matrix, matrix),)
    solve(RoutingProblem(("units",), (Depot("d", 0),), (vehicle,), (shipment,), travel), iterations=1)


@dataclass
class _Run:
    """Runs searches side by side in chunks, and reports between them."""

    searches: list[Search]
    began: float
    seconds: float | None
    iterations: int | None
    clock: Callable[[], float]
    on_progress: Callable[[SearchProgress], None] | None
    cancelled: Callable[[], bool] | None

    def to_the_end(self) -> None:
        """Run until a limit is reached or the caller cancels."""
        with ThreadPoolExecutor(len(self.searches)) as pool:
            list(pool.map(Search.begin, self.searches))
            cooled_from = reported = self.clock() - self.began
            chunk = FIRST_ITERATIONS if self.seconds is not None else CHUNK_ITERATIONS
            while not (self.cancelled and self.cancelled()):
                before = self.clock() - self.began
                begun, done, chunk = self._chunk(before, cooled_from, chunk)
                if chunk == 0:
                    break
                list(pool.map(lambda search: search.advance(chunk, begun, done), self.searches))  # noqa: B023
                now = self.clock() - self.began
                if self.seconds is not None or self.on_progress:
                    chunk = max(1, min(4 * chunk, int(chunk * CHUNK_S / max(1e-6, now - before))))
                if self.on_progress and now - reported >= REPORT_S - CHUNK_S:
                    reported = now
                    self.on_progress(self._progress(now))
        if self.on_progress:
            self.on_progress(self._progress(self.clock() - self.began))

    def _chunk(self, now: float, cooled_from: float, chunk: int) -> tuple[float, float, int]:
        """From which share of the search to which the next chunk goes, and its iterations; 0 at the end."""
        if self.iterations is not None:
            done = self.searches[0].iterations
            chunk = min(CHUNK_ITERATIONS, chunk, self.iterations - done)
            return done / self.iterations, (done + chunk) / self.iterations, chunk
        assert self.seconds is not None
        left = self.seconds - now
        if left <= 0:
            return 1.0, 1.0, 0
        whole = max(1e-6, self.seconds - cooled_from)
        span = min(CHUNK_S, left)
        begun = (now - cooled_from) / whole
        return begun, min(1.0, begun + span / whole), max(1, int(chunk * span / CHUNK_S))

    def _progress(self, elapsed_s: float) -> SearchProgress:
        best = min(self.searches, key=lambda search: search.best_cost)
        return SearchProgress(
            elapsed_s=elapsed_s,
            iterations=sum(search.iterations for search in self.searches),
            routes=best.open_best(),
            cost=best.best_routes_cost(),
            unserved=best.best_unserved(),
        )
