"""Travel and snapping where the right answer can be seen."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optimizer.errors import InvalidProblem
from optimizer.roads.network import JunctionRow, Position, Positions, RoadNetwork, SegmentRow
from optimizer.roads.snapping import SnapIndex
from optimizer.roads.travel import PathStep, fastest_path, fastest_paths, travel_matrix

# a square a-b-c-d, 1 km a side at 36 km/h (100 s); ab is one-way; ab2 is a faster way round from a to b
SQUARE = RoadNetwork.from_rows(
    [
        JunctionRow("a", 0.0, 0.0),
        JunctionRow("b", 0.009, 0.0),
        JunctionRow("c", 0.009, 0.009),
        JunctionRow("d", 0.0, 0.009),
    ],
    [
        SegmentRow("ab", "a", "b", 1000, 36, "forward"),
        SegmentRow("bc", "b", "c", 1000, 36),
        SegmentRow("cd", "c", "d", 1000, 36),
        SegmentRow("da", "d", "a", 1000, 36),
        SegmentRow("ab2", "b", "a", 1200, 72, "backward", [(0.009, 0.0), (0.0045, -0.004), (0.0, 0.0)]),
    ],
)


def where(*places: tuple[int, float]) -> Positions:
    segment, fraction = zip(*places, strict=True)
    return Positions(np.array(segment), np.array(fraction))


def test_along_a_one_way_street_and_round_the_block() -> None:
    ends = where((0, 0.25), (0, 0.75))
    matrix = travel_matrix(SQUARE, ends, ends)
    assert matrix.duration_s.tolist() == [[0, 50], [350, 0]]
    assert matrix.distance_m.tolist() == [[0, 500], [3500, 0]]


def test_the_path_names_the_faster_of_parallel_segments() -> None:
    path = fastest_path(SQUARE, Position(3, 0.5), Position(1, 0.5))
    assert path is not None
    assert path.steps == (
        PathStep(3, True, 0.5, 1.0),
        PathStep(4, False, 1.0, 0.0),
        PathStep(1, True, 0.0, 0.5),
    )
    assert (path.travel_ms, path.travel_s, path.distance_m) == (160_000, 160, 2200)
    assert path.line(SQUARE).round(6).tolist() == [
        [0.0, 0.0045],
        [0.0, 0.0],
        [0.0045, -0.004],
        [0.009, 0.0],
        [0.009, 0.0045],
    ]
    slower = fastest_path(SQUARE.without(["ab2"]), Position(3, 0.5), Position(1, 0.5))
    assert slower is not None
    assert [step.segment for step in slower.steps] == [3, 0, 1]


def test_seconds_are_rounded_up() -> None:
    path = fastest_path(SQUARE, Position(0, 0.0), Position(0, 0.5001))
    assert path is not None
    assert (path.travel_ms, path.travel_s) == (50_010, 51)


def test_what_cannot_be_reached_is_infinite_and_has_no_path() -> None:
    cut = SQUARE.without(["bc", "da"])
    ends = where((3, 0.5), (0, 0.5), (2, 0.5))
    matrix = travel_matrix(cut, ends, ends)
    assert np.isinf(matrix.duration_s).tolist() == [
        [False, True, True],
        [True, False, True],
        [True, True, False],
    ]
    assert (np.isinf(matrix.duration_s) == np.isinf(matrix.distance_m)).all()
    assert fastest_paths(cut, ends, [(0, 1), (2, 2)])[0] is None
    assert fastest_paths(cut, ends, []) == []


def test_of_equally_fast_ways_the_shorter_one_is_taken() -> None:
    ends = [JunctionRow("a", 0, 0), JunctionRow("b", 0.01, 0)]
    ways = [SegmentRow("x", "a", "b", 1000, 60), SegmentRow("y", "a", "b", 500, 30)]
    stubs = [SegmentRow("s", "a", "a", 10, 36), SegmentRow("t", "b", "b", 10, 36)]
    for order in (ways, ways[::-1]):
        network = RoadNetwork.from_rows(ends, [*order, *stubs])
        path = fastest_path(network, Position(2, 0.0), Position(3, 0.0))
        assert path is not None
        assert path.distance_m == 500
        assert network.segment_ids[path.steps[1].segment] == "y"


def test_long_drives_are_measured_more_coarsely_and_absurd_ones_refused() -> None:
    def line(kilometres: int) -> RoadNetwork:
        junctions = [JunctionRow(str(i), i / 1000, 0) for i in range(11)]
        way = [SegmentRow(f"s{i}", str(i), str(i + 1), kilometres * 100, 100) for i in range(10)]
        return RoadNetwork.from_rows(junctions, way)

    long = fastest_path(line(1200), Position(0, 0.0), Position(9, 1.0))
    assert long is not None
    assert (long.travel_s, long.distance_m) == (12 * 3600, 1_200_000)
    with pytest.raises(InvalidProblem, match="too many hours"):
        fastest_path(line(9000), Position(0, 0.0), Position(9, 1.0))


def test_positions_off_the_network_are_refused() -> None:
    with pytest.raises(InvalidProblem, match=r"positions\[1\].segment is not on the network"):
        travel_matrix(SQUARE, where((0, 0.0), (-1, 0.0)), where((0, 0.0)))
    with pytest.raises(InvalidProblem, match=r"positions\[0\].fraction is not between"):
        where((0, math.nan))
    assert travel_matrix(SQUARE, where((0, 0.0)), where((0, 0.0)).take([])).duration_s.shape == (1, 0)


def test_snapping_hits_the_real_shape() -> None:
    snapped = SnapIndex(SQUARE).snap([0.0045, 0.0], [-0.0041, 0.0])
    assert snapped.segment.tolist() == [4, 0]  # at a junction the first segment wins
    assert snapped.fraction[0] == pytest.approx(0.5)
    assert snapped.distance_m == pytest.approx([11.12, 0], abs=0.01)
    assert (snapped.longitude[0], snapped.latitude[0]) == pytest.approx((0.0045, -0.004))


def test_snapping_can_keep_to_what_is_routable() -> None:
    cut = SQUARE.without(["cd"])
    assert SnapIndex(cut, routable_only=False).snap([0.0045], [0.009]).segment.tolist() == [2]
    # Without cd nothing leads from b and c back to a and d: of the two parts the one with a is kept.
    assert SnapIndex(cut).snap([0.0045], [0.009]).segment.tolist() == [3]


def test_snapping_refuses_points_off_the_earth() -> None:
    index = SnapIndex(SQUARE)
    with pytest.raises(InvalidProblem, match=r"points\[1\] lies at nan, 0.0"):
        index.snap([0.0, math.nan], [0.0, 0.0])
    with pytest.raises(InvalidProblem, match=r"points\[0\] lies at 0.0, 91.0"):
        index.snap([0.0], [91.0])
    assert len(index.snap([], []).segment) == 0


def test_without_any_road_nothing_is_near() -> None:
    snapped = SnapIndex(RoadNetwork.from_rows([], [])).snap([0.0], [0.0])
    assert snapped.segment.tolist() == [-1]
    assert snapped.distance_m.tolist() == [math.inf]
