"""What comes out: routes with their times, and a reason for everything left out. Frozen.

Times are UTC epoch milliseconds (``_at``), spans are seconds (``_s``), money is integer minor units.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why a delivery is not served."""

    # Proven of the delivery by itself, before any search.
    NO_VEHICLE_AT_DEPOT = "no_vehicle_at_depot"
    MISSING_SKILL = "missing_skill"
    TOO_HEAVY = "too_heavy"
    TOO_BULKY = "too_bulky"
    UNREACHABLE = "unreachable"
    TOO_FAR = "too_far"
    """The round trip alone is longer than a vehicle may drive."""
    WINDOW_TOO_EARLY = "window_too_early"
    """It closes before anything can arrive."""
    SHIFT_TOO_SHORT = "shift_too_short"
    """Served as early as can be, the vehicle is still back after its shift."""

    # Proven against the finished plan.
    VEHICLES_FULL = "vehicles_full"
    WINDOW_MISSED = "window_missed"
    """A vehicle has room and time for it, but not while the window is open."""
    OUT_OF_TIME = "out_of_time"
    LEFT_OUT = "left_out"
    """Every vehicle is full or out of time at this price."""

    NOT_SEARCHED = "not_searched"
    """The search was stopped before it had found a place, or that there is none."""


@dataclass(frozen=True)
class Refusal:
    """Why a delivery is not served, with amounts, and the cheapest simple way out where one is known."""

    reason: Reason
    detail: str
    way_out: str | None = None
    extra_cost: int | None = None
    """What the way out would add to the plan's cost, where that is known."""


@dataclass(frozen=True)
class Unserved:
    """A delivery that is in no route."""

    shipment_id: str
    refusal: Refusal


@dataclass(frozen=True)
class RouteStop:
    """One delivery of a route; travel and distance are from the stop before it, or the depot."""

    shipment_id: str
    location: int
    travel_s: int
    distance_m: int
    arrive_at: int
    wait_s: int
    service_at: int
    """When service starts: ``arrive_at`` and the wait."""
    depart_at: int
    load_weight_g: int
    """What is still on board when the vehicle departs."""
    load_volume_ml: int


@dataclass(frozen=True)
class Route:
    """The tour of one vehicle: leave the depot loaded, stop by stop, and back."""

    vehicle_id: str
    depot: int
    leave_at: int
    load_weight_g: int
    """On board when it leaves."""
    load_volume_ml: int
    stops: tuple[RouteStop, ...]
    return_travel_s: int
    return_distance_m: int
    back_at: int
    distance_m: int
    duration_s: int
    """From leaving until it is back."""
    cost: int


@dataclass(frozen=True)
class RoutingSolution:
    """The plan: every delivery of the problem is either on one route or unserved, exactly once."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost: int = 0
    distance_m: int = 0
    duration_s: int = 0
    iterations: int = 0


@dataclass(frozen=True)
class Progress:
    """How far a search is: the best plan so far, screened-out deliveries among the unserved."""

    elapsed_s: float
    iterations: int
    cost: int
    routes: int
    unserved: int
