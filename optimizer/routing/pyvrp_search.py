"""The search for one depot's tours by PyVRP, and how the problem's rules are said in its terms.

- A delivery is a client that need not be visited, with a prize so high that leaving one out never pays.
- One with several windows is a group of clients, one for each window; at most one of them is visited.
- Skills are profiles: a way to what a vehicle may not serve takes longer than any shift, as does a way
  where no road leads.
- A limit of stops is a load of 1 per stop.

Times are whole seconds from the depot's first shift; windows are rounded inwards.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.search import (
    OPERATORS,
    LocalSearch,
    NeighbourhoodParams,
    PerturbationManager,
    PerturbationParams,
    compute_neighbours,
)

from optimizer.routing.insertion import Plan
from optimizer.routing.problem import MOST, Delivery, RoutingProblem, Vehicle

PRIORITY_FACTOR = 4
LARGEST_SUM = 2.0**61
"""Prices are scaled so that no sum of penalties, each up to the highest prize, is larger."""
LARGEST_LOAD = 2**24
"""Loads are counted in larger units, rounded against us, so that all of them together are not more."""
ENDLESS = 2**40
"""A limit that is none."""

_Matrix = Any  # NDArray[np.int64]; PyVRP's own annotation fits no array

Watch = Callable[[Callable[[], Plan]], bool]
"""Called before every iteration with a way to the best plan so far; the search ends when it says True."""


def search_depot(
    problem: RoutingProblem, depot: int, deliveries: Sequence[int], *, seed: int, watch: Watch
) -> Plan:
    """Search for tours of the depot's vehicles to these of its deliveries.

    When PyVRP finds nothing feasible, a tour may break a rule.
    """
    model = _Model(problem, depot, deliveries)
    if not model.clients or not model.vehicles:
        return []
    data, rng = model.data(), pyvrp.RandomNumberGenerator(seed)
    local_search = LocalSearch(
        data,
        rng,
        compute_neighbours(data, NeighbourhoodParams(num_neighbours=20)),
        PerturbationManager(PerturbationParams(1, 10)),
    )
    for operator in OPERATORS:
        if operator.supports(data):
            local_search.add_operator(operator(data))
    penalties = _penalties(data)
    first = local_search(
        pyvrp.Solution.make_random(data, rng), penalties.max_cost_evaluator(), exhaustive=True
    )
    watched = _Watched(model, watch)
    ils = pyvrp.IteratedLocalSearchParams(callbacks=watched)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        result = pyvrp.IteratedLocalSearch(data, penalties, local_search, first, ils).run(
            watched, collect_stats=False
        )
    return model.plan(result.best)


def _penalties(data: pyvrp.ProblemData) -> pyvrp.PenaltyManager:
    """What breaking a rule costs, at first and at most.

    At most, a second or a gram too much costs more than any prize pays: what the search starts from is
    feasible. At first, the least prize pays for a minute, a kilometre or a hundredth of a vehicle's load.
    """
    prizes = [client.prize for client in data.clients()]
    capacities = np.max([kind.capacity for kind in data.vehicle_types()], axis=0)
    least = float(min(prizes))
    first = ([least / max(1, capacity / 100) for capacity in capacities.tolist()], least / 60, least / 1000)
    params = pyvrp.PenaltyParams(max_penalty=float(max(prizes)), solutions_between_updates=100)
    return pyvrp.PenaltyManager(first, params)


class _Watched(pyvrp.IteratedLocalSearchCallbacks):
    """PyVRP's callbacks and stopping criterion in one: it knows the best solution when asked to stop."""

    def __init__(self, model: _Model, watch: Watch) -> None:
        self.model, self.watch = model, watch

    def on_start(self, ils: pyvrp.IteratedLocalSearch) -> None:
        self.best = ils.initial_solution

    def on_iteration(
        self,
        current: object,  # noqa: ARG002
        candidate: object,  # noqa: ARG002
        best: pyvrp.Solution,
        cost_evaluator: object,  # noqa: ARG002
    ) -> None:
        self.best = best

    def __call__(self, best_cost: int) -> bool:  # noqa: ARG002
        return self.watch(lambda: self.model.plan(self.best))


@dataclass(frozen=True)
class _Client:
    """A delivery in one of its windows, in seconds."""

    delivery: int
    opens_s: int
    closes_s: int


