"""Junctions and segments of an extract: its ways, cut where they meet.

A junction is a node where roads meet, cross or end, a segment the stretch of one way between two of them.
They are numbered as the map has them (a junction by its node, a segment by its way and its place in the way),
so that the same map gives the same numbers. A node that stops vehicles (a bollard) joins nothing: each
segment ends on its own side of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from optimizer.roads.shapes import EARTH_RADIUS_M
from seeds.openstreetmap.access import bars_the_way, may_drive_heavy, road_class
from seeds.openstreetmap.elements import MapExtract, Microdegrees, Tags, Way
from seeds.openstreetmap.limits import max_height_cm, max_weight_kg
from seeds.openstreetmap.one_way import driven_ways
from seeds.openstreetmap.speeds import free_flow_kph


@dataclass(frozen=True, slots=True)
class Road:
    """What a way says of all its segments; ``forward`` and ``backward`` are seen along its line."""

    name: str
    road_class: str
    forward: bool
    backward: bool
    speed_kph: float
    max_height_cm: int | None
    max_weight_kg: int | None
    hgv: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """Where segments meet or end; ``number`` is the node's, with the side of a barrier behind it."""

    number: str
    place: Microdegrees


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of ``road`` between two junctions, given by their numbers and by their nodes.

    ``max_height_cm`` and ``max_weight_kg`` are the road's, or a barrier's that stands on the segment.
    """

    number: str
    way: int
    road: Road
    start: str
    end: str
    start_node: int
    end_node: int
    line: tuple[Microdegrees, ...]
    length_m: float
    max_height_cm: int | None
    max_weight_kg: int | None

    @property
    def direction(self) -> str:
        """Which ways it may be driven, seen along its line: both, forward or backward."""
        if self.road.forward and self.road.backward:
            return "both"
        return "forward" if self.road.forward else "backward"


@dataclass(frozen=True)
class Streets:
    """The road network of an extract.

    ``roads_not_driven`` counts the ways that no delivery vehicle may drive, ``ways_cut_off`` those of which
    the extract lacks nodes.
    """

    junctions: tuple[Junction, ...]
    segments: tuple[Segment, ...]
    roads_not_driven: int
    ways_cut_off: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A run of a way's nodes from one junction to the next, the ``part``-th of the way."""

    way: int
    part: int
    nodes: tuple[int, ...]


def build_streets(extract: MapExtract) -> Streets:
    """Cut the ways that delivery vehicles may drive into segments, in the order of their numbers."""
    roads = {way.id: road for way in extract.ways if (road := read_road(way.tags)) is not None}
    runs = {way.id: _runs(way, extract.places) for way in extract.ways if way.id in roads}
    barred = {node for node, tags in extract.node_tags.items() if bars_the_way(tags)}
    met = _junction_nodes(runs.values()) | barred
    stretches = [
        _Stretch(way, part, nodes)
        for way, of_way in runs.items()
        for part, nodes in enumerate(_cut(of_way, met), start=1)
    ]
    sides = _Sides(barred)
    lengths = _lengths_m(stretches, extract.places)
    segments = tuple(
        _segment(stretch, roads[stretch.way], float(length_m), extract, sides)
        for stretch, length_m in zip(stretches, lengths, strict=True)
    )
    junctions = {
        number: node for s in segments for number, node in ((s.start, s.start_node), (s.end, s.end_node))
    }
    return Streets(
        junctions=tuple(Junction(number, extract.places[node]) for number, node in junctions.items()),
        segments=segments,
        roads_not_driven=len(extract.ways) - len(roads),
        ways_cut_off=sum(
            any(node not in extract.places for node in way.nodes) for way in extract.ways if way.id in roads
        ),
    )


