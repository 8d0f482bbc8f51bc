"""The first day of the demo world, through the operations: every storyline ends as it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from gremlin_python.process.traversal import T
from rich.console import Console

from api.demo.first_day import RouteSearch, live_first_day, load_world
from api.demo.progress import Phases
from api.demo.timeline import timeline
from api.operations.assess_readiness import readiness_of
from api.operations.explain_lateness import LateOrder, late_orders
from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.schema.model import SCHEMA
from seeds.road_network import ELQUI_BRIDGE_SEGMENTS
from seeds.world.build import World, build_world
from seeds.world.sizes import SMALL
from seeds.world.stage import Outcome

TIMES = timeline()


@pytest.fixture(scope="module", params=[1, 2])
def world(request: pytest.FixtureRequest) -> World:
    return build_world(seed=request.param, orders=60, start_at=TIMES.placed_at, size=SMALL)


@pytest.fixture(scope="module")
def engine(world: World) -> Iterator[Engine]:
    """The world after its first day, with the plan of the planning day in force."""
    engine = open_engine("embedded:", SCHEMA)
    load_world(engine, world)
    search = RouteSearch(seed=1, iterations=50, in_process=True)
    day = live_first_day(engine, world, TIMES, search, Phases(engine, Console(quiet=True)))
    assert day.refused == 0
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def expected(world: World) -> Mapping[str, Outcome]:
    return {id: outcome for storyline in world.storylines for id, outcome in storyline.expected.items()}


@pytest.fixture(scope="module")
def late(engine: Engine) -> Mapping[str, LateOrder]:
    return {order.order_id: order for order in late_orders(engine, now=TIMES.explained_at)}


def test_readiness_names_the_planted_blockers(engine: Engine, expected: Mapping[str, Outcome]) -> None:
    found = readiness_of(engine, list(expected), now=TIMES.explained_at)
    assert {one.order_id: [blocker.kind for blocker in one.blockers] for one in found} == {
        id: [outcome.blocker] if outcome.blocker else [] for id, outcome in expected.items()
    }


def test_late_orders_name_the_planted_causes(
    late: Mapping[str, LateOrder], expected: Mapping[str, Outcome]
) -> None:
    assert {id: late[id].causes[0].kind for id in expected if id in late} == {
        id: outcome.late_cause for id, outcome in expected.items() if outcome.late
    }


def test_the_plan_leaves_out_what_is_planted_for_it(engine: Engine, expected: Mapping[str, Outcome]) -> None:
    rows = engine.run(
        engine.g.V(list(expected))
        .as_("order")
        .out("HAS_SHIPMENT")
        .in_e("LEFT_OUT")
        .as_("why")
        .select("order", "why")
        .by(T.id)
        .by("reason")
    )
    left_out = {row["order"]: row["why"] for row in rows}
    assert {id: left_out[id] for id in expected if id in left_out} == {
        id: outcome.left_out for id, outcome in expected.items() if outcome.left_out
    }


def test_no_route_crosses_a_closed_street(engine: Engine, world: World) -> None:
    closed = {
        segment
        for event in world.day_events
        if event.kind == "road_closed"
        for segment in _ids(event.fields["segment_ids"])
    }
    assert any(segment.endswith(f"/{ELQUI_BRIDGE_SEGMENTS[0]}") for segment in closed)
    crossed = engine.run(engine.g.V().has_label("Route").out("CROSSES").dedup().id_())
    assert crossed
    assert closed.isdisjoint(crossed)


def _ids(value: object) -> tuple[str, ...]:
    assert isinstance(value, tuple)
    return value
