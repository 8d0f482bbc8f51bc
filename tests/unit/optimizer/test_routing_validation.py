"""What makes no sense is refused with its field and the reason; what merely cannot be served is not."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.errors import InvalidProblem
from optimizer.routing.evaluation import evaluate_plan
from optimizer.routing.model import (
    Break,
    Depot,
    RoutingProblem,
    Shipment,
    Stop,
    TimeWindow,
    Travel,
    Vehicle,
    Visit,
)
from optimizer.routing.validation import validated
from tests.unit.optimizer.routing_worlds import at, deliver, line, parcel, route, van, window, world

STREET = line(0, 600, 1200)
BACKWARDS = TimeWindow(at(10), at(9))


def problem(**but: Any) -> RoutingProblem:
    return replace(world(STREET, parcel("a", 1), parcel("b", 2)), **but)


def with_vehicle(**but: Any) -> RoutingProblem:
    return problem(vehicles=(van(**but),))


def with_shipment(**but: Any) -> RoutingProblem:
    return problem(shipments=(replace(parcel("a", 1), **but),))


def with_matrix(duration: Any, distance: Any = None) -> RoutingProblem:
    duration = np.array(duration, dtype=np.float64)
    distance = duration if distance is None else np.array(distance, dtype=np.float64)
    return problem(travel=(Travel(duration, distance),))


NAN: Any = math.nan

REFUSED: dict[str, tuple[RoutingProblem, str, str]] = {
    "no vehicle": (problem(vehicles=()), "vehicles", "are none"),
    "no depot": (problem(depots=()), "depots", "are none"),
    "no matrix": (problem(travel=()), "travel", "is empty"),
    "a window that closes before it opens": (
        with_shipment(delivery=Stop(1, windows=(window((9, 0), (9, 1)), BACKWARDS))),
        "shipments[0].delivery.windows[1].closes_at",
        "is before opens_at",
    ),
    "a shift that ends before it starts": (
        with_vehicle(shift_ends_at=at(8)),
        "vehicles[0].shift_ends_at",
        "is before shift_starts_at",
    ),
    "a dock's window": (
        problem(depots=(Depot("d", 0, windows=(BACKWARDS,)),)),
        "depots[0].windows[0].closes_at",
        "is before",
    ),
    "a break after the window": (
        with_vehicle(breaks=(Break(window((7, 0), (8, 0)), 60),)),
        "vehicles[0].breaks[0].window",
        "closes before the shift starts",
    ),
    "a negative load": (with_shipment(load=(-1,)), "shipments[0].load.kg", "must not be negative"),
    "too few loads": (with_shipment(load=()), "shipments[0].load", "has 0 amounts for 1 dimensions"),
    "a load that is no number": (with_shipment(load=(NAN,)), "shipments[0].load.kg", "is nan"),
    "a fraction of a load": (with_shipment(load=(1.5,)), "shipments[0].load.kg", "must be a whole number"),
    "a negative cost": (with_vehicle(cost_per_km=-1), "vehicles[0].cost_per_km", "must not be negative"),
    "an infinite cost": (with_vehicle(cost_fixed=math.inf), "vehicles[0].cost_fixed", "is inf"),
    "a cost beyond all sums": (with_vehicle(cost_per_h=2**60), "vehicles[0].cost_per_h", "must not be over"),
    "a negative service time": (
        with_shipment(delivery=Stop(1, service_s=-5)),
        "shipments[0].delivery.service_s",
        "must not be negative",
    ),
    "a time before all time": (with_shipment(release_at=-1), "shipments[0].release_at", "negative"),
    "a priority there is not": (with_shipment(priority=6), "shipments[0].priority", "must not be over 5"),
    "a shipment that goes nowhere": (with_shipment(delivery=None), "shipments[0]", "neither pickup nor"),
    "a place off the map": (
        with_shipment(delivery=Stop(3)),
        "shipments[0].delivery.location",
        "rows 0 to 2",
    ),
    "a depot there is not": (with_vehicle(depot=1), "vehicles[0].depot", "of which there are 1"),
    "a vehicle there is not": (with_shipment(vehicles=frozenset({4})), "shipments[0].vehicles", "names"),
    "two of one name": (
        problem(shipments=(parcel("a", 1), parcel("a", 2))),
        "shipments[1]",
        "each must have its own name",
    ),
    "a shipment before itself": (problem(precedence=((1, 1),)), "precedence[0]", "before itself"),
    "a matrix that is not square": (
        with_matrix(np.zeros((3, 2))),
        "travel[0].duration_s",
        "is not square but 3 x 2",
    ),
    "matrices of two sizes": (
        with_matrix(np.zeros((3, 3)), np.zeros((2, 2))),
        "travel[0].distance_m",
        "has 2 locations where the first matrix has 3",
    ),
    "a matrix with a hole": (
        with_matrix([[0, NAN, 1], [1, 0, 1], [1, 1, 0]]),
        "travel[0].duration_s[0][1]",
        "is not a number",
    ),
    "a matrix below zero": (
        with_matrix([[0, 1, 1], [1, 0, 1], [1, -2, 0]]),
        "travel[0].duration_s[2][1]",
        "is negative",
    ),
    "a matrix of fractions": (
        with_matrix([[0, 1, 1], [1, 0, 1], [0.5, 1, 0]]),
        "travel[0].duration_s[2][0]",
        "is not whole",
    ),
    "time from a place to itself": (
        with_matrix([[0, 1, 1], [1, 7, 1], [1, 1, 0]]),
        "travel[0].duration_s[1][1]",
        "must be 0",
    ),
    "a way with time but no distance": (
        with_matrix([[0, 1, 1], [1, 0, 1], [1, 1, 0]], [[0, 1, 1], [1, 0, 1], [1, math.inf, 0]]),
        "travel[0][2][1]",
        "a time or a distance alone",
    ),
    "a pickup without its delivery in force": (
        problem(
            shipments=(Shipment("a", (1,), pickup=Stop(1), delivery=Stop(2)),),
            in_force=(route(Visit(pickup=0)),),
        ),
        "in_force[0].visits[0]",
        "without its delivery",
    ),
    "more pinned than there is": (
        problem(in_force=(route(*deliver(0), pinned=2),)),
        "in_force[0].pinned",
        "must not be over 1",
    ),
    "two routes of one vehicle": (
        problem(in_force=(route(*deliver(0)), route(*deliver(1)))),
        "in_force[1].vehicle",
        "has a route already",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    refused, field, says = REFUSED[name]
    with pytest.raises(InvalidProblem) as raised:
        validated(refused)
    assert raised.value.field == field
    assert says in raised.value.message


def test_a_hundred_thousand_stops_are_too_many_for_one_vehicle() -> None:
    shipments = tuple(parcel(f"s{i}", 1) for i in range(100_000))
    with pytest.raises(InvalidProblem, match="have 100,000 stops for 1 vehicle"):
        validated(problem(shipments=shipments))


def test_no_stop_is_an_empty_plan() -> None:
    empty = validated(problem(shipments=()))
    plan = evaluate_plan(empty, [])
    assert (plan.routes, plan.cost, plan.feasible) == ((), 0, True)


def test_a_pinned_prefix_that_breaks_its_window_is_no_refusal() -> None:
    late = parcel("late", 1, window((9, 0), (9, 1)))
    pinned = replace(world(STREET, late), in_force=(route(*deliver(0), pinned=1),))
    plan = evaluate_plan(validated(pinned), pinned.in_force)
    assert [v.constraint for v in plan.violations] == ["time_window"]


def test_what_is_allowed_at_the_edges() -> None:
    """No span, no capacity, no way at all, an empty set of vehicles: left out, not refused."""
    nowhere = np.full((3, 3), math.inf)
    np.fill_diagonal(nowhere, 0)
    vehicle: Vehicle = van(capacity=(0,), shift_ends_at=at(9))
    instant = TimeWindow(at(9), at(9))
    validated(
        RoutingProblem(
            dimensions=("kg",),
            depots=(Depot("d", 0),),
            vehicles=(vehicle,),
            shipments=(Shipment("s", (0,), delivery=Stop(1, windows=(instant,)), vehicles=frozenset()),),
            travel=(Travel(nowhere, nowhere),),
            together=(frozenset(),),
        )
    )
