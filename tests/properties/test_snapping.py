"""Snapping against every road in turn: anywhere on earth, and with headings and sides."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.roads.network import JunctionRow, RoadNetwork, SegmentRow
from optimizer.roads.snapping import MISFIT_M, Side, SnapIndex
from tests.snapping_oracle import distance_to_line_m

M = 1 / 111_195.0797
"""A metre in degrees of latitude, and of longitude at the equator."""
SOME = settings(max_examples=60, deadline=None)

# Where a network lies and how far it spreads, in degrees: at a pole, over the date line, on opposite sides.
CENTRES = st.sampled_from([(0.0, 0.0), (-71.3, -29.9), (180.0, 10.0), (20.0, 89.999), (-100.0, -90.0)])
SPREADS = st.sampled_from([0.001, 0.01, 0.3, 2.0])


@st.composite
def scattered(draw: st.DrawFn) -> tuple[list[list[tuple[float, float]]], list[tuple[float, float]]]:
    """Streets in one or two places on earth, and points near them, between them and far from them."""
    places = draw(st.lists(st.tuples(CENTRES, SPREADS), min_size=1, max_size=2))
    units = st.floats(-1, 1, allow_subnormal=False)

    def near(place: tuple[tuple[float, float], float]) -> tuple[float, float]:
        (longitude, latitude), spread = place
        return around(longitude + draw(units) * spread, latitude + draw(units) * spread)

    lines = [
        [near(place) for _ in range(draw(st.integers(2, 3)))]
        for place in draw(st.lists(st.sampled_from(places), min_size=1, max_size=6))
    ]
    anywhere = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
    points = [near(draw(st.sampled_from(places))) for _ in range(draw(st.integers(1, 5)))]
    return lines, [*points, draw(anywhere)]


def around(longitude: float, latitude: float) -> tuple[float, float]:
    """The same place with degrees in their bounds."""
    if abs(latitude) > 90:
        longitude, latitude = longitude + 180, math.copysign(180, latitude) - latitude
    return (longitude + 180) % 360 - 180, latitude


@SOME
@given(scattered())
def test_nothing_is_nearer_wherever_on_earth(
    world: tuple[list[list[tuple[float, float]]], list[tuple[float, float]]],
) -> None:
    lines, points = world
    junctions, segments = [], []
    for i, line in enumerate(lines):
        junctions += [JunctionRow(f"{i}a", *line[0]), JunctionRow(f"{i}b", *line[-1])]
        segments.append(SegmentRow(f"s{i}", f"{i}a", f"{i}b", 100, 50, "both", line))
    index = SnapIndex(RoadNetwork.from_rows(junctions, segments), routable_only=False)
    snapped = index.snap(*np.array(points).T)
    for i, point in enumerate(points):
        best = min(distance_to_line_m(point, line) for line in lines)
        assert abs(snapped.distance_m[i] - best) < 2e-3
        assert abs(distance_to_line_m(point, lines[int(snapped.segment[i])]) - best) < 2e-3
        there = (float(snapped.longitude[i]), float(snapped.latitude[i]))
        assert abs(distance_to_line_m(there, [point, point]) - best) < 0.05


@dataclass(frozen=True)
class Street:
    """From one point to another, either due east or due north of it or the other way round; metres."""

    x: int
    y: int
    towards: int
    length: int
    direction: str

    @property
    def step(self) -> tuple[int, int]:
        return {0: (0, 1), 90: (1, 0), 180: (0, -1), 270: (-1, 0)}[self.towards]

    @property
    def end(self) -> tuple[int, int]:
        return self.x + self.step[0] * self.length, self.y + self.step[1] * self.length

    def judge(self, x: float, y: float, heading: float, side: int) -> tuple[float, bool, bool]:
        """The distance in metres, and whether driving forward and backward fits."""
        step_x, step_y = self.step
        along = (x - self.x) * step_x + (y - self.y) * step_y
        rightwards = (x - self.x) * step_y - (y - self.y) * step_x
        beyond = along - min(max(along, 0), self.length)
        fits = []
        for way, turned, lies in (("forward", 0, rightwards), ("backward", 180, -rightwards)):
            headed = math.isnan(heading) or heading == (self.towards + turned) % 360
            sided = side == Side.UNKNOWN or side * lies > 0
            fits.append(self.direction in (way, "both") and headed and sided)
        return math.hypot(beyond, rightwards), fits[0], fits[1]


STREETS = st.builds(
    Street,
    x=st.integers(-150, 150),
    y=st.integers(-150, 150),
    towards=st.sampled_from([0, 90, 180, 270]),
    length=st.integers(1, 400),
    direction=st.sampled_from(["both", "forward", "backward"]),
)
POINTS = st.tuples(
    st.integers(-300, 300).map(lambda x: x + 0.5),  # never straight ahead of a street
    st.integers(-300, 300).map(lambda y: y + 0.5),
    st.sampled_from([math.nan, 0.0, 90.0, 180.0, 270.0]),
    st.sampled_from(list(Side)),
)


@SOME
@given(st.lists(STREETS, min_size=1, max_size=8), st.lists(POINTS, min_size=1, max_size=6))
def test_of_the_roads_that_fit_the_nearest_is_taken(
    streets: list[Street], points: list[tuple[float, float, float, Side]]
) -> None:
    junctions, segments = [], []
    for i, street in enumerate(streets):
        junctions.append(JunctionRow(f"{i}a", street.x * M, street.y * M))
        junctions.append(JunctionRow(f"{i}b", street.end[0] * M, street.end[1] * M))
        segments.append(SegmentRow(f"s{i}", f"{i}a", f"{i}b", 100, 50, street.direction))
    index = SnapIndex(RoadNetwork.from_rows(junctions, segments), routable_only=False)
    x, y, heading, side = zip(*points, strict=True)
    snapped = index.snap(np.array(x) * M, np.array(y) * M, heading=heading, side=side)
    for i, point in enumerate(points):
        judged = [street.judge(*point) for street in streets]
        scores = [away + (0 if forward or backward else MISFIT_M) for away, forward, backward in judged]
        segment = int(snapped.segment[i])
        away, forward, backward = judged[segment]
        assert abs(scores[segment] - min(scores)) < 1e-3
        assert abs(snapped.distance_m[i] - away) < 1e-3
        assert (snapped.forward[i], snapped.backward[i]) == (forward, backward)
