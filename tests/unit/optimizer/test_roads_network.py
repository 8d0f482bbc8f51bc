"""Rows become a road network, or are refused with the row and the reason."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from optimizer.errors import InvalidNetwork
from optimizer.roads.network import JunctionRow, RoadNetwork, SegmentRow

A, B, C = (JunctionRow(name, x, 0.0) for name, x in (("a", 0.0), ("b", 0.01), ("c", 0.02)))
STREET = SegmentRow("ab", "a", "b", 1000, 36)


def network(*segments: SegmentRow) -> RoadNetwork:
    return RoadNetwork.from_rows([A, B, C], segments)


def test_a_street_is_one_segment_and_two_arcs() -> None:
    arcs = network(STREET, SegmentRow("bc", "b", "c", 500, 50, "backward")).arcs
    assert arcs.segment.tolist() == [0, 0, 1]
    assert arcs.tail.tolist() == [0, 1, 2]
    assert arcs.head.tolist() == [1, 0, 1]
    assert arcs.forward.tolist() == [True, False, False]
    assert arcs.travel_ms.tolist() == [100_000, 100_000, 36_000]


def test_travel_is_rounded_up_and_never_free() -> None:
    assert network(replace(STREET, length_m=100, speed_kph=70)).segment_travel_ms.tolist() == [5143]
    assert network(replace(STREET, length_m=0)).segment_travel_ms.tolist() == [1]


def test_closing_keeps_places_and_leaves_the_first_network_as_it_was() -> None:
    open_ = network(STREET, SegmentRow("ab2", "a", "b", 900, 36))
    closed = open_.without(["ab"])
    assert closed.arcs.segment.tolist() == [1, 1]
    assert closed.segment_ids == open_.segment_ids
    assert open_.arcs.segment.tolist() == [0, 1, 0, 1]
    assert closed.with_closed(open_.segment_closed).arcs.segment.tolist() == [0, 1, 0, 1]
    assert network(replace(STREET, closed=True)).arcs.segment.tolist() == []


def test_what_leads_out_only_is_not_routable() -> None:
    trap = network(STREET, SegmentRow("bc", "b", "c", 500, 50, "forward"))
    assert trap.strongly_connected.tolist() == [True, True, False]
    assert trap.routable.tolist() == [True, False]
    assert trap.without(["ab"]).routable.tolist() == [False, False]


def test_arrays_cannot_be_written_to() -> None:
    with pytest.raises(ValueError, match="read-only"):
        network(STREET).segment_closed[0] = True


def test_an_empty_network_is_one() -> None:
    empty = RoadNetwork.from_rows([], [])
    assert empty.arcs.segment.size == empty.strongly_connected.size == empty.routable.size == 0


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        (replace(STREET, to_junction="z"), "segment ab ends at z, which is not among the junctions"),
        (replace(STREET, length_m=-1), "segment ab has length -1 m"),
        (replace(STREET, length_m=math.nan), "segment ab has length nan m"),
        (replace(STREET, length_m=math.inf), "segment ab has length inf m"),
        (replace(STREET, speed_kph=0), "segment ab has speed 0 km/h"),
        (replace(STREET, speed_kph=math.nan), "segment ab has speed nan km/h"),
        (replace(STREET, speed_kph=1e-9), "segment ab would take more than 100000 h to drive"),
        (
            replace(STREET, direction="up"),
            "segment ab has direction 'up'; it is one of both, forward, backward",
        ),
        (replace(STREET, geometry=[(0.0, 0.0)]), "segment ab has a shape of one point; it takes two or more"),
        (
            replace(STREET, geometry=[(0.0, 0.0), (math.nan, 0.0)]),
            "segment ab lies at nan, 0.0, which is nowhere",
        ),
    ],
)
def test_a_bad_segment_is_refused_by_name(segment: SegmentRow, reason: str) -> None:
    with pytest.raises(InvalidNetwork) as refused:
        network(segment)
    assert str(refused.value).startswith(reason)


def test_doubles_and_points_off_the_earth_are_refused() -> None:
    with pytest.raises(InvalidNetwork, match="segment ab appears twice"):
        network(STREET, STREET)
    with pytest.raises(InvalidNetwork, match="junction a appears twice"):
        RoadNetwork.from_rows([A, A], [])
    with pytest.raises(InvalidNetwork, match="junction x lies at 200, 0"):
        RoadNetwork.from_rows([JunctionRow("x", 200, 0)], [])
    with pytest.raises(InvalidNetwork, match="segment zz is not in the network"):
        network(STREET).without(["zz"])
    with pytest.raises(InvalidNetwork, match="one flag for each of 1 segments"):
        network(STREET).with_closed(np.zeros(2, dtype=bool))
