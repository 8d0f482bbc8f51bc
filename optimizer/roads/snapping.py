"""The nearest point on the nearest road.

Long chords are cut into pieces of at most :data:`PIECE_M`, which bend with the earth, and a k-d tree
holds their midpoints. A piece whose midpoint is ``m`` away is itself at least ``m`` minus half its length
away, so once the k-th nearest midpoint is farther than the best piece found plus half a piece, nothing
better can come: the answer is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from optimizer.errors import InvalidProblem
from optimizer.roads.network import Floats, Ints, Positions, RoadNetwork
from optimizer.roads.shapes import chords, in_space, on_earth, onto_earth

PIECE_M = 100.0
NEIGHBOURS = 16
TIED_M = 1e-6
"""Roads this much farther than the nearest are as near."""


@dataclass(frozen=True, eq=False)
class Snapped:
    """Where points fell on the network; without any road, the segment is -1 and the distance infinite."""

    segment: Ints
    fraction: Floats
    distance_m: Floats
    """From the point to the road, as the crow flies."""
    longitude: Floats
    latitude: Floats

    @property
    def positions(self) -> Positions:
        """The points on their segments, to travel between."""
        return Positions(self.segment, self.fraction)


class SnapIndex:
    """Finds the nearest road of a network; build it once per version of the network."""

    def __init__(self, network: RoadNetwork, *, routable_only: bool = True) -> None:
        """``routable_only``: leave out what is closed or not connected to the rest, both ways."""
        segment, start, end, start_fraction, end_fraction = chords(network)
        if routable_only:
            kept = network.routable[segment]
            segment, start, end = segment[kept], start[kept], end[kept]
            start_fraction, end_fraction = start_fraction[kept], end_fraction[kept]
        cuts = np.maximum(1, np.ceil(np.linalg.norm(end - start, axis=1) / PIECE_M)).astype(np.int64)
        chord = np.repeat(np.arange(len(segment)), cuts)
        number = np.arange(len(chord)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
        low, high = number / cuts[chord], (number + 1) / cuts[chord]
        self._segment = segment[chord]
        way = (end - start)[chord]
        self._start = onto_earth(start[chord] + way * low[:, None])
        self._way = onto_earth(start[chord] + way * high[:, None]) - self._start
        span = (end_fraction - start_fraction)[chord]
        self._start_fraction = start_fraction[chord] + span * low
        self._span = span * (high - low)
        self._half_m = float(np.linalg.norm(self._way, axis=1).max(initial=0.0)) / 2
        self._tree = cKDTree(self._start + self._way / 2) if len(chord) else None

    def snap(self, longitude: ArrayLike, latitude: ArrayLike) -> Snapped:
        """The nearest point of the nearest segment to each point; the lowest segment among equals."""
        east, north = np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)
        if east.ndim != 1 or east.shape != north.shape:
            raise InvalidProblem("points", "want as many longitudes as latitudes, in one row each")
        nowhere = np.flatnonzero(~((np.abs(east) <= 180) & (np.abs(north) <= 90)))
        if nowhere.size:
            first = nowhere[0]
            raise InvalidProblem(
                f"points[{first}]", f"lies at {east[first]}, {north[first]}, which is nowhere on earth"
            )
        if self._tree is None or not len(east):
            return _nothing(len(east))
        points = in_space(east, north)
        piece = np.zeros(len(points), dtype=np.int64)
        along = np.zeros(len(points))
        away = np.full(len(points), np.inf)
        open_points = np.arange(len(points))
        count = NEIGHBOURS
        while open_points.size:
            count = min(count, self._tree.n)
            found = self._tree.query(points[open_points], k=np.arange(1, count + 1))
            distance, near = np.asarray(found[0], np.float64), np.asarray(found[1], np.int64)
            chosen, where, best = self._nearest(points[open_points], near)
            piece[open_points], along[open_points], away[open_points] = chosen, where, best
            settled = distance[:, -1] - self._half_m > best + TIED_M
            open_points = open_points[~settled] if count < self._tree.n else open_points[:0]
            count *= 4
        return self._snapped(piece, along, away)

    def _nearest(self, points: Floats, near: Ints) -> tuple[Ints, Floats, Floats]:
        """Of the pieces ``near`` each point: the nearest, how far along it (0 to 1), how far away."""
        offset = points[:, None, :] - self._start[near]
        way = self._way[near]
        square = np.einsum("pkx,pkx->pk", way, way)
        along = np.einsum("pkx,pkx->pk", offset, way) / np.where(square > 0, square, 1.0)
        along = np.clip(along, 0.0, 1.0)
        away = np.linalg.norm(offset - along[..., None] * way, axis=2)
        # Ties, as at a junction, are settled by segment and then by fraction, never by the tree's order.
        tied = away <= away.min(axis=1, keepdims=True) + TIED_M
        fraction = self._start_fraction[near] + along * self._span[near]
        rank = np.where(tied, self._segment[near] + fraction / 2, np.inf)
        rows, columns = np.arange(len(points)), rank.argmin(axis=1)
        return near[rows, columns], along[rows, columns], away[rows, columns]

    def _snapped(self, piece: Ints, along: Floats, away: Floats) -> Snapped:
        longitude, latitude = on_earth(self._start[piece] + along[:, None] * self._way[piece])
        fraction = np.clip(self._start_fraction[piece] + along * self._span[piece], 0.0, 1.0)
        return Snapped(self._segment[piece], fraction, away, longitude, latitude)


def _nothing(count: int) -> Snapped:
    nan = np.full(count, np.nan)
    return Snapped(np.full(count, -1), np.zeros(count), np.full(count, np.inf), nan, nan)
