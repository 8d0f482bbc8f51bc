"""The streets of the demo world: their rows, places along them, and the drives between those."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from graph.engines.port import EdgeRow, VertexRow
from graph.errors import InvalidInput
from graph.schema import ids
from optimizer.roads.network import JunctionRow, Positions, RoadNetwork, SegmentRow
from optimizer.roads.snapping import SnapIndex
from optimizer.roads.travel import TravelMatrix, travel_matrix
from seeds.road_network import RoadExtract, Segment
from seeds.world.sizes import ClipBox

NETWORK_ID = ids.make("road-network", "la-serena-coquimbo")
METRES_PER_DEGREE = 111_195.0
POCKET_JUNCTIONS = (8, 20)
"""A pocket has so many junctions: a few streets, not half a suburb."""


@dataclass(frozen=True)
class Spot:
    """A place beside a street: degrees, the segment it is reached on, metres along and off it."""

    longitude: float
    latitude: float
    segment: int
    offset_m: float
    distance_m: float


@dataclass(frozen=True)
class Pocket:
    """Streets that can be reached over one segment only; indices of segments."""

    gate: int
    streets: frozenset[int]


@dataclass(frozen=True, eq=False)
class Streets:
    """The segments of an extract as values and as arrays, in the same order."""

    extract: RoadExtract
    network: RoadNetwork
    snapping: SnapIndex

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The segments, by the index that the arrays have too."""
        return self.extract.segments

    @cached_property
    def named(self) -> NDArray[np.bool_]:
        """By segment: whether an address can lie there, on a street with a name that all others reach."""
        has_name = np.array([bool(segment.name) for segment in self.segments])
        return has_name & self.network.routable

    def spots(self, longitude: NDArray[np.float64], latitude: NDArray[np.float64]) -> list[Spot]:
        """The places at these points (degrees), each reached on the nearest routable street."""
        longitude, latitude = np.round(longitude, 6), np.round(latitude, 6)
        snapped = self.snapping.snap(longitude, latitude)
        offset_m = np.round(snapped.fraction * self.network.segment_length_m[snapped.segment], 2)
        return [
            Spot(float(x), float(y), int(segment), float(along), round(float(away), 2))
            for x, y, segment, along, away in zip(
                longitude, latitude, snapped.segment, offset_m, snapped.distance_m, strict=True
            )
        ]

    def positions(self, spots: Sequence[Spot]) -> Positions:
        """Where spots are on the network, exactly as it is read back from the rows."""
        segment = np.array([spot.segment for spot in spots], dtype=np.int64)
        offset_m = np.array([spot.offset_m for spot in spots], dtype=np.float64)
        length_m = self.network.segment_length_m[segment]
        fraction = np.divide(offset_m, length_m, out=np.zeros(len(spots)), where=length_m > 0)
        return Positions(segment, np.clip(fraction, 0.0, 1.0))

    def travel(self, origins: Sequence[Spot], destinations: Sequence[Spot]) -> TravelMatrix:
        """The drives from each origin to each destination: one search per origin."""
        return travel_matrix(self.network, self.positions(origins), self.positions(destinations))

    def spots_near(
        self,
        longitude: float,
        latitude: float,
        *,
        count: int = 1,
        among: Collection[int] | None = None,
        road_classes: Collection[str] = (),
        off_m: float = 8.0,
    ) -> list[Spot]:
        """Spots ``off_m`` beside the middle of the ``count`` nearest two-way streets, each of another name.

        ``among`` keeps to these segments, ``road_classes`` to these classes where there are any. How near
        a street is, is measured to the middle between its ends.
        """
        network = self.network
        allowed = self.named & network.segment_forward & network.segment_backward
        if among is not None:
            allowed &= np.isin(np.arange(len(self.segments)), list(among))
        preferred = allowed & np.array([s.road_class in road_classes for s in self.segments])
        chosen = np.flatnonzero(preferred if preferred.any() else allowed)
        east = (network.longitude[network.segment_from] + network.longitude[network.segment_to]) / 2
        north = (network.latitude[network.segment_from] + network.latitude[network.segment_to]) / 2
        narrow = math.cos(math.radians(latitude))
        away = np.hypot((east[chosen] - longitude) * narrow, north[chosen] - latitude)
        by_name: dict[str, int] = {}
        for segment in map(int, chosen[np.argsort(away, kind="stable")]):
            by_name.setdefault(self.segments[segment].name, segment)
            if len(by_name) == count:
                break
        else:
            raise InvalidInput("size.clip", "leaves too few named streets for the storylines' addresses")
        beside = self.beside(np.array([*by_name.values()]), np.full(count, 0.5), np.full(count, off_m))
        return self.spots(*beside)

    def beside(
        self, segment: NDArray[np.int64], fraction: NDArray[np.float64], off_m: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points ``off_m`` to the left (negative: right) of places along segments: longitudes, latitudes."""
        points = np.array(
            [_along(self.network, int(s), float(f)) for s, f in zip(segment, fraction, strict=True)]
        ).reshape(-1, 4)
        longitude, latitude, east, north = points.T
        narrow = np.cos(np.radians(latitude))
        return (
            longitude - north * off_m / (METRES_PER_DEGREE * narrow),
            latitude + east * off_m / METRES_PER_DEGREE,
        )

    def pockets(self) -> list[Pocket]:
        """The groups of streets behind a single segment, in its order; one may contain another.

        The gate is a bridge in the sense of graph theory: without it, its pocket is cut off.
        """
        roads = self._undirected()
        bridges = cast(Iterator[tuple[int, int]], nx.bridges(roads))
        gates = [(a, b) for a, b in bridges if len(roads[a][b]["segments"]) == 1]
        root = max(nx.connected_components(roads), key=lambda part: (len(part), -min(part)))
        tree = nx.dfs_tree(roads, min(root))
        below = _sizes_below(tree, min(root))
        pockets = []
        for a, b in gates:
            if a not in below or b not in below:
                continue
            top = min(a, b, key=lambda junction: below[junction])
            least, most = POCKET_JUNCTIONS
            if least <= below[top] <= most:
                inside = [top, *nx.descendants(tree, top)]
                within = np.isin(self.network.segment_from, inside) & np.isin(self.network.segment_to, inside)
                streets = map(int, np.flatnonzero(within))
                pockets.append(Pocket(roads[a][b]["segments"][0], frozenset(streets)))
        return sorted(pockets, key=lambda pocket: pocket.gate)

    def _undirected(self) -> nx.Graph[int]:
        """Junctions joined by the routable segments between them, whatever way they may be driven."""
        roads: nx.Graph[int] = nx.Graph()
        network = self.network
        for segment in map(int, np.flatnonzero(network.routable)):
            a, b = int(network.segment_from[segment]), int(network.segment_to[segment])
            if a != b:
                if not roads.has_edge(a, b):
                    roads.add_edge(a, b, segments=[])
                roads[a][b]["segments"].append(segment)
        return roads


def build_streets(extract: RoadExtract, clip: ClipBox | None = None) -> Streets:
    """The streets of the extract, or of the part of it that lies in ``clip``."""
    kept = extract if clip is None else _clipped(extract, clip)
    network = RoadNetwork.from_rows(
        (JunctionRow(ids.make("junction", j.id), j.longitude, j.latitude) for j in kept.junctions),
        (
            SegmentRow(
                ids.make("road-segment", s.id),
                ids.make("junction", s.start_id),
                ids.make("junction", s.end_id),
                s.length_m,
                s.speed_kph,
                s.direction,
                s.line,
            )
            for s in kept.segments
        ),
    )
    return Streets(kept, network, SnapIndex(network))


def street_rows(streets: Streets) -> Iterator[VertexRow]:
    """The network, its junctions and its segments, all of them open."""
    network = streets.network
    yield VertexRow("RoadNetwork", NETWORK_ID, {"version": 1, "attribution": streets.extract.attribution})
    for id, junction in zip(network.junction_ids, streets.extract.junctions, strict=True):
        place = {"longitude": junction.longitude, "latitude": junction.latitude}
        yield VertexRow("Junction", id, {**place})
    for id, segment in zip(network.segment_ids, streets.segments, strict=True):
        yield VertexRow(
            "RoadSegment",
            id,
            {
                "name": segment.name,
                "road_class": segment.road_class,
                "direction": segment.direction,
                "length_m": segment.length_m,
                "speed_kph": segment.speed_kph,
                "geometry": " ".join(f"{x},{y}" for x, y in segment.line_microdegrees),
                "open": True,
            },
        )


def street_edges(streets: Streets) -> Iterator[EdgeRow]:
    """Which junctions segments start and end at."""
    network = streets.network
    for label, ends in (("STARTS_AT", network.segment_from), ("ENDS_AT", network.segment_to)):
        for id, junction in zip(network.segment_ids, ends, strict=True):
            yield EdgeRow(label, id, network.junction_ids[junction])


def snap_edge(from_id: str, spot: Spot, streets: Streets) -> EdgeRow:
    """Where a location or warehouse is reached on the road."""
    segment_id = streets.network.segment_ids[spot.segment]
    return EdgeRow(
        "SNAPS_TO", from_id, segment_id, {"offset_m": spot.offset_m, "distance_m": spot.distance_m}
    )


def _clipped(extract: RoadExtract, clip: ClipBox) -> RoadExtract:
    inside = {
        junction.id
        for junction in extract.junctions
        if clip.west <= junction.longitude <= clip.east and clip.south <= junction.latitude <= clip.north
    }
    segments = tuple(s for s in extract.segments if s.start_id in inside and s.end_id in inside)
    used = {end for segment in segments for end in (segment.start_id, segment.end_id)}
    junctions = tuple(junction for junction in extract.junctions if junction.id in used)
    return RoadExtract(extract.attribution, extract.license, junctions, segments)


def _along(network: RoadNetwork, segment: int, fraction: float) -> tuple[float, float, float, float]:
    """A point on a segment (degrees) and the direction of the line there (unit vector east, north)."""
    shape = network.shape(segment)
    narrow = math.cos(math.radians(float(shape[0, 1])))
    steps = np.diff(shape, axis=0) * (narrow, 1.0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    ends = np.cumsum(lengths)
    target = fraction * ends[-1]
    piece = min(int(np.searchsorted(ends, target)), len(lengths) - 1)
    length = float(lengths[piece]) or 1.0
    part = (target - (ends[piece] - lengths[piece])) / length
    x, y = shape[piece] + (shape[piece + 1] - shape[piece]) * part
    east, north = steps[piece] / length
    return float(x), float(y), float(east), float(north)


def _sizes_below(tree: nx.DiGraph[int], root: int) -> dict[int, int]:
    """By junction: how many lie in its part of a search tree, itself included."""
    sizes = dict.fromkeys(tree, 1)
    for junction in nx.dfs_postorder_nodes(tree, root):
        for parent in tree.predecessors(junction):
            sizes[parent] += sizes[junction]
    return sizes
