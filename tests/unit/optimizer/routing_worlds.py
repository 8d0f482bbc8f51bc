"""Small named worlds to route in: places on a line, one metre and one second for each unit between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from optimizer.routing.model import (
    Depot,
    PlannedRoute,
    RoutingProblem,
    Shipment,
    Stop,
    TimeWindow,
    Travel,
    Vehicle,
    Visit,
)

NINE = 9 * 3_600_000
"""Nine o'clock on the first of January 1970, when shifts begin here."""


def at(hour: int, minute: int = 0, second: int = 0) -> int:
    """A time of the day all these worlds live."""
    return 1000 * (3600 * hour + 60 * minute + second)


def window(opens: tuple[int, int], closes: tuple[int, int]) -> TimeWindow:
    return TimeWindow(at(*opens), at(*closes))


def line(*places: int, speed: int = 1) -> Travel:
    """Locations on a street at these metres, ``speed`` metres a second."""
    metres = np.abs(np.subtract.outer(places, places)).astype(np.float64)
    return Travel(duration_s=np.ceil(metres / speed), distance_m=metres)


def van(id: str = "van", **but: Any) -> Vehicle:
    fields: dict[str, Any] = {
        "kind": "van",
        "capacity": (10,),
        "start": 0,
        "end": 0,
        "shift_starts_at": at(9),
        "shift_ends_at": at(17),
        "cost_per_km": 1000,
    }
    return Vehicle(id=id, **{**fields, **but})


def parcel(id: str, location: int, *windows: TimeWindow, load: int = 1, **but: Any) -> Shipment:
    """Something to deliver from the depot."""
    stop = {name: but.pop(name) for name in ("service_s", "setup_s", "soft") if name in but}
    return Shipment(id=id, load=(load,), delivery=Stop(location, windows=windows, **stop), **but)


def world(
    travel: Travel, *shipments: Shipment, vehicles: Sequence[Vehicle] = (), **but: Any
) -> RoutingProblem:
    fields: dict[str, Any] = {"depots": (Depot("depot", 0),), "dimensions": ("kg",)}
    return RoutingProblem(
        vehicles=tuple(vehicles) or (van(),), shipments=shipments, travel=(travel,), **{**fields, **but}
    )


def route(*visits: Visit, vehicle: int = 0, **but: Any) -> PlannedRoute:
    return PlannedRoute(vehicle=vehicle, visits=visits, **but)


def deliver(*shipments: int) -> tuple[Visit, ...]:
    return tuple(Visit(delivery=shipment) for shipment in shipments)