class _Model:
    """A depot's part of the problem in PyVRP's terms, and the way back."""

    def __init__(self, problem: RoutingProblem, depot: int, deliveries: Sequence[int]) -> None:
        self.problem, self.depot = problem, depot
        based = [group for group in problem.alike if problem.vehicles[group[0]].depot == depot]
        self.start_s = min(problem.vehicles[group[0]].shift_starts_at for group in based) // 1000
        self.end_s = self._floor(max(problem.vehicles[group[0]].shift_ends_at for group in based))
        self.groups = [group for group in based if self._has_a_second(problem.vehicles[group[0]])]
        self.vehicles = [problem.vehicles[group[0]] for group in self.groups]
        self.clients = [client for index in deliveries for client in self._in_windows(index)]

    def _floor(self, at: int) -> int:
        return at // 1000 - self.start_s

    def _ceil(self, at: int) -> int:
        return max(0, -(-at // 1000) - self.start_s)

    def _has_a_second(self, vehicle: Vehicle) -> bool:
        return self._ceil(vehicle.shift_starts_at) <= self._floor(vehicle.shift_ends_at)

    def _in_windows(self, index: int) -> list[_Client]:
        """The delivery in each window in which it can be served: not before it is released."""
        delivery = self.problem.deliveries[index]
        released_s = self._ceil(delivery.release_at)
        windows = [
            (max(self._ceil(opens), released_s), min(self._floor(closes), self.end_s))
            for opens, closes in delivery.windows or [(delivery.release_at, MOST)]
        ]
        return [_Client(index, opens, closes) for opens, closes in windows if opens <= closes]

    def plan(self, solution: pyvrp.Solution) -> Plan:
        """A solution in the problem's terms: its routes go to the vehicles of their type in order."""
        free = [iter(group) for group in self.groups]
        return [
            (
                next(free[route.vehicle_type()]),
                [self.clients[stop.idx].delivery for stop in route if stop.is_client()],
            )
            for route in solution.routes()
        ]

    @cached_property
    def unit_g(self) -> int:
        """How many grams are 1 in PyVRP's loads."""
        return _unit([self.problem.deliveries[client.delivery].weight_g for client in self.clients])

    @cached_property
    def unit_ml(self) -> int:
        """How many millilitres are 1 in PyVRP's loads."""
        return _unit([self.problem.deliveries[client.delivery].volume_ml for client in self.clients])

    def data(self) -> pyvrp.ProblemData:
        """The problem as PyVRP takes it."""
        deliveries = [self.problem.deliveries[client.delivery] for client in self.clients]
        places = list(dict.fromkeys((d.location, d.skills) for d in deliveries))
        place_of = {place: number for number, place in enumerate(places, start=1)}
        abilities = list(dict.fromkeys(self._allowed(vehicle, places) for vehicle in self.vehicles))
        rows = [self.depot, *(location for location, _ in places)]
        distances, durations = self._travel(rows)
        prices = self._prices()
        groups = self._groups()
        group_of = {delivery: number for number, delivery in enumerate(groups)}
        return pyvrp.ProblemData(
            locations=[pyvrp.Location(0, 0)] * len(rows),
            clients=[
                self._client(client, place_of[d.location, d.skills], group_of.get(client.delivery), prices)
                for client, d in zip(self.clients, deliveries, strict=True)
            ],
            depots=[pyvrp.Depot(0)],
            vehicle_types=[
                self._vehicle_type(group, abilities.index(self._allowed(vehicle, places)), prices)
                for group, vehicle in zip(self.groups, self.vehicles, strict=True)
            ],
            distance_matrices=[distances] * len(abilities),
            duration_matrices=[self._forbid(durations, allowed) for allowed in abilities],
            groups=[
                pyvrp.ClientGroup(
                    [n for n, c in enumerate(self.clients) if c.delivery == index], required=False
                )
                for index in groups
            ],
        )

    def _allowed(self, vehicle: Vehicle, places: Sequence[tuple[int, frozenset[str]]]) -> tuple[bool, ...]:
        return tuple(skills <= vehicle.skills for _, skills in places)

    def _groups(self) -> dict[int, list[int]]:
        """The clients of each delivery that has several windows."""
        clients: dict[int, list[int]] = {}
        for number, client in enumerate(self.clients):
            clients.setdefault(client.delivery, []).append(number)
        return {delivery: numbers for delivery, numbers in clients.items() if len(numbers) > 1}

    def _travel(self, rows: Sequence[int]) -> tuple[_Matrix, _Matrix]:
        """Distances and durations between locations; where no road leads, longer than any shift."""
        distances, durations = (
            matrix[np.ix_(rows, rows)] for matrix in (self.problem.distance_m, self.problem.duration_s)
        )
        return (
            np.where(np.isfinite(distances), distances, 0).astype(np.int64),
            np.where(np.isfinite(durations), durations, self._never_s).astype(np.int64),
        )

    @property
    def _never_s(self) -> int:
        return self.end_s + 1

    def _forbid(self, durations: _Matrix, allowed: Sequence[bool]) -> _Matrix:
        forbidden = np.array([False, *(not may for may in allowed)])
        barred = durations.copy()
        barred[:, forbidden] = self._never_s
        np.fill_diagonal(barred, 0)
        return barred

    def _client(self, client: _Client, location: int, group: int | None, prices: _Prices) -> pyvrp.Client:
        delivery = self.problem.deliveries[client.delivery]
        return pyvrp.Client(
            location=location,
            delivery=[-(-delivery.weight_g // self.unit_g), -(-delivery.volume_ml // self.unit_ml), 1],
            service_duration=delivery.service_s,
            tw_early=client.opens_s,
            tw_late=client.closes_s,
            release_time=self._ceil(delivery.release_at),
            prize=prices.prize(delivery),
            required=False,
            group=group,
        )

    def _vehicle_type(self, group: Sequence[int], profile: int, prices: _Prices) -> pyvrp.VehicleType:
        vehicle = self.problem.vehicles[group[0]]
        return pyvrp.VehicleType(
            num_available=len(group),
            capacity=[
                vehicle.capacity_weight_g // self.unit_g,
                vehicle.capacity_volume_ml // self.unit_ml,
                ENDLESS if vehicle.max_stops is None else vehicle.max_stops,
            ],
            fixed_cost=prices.whole(vehicle.cost_fixed),
            tw_early=self._ceil(vehicle.shift_starts_at),
            tw_late=self._floor(vehicle.shift_ends_at),
            max_distance=ENDLESS if vehicle.max_distance_m is None else vehicle.max_distance_m,
            unit_distance_cost=prices.whole(vehicle.cost_per_km / 1000),
            unit_duration_cost=prices.whole((vehicle.cost_per_h + prices.token_per_h) / 3600),
            profile=profile,
        )

    def _prices(self) -> _Prices:
        known = self.problem.distance_m[np.isfinite(self.problem.distance_m)]
        round_km, shift_h = 2 * float(known.max(initial=0.0)) / 1000, (self.end_s + 1) / 3600
        # Where travel is free, a token price of time still prefers short tours to long ones.
        token = 0 if any(v.cost_per_km or v.cost_per_h for v in self.vehicles) else 1
        prize = 1 + max(
            v.cost_fixed + v.cost_per_km * round_km + (v.cost_per_h + token) * shift_h for v in self.vehicles
        )
        most_urgent = max(self.problem.deliveries[client.delivery].priority for client in self.clients)
        longest = max(self._never_s, known.max(initial=0.0), LARGEST_LOAD / len(self.clients))
        highest_prize = LARGEST_SUM / (2 * longest * len(self.clients))
        scale = min(18_000.0, highest_prize / (prize * PRIORITY_FACTOR**most_urgent))
        return _Prices(prize, scale, token)


def _unit(loads: Sequence[int]) -> int:
    """The largest unit in which all loads are whole, or if need be a larger one."""
    unit = math.gcd(*loads) or 1
    while sum(loads) > LARGEST_LOAD * unit:
        unit *= 10
    return unit


@dataclass(frozen=True)
class _Prices:
    """Money as PyVRP counts it, in ``scale`` parts a minor unit: enough for costs by the metre and second."""

    least_prize: float
    scale: float
    token_per_h: int

    def whole(self, price: float) -> int:
        return round(price * self.scale)

    def prize(self, delivery: Delivery) -> int:
        return max(1, self.whole(self.least_prize * PRIORITY_FACTOR**delivery.priority))
