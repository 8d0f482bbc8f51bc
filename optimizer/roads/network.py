"""The road network as arrays: junctions, segments (one for both ways of a street) and directed arcs.

Junctions and segments keep their place (index) through closures, so that whatever was computed from
them once, a snapped position or an order of contraction, stays valid; only the arcs change.

A way is a segment driven in one direction: way ``2 * segment`` forward, ``2 * segment + 1`` backward.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from optimizer.errors import InvalidNetwork, InvalidProblem
from optimizer.roads.turn_restrictions import Streets, banned_turns

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Scalar = TypeVar("Scalar", bound=np.generic)

LONGEST_H = 100_000
"""No segment may take longer to drive."""
UNLIMITED = np.iinfo(np.int64).max
"""The height or weight that is allowed where none is stated."""


class Direction(StrEnum):
    """Which ways a segment may be driven; forward is from its first junction to its second."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True)
class JunctionRow:
    """A junction; degrees."""

    id: str
    longitude: float
    latitude: float


@dataclass(frozen=True)
class SegmentRow:
    """A road segment between two junctions; ``geometry`` is (longitude, latitude), straight when empty.

    ``road_class`` is OpenStreetMap's highway class, by which speeds follow the time of day. The limits
    are what a vehicle may have at most, None without a limit; ``hgv``: heavy goods vehicles may use it.
    """

    id: str
    from_junction: str
    to_junction: str
    length_m: float
    speed_kph: float
    direction: str = Direction.BOTH
    geometry: Sequence[tuple[float, float]] = ()
    closed: bool = False
    road_class: str = ""
    max_height_cm: int | None = None
    max_weight_kg: int | None = None
    hgv: bool = True


class RestrictionKind(StrEnum):
    """What a turn restriction says of its turn."""

    NO = "no"
    ONLY = "only"


@dataclass(frozen=True, kw_only=True)
class RestrictionRow:
    """A turn restriction: the turn from ``from_segment`` through the via onto ``to_segment``.

    ``no`` bans the turn; ``only`` bans every other way to go on for who comes from ``from_segment``, at the
    via junction or all along the via segments (the U-turn too). The via is a junction or, when
    ``via_junction`` is None, the segments driven in between, in their order. A U-turn has the same
    segment as ``from_segment`` and ``to_segment``.

    Directions follow from the via: ``from_segment`` is driven towards it, ``to_segment`` away from it.
    Where that leaves two (a loop, two segments that meet at both ends) ``from_forward`` and ``to_forward``
    tell which way each is driven; None means either.
    """

    id: str
    kind: str
    from_segment: str
    to_segment: str
    via_junction: str | None = None
    via_segments: tuple[str, ...] = ()
    from_forward: bool | None = None
    to_forward: bool | None = None


class Position(NamedTuple):
    """A point on the network: the segment's index, and how far along it, from 0 (first junction) to 1."""

    segment: int
    fraction: float


@dataclass(frozen=True, eq=False)
class Positions:
    """Many positions, as arrays."""

    segment: Ints
    fraction: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "segment", frozen(self.segment, np.int64))
        object.__setattr__(self, "fraction", frozen(self.fraction, np.float64))
        if self.segment.ndim != 1 or self.segment.shape != self.fraction.shape:
            raise InvalidProblem("positions", "wants as many fractions as segments, in one row each")
        bad = np.flatnonzero(~((self.fraction >= 0) & (self.fraction <= 1)))
        if bad.size:
            raise InvalidProblem(f"positions[{bad[0]}].fraction", "is not between 0 and 1")

    def __len__(self) -> int:
        return len(self.segment)

    def __getitem__(self, index: int) -> Position:
        return Position(int(self.segment[index]), float(self.fraction[index]))

    def take(self, indices: ArrayLike) -> Positions:
        """The positions at ``indices``, in that order."""
        picked = np.asarray(indices, dtype=np.int64)
        return Positions(self.segment[picked], self.fraction[picked])


class Token:
    """Stands for what closures do not change, so that what is computed from it can be kept and shared."""


