"""Every test of the contract runs on every engine; what one is known not to pass is expected to fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from graph.engines.gaps import GAPS
from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.schema.elements import Schema
from graph.schema.model import SCHEMA
from tests.engines.contract_engines import ENGINES, SERVERS, ServerGraph, title_of
from tests.engines.small_schema import SMALL
from tests.servers.fixtures import servers_wanted
from tests.servers.janusgraph import start_janusgraph
from tests.servers.server_process import RunningServer


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Expect the known gaps, each strictly: one that is closed fails until it leaves the table."""
    met = set()
    for item in items:
        engine, tests = title_of(item)
        for gap in GAPS:
            if gap.engine == engine and gap.test in tests:
                item.add_marker(pytest.mark.xfail(strict=True, reason=gap.reason))
                met.add(gap)
    if _all_are_here(config, items) and (unmet := set(GAPS) - met):
        raise pytest.UsageError(f"graph/engines/gaps.py names tests that there are not: {unmet}")


def _all_are_here(config: pytest.Config, items: list[pytest.Item]) -> bool:
    """Whether every test of this directory was collected, and not a choice of them."""
    chosen = any("::" in argument for argument in config.args) or getattr(config.option, "lf", False)
    return not chosen and set(Path(__file__).parent.glob("test_*.py")) <= {item.path for item in items}


@pytest.fixture(scope="session")
def small_janusgraph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """JanusGraph for the small schema: it types a property by its name alone, and the model's differ."""
    with servers_wanted():
        server = start_janusgraph(tmp_path_factory.mktemp("small-janusgraph"))
    with server:
        yield server


class Graphs:
    """The graphs of the servers that tests have asked for, each prepared once for a schema."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request
        self._known: dict[tuple[str, int], ServerGraph] = {}

    def of(self, name: str, schema: Schema) -> ServerGraph:
        """The graph of the server called ``name``, prepared for ``schema``; started when it is not."""
        key = (name, id(schema))
        if key not in self._known:
            fixture = SERVERS[name]
            if name == "janusgraph" and schema is not SCHEMA:
                fixture = "small_janusgraph_server"
            server: RunningServer = self._request.getfixturevalue(fixture)
            graph = self._known[key] = ServerGraph(server.url, schema)
            # What is added to the session now ends before the server does.
            self._request.node.addfinalizer(graph.close)
        return self._known[key]


@pytest.fixture(scope="session")
def graphs(request: pytest.FixtureRequest) -> Graphs:
    """The servers' graphs."""
    return Graphs(request)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path, graphs: Graphs) -> Iterator[Engine]:
    """An engine prepared for the small schema, with nothing in it but the schema's version."""
    name: str = request.param
    if name in SERVERS:
        with graphs.of(name, SMALL).emptied() as engine:
            yield engine
        return
    engine = open_engine({"memory": "embedded:", "store": f"embedded:{tmp_path / 'store'}"}[name], SMALL)
    engine.prepare()
    yield engine
    engine.close()


@pytest.fixture
def filled(engine: Engine) -> Engine:
    """Two depots that hold bolts and nuts; a door is made of 8 bolts and 2 hinges, a hinge of 4 bolts."""
    items = [("bolt", 12), ("nut", 5), ("hinge", 200), ("door", 15_000)]
    stocks = [("N", "bolt", 500), ("N", "nut", 20), ("S", "bolt", 30), ("S", "nut", 0)]
    engine.bulk_load(
        [
            *(VertexRow("Item", f"item/{code}", {"name": code.title(), "weight_g": g}) for code, g in items),
            *(VertexRow("Depot", f"depot/{code}", {"name": code}) for code in "NS"),
            *(VertexRow("Stock", f"stock/{d}/{i}", {"available": n}) for d, i, n in stocks),
        ],
        [
            *(EdgeRow("STOCK_OF", f"stock/{d}/{i}", f"item/{i}") for d, i, _ in stocks),
            *(EdgeRow("HOLDS", f"depot/{d}", f"stock/{d}/{i}") for d, i, _ in stocks),
            EdgeRow("PART_OF", "item/bolt", "item/door", {"quantity": 8}),
            EdgeRow("PART_OF", "item/hinge", "item/door", {"quantity": 2}),
            EdgeRow("PART_OF", "item/bolt", "item/hinge", {"quantity": 4}),
        ],
    )
    return engine
