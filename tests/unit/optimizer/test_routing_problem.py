"""A problem that makes no sense is refused with field and reason, before any search."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.errors import InvalidProblem
from optimizer.routing.problem import RoutingProblem, TimeWindow
from optimizer.routing.search import plan_routes
from tests.unit.optimizer.routing_cases import SEVEN, VAN, drop, on_a_line

SQUARE = np.zeros((2, 2))


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"depot": 10}, "vehicles[0].depot", "is 10; the matrices have locations 0 to 9"),
        ({"depot": -1}, "vehicles[0].depot", "is -1; the matrices have locations 0 to 9"),
        ({"shift_ends_at": SEVEN - 1}, "vehicles[0].shift_ends_at", "is before the shift starts"),
        ({"capacity_weight_g": -1}, "vehicles[0].capacity_weight_g", "is -1, which is negative"),
        (
            {"capacity_volume_ml": 1.5},
            "vehicles[0].capacity_volume_ml",
            "is 1.5, not a whole number",
        ),
        ({"cost_per_km": math.nan}, "vehicles[0].cost_per_km", "is nan, not a whole number"),
        ({"cost_per_h": True}, "vehicles[0].cost_per_h", "is True, not a whole number"),
        ({"cost_fixed": 2**60}, "vehicles[0].cost_fixed", f"is {2**60}, more than {2**50 - 1}"),
        ({"max_stops": -1}, "vehicles[0].max_stops", "is -1, which is negative"),
        ({"max_distance_m": math.inf}, "vehicles[0].max_distance_m", "is inf, not a whole number"),
    ],
)
def test_bad_vehicles(fields: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        on_a_line([drop(1)], replace(VAN, **fields))
    assert (refused.value.field, refused.value.message) == (field, message)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"location": 12}, "deliveries[0].location", "is 12; the matrices have locations 0 to 9"),
        ({"depot": 12}, "deliveries[0].depot", "is 12; the matrices have locations 0 to 9"),
        ({"weight_g": -5}, "deliveries[0].weight_g", "is -5, which is negative"),
        ({"service_s": math.inf}, "deliveries[0].service_s", "is inf, not a whole number"),
        ({"priority": 6}, "deliveries[0].priority", "is 6, more than 5"),
        ({"windows": (TimeWindow(5, 4),)}, "deliveries[0].windows[0]", "closes before it opens"),
        (
            {"windows": (TimeWindow(1, 2), TimeWindow._make((math.nan, 4)))},
            "deliveries[0].windows[1].opens_at",
            "is nan, not a whole number",
        ),
    ],
)
def test_bad_deliveries(fields: dict[str, Any], field: str, message: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        on_a_line([replace(drop(1), **fields)])
    assert (refused.value.field, refused.value.message) == (field, message)


@pytest.mark.parametrize(
    ("duration", "distance", "told"),
    [
        (np.zeros((2, 3)), SQUARE, "duration_s is not square but 2 x 3"),
        (SQUARE, np.zeros(4), "distance_m is not square but 4"),
        (SQUARE, np.zeros((3, 3)), "distance_m has 3 locations, duration_s has 2"),
        (np.array([[0, math.nan], [1, 0]]), SQUARE, "duration_s[0, 1] is not a number"),
        (SQUARE, np.array([[0, 1], [-1, 0]]), "distance_m[1, 0] is negative"),
        (np.array([[0, 1], [1, 3]]), SQUARE, "duration_s[1, 1] is not 0, though it leads nowhere"),
        (np.array([[0, 1e30], [1, 0]]), SQUARE, f"duration_s[0, 1] is more than {2**50 - 1}"),
        (np.array([[0, math.inf], [1, 0]]), SQUARE, "distance_m[0, 1] and duration_s disagree"),
        ([["a"]], SQUARE, "duration_s is not a matrix of numbers"),
    ],
)
def test_bad_matrices(duration: Any, distance: Any, told: str) -> None:
    with pytest.raises(InvalidProblem) as refused:
        RoutingProblem((VAN,), (), duration, distance)
    assert str(refused.value).startswith(told)


def test_no_vehicle_and_doubled_ids() -> None:
    with pytest.raises(InvalidProblem, match="vehicles is empty"):
        RoutingProblem((), (drop(1),), SQUARE, SQUARE)
    with pytest.raises(InvalidProblem, match=r"vehicles\[1\] has the id van-1, which another one has"):
        on_a_line([], VAN, VAN)
    with pytest.raises(InvalidProblem, match=r"deliveries\[1\] has the id to-1, which another one has"):
        on_a_line([drop(1), drop(1)])


def test_parts_of_seconds_are_rounded_up_and_nothing_can_be_changed_afterwards() -> None:
    matrix = np.array([[0, 1.2], [2.0, 0]])
    problem = RoutingProblem((VAN,), (), matrix, matrix)
    matrix[0, 1] = 99
    assert problem.duration_s.tolist() == [[0, 2], [2, 0]]
    assert problem.distance_m.tolist() == [[0, 1], [2, 0]]
    with pytest.raises(ValueError, match="read-only"):
        problem.duration_s[0, 1] = 1


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({}, "seconds or iterations must be given"),
        ({"seconds": -1}, "seconds is -1"),
        ({"seconds": math.nan}, "seconds is nan"),
        ({"iterations": -1}, "iterations is -1, which is negative"),
    ],
)
def test_a_search_without_an_end_is_refused(limits: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidProblem, match=told):
        plan_routes(on_a_line([]), **limits)
