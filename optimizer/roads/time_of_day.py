"""Travel that depends on when it begins, such that nobody arrives earlier by leaving later (FIFO).

A drive that takes ``d`` in a slice of the day gets on, in that slice, by one d-th of itself in each unit of
time; it goes on at the next slice's rate when the slice ends (Ichoua, Gendreau and Potvin, "Vehicle
dispatching with time-dependent travel times", European Journal of Operational Research 2003). Since
driving is never undone, who leaves later is never ahead. Arrival is continuous and piecewise linear in
the departure. Of the ways of the slices, distance is that of the slice in which the drive begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from optimizer.errors import InvalidProblem
from optimizer.roads.network import Floats, Ints, Positions, RoadNetwork, frozen
from optimizer.roads.profiles import ANY_VEHICLE, DAY_S, SpeedProfile, VehicleProfile
from optimizer.roads.travel import travel_matrix

DAYS_AT_MOST = 60
"""A drive that is not done after so many days, as where most slices have no way, is taken as none."""

DONE = 1e-12
"""The part of a drive that is no more than rounding."""


@dataclass(frozen=True, eq=False)
class TravelTimes:
    """Seconds and metres by slice of the day, origin and destination; infinite where there is no way."""

    slice_starts_s: Ints
    """Seconds after midnight, from 0 on, rising."""
    duration_s: Floats
    distance_m: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "slice_starts_s", frozen(self.slice_starts_s, np.int64))
        starts = self.slice_starts_s
        rising = bool((np.diff(starts) > 0).all())
        if not starts.size or starts[0] != 0 or not rising or starts[-1] >= DAY_S:
            raise InvalidProblem("slice_starts_s", f"must rise from 0 to below {DAY_S}")
        for name in ("duration_s", "distance_m"):
            values = frozen(getattr(self, name), np.float64)
            object.__setattr__(self, name, values)
            if values.ndim != 3 or len(values) != len(starts):
                raise InvalidProblem(name, f"wants one matrix for each of {len(starts)} slices")
            if not (values >= 0).all():  # false for NaN too
                raise InvalidProblem(name, "has entries that are negative or not a number")
        if self.duration_s.shape != self.distance_m.shape:
            raise InvalidProblem("distance_m", "must have the shape of duration_s")

    def arrival_s(self, origin: int, destination: int, departure_s: float) -> float:
        """When who leaves at ``departure_s`` (seconds after a midnight) arrives; infinite without a way."""
        return float(
            arrival_s(self.slice_starts_s, self.duration_s[:, origin, destination], float(departure_s))
        )

    def distance_at(self, origin: int, destination: int, departure_s: float) -> float:
        """The metres driven by who leaves then."""
        return float(
            self.distance_m[_slice_at(self.slice_starts_s, departure_s % DAY_S), origin, destination]
        )


def travel_times(
    network: RoadNetwork,
    origins: Positions,
    destinations: Positions,
    speeds: SpeedProfile,
    vehicle: VehicleProfile = ANY_VEHICLE,
) -> TravelTimes:
    """The matrices of all slices of the day."""
    slices = [
        travel_matrix(network, origins, destinations, vehicle, speeds, place)
        for place in range(len(speeds.slice_starts_s))
    ]
    return TravelTimes(
        np.array(speeds.slice_starts_s),
        _stacked([one.duration_s for one in slices]),
        _stacked([one.distance_m for one in slices]),
    )


def _stacked(matrices: Sequence[Floats]) -> Floats:
    return np.stack(matrices)


@njit(cache=True, nogil=True)
def arrival_s(slice_starts_s: Ints, duration_s: Floats, departure_s: float) -> float:
    """The arrival of one drive from its durations by slice; to be called from compiled search as well."""
    slices = len(slice_starts_s)
    midnight = np.floor(departure_s / DAY_S) * DAY_S
    last_midnight = midnight + DAYS_AT_MOST * DAY_S
    now, left = float(departure_s), 1.0
    place = _slice_at(slice_starts_s, departure_s - midnight)
    while midnight < last_midnight:
        duration = duration_s[place]
        ends = midnight + (slice_starts_s[place + 1] if place + 1 < slices else DAY_S)
        if duration * left <= ends - now:
            return float(now + duration * left)
        left -= (ends - now) / duration
        now = ends
        if left < DONE:
            return float(now)
        place += 1
        if place == slices:
            place, midnight = 0, midnight + DAY_S
    return float(np.inf)


@njit(cache=True, nogil=True)
def _slice_at(slice_starts_s: Ints, second_of_day: float) -> int:
    place = len(slice_starts_s) - 1
    while slice_starts_s[place] > second_of_day:
        place -= 1
    return place
