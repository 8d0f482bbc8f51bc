"""Streets cut from small maps: where junctions are, what segments keep of their way, what is left out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from graph.errors import InvalidInput
from graph.moving.progress import Silent
from seeds.openstreetmap.connectivity import connectivity
from seeds.openstreetmap.loading import read_roads
from seeds.openstreetmap.rows import RoadMap, road_network
from seeds.openstreetmap.streets import Segment
from seeds.openstreetmap.summary import RoadsSummary
from tests.openstreetmap_files import DrawnMap, node


def read(tmp_path: Path, drawn: DrawnMap) -> RoadMap:
    return read_roads(drawn.write(tmp_path / "map.osm"), Silent())


def by_number(roads: RoadMap) -> dict[str, Segment]:
    return {segment.number: segment for segment in roads.streets.segments}


def test_ways_are_cut_where_they_meet_and_nowhere_else(tmp_path: Path) -> None:
    drawn = DrawnMap("abcd\n  e ", {10: ("abcd", {"name": "Long"}), 11: ("ce", {})})
    segments = by_number(read(tmp_path, drawn))
    assert {n: (s.start_node, s.end_node) for n, s in segments.items()} == {
        "10.1": (node("a"), node("c")),
        "10.2": (node("c"), node("d")),
        "11.1": (node("c"), node("e")),
    }
    assert segments["10.1"].line == ((0, 0), (900, 0), (1800, 0))
    assert segments["10.1"].length_m == pytest.approx(200.15, abs=0.01)
    assert segments["10.2"].road.name == "Long"


def test_a_way_that_crosses_itself_is_cut_there_and_a_ring_ends_where_it_begins(tmp_path: Path) -> None:
    drawn = DrawnMap("ab\nce\nd f", {10: ("abeca", {}), 11: ("bed", {})})
    segments = by_number(read(tmp_path, drawn))
    ends = {n: (s.start_node, s.end_node) for n, s in segments.items()}
    assert ends["10.1"] == (node("a"), node("b"))
    assert ends["10.3"] == (node("e"), node("a"))
    alone = by_number(read(tmp_path, DrawnMap("ab\ncd", {10: ("abdca", {})})))
    assert [(s.start, s.end) for s in alone.values()] == [("1", "1")]


def test_footpaths_make_no_junctions_and_no_streets(tmp_path: Path) -> None:
    drawn = DrawnMap("abc\n d ", {10: ("abc", {}), 11: ("bd", {"highway": "footway"})})
    assert list(by_number(read(tmp_path, drawn))) == ["10.1"]


def test_what_the_tags_say_is_kept_with_every_segment(tmp_path: Path) -> None:
    tags = {
        "highway": "primary", "oneway": "-1", "maxspeed": "30 mph", "maxheight": "3.8",
        "maxweight": "7.5", "hgv": "no", "ref": "A 1",
    }  # fmt: skip
    [segment] = read(tmp_path, DrawnMap("ab", {10: ("ab", tags)})).streets.segments
    assert (segment.direction, segment.road.speed_kph) == ("backward", 48.28)
    assert (segment.max_height_cm, segment.max_weight_kg, segment.road.hgv) == (380, 7500, False)
    assert (segment.road.name, segment.road.road_class) == ("A 1", "primary")


def test_a_bollard_ends_the_street_on_both_sides(tmp_path: Path) -> None:
    drawn = DrawnMap("abc", {10: ("abc", {})}, node_tags={"b": {"barrier": "bollard"}})
    roads = read(tmp_path, drawn)
    assert [(s.start, s.end) for s in roads.streets.segments] == [("1", "2.1"), ("2.2", "3")]
    gate = DrawnMap("abc", {10: ("abc", {})}, node_tags={"b": {"barrier": "gate"}})
    assert [(s.start, s.end) for s in read(tmp_path, gate).streets.segments] == [("1", "3")]


def test_a_low_bar_on_a_street_limits_the_segment_it_stands_on(tmp_path: Path) -> None:
    bar = {"b": {"barrier": "height_restrictor", "maxheight": "2.1"}}
    drawn = DrawnMap("abcd", {10: ("abc", {"maxheight": "4"}), 11: ("cd", {})}, node_tags=bar)
    limits = {number: s.max_height_cm for number, s in by_number(read(tmp_path, drawn)).items()}
    assert limits == {"10.1": 210, "11.1": None}


def test_a_way_that_the_extract_cuts_off_keeps_what_is_there(tmp_path: Path) -> None:
    roads = read(tmp_path, DrawnMap("ab cd", {10: ("abzcd", {})}))
    assert [(s.start_node, s.end_node) for s in roads.streets.segments] == [(1, 2), (3, 4)]
    assert roads.streets.ways_cut_off == 1


def test_the_connected_part_is_known_and_what_hangs_off_is_told(tmp_path: Path) -> None:
    """A square; a one-way street that leads out of it for good; an island."""
    drawn = DrawnMap(
        "abe gh\ncd f",
        {
            10: ("abdca", {}),
            11: ("be", {"oneway": "yes", "name": "No Return"}),
            12: ("ef", {}),
            13: ("gh", {"name": "Island"}),
        },
    )
    roads = read(tmp_path, drawn)
    network = road_network(roads)
    found = connectivity(network)
    assert found.connected == 2
    names = [{roads.streets.segments[i].road.name for i in part.segments} for part in found.parts]
    assert names == [{"No Return", ""}, {"Island"}]
    told = "\n".join(RoadsSummary.of(roads, network).lines())
    assert "Hanging off, and left out when addresses are snapped: 3 segments" in told
    assert "No Return, road-segment/11.1 at 0.00090, 0.00000" in told


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("map.osm.pbf", b"", "is empty"),
        ("map.osm.pbf", b"no map at all", "is no OpenStreetMap file"),
        ("map.osm", b"<html/>", "is no OpenStreetMap file"),
        ("map.osm", b'<osm version="0.6"><node id="1" ', "is cut short"),
        ("map.osm.gz", gzip.compress(b'<osm version="0.6"></osm>')[:-4], "is cut short"),
        ("map.osm", b'<osm version="0.6"><way id="x"/></osm>', "illegal id"),
        (
            "map.osm",
            b'<osm version="0.6"><node id="1" lat="north" lon="0"/>'
            b'<way id="1"><nd ref="1"/><tag k="highway" v="service"/></way></osm>',
            "wrong format for coordinate",
        ),
        ("map.osm", b'<osm version="0.6"/>', "has no roads"),
        ("map.osc", b'<osmChange version="0.6"/>', "is a file of changes"),
        ("map.shp", b"anything", "is not named as an OpenStreetMap file"),
        (
            "map.osm",
            b'<osm version="0.6"><way id="1"><nd ref="1"/><tag k="highway" v="service"/></way></osm>',
            "none of the nodes",
        ),
    ],
)
def test_a_file_that_has_no_roads_to_give_is_refused(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=complaint) as refused:
        read_roads(file, Silent())
    assert refused.value.field == str(file)


def test_a_map_of_private_streets_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no roads that a delivery vehicle may drive"):
        read(tmp_path, DrawnMap("ab", {10: ("ab", {"access": "private"})}))
