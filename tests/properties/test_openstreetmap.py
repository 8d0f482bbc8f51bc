"""Random small maps: however ways run, meet and repeat, their segments are the ways and nothing else."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from seeds.openstreetmap.elements import MapExtract, Member, Microdegrees, Relation, Way
from seeds.openstreetmap.rows import RoadMap, road_network
from seeds.openstreetmap.streets import build_streets
from seeds.openstreetmap.turn_restrictions import Drive, resolve_restrictions

NODES = 9
TAGS = st.sampled_from(
    [
        {"highway": "residential"},
        {"highway": "primary", "oneway": "yes"},
        {"highway": "service", "oneway": "-1"},
        {"highway": "residential", "access": "private"},
        {"highway": "footway"},
    ]
)
SIGNS = st.sampled_from(["no_left_turn", "no_u_turn", "only_straight_on", "only_right_turn", "no_entry"])


@st.composite
def maps(draw: st.DrawFn) -> MapExtract:
    nodes = st.integers(0, NODES - 1)
    ways = tuple(
        Way(number, tuple(draw(st.lists(nodes, min_size=1, max_size=7))), draw(TAGS))
        for number in range(draw(st.integers(1, 6)))
    )
    places = st.tuples(st.integers(-2_000, 2_000), st.integers(-2_000, 2_000))
    cut_off = draw(st.sets(nodes, max_size=2))
    numbers = st.integers(0, len(ways) - 1)
    vias = st.one_of(
        nodes.map(lambda ref: [Member("via", "n", ref)]),
        st.lists(numbers, min_size=1, max_size=2, unique=True).map(
            lambda refs: [Member("via", "w", ref) for ref in refs]
        ),
    )
    relations = tuple(
        Relation(
            number,
            (Member("from", "w", draw(numbers)), *draw(vias), Member("to", "w", draw(numbers))),
            {"type": "restriction", "restriction": draw(SIGNS)},
        )
        for number in range(draw(st.integers(0, 6)))
    )
    return MapExtract(
        ways,
        relations,
        {node: draw(places) for node in range(NODES) if node not in cut_off},
        {node: {"barrier": "bollard"} for node in draw(st.sets(nodes, max_size=1))},
    )


@given(maps())
def test_segments_are_the_ways_cut_at_junctions(extract: MapExtract) -> None:
    streets = build_streets(extract)
    chords: dict[int, list[tuple[Microdegrees, Microdegrees]]] = defaultdict(list)
    for segment in streets.segments:
        assert segment.line[0] == extract.places[segment.start_node]
        assert segment.line[-1] == extract.places[segment.end_node]
        chords[segment.way].extend(pairwise(segment.line))
    places = extract.places
    for way in extract.ways:
        if way.tags["highway"] == "footway" or way.tags.get("access") == "private":
            assert way.id not in chords
            continue
        driven = [(a, b) for a, b in pairwise(way.nodes) if a != b and a in places and b in places]
        assert chords[way.id] == [(places[a], places[b]) for a, b in driven]


@given(maps())
def test_roads_meet_in_the_network_exactly_where_they_share_a_node_without_a_barrier(
    extract: MapExtract,
) -> None:
    streets = build_streets(extract)
    ends: dict[int, set[str]] = defaultdict(set)
    for segment in streets.segments:
        for node, number in ((segment.start_node, segment.start), (segment.end_node, segment.end)):
            ends[node].add(number)
    for node, numbers in ends.items():
        if node in extract.node_tags:
            assert all(number.startswith(f"{node}.") for number in numbers)
        else:
            assert numbers == {str(node)}
    assert {junction.number for junction in streets.junctions} == set().union(*ends.values())


@given(maps())
def test_every_restriction_is_a_turn_that_can_be_driven_and_the_network_takes_it(extract: MapExtract) -> None:
    streets = build_streets(extract)
    restrictions = resolve_restrictions(extract.relations, streets)
    relations = {relation.id: relation for relation in extract.relations}
    for turn in restrictions.turns:
        drives = (turn.start, *turn.via_segments, turn.end)
        assert all(_may_be_driven(drive) for drive in drives)
        assert all(a.last_junction == b.first_junction for a, b in pairwise(drives))
        members = relations[int(turn.number.split(".")[0])].members
        assert turn.start.segment.way == members[0].ref
        assert turn.end.segment.way == members[-1].ref
        vias = {member.ref for member in members[1:-1] if member.type == "w"}
        assert {drive.segment.way for drive in turn.via_segments} == vias
    assert sum(restrictions.skipped.values()) + len(
        {turn.number.split(".")[0] for turn in restrictions.turns}
    ) == len(extract.relations)
    network = road_network(RoadMap(streets, restrictions))
    assert len(network.segment_ids) == len(streets.segments)


def _may_be_driven(drive: Drive) -> bool:
    return drive.segment.road.forward if drive.forward else drive.segment.road.backward
