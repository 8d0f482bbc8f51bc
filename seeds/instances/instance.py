"""A public instance as a routing problem, and how its nodes and costs map to those of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from graph.errors import InvalidInput
from optimizer.routing.model import PlannedRoute, RoutingProblem, Stop, TimeWindow, Travel, Vehicle, Visit
from optimizer.routing.plan import PlanEvaluation
from seeds.instances.rounding import UNITS, Rounding

COST_PER_KM = 1000
"""One unit of distance costs one unit of money."""
NO_END_S = 10**11
"""The end of a day that has none: later than any route, whatever the rounding."""


@dataclass(frozen=True, eq=False)
class Instance:
    """An instance, read under one rounding.

    Metres, seconds and money of the ``problem`` are the instance's units times the rounding's scale.
    ``visit_of`` is the visit that a node, numbered as in solution files, stands for. Where the fewest
    vehicles are wanted first, each has a fixed ``vehicle_cost`` above all distances.
    """

    name: str
    rounding: Rounding
    problem: RoutingProblem
    visit_of: Mapping[int, Visit]
    coordinates: NDArray[np.float64] | None = None
    vehicle_cost: int = 0

    @property
    def scale(self) -> int:
        """How many units of the problem are one of the file's."""
        return UNITS[self.rounding].scale

    def planned(self, routes: Sequence[Sequence[int]]) -> tuple[PlannedRoute, ...]:
        """Routes of a solution file, the first of which is the first vehicle's; empty ones drop out."""
        if len(routes) > len(self.problem.vehicles):
            has = len(self.problem.vehicles)
            raise InvalidInput("routes", f"are {len(routes)}: {self.name} has {has} vehicles")
        planned = []
        for vehicle, nodes in enumerate(routes):
            unknown = [node for node in nodes if node not in self.visit_of]
            if unknown:
                raise InvalidInput(
                    f"routes[{vehicle}]", f"visits {unknown[0]}, which {self.name} does not have"
                )
            if nodes:
                planned.append(PlannedRoute(vehicle, tuple(self.visit_of[node] for node in nodes)))
        return tuple(planned)

    def cost(self, evaluation: PlanEvaluation) -> int:
        """What the literature counts, in the problem's units: without the cost that stands for a vehicle."""
        return evaluation.objective.net_cost - self.vehicle_cost * len(evaluation.routes)


def euclidean(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distances between all points, shape (n, n) for coordinates of shape (n, 2)."""
    squared = np.zeros((len(coordinates), len(coordinates)))
    for axis in coordinates.T:
        apart = np.subtract.outer(axis, axis)
        squared += apart * apart
    np.sqrt(squared, out=squared)
    return squared


def same_travel(distance: NDArray[np.float64]) -> Travel:
    """Travel that takes as many seconds as metres, as all these instances have it."""
    return Travel(duration_s=distance, distance_m=distance)


def stop(location: int, times: Sequence[float] | NDArray[np.float64]) -> Stop:
    """A stop from its window and service time, seconds that are whole already."""
    opens_s, closes_s, service_s = (int(time) for time in times)
    return Stop(location, service_s=service_s, windows=(TimeWindow(1000 * opens_s, 1000 * closes_s),))


def uniform_fleet(
    number: int, capacity: int, times: NDArray[np.float64], *, cost_fixed: int = 0
) -> tuple[Vehicle, ...]:
    """Vehicles that are alike, of the depot at location 0, which opens and closes at these whole seconds."""
    one = Vehicle(
        id="1",
        kind="vehicle",
        capacity=(capacity,),
        start=0,
        end=0,
        shift_starts_at=1000 * int(times[0]),
        shift_ends_at=1000 * int(times[1]),
        cost_fixed=cost_fixed,
        cost_per_km=COST_PER_KM,
    )
    return tuple(replace(one, id=str(i)) for i in range(1, number + 1))
