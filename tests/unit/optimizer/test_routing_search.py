"""What plans look like where the right one can be seen, and what is said of what they leave out."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest

from optimizer.routing.problem import RoutingProblem, TimeWindow
from optimizer.routing.schedule import feasible, route
from optimizer.routing.screening import screen
from optimizer.routing.search import plan_routes
from optimizer.routing.solution import Progress, Reason
from tests.unit.optimizer.routing_cases import (
    HOUR,
    MINUTE,
    SEVEN,
    VAN,
    drop,
    on_a_line,
    only_refusal,
    only_route,
    planned,
)


def test_no_delivery_is_an_empty_plan() -> None:
    solution = planned(on_a_line([]))
    assert (solution.routes, solution.unserved, solution.cost) == ((), (), 0)


def test_a_route_out_and_back() -> None:
    route = only_route(on_a_line([drop(2), drop(1)]))
    assert route.distance_m == 20_000
    assert route.duration_s == 4 * 600 + 2 * 300
    assert route.cost == 5_000 + 2_000 + 2_500
    assert (route.load_weight_g, route.load_volume_ml) == (200_000, 1_000_000)
    assert [(stop.wait_s, stop.load_weight_g) for stop in route.stops] == [(0, 100_000), (0, 0)]


def test_a_vehicle_does_not_leave_before_it_must() -> None:
    at_noon = (TimeWindow(SEVEN + 5 * HOUR, SEVEN + 6 * HOUR),)
    before_noon = (TimeWindow(SEVEN, SEVEN + 5 * HOUR),)
    route = only_route(on_a_line([drop(1, windows=before_noon), drop(3, windows=at_noon)]))
    assert [stop.shipment_id for stop in route.stops] == ["to-1", "to-3"]
    assert route.leave_at == SEVEN + 5 * HOUR - 35 * MINUTE
    assert [stop.wait_s for stop in route.stops] == [0, 0]
    assert route.stops[1].service_at == SEVEN + 5 * HOUR


def test_it_waits_between_windows_when_it_has_to() -> None:
    early, late = ((TimeWindow(SEVEN + a * HOUR, SEVEN + a * HOUR + 10 * MINUTE),) for a in (1, 3))
    route = only_route(on_a_line([drop(1, windows=early), drop(2, windows=late)]))
    assert route.leave_at == SEVEN + HOUR
    assert [stop.wait_s for stop in route.stops] == [0, 2 * 3600 - 25 * 60]


def test_it_loads_nothing_before_it_stands_ready() -> None:
    route = only_route(on_a_line([drop(1), drop(2, release_at=SEVEN + 4 * HOUR + 250)]))
    assert route.leave_at >= SEVEN + 4 * HOUR + 250


def test_the_second_of_two_windows_will_do() -> None:
    passed = TimeWindow(SEVEN - 2 * HOUR, SEVEN - HOUR)
    route = only_route(on_a_line([drop(1, windows=(passed, TimeWindow(SEVEN + 3 * HOUR, SEVEN + 4 * HOUR)))]))
    assert route.stops[0].service_at == SEVEN + 3 * HOUR


def test_each_of_several_windows_is_met_once() -> None:
    windows = tuple(TimeWindow(SEVEN + h * HOUR, SEVEN + h * HOUR + 30 * MINUTE) for h in (1, 4))
    route = only_route(on_a_line([drop(i, windows=windows) for i in range(1, 7)]))
    assert sorted(stop.location for stop in route.stops) == [1, 2, 3, 4, 5, 6]


def test_goods_stay_with_the_vehicles_of_their_depot() -> None:
    other = replace(VAN, id="van-9", depot=9)
    solution = planned(on_a_line([drop(1, depot=9), drop(8)], VAN, other))
    assert {route.vehicle_id: route.stops[0].shipment_id for route in solution.routes} == {
        "van-1": "to-8",
        "van-9": "to-1",
    }


def test_skills_bind() -> None:
    cold = replace(VAN, id="cold-1", skills=frozenset({"cold"}), cost_fixed=90_000)
    solution = planned(
        on_a_line([drop(1, skills=frozenset({"cold"})), drop(1, shipment_id="warm")], VAN, cold)
    )
    assert not solution.unserved
    assert "to-1" in {s.shipment_id for r in solution.routes if r.vehicle_id == "cold-1" for s in r.stops}


def test_as_many_as_possible_and_the_rest_is_explained() -> None:
    solution = planned(on_a_line([drop(i, weight_g=g * 1_000) for i, g in ((1, 500), (2, 750), (9, 500))]))
    assert {stop.shipment_id for stop in solution.routes[0].stops} == {"to-1", "to-9"}
    [left] = solution.unserved
    assert (left.shipment_id, left.refusal.reason) == ("to-2", Reason.VEHICLES_FULL)
    assert left.refusal.detail == (
        "every vehicle that may serve it is full: the emptiest, van-1, lacks room for 550 kg"
    )
    assert left.refusal.way_out == "one more vehicle like van-1 (van)"
    assert left.refusal.extra_cost == 5_000 + 2_000 + 2_250


def test_one_urgent_delivery_counts_as_four_of_the_priority_below() -> None:
    def served(priority: int) -> set[str]:
        many = [drop(i, weight_g=600_000) for i in (1, 2)]
        big = drop(9, weight_g=1_200_000, priority=priority)
        return {s.shipment_id for r in planned(on_a_line([*many, big])).routes for s in r.stops}

    assert served(0) == {"to-1", "to-2"}
    assert served(1) == {"to-9"}


def test_limits_of_stops_and_distance_bind() -> None:
    two = planned(on_a_line([drop(i) for i in (1, 2, 3)], replace(VAN, max_stops=2)))
    assert [len(route.stops) for route in two.routes] == [2]
    assert (
        two.unserved[0].refusal.detail == "every vehicle that may serve it has as many stops as it may make"
    )
    near = planned(
        RoutingProblem(
            (replace(VAN, max_distance_m=25_000),),
            (drop(1), drop(2)),
            np.array([[0, 600, 600], [600, 0, 1200], [600, 1200, 0]]),
            np.array([[0, 10_000, 10_000], [10_000, 0, 20_000], [10_000, 20_000, 0]]),
        )
    )
    assert [len(route.stops) for route in near.routes] == [1]
    assert near.unserved[0].refusal.reason is Reason.LEFT_OUT


def test_free_travel_is_still_not_wasted() -> None:
    free = replace(VAN, cost_fixed=0, cost_per_km=0, cost_per_h=0)
    assert only_route(on_a_line([drop(i) for i in (3, 1, 4, 2)], free)).distance_m == 40_000


@pytest.mark.parametrize(
    ("change", "reason", "detail", "way_out"),
    [
        (
            {"depot": 5},
            Reason.NO_VEHICLE_AT_DEPOT,
            "no vehicle starts at its depot",
            "base a vehicle at its depot",
        ),
        (
            {"skills": frozenset({"cold"})},
            Reason.MISSING_SKILL,
            "no vehicle has the skill cold",
            "give a vehicle the skill cold",
        ),
        (
            {"weight_g": 1_400_000},
            Reason.TOO_HEAVY,
            "weight 1,400 kg exceeds the largest vehicle by 200 kg",
            "split it: one vehicle takes 1,200 kg",
        ),
        (
            {"volume_ml": 8_000_500},
            Reason.TOO_BULKY,
            "volume 8,000.5 l exceeds the largest vehicle by 0.5 l",
            "split it: one vehicle takes 8,000 l",
        ),
        (
            {"windows": (TimeWindow(SEVEN - HOUR, SEVEN + 8 * MINUTE),), "location": 2},
            Reason.WINDOW_TOO_EARLY,
            "the window closes 12 min before anything can arrive",
            "keep the window open for 12 min more",
        ),
        (
            {"release_at": SEVEN + 9 * HOUR + 50 * MINUTE},
            Reason.SHIFT_TOO_SHORT,
            "served by itself as early as can be, the vehicle is back 15 min after its shift",
            "let a shift end 15 min later",
        ),
    ],
)
def test_the_impossible_is_refused_with_amounts_and_empties_no_plan(
    change: dict[str, Any], reason: Reason, detail: str, way_out: str
) -> None:
    problem = on_a_line([drop(1, shipment_id="other"), drop(**{"location": 1, **change})])
    solution = planned(problem)
    assert [stop.shipment_id for route in solution.routes for stop in route.stops] == ["other"]
    [one] = solution.unserved
    assert (one.refusal.reason, one.refusal.detail, one.refusal.way_out) == (reason, detail, way_out)
    assert screen(problem) == solution.unserved


def test_skills_that_no_vehicle_has_together() -> None:
    cold, lift = (replace(VAN, id=skill, skills=frozenset({skill})) for skill in ("cold", "lift"))
    refusal = only_refusal(on_a_line([drop(1, skills=frozenset({"cold", "lift"}))], cold, lift))
    assert refusal.detail == "no vehicle has the skills cold and lift together"


def test_the_largest_vehicle_is_that_with_the_skills() -> None:
    cold = replace(VAN, id="cold", skills=frozenset({"cold"}), capacity_weight_g=50_000)
    refusal = only_refusal(on_a_line([drop(1, skills=frozenset({"cold"}))], VAN, cold))
    assert refusal.detail == "weight 100 kg exceeds the largest vehicle that has its skills by 50 kg"


def test_where_no_road_leads() -> None:
    duration = np.array([[0, 600, np.inf], [600, 0, np.inf], [np.inf, np.inf, 0]])
    problem = RoutingProblem((VAN,), (drop(1), drop(2)), duration, duration)
    solution = planned(problem)
    assert [stop.shipment_id for stop in solution.routes[0].stops] == ["to-1"]
    assert solution.unserved[0].refusal.detail == "unreachable: no road leads there from its depot"
    duration[0, 2] = duration[1, 2] = 600
    refusal = only_refusal(RoutingProblem((VAN,), (drop(1), drop(2)), duration, duration))
    assert refusal.detail == "unreachable: no road leads back from there to its depot"


def test_too_far_for_a_limit() -> None:
    refusal = only_refusal(on_a_line([drop(4)], replace(VAN, max_distance_m=39_950)))
    assert (refusal.reason, refusal.detail) == (
        Reason.TOO_FAR,
        "the trip of 40.0 km exceeds what a vehicle may drive by 0.1 km",
    )


def test_a_window_that_clashes_says_by_how_much_and_what_it_would_take() -> None:
    at_eight = (TimeWindow(SEVEN + HOUR, SEVEN + HOUR),)
    problem = on_a_line([drop(1, windows=at_eight, priority=1), drop(2, windows=at_eight)])
    refusal = only_refusal(problem)
    assert refusal.reason is Reason.WINDOW_MISSED
    assert refusal.detail == "every vehicle with room for it is at least 15 min too late for its window"
    assert refusal.way_out == "keep the window open for 15 min more"
    assert refusal.extra_cost == 1_000 + 1_250


def test_no_time_left_in_the_shift() -> None:
    short = replace(VAN, shift_ends_at=SEVEN + 80 * MINUTE)
    refusal = only_refusal(on_a_line([drop(2, service_s=1800), drop(1, service_s=1800, priority=1)], short))
    assert refusal.reason is Reason.OUT_OF_TIME
    assert refusal.detail == "with it, every vehicle with room for it is back 20 min or more after its shift"


def test_a_cancelled_search_says_what_it_did_not_search() -> None:
    problem = on_a_line([drop(1), drop(2, weight_g=9_000_000)])
    solution = plan_routes(problem, seconds=60, cancelled=lambda: True)
    served = {stop.shipment_id for route in solution.routes for stop in route.stops}
    reasons = {one.shipment_id: one.refusal.reason for one in solution.unserved}
    assert reasons.pop("to-2") is Reason.TOO_HEAVY
    assert served | reasons.keys() == {"to-1"}
    assert set(reasons.values()) <= {Reason.NOT_SEARCHED}


def test_progress_ends_with_the_plan() -> None:
    reports: list[Progress] = []
    solution = plan_routes(
        on_a_line([drop(i) for i in range(1, 9)]), iterations=20, on_progress=reports.append
    )
    last = reports[-1]
    assert (last.iterations, last.cost, last.routes, last.unserved) == (20, solution.cost, 1, 0)


def test_a_limit_of_seconds_is_kept() -> None:
    problem = on_a_line([drop(1 + i % 9, shipment_id=f"s{i}", weight_g=1_000) for i in range(60)])
    reports: list[Progress] = []
    plan_routes(problem, seconds=0.3, on_progress=reports.append)
    assert 0.3 <= reports[-1].elapsed_s < 20  # without a limit it would never end


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_small_plans_are_the_best_there_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    at = rng.uniform(0, 20_000, (6, 2))
    metres = np.rint(np.linalg.norm(at[:, None] - at[None], axis=2))
    opens = SEVEN + rng.integers(0, 5, 5) * HOUR
    orders = tuple(
        drop(i + 1, windows=(TimeWindow(int(opens[i]), int(opens[i]) + 2 * HOUR),)) for i in range(5)
    )
    problem = RoutingProblem((VAN,), orders, np.ceil(metres / 8), metres)
    tours = [route(problem, VAN, tour) for tour in permutations(range(5)) if feasible(problem, VAN, tour)]
    costs = [tour.cost for tour in tours if tour is not None]
    assert len(costs) == len(tours)
    assert planned(problem, iterations=200).cost == min(costs)