def read_road(tags: Tags) -> Road | None:
    """What the tags of a way say; None where no delivery vehicle may drive it."""
    of_class = road_class(tags)
    if of_class is None:
        return None
    forward, backward = driven_ways(of_class, tags)
    if not (forward or backward):
        return None
    return Road(
        name=tags.get("name") or tags.get("ref", ""),
        road_class=of_class,
        forward=forward,
        backward=backward,
        speed_kph=round(free_flow_kph(of_class, tags, forward=forward, backward=backward), 2),
        max_height_cm=max_height_cm(tags),
        max_weight_kg=max_weight_kg(tags),
        hgv=may_drive_heavy(tags),
    )


def _runs(way: Way, places: Mapping[int, Microdegrees]) -> list[tuple[int, ...]]:
    """The way's nodes without repetitions, cut where the extract lacks one."""
    nodes = [node for node, _ in groupby(way.nodes)]
    known = groupby(nodes, key=places.__contains__)
    runs = (tuple(run) for there, run in known if there)
    return [run for run in runs if len(run) > 1]


def _junction_nodes(runs: Iterable[Sequence[Sequence[int]]]) -> set[int]:
    """The nodes at which a run ends, and those that lie on the roads more than once."""
    times: Counter[int] = Counter()
    ends: set[int] = set()
    for of_way in runs:
        for run in of_way:
            times.update(run)
            ends.update((run[0], run[-1]))
    return ends | {node for node, count in times.items() if count > 1}


def _cut(runs: Iterable[tuple[int, ...]], met: set[int]) -> Iterator[tuple[int, ...]]:
    for run in runs:
        cuts = [0, *(i for i in range(1, len(run) - 1) if run[i] in met), len(run) - 1]
        for start, end in pairwise(cuts):
            yield run[start : end + 1]


class _Sides:
    """Numbers junctions; each end of a segment at a barrier is a junction of its own."""

    def __init__(self, barred: set[int]) -> None:
        self._barred = barred
        self._given: Counter[int] = Counter()

    def number(self, node: int) -> str:
        if node not in self._barred:
            return str(node)
        self._given[node] += 1
        return f"{node}.{self._given[node]}"


def _segment(stretch: _Stretch, road: Road, length_m: float, extract: MapExtract, sides: _Sides) -> Segment:
    nodes = stretch.nodes
    standing = [extract.node_tags[node] for node in nodes[1:-1] if node in extract.node_tags]
    return Segment(
        number=f"{stretch.way}.{stretch.part}",
        way=stretch.way,
        road=road,
        start=sides.number(nodes[0]),
        end=sides.number(nodes[-1]),
        start_node=nodes[0],
        end_node=nodes[-1],
        line=tuple(extract.places[node] for node in nodes),
        length_m=round(length_m, 2),
        max_height_cm=_lowest(road.max_height_cm, map(max_height_cm, standing)),
        max_weight_kg=_lowest(road.max_weight_kg, map(max_weight_kg, standing)),
    )


def _lowest(first: int | None, others: Iterable[int | None]) -> int | None:
    return min((limit for limit in (first, *others) if limit is not None), default=None)


def _lengths_m(stretches: Sequence[_Stretch], places: Mapping[int, Microdegrees]) -> NDArray[np.float64]:
    """The lengths of all stretches on the sphere, chord by chord (haversine)."""
    if not stretches:
        return np.zeros(0)
    points = np.array([places[node] for stretch in stretches for node in stretch.nodes], dtype=np.float64)
    longitude, latitude = np.radians(points / 1e6).T
    half_chord = (
        np.sin(np.diff(latitude) / 2) ** 2
        + np.cos(latitude[:-1]) * np.cos(latitude[1:]) * np.sin(np.diff(longitude) / 2) ** 2
    )
    chords = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half_chord))
    ends = np.cumsum([len(stretch.nodes) for stretch in stretches])
    chords[ends[:-1] - 1] = 0.0  # from the end of one stretch to the start of the next
    along = np.concatenate([[0.0], np.cumsum(chords)])
    starts = np.concatenate([[0], ends[:-1]])
    return np.asarray(along[ends - 1] - along[starts], dtype=np.float64)
