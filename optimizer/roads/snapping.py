"""The nearest point on the nearest road.

Roads are cut into straight pieces of at most :data:`PIECE_M`, which bend with the earth, and a uniform
grid holds them (:mod:`optimizer.roads.uniform_grid`). The grid lies in the plane that touches the earth
at the middle of the network: looked at from above there (an orthographic projection) straight pieces
stay straight and nothing grows longer, so the answer is exact everywhere, also at the poles, across the
date line and for a network around the world.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from optimizer.errors import InvalidProblem
from optimizer.roads.network import Bools, Floats, Ints, JunctionRow, Positions, RoadNetwork, SegmentRow
from optimizer.roads.shapes import chords, in_space, on_earth, onto_earth
from optimizer.roads.uniform_grid import Pieces, Wishes, build_grid, nearest_pieces

PIECE_M: Final = 100.0
"""Cut to this length, a straight piece runs at most 0.2 mm below the earth's surface."""
HEADING_TOLERANCE_DEG: Final = 60.0
"""A road whose direction is farther than this from the heading does not fit it."""
MISFIT_M: Final = 50.0
"""A road that does not fit the heading or the side is taken only if no road that does is this near."""

CHUNK: Final = 32_768
"""Points computed at once: what they take in between stays in the processor's cache."""


class Side(IntEnum):
    """Where a point lies beside a road, seen in the direction of driving."""

    LEFT = -1
    UNKNOWN = 0
    RIGHT = 1


@dataclass(frozen=True, eq=False)
class Snapped:
    """Where points fell on the network; without any road, the segment is -1 and the distance infinite."""

    segment: Ints
    fraction: Floats
    distance_m: Floats
    """From the point to the road, as the crow flies."""
    longitude: Floats
    latitude: Floats
    side: Ints
    """The :class:`Side` of the segment that the point lies on, seen from its first junction to its second;
    unknown for a point on the road or straight ahead of its end."""
    forward: Bools
    """Whether driving from the first junction to the second is allowed there and fits what was known."""
    backward: Bools
    """The same from the second to the first; neither when no road that fits was near."""

    @property
    def positions(self) -> Positions:
        """The points on their segments, to travel between."""
        return Positions(self.segment, self.fraction)


class SnapIndex:
    """Finds the nearest road of a network; build it once per version of the network."""

    def __init__(self, network: RoadNetwork, *, routable_only: bool = True) -> None:
        """``routable_only``: leave out what is closed or not connected to the rest, both ways."""
        self._frame = np.eye(3)
        pieces = _pieces(network, routable_only=routable_only)
        if len(pieces.segment):
            self._frame = _frame(pieces.start)
            pieces = pieces._replace(start=pieces.start @ self._frame.T, way=pieces.way @ self._frame.T)
        self._pieces = pieces
        self._grid = build_grid(pieces) if len(pieces.segment) else None

    def snap(
        self,
        longitude: ArrayLike,
        latitude: ArrayLike,
        *,
        heading: ArrayLike | None = None,
        side: ArrayLike | None = None,
        misfit_m: float = MISFIT_M,
    ) -> Snapped:
        """The nearest point of the nearest segment to each point (degrees); the lowest segment among equals.

        ``heading``: the direction of driving in degrees clockwise from north, NaN where it is not known.
        ``side``: the :class:`Side` of the vehicle that the point is to be on, as the kerb side of a
        delivery. A segment that may not be driven so counts as ``misfit_m`` farther than it is.

        It lets other threads run meanwhile. :class:`InvalidProblem` names the first point that cannot be.
        """
        east, north = _points(longitude, latitude)
        if self._grid is None or not len(east):
            return _nothing(len(east))
        wishes = self._wishes(east, north, heading, side, misfit_m)
        snapped = _nothing(len(east))
        for begin in range(0, len(east), CHUNK):
            chunk = slice(begin, begin + CHUNK)
            points = in_space(east[chunk], north[chunk]) @ self._frame.T
            found = nearest_pieces(self._grid, self._pieces, points, wishes.of(chunk))
            piece = found.piece
            fraction = self._pieces.start_fraction[piece] + found.along * self._pieces.span[piece]
            snapped.segment[chunk] = self._pieces.segment[piece]
            snapped.fraction[chunk] = np.clip(fraction, 0.0, 1.0)
            snapped.distance_m[chunk] = found.away_m
            snapped.longitude[chunk], snapped.latitude[chunk] = on_earth(found.there @ self._frame)
            snapped.side[chunk], snapped.forward[chunk] = found.side, found.forward
            snapped.backward[chunk] = found.backward
        return snapped

    def _wishes(
        self,
        east: Floats,
        north: Floats,
        heading: ArrayLike | None,
        side: ArrayLike | None,
        misfit_m: float,
    ) -> Wishes:
        least_cosine = math.cos(math.radians(HEADING_TOLERANCE_DEG))
        if heading is None and side is None:
            return Wishes(np.empty((0, 3)), np.empty(0, np.int64), least_cosine, 0.0)
        if not (math.isfinite(misfit_m) and misfit_m >= 0):
            raise InvalidProblem("misfit_m", f"is {misfit_m}; it is in metres, 0 or more")
        driven = _headings(heading, len(east))
        return Wishes(
            _ahead(east, north, driven) @ self._frame.T,
            _sides(side, len(east)),
            least_cosine,
            float(misfit_m),
        )


