"""What is to be routed: vehicles, deliveries, and the travel between locations. Frozen, and never absurd.

Times are UTC epoch milliseconds (``_at``), spans are seconds (``_s``), money is integer minor units.
A location is a row of the matrices: depots and addresses alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import InvalidProblem

HIGHEST_PRIORITY = 5
MOST = 2**50 - 1
"""No amount, time or price may be larger, so that sums of them stay whole numbers everywhere."""


class TimeWindow(NamedTuple):
    """Service may start from ``opens_at`` to ``closes_at``, both included; it may end later."""

    opens_at: int
    closes_at: int


@dataclass(frozen=True)
class Vehicle:
    """A vehicle with its driver: one tour, from its depot and back to it within its shift."""

    id: str
    kind: str
    depot: int
    shift_starts_at: int
    shift_ends_at: int
    capacity_weight_g: int
    capacity_volume_ml: int
    skills: frozenset[str] = frozenset()
    cost_fixed: int = 0
    """Paid when the vehicle leaves its depot at all."""
    cost_per_km: int = 0
    cost_per_h: int = 0
    """Per hour from leaving the depot until it is back, waiting included."""
    max_stops: int | None = None
    max_distance_m: int | None = None


@dataclass(frozen=True)
class Delivery:
    """A shipment to bring from its depot to a location, by a vehicle of that depot with all ``skills``."""

    shipment_id: str
    location: int
    depot: int
    weight_g: int
    volume_ml: int
    service_s: int
    windows: tuple[TimeWindow, ...] = ()
    """One of them must be met; without any, every time will do."""
    skills: frozenset[str] = frozenset()
    release_at: int = 0
    """When it stands ready at the depot: the vehicle does not leave before."""
    priority: int = 0
    """0 (may be left out first) to 5; serving one counts as much as serving four of the priority below."""


@dataclass(frozen=True, eq=False)
class RoutingProblem:
    """A day's routing. :class:`InvalidProblem`, naming field and reason, when it makes no sense.

    ``duration_s`` and ``distance_m`` are square, by location; a pair that no road joins is infinite in
    both. Parts of a second are rounded up and parts of a metre to the nearest, once, here.
    """

    vehicles: tuple[Vehicle, ...]
    deliveries: tuple[Delivery, ...]
    duration_s: NDArray[np.float64]
    distance_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "vehicles", tuple(self.vehicles))
        object.__setattr__(self, "deliveries", tuple(self.deliveries))
        object.__setattr__(self, "duration_s", _matrix("duration_s", self.duration_s, np.ceil))
        object.__setattr__(self, "distance_m", _matrix("distance_m", self.distance_m, np.rint))
        if self.duration_s.shape != self.distance_m.shape:
            raise InvalidProblem(
                "distance_m", f"has {len(self.distance_m)} locations, duration_s has {len(self.duration_s)}"
            )
        torn = np.argwhere(np.isfinite(self.duration_s) != np.isfinite(self.distance_m))
        if len(torn):
            raise InvalidProblem(
                f"distance_m[{torn[0][0]}, {torn[0][1]}]",
                "and duration_s disagree on whether a road leads there",
            )
        if self.deliveries and not self.vehicles:
            raise InvalidProblem("vehicles", "is empty: there is no vehicle to plan with")
        _check_unique("vehicles", (vehicle.id for vehicle in self.vehicles))
        _check_unique("deliveries", (delivery.shipment_id for delivery in self.deliveries))
        for place, vehicle in enumerate(self.vehicles):
            _check_vehicle(f"vehicles[{place}]", vehicle, self.locations)
        for place, delivery in enumerate(self.deliveries):
            _check_delivery(f"deliveries[{place}]", delivery, self.locations)

    @property
    def locations(self) -> int:
        """How many locations the matrices have."""
        return len(self.duration_s)

    @cached_property
    def alike(self) -> tuple[tuple[int, ...], ...]:
        """The vehicles' indices, those together that differ in nothing but their id."""
        groups: dict[Vehicle, list[int]] = {}
        for place, vehicle in enumerate(self.vehicles):
            groups.setdefault(replace(vehicle, id=""), []).append(place)
        return tuple(map(tuple, groups.values()))

    def travel_ms(self, origin: int, destination: int) -> float:
        """Whole milliseconds from one location to another; infinite where no road leads."""
        return self.duration_s.item(origin, destination) * 1000

    def travel_m(self, origin: int, destination: int) -> float:
        """Whole metres from one location to another; infinite where no road leads."""
        return self.distance_m.item(origin, destination)


