"""The main job on a server: the summary of the embedded engine, in a graph that passes the check."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from functools import cache
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from api.check.run import check_graph
from api.demo.run import DemoSettings, run_demo
from api.demo.staging import note_whole, staged_engine
from graph.engines.opening import open_engine
from graph.engines.port import VertexRow
from graph.engines.schema_version import version_id
from graph.errors import InvalidInput
from graph.moving.clearing import clear_graph
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.schema.model import SCHEMA
from seeds.world.sizes import SMALL
from tests.engines.contract_engines import SERVERS
from tests.servers.server_process import RunningServer

ORDERS = 60
WORLD: dict[str, PropertyValue] = {
    "seed": 1,
    "orders": 0,
    "start_at": 0,
    "clock_at": 0,
    "digest": "",
    "planning_day": "2026-03-03",
}


@pytest.fixture(params=SERVERS)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server with an empty graph, which it is again when the test has failed."""
    server: RunningServer = request.getfixturevalue(SERVERS[request.param])
    with closing(open_engine(server.url, SCHEMA)) as engine:
        engine.prepare()
        clear_graph(engine, SCHEMA)
        yield server.url
        clear_graph(engine, SCHEMA)


def _summary(engine_url: str) -> dict[str, Any]:
    settings = DemoSettings(
        engine_url, orders=ORDERS, seed=1, plan_seconds=None, plan_iterations=200, size=SMALL
    )
    summary: dict[str, Any] = run_demo(settings, Console(file=StringIO())).as_json()
    summary.pop("timings")
    return summary


@cache
def _embedded_summary() -> dict[str, Any]:
    return _summary("embedded:")


def test_the_main_job_ends_as_on_the_embedded_engine(url: str) -> None:
    assert _summary(url) == _embedded_summary()
    with closing(open_engine(url, SCHEMA, create=False)) as engine:
        report = check_graph(engine)
    assert report.ok, report.as_json()


@pytest.mark.parametrize("there", [ids.demo_world(), ids.world_in_building()])
def test_a_world_or_a_half_of_one_makes_room_for_the_next(url: str, there: str) -> None:
    with closing(open_engine(url, SCHEMA)) as engine:
        engine.bulk_load(
            [VertexRow("World", there, WORLD), VertexRow("Customer", "customer/ACME", {"name": "Acme"})], []
        )
    with staged_engine(url, SCHEMA, {**WORLD, "seed": 2}) as engine:
        g = engine.g
        assert set(engine.run(g.V().id_())) == {version_id(SCHEMA), ids.world_in_building()}
        note_whole(engine, {**WORLD, "seed": 2})
        assert set(engine.run(g.V().id_())) == {version_id(SCHEMA), ids.demo_world()}


def test_a_graph_that_is_no_demo_world_is_left_alone(url: str) -> None:
    with closing(open_engine(url, SCHEMA)) as engine:
        engine.bulk_load([VertexRow("Customer", "customer/ACME", {"name": "Acme"})], [])
        with pytest.raises(InvalidInput, match="customer/ACME and is no demo world"):
            _summary(url)
        assert engine.run(engine.g.V("customer/ACME").values("name")) == ["Acme"]
