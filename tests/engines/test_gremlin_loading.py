"""Edges loaded into Gremlin servers: all start at one vertex, or are loaded by several at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gremlin_python.process.graph_traversal import __

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, VertexRow
from graph.engines.round_trips import count_round_trips
from graph.errors import UnknownId
from tests.engines.small_schema import SMALL
from tests.servers.fixtures import servers_wanted
from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.server_process import RunningServer


@pytest.mark.parametrize(
    "start", [start_gremlin_server, start_janusgraph], ids=["gremlin-server", "janusgraph"]
)
def test_edges_of_a_hub_are_loaded_once_however_many_load_them(
    start: Callable[[Path], RunningServer], tmp_path: Path
) -> None:
    with servers_wanted():
        running = start(tmp_path)
    with running as server:
        engine = open_engine(server.url, SMALL)
        g = engine.g
        engine.prepare()
        stocks = [VertexRow("Stock", f"stock/{n}", {"available": n}) for n in range(3_000)]
        engine.bulk_load([VertexRow("Depot", "depot/hub", {"name": "hub"}), *stocks], [])
        held = [EdgeRow("HOLDS", "depot/hub", row.id) for row in stocks]
        with count_round_trips() as trips:
            assert engine.bulk_load([], held) == 3_000
        assert trips.count == 3
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: engine.bulk_load([], held[:1_000]), range(4)))
        assert engine.run(g.V("depot/hub").out("HOLDS").count()) == [3_000]

        items = [VertexRow("Item", f"item/{n}", {"name": str(n), "weight_g": n}) for n in range(300)]
        engine.bulk_load(items, [])
        parts = [EdgeRow("PART_OF", row.id, "item/0", {"quantity": 2}) for row in items[1:]]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda _: engine.bulk_load([], parts), range(4))) == [299] * 4
        amounts = g.V("item/0").in_e("PART_OF").values("quantity").group_count()
        assert engine.run(amounts) == [{2: 299}]
        # Twice in one batch, the second time as it is to be.
        changed = [EdgeRow("PART_OF", "item/1", "item/0", {"quantity": n}) for n in (3, 4)]
        assert engine.bulk_load([], changed) == 2
        assert engine.run(g.V("item/1").out_e("PART_OF").values("quantity")) == [4]

        with pytest.raises(UnknownId, match="item/none"):
            engine.bulk_load(
                [], [EdgeRow("PART_OF", e, "item/0", {"quantity": 9}) for e in ("item/2", "item/none")]
            )
        assert engine.run(
            g.V("item/2").out_e("PART_OF").where(__.in_v().has_id("item/0")).values("quantity")
        ) == [2]
        engine.close()