@dataclass(frozen=True, eq=False)
class RoadNetwork:
    """Arrays by junction, by segment, and by open directed arc; all of them read-only."""

    junction_ids: tuple[str, ...]
    longitude: Floats
    latitude: Floats

    segment_ids: tuple[str, ...]
    segment_from: Ints
    segment_to: Ints
    segment_length_m: Floats
    segment_travel_ms: Ints
    """Free-flow time from end to end, rounded up; never 0."""
    segment_forward: Bools
    segment_backward: Bools
    segment_closed: Bools
    road_classes: tuple[str, ...]
    segment_class: Ints
    """By segment, the index of its class in ``road_classes``."""
    segment_max_height_cm: Ints
    segment_max_weight_kg: Ints
    segment_hgv: Bools

    banned: tuple[tuple[int, ...], ...]
    """Ways that may not be driven one after the other, as turn restrictions have it; in order, no doubles."""

    shape_start: Ints
    """Segment ``s`` has the shape points ``shape_start[s]`` up to ``shape_start[s + 1]``."""
    shape_longitude: Floats
    shape_latitude: Floats
    streets: Token = field(default_factory=Token, repr=False)
    """The same for all networks that differ in what is closed alone."""

    @classmethod
    def from_rows(
        cls,
        junctions: Iterable[JunctionRow],
        segments: Iterable[SegmentRow],
        restrictions: Iterable[RestrictionRow] = (),
    ) -> RoadNetwork:
        """Build the network; :class:`InvalidNetwork` names the first row that cannot be."""
        junction_rows, segment_rows = list(junctions), list(segments)
        places = _index([row.id for row in junction_rows], "junction")
        for junction in junction_rows:
            _check_point(f"junction {junction.id}", junction.longitude, junction.latitude)
        segment_places = _index([row.id for row in segment_rows], "segment")
        for segment in segment_rows:
            _check_segment(segment, places)
        shapes = [tuple(row.geometry) or tuple(_straight(row, places, junction_rows)) for row in segment_rows]
        points = np.array([point for shape in shapes for point in shape], dtype=np.float64).reshape(-1, 2)
        directions = [Direction(row.direction) for row in segment_rows]
        starts = [places[row.from_junction] for row in segment_rows]
        ends = [places[row.to_junction] for row in segment_rows]
        forward = [d is not Direction.BACKWARD for d in directions]
        backward = [d is not Direction.FORWARD for d in directions]
        classes = sorted({row.road_class for row in segment_rows})
        streets = Streets(places, segment_places, starts, ends, forward, backward)
        restriction_rows = list(restrictions)
        _index([row.id for row in restriction_rows], "restriction")
        return cls(
            junction_ids=tuple(row.id for row in junction_rows),
            longitude=frozen([row.longitude for row in junction_rows], np.float64),
            latitude=frozen([row.latitude for row in junction_rows], np.float64),
            segment_ids=tuple(row.id for row in segment_rows),
            segment_from=frozen(starts, np.int64),
            segment_to=frozen(ends, np.int64),
            segment_length_m=frozen([row.length_m for row in segment_rows], np.float64),
            segment_travel_ms=frozen([free_flow_ms(r.length_m, r.speed_kph) for r in segment_rows], np.int64),
            segment_forward=frozen(forward, np.bool_),
            segment_backward=frozen(backward, np.bool_),
            segment_closed=frozen([row.closed for row in segment_rows], np.bool_),
            road_classes=tuple(classes),
            segment_class=frozen(_numbered([row.road_class for row in segment_rows], classes), np.int64),
            segment_max_height_cm=frozen([_limit(row.max_height_cm) for row in segment_rows], np.int64),
            segment_max_weight_kg=frozen([_limit(row.max_weight_kg) for row in segment_rows], np.int64),
            segment_hgv=frozen([row.hgv for row in segment_rows], np.bool_),
            banned=banned_turns(streets, restriction_rows),
            shape_start=frozen(np.cumsum([0, *map(len, shapes)]), np.int64),
            shape_longitude=frozen(points[:, 0], np.float64),
            shape_latitude=frozen(points[:, 1], np.float64),
        )

    def with_closed(self, closed: ArrayLike) -> RoadNetwork:
        """The same network with exactly the segments of this mask closed."""
        mask = frozen(closed, np.bool_)
        if mask.shape != self.segment_closed.shape:
            raise InvalidNetwork("closed", f"wants one flag for each of {len(self.segment_ids)} segments")
        return replace(self, segment_closed=mask)

    def without(self, segment_ids: Collection[str]) -> RoadNetwork:
        """The same network with these segments closed as well."""
        closed = self.segment_closed.copy()
        for segment_id in segment_ids:
            if segment_id not in self.segment_index:
                raise InvalidNetwork(f"segment {segment_id}", "is not in the network")
            closed[self.segment_index[segment_id]] = True
        return self.with_closed(closed)

    def shape(self, segment: int) -> Floats:
        """The points of a segment, one row each: longitude, latitude."""
        span = slice(self.shape_start[segment], self.shape_start[segment + 1])
        return np.column_stack([self.shape_longitude[span], self.shape_latitude[span]])

    @cached_property
    def segment_index(self) -> Mapping[str, int]:
        """The place of each segment id."""
        return {segment_id: place for place, segment_id in enumerate(self.segment_ids)}

    @cached_property
    def arcs(self) -> Arcs:
        """The open ways, forward ones first, each in the order of the segments."""
        forward = np.flatnonzero(self.segment_forward & ~self.segment_closed)
        backward = np.flatnonzero(self.segment_backward & ~self.segment_closed)
        segment = np.concatenate([forward, backward])
        return Arcs(
            tail=frozen(np.concatenate([self.segment_from[forward], self.segment_to[backward]]), np.int64),
            head=frozen(np.concatenate([self.segment_to[forward], self.segment_from[backward]]), np.int64),
            length_m=frozen(self.segment_length_m[segment], np.float64),
            travel_ms=frozen(self.segment_travel_ms[segment], np.int64),
            segment=frozen(segment, np.int64),
            forward=frozen(np.arange(len(segment)) < len(forward), np.bool_),
        )

    @cached_property
    def strongly_connected(self) -> Bools:
        """By junction: whether it is in the largest part within which every junction reaches every other."""
        count = len(self.junction_ids)
        if count == 0:
            return frozen([], np.bool_)
        arcs = self.arcs
        ways = csr_array((np.ones(len(arcs.tail)), (arcs.tail, arcs.head)), shape=(count, count))
        _, part = connected_components(ways, directed=True, connection="strong")
        sizes = np.bincount(part)
        biggest = part[np.argmax(sizes[part])]
        return frozen(part == biggest, np.bool_)

    @cached_property
    def routable(self) -> Bools:
        """By segment: whether it is open and every routable segment reaches it and is reached from it."""
        connected = self.strongly_connected
        driven = (self.segment_forward | self.segment_backward) & ~self.segment_closed
        return frozen(driven & connected[self.segment_from] & connected[self.segment_to], np.bool_)


