"""The committed road extract, and the script that made it."""

from __future__ import annotations

import sqlite3
import struct
import time
import zipfile
from collections import Counter
from collections.abc import Set as AbstractSet
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from pathlib import Path

import networkx as nx
import pytest

from seeds.road_network import (
    DEFAULT_SPEED_KPH,
    ELQUI_BRIDGE_SEGMENTS,
    ELQUI_BRIDGES,
    EXTRACT,
    RoadExtract,
    Segment,
    read_road_extract,
)
from seeds.roads import extract as script

SQUARE = (-71.2519, -29.9027)
"""The Plaza de Armas of La Serena, south of the river."""
LAS_COMPANIAS = (-71.2440, -29.8855)
"""Its nearer part, north of the river."""


@pytest.fixture(scope="module")
def roads() -> RoadExtract:
    return read_road_extract()


def test_what_is_in_it(roads: RoadExtract) -> None:
    assert len(roads.junctions) == 15_591
    assert len(roads.segments) == 19_846
    assert roads.bounding_box == (-71.355616, -30.078971, -71.16581, -29.829589)
    assert Counter(segment.direction for segment in roads.segments) == {"both": 14_426, "forward": 5_420}
    assert {segment.road_class for segment in roads.segments} == set(DEFAULT_SPEED_KPH)
    assert sum(segment.length_m for segment in roads.segments) == pytest.approx(1_468_391, abs=1)


def test_who_made_the_map_is_said(roads: RoadExtract) -> None:
    assert (roads.attribution, roads.license) == ("(c) OpenStreetMap contributors", "ODbL-1.0")
    notice = EXTRACT.with_name("NOTICE").read_text()
    assert "(c) OpenStreetMap contributors" in notice
    assert "Open Database License" in notice


def test_it_is_small_and_quick_to_read() -> None:
    assert EXTRACT.stat().st_size < 500_000
    started = time.process_time()
    read_road_extract()
    assert time.process_time() - started < 5  # of the processor, whatever else it does


def test_ids_are_unique_and_ascending(roads: RoadExtract) -> None:
    for ids in ([row.id for row in roads.junctions], [row.id for row in roads.segments]):
        assert ids == sorted(set(ids))


def test_every_segment_leads_from_its_start_to_its_end(roads: RoadExtract) -> None:
    places = {junction.id: (junction.longitude, junction.latitude) for junction in roads.junctions}
    for segment in roads.segments:
        assert segment.line[0] == places[segment.start_id]
        assert segment.line[-1] == places[segment.end_id]


def test_lengths_are_those_of_the_lines(roads: RoadExtract) -> None:
    for segment in roads.segments:
        drawn = sum(metres(*step) for step in pairwise(segment.line))
        assert segment.length_m == pytest.approx(drawn, rel=0.01, abs=0.3)


def test_speeds_are_posted_or_the_default_of_the_class(roads: RoadExtract) -> None:
    for segment in roads.segments:
        assert 20 <= segment.speed_kph <= 120
        assert segment.speed_posted or segment.speed_kph == DEFAULT_SPEED_KPH[segment.road_class]
    posted = sum(segment.speed_posted for segment in roads.segments)
    assert posted == 3_582


def test_nearly_all_of_it_is_strongly_connected(roads: RoadExtract) -> None:
    core = largest_core(driving_graph(roads))
    assert len(core) == 15_492


def test_the_bridges_bear_their_names(roads: RoadExtract) -> None:
    names = {segment.id: segment.name for segment in roads.segments}
    for name, segments in ELQUI_BRIDGES.items():
        assert {names[segment] for segment in segments} == {name}


def test_without_its_bridges_the_river_parts_the_town(roads: RoadExtract) -> None:
    every = {segment for segments in ELQUI_BRIDGES.values() for segment in segments}
    graph = driving_graph(roads, closed=every)
    south, north = nearest(roads, SQUARE), nearest(roads, LAS_COMPANIAS)
    assert not nx.has_path(graph, south, north)
    assert not nx.has_path(graph, north, south)


def test_each_bridge_alone_can_be_done_without(roads: RoadExtract) -> None:
    whole = largest_core(driving_graph(roads))
    for segments in ELQUI_BRIDGES.values():
        core = largest_core(driving_graph(roads, closed=set(segments)))
        assert len(whole - core) < 20


def test_closing_the_demos_bridge_cuts_nobody_off_and_lengthens_the_way(roads: RoadExtract) -> None:
    before = driving_graph(roads)
    after = driving_graph(roads, closed=set(ELQUI_BRIDGE_SEGMENTS))
    assert largest_core(after) == largest_core(before)

    south, north = nearest(roads, SQUARE), nearest(roads, LAS_COMPANIAS)
    assert seconds(after, south, north) > 1.2 * seconds(before, south, north)
    assert seconds(after, north, south) > 1.2 * seconds(before, north, south)


