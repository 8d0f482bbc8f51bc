"""Turn restrictions, vehicles' limits and speeds on streets where the right answer can be seen.

A cross: w-m and m-e make the street, 100 m each at 36 km/h (10 s), n-m and m-s cross it, 400 m each.
m-x-e goes round the street's last arm, 300 m.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optimizer.errors import InvalidNetwork, InvalidProblem
from optimizer.roads.network import JunctionRow, Position, RestrictionRow, RoadNetwork, SegmentRow
from optimizer.roads.profiles import SpeedProfile, VehicleProfile
from optimizer.roads.travel import fastest_path

JUNCTIONS = [JunctionRow(name, i / 1000, 0.0) for i, name in enumerate("wmensx")]
WM = SegmentRow("wm", "w", "m", 100, 36, road_class="primary")
ME = SegmentRow("me", "m", "e", 100, 36, road_class="primary")
NM = SegmentRow("nm", "n", "m", 400, 36, road_class="residential")
MS = SegmentRow("ms", "m", "s", 400, 36, road_class="residential")
MX = SegmentRow("mx", "m", "x", 200, 36, road_class="residential")
XE = SegmentRow("xe", "x", "e", 100, 36, road_class="residential")
CROSS = [WM, ME, NM, MS, MX, XE]
W, E, N, S = Position(0, 0.0), Position(5, 1.0), Position(2, 0.0), Position(3, 1.0)


def turn(kind: str, start: str, end: str, via: str | None = "m", **more: Any) -> RestrictionRow:
    return RestrictionRow(id="t", kind=kind, from_segment=start, to_segment=end, via_junction=via, **more)


def driven(origin: Position, destination: Position, *restrictions: RestrictionRow, **how: Any) -> str:
    """The junctions' letters of the segments on the way; empty without one."""
    network = RoadNetwork.from_rows(JUNCTIONS, how.pop("segments", CROSS), restrictions)
    path = fastest_path(network, origin, destination, **how)
    if path is None:
        return ""
    steps = [step for step in path.steps if step.from_fraction != step.to_fraction]
    return " ".join(network.segment_ids[step.segment] for step in steps)


def test_a_banned_turn_is_driven_round() -> None:
    assert driven(W, E) == "wm me"
    assert driven(W, E, turn("no", "wm", "me")) == "wm mx xe"
    assert driven(N, E, turn("no", "wm", "me")) == "nm me"
    assert driven(E, W, turn("no", "wm", "me")) == "me wm"


def test_who_starts_at_the_junction_has_not_come_from_the_banned_segment() -> None:
    assert driven(Position(2, 1.0), E, turn("no", "wm", "me")) == "me"


def test_a_commanded_turn_bans_all_others() -> None:
    only = turn("only", "wm", "ms")
    assert driven(W, S, only) == "wm ms"
    assert driven(W, E, only) == "wm ms ms me"
    assert driven(N, E, only) == "nm me"


def test_a_u_turn_is_banned_apart_from_the_way_straight_on() -> None:
    commanded = turn("only", "wm", "ms")
    u_turn = replace(turn("no", "ms", "ms", via="s"), id="u")
    assert driven(W, S, commanded, u_turn) == "wm ms"
    assert driven(W, E, commanded, u_turn) == ""


def test_a_ban_over_a_way_holds_for_those_who_came_all_along_it() -> None:
    along = turn("no", "wm", "xe", via=None, via_segments=("mx",))
    blocked = turn("no", "wm", "me")
    both = (along, replace(blocked, id="b"))
    assert driven(W, E, along) == "wm me"
    assert driven(W, E, *both) == "wm mx mx me"  # turning at x, as nothing bans
    assert driven(N, E, *both) == "nm me"
    assert driven(N, E, *both, segments=[WM, replace(ME, closed=True), NM, MS, MX, XE]) == "nm mx xe"


def test_of_two_segments_that_meet_twice_the_direction_tells_the_turn() -> None:
    ring = [WM, ME, NM, MS, SegmentRow("loop", "m", "m", 400, 36), XE]
    forward = turn("no", "wm", "loop", to_forward=True)
    end_on_loop = Position(4, 0.25)
    assert driven(W, end_on_loop, segments=ring) == "wm loop"

    def length(*restrictions: RestrictionRow) -> int:
        network = RoadNetwork.from_rows(JUNCTIONS, ring, restrictions)
        path = fastest_path(network, W, end_on_loop)
        assert path is not None
        return path.distance_m

    assert (length(), length(forward)) == (200, 400)
    assert length(turn("no", "wm", "loop", to_forward=False)) == 200


