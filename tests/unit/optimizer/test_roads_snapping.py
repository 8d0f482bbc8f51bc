"""Snapping with the heading and the side of the street, at the ends of the earth, and in real cities."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from optimizer.errors import InvalidProblem
from optimizer.roads.network import JunctionRow, RoadNetwork, SegmentRow
from optimizer.roads.snapping import CHUNK, Side, SnapIndex, Snapped
from seeds.openstreetmap.rows import road_network
from tests.road_extracts import road_map
from tests.snapping_oracle import Floats, nearest_distances_m, strtree_distances_m

M = 1 / 111_195.0797
"""A metre in degrees of latitude, and of longitude at the equator."""
NORTH, EAST, SOUTH, WEST = 0.0, 90.0, 180.0, 270.0


def roads(*segments: tuple[str, list[tuple[float, float]], str]) -> SnapIndex:
    """Segments by name, shape in metres east and north of 0, 0, and direction."""
    junctions, rows = [], []
    for name, metres, direction in segments:
        shape = [(x * M, y * M) for x, y in metres]
        junctions += [JunctionRow(f"{name}-from", *shape[0]), JunctionRow(f"{name}-to", *shape[-1])]
        rows.append(SegmentRow(name, f"{name}-from", f"{name}-to", 100, 50, direction, shape))
    return SnapIndex(RoadNetwork.from_rows(junctions, rows), routable_only=False)


def snap(
    index: SnapIndex,
    *points: tuple[float, float],
    heading: Sequence[float] | None = None,
    side: Sequence[int] | None = None,
) -> Snapped:
    longitude, latitude = np.array(points).T * M
    return index.snap(longitude, latitude, heading=heading, side=side)


# A street with two carriageways, 20 m apart, where traffic keeps to the right.
CARRIAGEWAYS = roads(
    ("northbound", [(10, 0), (10, 500)], "forward"),
    ("southbound", [(-10, 500), (-10, 0)], "forward"),
)


def test_the_heading_tells_carriageways_apart() -> None:
    point = (-4.0, 250.0)
    snapped = snap(CARRIAGEWAYS, *[point] * 4, heading=[math.nan, NORTH, SOUTH, NORTH + 350])
    assert snapped.segment.tolist() == [1, 0, 1, 0]
    assert snapped.distance_m == pytest.approx([6, 14, 6, 14], abs=1e-3)
    assert snapped.forward.all()
    assert not snapped.backward.any()


def test_a_road_that_does_not_fit_is_better_than_one_far_away_and_says_so() -> None:
    crosswise = snap(CARRIAGEWAYS, (-4.0, 250.0), heading=[EAST])
    assert crosswise.segment.tolist() == [1]
    assert not crosswise.forward[0]
    assert not crosswise.backward[0]
    beyond = snap(CARRIAGEWAYS, (-50.0, 250.0), heading=[NORTH])  # 40 m and 60 m away
    assert beyond.segment.tolist() == [0]
    farther = CARRIAGEWAYS.snap([-50 * M], [250 * M], heading=[NORTH], misfit_m=10)
    assert (farther.segment[0], bool(farther.forward[0])) == (1, False)


def test_the_kerb_side_tells_carriageways_apart() -> None:
    """A parcel for the median strip, dropped on the left, and one for the pavement, on the right."""
    median, pavement = (4.0, 250.0), (16.0, 250.0)
    snapped = snap(CARRIAGEWAYS, median, median, pavement, side=[Side.LEFT, Side.UNKNOWN, Side.RIGHT])
    assert snapped.segment.tolist() == [0, 0, 0]
    assert snapped.side.tolist() == [Side.LEFT, Side.LEFT, Side.RIGHT]
    assert snapped.forward.all()
    wrong = snap(CARRIAGEWAYS, median, side=[Side.RIGHT])
    assert not wrong.forward[0]  # both carriageways have it on their left


def test_on_a_street_for_both_ways_the_side_says_from_where_to_come() -> None:
    street = roads(("street", [(0, 0), (500, 0)], "both"))
    snapped = snap(
        street, (250, 8), (250, -8), (250, 8), (250, 0), side=[Side.RIGHT, Side.RIGHT, Side.LEFT, Side.RIGHT]
    )
    assert snapped.side.tolist() == [Side.LEFT, Side.RIGHT, Side.LEFT, Side.UNKNOWN]
    assert snapped.forward.tolist() == [False, True, True, True]
    assert snapped.backward.tolist() == [True, False, False, True]


def test_heading_and_side_must_fit_together() -> None:
    street = roads(("street", [(0, 0), (500, 0)], "both"))
    snapped = snap(street, (250, -8), (250, -8), heading=[EAST, WEST], side=[Side.RIGHT, Side.RIGHT])
    assert snapped.forward.tolist() == [True, False]
    assert snapped.backward.tolist() == [False, False]


def test_around_a_hairpin_the_outside_is_one_side() -> None:
    """Beyond the bend of a road that turns left by 170 degrees, all points lie on its right."""
    back = (math.cos(math.radians(170)) * 100, math.sin(math.radians(170)) * 100)
    hairpin = roads(("hairpin", [(-100, 0), (0, 0), back], "both"))
    fan = [
        (10 * math.cos(math.radians(turn)), 10 * math.sin(math.radians(turn))) for turn in range(-85, 80, 5)
    ]
    snapped = snap(hairpin, *fan)
    assert snapped.distance_m == pytest.approx(10, abs=1e-3)
    assert (snapped.side == Side.RIGHT).all()


def test_what_is_known_must_be_sound() -> None:
    with pytest.raises(InvalidProblem, match=r"heading\[1\] is inf; it is in degrees"):
        snap(CARRIAGEWAYS, (0, 0), (0, 0), heading=[0, math.inf])
    with pytest.raises(InvalidProblem, match="heading wants one direction for each of 1 points"):
        snap(CARRIAGEWAYS, (0, 0), heading=[0, 1])
    with pytest.raises(InvalidProblem, match=r"side\[0\] is 2; it is 1 \(right\), -1 \(left\)"):
        snap(CARRIAGEWAYS, (0, 0), side=[2])
    with pytest.raises(InvalidProblem, match="side wants one side for each of 1 points"):
        snap(CARRIAGEWAYS, (0, 0), side=[1, 1])
    with pytest.raises(InvalidProblem, match="misfit_m is nan"):
        CARRIAGEWAYS.snap([0], [0], side=[1], misfit_m=math.nan)


def test_the_date_line_and_the_poles_are_places_like_others() -> None:
    def street(*shape: tuple[float, float]) -> SnapIndex:
        ends = [JunctionRow("a", *shape[0]), JunctionRow("b", *shape[-1])]
        return SnapIndex(RoadNetwork.from_rows(ends, [SegmentRow("ab", "a", "b", 1000, 50, "both", shape)]))

    taveuni = street((179.995, -16.8), (-179.995, -16.8)).snap([180.0, -180.0], [-16.8, -16.8 + 10 * M])
    assert taveuni.fraction == pytest.approx(0.5)
    assert taveuni.distance_m == pytest.approx([0, 10], abs=0.2)
    over_the_pole = street((0.0, 89.99), (180.0, 89.99)).snap([90.0, -90.0], [90.0, 90 - 100 * M])
    assert over_the_pole.fraction == pytest.approx(0.5)
    assert over_the_pole.distance_m == pytest.approx([0, 100], abs=0.1)
    assert over_the_pole.side.tolist() == [Side.UNKNOWN, Side.LEFT]


def test_a_far_off_point_says_how_far_off_it_is() -> None:
    snapped = snap(CARRIAGEWAYS, (0, 500 + 3000), (0, 500 + 2_000_000))
    assert snapped.distance_m[0] == pytest.approx(3000, rel=1e-4)
    assert snapped.distance_m[1] == pytest.approx(2_000_000, rel=0.01)
    antipode = CARRIAGEWAYS.snap([180.0], [0.0])
    assert antipode.distance_m == pytest.approx(2 * 6_371_008.8, rel=1e-6)


def test_points_are_answered_each_for_itself() -> None:
    random = np.random.default_rng(5)
    longitude, latitude = random.uniform(-900 * M, 900 * M, (2, CHUNK + 100))
    heading = random.uniform(0, 360, CHUNK + 100)
    side = random.integers(-1, 2, CHUNK + 100)
    many = CARRIAGEWAYS.snap(longitude, latitude, heading=heading, side=side)
    for i in [*range(50), *range(CHUNK - 50, CHUNK + 100)]:
        own = slice(i, i + 1)
        one = CARRIAGEWAYS.snap(longitude[own], latitude[own], heading=heading[own], side=side[own])
        assert (one.segment[0], one.fraction[0], one.side[0]) == (
            many.segment[i],
            many.fraction[i],
            many.side[i],
        )
        assert (one.forward[0], one.backward[0]) == (many.forward[i], many.backward[i])


@pytest.mark.parametrize("name", ["baltimore", "porto-alegre"])
def test_in_a_real_city_nothing_is_nearer(name: str) -> None:
    network = road_network(road_map(name))
    longitude, latitude = points_in_and_around(network, 150)
    snapped = SnapIndex(network).snap(longitude, latitude)
    assert network.routable[snapped.segment].all()
    assert snapped.distance_m == pytest.approx(nearest_distances_m(network, longitude, latitude), abs=2e-3)


def test_in_a_real_city_the_answer_is_that_of_a_tree_of_rectangles() -> None:
    pytest.importorskip("shapely", reason="shapely is not installed")
    network = road_network(road_map("porto-alegre"))
    longitude, latitude = points_in_and_around(network, 20_000)
    snapped = SnapIndex(network).snap(longitude, latitude)
    least, own = strtree_distances_m(network, longitude, latitude, snapped.segment)
    assert own == pytest.approx(least, abs=1e-3, rel=1e-5)
    assert snapped.distance_m == pytest.approx(least, abs=1e-2, rel=1e-4)


def points_in_and_around(network: RoadNetwork, count: int) -> tuple[Floats, Floats]:
    random = np.random.default_rng(11)
    margin = 0.02
    return (
        random.uniform(network.longitude.min() - margin, network.longitude.max() + margin, count),
        random.uniform(network.latitude.min() - margin, network.latitude.max() + margin, count),
    )
