"""A small routing problem to vary: one depot, addresses on a line, 10 minutes and 5 km apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.routing.problem import Delivery, RoutingProblem, Vehicle
from optimizer.routing.search import plan_routes
from optimizer.routing.solution import Refusal, Route, RoutingSolution

SEVEN = 1_772_000_400_000 // 86_400_000 * 86_400_000 + 7 * 3_600_000
MINUTE = 60_000
HOUR = 60 * MINUTE

VAN = Vehicle(
    id="van-1",
    kind="van",
    depot=0,
    shift_starts_at=SEVEN,
    shift_ends_at=SEVEN + 10 * HOUR,
    capacity_weight_g=1_200_000,
    capacity_volume_ml=8_000_000,
    cost_fixed=5_000,
    cost_per_km=100,
    cost_per_h=3_000,
)


def drop(location: int, **fields: object) -> Delivery:
    """A delivery of 100 kg and 500 l, 5 minutes at the door, to the address ``location`` steps away."""
    one = Delivery(f"to-{location}", location, 0, 100_000, 500_000, 300)
    return replace(one, **fields)  # type: ignore[arg-type]


def on_a_line(deliveries: list[Delivery], *vehicles: Vehicle) -> RoutingProblem:
    """Locations 0 to 9; location 0 is the depot."""
    steps = np.abs(np.subtract.outer(np.arange(10.0), np.arange(10.0)))
    return RoutingProblem(vehicles or (VAN,), tuple(deliveries), steps * 600, steps * 5_000)


def planned(problem: RoutingProblem, *, iterations: int = 30) -> RoutingSolution:
    return plan_routes(problem, seed=1, iterations=iterations)


def only_route(problem: RoutingProblem) -> Route:
    solution = planned(problem)
    assert not solution.unserved
    [route] = solution.routes
    return route


def only_refusal(problem: RoutingProblem) -> Refusal:
    [unserved] = planned(problem).unserved
    return unserved.refusal
