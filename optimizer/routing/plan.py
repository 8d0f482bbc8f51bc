"""What comes of routing: timed routes, every violation with its amount, and why a shipment was left out.

Times are UTC epoch milliseconds (``_at``), spans seconds (``_s``) or milliseconds (``_ms``), money integer
minor units. Vehicles, shipments, depots and breaks are named by their place in the problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from optimizer.routing.model import PlannedRoute


class Activity(StrEnum):
    """What a vehicle does at a call."""

    START = "start"
    LOAD = "load"
    """The first loading of a vehicle that does not start at its depot."""
    PICKUP = "pickup"
    DELIVERY = "delivery"
    RELOAD = "reload"
    BREAK = "break"
    END = "end"


@dataclass(frozen=True)
class TimedCall:
    """One call of a route, with its times.

    ``index`` is the shipment of a pickup or delivery, the depot of a load or reload, the break of a break,
    and None at the start and the end. ``position`` is the visit's place in the planned route, None for what
    is no visit. The vehicle arrives, starts (when a window opens, at the latest), and is done at
    ``done_at``, with ``setup_s`` before it. ``driving_s`` and ``distance_m`` are those of the way to here.
    ``load`` is on board from then on, one amount for each dimension.
    """

    activity: Activity
    index: int | None
    position: int | None
    location: int
    arrive_at: int
    start_at: int
    done_at: int
    setup_s: int
    driving_s: int
    distance_m: int
    load: tuple[int, ...]


class Constraint(StrEnum):
    """What can be violated; the unit of the amount stands behind each."""

    CAPACITY = "capacity"
    """Load over the capacity, in the dimension's unit."""
    TIME_WINDOW = "time_window"
    """Start after the last window closed, ms."""
    DOCK_WINDOW = "dock_window"
    """Start of loading after the dock's last window closed, ms."""
    RELEASE = "release"
    """The vehicle left before its load was ready, ms."""
    SHIFT_START = "shift_start"
    """The vehicle left before its shift, ms."""
    SHIFT_END = "shift_end"
    """Back after the shift and the overtime allowed, ms."""
    BREAK = "break"
    """A break started after its window closed, ms."""
    MISSED_BREAK = "missed_break"
    """Breaks that could not be taken, their number."""
    SKILL = "skill"
    """Skills the vehicle lacks, their number."""
    FORBIDDEN_SKILL = "forbidden_skill"
    """Skills the vehicle has and must not have, their number."""
    VEHICLE = "vehicle"
    """Stops of shipments this vehicle may not serve, their number."""
    DEPOT = "depot"
    """Shipments loaded at or brought to a depot that may not have them, or to none, their number."""
    RELOADS = "reloads"
    """Reloads over the most, their number."""
    RELOAD_DEPOT = "reload_depot"
    """Reloads at a depot where this vehicle may not, their number."""
    STOPS = "stops"
    """Stops over the most, their number."""
    DISTANCE = "distance"
    """Metres over the most."""
    DRIVING = "driving"
    """Driving time over the most, s."""
    DURATION = "duration"
    """Time from leaving until back over the most, ms."""
    UNREACHABLE = "unreachable"
    """Legs where no way leads, their number; they take no time in what follows."""
    ORDER = "order"
    """Deliveries before their pickup, their number."""
    PRECEDENCE = "precedence"
    """Pairs in the wrong order, their number."""
    TOGETHER = "together"
    """Shipments of a set that the others do not share a vehicle with, their number."""
    APART = "apart"
    """Shipments of a set too many on one vehicle, their number."""
    PINNED = "pinned"
    """Pinned visits that are not where the plan in force has them, their number."""
    LEFT = "left"
    """The vehicle has left at another time than the route says, ms."""


UNITS = {
    **dict.fromkeys(Constraint, ""),
    Constraint.TIME_WINDOW: "ms",
    Constraint.DOCK_WINDOW: "ms",
    Constraint.RELEASE: "ms",
    Constraint.SHIFT_START: "ms",
    Constraint.SHIFT_END: "ms",
    Constraint.BREAK: "ms",
    Constraint.DISTANCE: "m",
    Constraint.DRIVING: "s",
    Constraint.DURATION: "ms",
    Constraint.LEFT: "ms",
}
"""The unit of each constraint's amount; a capacity's is its dimension's, and counts have none."""


@dataclass(frozen=True)
class Violation:
    """A constraint that a plan breaks, by how much, and where.

    ``position`` is the visit's place in its route; ``index`` the shipment, depot, break or set it is about;
    ``dimension`` that of a capacity.
    """

    constraint: Constraint
    amount: int
    vehicle: int | None = None
    position: int | None = None
    index: int | None = None
    dimension: int | None = None

    @property
    def unit(self) -> str:
        """The unit of ``amount``: ms, s, m, or nothing."""
        return UNITS[self.constraint]


