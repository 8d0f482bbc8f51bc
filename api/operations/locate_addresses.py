"""Where on the road an address is reached, and the standard way to it from every warehouse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from api.operations.road_network import Roads, load_roads, read_snaps
from graph.engines.port import Engine
from graph.errors import InvalidInput
from graph.traversals import roads as road_traversals
from optimizer.roads.network import Positions
from optimizer.roads.snapping import SnapIndex, Snapped
from optimizer.roads.travel import travel_matrix

FARTHEST_M = 500.0
"""An address farther than this from every road that leads anywhere is refused."""


@dataclass(frozen=True)
class Located:
    """An address on the road: metres along the segment from its start, and from the address to the road.

    ``reached_from`` has the drive from each warehouse by its id, as (seconds, metres), in free flow with
    all streets open; a warehouse without a way to the address is not in it.
    """

    segment_id: str
    offset_m: float
    distance_m: float
    reached_from: Mapping[str, tuple[int, int]]


def locate(engine: Engine, *, longitude: float, latitude: float) -> Located:
    """Locate one address (degrees, WGS 84); :class:`InvalidInput` for ``location`` says what is wrong."""
    [located] = locate_many(engine, [(longitude, latitude)])
    if isinstance(located, InvalidInput):
        raise located
    return located


def locate_many(engine: Engine, points: Sequence[tuple[float, float]]) -> list[Located | InvalidInput]:
    """Locate addresses given as (longitude, latitude), each with its answer or what is wrong with it.

    Two round trips, and two or three more after the road network changed.
    """
    answers: list[Located | InvalidInput | None] = [_nowhere(*point) for point in points]
    sound = [place for place, answer in enumerate(answers) if answer is None]
    if sound:
        for place, located in zip(sound, _on_roads(engine, [points[p] for p in sound]), strict=True):
            answers[place] = located
    return [answer for answer in answers if answer is not None]


def _nowhere(longitude: float, latitude: float) -> InvalidInput | None:
    for name, degrees, most in (("longitude", longitude, 180), ("latitude", latitude, 90)):
        if not math.isfinite(degrees) or abs(degrees) > most:
            return InvalidInput(
                "location", f"has the {name} {degrees}; it is in degrees, from -{most} to {most}"
            )
    return None


def _on_roads(engine: Engine, points: Sequence[tuple[float, float]]) -> list[Located | InvalidInput]:
    roads = load_roads(engine)
    longitude, latitude = np.array(points, dtype=np.float64).T
    snapped = roads.snapping.snap(longitude, latitude)
    near = np.flatnonzero(snapped.distance_m <= FARTHEST_M)
    ways = _ways(engine, roads, snapped.positions.take(near))
    column_of = {int(place): column for column, place in enumerate(near)}
    return [
        _located(roads, snapped, place, ways[column_of[place]])
        if place in column_of
        else _too_far(roads, point, float(snapped.distance_m[place]))
        for place, point in enumerate(points)
    ]


def _ways(engine: Engine, roads: Roads, positions: Positions) -> list[dict[str, tuple[int, int]]]:
    """For each position, the drive from each warehouse that has one: seconds and metres."""
    warehouses = list(read_snaps(engine.run(road_traversals.warehouse_snaps(engine.g))).values())
    travel = travel_matrix(roads.standard, roads.positions(warehouses), positions)
    return [
        {
            warehouse.id: (int(travel.duration_s[row, column]), int(travel.distance_m[row, column]))
            for row, warehouse in enumerate(warehouses)
            if np.isfinite(travel.duration_s[row, column])
        }
        for column in range(len(positions))
    ]


def _located(
    roads: Roads, snapped: Snapped, place: int, reached_from: Mapping[str, tuple[int, int]]
) -> Located:
    segment, fraction = snapped.positions[place]
    return Located(
        segment_id=roads.standard.segment_ids[segment],
        offset_m=fraction * float(roads.standard.segment_length_m[segment]),
        distance_m=float(snapped.distance_m[place]),
        reached_from=reached_from,
    )


def _too_far(roads: Roads, point: tuple[float, float], away_m: float) -> InvalidInput:
    longitude, latitude = point
    anywhere = SnapIndex(roads.standard, routable_only=False).snap([longitude], [latitude])
    if anywhere.distance_m[0] <= FARTHEST_M:
        street = roads.standard.segment_ids[int(anywhere.segment[0])]
        return InvalidInput(
            "location",
            f"{longitude}, {latitude} lies at {street}, which is not connected to the rest of the roads; "
            f"give a place within {FARTHEST_M:.0f} m of a street that is",
        )
    nearest = f"{away_m:,.0f} m away" if math.isfinite(away_m) else "nowhere: the network has none"
    return InvalidInput(
        "location",
        f"{longitude}, {latitude} is on no road, the nearest is {nearest}; "
        f"give a place within {FARTHEST_M:.0f} m of a street, longitude first",
    )