def _matrix(field: str, values: NDArray[np.float64], whole: np.ufunc) -> NDArray[np.float64]:
    try:
        matrix = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidProblem(field, "is not a matrix of numbers") from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InvalidProblem(field, f"is not square but {' x '.join(map(str, matrix.shape)) or 'a number'}")
    for wrong, what in ((np.isnan(matrix), "is not a number"), (matrix < 0, "is negative")):
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise InvalidProblem(f"{field}[{row}, {column}]", what)
    too_much = np.isfinite(matrix) & (matrix > MOST)
    if too_much.any():
        row, column = np.argwhere(too_much)[0]
        raise InvalidProblem(f"{field}[{row}, {column}]", f"is more than {MOST}")
    away = np.flatnonzero(np.diagonal(matrix) != 0)
    if away.size:
        raise InvalidProblem(f"{field}[{away[0]}, {away[0]}]", "is not 0, though it leads nowhere")
    matrix = np.asarray(whole(matrix), dtype=np.float64)
    matrix.setflags(write=False)
    return matrix


def _check_unique(field: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for place, one in enumerate(ids):
        if one in seen:
            raise InvalidProblem(f"{field}[{place}]", f"has the id {one}, which another one has")
        seen.add(one)


def _check_vehicle(field: str, vehicle: Vehicle, locations: int) -> None:
    _check_location(f"{field}.depot", vehicle.depot, locations)
    for name in ("shift_starts_at", "shift_ends_at"):
        _check_whole(f"{field}.{name}", getattr(vehicle, name), least=-MOST)
    if vehicle.shift_ends_at < vehicle.shift_starts_at:
        raise InvalidProblem(f"{field}.shift_ends_at", "is before the shift starts")
    for name in ("capacity_weight_g", "capacity_volume_ml", "cost_fixed", "cost_per_km", "cost_per_h"):
        _check_whole(f"{field}.{name}", getattr(vehicle, name))
    for name in ("max_stops", "max_distance_m"):
        if getattr(vehicle, name) is not None:
            _check_whole(f"{field}.{name}", getattr(vehicle, name))


def _check_delivery(field: str, delivery: Delivery, locations: int) -> None:
    _check_location(f"{field}.location", delivery.location, locations)
    _check_location(f"{field}.depot", delivery.depot, locations)
    for name in ("weight_g", "volume_ml", "service_s"):
        _check_whole(f"{field}.{name}", getattr(delivery, name))
    _check_whole(f"{field}.release_at", delivery.release_at, least=-MOST)
    _check_whole(f"{field}.priority", delivery.priority, most=HIGHEST_PRIORITY)
    for place, (opens_at, closes_at) in enumerate(delivery.windows):
        _check_whole(f"{field}.windows[{place}].opens_at", opens_at, least=-MOST)
        _check_whole(f"{field}.windows[{place}].closes_at", closes_at, least=-MOST)
        if closes_at < opens_at:
            raise InvalidProblem(f"{field}.windows[{place}]", "closes before it opens")


def _check_location(field: str, location: int, locations: int) -> None:
    _check_whole(field, location, least=-MOST)
    if not 0 <= location < locations:
        raise InvalidProblem(field, f"is {location}; the matrices have locations 0 to {locations - 1}")


def _check_whole(field: str, value: object, *, least: int = 0, most: int = MOST) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InvalidProblem(field, f"is {value!r}, not a whole number")
    if value < least:
        raise InvalidProblem(
            field, f"is {value}, " + ("which is negative" if least == 0 else f"less than {least}")
        )
    if value > most:
        raise InvalidProblem(field, f"is {value}, more than {most}")
