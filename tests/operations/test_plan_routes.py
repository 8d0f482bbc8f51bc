"""Planning a day: every ready shipment on one route or left out with its reason, over open streets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.operations.plan_routes import PlanningCancelled, PlanResult, plan_routes
from api.operations.publish_plan import publish_plan
from graph.engines.port import Engine
from graph.engines.round_trips import count_round_trips
from graph.errors import Conflict, InvalidInput
from graph.schema import ids
from graph.traversals import audit
from optimizer.routing.solution import Progress
from tests.operations.made_orders import TUESDAY, Draw, make_order
from tests.operations.ready_day import (
    BOLTS_1,
    MONDAY_19,
    V1,
    V2,
    change,
    close_street,
    contradictions,
    depart,
    driven,
    plan_in_force,
    ready_orders,
    ready_world,
    refusals,
    retire,
    served_and_left_out,
    shipments_of,
)
from tests.worlds import BOLT, C1, C2, DAY_MS, W1, location_of, small_engine

STREET_OF_C2, STREET_TO_C2 = "road-segment/111", "road-segment/201"
FEW = 50


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = ready_world()
    yield engine
    engine.close()


def plan(engine: Engine, *, day: str = TUESDAY, seed: int = 1, now: int = MONDAY_19) -> PlanResult:
    return plan_routes(engine, day=day, now=now, seed=seed, iterations=FEW, in_process=True)


def test_every_ready_shipment_is_served_once_and_the_plan_stands_up_to_the_checker(engine: Engine) -> None:
    result = plan(engine)
    served, left_out = served_and_left_out(engine, result.plan_id)
    assert set(served) == shipments_of(engine)
    assert set(served.values()) == {1}
    assert not left_out
    assert (result.served, result.left_out, result.currency) == (len(served), 0, "CLP")
    publish_plan(engine, result.plan_id, now=MONDAY_19)
    assert contradictions(engine) == []


def test_a_draft_changes_no_order_and_is_not_in_force(engine: Engine) -> None:
    before = engine.run(audit.orders(engine.g))
    result = plan(engine)
    assert engine.run(audit.orders(engine.g)) == before
    assert plan_in_force(engine) == []
    assert engine.run(engine.g.V(result.plan_id).values("status")) == ["draft"]


def test_the_same_day_and_seed_give_the_same_plan_under_the_next_number(engine: Engine) -> None:
    first, second = plan(engine), plan(engine)
    assert [first.plan_id, second.plan_id] == [ids.plan(TUESDAY, 1), ids.plan(TUESDAY, 2)]
    assert first.cost == second.cost
    stops = [
        [
            (stop["sequence"], stop["arrive_at"], stop["at"], stop["serves"])
            for stop in sorted(engine.run(audit.stops_of(engine.g, [id])), key=lambda s: s["id"])
        ]
        for id in (first.plan_id, second.plan_id)
    ]
    assert stops[0] == stops[1]


def test_a_search_in_a_process_of_its_own_finds_the_same_plan(engine: Engine) -> None:
    here = plan(engine)
    reports: list[Progress] = []
    there = plan_routes(
        engine, day=TUESDAY, now=MONDAY_19, seed=1, iterations=FEW, on_progress=reports.append
    )
    assert (there.cost, there.distance_m, there.served) == (here.cost, here.distance_m, here.served)
    assert reports


def test_shipments_to_one_address_are_consecutive_stops_without_a_drive(engine: Engine) -> None:
    result = plan(engine)
    drives = engine.run(audit.drives_of(engine.g, [result.plan_id]))
    stops = {stop["id"]: stop for stop in engine.run(audit.stops_of(engine.g, [result.plan_id]))}
    for drive in drives:
        same_place = stops[drive["from"]]["at"] == stops[drive["to"]]["at"]
        assert (drive["path"] == "") == same_place
        assert not same_place or (drive["travel_s"], drive["distance_m"]) == (0, 0)


def test_a_day_without_ready_shipments_has_an_empty_plan_that_can_be_published() -> None:
    engine = small_engine()
    result = plan(engine)
    assert (result.routes, result.served, result.left_out, result.cost) == (0, 0, 0, 0)
    assert publish_plan(engine, result.plan_id, now=MONDAY_19).changed
    assert plan_in_force(engine) == [result.plan_id]


def test_without_any_vehicle_everything_is_left_out_for_that_reason(engine: Engine) -> None:
    retire(engine, V1, V2)
    result = plan(engine)
    assert result.left_out_by_reason == {"no_vehicle_at_depot": len(shipments_of(engine))}
    assert result.routes == 0


def test_a_warehouse_without_a_vehicle_keeps_its_own_shipments_alone(engine: Engine) -> None:
    retire(engine, V2)
    result = plan(engine)
    _, left_out = served_and_left_out(engine, result.plan_id)
    assert set(left_out) == {id for id in shipments_of(engine) if id.endswith("/W-2")}
    assert result.left_out_by_reason == {"no_vehicle_at_depot": len(left_out)}


def test_what_no_vehicle_can_carry_is_left_out_with_amounts_and_empties_no_plan(engine: Engine) -> None:
    heavy = make_order(engine, "SO-90", [Draw(BOLT, 1, BOLTS_1)], status="ready")
    hazardous = make_order(engine, "SO-91", [Draw(BOLT, 1, BOLTS_1)], status="ready")
    change(engine, ids.shipment(heavy, W1), weight_g=9_000_000)
    change(engine, ids.shipment(hazardous, W1), hazardous=True)
    result = plan(engine)
    reasons = {id: row["reason"] for id, row in refusals(engine, result.plan_id).items()}
    assert reasons == {ids.shipment(heavy, W1): "too_heavy", ids.shipment(hazardous, W1): "missing_skill"}
    assert "9" in refusals(engine, result.plan_id)[ids.shipment(heavy, W1)]["detail"]
    assert result.served == len(shipments_of(engine)) - 2


def test_a_closed_street_is_driven_around(engine: Engine) -> None:
    open_plan = plan(engine)
    snapped = {row["segment"] for row in engine.run(audit.snaps(engine.g, _places(engine)))}
    busy = sorted(driven(engine, open_plan.plan_id) - snapped)[0]
    close_street(engine, busy)
    closed_plan = plan(engine)
    assert busy not in driven(engine, closed_plan.plan_id)
    assert closed_plan.road_version == open_plan.road_version + 1
    assert closed_plan.served == open_plan.served
    publish_plan(engine, closed_plan.plan_id, now=MONDAY_19)
    assert contradictions(engine) == []


def _places(engine: Engine) -> list[str]:
    return list(engine.run(engine.g.V().has_label("Location", "Warehouse").id_()))


def test_what_a_closure_cuts_off_is_unreachable_and_names_the_closure(engine: Engine) -> None:
    close_street(engine, "road-segment/120", code="ELSEWHERE")
    closure = close_street(engine, STREET_OF_C2, code="BRIDGE")
    result = plan(engine)
    at_c2 = {
        shipment
        for shipment in shipments_of(engine)
        if engine.run(engine.g.V(shipment).in_("HAS_SHIPMENT").out("SHIPS_TO").id_()) == [location_of(C2)]
    }
    found = refusals(engine, result.plan_id)
    assert set(found) == at_c2
    for row in found.values():
        assert row["reason"] == "unreachable"
        assert closure in row["detail"]
        assert "ELSEWHERE" not in row["detail"]


def test_a_window_missed_for_a_detour_names_the_closure_too() -> None:
    engine = small_engine()
    make_order(engine, "SO-1", [Draw(BOLT, 1, BOLTS_1)], customer_id=C2, status="ready")
    change(engine, location_of(C2), opens_s=8 * 3600, closes_s=8 * 3600 + 120)  # it is 104 s away
    assert plan(engine).served == 1
    closure = close_street(engine, STREET_TO_C2)  # and 153 s around the block
    [refusal] = refusals(engine, plan(engine).plan_id).values()
    assert refusal["reason"] == "window_too_early"
    assert closure in refusal["detail"]


def test_an_address_on_no_street_is_left_out_and_says_so(engine: Engine) -> None:
    engine.run(engine.g.V(location_of(C1)).out_e("SNAPS_TO").drop())
    result = plan(engine)
    assert set(result.left_out_by_reason) == {"unreachable"}
    assert all(location_of(C1) in row["detail"] for row in refusals(engine, result.plan_id).values())
    assert result.served > 0


def test_planning_in_the_middle_of_the_day_sends_no_vehicle_into_the_past(engine: Engine) -> None:
    noon = MONDAY_19 + 17 * 3_600_000
    result = plan(engine, now=noon)
    departures = engine.run(engine.g.V(result.plan_id).out("HAS_ROUTE").values("departs_at"))
    assert departures
    assert min(departures) >= noon


def test_a_plan_whose_vehicles_have_left_is_not_planned_again(engine: Engine) -> None:
    publish_plan(engine, plan(engine).plan_id, now=MONDAY_19)
    depart(engine, ids.route(ids.plan(TUESDAY, 1), V1))
    with pytest.raises(Conflict, match="route/2026-03-03/1/V-1 has left"):
        plan(engine)


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "20260303", ""])
def test_a_day_that_is_none_is_refused(engine: Engine, day: str) -> None:
    with pytest.raises(InvalidInput, match="wants a date") as refused:
        plan(engine, day=day)
    assert refused.value.field == "day"


def test_a_day_that_is_past_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="lies in the past: today is 2026-03-02, and 2026-03-01 is over"):
        plan(engine, day="2026-03-01")
    with pytest.raises(InvalidInput, match="lies in the past: today is 2026-03-04"):
        plan(engine, now=MONDAY_19 + 2 * DAY_MS)
    assert engine.run(engine.g.V().has_label("Plan").count()) == [0]


def test_a_day_without_deliveries_is_refused_and_the_next_one_named(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match=r"2026-03-08 is a Sunday, .*next day .* is 2026-03-09") as refused:
        plan(engine, day="2026-03-08")
    assert refused.value.field == "day"


def test_a_cancelled_plan_writes_nothing(engine: Engine) -> None:
    with pytest.raises(PlanningCancelled):
        plan_routes(
            engine,
            day=TUESDAY,
            now=MONDAY_19,
            seed=1,
            iterations=FEW,
            cancelled=lambda: True,
            in_process=True,
        )
    assert engine.run(engine.g.V().has_label("Plan").count()) == [0]


def test_another_day_takes_nothing_of_this_one(engine: Engine) -> None:
    assert plan(engine, day="2026-03-04").served == 0
    wednesday = ids.order("SO-1")
    change(engine, wednesday, day="2026-03-04")
    assert plan(engine, day="2026-03-04", now=MONDAY_19 + DAY_MS).served == len(
        shipments_of(engine, [wednesday])
    )


def test_reading_a_day_costs_the_same_round_trips_for_few_orders_and_for_many() -> None:
    counts = []
    for orders in (4, 100):
        engine = small_engine()
        ready_orders(engine, orders)
        retire(engine, V1, V2)
        with count_round_trips() as trips:
            plan(engine)
        counts.append(trips.count)
    # Without vehicles all shipments are left out; a hundred more of those are one or two more writes.
    assert counts[1] - counts[0] <= 2
