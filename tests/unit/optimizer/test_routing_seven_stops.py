"""Seven stops for two vehicles that cannot take them all: the search finds what trying every plan finds."""

from __future__ import annotations

from optimizer.routing.checker import check_plan
from optimizer.routing.solver import solve
from optimizer.routing.validation import validated
from tests.properties.routing_brute_force import best_plan
from tests.unit.optimizer.routing_worlds import line, parcel, van, window, world

PLACES = (0, 300, -500, 900, -1200, 1400, -1700, 2000)
"""On a street to both sides of the depot."""


def test_seven_stops_are_solved_to_the_optimum_with_any_seed() -> None:
    shipments = [
        parcel(f"s{n}", n, window((9, 0), (9, 20 + 5 * n)), load=n % 3 + 1, priority=n % 2)
        for n in range(1, len(PLACES))
    ]
    vehicles = [van("one", capacity=(6,), cost_fixed=500), van("two", capacity=(5,), cost_per_h=9000)]
    problem = validated(world(line(*PLACES), *shipments, vehicles=vehicles))
    best = best_plan(problem)
    for seed in (1, 2, 3):
        plan = solve(problem, iterations=5000, seed=seed)
        assert check_plan(problem, plan.routes, plan.evaluation).sound
        assert plan.objective == best.objective
