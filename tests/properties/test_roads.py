"""Travel and snapping against oracles that share no code with them, on small random networks."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.roads.network import JunctionRow, Positions, RoadNetwork, SegmentRow
from optimizer.roads.snapping import SnapIndex
from optimizer.roads.travel import fastest_path, fastest_paths, travel_matrix
from tests.snapping_oracle import distance_to_line_m

Node = int | tuple[str, int]
"""A junction's index, or a position as ``("position", index)``."""

FEW = settings(max_examples=40, deadline=None)
FRACTIONS = st.sampled_from([0.0, 0.125, 0.25, 0.5, 0.5, 0.75, 1.0])  # exact in binary: no float noise


@st.composite
def networks(draw: st.DrawFn) -> RoadNetwork:
    count = draw(st.integers(1, 7))
    junctions = [
        JunctionRow(f"j{i}", draw(st.integers(-20, 20)) / 1000, draw(st.integers(-20, 20)) / 1000)
        for i in range(count)
    ]
    ends = st.integers(0, count - 1)
    segments = [
        SegmentRow(
            id=f"s{i}",
            from_junction=f"j{draw(ends)}",
            to_junction=f"j{draw(ends)}",  # parallel ones and loops among them
            length_m=draw(st.integers(0, 40)) * 25,
            speed_kph=draw(st.sampled_from([9, 18, 36, 50])),
            direction=draw(st.sampled_from(["both", "both", "forward", "backward"])),
            geometry=draw(st.sampled_from([(), ((0.001, 0.002), (0.005, -0.003), (0.002, 0.001))])),
            closed=draw(st.integers(0, 5)) == 0,
        )
        for i in range(draw(st.integers(1, 12)))
    ]
    return RoadNetwork.from_rows(junctions, segments)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[RoadNetwork, Positions]:
    network = draw(networks())
    count = draw(st.integers(1, 6))
    segment = [draw(st.integers(0, len(network.segment_ids) - 1)) for _ in range(count)]
    return network, Positions(np.array(segment), np.array([draw(FRACTIONS) for _ in range(count)]))


def exact_times(network: RoadNetwork, positions: Positions) -> dict[int, dict[int, Fraction]]:
    """Milliseconds between positions, each made a junction of its own: segments are cut where they lie."""
    graph: nx.MultiDiGraph[Node] = nx.MultiDiGraph()
    graph.add_nodes_from(("position", i) for i in range(len(positions)))
    for segment in range(len(network.segment_ids)):
        first, last = int(network.segment_from[segment]), int(network.segment_to[segment])
        here = [i for i in range(len(positions)) if positions[i].segment == segment]
        on_it = [(positions[i].fraction, ("position", i)) for i in here]
        chain: list[tuple[float, Node]] = [(0.0, first), *sorted(on_it), (1.0, last)]
        for (low, one), (high, other) in pairwise(chain):
            time = Fraction(high - low) * int(network.segment_travel_ms[segment])
            is_open = not network.segment_closed[segment]
            if is_open and network.segment_forward[segment]:
                graph.add_edge(one, other, time=time)
            if is_open and network.segment_backward[segment]:
                graph.add_edge(other, one, time=time)
            if high == low and isinstance(one, tuple) and isinstance(other, tuple):  # the same place
                graph.add_edge(one, other, time=Fraction(0))
                graph.add_edge(other, one, time=Fraction(0))
    found: dict[int, dict[int, Fraction]] = {}
    for i in range(len(positions)):
        reached = nx.single_source_dijkstra_path_length(graph, ("position", i), weight="time")
        found[i] = {node[1]: Fraction(time) for node, time in reached.items() if isinstance(node, tuple)}
    return found


@FEW
@given(worlds())
def test_the_matrix_equals_the_oracle(world: tuple[RoadNetwork, Positions]) -> None:
    network, positions = world
    matrix = travel_matrix(network, positions, positions)
    times = exact_times(network, positions)
    for i in range(len(positions)):
        for j in range(len(positions)):
            if j not in times[i]:
                assert math.isinf(matrix.duration_s[i, j])
                assert math.isinf(matrix.distance_m[i, j])
            else:
                exact = times[i][j]
                # Each of the two parts of a segment is rounded up to a millisecond, never down.
                assert math.ceil(exact / 1000) <= matrix.duration_s[i, j] <= math.ceil((exact + 2) / 1000)


