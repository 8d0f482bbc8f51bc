"""Travel between positions on the network: times, distances, and the way itself.

The way taken is the fastest and, among equally fast ones, the shortest. That makes time and distance of
a pair unique, whoever computes them: a matrix and a path always agree. Inside, time is whole
milliseconds and every part of a segment is rounded up, so no travel is faster than free flow; outside,
time is whole seconds, rounded up, and distance whole metres. What cannot be reached is infinite.

One-way streets, closures, a vehicle's limits and turn restrictions are kept to. Whoever starts has no
history: only what is driven from the start on counts against a turn restriction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from optimizer.errors import InvalidProblem
from optimizer.roads.customization import NEVER, UNITS_PER_M, Metric
from optimizer.roads.many_to_many import Entries, Shortcuts, times_and_distances
from optimizer.roads.network import (
    Bools,
    Floats,
    Ints,
    JunctionRow,
    Position,
    Positions,
    RoadNetwork,
    SegmentRow,
)
from optimizer.roads.path_unpacking import Drive, drives
from optimizer.roads.preparation import metric_of
from optimizer.roads.profiles import ANY_VEHICLE, FREE_FLOW, SpeedProfile, VehicleProfile
from optimizer.roads.shapes import piece_of_shape


class PathStep(NamedTuple):
    """A part of a segment that is driven: forward has ``from_fraction`` <= ``to_fraction``."""

    segment: int
    forward: bool
    from_fraction: float
    to_fraction: float


@dataclass(frozen=True)
class Path:
    """A drive, from the segment it starts on to the one it ends on; each step starts where the last ended."""

    steps: tuple[PathStep, ...]
    travel_ms: int
    distance_m: int

    @property
    def travel_s(self) -> int:
        """The time in seconds, rounded up: what the matrix says of the pair."""
        return -(-self.travel_ms // 1000)

    def line(self, network: RoadNetwork) -> Floats:
        """The drive as drawn: rows of longitude and latitude."""
        pieces = [piece_of_shape(network, s.segment, s.from_fraction, s.to_fraction) for s in self.steps]
        points = np.vstack(pieces)
        repeated = np.flatnonzero(np.all(points[1:] == points[:-1], axis=1)) + 1
        return np.delete(points, repeated, axis=0)


@dataclass(frozen=True, eq=False)
class TravelMatrix:
    """Whole seconds and whole metres, origins by row, destinations by column; infinite: no way."""

    duration_s: Floats
    distance_m: Floats


def travel_matrix(
    network: RoadNetwork,
    origins: Positions,
    destinations: Positions,
    vehicle: VehicleProfile = ANY_VEHICLE,
    speeds: SpeedProfile = FREE_FLOW,
    slice_of_day: int = 0,
) -> TravelMatrix:
    """Travel from each origin to each destination, all of it in one slice of the day."""
    for positions in (origins, destinations):
        _check(network, positions)
    metric = metric_of(network, vehicle, speeds, slice_of_day)
    origin, destination = _on_one_segment(origins, destinations)
    direct = _direct(network, metric, origins.take(origin), destinations.take(destination))
    duration_s, distance_m, greatest = times_and_distances(
        metric,
        _leaving(metric, origins),
        _reaching(metric, destinations),
        Shortcuts(origin, destination, direct),
    )
    metric.scale.check(greatest)
    return TravelMatrix(duration_s, distance_m)


def fastest_path(
    network: RoadNetwork,
    origin: Position,
    destination: Position,
    vehicle: VehicleProfile = ANY_VEHICLE,
    speeds: SpeedProfile = FREE_FLOW,
    slice_of_day: int = 0,
) -> Path | None:
    """The way from one position to another; None when there is none."""
    ends = Positions(
        np.array([origin.segment, destination.segment]), np.array([origin.fraction, destination.fraction])
    )
    return fastest_paths(network, ends, [(0, 1)], vehicle, speeds, slice_of_day)[0]


def fastest_paths(
    network: RoadNetwork,
    positions: Positions,
    pairs: Sequence[tuple[int, int]],
    vehicle: VehicleProfile = ANY_VEHICLE,
    speeds: SpeedProfile = FREE_FLOW,
    slice_of_day: int = 0,
) -> list[Path | None]:
    """The way for each pair of indices into ``positions``; None where there is none."""
    if not pairs:
        return []
    origin, destination = np.array(pairs, dtype=np.int64).T
    origins, destinations = positions.take(origin), positions.take(destination)
    for ends in (origins, destinations):
        _check(network, ends)
    metric = metric_of(network, vehicle, speeds, slice_of_day)
    direct = _direct(network, metric, origins, destinations)
    found = drives(metric, _leaving(metric, origins), _reaching(metric, destinations))
    return [
        _path(network, metric, origins[i], destinations[i], int(direct[i]), found[i])
        for i in range(len(pairs))
    ]


def _check(network: RoadNetwork, positions: Positions) -> None:
    bad = np.flatnonzero((positions.segment < 0) | (positions.segment >= len(network.segment_ids)))
    if bad.size:
        raise InvalidProblem(f"positions[{bad[0]}].segment", "is not on the network")


def _leaving(metric: Metric, positions: Positions) -> Entries:
    """Where positions get onto the network: the nodes at the ends of their segments."""
    graph = metric.hierarchy.graph
    place, way, part = _both_ways(positions, ahead=True)
    node = graph.way_node[way]
    return _entries(metric, len(positions), place, way, part, node, node >= 0)


def _reaching(metric: Metric, positions: Positions) -> Entries:
    """Where positions are reached from: the nodes from which their segments may be driven."""
    graph = metric.hierarchy.graph
    place, way, part = _both_ways(positions, ahead=False)
    count = graph.way_start[way + 1] - graph.way_start[way]
    which = np.repeat(np.arange(len(way)), count)
    arc = graph.way_start[way[which]] + np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    nodes = graph.arc_tail[arc]
    return _entries(
        metric, len(positions), place[which], way[which], part[which], nodes, np.ones(len(arc), np.bool_)
    )


def _both_ways(positions: Positions, *, ahead: bool) -> tuple[Ints, Ints, Floats]:
    """For each position both ways along its segment, and the part of it ahead, or behind."""
    place = np.repeat(np.arange(len(positions)), 2)
    forward = np.tile([True, False], len(positions))
    way = 2 * positions.segment[place] + ~forward
    along = positions.fraction[place]
    return place, way, np.where(forward == ahead, 1 - along, along)


def _entries(
    metric: Metric, places: int, place: Ints, way: Ints, part: Floats, node: Ints, allowed: Bools
) -> Entries:
    key = metric.part_keys(way >> 1, part)
    kept = np.flatnonzero(allowed & (key < NEVER))
    return Entries(places, place[kept], metric.hierarchy.rank[node[kept]], key[kept], way[kept])


def _on_one_segment(origins: Positions, destinations: Positions) -> tuple[Ints, Ints]:
    """The pairs of an origin and a destination on the same segment."""
    order = np.argsort(destinations.segment, kind="stable")
    segments = destinations.segment[order]
    first = np.searchsorted(segments, origins.segment)
    count = np.searchsorted(segments, origins.segment, side="right") - first
    origin = np.repeat(np.arange(len(origins)), count)
    within = np.arange(len(origin)) - np.repeat(np.cumsum(count) - count, count)
    return origin, order[first[origin] + within]


def _direct(network: RoadNetwork, metric: Metric, origins: Positions, destinations: Positions) -> Ints:
    """Pair by pair, the key of driving along one segment without leaving it; never where one must."""
    segment = origins.segment
    ahead = destinations.fraction - origins.fraction
    may = np.where(ahead > 0, network.segment_forward[segment], network.segment_backward[segment])
    key = np.where(may, metric.part_keys(segment, np.abs(ahead)), NEVER)
    return np.where(segment == destinations.segment, np.where(ahead == 0, 0, key), NEVER)


def _path(
    network: RoadNetwork,
    metric: Metric,
    origin: Position,
    destination: Position,
    direct: int,
    drive: Drive | None,
) -> Path | None:
    """The better of driving along the segment and of driving elsewhere."""
    key = min(direct, NEVER if drive is None else drive.key)
    if key >= NEVER:
        return None
    metric.scale.check(key)
    if drive is None or direct <= drive.key:
        steps: tuple[PathStep, ...] = (_along(network, origin, destination),)
    else:
        steps = _steps(origin, destination, drive.ways)
    travel_ms, length = metric.scale.split(key)
    return Path(steps, travel_ms, int(np.rint(length / UNITS_PER_M)))


def _along(network: RoadNetwork, origin: Position, destination: Position) -> PathStep:
    ahead = destination.fraction - origin.fraction
    forward = ahead > 0 or (ahead == 0 and bool(network.segment_forward[origin.segment]))
    return PathStep(origin.segment, forward, origin.fraction, destination.fraction)


def _steps(origin: Position, destination: Position, ways: Sequence[int]) -> tuple[PathStep, ...]:
    steps = [
        PathStep(way >> 1, True, 0.0, 1.0) if way % 2 == 0 else PathStep(way >> 1, False, 1.0, 0.0)
        for way in ways
    ]
    steps[0] = steps[0]._replace(from_fraction=origin.fraction)
    steps[-1] = steps[-1]._replace(to_fraction=destination.fraction)
    return tuple(steps)


def warm() -> None:
    """Compile what travel runs, or load it from the cache, so that the first who asks need not wait."""
    ends = [JunctionRow("a", 0.0, 0.0), JunctionRow("b", 0.001, 0.0), JunctionRow("c", 0.002, 0.0)]
    streets = [
        SegmentRow(f"{one.id}{other.id}", one.id, other.id, 111.0, 50.0)
        for one, other in ((ends[0], ends[1]), (ends[1], ends[2]), (ends[2], ends[0]))
    ]
    network = RoadNetwork.from_rows(ends, streets)
    places = Positions(np.array([0, 1]), np.array([0.5, 0.5]))
    travel_matrix(network, places, places)
    fastest_paths(network.without(["ca"]), places, [(0, 1)])
