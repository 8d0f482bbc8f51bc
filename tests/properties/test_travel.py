"""Travel with one-way streets, closures and turn restrictions equals a search that shares no code with it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.roads.network import JunctionRow, Positions, RestrictionRow, RoadNetwork, SegmentRow
from optimizer.roads.travel import Path, fastest_paths, travel_matrix
from seeds.openstreetmap.rows import road_network
from tests.road_extracts import EXTRACTS, road_map
from tests.road_oracle import Driven, History, Key, Oracle, cost_of

SOME = settings(max_examples=120, deadline=None)
FRACTIONS = st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.5, 0.75, 1.0])  # exact in binary: no float noise


class World(NamedTuple):
    junctions: list[JunctionRow]
    segments: list[SegmentRow]
    restrictions: list[RestrictionRow]
    positions: Positions

    def network(self) -> RoadNetwork:
        return RoadNetwork.from_rows(self.junctions, self.segments, self.restrictions)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    count = draw(st.integers(1, 6))
    junctions = [JunctionRow(f"j{i}", i / 1000, 0.0) for i in range(count)]
    ends = st.integers(0, count - 1)
    segments = [
        SegmentRow(
            id=f"s{i}",
            from_junction=f"j{draw(ends)}",
            to_junction=f"j{draw(ends)}",  # parallel ones and loops among them
            length_m=draw(st.integers(0, 40)) * 25,
            speed_kph=draw(st.sampled_from([9, 18, 36, 50])),
            direction=draw(st.sampled_from(["both", "both", "both", "forward", "backward"])),
            closed=draw(st.integers(0, 7)) == 0,
        )
        for i in range(draw(st.integers(1, 11)))
    ]
    restrictions = [restriction(draw, f"r{i}", segments) for i in range(draw(st.integers(0, 6)))]
    where = [draw(st.integers(0, len(segments) - 1)) for _ in range(draw(st.integers(1, 5)))]
    positions = Positions(np.array(where), np.array([draw(FRACTIONS) for _ in where]))
    return World(junctions, segments, restrictions, positions)


def restriction(draw: st.DrawFn, id: str, segments: Sequence[SegmentRow]) -> RestrictionRow:
    """A turn that the streets' shape allows, whichever way one may drive on them."""

    def end(driven: Driven) -> str:
        row = segments[driven.segment]
        return row.to_junction if driven.forward else row.from_junction

    ways = [Driven(s, forward) for s in range(len(segments)) for forward in (True, False)]
    turn = [draw(st.sampled_from(ways))]
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        onward = [way for way in ways if end(Driven(way.segment, not way.forward)) == end(turn[-1])]
        turn.append(draw(st.sampled_from(onward)))
    told = draw(st.booleans())
    return RestrictionRow(
        id=id,
        kind=draw(st.sampled_from(["no", "no", "only"])),
        from_segment=segments[turn[0].segment].id,
        to_segment=segments[turn[-1].segment].id,
        via_junction=end(turn[0]) if len(turn) == 2 else None,
        via_segments=tuple(segments[way.segment].id for way in turn[1:-1]),
        from_forward=turn[0].forward if told else None,
        to_forward=turn[-1].forward if told else None,
    )


def keys(oracle: Oracle, network: RoadNetwork, positions: Positions) -> list[list[Key | None]]:
    everywhere = [positions[i] for i in range(len(positions))]
    return [oracle.travel(origin, everywhere, cost_of(network)) for origin in everywhere]


def assert_equals_oracle(oracle: Oracle, network: RoadNetwork, positions: Positions) -> None:
    matrix = travel_matrix(network, positions, positions)
    expected = keys(oracle, network, positions)
    pairs = [(i, j) for i in range(len(positions)) for j in range(len(positions))]
    for (i, j), path in zip(pairs, fastest_paths(network, positions, pairs), strict=True):
        key = expected[i][j]
        if key is None:
            assert path is None
            assert matrix.duration_s[i, j] == matrix.distance_m[i, j] == math.inf
            continue
        assert path is not None
        assert (path.travel_ms, path.distance_m) == (key[0], round(key[1] / 100))
        assert (path.travel_s, path.distance_m) == (matrix.duration_s[i, j], matrix.distance_m[i, j])
        assert_may_be_driven(oracle, network, path)


def assert_may_be_driven(oracle: Oracle, network: RoadNetwork, path: Path) -> None:
    driven: History = ()
    for step in path.steps:
        way = Driven(step.segment, step.forward)
        if step.from_fraction != step.to_fraction:
            assert not network.segment_closed[step.segment]
            assert (network.segment_forward if step.forward else network.segment_backward)[step.segment]
        if driven:
            assert way in oracle.leaving[oracle.head(driven[-1])]
            assert oracle.allowed(driven, way)
        driven = (*driven, way)
    for before, after in pairwise(path.steps):
        assert before.to_fraction == (1.0 if before.forward else 0.0)
        assert after.from_fraction == (0.0 if after.forward else 1.0)


@SOME
@given(worlds())
def test_matrix_and_paths_equal_the_oracle(world: World) -> None:
    oracle = Oracle(world.junctions, world.segments, world.restrictions)
    assert_equals_oracle(oracle, world.network(), world.positions)


@SOME
@given(worlds(), st.lists(st.lists(st.booleans(), min_size=11, max_size=11), min_size=1, max_size=3))
def test_after_closures_the_hierarchy_that_is_there_still_gives_the_oracles_answers(
    world: World, closures: list[list[bool]]
) -> None:
    network = world.network()
    oracle = Oracle(world.junctions, world.segments, world.restrictions)
    travel_matrix(network, world.positions, world.positions)
    for closed in closures:
        network = network.with_closed(closed[: len(world.segments)])
        assert_equals_oracle(oracle, network, world.positions)


@pytest.mark.parametrize("name", EXTRACTS)
def test_in_a_city_travel_equals_the_oracle(name: str) -> None:
    network = road_network(road_map(name))
    random = np.random.default_rng(5)
    closed = network.segment_closed.copy()
    closed[random.choice(len(closed), len(closed) // 100)] = True
    network = network.with_closed(closed)
    # Half of the places lie on streets that turn restrictions are about.
    restricted = np.array([way // 2 for ways in network.banned for way in ways] or [0])
    anywhere = random.choice(np.flatnonzero(network.routable), 25)
    places = np.concatenate([random.choice(restricted, 25), anywhere])
    positions = Positions(places, random.integers(0, 9, len(places)) / 8)
    matrix = travel_matrix(network, positions, positions)
    oracle = Oracle.of(network)
    everywhere = [positions[i] for i in range(len(positions))]
    for i in (0, len(places) - 1):
        for j, key in enumerate(oracle.travel(positions[i], everywhere, cost_of(network))):
            told = (matrix.duration_s[i, j], matrix.distance_m[i, j])
            assert told == (
                (math.inf, math.inf) if key is None else (math.ceil(key[0] / 1000), round(key[1] / 100))
            )
    pairs = [(i, (i + 7) % len(places)) for i in range(len(places))]
    for (i, j), path in zip(pairs, fastest_paths(network, positions, pairs), strict=True):
        assert (path is None) == math.isinf(matrix.duration_s[i, j])
        if path is not None:
            assert (path.travel_s, path.distance_m) == (matrix.duration_s[i, j], matrix.distance_m[i, j])
            assert_may_be_driven(oracle, network, path)
