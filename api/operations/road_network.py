"""The graph's road network as arrays, read once per version and shared by whoever computes on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from graph.engines.port import Engine
from graph.errors import Conflict, InvalidInput
from graph.traversals import roads as road_traversals
from optimizer.errors import InvalidNetwork
from optimizer.roads.network import JunctionRow, Positions, RestrictionRow, RoadNetwork, SegmentRow
from optimizer.roads.snapping import SnapIndex

JUNCTION_IDS = "junction/"
"""How the ids of junctions begin."""
UNDER_WAY = 0
"""The version of streets that an import is writing."""
READ_AGAIN = 5
"""How often the network is read anew when it changes while it is being read."""


@dataclass(frozen=True, eq=False)
class Roads:
    """The road network at one version.

    ``standard`` has all streets open: addresses are snapped and orders promised on it. ``live`` lacks
    what is closed: rounds are planned on it. Both have the same segments at the same places.
    """

    version: int
    live: RoadNetwork
    standard: RoadNetwork
    snapping: SnapIndex
    streets: Streets

    def positions(self, snaps: Sequence[Snap]) -> Positions:
        """The places as positions on the arrays, in that order."""
        network = self.standard
        try:
            segment = np.array([network.segment_index[snap.segment_id] for snap in snaps], dtype=np.int64)
        except KeyError as unknown:
            raise InvalidInput("location", f"is snapped to {unknown}, which is not in the network") from None
        offset_m = np.array([snap.offset_m for snap in snaps], dtype=np.float64)
        length_m = network.segment_length_m[segment]
        fraction = np.divide(offset_m, length_m, out=np.zeros(len(snaps)), where=length_m > 0)
        return Positions(segment, np.clip(fraction, 0.0, 1.0))


@dataclass(frozen=True)
class Snap:
    """Where a location or warehouse is reached: metres along a segment from its start, metres off it."""

    id: str
    segment_id: str
    offset_m: float
    distance_m: float


@dataclass(frozen=True)
class Streets:
    """What tells rebuilt streets from closed ones.

    An import notes a version; of others it is how many there are, their length and their speeds.
    """

    version: int | None
    count: int = 0
    length_m: float = 0.0
    speed_kph: float = 0.0


@dataclass
class _Loaded:
    """The copy of one engine's network; its lock lets one thread at a time read."""

    lock: Lock = field(default_factory=Lock)
    roads: Roads | None = None


_loaded: WeakKeyDictionary[Engine, _Loaded] = WeakKeyDictionary()
_loaded_lock = Lock()


def load_roads(engine: Engine) -> Roads:
    """The road network of ``engine`` as it is now.

    One round trip while nothing changed. After a closure only the open flags are read anew (0.05 s for
    20,000 segments), after a rebuilding everything (0.6 s). Safe to call from several threads.
    """
    with _loaded_lock:
        loaded = _loaded.setdefault(engine, _Loaded())
    with loaded.lock:
        for _ in range(READ_AGAIN):
            state = _state(engine)
            if loaded.roads is not None and loaded.roads.version == state["version"]:
                return loaded.roads
            roads = _read(engine, state, loaded.roads)
            if _state(engine) == state:
                loaded.roads = roads
                return roads
    raise Conflict("the road network changed each time it was read; try again when the changes are made")


def read_snaps(rows: Iterable[Mapping[str, Any]]) -> dict[str, Snap]:
    """Rows of :func:`graph.traversals.roads.snaps` by the id of what is snapped."""
    return {
        row["id"]: Snap(row["id"], row["segment"], float(row["offset_m"]), float(row["distance_m"]))
        for row in rows
    }


def _state(engine: Engine) -> Mapping[str, Any]:
    """The id and the versions of the network."""
    states: list[Mapping[str, Any]] = engine.run(road_traversals.network_state(engine.g))
    if len(states) != 1:
        raise InvalidInput(
            "road network", f"is in the graph {len(states)} times; build the world, or load one network"
        )
    return states[0]


def _read(engine: Engine, state: Mapping[str, Any], before: Roads | None) -> Roads:
    if state.get("streets_version") == UNDER_WAY:
        raise Conflict(f"{state['id']} is being imported, or its import was interrupted: finish it first")
    version = int(state["version"])
    streets = _streets(engine, state)
    if before is not None and before.streets == streets:
        closed_ids = engine.run(road_traversals.closed_segment_ids(engine.g))
        return replace(before, version=version, live=before.standard.without(closed_ids))
    live = _network(engine)
    standard = live.with_closed(np.zeros(len(live.segment_ids), dtype=np.bool_))
    return Roads(version, live, standard, SnapIndex(standard), streets)


def _streets(engine: Engine, state: Mapping[str, Any]) -> Streets:
    if "streets_version" in state:
        return Streets(int(state["streets_version"]))
    lengths = engine.run(road_traversals.segment_lengths(engine.g))
    speeds = engine.run(road_traversals.segment_speeds(engine.g))
    return Streets(None, len(lengths), sum(lengths), sum(speeds))


def _network(engine: Engine) -> RoadNetwork:
    junctions = engine.run(road_traversals.junctions(engine.g))
    segments = engine.run(road_traversals.segments(engine.g))
    restrictions = engine.run(road_traversals.turn_restrictions(engine.g))
    try:
        return RoadNetwork.from_rows(
            (JunctionRow(row["id"], row["longitude"], row["latitude"]) for row in junctions),
            (_segment(row) for row in segments),
            (_restriction(row) for row in restrictions),
        )
    except InvalidNetwork as error:
        raise InvalidInput(error.field, error.message) from None


def _segment(row: Mapping[str, Any]) -> SegmentRow:
    try:
        return SegmentRow(
            id=row["id"],
            from_junction=row["start"],
            to_junction=row["end"],
            length_m=row["length_m"],
            speed_kph=row["speed_kph"],
            direction=row["direction"],
            geometry=_line(row["geometry"]),
            closed=not row["open"],
            road_class=row["road_class"],
            max_height_cm=row.get("max_height_cm") or None,
            max_weight_kg=row.get("max_weight_kg") or None,
            hgv=row.get("hgv", True),
        )
    except KeyError as missing:
        raise InvalidInput(row["id"], f"has no {missing}; load the road network again") from None
    except ValueError:
        raise InvalidInput(
            row["id"], "has a geometry that is not pairs of microdegrees, longitude,latitude"
        ) from None


def _restriction(row: Mapping[str, Any]) -> RestrictionRow:
    via = [each["id"] for each in sorted(row["via"], key=itemgetter("sequence"))]
    at_junction = len(via) == 1 and via[0].startswith(JUNCTION_IDS)
    try:
        return RestrictionRow(
            id=row["id"],
            kind=row["kind"],
            from_segment=row["from"],
            to_segment=row["to"],
            via_junction=via[0] if at_junction else None,
            via_segments=() if at_junction else tuple(via),
            from_forward=row["from_forward"],
            to_forward=row["to_forward"],
        )
    except KeyError as missing:
        raise InvalidInput(row["id"], f"has no {missing}; load the road network again") from None


def _line(geometry: str) -> list[tuple[float, float]]:
    numbers = [int(number) / 1e6 for number in geometry.replace(",", " ").split()]
    if len(numbers) != 2 * geometry.count(","):
        raise ValueError(geometry)
    return list(zip(numbers[::2], numbers[1::2], strict=True))
