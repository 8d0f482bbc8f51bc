"""Turn restrictions on segments: which turn a relation is about, and which relations are skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from graph.moving.progress import Silent
from optimizer.roads.network import Position
from optimizer.roads.travel import fastest_path
from seeds.openstreetmap.loading import read_roads
from seeds.openstreetmap.rows import RoadMap, road_network
from seeds.openstreetmap.turn_restrictions import Skipped, TurnRestriction
from tests.openstreetmap_files import DrawnMap, Members, Relations, Ways, turn

CROSSING = "  n  \n  u  \nwlcre\n  d  \n  s  "
"""A crossing: two streets over c, each of which goes on beyond it."""
STREETS: Ways = {10: ("wlcre", {}), 11: ("nucds", {})}


def read(tmp_path: Path, drawn: DrawnMap) -> RoadMap:
    return read_roads(drawn.write(tmp_path / "map.osm"), Silent())


def restricted(tmp_path: Path, drawn: DrawnMap) -> list[TurnRestriction]:
    roads = read(tmp_path, drawn)
    assert roads.restrictions.skipped == {}
    return list(roads.restrictions.turns)


def told(turn: TurnRestriction) -> tuple[str, str, str]:
    """From, via, to; a segment driven backwards has a minus."""
    way = [f"{'' if drive.forward else '-'}{drive.segment.number}" for drive in (turn.start, turn.end)]
    via = ",".join(f"{'' if d.forward else '-'}{d.segment.number}" for d in turn.via_segments) or turn.via
    return way[0], via, way[1]


@pytest.mark.parametrize(("sign", "end"), [("no_straight_on", 10), ("no_left_turn", 11)])
def test_of_ways_that_cross_a_sign_cannot_tell_which_arm_is_meant(
    tmp_path: Path, sign: str, end: int
) -> None:
    roads = read(tmp_path, DrawnMap(CROSSING, STREETS, {90: (turn(10, "c", end), {"restriction": sign})}))
    assert roads.restrictions.turns == ()
    assert roads.restrictions.skipped == {Skipped.AMBIGUOUS: 1}


@pytest.mark.parametrize(
    ("sign", "end", "resolved"),
    [
        ("no_left_turn", 11, ("10.1", "3", "-11.1")),
        ("no_right_turn", 11, ("10.1", "3", "11.2")),
        ("no_straight_on", 12, ("10.1", "3", "12.1")),
        ("only_right_turn", 11, ("10.1", "3", "11.2")),
    ],
)
def test_where_a_way_goes_on_beyond_the_via_the_sign_tells_the_arm(
    tmp_path: Path, sign: str, end: int, resolved: tuple[str, str, str]
) -> None:
    streets: Ways = {10: ("wlc", {}), 11: ("nucds", {}), 12: ("cre", {})}
    [turned] = restricted(
        tmp_path, DrawnMap(CROSSING, streets, {90: (turn(10, "c", end), {"restriction": sign})})
    )
    assert told(turned) == resolved
    assert (turned.kind, turned.sign, turned.number) == (sign.split("_")[0], sign, "90")


def test_a_u_turn_leads_back_to_the_segment_it_comes_from(tmp_path: Path) -> None:
    streets: Ways = {10: ("wlc", {}), 12: ("cre", {})}
    drawn = DrawnMap(CROSSING, streets, {90: (turn(10, "c", 10), {"restriction": "no_u_turn"})})
    assert [told(turned) for turned in restricted(tmp_path, drawn)] == [("10.1", "3", "-10.1")]


def test_a_no_u_turn_on_a_way_that_goes_on_holds_on_both_its_arms(tmp_path: Path) -> None:
    drawn = DrawnMap(CROSSING, STREETS, {90: (turn(10, "c", 10), {"restriction": "no_u_turn"})})
    turns = restricted(tmp_path, drawn)
    assert {told(turned) for turned in turns} == {("10.1", "3", "-10.1"), ("-10.2", "3", "10.2")}
    assert [turned.number for turned in turns] == ["90", "90.2"]


def test_the_two_ends_of_a_street_that_meets_another_twice_are_kept_apart(tmp_path: Path) -> None:
    """The loop 11 leaves 10 at b and comes back to it at c."""
    drawn = DrawnMap(
        "ef \nbcd\na  ",
        {10: ("abcd", {}), 11: ("befc", {})},
        {
            90: (turn(11, "c", 10), {"restriction": "no_left_turn"}),
            91: (turn(11, "b", 10), {"restriction": "only_straight_on"}),
        },
    )
    found = {turned.number: told(turned) for turned in restricted(tmp_path, drawn)}
    assert found == {"90": ("11.1", "3", "10.3"), "91": ("-11.1", "2", "-10.1")}


def test_a_ring_is_driven_both_ways_and_the_sign_tells_which(tmp_path: Path) -> None:
    drawn = DrawnMap(
        " p q\na c \n s r",
        {10: ("ac", {}), 11: ("cqrc", {})},
        {90: (turn(10, "c", 11), {"restriction": "no_left_turn"})},
    )
    assert [told(turned) for turned in restricted(tmp_path, drawn)] == [("10.1", "3", "11.1")]


def test_a_turn_over_ways_names_all_their_segments(tmp_path: Path) -> None:
    """Two carriageways, joined by 12, which another street cuts in two."""
    drawn = DrawnMap(
        "abc\n xy\nfed",
        {10: ("ab", {}), 13: ("bc", {}), 12: ("bxe", {}), 11: ("ef", {}), 14: ("xy", {}), 15: ("de", {})},
        {90: (turn(10, [12], 11), {"restriction": "no_u_turn"})},
    )
    [turned] = restricted(tmp_path, drawn)
    assert told(turned) == ("10.1", "12.1,12.2", "11.1")
    network = road_network(read(tmp_path, drawn))
    way = {id: 2 * index for id, index in network.segment_index.items()}
    ids = ("road-segment/10.1", "road-segment/12.1", "road-segment/12.2", "road-segment/11.1")
    assert network.banned == (tuple(way[id] for id in ids),)


def test_several_from_ways_make_several_turns(tmp_path: Path) -> None:
    members: Members = [("from", "way", 10), ("from", "way", 12), ("via", "node", "c"), ("to", "way", 11)]
    drawn = DrawnMap(
        CROSSING,
        {10: ("wlc", {}), 12: ("cre", {}), 11: ("cds", {})},
        {90: (members, {"restriction": "no_entry"})},
    )
    turns = restricted(tmp_path, drawn)
    assert [(turned.number, told(turned)) for turned in turns] == [
        ("90", ("10.1", "3", "11.1")),
        ("90.2", ("-12.1", "3", "11.1")),
    ]


@pytest.mark.parametrize(
    ("members", "tags", "why"),
    [
        (turn(10, "c", 11), {"restriction": "no_left_turn", "except": "motorcar"}, Skipped.EXCEPTED),
        (turn(10, "c", 11), {"restriction:hgv": "no_left_turn"}, Skipped.EXCEPTED),
        (turn(10, "c", 11), {"restriction": "give_way"}, Skipped.UNKNOWN),
        (turn(10, "c", 11)[:2], {"restriction": "no_left_turn"}, Skipped.INCOMPLETE),
        (turn(10, "c", 99), {"restriction": "no_left_turn"}, Skipped.NOT_DRIVEN),
        (turn(10, "c", 12), {"restriction": "no_left_turn"}, Skipped.NOT_DRIVEN),
        (turn(10, "w", 11), {"restriction": "no_left_turn"}, Skipped.APART),
        (turn(10, "c", 13), {"restriction": "no_left_turn"}, Skipped.APART),
    ],
)
def test_what_is_no_restriction_for_deliveries_is_skipped_with_its_reason(
    tmp_path: Path, members: Members, tags: dict[str, str], why: Skipped
) -> None:
    streets: Ways = {
        10: ("wlc", {}),
        11: ("nuc", {}),
        12: ("cds", {"highway": "footway"}),
        13: ("erc", {"oneway": "yes"}),
    }
    roads = read(tmp_path, DrawnMap(CROSSING, streets, {90: (members, tags)}))
    assert roads.restrictions.turns == ()
    assert roads.restrictions.skipped == {why: 1}


def test_a_banned_turn_is_driven_round(tmp_path: Path) -> None:
    """From a to d: over b, unless one may not turn left there; then round the block."""
    one_way = {"oneway": "yes"}
    streets: Ways = {10: ("ab", {}), 11: ("bc", one_way), 12: ("bd", {}), 13: ("cef", {}), 14: ("fd", {})}
    ban: Relations = {90: (turn(10, "b", 12), {"restriction": "no_left_turn"})}
    driven = []
    for relations in ({}, ban):
        network = road_network(read(tmp_path, DrawnMap(" df\nabc\n  e", streets, relations)))
        start, end = (network.segment_index[f"road-segment/{number}"] for number in ("10.1", "12.1"))
        path = fastest_path(network, Position(start, 0.0), Position(end, 1.0))
        assert path is not None
        steps = (network.segment_ids[step.segment] for step in path.steps)
        driven.append([id.removeprefix("road-segment/") for id in steps])
    assert driven == [["10.1", "12.1"], ["10.1", "11.1", "13.1", "14.1", "12.1"]]
