"""Roads brought into a graph: once, twice, changed, interrupted, and refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gremlin_python.process.traversal import Cardinality

from api.check.run import check_graph
from api.operations.locate_addresses import locate
from api.operations.road_network import load_roads
from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import Conflict
from graph.moving.progress import Silent
from graph.moving.reading import GraphReader
from graph.schema.model import SCHEMA
from seeds.openstreetmap import loading
from seeds.openstreetmap.loading import Imported, import_roads, read_roads
from seeds.openstreetmap.rows import RoadMap, road_network
from tests.openstreetmap_files import DrawnMap, Relations, Ways, turn
from tests.worlds import small_world

TOWN = "ab d\n c e\n f g"
STREETS: Ways = {
    10: ("abd", {"name": "North", "maxspeed": "50", "maxheight": "3.5"}),
    11: ("bcf", {"oneway": "yes"}),
    12: ("deg", {"hgv": "no"}),
    13: ("fg", {"highway": "primary"}),
    14: ("fa", {}),
}
BANS: Relations = {
    90: (turn(10, "b", 11), {"restriction": "no_right_turn"}),
    91: (turn(11, [13], 12), {"restriction": "no_left_turn"}),
}


@pytest.fixture
def engine() -> Iterator[Engine]:
    opened = open_engine("embedded:", SCHEMA)
    yield opened
    opened.close()


@pytest.fixture
def town(tmp_path: Path) -> RoadMap:
    return read(tmp_path)


def read(tmp_path: Path, ways: Ways = STREETS, relations: Relations = BANS, drawing: str = TOWN) -> RoadMap:
    return read_roads(DrawnMap(drawing, ways, relations).write(tmp_path / "town.osm"), Silent())


def brought(engine: Engine, roads: RoadMap, name: str = "town") -> Imported:
    return import_roads(engine, SCHEMA, roads, name=name, progress=Silent())


def everything(engine: Engine) -> tuple[set[str], set[str]]:
    """All that is in the graph, but the versions."""
    reader = GraphReader(engine, SCHEMA)
    vertices = {repr(row) for rows in reader.vertices({"RoadNetwork"}) for row in rows}
    return vertices, {repr(row) for rows in reader.edges() for row in rows}


def test_the_graph_gives_the_arrays_that_the_extract_gives(engine: Engine, town: RoadMap) -> None:
    imported = brought(engine, town)
    loaded, expected = load_roads(engine).standard, road_network(town)
    assert imported.version == load_roads(engine).version == 1
    assert dict(zip(loaded.segment_ids, loaded.segment_travel_ms, strict=True)) == dict(
        zip(expected.segment_ids, expected.segment_travel_ms, strict=True)
    )
    for name in ("segment_max_height_cm", "segment_max_weight_kg", "segment_hgv", "segment_forward"):
        by_id = dict(zip(loaded.segment_ids, getattr(loaded, name), strict=True))
        assert by_id == dict(zip(expected.segment_ids, getattr(expected, name), strict=True)), name
    ways = [
        {tuple((network.segment_ids[way >> 1], way & 1) for way in turn) for turn in network.banned}
        for network in (loaded, expected)
    ]
    assert ways[0] == ways[1]
    assert len(ways[0]) == 2
    assert locate(engine, longitude=0.0005, latitude=0.0).segment_id == "road-segment/10.1"


def test_imported_roads_contradict_nothing(engine: Engine, town: RoadMap) -> None:
    brought(engine, town)
    assert check_graph(engine).ok


def test_importing_twice_changes_nothing(engine: Engine, town: RoadMap, tmp_path: Path) -> None:
    first = brought(engine, town)
    before = everything(engine)
    assert brought(engine, read(tmp_path)) == Imported(first.network_id, first.version, 0, 0)
    assert everything(engine) == before


def test_a_newer_extract_leaves_what_a_new_import_of_it_would(engine: Engine, tmp_path: Path) -> None:
    """A street is gone, one is cut anew, one has other tags, one turn is banned no longer, another is."""
    brought(engine, read(tmp_path))
    newer = read(
        tmp_path,
        {
            10: ("abd", {"name": "North", "maxspeed": "30"}),
            11: ("bcf", {}),
            12: ("deg", {}),
            13: ("fg", {"highway": "primary"}),
            15: ("ce", {}),
        },
        {91: (turn(11, "f", 13), {"restriction": "only_left_turn"})},
    )
    imported = brought(engine, newer)
    assert imported.version == 2
    fresh = open_engine("embedded:", SCHEMA)
    brought(fresh, newer)
    assert everything(engine) == everything(fresh)
    fresh.close()
    assert load_roads(engine).standard.segment_ids


def test_a_closed_street_stays_closed(engine: Engine, town: RoadMap, tmp_path: Path) -> None:
    brought(engine, town)
    closed = "road-segment/13.1"
    engine.run(engine.g.V(closed).property(Cardinality.single, "open", False).id_())
    brought(engine, read(tmp_path, {**STREETS, 13: ("fg", {"highway": "secondary"})}))
    [row] = GraphReader(engine, SCHEMA).vertices_of("RoadSegment", [closed])
    assert (row.properties["open"], row.properties["road_class"]) == (False, "secondary")


def test_copies_loaded_before_are_loaded_anew(engine: Engine, town: RoadMap, tmp_path: Path) -> None:
    """A turn that is banned no longer changes no length and no speed."""
    brought(engine, town)
    assert len(load_roads(engine).live.banned) == 2
    brought(engine, read(tmp_path, relations={}))
    assert load_roads(engine).live.banned == ()


class Interrupted(Exception):
    """Somebody pulled the plug."""


class Failing:
    """An engine that fails after so many writes."""

    def __init__(self, engine: Engine, writes: int) -> None:
        self._engine = engine
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def bulk_load(self, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]) -> int:
        self._left -= 1
        if self._left < 0:
            raise Interrupted
        return self._engine.bulk_load(vertices, edges)


@pytest.mark.parametrize("writes", [1, 2, 3, 5, 8, 13])
def test_after_an_interruption_nothing_is_planned_on_the_half_and_the_same_import_goes_on(
    engine: Engine, town: RoadMap, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "ROWS_A_BATCH", 2)
    engine.prepare()
    failing: Any = Failing(engine, writes)
    with pytest.raises(Interrupted):
        brought(failing, town)
    with pytest.raises(Conflict, match="its import was interrupted: finish it first"):
        load_roads(engine)
    assert brought(engine, town).version == 1
    whole = open_engine("embedded:", SCHEMA)
    brought(whole, town)
    assert everything(engine) == everything(whole)
    whole.close()
    assert load_roads(engine).version == 1


def test_a_graph_holds_one_network(engine: Engine, town: RoadMap) -> None:
    brought(engine, town)
    before = everything(engine)
    with pytest.raises(Conflict, match=r"holds the road network road-network/town.*--name town"):
        brought(engine, town, name="village")
    assert everything(engine) == before


def test_a_street_that_something_is_on_does_not_go(tmp_path: Path, engine: Engine) -> None:
    engine.prepare()
    engine.bulk_load(*small_world())
    before = everything(engine)
    with pytest.raises(Conflict, match=r"is on road-segment/.*import this extract into a new graph"):
        brought(engine, read(tmp_path), name="roads")
    assert everything(engine) == before
    assert load_roads(engine).version == 1
