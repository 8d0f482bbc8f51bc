"""Gremlin servers without an index of labels: how vertices of a kind are found all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gremlin_python.driver.client import Client
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Cardinality, Merge, T

from graph.engines.opening import open_engine
from graph.engines.port import VertexRow
from tests.engines.small_schema import SMALL
from tests.servers.fixtures import servers_wanted
from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.server_process import RunningServer

BY_INDEX = {
    "gremlin-server": ("explain()", "[TinkerGraphStep(vertex,[~label.eq(Depot), vertex_kind.eq(Depot)])]"),
    "janusgraph": ("profile().next()", "index=vertex_kind"),
}
"""How each product shows what it does, and what that says."""


@pytest.mark.parametrize(
    ("product", "start"), [("gremlin-server", start_gremlin_server), ("janusgraph", start_janusgraph)]
)
def test_vertices_of_a_kind_are_found_by_index_whoever_made_them(
    product: str, start: Callable[[Path], RunningServer], tmp_path: Path
) -> None:
    with servers_wanted():
        running = start(tmp_path)
    with running as server:
        _ask(server, "g.addV('Depot').property(T.id, 'depot/foreign').property('name', 'F').id()")
        engine = open_engine(server.url, SMALL)
        g = engine.g
        for _ in range(2):
            engine.prepare()
        engine.run(g.add_v("Depot").property(T.id, "depot/added").property(Cardinality.single, "name", "A"))
        named = {"name": "M"}
        engine.run(g.merge_v({T.id: "depot/merged", T.label: "Depot"}).option(Merge.on_create, named).count())
        rows = [{"m": {T.id: "depot/row", T.label: "Depot"}, "c": {"name": "R"}}]
        merged = g.inject(rows).unfold().as_("r").merge_v(__.select("m"))
        engine.run(merged.option(Merge.on_create, __.select("r").select("c")).count())
        engine.bulk_load([VertexRow("Depot", "depot/loaded", {"name": "L"})], [])

        found = engine.run(g.V().has_label("Depot").order().by(T.id))
        assert found == ["depot/added", "depot/foreign", "depot/loaded", "depot/merged", "depot/row"]
        marks = _ask(server, "g.V().hasLabel('Depot').values('vertex_kind')")
        assert marks == ["Depot"] * 5
        shown = engine.run(g.V().has_label("Depot", "SchemaVersion").order().by(T.id).element_map())
        assert shown[0] == {"id": "depot/added", "label": "Depot", "name": "A"}
        assert [set(each) for each in shown[1:]] == [{"id", "label", "name"}] * 4 + [
            {"id", "label", "version"}
        ]
        assert engine.run(g.V("depot/row").project("all").by(__.value_map().by(__.unfold()))) == [
            {"all": {"name": "R"}}
        ]
        how, shows = BY_INDEX[product]
        shown_plan = _ask(server, f"g.V().hasLabel('Depot').has('vertex_kind', 'Depot').{how}.toString()")
        assert shows in str(shown_plan[0])
        if product == "gremlin-server":
            assert "vertex_kind" in _ask(server, "graph.getIndexedKeys(Vertex)")
        engine.close()


def _ask(server: RunningServer, script: str) -> list[object]:
    """What a script finds, past the adapter."""
    client = Client(server.url, "g", pool_size=1)
    try:
        return list(client.submit(script).all().result(timeout=60))
    finally:
        client.close()