def test_the_script_reads_a_wheel_or_its_archive_and_leaves_connectors_out(tmp_path: Path) -> None:
    archive = tmp_path / "coquimbo.zip"
    make_project(tmp_path / "project.sqlite", archive)
    wheel = tmp_path / "aequilibrae.whl"
    with zipfile.ZipFile(wheel, "w") as outer:
        outer.write(archive, script.PROJECT)

    assert script.read_archive(wheel) == script.read_archive(archive)
    script.main([str(wheel), str(tmp_path / "roads.json.gz")])

    roads = read_road_extract(tmp_path / "roads.json.gz")
    assert [(junction.id, junction.longitude, junction.latitude) for junction in roads.junctions] == [
        (7, -71.25, -29.9),
        (9, -71.251, -29.9),
    ]
    assert roads.segments == (
        Segment(
            id=3,
            start_id=7,
            end_id=9,
            direction="both",
            length_m=100.46,
            road_class="residential",
            name="Los Cóndores",
            speed_kph=40.0,
            speed_posted=True,
            line_microdegrees=(
                (-71_250_000, -29_900_000),
                (-71_250_500, -29_900_100),
                (-71_251_000, -29_900_000),
            ),
        ),
        Segment(
            id=5,
            start_id=9,
            end_id=7,
            direction="forward",
            length_m=96.5,
            road_class="tertiary",
            name="",
            speed_kph=float(DEFAULT_SPEED_KPH["tertiary"]),
            speed_posted=False,
            line_microdegrees=((-71_251_000, -29_900_000), (-71_250_000, -29_900_000)),
        ),
    )


def test_the_script_writes_the_same_bytes_twice(tmp_path: Path) -> None:
    content = {"junctions": {"id": [1]}, "segments": {"id": []}}
    script.write_extract(content, tmp_path / "a")
    time.sleep(0.01)
    script.write_extract(content, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x00\x01", id="cut short"),
        pytest.param(b"GP" + bytes(60), id="a GeoPackage geometry"),
    ],
)
def test_the_script_refuses_other_geometry(blob: bytes) -> None:
    with pytest.raises(ValueError, match="SpatiaLite"):
        script.read_linestring(blob)


def test_the_script_refuses_a_point_where_a_line_must_be() -> None:
    with pytest.raises(ValueError, match="SpatiaLite"):
        script.read_linestring(spatialite(script.POINT, (-71.25, -29.9)))


def test_the_script_refuses_a_link_that_leads_elsewhere() -> None:
    connection = sqlite3.connect(":memory:")
    make_tables(connection)
    connection.execute("UPDATE links SET b_node = 7 WHERE link_id = 3")
    with pytest.raises(ValueError, match="link 3"):
        script.read_database(connection)


def driving_graph(roads: RoadExtract, *, closed: AbstractSet[int] = frozenset()) -> nx.DiGraph[int]:
    """The network as it is driven; the quickest of parallel segments counts."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_nodes_from(junction.id for junction in roads.junctions)
    for segment in roads.segments:
        if segment.id in closed:
            continue
        ways = {
            "forward": [(segment.start_id, segment.end_id)],
            "backward": [(segment.end_id, segment.start_id)],
        }
        ways["both"] = ways["forward"] + ways["backward"]
        travel_s = segment.length_m / segment.speed_kph * 3.6
        for start, end in ways[segment.direction]:
            known = graph.get_edge_data(start, end, {"travel_s": travel_s})["travel_s"]
            graph.add_edge(start, end, travel_s=min(known, travel_s))
    return graph


def largest_core(graph: nx.DiGraph[int]) -> set[int]:
    """The junctions of the largest part in which each can be reached from each."""
    return max(nx.strongly_connected_components(graph), key=len)


def seconds(graph: nx.DiGraph[int], start: int, end: int) -> float:
    """The travel time of the quickest way."""
    return float(nx.dijkstra_path_length(graph, start, end, weight="travel_s"))


def nearest(roads: RoadExtract, place: tuple[float, float]) -> int:
    """The junction nearest to a place."""
    return min(roads.junctions, key=lambda at: metres(place, (at.longitude, at.latitude))).id


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The great-circle distance of two (longitude, latitude)."""
    west, south, east, north = map(radians, (*one, *other))
    half = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(half))


def make_project(file: Path, archive: Path) -> None:
    """An archive such as aequilibrae's, with two streets, a connector and a node that only it touches."""
    connection = sqlite3.connect(file)
    make_tables(connection)
    connection.commit()
    connection.close()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(file, script.DATABASE)


def make_tables(connection: sqlite3.Connection) -> None:
    """The tables and columns that the script reads."""
    connection.execute("CREATE TABLE nodes (node_id, geometry)")
    connection.execute(
        "CREATE TABLE links (link_id, a_node, b_node, direction, distance, link_type, name,"
        " speed_ab, speed_ba, geometry)"
    )
    west, bend, east, middle = (-71.251, -29.9), (-71.2505, -29.9001), (-71.25, -29.9), (-71.2505, -29.8)
    connection.executemany(
        "INSERT INTO nodes VALUES (?, ?)",
        [(number, spatialite(script.POINT, place)) for number, place in ((9, west), (7, east), (1, middle))],
    )
    connection.executemany(
        "INSERT INTO links VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (5, 9, 7, 1, 96.504, "tertiary", None, None, None, spatialite(script.LINESTRING, west, east)),
            (
                3,
                7,
                9,
                0,
                100.456,
                "residential",
                "Los Cóndores",
                None,
                40,
                spatialite(script.LINESTRING, east, bend, west),
            ),
            (
                4,
                1,
                7,
                0,
                11_000.0,
                "centroid_connector",
                None,
                None,
                None,
                spatialite(script.LINESTRING, middle, east),
            ),
        ],
    )


def spatialite(geometry_class: int, *points: tuple[float, float]) -> bytes:
    """A geometry as SpatiaLite stores it."""
    longitudes, latitudes = zip(*points, strict=True)
    box = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    count = struct.pack("<i", len(points)) if geometry_class == script.LINESTRING else b""
    coordinates = b"".join(struct.pack("<2d", *point) for point in points)
    return struct.pack("<BBi4dBi", 0, 1, 4326, *box, 0x7C, geometry_class) + count + coordinates + b"\xfe"
