"""Travel between positions on the network: times, distances, and the way itself.

The way taken is the fastest and, among equally fast ones, the shortest. That makes time and distance of
a pair unique, whoever computes them: a matrix and a path always agree. Inside, time is whole
milliseconds and every part of a segment is rounded up, so no travel is faster than free flow; outside,
time is whole seconds, rounded up, and distance whole metres. What cannot be reached is infinite.

Dijkstra's search serves for now: one tree per distinct origin.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from optimizer.errors import InvalidProblem
from optimizer.roads.network import Bools, Floats, Ints, Position, Positions, RoadNetwork
from optimizer.roads.shapes import piece_of_shape

UNITS_PER_M = (100, 10)
"""Distance is counted in cm, or where drives are too long for that, in dm."""
JUNCTIONS_A_BATCH = 80_000
"""Junctions searched before other threads get their turn: scipy holds the GIL, for about 8 ms here."""


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


def travel_matrix(network: RoadNetwork, origins: Positions, destinations: Positions) -> TravelMatrix:
    """Travel from each origin to each destination."""
    for units_per_m in UNITS_PER_M:
        search = _Search(network, units_per_m, origins)
        keys = search.matrix(destinations)
        if search.trusts(keys):
            return search.told(keys)
    raise _too_long()


def fastest_path(network: RoadNetwork, origin: Position, destination: Position) -> Path | None:
    """The way from one position to another; None when there is none."""
    ends = Positions(
        np.array([origin.segment, destination.segment]), np.array([origin.fraction, destination.fraction])
    )
    return fastest_paths(network, ends, [(0, 1)])[0]


def fastest_paths(
    network: RoadNetwork, positions: Positions, pairs: Sequence[tuple[int, int]]
) -> list[Path | None]:
    """The way for each pair of indices into ``positions``; None where there is none."""
    if not pairs:
        return []
    origin, destination = np.array(pairs, dtype=np.int64).T
    for units_per_m in UNITS_PER_M:
        search = _Search(network, units_per_m, positions.take(origin))
        paths = search.paths(positions.take(destination))
        if paths is not None:
            return paths
    raise _too_long()


def _too_long() -> InvalidProblem:
    return InvalidProblem("positions", "are too many hours of driving apart to be measured")


class _Ends(NamedTuple):
    """How positions join the arcs: the junction beyond each of a position's (at most two) open ways."""

    position: Ints
    junction: Ints
    segment: Ints
    forward: Bools
    key: Floats