def warm() -> None:
    """Compile what snapping runs, or load it from the cache, so that the first who asks need not wait."""
    ends = [JunctionRow("a", 0.0, 0.0), JunctionRow("b", 0.001, 0.0)]
    SnapIndex(RoadNetwork.from_rows(ends, [SegmentRow("ab", "a", "b", 111.0, 50.0)])).snap([0.0], [0.0])


def _pieces(network: RoadNetwork, *, routable_only: bool) -> Pieces:
    segment, start, end, start_fraction, end_fraction = chords(network)
    if routable_only:
        kept = network.routable[segment]
        segment, start, end = segment[kept], start[kept], end[kept]
        start_fraction, end_fraction = start_fraction[kept], end_fraction[kept]
    cuts = np.maximum(1, np.ceil(np.linalg.norm(end - start, axis=1) / PIECE_M)).astype(np.int64)
    chord = np.repeat(np.arange(len(segment)), cuts)
    number = np.arange(len(chord)) - np.repeat(np.cumsum(cuts) - cuts, cuts)
    low, high = number / cuts[chord], (number + 1) / cuts[chord]
    way = (end - start)[chord]
    lifted = onto_earth(start[chord] + way * low[:, None])
    span = (end_fraction - start_fraction)[chord]
    return Pieces(
        start=lifted,
        way=onto_earth(start[chord] + way * high[:, None]) - lifted,
        segment=segment[chord],
        start_fraction=start_fraction[chord] + span * low,
        span=span * (high - low),
        forward=network.segment_forward[segment[chord]],
        backward=network.segment_backward[segment[chord]],
    )


def _frame(points: Floats) -> Floats:
    """East, north and up at the middle of these points: three axes in space, one row each."""
    middle = points.mean(axis=0)
    height = np.linalg.norm(middle)
    up = middle / height if height else np.array([0.0, 0.0, 1.0])
    east = np.cross([0.0, 0.0, 1.0], up)
    breadth = np.linalg.norm(east)
    east = east / breadth if breadth else np.array([1.0, 0.0, 0.0])
    return np.array([east, np.cross(up, east), up])


def _points(longitude: ArrayLike, latitude: ArrayLike) -> tuple[Floats, Floats]:
    east, north = np.asarray(longitude, np.float64), np.asarray(latitude, np.float64)
    if east.ndim != 1 or east.shape != north.shape:
        raise InvalidProblem("points", "want as many longitudes as latitudes, in one row each")
    nowhere = np.flatnonzero(~((np.abs(east) <= 180) & (np.abs(north) <= 90)))
    if nowhere.size:
        first = nowhere[0]
        raise InvalidProblem(
            f"points[{first}]", f"lies at {east[first]}, {north[first]}, which is nowhere on earth"
        )
    return east, north


def _headings(heading: ArrayLike | None, count: int) -> Floats:
    degrees = np.full(count, np.nan) if heading is None else np.asarray(heading, np.float64)
    if degrees.shape != (count,):
        raise InvalidProblem("heading", f"wants one direction for each of {count} points")
    odd = np.flatnonzero(np.isinf(degrees))
    if odd.size:
        raise InvalidProblem(
            f"heading[{odd[0]}]", f"is {degrees[odd[0]]}; it is in degrees, NaN where it is not known"
        )
    return degrees


def _sides(side: ArrayLike | None, count: int) -> Ints:
    sides = np.zeros(count, np.int64) if side is None else np.asarray(side)
    if sides.shape != (count,):
        raise InvalidProblem("side", f"wants one side for each of {count} points")
    odd = np.flatnonzero(~np.isin(sides, list(Side)))
    if odd.size:
        raise InvalidProblem(
            f"side[{odd[0]}]", f"is {sides[odd[0]]}; it is 1 (right), -1 (left) or 0 (unknown)"
        )
    return sides.astype(np.int64)


def _ahead(longitude: Floats, latitude: Floats, heading: Floats) -> Floats:
    """The directions in space, one unit vector each, of these headings at these points (all in degrees)."""
    east, north, turned = np.radians(longitude), np.radians(latitude), np.radians(heading)
    northwards = np.column_stack(
        [-np.sin(north) * np.cos(east), -np.sin(north) * np.sin(east), np.cos(north)]
    )
    eastwards = np.column_stack([-np.sin(east), np.cos(east), np.zeros(len(east))])
    ahead: Floats = np.cos(turned)[:, None] * northwards + np.sin(turned)[:, None] * eastwards
    return ahead


def _nothing(count: int) -> Snapped:
    return Snapped(
        segment=np.full(count, -1),
        fraction=np.zeros(count),
        distance_m=np.full(count, np.inf),
        longitude=np.full(count, np.nan),
        latitude=np.full(count, np.nan),
        side=np.zeros(count, np.int64),
        forward=np.zeros(count, np.bool_),
        backward=np.zeros(count, np.bool_),
    )