@FEW
@given(worlds())
def test_a_path_is_connected_allowed_open_and_agrees_with_the_matrix(
    world: tuple[RoadNetwork, Positions],
) -> None:
    network, positions = world
    matrix = travel_matrix(network, positions, positions)
    pairs = [(i, j) for i in range(len(positions)) for j in range(len(positions))]
    for (i, j), path in zip(pairs, fastest_paths(network, positions, pairs), strict=True):
        assert path == fastest_path(network, positions[i], positions[j])
        if path is None:
            assert math.isinf(matrix.duration_s[i, j])
            continue
        assert (path.travel_s, path.distance_m) == (matrix.duration_s[i, j], matrix.distance_m[i, j])
        first, last = path.steps[0], path.steps[-1]
        assert (first.segment, first.from_fraction) == positions[i]
        assert (last.segment, last.to_fraction) == positions[j]
        free_flow, length = Fraction(0), 0.0
        for step in path.steps:
            moved = Fraction(step.to_fraction) - Fraction(step.from_fraction)
            if moved:
                assert step.forward == (moved > 0)
                way = network.segment_forward if step.forward else network.segment_backward
                assert way[step.segment]
                assert not network.segment_closed[step.segment]
            free_flow += abs(moved) * int(network.segment_travel_ms[step.segment])
            length += float(abs(moved)) * network.segment_length_m[step.segment]
        for before, after in pairwise(path.steps):
            assert junction_at(network, before.segment, before.to_fraction) == junction_at(
                network, after.segment, after.from_fraction
            )
        assert free_flow <= path.travel_ms <= free_flow + 2
        assert abs(path.distance_m - length) <= 0.6
        line = path.line(network)
        assert np.isfinite(line).all()


def junction_at(network: RoadNetwork, segment: int, fraction: float) -> int:
    assert fraction in (0.0, 1.0)
    return int((network.segment_to if fraction else network.segment_from)[segment])


@FEW
@given(networks())
def test_the_strongly_connected_part_is_the_largest(network: RoadNetwork) -> None:
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.add_nodes_from(range(len(network.junction_ids)))
    graph.add_edges_from(zip(network.arcs.tail.tolist(), network.arcs.head.tolist(), strict=True))
    part = set(np.flatnonzero(network.strongly_connected).tolist())
    parts = [set(one) for one in nx.strongly_connected_components(graph)]
    assert part in parts
    assert len(part) == max(map(len, parts))


@FEW
@given(
    networks(),
    st.lists(st.tuples(st.integers(-300, 300), st.integers(-300, 300)), min_size=1, max_size=8),
    st.booleans(),
)
def test_snapping_equals_brute_force(
    network: RoadNetwork, points: list[tuple[int, int]], routable_only: bool
) -> None:
    longitude, latitude = np.array(points).T / 10_000
    snapped = SnapIndex(network, routable_only=routable_only).snap(longitude, latitude)
    for i, point in enumerate(zip(longitude, latitude, strict=True)):
        best = math.inf
        for segment in range(len(network.segment_ids)):
            if not routable_only or network.routable[segment]:
                best = min(best, distance_to_line_m(point, network.shape(segment).tolist()))
        if math.isinf(best):
            assert snapped.segment[i] == -1
            assert math.isinf(snapped.distance_m[i])
            continue
        assert abs(snapped.distance_m[i] - best) < 2e-3
        own = distance_to_line_m(point, network.shape(int(snapped.segment[i])).tolist())
        assert abs(own - best) < 2e-3
        there = (snapped.longitude[i], snapped.latitude[i])
        assert abs(distance_to_line_m(point, [there, there]) - best) < 0.05
        assert distance_to_line_m(there, network.shape(int(snapped.segment[i])).tolist()) < 0.01
