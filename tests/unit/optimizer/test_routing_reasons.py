"""Why a shipment is left out, and what would admit it: each change is made, and then it is admitted."""

from __future__ import annotations

from dataclasses import replace

from optimizer.routing.evaluation import evaluate_plan
from optimizer.routing.model import RoutingProblem, Shipment, Stop, Visit
from optimizer.routing.plan import Change, Reason, Unserved
from optimizer.routing.reasons import explain_unserved
from tests.unit.optimizer.routing_worlds import at, deliver, line, parcel, route, van, window, world

STREET = line(0, 600, 1200, 1800)


def why(problem: RoutingProblem, *routes: tuple[Visit, ...]) -> Unserved:
    """Of the last shipment, with these routes of the first vehicles."""
    planned = [route(*visits, vehicle=v) for v, visits in enumerate(routes)]
    return explain_unserved(problem, planned, [len(problem.shipments) - 1])[0]


def test_no_vehicle_has_the_skill() -> None:
    said = why(world(STREET, parcel("ice", 1, skills=frozenset({"cold"}))))
    assert (said.reason, said.text) == (
        Reason.MISSING_SKILL,
        "no vehicle that may serve it has the skill cold",
    )
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.cost) == (Change.SKILL, 1200)


def test_the_window_closes_before_anything_arrives_by_so_much() -> None:
    problem = world(STREET, parcel("early", 2, window((9, 0), (9, 8))))
    said = why(problem)
    assert (said.reason, said.short_by) == (Reason.WINDOW_MISSED, 12 * 60_000)
    assert "van is 12 min late" in said.text
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.at) == (Change.WINDOW, at(9, 20))
    opened = world(STREET, parcel("early", 2, window((9, 0), (9, 20))))
    assert evaluate_plan(opened, [route(*deliver(0))]).feasible


def test_the_load_is_over_by_so_much_even_alone() -> None:
    said = why(world(STREET, parcel("piano", 1, load=90)))
    assert (said.reason, said.short_by) == (Reason.TOO_LARGE, 80)
    assert "80 kg" in said.text
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.amount) == (Change.CAPACITY, 80)


def test_no_way_leads_there_and_no_change_helps() -> None:
    street = line(0, 600)
    street.duration_s[0, 1] = street.distance_m[0, 1] = float("inf")
    said = why(world(street, parcel("island", 1)))
    assert (said.reason, said.relaxation) == (Reason.UNREACHABLE, None)


def test_no_vehicle_is_allowed_or_back_in_time() -> None:
    assert why(world(STREET, parcel("barred", 1, vehicles=frozenset()))).reason is Reason.NO_VEHICLE
    short = world(STREET, parcel("far", 3), vehicles=[van(shift_ends_at=at(9, 50))])
    said = why(short)
    assert (said.reason, said.short_by) == (Reason.OUT_OF_SHIFT, 10 * 60_000)
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.at) == (Change.SHIFT, at(10))


def test_goods_of_another_depot() -> None:
    said = why(world(STREET, parcel("elsewhere", 1, depots=frozenset())))
    assert said.reason is Reason.NO_DEPOT


def test_every_vehicle_is_full_and_one_more_is_the_way_out() -> None:
    problem = world(STREET, parcel("a", 1, load=8), parcel("b", 2, load=5))
    said = why(problem, deliver(0))
    assert (said.reason, said.short_by) == (Reason.FULL, 3)
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.cost) == (Change.CAPACITY, 1200)
    roomless = replace(problem, vehicles=(van(capacity=(8,), max_stops=1),))
    said = why(roomless, deliver(0))
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.cost) == (Change.VEHICLE, 2400)
    both = replace(problem, vehicles=(van("van"), van("another")))
    assert evaluate_plan(both, [route(*deliver(0)), route(*deliver(1), vehicle=1)]).feasible


def test_vehicles_with_room_have_no_time_for_it() -> None:
    near = parcel("near", 1, window((9, 10), (9, 10)), service_s=180)
    far = parcel("far", 3, window((9, 30), (9, 35)))
    problem = world(STREET, near, far, parcel("late", 2, window((9, 0), (9, 21))))
    said = why(problem, deliver(0, 1))
    assert (said.reason, said.short_by) == (Reason.NO_TIME, 2 * 60_000)
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.at, said.relaxation.cost) == (Change.WINDOW, at(9, 23), 0)


def test_it_costs_more_than_it_is_worth() -> None:
    said = why(world(STREET, parcel("cheap", 3, prize=100)))
    assert said.reason is Reason.PRICE
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.amount) == (Change.PRIZE, 3601)


def test_it_fits_where_the_search_had_not_put_it() -> None:
    said = why(world(STREET, parcel("a", 3), parcel("b", 1)), deliver(0))
    assert said.reason is Reason.NOT_FOUND
    assert said.relaxation is not None
    assert (said.relaxation.change, said.relaxation.cost) == (Change.PLACE, 0)


def test_a_companion_that_cannot_be_served() -> None:
    problem = world(STREET, parcel("lost", 1, load=99), parcel("b", 1), together=(frozenset({0, 1}),))
    said = why(problem)
    assert said.reason is Reason.COMPANION
    assert "lost" in said.text


def test_companions_are_put_in_together_or_not_at_all() -> None:
    problem = world(STREET, parcel("a", 1, load=4), parcel("b", 2, load=4), together=(frozenset({0, 1}),))
    assert why(problem).reason is Reason.NOT_FOUND
    full = replace(problem, vehicles=(van(capacity=(7,)),))
    assert why(full).reason in (Reason.FULL, Reason.CONFLICT)


def test_those_kept_apart_are_the_reason() -> None:
    problem = world(STREET, parcel("a", 1), parcel("b", 1), apart=(frozenset({0, 1}),))
    said = why(problem, deliver(0))
    assert said.reason is Reason.CONFLICT
    assert "kept apart" in said.text


def test_what_is_pinned_stays_first_and_what_it_breaks_is_not_held_against_the_rest() -> None:
    late = parcel("late", 2, window((9, 0), (9, 1)))
    across = Shipment("across", (1,), pickup=Stop(1), delivery=Stop(3))
    problem = replace(world(STREET, late, across), in_force=(route(*deliver(0), pinned=1),))
    said = why(problem, deliver(0))
    assert said.reason is Reason.NOT_FOUND
    assert said.relaxation is not None
    assert said.relaxation.cost == 2400


def test_a_reload_makes_room() -> None:
    problem = world(STREET, parcel("a", 1, load=8), parcel("b", 2, load=5))
    reloading = replace(problem, vehicles=(van(reload_depots=(0,), max_reloads=1),))
    said = why(reloading, deliver(0))
    assert said.reason is Reason.NOT_FOUND
    assert said.relaxation is not None
    assert said.relaxation.cost == 2400
