"""Travel that takes longer at some hours than at others."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import InvalidProblem
from optimizer.roads.network import JunctionRow, Positions, RoadNetwork, SegmentRow
from optimizer.roads.profiles import DAY_S, SpeedProfile
from optimizer.roads.time_of_day import TravelTimes, travel_times

HOUR_S = 3600
RUSH = SpeedProfile((0, 8 * HOUR_S, 9 * HOUR_S), {"primary": (1.0, 0.5, 1.0)})


def times(starts_s: list[int], durations_s: list[float]) -> TravelTimes:
    cube = np.array(durations_s, dtype=np.float64).reshape(-1, 1, 1)
    return TravelTimes(np.array(starts_s), cube, np.where(np.isinf(cube), np.inf, 1000.0))


def test_departures_at_eight_and_at_eleven_differ() -> None:
    ends = [JunctionRow("a", 0.0, 0.0), JunctionRow("b", 0.1, 0.0)]
    network = RoadNetwork.from_rows(ends, [SegmentRow("ab", "a", "b", 10_000, 60, road_class="primary")])
    travel = travel_times(
        network, Positions(np.array([0]), np.array([0.0])), Positions(np.array([0]), np.array([1.0])), RUSH
    )
    assert travel.duration_s[:, 0, 0].tolist() == [600, 1200, 600]
    assert travel.arrival_s(0, 0, 8 * HOUR_S) == 8 * HOUR_S + 1200
    assert travel.arrival_s(0, 0, 11 * HOUR_S) == 11 * HOUR_S + 600
    # 5 of the 10 minutes are driven before eight, the other half takes twice as long.
    assert travel.arrival_s(0, 0, 8 * HOUR_S - 300) == pytest.approx(8 * HOUR_S + 600)
    # Half is driven by nine, and the other half at full speed.
    assert travel.arrival_s(0, 0, 9 * HOUR_S - 600) == pytest.approx(9 * HOUR_S + 300)
    assert travel.distance_at(0, 0, 8.5 * HOUR_S) == 10_000


def test_a_drive_goes_on_past_midnight_and_through_slices_without_a_way() -> None:
    night = times([0, 6 * HOUR_S], [math.inf, 600])
    assert night.arrival_s(0, 0, DAY_S - 300) == DAY_S + 6 * HOUR_S + 300
    assert night.arrival_s(0, 0, 5 * DAY_S + HOUR_S) == 5 * DAY_S + 6 * HOUR_S + 600
    assert math.isinf(times([0], [math.inf]).arrival_s(0, 0, 0))
    assert times([0], [0]).arrival_s(0, 0, 77) == 77


@settings(deadline=None)
@given(
    st.lists(st.integers(1, DAY_S - 1), max_size=7, unique=True),
    st.lists(st.one_of(st.floats(0, 30_000), st.just(math.inf)), min_size=8, max_size=8),
    st.lists(st.floats(0, 2 * DAY_S), min_size=2, max_size=8),
)
def test_nobody_arrives_earlier_by_leaving_later(
    borders_s: list[int], durations_s: list[float], departures_s: list[float]
) -> None:
    travel = times([0, *sorted(borders_s)], durations_s[: len(borders_s) + 1])
    arrivals = [travel.arrival_s(0, 0, departure) for departure in sorted(departures_s)]
    for one, other in itertools.pairwise(arrivals):
        assert one <= other + 1e-6
    for departure, arrival in zip(sorted(departures_s), arrivals, strict=True):
        assert arrival >= departure
        fastest, slowest = min(durations_s[: len(borders_s) + 1]), max(durations_s[: len(borders_s) + 1])
        assert departure + fastest <= arrival + 1e-6
        assert arrival <= departure + slowest + 1e-6


def test_bad_matrices_are_refused() -> None:
    with pytest.raises(InvalidProblem, match="duration_s has entries that are negative or not a number"):
        times([0], [math.nan])
    with pytest.raises(InvalidProblem, match="must rise"):
        times([0, 0], [1, 1])
    with pytest.raises(InvalidProblem, match="wants one matrix for each of 2 slices"):
        times([0, 5], [1])
