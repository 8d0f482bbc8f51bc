"""The nearest road by other means than the project's: every chord in turn, and shapely's STRtree.

Shapely is no dependency of the project: what uses it is skipped where it is not installed.
"""

from __future__ import annotations

import math
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.roads.network import RoadNetwork

Floats = NDArray[np.float64]
Point = tuple[float, float]
RADIUS_M = 6_371_008.8


def nearest_distances_m(network: RoadNetwork, longitude: Floats, latitude: Floats) -> Floats:
    """From each point (degrees) to the nearest routable segment, straight chord by straight chord."""
    shape = _in_space(network.shape_longitude, network.shape_latitude)
    segment = np.repeat(np.arange(len(network.segment_ids)), np.diff(network.shape_start))
    joined = (segment[1:] == segment[:-1]) & network.routable[segment[1:]]
    start, way = shape[:-1][joined], np.diff(shape, axis=0)[joined]
    square = np.maximum((way**2).sum(axis=1), 1e-12)
    nearest = []
    for point in _in_space(longitude, latitude):
        along = np.clip(((point - start) * way).sum(axis=1) / square, 0, 1)
        nearest.append(np.linalg.norm(point - start - along[:, None] * way, axis=1).min())
    return np.array(nearest)


def strtree_distances_m(
    network: RoadNetwork, longitude: Floats, latitude: Floats, segment: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """From each point to what the tree finds nearest among the routable segments, and to ``segment``."""
    shapely = import_module("shapely")

    tree, lines = routable_tree(network)
    points = shapely.points(plane(network, longitude, latitude))
    found, least = tree.query_nearest(points, return_distance=True, all_matches=False)
    distances = np.empty(len(points))
    distances[found[0]] = least
    return distances, shapely.distance(points, lines[segment])


def routable_tree(network: RoadNetwork) -> tuple[Any, Any]:
    """The tree of the routable segments, and the lines of all segments, in the plane."""
    shapely = import_module("shapely")

    owner = np.repeat(np.arange(len(network.segment_ids)), np.diff(network.shape_start))
    shape = plane(network, network.shape_longitude, network.shape_latitude)
    lines = shapely.linestrings(shape, indices=owner)
    return shapely.STRtree(lines[network.routable]), lines


def plane(network: RoadNetwork, longitude: Floats, latitude: Floats) -> Floats:
    """Metres east and north of the middle of the network, seen from straight above it."""
    east, north = np.radians(network.longitude.mean()), np.radians(network.latitude.mean())
    eastwards = np.array([-np.sin(east), np.cos(east), 0.0])
    northwards = np.array([-np.sin(north) * np.cos(east), -np.sin(north) * np.sin(east), np.cos(north)])
    points = _in_space(longitude, latitude)
    return np.column_stack([points @ eastwards, points @ northwards])


def _in_space(longitude: Floats, latitude: Floats) -> Floats:
    east, north = np.radians(longitude), np.radians(latitude)
    return RADIUS_M * np.column_stack(
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)]
    )


def distance_to_line_m(point: Point, line: list[Point]) -> float:
    """From a point to the great circles between the points of a line, by ternary search along each."""
    return min(_distance_to_arc_m(_xyz(point), _xyz(a), _xyz(b)) for a, b in pairwise(line))


def _distance_to_arc_m(point: list[float], start: list[float], end: list[float]) -> float:
    def away(t: float) -> float:
        on_chord = [a + t * (b - a) for a, b in zip(start, end, strict=True)]
        lift = RADIUS_M / math.hypot(*on_chord)
        return math.dist(point, [lift * c for c in on_chord])

    low, high = 0.0, 1.0
    for _ in range(60):
        one, other = low + (high - low) / 3, high - (high - low) / 3
        low, high = (low, other) if away(one) <= away(other) else (one, high)
    return min(away(low), away(0.0), away(1.0))  # far away the distance may rise first and fall then


def _xyz(point: Point) -> list[float]:
    east, north = math.radians(point[0]), math.radians(point[1])
    return [
        RADIUS_M * c
        for c in (math.cos(north) * math.cos(east), math.cos(north) * math.sin(east), math.sin(north))
    ]
