"""Vehicles and times of day, as far as they change how fast streets are driven, or whether at all."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from optimizer.errors import InvalidProblem
from optimizer.roads.network import Bools, Ints, RoadNetwork

DAY_S = 86_400


@dataclass(frozen=True)
class VehicleProfile:
    """What a kind of vehicle may and can drive; the default is a van that fits everywhere.

    ``speed_factor`` scales the streets' speeds, ``top_speed_kph`` limits them. None: no limit matters.
    """

    height_cm: int | None = None
    weight_kg: int | None = None
    hgv: bool = False
    speed_factor: float = 1.0
    top_speed_kph: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("height_cm", self.height_cm), ("weight_kg", self.weight_kg)):
            if value is not None and value < 0:
                raise InvalidProblem(f"profile.{name}", f"is {value}; it cannot be negative")
        for name, speed in (("speed_factor", self.speed_factor), ("top_speed_kph", self.top_speed_kph)):
            if speed is not None and not (math.isfinite(speed) and speed > 0):
                raise InvalidProblem(f"profile.{name}", f"is {speed}; it must be above 0")


ANY_VEHICLE = VehicleProfile()


@dataclass(frozen=True)
class SpeedProfile:
    """How streets of each class are driven through the day: factors on free flow, one for each slice.

    ``slice_starts_s`` are seconds after midnight, from 0 on and rising; each slice lasts until the next
    one's start, the last until midnight. ``factors`` are by road class, and for those not named
    ``other_factors`` (free flow when empty).
    """

    slice_starts_s: tuple[int, ...] = (0,)
    factors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    other_factors: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        starts = self.slice_starts_s
        rising = all(one < other for one, other in pairwise(starts))
        if not starts or starts[0] != 0 or not rising or starts[-1] >= DAY_S:
            raise InvalidProblem("speeds.slice_starts_s", f"must rise from 0 to below {DAY_S}, not {starts}")
        object.__setattr__(self, "factors", MappingProxyType(dict(self.factors)))
        object.__setattr__(self, "other_factors", tuple(self.other_factors) or (1.0,) * len(starts))
        for name, row in (*self.factors.items(), ("other classes", self.other_factors)):
            where = f"speeds.factors[{name}]"
            if len(row) != len(starts):
                raise InvalidProblem(where, f"has {len(row)} factors for {len(starts)} slices of the day")
            if not all(math.isfinite(factor) and factor > 0 for factor in row):
                raise InvalidProblem(where, f"has factors that are not above 0: {row}")

    def __hash__(self) -> int:
        return hash((self.slice_starts_s, frozenset(self.factors.items()), self.other_factors))

    def slice_at(self, second_of_day: float) -> int:
        """The slice that a time, in seconds after any midnight, is in."""
        return bisect.bisect_right(self.slice_starts_s, second_of_day % DAY_S) - 1


FREE_FLOW = SpeedProfile()


def open_to(network: RoadNetwork, vehicle: VehicleProfile) -> Bools:
    """By segment: whether it is open and the vehicle may use it."""
    allowed = ~network.segment_closed
    if vehicle.height_cm is not None:
        allowed &= network.segment_max_height_cm >= vehicle.height_cm
    if vehicle.weight_kg is not None:
        allowed &= network.segment_max_weight_kg >= vehicle.weight_kg
    if vehicle.hgv:
        allowed &= network.segment_hgv
    return allowed


def travel_ms(
    network: RoadNetwork, vehicle: VehicleProfile, speeds: SpeedProfile = FREE_FLOW, slice_of_day: int = 0
) -> Ints:
    """By segment: milliseconds from end to end, rounded up, never 0."""
    factors = [speeds.factors.get(name, speeds.other_factors)[slice_of_day] for name in network.road_classes]
    factor = np.array(factors, dtype=np.float64)[network.segment_class] * vehicle.speed_factor
    # Rounding up after division would make an exact quotient a millisecond longer now and then.
    whole = np.where(factor == 1.0, network.segment_travel_ms, np.ceil(network.segment_travel_ms / factor))
    if vehicle.top_speed_kph is not None:
        whole = np.maximum(whole, np.ceil(network.segment_length_m * 3600 / vehicle.top_speed_kph))
    return np.maximum(whole, 1.0).astype(np.int64)
