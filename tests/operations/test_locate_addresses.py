"""Locating addresses on the small world's grid, and keeping the road arrays current."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Cardinality

from api.operations.locate_addresses import locate, locate_many
from api.operations.road_network import load_roads
from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import InvalidInput
from graph.schema.model import SCHEMA
from tests.worlds import C1, C2, ROAD_NETWORK, W1, W2, location_of, small_engine

STREET_OF_C1 = "road-segment/101"
ELSEWHERE = (-71.2, -29.9)


@pytest.fixture
def engine() -> Engine:
    return small_engine()


def _way(engine: Engine, place_id: str, warehouse_id: str) -> tuple[int, int]:
    ways = engine.g.V(place_id).out_e("REACHED_FROM").where(__.in_v().has_id(warehouse_id))
    (edge,) = engine.run(ways.value_map().by(__.unfold()))
    return edge["travel_s"], edge["distance_m"]


def _close(engine: Engine, segment_id: str, *, version: int) -> None:
    engine.run(engine.g.V(segment_id).property(Cardinality.single, "open", False).id_())
    engine.run(engine.g.V(ROAD_NETWORK).property(Cardinality.single, "version", version).id_())


def test_an_address_on_a_street_is_reached_there_and_from_each_warehouse(engine: Engine) -> None:
    place = engine.run(engine.g.V(location_of(C1)).project("x", "y").by("longitude").by("latitude"))[0]
    located = locate(engine, longitude=place["x"], latitude=place["y"])
    assert located.segment_id == STREET_OF_C1
    assert located.distance_m < 0.1
    assert set(located.reached_from) == {W1, W2}
    for warehouse_id, (travel_s, distance_m) in located.reached_from.items():
        wanted_s, wanted_m = _way(engine, location_of(C1), warehouse_id)
        assert abs(travel_s - wanted_s) <= 1
        assert abs(distance_m - wanted_m) <= 2


def test_a_closed_street_changes_no_standard_way(engine: Engine) -> None:
    before = locate(engine, longitude=-71.2525, latitude=-29.9)
    _close(engine, STREET_OF_C1, version=2)
    assert locate(engine, longitude=-71.2525, latitude=-29.9) == before


@pytest.mark.parametrize(
    ("longitude", "latitude", "why"),
    [
        (math.nan, -29.9, "longitude nan"),
        (-71.25, math.inf, "latitude inf"),
        (-29.9, -171.25, "latitude -171.25"),
        (-71.2, -29.9, "is on no road"),
        (0.0, 0.0, "is on no road"),
    ],
)
def test_an_address_that_is_nowhere_is_refused(
    engine: Engine, longitude: float, latitude: float, why: str
) -> None:
    with pytest.raises(InvalidInput, match=why) as refused:
        locate(engine, longitude=longitude, latitude=latitude)
    assert refused.value.field == "location"


def test_an_address_at_a_road_that_leads_nowhere_is_refused(engine: Engine) -> None:
    longitude, latitude = ELSEWHERE
    engine.bulk_load(
        [
            VertexRow("Junction", "junction/901", {"longitude": longitude, "latitude": latitude}),
            VertexRow("Junction", "junction/902", {"longitude": longitude, "latitude": latitude - 0.001}),
            VertexRow(
                "RoadSegment",
                "road-segment/900",
                {
                    "name": "Isla",
                    "road_class": "residential",
                    "direction": "both",
                    "length_m": 111.2,
                    "speed_kph": 30.0,
                    "geometry": f"{longitude * 1e6:.0f},{latitude * 1e6:.0f} "
                    f"{longitude * 1e6:.0f},{(latitude - 0.001) * 1e6:.0f}",
                    "open": True,
                },
            ),
        ],
        [
            EdgeRow("STARTS_AT", "road-segment/900", "junction/901"),
            EdgeRow("ENDS_AT", "road-segment/900", "junction/902"),
        ],
    )
    with pytest.raises(InvalidInput, match="road-segment/900, which is not connected"):
        locate(engine, longitude=longitude, latitude=latitude)


def test_many_addresses_cost_as_many_round_trips_as_one(engine: Engine) -> None:
    load_roads(engine)
    before = engine.round_trips
    answers = locate_many(engine, [(-71.2525, -29.9), ELSEWHERE, (-71.2475, -29.905), (math.nan, 0.0)])
    assert engine.round_trips - before == 2
    assert [isinstance(answer, InvalidInput) for answer in answers] == [False, True, False, True]


def test_arrays_are_read_once_per_version_and_keep_their_places(engine: Engine) -> None:
    with ThreadPoolExecutor(8) as threads:
        copies = list(threads.map(lambda _: load_roads(engine), range(16)))
    first = copies[0]
    assert all(copy is first for copy in copies)
    _close(engine, STREET_OF_C1, version=2)
    second = load_roads(engine)
    assert second.version == 2
    assert second.standard is first.standard
    assert second.snapping is first.snapping
    closed = [s for s, shut in zip(second.live.segment_ids, second.live.segment_closed, strict=True) if shut]
    assert closed == [STREET_OF_C1]
    assert not first.live.segment_closed.any()


def test_rebuilt_streets_are_read_anew(engine: Engine) -> None:
    before = load_roads(engine)
    engine.run(engine.g.V(STREET_OF_C1).property(Cardinality.single, "speed_kph", 50.0).id_())
    engine.run(engine.g.V(ROAD_NETWORK).property(Cardinality.single, "version", 2).id_())
    place = before.standard.segment_index[STREET_OF_C1]
    after = load_roads(engine)
    assert after.standard.segment_travel_ms[place] < before.standard.segment_travel_ms[place]


def test_a_graph_without_roads_says_so() -> None:
    with pytest.raises(InvalidInput, match="road network is in the graph 0 times"):
        load_roads(open_engine("embedded:", SCHEMA))


def test_snaps_of_known_places_agree_with_the_world(engine: Engine) -> None:
    place = engine.run(engine.g.V(location_of(C2)).project("x", "y").by("longitude").by("latitude"))[0]
    edge = engine.run(engine.g.V(location_of(C2)).out_e("SNAPS_TO").values("offset_m"))
    located = locate(engine, longitude=place["x"], latitude=place["y"])
    assert located.offset_m == pytest.approx(edge[0], abs=0.5)
