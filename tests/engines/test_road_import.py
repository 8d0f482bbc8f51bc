"""Roads of a map come into every engine alike, and a newer map changes them alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from api.operations.road_network import load_roads
from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.moving.progress import Silent
from graph.schema.model import SCHEMA
from optimizer.roads.network import RoadNetwork
from seeds.openstreetmap.loading import import_roads, read_roads
from seeds.openstreetmap.rows import RoadMap
from tests.engines.conftest import Graphs
from tests.engines.contract_engines import ENGINES, SERVERS
from tests.openstreetmap_files import DrawnMap, turn

OLDER = DrawnMap(
    "ab d\n c e\n f g",
    {
        10: ("abd", {"name": "Rua São João", "maxheight": "3.5"}),
        11: ("bcf", {"oneway": "yes"}),
        12: ("deg", {"hgv": "no"}),
        13: ("fg", {}),
    },
    {
        90: (turn(10, "b", 11), {"restriction": "no_right_turn"}),
        91: (turn(11, [13], 12), {"restriction": "no_left_turn"}),
    },
)
NEWER = DrawnMap(
    OLDER.drawing,
    {
        10: ("abd", {"name": "Rua São João"}),
        11: ("bcf", {}),
        12: ("deg", {}),
        15: ("ce", {}),
        16: ("fg", {}),
    },
    {91: (turn(11, [16], 12), {"restriction": "no_left_turn"})},
)
"""A street is gone and comes back by another number, one is cut anew, a limit and a ban are lifted."""


@pytest.fixture(params=ENGINES)
def model_engine(request: pytest.FixtureRequest, tmp_path: Path, graphs: Graphs) -> Iterator[Engine]:
    """An engine prepared for the model, with nothing in it."""
    name: str = request.param
    if name in SERVERS:
        with graphs.of(name, SCHEMA).emptied() as engine:
            yield engine
        return
    url = {"memory": "embedded:", "store": f"embedded:{tmp_path / 'store'}"}[name]
    with closing(open_engine(url, SCHEMA)) as engine:
        yield engine


def read(tmp_path: Path, drawn: DrawnMap) -> RoadMap:
    return read_roads(drawn.write(tmp_path / "map.osm"), Silent())


def described(network: RoadNetwork) -> object:
    """The network by ids, as it does not depend on the order in which an engine answers."""
    segments = {
        id: (
            network.junction_ids[network.segment_from[place]],
            network.junction_ids[network.segment_to[place]],
            int(network.segment_travel_ms[place]),
            bool(network.segment_forward[place]),
            bool(network.segment_backward[place]),
            int(network.segment_max_height_cm[place]),
            bool(network.segment_hgv[place]),
            network.shape(place).tolist(),
        )
        for place, id in enumerate(network.segment_ids)
    }
    banned = {tuple((network.segment_ids[way >> 1], way & 1) for way in turn) for turn in network.banned}
    return sorted(network.junction_ids), segments, banned


def test_roads_are_imported_again_and_changed_alike_on_every_engine(
    model_engine: Engine, tmp_path: Path
) -> None:
    for drawn, version in ((OLDER, 1), (NEWER, 2)):
        roads = read(tmp_path, drawn)
        first, again = (
            import_roads(model_engine, SCHEMA, roads, name="x", progress=Silent()) for _ in range(2)
        )
        assert (first.version, again.version) == (version, version)
        assert first.written > 0
        assert (again.written, again.removed) == (0, 0)
        with closing(open_engine("embedded:", SCHEMA)) as reference:
            import_roads(reference, SCHEMA, roads, name="x", progress=Silent())
            expected = described(load_roads(reference).standard)
        assert described(load_roads(model_engine).standard) == expected
