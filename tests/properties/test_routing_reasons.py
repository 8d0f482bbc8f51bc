"""Every shipment that the best plan leaves out has a reason, and the change that is named admits it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from optimizer.routing.model import PlannedRoute, RoutingProblem, Shipment, Stop, TimeWindow, Visit
from optimizer.routing.plan import Activity, Change, Constraint, PlanEvaluation, Reason, Relaxation
from optimizer.routing.reasons import explain_unserved
from tests.properties.routing_brute_force import best_plan
from tests.properties.routing_problems import problems

LIMITED = {
    Constraint.STOPS: ("max_stops", 1),
    Constraint.DISTANCE: ("max_distance_m", 1),
    Constraint.DRIVING: ("max_driving_s", 1),
    Constraint.DURATION: ("max_duration_s", 1000),
    Constraint.RELOADS: ("max_reloads", 1),
}


@settings(max_examples=80, deadline=None, phases=[Phase.generate])
@given(st.data())
def test_what_the_best_plan_leaves_out_is_explained(data: st.DataObject) -> None:
    problem = replace(data.draw(problems(most_shipments=3)), in_force=(), together=())
    plan = best_plan(problem, most_reloads=1)
    planned = routes_of(plan)
    for said in explain_unserved(problem, planned, plan.unserved):
        prize = problem.shipments[said.shipment].prize
        assert said.text
        assert said.reason is not Reason.NOT_FOUND, "the best plan leaves out none that it could serve"
        assert said.reason is not Reason.PRICE or prize is not None
        if said.relaxation is not None and said.reason is not Reason.PRICE:
            changed = after(problem, said.shipment, said.relaxation)
            then = explain_unserved(changed, planned, [said.shipment])[0]
            assert then.reason in (Reason.NOT_FOUND, Reason.PRICE)
            assert then.relaxation is not None
            assert then.relaxation.cost <= said.relaxation.cost


def routes_of(plan: PlanEvaluation) -> list[PlannedRoute]:
    made = {Activity.PICKUP: "pickup", Activity.DELIVERY: "delivery", Activity.RELOAD: "reload"}
    return [
        PlannedRoute(
            timed.vehicle,
            tuple(Visit(**{made[c.activity]: c.index}) for c in timed.calls if c.position is not None),
        )
        for timed in plan.routes
    ]


def after(problem: RoutingProblem, shipment: int, change: Relaxation) -> RoutingProblem:
    """The problem with the change made."""
    one = problem.shipments[shipment]
    if change.change is Change.WINDOW:
        assert change.at is not None
        opened = replace(
            one, pickup=opened_until(one.pickup, change.at), delivery=opened_until(one.delivery, change.at)
        )
        return with_shipment(problem, shipment, opened)
    if change.change is Change.SKILL:
        free = replace(one, skills=frozenset(), forbidden=frozenset(), vehicles=None)
        return with_shipment(problem, shipment, free)
    assert change.vehicle is not None
    vehicle = problem.vehicles[change.vehicle]
    if change.change is Change.VEHICLE:
        another = len(problem.vehicles)
        shipments = tuple(allowing(s, change.vehicle, another) for s in problem.shipments)
        return replace(problem, vehicles=(*problem.vehicles, replace(vehicle, id="new")), shipments=shipments)
    assert change.amount is not None
    if change.change is Change.CAPACITY:
        capacity = list(vehicle.capacity)
        capacity[change.dimension or 0] += change.amount
        vehicle = replace(vehicle, capacity=tuple(capacity))
    elif change.change is Change.SHIFT:
        vehicle = replace(vehicle, overtime_s=vehicle.overtime_s - (-change.amount // 1000))
    else:
        assert change.constraint is not None
        name, unit = LIMITED[change.constraint]
        vehicle = replace(vehicle, **{name: getattr(vehicle, name) - (-change.amount // unit)})
    vehicles = tuple(vehicle if v == change.vehicle else other for v, other in enumerate(problem.vehicles))
    return replace(problem, vehicles=vehicles)


def opened_until(stop: Stop | None, at: int) -> Stop | None:
    if stop is None or not stop.windows:
        return stop
    last = max(stop.windows, key=lambda w: w.closes_at)
    return replace(stop, windows=(*stop.windows, TimeWindow(last.opens_at, max(at, last.closes_at))))


def with_shipment(problem: RoutingProblem, shipment: int, changed: Shipment) -> RoutingProblem:
    shipments = tuple(changed if s == shipment else one for s, one in enumerate(problem.shipments))
    return replace(problem, shipments=shipments)


def allowing(one: Shipment, vehicle: int, another: int) -> Shipment:
    vehicles = (
        one.vehicles | {another} if one.vehicles is not None and vehicle in one.vehicles else one.vehicles
    )
    preferred = one.preferred
    if preferred is not None and vehicle in preferred:
        preferred = preferred | {another}
    return replace(one, vehicles=vehicles, preferred=preferred)
