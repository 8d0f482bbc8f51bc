"""What is to be routed: vehicles, depots, shipments, and the travel between locations. Frozen values.

Times are UTC epoch milliseconds (``_at``), spans are seconds (``_s``), money is integer minor units. A
location is a row of the travel matrices: depots, addresses and where vehicles start and end alike. A depot,
a vehicle and a shipment are named by their place in the problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HIGHEST_PRIORITY = 5
MOST = 2**50 - 1
"""No amount, time or price may be larger, so that sums of them stay whole numbers everywhere."""


class TimeWindow(NamedTuple):
    """Service may start from ``opens_at`` to ``closes_at``, both included; it may end later."""

    opens_at: int
    closes_at: int


@dataclass(frozen=True)
class SoftWindow:
    """When service should start: each minute before or after costs, pro rata; nobody waits because of it."""

    opens_at: int
    closes_at: int
    cost_per_min: int


@dataclass(frozen=True)
class Stop:
    """Where a shipment is picked up or delivered.

    ``setup_s`` (parking, signing in) is spent once by whoever serves several stops at one location in a row:
    the longest of theirs. ``windows`` are hard, and one of them must be met; without any, every time will do.
    """

    location: int
    service_s: int = 0
    setup_s: int = 0
    windows: tuple[TimeWindow, ...] = ()
    soft: SoftWindow | None = None


@dataclass(frozen=True)
class Shipment:
    """Goods that travel together.

    With a ``delivery`` alone they are loaded at a depot; with a ``pickup`` alone they are brought to one, the
    next at which the vehicle calls; with both, one vehicle does both, in this order.

    ``depots`` are those which may load (or take) them, None for any. ``release_at`` is when they stand ready
    at the depot, or at the pickup. A vehicle must have all ``skills`` and none of ``forbidden``. ``vehicles``
    are those which may, None for all; any but the ``preferred`` ones costs ``elsewhere_cost``.

    ``prize`` is what serving is worth: it is left out where it costs more. None stands for more than any way
    of serving it costs; among those, one of a priority counts as much as four of the priority below.
    """

    id: str
    load: tuple[int, ...]
    pickup: Stop | None = None
    delivery: Stop | None = None
    depots: frozenset[int] | None = None
    release_at: int = 0
    skills: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    vehicles: frozenset[int] | None = None
    preferred: frozenset[int] | None = None
    elsewhere_cost: int = 0
    priority: int = 0
    prize: int | None = None


@dataclass(frozen=True)
class Depot:
    """Where vehicles load and unload.

    A reload starts within one of ``windows`` (the dock's; none: at any time) and takes ``load_s``. What a
    vehicle starts with is loaded before its shift, unless it starts elsewhere: then it first calls to load.
    """

    id: str
    location: int
    windows: tuple[TimeWindow, ...] = ()
    load_s: int = 0


@dataclass(frozen=True)
class Break:
    """A rest that starts within the window; anywhere between two stops unless it has a ``location``.

    It is taken whole, never while driving to a stop is interrupted: before a departure or after an arrival.
    A vehicle that is back before the window closes need not take it.
    """

    window: TimeWindow
    duration_s: int
    location: int | None = None


@dataclass(frozen=True)
class Vehicle:
    """A vehicle with its driver, from ``start`` (a location) to ``end``; None: it ends at its last stop.

    It loads at ``depot`` first, and, up to ``max_reloads`` times, calls at one of ``reload_depots`` to unload
    and load again. What it picked up for a depot it unloads there, or where it ends if that is a depot's
    location. ``profile`` says which travel matrices are its own. The shift may be overrun by ``overtime_s``
    at ``cost_per_overtime_h``, which adds to ``cost_per_h``.
    """

    id: str
    kind: str
    capacity: tuple[int, ...]
    start: int
    end: int | None
    shift_starts_at: int
    shift_ends_at: int
    depot: int = 0
    reload_depots: tuple[int, ...] = ()
    max_reloads: int = 0
    breaks: tuple[Break, ...] = ()
    skills: frozenset[str] = frozenset()
    profile: int = 0
    cost_fixed: int = 0
    """Paid when the vehicle leaves at all."""
    cost_per_km: int = 0
    cost_per_h: int = 0
    """Per hour from leaving until it is back, waiting and breaks included."""
    overtime_s: int = 0
    cost_per_overtime_h: int = 0
    max_stops: int | None = None
    max_distance_m: int | None = None
    max_driving_s: int | None = None
    max_duration_s: int | None = None
    """From leaving until it is back."""


@dataclass(frozen=True, eq=False)
class Travel:
    """Travel of one profile, square, by location: whole seconds and metres; infinite where no way leads."""

    duration_s: NDArray[np.float64]
    distance_m: NDArray[np.float64]


class Visit(NamedTuple):
    """A call of a route: exactly one of the three is set."""

    pickup: int | None = None
    """The shipment that is picked up."""
    delivery: int | None = None
    """The shipment that is delivered."""
    reload: int | None = None
    """The depot where the vehicle unloads and loads."""


@dataclass(frozen=True)
class PlannedRoute:
    """A vehicle's visits in order; the first ``pinned`` of them stay as they are, as the route's beginning.

    ``left_at`` is when the vehicle has left, if it has; then its route cannot start at another time.
    """

    vehicle: int
    visits: tuple[Visit, ...]
    pinned: int = 0
    left_at: int | None = None


@dataclass(frozen=True, eq=False)
class RoutingProblem:
    """A day's routing; :func:`optimizer.routing.validation.validated` says what about it makes no sense.

    ``dimensions`` name what loads and capacities count (``"weight_g"``, ``"pallets"``). Shipments of each
    set of ``together`` share a vehicle or are all left out; no two of a set of ``apart`` share one. Of each
    pair in ``precedence`` the first shipment's last stop comes before the second's first on a vehicle that
    has both.

    ``in_force`` is the plan to start from; every stop that leaves its vehicle of that plan costs
    ``moved_cost``. What a pinned part breaks is reported as it is, and the search adds nothing to it.
    """

    dimensions: tuple[str, ...]
    depots: tuple[Depot, ...]
    vehicles: tuple[Vehicle, ...]
    shipments: tuple[Shipment, ...]
    travel: tuple[Travel, ...]
    together: tuple[frozenset[int], ...] = ()
    apart: tuple[frozenset[int], ...] = ()
    precedence: tuple[tuple[int, int], ...] = ()
    in_force: tuple[PlannedRoute, ...] = ()
    moved_cost: int = 0
