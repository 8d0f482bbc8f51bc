"""Putting deliveries into tours where they fit and cost least: what repairs and completes a search's plan.

Each round keeps, stop by stop, the earliest and the latest start of service, so that whether a delivery
fits into a gap is known without driving the whole tour again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from optimizer.routing.problem import RoutingProblem, Vehicle
from optimizer.routing.schedule import (
    Timetable,
    distance_m,
    drive,
    earliest_leave,
    earliest_service,
    latest_starts,
)

Plan = list[tuple[int, list[int]]]
"""Tours by vehicle: the vehicle's index and the indices of its deliveries, in order. No tour is empty."""


@dataclass(frozen=True)
class Gap:
    """A place in a round for a delivery; ``late_ms`` is 0 unless its window was waived."""

    vehicle: int
    position: int
    cost: float
    late_ms: float


class Round:
    """One vehicle's tour while it is being built; always feasible."""

    def __init__(self, problem: RoutingProblem, index: int, tour: Sequence[int] = ()) -> None:
        self.problem, self.index = problem, index
        self.vehicle: Vehicle = problem.vehicles[index]
        self.set(tour)

    def set(self, tour: Sequence[int]) -> None:
        """Make this the tour."""
        problem, vehicle = self.problem, self.vehicle
        self.tour = list(tour)
        deliveries = [problem.deliveries[d] for d in tour]
        self.spare_g = vehicle.capacity_weight_g - sum(d.weight_g for d in deliveries)
        self.spare_ml = vehicle.capacity_volume_ml - sum(d.volume_ml for d in deliveries)
        self.places = [vehicle.depot, *(d.location for d in deliveries), vehicle.depot]
        self.metres = distance_m(problem, vehicle, tour)
        self.times = drive(problem, vehicle, tour, earliest_leave(problem, vehicle, tour))
        self.latest = [*latest_starts(problem, vehicle, tour, vehicle.shift_ends_at), vehicle.shift_ends_at]
        self.latest_at_all = [*latest_starts(problem, vehicle, tour, math.inf), math.inf]

    def may_serve(self, delivery: int) -> bool:
        """Whether the vehicle, empty, could take it."""
        one, vehicle = self.problem.deliveries[delivery], self.vehicle
        return one.depot == vehicle.depot and one.skills <= vehicle.skills and vehicle.max_stops != 0

    def has_room(self, delivery: int) -> bool:
        """Whether it can be loaded as well."""
        one, most = self.problem.deliveries[delivery], self.vehicle.max_stops
        return (
            one.weight_g <= self.spare_g
            and one.volume_ml <= self.spare_ml
            and (most is None or len(self.tour) < most)
        )

    def gaps(self, delivery: int, *, after_window: bool = False, after_shift: bool = False) -> Iterator[Gap]:
        """Where it fits in time and distance, if need be after its last window or the shift's end."""
        problem, vehicle, one = self.problem, self.vehicle, self.problem.deliveries[delivery]
        times = self._times_with(one.release_at)
        latest = self.latest_at_all if after_shift else self.latest
        if not times.back_at <= (math.inf if after_shift else vehicle.shift_ends_at):
            return
        closes_at = max((closes for _, closes in one.windows), default=math.inf)
        service_ms, fixed = one.service_s * 1000, 0 if self.tour else vehicle.cost_fixed
        most_m = math.inf if vehicle.max_distance_m is None else vehicle.max_distance_m
        leave_at = times.leave_at
        for position, by in enumerate(latest):
            before, after = self.places[position], self.places[position + 1]
            arrive_at = leave_at + problem.travel_ms(before, one.location)
            service_at = earliest_service(one, arrive_at)
            if after_window and math.isinf(service_at):
                service_at = arrive_at
            on_ms = problem.travel_ms(one.location, after)
            metres = (
                problem.travel_m(before, one.location)
                + problem.travel_m(one.location, after)
                - problem.travel_m(before, after)
            )
            if service_at + service_ms + on_ms <= by and self.metres + metres <= most_m:
                longer_ms = arrive_at - leave_at + service_ms + on_ms - problem.travel_ms(before, after)
                yield Gap(
                    self.index,
                    position,
                    fixed + vehicle.cost_per_km * metres / 1000 + vehicle.cost_per_h * longer_ms / 3_600_000,
                    max(0.0, service_at - closes_at),
                )
            if position < len(self.tour):
                leave_at = (
                    times.service_at[position] + 1000 * problem.deliveries[self.tour[position]].service_s
                )

    def overtime_ms(self, delivery: int, position: int) -> float:
        """How long after its shift the vehicle is back with the delivery in this place."""
        tour = [*self.tour[:position], delivery, *self.tour[position:]]
        times = drive(self.problem, self.vehicle, tour, earliest_leave(self.problem, self.vehicle, tour))
        return times.back_at - self.vehicle.shift_ends_at

    def _times_with(self, release_at: int) -> Timetable:
        if release_at <= self.times.leave_at:
            return self.times
        return drive(self.problem, self.vehicle, self.tour, float(release_at))


class Rounds:
    """A whole plan while it is being built, one round for every vehicle."""

    def __init__(self, problem: RoutingProblem, plan: Plan) -> None:
        """Take the tours of a plan, all of them feasible."""
        self.problem = problem
        tours = dict(plan)
        self.rounds = [Round(problem, index, tours.get(index, ())) for index in range(len(problem.vehicles))]

    @property
    def plan(self) -> Plan:
        """The tours so far."""
        return [(round_.index, round_.tour) for round_ in self.rounds if round_.tour]

    def candidates(self, delivery: int) -> Iterator[Round]:
        """The rounds that may serve it, only one of those that are alike and empty."""
        for group in self.problem.alike:
            empty = False
            for index in group:
                round_ = self.rounds[index]
                if not round_.may_serve(delivery) or (empty and not round_.tour):
                    continue
                empty = empty or not round_.tour
                yield round_

    def insert(self, deliveries: Iterable[int]) -> None:
        """Put in whatever still fits, the most urgent first, each where it costs least."""
        waiting = sorted(deliveries, key=lambda d: (-self.problem.deliveries[d].priority, d))
        while waiting:
            left = [delivery for delivery in waiting if not self._put(delivery)]
            if len(left) == len(waiting):
                return
            waiting = left

    def _put(self, delivery: int) -> bool:
        gaps = (gap for r in self.candidates(delivery) if r.has_room(delivery) for gap in r.gaps(delivery))
        best = min(gaps, key=lambda gap: (gap.cost, gap.vehicle, gap.position), default=None)
        if best is None:
            return False
        round_ = self.rounds[best.vehicle]
        round_.set([*round_.tour[: best.position], delivery, *round_.tour[best.position :]])
        return True