class _Search:
    """One question: travel from ``origins``, with distances in ``units_per_m``.

    Time and distance are searched as one number, the key: milliseconds times ``base``, plus distance.
    Keys are whole and added exactly as long as they stay below 2^53; that, and that no distance
    spills into the time, holds for every drive shorter than ``horizon_ms``.
    """

    def __init__(self, network: RoadNetwork, units_per_m: int, origins: Positions) -> None:
        self.network = network
        self.units_per_m = units_per_m
        fastest = (network.segment_length_m * units_per_m / network.segment_travel_ms).max(initial=0.0)
        most_per_ms = fastest + 1  # a part of a segment, rounded, is at most one unit longer
        self.base = 2.0 ** math.floor((53 + math.log2(most_per_ms)) / 2)
        self.horizon_ms = min(2.0**53 / self.base, self.base / most_per_ms)
        self._check(origins)
        place = np.column_stack([origins.segment.astype(np.float64), origins.fraction])
        distinct, self.row = np.unique(place, axis=0, return_inverse=True)
        self.origins = Positions(distinct[:, 0].astype(np.int64), distinct[:, 1])
        self._build()

    def _check(self, positions: Positions) -> None:
        bad = np.flatnonzero((positions.segment < 0) | (positions.segment >= len(self.network.segment_ids)))
        if bad.size:
            raise InvalidProblem(f"positions[{bad[0]}].segment", "is not on the network")

    def _key(self, segment: Ints, fraction: Floats) -> Floats:
        travel_ms = np.ceil(fraction * self.network.segment_travel_ms[segment])
        length = np.rint(fraction * self.network.segment_length_m[segment] * self.units_per_m)
        return np.asarray(travel_ms * self.base + length, dtype=np.float64)

    def _ends(self, positions: Positions, *, leaving: bool) -> _Ends:
        """Where positions get onto the network's junctions, or (not ``leaving``) are reached from."""
        network, segment, fraction = self.network, positions.segment, positions.fraction
        sides = []
        for forward, allowed in ((True, network.segment_forward), (False, network.segment_backward)):
            at = np.flatnonzero(allowed[segment] & ~network.segment_closed[segment])
            beyond = network.segment_to if forward == leaving else network.segment_from
            part = 1 - fraction[at] if forward == leaving else fraction[at]
            sides.append(
                _Ends(
                    at,
                    beyond[segment[at]],
                    segment[at],
                    np.full(len(at), forward),
                    self._key(segment[at], part),
                )
            )
        return _Ends(*(np.concatenate(column) for column in zip(*sides, strict=True)))

    def _build(self) -> None:
        """The arcs, the fastest of parallel ones only, and a node for each origin with its ways out."""
        arcs, junctions = self.network.arcs, len(self.network.junction_ids)
        out = self._ends(self.origins, leaving=True)
        whole = self._key(arcs.segment, np.ones(len(arcs.segment)))
        tail = np.concatenate([arcs.tail, junctions + out.position])
        head = np.concatenate([arcs.head, out.junction])
        segment = np.concatenate([arcs.segment, out.segment])
        forward = np.concatenate([arcs.forward, out.forward])
        key = np.concatenate([whole, out.key])
        order = np.lexsort((segment, key, head, tail))
        first = np.ones(len(order), dtype=np.bool_)
        first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
        kept = order[first]
        self.nodes = junctions + len(self.origins)
        self.arc_ends, self.arc_segment, self.arc_forward = (
            tail[kept] * self.nodes + head[kept],
            segment[kept],
            forward[kept],
        )
        self.graph = csr_array((key[kept], (tail[kept], head[kept])), shape=(self.nodes, self.nodes))

    def _batches(self) -> Iterator[slice]:
        size = max(1, JUNCTIONS_A_BATCH // max(1, self.nodes))
        for first in range(0, len(self.origins), size):
            yield slice(first, min(first + size, len(self.origins)))

    def _entries(self, destinations: Positions) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """By way in (forward, backward) and destination: the junction it is reached from, and the key."""
        into = self._ends(destinations, leaving=False)
        junction = np.zeros((2, len(destinations)), dtype=np.int64)
        key = np.full((2, len(destinations)), np.inf)
        side = np.where(into.forward, 0, 1)
        junction[side, into.position], key[side, into.position] = into.junction, into.key
        return junction, key

    def _direct(self, origins: Positions, destinations: Positions) -> Floats:
        """Pair by pair, the key of driving along one segment without leaving it; infinite where one must."""
        network, segment = self.network, origins.segment
        ahead = destinations.fraction - origins.fraction
        is_open = ~network.segment_closed[segment]
        may = (
            np.where(ahead >= 0, network.segment_forward[segment], network.segment_backward[segment])
            & is_open
        )
        may = (segment == destinations.segment) & (may | (ahead == 0))
        return np.where(may, self._key(segment, np.abs(ahead)), np.inf)

    def matrix(self, destinations: Positions) -> Floats:
        """The keys from every origin, as given, to every destination."""
        self._check(destinations)
        junction, key = self._entries(destinations)
        keys = np.full((len(self.origins), len(destinations)), np.inf)
        for rows in self._batches():
            nodes = np.arange(rows.start, rows.stop) + len(self.network.junction_ids)
            reached = dijkstra(self.graph, indices=nodes)
            keys[rows] = np.minimum(reached[:, junction[0]] + key[0], reached[:, junction[1]] + key[1])
        origin, destination = np.nonzero(self.origins.segment[:, None] == destinations.segment[None, :])
        direct = self._direct(self.origins.take(origin), destinations.take(destination))
        keys[origin, destination] = np.minimum(keys[origin, destination], direct)
        return keys[self.row]

    def paths(self, destinations: Positions) -> list[Path | None] | None:
        """The way from each origin, as given, to the destination beside it; None if too long to measure."""
        self._check(destinations)
        junction, key = self._entries(destinations)
        direct = self._direct(self.origins.take(self.row), destinations)
        found: list[Path | None] = [None] * len(destinations)
        by_origin = np.argsort(self.row, kind="stable")
        bounds = np.searchsorted(self.row[by_origin], np.arange(len(self.origins) + 1))
        for origin in range(len(self.origins)):
            node = len(self.network.junction_ids) + origin
            trees = dijkstra(self.graph, indices=np.array([node]), return_predecessors=True)
            reached, before = trees[0][0], trees[1][0]
            for pair in by_origin[bounds[origin] : bounds[origin + 1]]:
                by_side = reached[junction[:, pair]] + key[:, pair]
                side = int(np.argmin(by_side))
                best = min(direct[pair], by_side[side])
                if not self.trusts(best):
                    return None
                if best == np.inf:
                    continue
                steps: tuple[PathStep, ...]
                if direct[pair] <= by_side[side]:
                    steps = (self._along(self.origins[origin], destinations[pair]),)
                else:
                    steps = self._steps(
                        origin, before, int(junction[side, pair]), destinations[pair], side == 0
                    )
                travel_ms, length = self._split(best)
                found[pair] = Path(steps, int(travel_ms), int(np.rint(length / self.units_per_m)))
        return found

    def _along(self, origin: Position, destination: Position) -> PathStep:
        ahead = destination.fraction - origin.fraction
        forward = ahead > 0 or (ahead == 0 and bool(self.network.segment_forward[origin.segment]))
        return PathStep(origin.segment, forward, origin.fraction, destination.fraction)

    def _steps(
        self, origin: int, before: NDArray[np.int32], entry: int, destination: Position, forward: bool
    ) -> tuple[PathStep, ...]:
        source = len(self.network.junction_ids) + origin
        nodes = [entry]
        while nodes[-1] != source:
            nodes.append(int(before[nodes[-1]]))
        nodes.reverse()
        ends = np.array(nodes[:-1], dtype=np.int64) * self.nodes + np.array(nodes[1:], dtype=np.int64)
        arcs = np.searchsorted(self.arc_ends, ends)
        steps = [
            PathStep(int(segment), bool(ahead), 0.0 if ahead else 1.0, 1.0 if ahead else 0.0)
            for segment, ahead in zip(self.arc_segment[arcs], self.arc_forward[arcs], strict=True)
        ]
        steps[0] = steps[0]._replace(from_fraction=self.origins[origin].fraction)
        start = 0.0 if forward else 1.0
        return (*steps, PathStep(destination.segment, forward, start, destination.fraction))

    def _split(self, keys: Floats) -> tuple[Floats, Floats]:
        """Milliseconds and units of distance; both infinite where the key is."""
        with np.errstate(invalid="ignore"):
            travel_ms = np.floor(keys / self.base)
            return travel_ms, np.where(np.isfinite(keys), keys - travel_ms * self.base, np.inf)

    def trusts(self, keys: Floats) -> bool:
        """Whether all drives are short enough for their keys to be exact."""
        finite = keys[np.isfinite(keys)]
        return bool(finite.max(initial=0.0) < self.horizon_ms * self.base)

    def told(self, keys: Floats) -> TravelMatrix:
        """Keys as whole seconds, rounded up, and whole metres."""
        travel_ms, length = self._split(keys)
        return TravelMatrix(np.ceil(travel_ms / 1000), np.rint(length / self.units_per_m))
