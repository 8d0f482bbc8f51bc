"""The demo world after its first day, asked through GraphQL: every storyline comes out as it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from rich.console import Console

from api.clock import RunningClock
from api.demo.first_day import RouteSearch, live_first_day, load_world
from api.demo.progress import Phases
from api.demo.timeline import timeline
from graph.engines.opening import open_engine
from graph.schema.model import SCHEMA
from seeds.world.build import World, build_world
from seeds.world.sizes import SMALL
from seeds.world.stage import Outcome
from tests.api.serving import Served, serving

TIMES = timeline()


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(seed=3, orders=60, start_at=TIMES.placed_at, size=SMALL)


@pytest.fixture(scope="module")
def told(world: World) -> Mapping[str, Outcome]:
    return {id: outcome for storyline in world.storylines for id, outcome in storyline.expected.items()}


@pytest.fixture(scope="module")
def served_day(world: World) -> Iterator[Served]:
    """The world after its first day, served at the time at which the demo explains it."""
    engine = open_engine("embedded:", SCHEMA)
    load_world(engine, world)
    search = RouteSearch(seed=3, iterations=50, in_process=True)
    live_first_day(engine, world, TIMES, search, Phases(engine, Console(quiet=True)))
    with serving(engine, clock=RunningClock(TIMES.explained_at, speed=0)) as running:
        yield running
    engine.close()


def test_late_orders_give_the_planted_causes_down_to_the_fact(
    served_day: Served, told: Mapping[str, Outcome]
) -> None:
    answer = served_day.ask(
        "{ lateOrders(first: 100) { edges { node { id lateByS lateness { causes "
        "{ kind lateByS chain { id __typename } } } } } } }"
    )
    late = {edge["node"]["id"]: edge["node"] for edge in answer["lateOrders"]["edges"]}
    assert {id: late[id]["lateness"]["causes"][0]["kind"] for id in told if id in late} == {
        id: outcome.late_cause for id, outcome in told.items() if outcome.late
    }
    for order in late.values():
        causes = order["lateness"]["causes"]
        assert sum(cause["lateByS"] for cause in causes) == order["lateByS"]
        assert all(cause["chain"][0]["id"] == order["id"] for cause in causes)
    facts = {late[id]["lateness"]["causes"][0]["chain"][-1]["__typename"] for id in told if id in late}
    assert "Event" in facts


def test_readiness_gives_the_planted_blockers_with_their_proof(
    served_day: Served, told: Mapping[str, Outcome]
) -> None:
    for id, outcome in told.items():
        readiness = served_day.ask(
            "query ($id: ID!) { order(id: $id) { readiness { ready blockers "
            "{ kind expectedClearAt evidence { id } } } } }",
            id=id,
        )["order"]["readiness"]
        kinds = [blocker["kind"] for blocker in readiness["blockers"]]
        assert kinds == ([outcome.blocker] if outcome.blocker else [])
        assert readiness["ready"] == (not kinds)
        assert all(blocker["evidence"] for blocker in readiness["blockers"])


def test_the_plan_says_why_it_left_out_what_was_planted_for_it(
    served_day: Served, world: World, told: Mapping[str, Outcome]
) -> None:
    plan = served_day.ask(
        "query ($day: String!) { planningDay(date: $day) { inForce { unserved "
        "{ reason detail shipment { order { id } } } } } }",
        day=world.planning_day.isoformat(),
    )["planningDay"]["inForce"]
    left_out = {row["shipment"]["order"]["id"]: row["reason"] for row in plan["unserved"]}
    assert {id: left_out.get(id) for id, outcome in told.items() if outcome.left_out} == {
        id: outcome.left_out for id, outcome in told.items() if outcome.left_out
    }
