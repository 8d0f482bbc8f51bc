"""Plan mode, constraint by constraint: what a route's times are, what it costs, what it violates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optimizer.errors import InvalidProblem
from optimizer.routing.evaluation import evaluate_plan, evaluate_route
from optimizer.routing.model import Break, Depot, RoutingProblem, Shipment, SoftWindow, Stop, Visit
from optimizer.routing.plan import Activity, Constraint, Objective, TimedCall, TimedRoute
from tests.unit.optimizer.routing_worlds import at, deliver, line, parcel, route, van, window, world

STREET = line(0, 600, 1200, 1800)
"""The depot at its beginning, then a place every ten minutes."""


def evaluated(problem: RoutingProblem, *visits: Visit, **but: Any) -> TimedRoute:
    return evaluate_route(problem, route(*visits, **but))


def violated(timed: TimedRoute) -> dict[str, int]:
    return {one.constraint.value: one.amount for one in timed.violations}


def call(timed: TimedRoute, activity: Activity, index: int | None = None) -> TimedCall:
    return next(c for c in timed.calls if c.activity is activity and index in (None, c.index))


def test_a_vehicle_leaves_as_late_as_it_can_without_being_back_later() -> None:
    problem = world(STREET, parcel("a", 1, window((10, 0), (11, 0)), service_s=300))
    timed = evaluated(problem, *deliver(0))
    assert (timed.left_at, timed.back_at) == (at(9, 50), at(10, 15))
    assert timed.waiting_ms == 0


def test_the_next_window_is_waited_for_and_the_last_one_missed() -> None:
    windows = window((9, 0), (9, 5)), window((9, 30), (9, 40))
    problem = world(STREET, parcel("a", 1, *windows), parcel("b", 2, window((9, 0), (9, 12))))
    timed = evaluated(problem, *deliver(0, 1))
    assert call(timed, Activity.DELIVERY, 0).start_at == at(9, 30)
    assert call(timed, Activity.DELIVERY, 1).start_at == at(9, 40)
    assert violated(timed) == {"time_window": 28 * 60_000}


def test_setup_is_spent_once_at_an_address_and_its_longest_counts() -> None:
    problem = world(
        STREET,
        parcel("a", 1, setup_s=60, service_s=10),
        parcel("b", 1, setup_s=100, service_s=10),
        parcel("c", 2, setup_s=30),
        parcel("d", 1, setup_s=60),
    )
    timed = evaluated(problem, *deliver(0, 1, 2, 3))
    assert [c.setup_s for c in timed.calls if c.activity is Activity.DELIVERY] == [60, 40, 30, 60]


def test_the_load_is_counted_from_depot_to_door_and_from_pickup_to_depot() -> None:
    collected = Shipment(id="back", load=(7,), pickup=Stop(2))
    carried = Shipment(id="across", load=(4,), pickup=Stop(1), delivery=Stop(3))
    problem = world(STREET, parcel("a", 1, load=5), collected, carried)
    visits = (Visit(pickup=1), Visit(delivery=0), Visit(pickup=2), Visit(delivery=2))
    timed = evaluated(problem, *visits)
    assert [c.load for c in timed.calls] == [(5,), (12,), (7,), (11,), (7,), (0,)]
    assert [(v.constraint, v.amount, v.position) for v in timed.violations] == [(Constraint.CAPACITY, 2, 0)]


def test_a_reload_waits_for_the_dock_and_for_the_goods_and_takes_its_time() -> None:
    depot = Depot("depot", 0, windows=(window((10, 0), (12, 0)),), load_s=600)
    late = parcel("late", 1, release_at=at(10, 30))
    problem = world(
        STREET,
        parcel("a", 1, load=9),
        replace(late, load=(9,)),
        depots=(depot,),
        vehicles=[van(reload_depots=(0,), max_reloads=1)],
    )
    timed = evaluated(problem, *deliver(0), Visit(reload=0), *deliver(1))
    reload = call(timed, Activity.RELOAD)
    assert (reload.start_at, reload.done_at, reload.load) == (at(10, 30), at(10, 40), (9,))
    assert timed.left_at == at(10, 10)
    assert violated(timed) == {}
    assert violated(evaluated(problem, *deliver(0), Visit(reload=0), *deliver(1), vehicle=0)) == {}


def test_who_starts_elsewhere_calls_at_the_depot_to_load() -> None:
    problem = world(STREET, parcel("a", 2), vehicles=[van(start=3, end=None)])
    timed = evaluated(problem, *deliver(0))
    assert [c.activity for c in timed.calls] == [Activity.START, Activity.LOAD, Activity.DELIVERY]
    assert timed.distance_m == 1800 + 1200


def test_what_is_loaded_at_the_start_must_be_ready_and_who_has_left_cannot_wait() -> None:
    problem = world(STREET, parcel("a", 1, release_at=at(9, 20)))
    assert evaluated(problem, *deliver(0)).left_at == at(9, 20)
    assert violated(evaluated(problem, *deliver(0), left_at=at(9, 15))) == {"release": 5 * 60_000}


def test_a_break_is_taken_where_the_vehicle_waits_anyway() -> None:
    noon = Break(window((9, 15), (10, 0)), duration_s=1200)
    problem = world(
        STREET,
        parcel("a", 1, window((9, 0), (9, 10))),
        parcel("b", 2, window((10, 0), (10, 0))),
        vehicles=[van(breaks=(noon,))],
    )
    timed = evaluated(problem, *deliver(0, 1))
    rest = call(timed, Activity.BREAK)
    assert (rest.location, rest.start_at, timed.back_at) == (1, at(9, 15), at(10, 20))
    assert violated(timed) == {}


def test_a_break_has_its_place_and_who_is_back_before_it_closes_needs_none() -> None:
    canteen = Break(window((9, 30), (9, 45)), duration_s=600, location=3)
    problem = world(STREET, parcel("a", 1), parcel("b", 1, service_s=3600), vehicles=[van(breaks=(canteen,))])
    assert [c.activity for c in evaluated(problem, *deliver(0)).calls].count(Activity.BREAK) == 0
    timed = evaluated(problem, *deliver(0, 1))
    assert call(timed, Activity.BREAK).location == 3
    assert timed.distance_m == 2 * 1800


def test_a_rest_before_leaving_is_no_time_on_the_road() -> None:
    early = Break(window((9, 0), (9, 30)), duration_s=1800)
    problem = world(
        STREET, parcel("a", 1, window((10, 0), (11, 0))), vehicles=[van(breaks=(early,), cost_per_h=60)]
    )
    timed = evaluated(problem, *deliver(0))
    assert [c.activity for c in timed.calls][:2] == [Activity.BREAK, Activity.START]
    assert timed.left_at == at(9, 50)
    assert timed.cost == 1200 + 20


def test_the_cost_adds_up_and_is_rounded_once() -> None:
    soft = SoftWindow(at(9, 0), at(9, 5), cost_per_min=3)
    problem = world(
        STREET,
        parcel("a", 1, soft=soft, preferred=frozenset(), elsewhere_cost=11),
        vehicles=[
            van(
                cost_fixed=1000,
                cost_per_km=101,
                cost_per_h=1,
                shift_ends_at=at(9, 10),
                overtime_s=900,
                cost_per_overtime_h=60,
            )
        ],
    )
    # 1.2 km, 20 min, 10 min of overtime, 5 min after the soft window: 121.2 + 1/3 + 10 + 15 = 146.53
    assert evaluated(problem, *deliver(0)).cost == 1000 + 11 + 147


def test_every_limit_is_named_with_its_amount() -> None:
    strict = van(
        max_stops=1, max_distance_m=2000, max_driving_s=2300, max_duration_s=2000, shift_ends_at=at(9, 10)
    )
    problem = world(STREET, parcel("a", 1), parcel("b", 2), vehicles=[strict])
    assert violated(evaluated(problem, *deliver(0, 1))) == {
        "stops": 1,
        "distance": 400,
        "driving": 100,
        "duration": 400_000,
        "shift_end": 1_800_000,
    }


def test_who_may_serve_whom_is_checked_stop_by_stop() -> None:
    problem = world(
        STREET,
        parcel("cold", 1, skills=frozenset({"cold"}), forbidden=frozenset({"smoker"})),
        parcel("other", 1, vehicles=frozenset(), depots=frozenset()),
        vehicles=[van(skills=frozenset({"smoker"}))],
        apart=(frozenset({0, 1}),),
        precedence=((1, 0),),
    )
    assert violated(evaluated(problem, *deliver(0, 1))) == {
        "skill": 1,
        "forbidden_skill": 1,
        "vehicle": 1,
        "depot": 1,
        "precedence": 1,
        "apart": 1,
    }


def test_a_plan_answers_for_what_routes_share_and_what_is_pinned() -> None:
    shipments = [parcel("a", 1), parcel("b", 2), parcel("c", 3, prize=500), parcel("d", 3, priority=2)]
    problem = world(
        STREET,
        *shipments,
        vehicles=[van("one"), van("two")],
        together=(frozenset({0, 1}),),
        in_force=(route(*deliver(0, 1), pinned=1, left_at=at(9, 30)),),
        moved_cost=50,
    )
    plan = evaluate_plan(problem, [route(*deliver(1)), route(*deliver(0), vehicle=1)])
    assert {(v.constraint, v.amount) for v in plan.violations} == {
        (Constraint.TOGETHER, 1),
        (Constraint.PINNED, 1),
        (Constraint.LEFT, 30 * 60_000),
    }
    assert plan.unserved == (2, 3)
    assert plan.cost == 2400 + 1200 + 50
    assert plan.objective == Objective(left_out=16, net_cost=3650 + 500)


@pytest.mark.parametrize(
    ("visits", "says"),
    [
        ((Visit(),), "exactly one of"),
        ((Visit(delivery=0, reload=0),), "exactly one of"),
        ((Visit(delivery=9),), "of which there are 2"),
        ((Visit(pickup=0),), "which has none"),
        (deliver(0, 0), "twice"),
        ((Visit(pickup=1),), "without its delivery"),
        ((Visit(delivery=1),), "without its pickup"),
    ],
)
def test_routes_that_make_no_sense_are_refused(visits: tuple[Visit, ...], says: str) -> None:
    both = Shipment(id="b", load=(1,), pickup=Stop(1), delivery=Stop(2))
    with pytest.raises(InvalidProblem, match=says):
        evaluated(world(STREET, parcel("a", 1), both), *visits)