@dataclass(frozen=True, eq=False)
class Arcs:
    """Directed ways between junctions; parallel ones stay apart, told by their segment."""

    tail: Ints
    head: Ints
    length_m: Floats
    travel_ms: Ints
    segment: Ints
    forward: Bools


def free_flow_ms(length_m: float, speed_kph: float) -> int:
    """The time to drive ``length_m`` at ``speed_kph``, rounded up to whole milliseconds, at least 1."""
    return max(1, math.ceil(length_m * 3600 / speed_kph))


def frozen(values: ArrayLike, dtype: type[Scalar]) -> NDArray[Scalar]:
    """``values`` as a read-only array of ``dtype``."""
    array = np.array(values, dtype=dtype)
    array.setflags(write=False)
    return array


def _index(ids: list[str], kind: str) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, row_id in enumerate(ids):
        if places.setdefault(row_id, place) != place:
            raise InvalidNetwork(f"{kind} {row_id}", "appears twice")
    return places


def _numbered(names: Iterable[str], among: Sequence[str]) -> list[int]:
    number = {name: place for place, name in enumerate(among)}
    return [number[name] for name in names]


def _limit(stated: int | None) -> int:
    return UNLIMITED if stated is None else stated


def _check_point(field: str, longitude: float, latitude: float) -> None:
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):  # false for NaN too
        raise InvalidNetwork(field, f"lies at {longitude}, {latitude}, which is nowhere on earth")


def _check_segment(row: SegmentRow, places: Mapping[str, int]) -> None:
    field = f"segment {row.id}"
    for junction in (row.from_junction, row.to_junction):
        if junction not in places:
            raise InvalidNetwork(field, f"ends at {junction}, which is not among the junctions")
    if not (math.isfinite(row.length_m) and row.length_m >= 0):
        raise InvalidNetwork(field, f"has length {row.length_m} m")
    if not (math.isfinite(row.speed_kph) and row.speed_kph > 0):
        raise InvalidNetwork(field, f"has speed {row.speed_kph} km/h")
    if row.length_m / row.speed_kph > LONGEST_H * 1000:
        raise InvalidNetwork(field, f"would take more than {LONGEST_H} h to drive")
    if row.direction not in tuple(Direction):
        raise InvalidNetwork(field, f"has direction {row.direction!r}; it is one of {', '.join(Direction)}")
    for what, limit in (("height", row.max_height_cm), ("weight", row.max_weight_kg)):
        if limit is not None and limit < 0:
            raise InvalidNetwork(field, f"allows a {what} of {limit}; leave it out where there is no limit")
    if len(row.geometry) == 1:
        raise InvalidNetwork(field, "has a shape of one point; it takes two or more, or none")
    for longitude, latitude in row.geometry:
        _check_point(field, longitude, latitude)


def _straight(
    row: SegmentRow, places: Mapping[str, int], junctions: Sequence[JunctionRow]
) -> Iterable[tuple[float, float]]:
    for junction in (junctions[places[row.from_junction]], junctions[places[row.to_junction]]):
        yield junction.longitude, junction.latitude
