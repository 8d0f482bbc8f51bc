"""The page that planners look at all day: orders with everything about them, in a few round trips."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from api.clock import RunningClock
from api.operations.assess_readiness import assess_readiness
from api.operations.place_order import LineRequest, PlacedOrder, PlaceOrder, place_orders
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from api.operations.source_orders import source_orders
from tests.api.serving import Served, serving
from tests.worlds import BOLT, C1, C2, C3, DAY_MS, HOUR_MS, PLATE, PUMP, START_AT, VALVE, small_engine

TUESDAY = "2026-03-03"
EVENING = START_AT + 13 * HOUR_MS

ORDERS = """
query ($first: Int!) {
  orders(first: $first) {
    nodes {
      id number status promisedAt expectedAt lateByS
      customer { name location { address } }
      promise { reason onRequest mainWarehouse { name } }
      readiness { ready blockers { kind expectedClearAt evidence { id } } }
      lateness { lateByS causes { kind lateByS words } }
      lines {
        number quantity status
        sku { name price { amount currency } available stocks { available warehouse { name } } }
        allocations { quantity state availableAt cost { amount } source { __typename }
                      stock { onHand sku { name } } purchaseOrderLine { expectedAt } }
        rejected { reason extraCost { amount } warehouse { name } }
      }
      shipments {
        status weightG warehouse { name } allocations { quantity }
        stop { sequence arriveAt next { travelS to { sequence } }
               route { departsAt cost { amount } vehicle { name } plan { inForce } } }
      }
      papers { kind status } holds { kind }
      events(first: 5) { totalCount nodes { kind sequence } }
    }
  }
}"""


@pytest.fixture(scope="module")
def planned() -> Iterator[Served]:
    """60 orders of Monday morning, sourced, assessed and planned for Tuesday in the evening."""
    engine = small_engine()
    wanted = [LineRequest(BOLT, 3), LineRequest(PLATE, 2), LineRequest(PUMP, 1)]
    requests = [
        PlaceOrder(
            f"SO-{n:02d}",
            (C1, C2, C3)[n % 3],
            START_AT + DAY_MS,
            (*wanted, LineRequest(VALVE, 1)) if n % 10 == 0 else tuple(wanted),
        )
        for n in range(60)
    ]
    assert all(isinstance(one, PlacedOrder) for one in place_orders(engine, requests, now=START_AT))
    assert len(source_orders(engine, now=START_AT + HOUR_MS).sourced) == 60
    assess_readiness(engine, day=TUESDAY, now=EVENING)
    draft = plan_routes(engine, day=TUESDAY, now=EVENING, seed=1, iterations=30, in_process=True)
    publish_plan(engine, draft.plan_id, now=EVENING)
    with serving(engine, clock=RunningClock(EVENING, speed=0)) as served:
        yield served
    engine.close()


def test_a_page_of_50_orders_costs_as_many_round_trips_as_one_of_10(planned: Served) -> None:
    trips = {first: planned.round_trips(ORDERS, first=first) for first in (10, 50)}
    assert trips[10] == trips[50]
    assert trips[50] <= 45


def test_the_page_has_all_that_was_asked_for(planned: Served) -> None:
    nodes = planned.ask(ORDERS, first=50)["orders"]["nodes"]
    assert len(nodes) == 50
    routed = [node for node in nodes if node["status"] == "ROUTED"]
    assert routed
    for order in routed:
        for shipment in order["shipments"]:
            assert shipment["stop"]["route"]["plan"]["inForce"]
            assert shipment["stop"]["route"]["vehicle"]["name"]
        assert order["readiness"] == {"ready": True, "blockers": []}
    for order in nodes:
        kinds = [event["kind"] for event in order["events"]["nodes"]]
        assert kinds[:2] == ["ORDER_PROMISED", "ORDER_SOURCED"]
        for line in order["lines"]:
            assert sum(a["quantity"] for a in line["allocations"]) == line["quantity"]


def test_what_is_asked_for_in_fragments_and_under_directives_is_the_same(planned: Served) -> None:
    plain = planned.ask("{ orders(first: 5) { nodes { id lines { id sku { name } } } } }")
    for query in (
        "{ orders(first: 5) { nodes { ...O } } } fragment O on Order { id lines { ...L } } "
        "fragment L on OrderLine { id sku { name } }",
        "{ orders(first: 5) { nodes { id lines @include(if: true) { id ... { sku { name } } } } } }",
        "{ orders(first: 5) { nodes { id ... on Order { lines { id sku { name } } } } } }",
    ):
        assert planned.ask(query) == plain


def test_a_link_asked_for_under_two_names_is_read_once(planned: Served) -> None:
    once = "{ orders(first: 5) { nodes { lines { id } } } }"
    twice = "{ orders(first: 5) { nodes { a: lines { id } b: lines { id } } } }"
    assert planned.round_trips(once) == planned.round_trips(twice) == 2


def test_the_plan_shows_its_routes_in_driving_order(planned: Served) -> None:
    plan: Any = planned.ask(
        """{ planningDay(date: "2026-03-03") { inForce { status served leftOut routeCount
             unserved { reason detail shipment { id } }
             routes { status stops { sequence place { __typename } shipments { id } } } } } }"""
    )["planningDay"]["inForce"]
    assert plan["status"] == "PUBLISHED"
    assert plan["routeCount"] == len(plan["routes"])
    for route in plan["routes"]:
        sequences = [stop["sequence"] for stop in route["stops"]]
        assert sequences == list(range(len(sequences)))
        places = [stop["place"]["__typename"] for stop in route["stops"]]
        assert places[0] == places[-1] == "Warehouse"
        assert set(places[1:-1]) == {"Location"}
    served = sum(len(stop["shipments"]) for route in plan["routes"] for stop in route["stops"])
    assert (served, len(plan["unserved"])) == (plan["served"], plan["leftOut"])
    assert all(left["reason"] and left["detail"] for left in plan["unserved"])
    assert not {left["shipment"]["id"] for left in plan["unserved"]} & {
        shipment["id"]
        for route in plan["routes"]
        for stop in route["stops"]
        for shipment in stop["shipments"]
    }
