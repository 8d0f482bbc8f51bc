"""Random small routing problems with every constraint on, and random routes for them, sensible or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from optimizer.routing.model import (
    Break,
    Depot,
    PlannedRoute,
    RoutingProblem,
    Shipment,
    SoftWindow,
    Stop,
    TimeWindow,
    Travel,
    Vehicle,
    Visit,
)

MINUTE = 60_000
DAY = 8 * 60
"""Minutes in which all windows and shifts lie."""

SKILLS = st.sets(st.sampled_from(["cold", "lift"]), max_size=1).map(frozenset)
COSTS = st.sampled_from([0, 0, 7, 1000])


def rarely(strategy: st.SearchStrategy[Any], otherwise: Any = None) -> st.SearchStrategy[Any]:
    """Mostly nothing: so that problems stay solvable though anything may be on."""
    return st.one_of(st.just(otherwise), st.just(otherwise), strategy)


@st.composite
def windows(draw: st.DrawFn, *, shortest: int = 0) -> TimeWindow:
    opens = draw(st.integers(0, DAY))
    closes = opens + draw(st.integers(shortest, DAY // 2))
    return TimeWindow(opens * MINUTE, closes * MINUTE)


@st.composite
def stops(draw: st.DrawFn, locations: int) -> Stop:
    soft = draw(rarely(st.tuples(windows(), st.integers(0, 90))))
    return Stop(
        location=draw(st.integers(0, locations - 1)),
        service_s=draw(st.sampled_from([0, 45, 600])),
        setup_s=draw(st.sampled_from([0, 0, 120, 300])),
        windows=tuple(draw(rarely(st.lists(windows(), min_size=1, max_size=2), ()))),
        soft=None if soft is None else SoftWindow(soft[0].opens_at, soft[0].closes_at, soft[1]),
    )


@st.composite
def travel(draw: st.DrawFn, locations: int) -> Travel:
    """Any times and metres, not metric; now and then no way."""
    size = locations * locations
    minutes = draw(st.lists(st.integers(0, 60), min_size=size, max_size=size))
    metres = draw(st.lists(st.integers(0, 5000), min_size=size, max_size=size))
    duration = np.array(minutes, dtype=np.float64).reshape(locations, locations) * 60
    distance = np.array(metres, dtype=np.float64).reshape(locations, locations)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        gap = draw(st.integers(0, locations - 1)), draw(st.integers(0, locations - 1))
        duration[gap] = distance[gap] = np.inf
    np.fill_diagonal(duration, 0)
    np.fill_diagonal(distance, 0)
    return Travel(duration, distance)


@st.composite
def shipments(draw: st.DrawFn, number: int, locations: int, depots: int, vehicles: int) -> Shipment:
    ends = draw(st.sampled_from(["delivery", "delivery", "pickup", "both"]))
    some_vehicles = st.frozensets(st.integers(0, vehicles - 1), max_size=vehicles)
    return Shipment(
        id=f"s{number}",
        load=(draw(st.integers(0, 6)), draw(st.integers(0, 3))),
        pickup=draw(stops(locations)) if ends != "delivery" else None,
        delivery=draw(stops(locations)) if ends != "pickup" else None,
        depots=draw(rarely(st.frozensets(st.integers(0, depots - 1), min_size=1))),
        release_at=draw(rarely(st.integers(0, DAY), 0)) * MINUTE,
        skills=draw(rarely(SKILLS, frozenset())),
        forbidden=draw(rarely(SKILLS, frozenset())),
        vehicles=draw(rarely(some_vehicles)),
        preferred=draw(rarely(some_vehicles)),
        elsewhere_cost=draw(COSTS),
        priority=draw(st.integers(0, 5)),
        prize=draw(rarely(st.integers(0, 20_000))),
    )


@st.composite
def breaks(draw: st.DrawFn, locations: int, *, not_before: int) -> Break:
    opens = draw(st.integers(0, DAY))
    closes = max(opens + draw(st.integers(0, 120)), not_before)
    location = draw(rarely(st.integers(0, locations - 1)))
    window = TimeWindow(opens * MINUTE, closes * MINUTE)
    return Break(window, duration_s=draw(st.sampled_from([0, 900, 1800])), location=location)


@st.composite
def vehicles(draw: st.DrawFn, number: int, locations: int, depot_places: Sequence[int]) -> Vehicle:
    shift = draw(windows(shortest=60))
    depot = draw(st.integers(0, len(depot_places) - 1))
    starts = draw(st.integers(0, DAY // 4))
    place = st.integers(0, locations - 1)
    some_depots = st.lists(st.integers(0, len(depot_places) - 1), max_size=2, unique=True)
    resting = rarely(st.lists(breaks(locations, not_before=starts), max_size=2), ())
    return Vehicle(
        id=f"v{number}",
        kind=draw(st.sampled_from(["van", "truck"])),
        capacity=(draw(st.integers(4, 14)), draw(st.integers(2, 8))),
        start=draw(rarely(place, depot_places[depot])),
        end=draw(rarely(st.one_of(st.none(), place), depot_places[depot])),
        shift_starts_at=starts * MINUTE,
        shift_ends_at=starts * MINUTE + shift.closes_at,
        depot=depot,
        reload_depots=tuple(draw(some_depots)),
        max_reloads=draw(st.integers(0, 2)),
        breaks=tuple(draw(resting)),
        skills=draw(SKILLS),
        cost_fixed=draw(COSTS),
        cost_per_km=draw(COSTS),
        cost_per_h=draw(COSTS),
        overtime_s=draw(st.sampled_from([0, 0, 3600])),
        cost_per_overtime_h=draw(COSTS),
        max_stops=draw(rarely(st.integers(1, 6))),
        max_distance_m=draw(rarely(st.integers(1000, 20_000))),
        max_driving_s=draw(rarely(st.integers(600, 14_400))),
        max_duration_s=draw(rarely(st.integers(600, 30_000))),
    )


@st.composite
def problems(draw: st.DrawFn, *, most_shipments: int = 5) -> RoutingProblem:
    locations = draw(st.integers(2, 6))
    depot_places = draw(st.lists(st.integers(0, locations - 1), min_size=1, max_size=2))
    fleet = draw(st.integers(1, 3))
    number = draw(st.integers(1, most_shipments))
    some = st.frozensets(st.integers(0, number - 1), max_size=3)
    pairs = st.tuples(st.integers(0, number - 1), st.integers(0, number - 1)).filter(lambda p: p[0] != p[1])
    problem = RoutingProblem(
        dimensions=("kg", "pallets"),
        depots=tuple(
            Depot(
                id=f"d{d}",
                location=place,
                windows=tuple(draw(rarely(st.lists(windows(shortest=60), min_size=1, max_size=2), ()))),
                load_s=draw(st.sampled_from([0, 600])),
            )
            for d, place in enumerate(depot_places)
        ),
        vehicles=tuple(draw(vehicles(v, locations, depot_places)) for v in range(fleet)),
        shipments=tuple(draw(shipments(s, locations, len(depot_places), fleet)) for s in range(number)),
        travel=(draw(travel(locations)),),
        together=tuple(draw(rarely(st.lists(some, max_size=1), ()))),
        apart=tuple(draw(rarely(st.lists(some, max_size=1), ()))),
        precedence=tuple(draw(rarely(st.lists(pairs, max_size=2), ()))) if number > 1 else (),
        moved_cost=draw(COSTS),
    )
    if draw(st.booleans()):
        in_force = draw(routes(problem, departs=True))
        problem = RoutingProblem(**{**problem.__dict__, "in_force": in_force})
    return problem


@st.composite
def routes(draw: st.DrawFn, problem: RoutingProblem, *, departs: bool = False) -> tuple[PlannedRoute, ...]:
    """Routes that make sense, but may violate anything: the shipments anyhow on the vehicles."""
    visits: list[list[Visit]] = [[] for _ in problem.vehicles]
    for s, shipment in enumerate(problem.shipments):
        vehicle = draw(st.integers(-1, len(problem.vehicles) - 1))
        if vehicle < 0:
            continue
        row = visits[vehicle]
        if shipment.pickup is not None:
            row.insert(draw(st.integers(0, len(row))), Visit(pickup=s))
        if shipment.delivery is not None:
            row.insert(draw(st.integers(0, len(row))), Visit(delivery=s))
    for row in visits:
        for _ in range(draw(rarely(st.integers(1, 2), 0))):
            depot = draw(st.integers(0, len(problem.depots) - 1))
            row.insert(draw(st.integers(0, len(row))), Visit(reload=depot))
    planned = []
    for v, row in enumerate(visits):
        pinned = draw(st.integers(0, len(row))) if departs else 0
        left = draw(rarely(st.integers(0, DAY // 3))) if departs or draw(st.booleans()) else None
        left_at = None if left is None else left * MINUTE
        planned.append(PlannedRoute(v, tuple(row), pinned=pinned, left_at=left_at))
    return tuple(planned)