def test_a_command_that_one_way_streets_forbid_commands_nothing() -> None:
    against = [WM, ME, NM, replace(MS, direction="backward"), MX, XE]
    assert driven(W, E, turn("only", "wm", "ms"), segments=against) == "wm me"


def test_vehicles_keep_to_their_limits() -> None:
    low = [WM, replace(ME, max_height_cm=300, max_weight_kg=3500, hgv=False), NM, MS, MX, XE]
    for fits in (VehicleProfile(), VehicleProfile(height_cm=300), VehicleProfile(weight_kg=3500)):
        assert driven(W, E, segments=low, vehicle=fits) == "wm me"
    for too_much in (VehicleProfile(height_cm=301), VehicleProfile(weight_kg=3501), VehicleProfile(hgv=True)):
        assert driven(W, E, segments=low, vehicle=too_much) == "wm mx xe"


def test_the_hour_chooses_the_way() -> None:
    rush = SpeedProfile((0, 8 * 3600), {"primary": (1.0, 0.25)})
    assert driven(W, E, speeds=rush, slice_of_day=rush.slice_at(7.9 * 3600)) == "wm me"
    assert driven(W, E, speeds=rush, slice_of_day=rush.slice_at(32 * 3600)) == "wm mx xe"


def test_speeds_are_limited_by_the_vehicle() -> None:
    network = RoadNetwork.from_rows(JUNCTIONS, CROSS)
    for vehicle, seconds in (
        (VehicleProfile(), 20),
        (VehicleProfile(speed_factor=0.8), 25),
        (VehicleProfile(top_speed_kph=18), 40),
    ):
        path = fastest_path(network, W, E, vehicle)
        assert path is not None
        assert path.travel_s == seconds


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (turn("never", "wm", "me"), "restriction t has kind 'never'; it is one of no, only"),
        (turn("no", "wm", "zz"), "restriction t names zz, which is not among the segments"),
        (turn("no", "wm", "me", via="z"), "restriction t goes via z, which is not among the junctions"),
        (turn("no", "wm", "me", via=None), "restriction t wants a junction or segments as its via"),
        (turn("no", "wm", "xe"), "restriction t has segments that do not meet at m: wm, xe"),
        (
            turn("no", "wm", "ms", via=None, via_segments=("xe",)),
            "restriction t has segments that do not meet one after the other: wm, xe, ms",
        ),
    ],
)
def test_a_bad_restriction_is_refused_by_name(row: RestrictionRow, reason: str) -> None:
    with pytest.raises(InvalidNetwork) as refused:
        RoadNetwork.from_rows(JUNCTIONS, CROSS, [row])
    assert str(refused.value).startswith(reason)


def test_doubles_and_negative_limits_are_refused() -> None:
    with pytest.raises(InvalidNetwork, match="restriction t appears twice"):
        RoadNetwork.from_rows(JUNCTIONS, CROSS, [turn("no", "wm", "me")] * 2)
    with pytest.raises(InvalidNetwork, match="segment wm allows a height of -1"):
        RoadNetwork.from_rows(JUNCTIONS, [replace(WM, max_height_cm=-1)])


def test_vehicles_and_speeds_that_cannot_be_are_refused() -> None:
    for bad in (
        {"speed_factor": 0.0},
        {"speed_factor": float("nan")},
        {"height_cm": -1},
        {"top_speed_kph": -5},
    ):
        with pytest.raises(InvalidProblem, match=r"profile\."):
            VehicleProfile(**bad)
    with pytest.raises(InvalidProblem, match="must rise from 0"):
        SpeedProfile((0, 0))
    with pytest.raises(InvalidProblem, match=r"factors\[primary\] has 1 factors for 2 slices"):
        SpeedProfile((0, 3600), {"primary": (1.0,)})
    with pytest.raises(InvalidProblem, match="not above 0"):
        SpeedProfile((0,), {"primary": (np.inf,)})
