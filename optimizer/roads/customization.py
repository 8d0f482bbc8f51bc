"""The weights of a hierarchy's edges: for a vehicle, a time of day and what is closed.

A weight is a time and a distance as one whole number, the key, so that of equally fast ways the shortest
one is taken and both come in one pass. An edge weighs as much as the fastest way between its ends over
nodes of lower rank, each of which is a lower triangle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit

from optimizer.errors import InvalidProblem
from optimizer.roads.contraction_hierarchy import Hierarchy, Int32s
from optimizer.roads.network import Bools, Floats, Ints

NEVER = 2**62 - 1
"""The key of what cannot be reached; twice it still fits into 64 bits."""
TOO_LONG = 2**60
"""The key of what can be reached, but takes longer than keys can tell; four times it is below never."""
UNITS_PER_M = 100
"""Distance is counted in centimetres."""


@dataclass(frozen=True)
class Scale:
    """How keys are made: milliseconds times ``2 ** distance_bits``, plus centimetres.

    Keys are right for every drive shorter than ``horizon_ms``: no distance spills into the time, and
    the time is below that of ``TOO_LONG``.
    """

    distance_bits: int
    horizon_ms: int

    @classmethod
    def of(cls, length_m: Floats, travel_ms: Ints) -> Scale:
        """The scale with the farthest horizon for these segments."""
        fastest = float((length_m * UNITS_PER_M / travel_ms).max(initial=0.0))
        most_per_ms = fastest + 1  # a part of a segment, rounded, is at most one unit longer
        bits = math.floor((60 + math.log2(most_per_ms)) / 2)
        return cls(bits, math.floor(min(2.0 ** (60 - bits), 2.0**bits / most_per_ms)))

    def keys(self, travel_ms: Floats, length: Floats) -> Ints:
        """The keys of these times and distances (in units); too long from the horizon on."""
        short = travel_ms < self.horizon_ms
        ms = np.where(short, travel_ms, 0).astype(np.int64)
        units = np.where(short, length, 0).astype(np.int64)
        return np.where(short, (ms << self.distance_bits) + units, TOO_LONG)

    def split(self, key: int) -> tuple[int, int]:
        """The milliseconds and units of distance in a key."""
        return key >> self.distance_bits, key & ((1 << self.distance_bits) - 1)

    def check(self, greatest: int) -> None:
        """Refuse drives, the longest of which has this key, that are too long to be told."""
        if greatest >= self.horizon_ms << self.distance_bits:
            raise InvalidProblem("positions", "are too many hours of driving apart to be measured")


@dataclass(frozen=True, eq=False)
class Metric:
    """A hierarchy with weights: one row for each edge, upwards and downwards."""

    hierarchy: Hierarchy
    scale: Scale
    segment_open: Bools
    segment_travel_ms: Ints
    segment_length_m: Floats
    segment_key: Ints
    """``NEVER`` for segments that may not be driven."""
    weights: Ints

    def part_keys(self, segment: Ints, fraction: Floats) -> Ints:
        """The keys of driving these parts of these segments; times are rounded up."""
        travel_ms = np.ceil(fraction * self.segment_travel_ms[segment])
        length = np.rint(fraction * self.segment_length_m[segment] * UNITS_PER_M)
        return np.where(self.segment_open[segment], self.scale.keys(travel_ms, length), NEVER)


def customize(hierarchy: Hierarchy, length_m: Floats, travel_ms: Ints, is_open: Bools) -> Metric:
    """The metric of segments of these lengths, times and openness."""
    scale = Scale.of(length_m, travel_ms)
    keys = segment_keys(scale, length_m, travel_ms, is_open)
    weights = np.empty((len(hierarchy.up_head), 2), dtype=np.int64)
    slot_key = keys[hierarchy.slot_segment]
    _respect(weights.reshape(-1), hierarchy.slot_start, slot_key)
    _relax_triangles(
        weights,
        hierarchy.up_start,
        hierarchy.up_depth,
        hierarchy.down_start,
        hierarchy.down_edge,
        hierarchy.edge_tail,
        int(hierarchy.depth.max(initial=0)) + 1,
    )
    return Metric(hierarchy, scale, is_open, travel_ms, length_m, keys, weights)


def segment_keys(scale: Scale, length_m: Floats, travel_ms: Ints, is_open: Bools) -> Ints:
    """The keys of whole segments; never for those that are not open."""
    keys = scale.keys(travel_ms.astype(np.float64), np.rint(length_m * UNITS_PER_M))
    return np.where(is_open, keys, NEVER)


@njit(cache=True, nogil=True)
def _respect(weights: Ints, slot_start: Ints, slot_key: Ints) -> None:
    """Give each edge and direction the least key of the arcs it stands for."""
    for slot in range(len(weights)):
        least = NEVER
        for place in range(slot_start[slot], slot_start[slot + 1]):
            least = min(least, slot_key[place])
        weights[slot] = least


@njit(cache=True, nogil=True)
def _relax_triangles(
    weights: Ints,
    up_start: Ints,
    up_depth: Int32s,
    down_start: Ints,
    down_edge: Int32s,
    edge_tail: Int32s,
    depths: int,
) -> None:
    """Take each edge, lowest first, over the nodes below both of its ends where that is faster.

    The higher neighbours of a node are its ancestors, so their depths tell them apart.
    """
    edge_to = np.zeros(depths, dtype=np.int64)
    for node in range(len(up_start) - 1):
        first, last = up_start[node], up_start[node + 1]
        for edge in range(first, last):
            edge_to[up_depth[edge]] = edge
        for place in range(down_start[node], down_start[node + 1]):
            side = down_edge[place]
            from_below, to_below = weights[side, 0], weights[side, 1]
            if from_below == NEVER and to_below == NEVER:
                continue
            for third in range(side + 1, up_start[edge_tail[side] + 1]):
                edge = edge_to[up_depth[third]]
                up, down = to_below + weights[third, 0], weights[third, 1] + from_below
                if up < weights[edge, 0]:
                    weights[edge, 0] = min(up, TOO_LONG)
                if down < weights[edge, 1]:
                    weights[edge, 1] = min(down, TOO_LONG)