@dataclass(frozen=True)
class TimedRoute:
    """A route with its times and cost. ``calls`` begin with the start; an open route has no end call."""

    vehicle: int
    calls: tuple[TimedCall, ...]
    left_at: int
    back_at: int
    distance_m: int
    driving_s: int
    waiting_ms: int
    overtime_ms: int
    cost: int
    violations: tuple[Violation, ...]


class Objective(NamedTuple):
    """What the search minimizes, in this order.

    ``left_out`` sums 4 to the power of the priority over the unserved shipments that have no prize;
    ``net_cost`` is the cost of all routes and the prizes of those left out.
    """

    left_out: int
    net_cost: int


@dataclass(frozen=True)
class PlanEvaluation:
    """A plan in full: ``violations`` are those of every route and those between routes."""

    routes: tuple[TimedRoute, ...]
    unserved: tuple[int, ...]
    violations: tuple[Violation, ...]
    cost: int
    objective: Objective

    @property
    def feasible(self) -> bool:
        """Whether nothing is violated."""
        return not self.violations


class Reason(StrEnum):
    """Why a shipment is in no route."""

    NO_VEHICLE = "no_vehicle"
    """No vehicle is allowed to serve it."""
    MISSING_SKILL = "missing_skill"
    """No vehicle allowed has the skills, or is without those forbidden."""
    NO_DEPOT = "no_depot"
    """No vehicle allowed calls at a depot that may load or take it."""
    TOO_LARGE = "too_large"
    """It is over the capacity of every empty vehicle that may serve it."""
    UNREACHABLE = "unreachable"
    """No way leads there and on."""
    WINDOW_MISSED = "window_missed"
    """Its window closes before any vehicle arrives, even one that serves nothing else."""
    OUT_OF_SHIFT = "out_of_shift"
    """Every vehicle would be back too late, or over a limit, even serving nothing else."""
    COMPANION = "companion"
    """One of those that must share its vehicle cannot be served, or not on the same vehicle."""
    FULL = "full"
    """Every vehicle that may serve it is full in this plan."""
    NO_TIME = "no_time"
    """Vehicles with room for it are too late for its window, or for others', in this plan."""
    CONFLICT = "conflict"
    """Where it would fit, a set that must be kept apart, a break or an order of stops forbids it."""
    PRICE = "price"
    """It costs more than its prize."""
    NOT_FOUND = "not_found"
    """It fits, but the search ended before it was put there."""


class Change(StrEnum):
    """A single change that would admit a shipment."""

    WINDOW = "window"
    """Open the window until ``at``."""
    VEHICLE = "vehicle"
    """One more vehicle like ``vehicle``."""
    CAPACITY = "capacity"
    """``amount`` more of ``dimension`` on ``vehicle``."""
    SHIFT = "shift"
    """``vehicle`` may be back at ``at``."""
    SKILL = "skill"
    """``vehicle`` gets the skills, or is allowed."""
    LIMIT = "limit"
    """``amount`` more of what ``constraint`` limits on ``vehicle``."""
    PRIZE = "prize"
    """A prize of ``amount``."""
    PLACE = "place"
    """Nothing but to put it into the route of ``vehicle``."""


@dataclass(frozen=True)
class Relaxation:
    """The cheapest single change found that would admit a shipment, and what the plan would cost more."""

    change: Change
    cost: int
    text: str
    vehicle: int | None = None
    at: int | None = None
    amount: int | None = None
    dimension: int | None = None
    constraint: Constraint | None = None


@dataclass(frozen=True)
class Unserved:
    """A shipment in no route: the reason, proven against every vehicle, and what would admit it.

    ``short_by`` is how much is lacking where it is least: ms for windows and shifts, load for capacities.
    """

    shipment: int
    reason: Reason
    text: str
    short_by: int | None = None
    relaxation: Relaxation | None = None


@dataclass(frozen=True)
class RoutingPlan:
    """What a search found: its routes, their evaluation, and how long it took."""

    routes: tuple[PlannedRoute, ...]
    evaluation: PlanEvaluation
    iterations: int

    @property
    def unserved(self) -> tuple[int, ...]:
        """The shipments in no route."""
        return self.evaluation.unserved

    @property
    def cost(self) -> int:
        """The cost of all routes."""
        return self.evaluation.cost

    @property
    def objective(self) -> Objective:
        """What was minimized."""
        return self.evaluation.objective
