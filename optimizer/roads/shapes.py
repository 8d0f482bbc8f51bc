"""Where things lie: the shapes of segments as chains of straight chords in space.

Working in space, in metres from the centre of a spherical earth, needs no map projection: it is right
at every latitude and across the date line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from optimizer.roads.network import Floats, Ints, RoadNetwork

EARTH_RADIUS_M = 6_371_008.8


def in_space(longitude: ArrayLike, latitude: ArrayLike) -> Floats:
    """Points in metres from the earth's centre, one row each, from degrees."""
    east, north = np.radians(np.asarray(longitude, np.float64)), np.radians(np.asarray(latitude, np.float64))
    flat = np.cos(north)
    return EARTH_RADIUS_M * np.stack([flat * np.cos(east), flat * np.sin(east), np.sin(north)], axis=-1)


def on_earth(points: Floats) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees of points in space, straight above or below them."""
    x, y, z = np.moveaxis(points, -1, 0)
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, np.hypot(x, y)))


def onto_earth(points: Floats) -> Floats:
    """Points in space, lifted straight to the earth's surface."""
    lift: Floats = EARTH_RADIUS_M / np.linalg.norm(points, axis=-1, keepdims=True)
    return points * lift


def chords(network: RoadNetwork) -> tuple[Ints, Floats, Floats, Floats, Floats]:
    """Every straight piece of every segment: segment, start and end in space, fractions at start and end."""
    points = in_space(network.shape_longitude, network.shape_latitude)
    segment = np.repeat(np.arange(len(network.segment_ids)), np.diff(network.shape_start) - 1)
    first = np.delete(np.arange(len(points)), network.shape_start[1:] - 1)
    start, end = points[first], points[first + 1]
    lengths = np.linalg.norm(end - start, axis=1)
    total = np.bincount(segment, lengths, minlength=len(network.segment_ids))
    so_far = np.cumsum(lengths)
    before = np.concatenate([[0.0], so_far])[np.searchsorted(segment, segment)]
    scale = np.where(total > 0, total, 1.0)[segment]
    end_fraction = np.clip((so_far - before) / scale, 0.0, 1.0)
    start_fraction = np.clip((so_far - lengths - before) / scale, 0.0, 1.0)
    return segment, start, end, start_fraction, end_fraction


def piece_of_shape(network: RoadNetwork, segment: int, from_fraction: float, to_fraction: float) -> Floats:
    """The line from one point of a segment to another, either way: rows of longitude and latitude."""
    shape = network.shape(segment)
    if {from_fraction, to_fraction} == {0.0, 1.0}:
        return shape if to_fraction == 1.0 else shape[::-1]
    points = in_space(shape[:, 0], shape[:, 1])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    along /= along[-1] or 1.0
    low, high = min(from_fraction, to_fraction), max(from_fraction, to_fraction)
    ends = np.column_stack([np.interp([low, high], along, points[:, axis]) for axis in range(3)])
    inner = shape[(along > low) & (along < high)]
    first, last = np.column_stack(on_earth(ends))
    if low == 0.0:
        first = shape[0]
    if high == 1.0:
        last = shape[-1]
    line = np.vstack([first, inner, last])
    return line if from_fraction <= to_fraction else line[::-1]
