"""The ways driven between places: fastest paths over a hierarchy, unpacked edge by edge."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.roads.contraction_hierarchy import Int32s
from optimizer.roads.customization import NEVER, Metric
from optimizer.roads.many_to_many import DOWNWARDS, UPWARDS, Entries, Labels, count_shared, labels
from optimizer.roads.network import Ints


class Drive(NamedTuple):
    """The best drive from a place to another: its key, and the ways from the first part to the last."""

    key: int
    ways: tuple[int, ...]


class _Topology(NamedTuple):
    """What the compiled search needs of a metric."""

    weights: Ints
    up_start: Ints
    up_head: Int32s
    up_depth: Int32s
    down_start: Ints
    down_edge: Int32s
    edge_tail: Int32s
    parent: Int32s
    depth: Int32s
    slot_start: Ints
    slot_way: Ints
    slot_segment: Ints
    segment_key: Ints


def drives(metric: Metric, origins: Entries, destinations: Entries) -> list[Drive | None]:
    """The drive from each origin to the destination with the same number; None where there is no way.

    Drives that leave the first segment only: those along one segment are not among them.
    """
    up, down = _by_entry(metric, origins, UPWARDS), _by_entry(metric, destinations, DOWNWARDS)
    topology = _topology(metric)
    first = np.searchsorted(origins.place, np.arange(origins.places + 1))
    second = np.searchsorted(destinations.place, np.arange(destinations.places + 1))
    found: list[Drive | None] = []
    for pair in range(origins.places):
        key, origin, destination, turn = _meet(
            up, down, first[pair], first[pair + 1], second[pair], second[pair + 1], topology
        )
        if key >= NEVER:
            found.append(None)
            continue
        one, other = origins.rank[origin], destinations.rank[destination]
        between = _unpacked(topology, one, other, turn)
        found.append(
            Drive(int(key), (int(origins.way[origin]), *between, int(destinations.way[destination])))
        )
    return found


def _by_entry(metric: Metric, entries: Entries, direction: int) -> Labels:
    """A label for each entry, in the order of the entries."""
    count = len(entries.rank)
    made = labels(metric, entries._replace(places=count, place=np.arange(count)), direction)
    order = np.argsort(made.place)
    return Labels(made.place[order], made.rank[order], np.append(made.start[order], 0), made.key)


def _topology(metric: Metric) -> _Topology:
    hierarchy = metric.hierarchy
    return _Topology(
        metric.weights,
        hierarchy.up_start,
        hierarchy.up_head,
        hierarchy.up_depth,
        hierarchy.down_start,
        hierarchy.down_edge,
        hierarchy.edge_tail,
        hierarchy.parent,
        hierarchy.depth,
        hierarchy.slot_start,
        hierarchy.slot_way,
        hierarchy.slot_segment,
        metric.segment_key,
    )


@njit(cache=True, nogil=True)
def _meet(
    up: Labels,
    down: Labels,
    first: int,
    after_first: int,
    second: int,
    after_second: int,
    topology: _Topology,
) -> tuple[int, int, int, int]:
    """The least key of the pairs of these entries, the two entries, and the depth where the path turns."""
    best, origin, destination, turn = NEVER, -1, -1, -1
    for one in range(first, after_first):
        for other in range(second, after_second):
            shared = count_shared(up.rank[one], down.rank[other], topology.parent, topology.depth)
            for place in range(shared):
                key = up.key[up.start[one] + place] + down.key[down.start[other] + place]
                if key < best:
                    best, origin, destination, turn = key, one, other, place
    return best, origin, destination, turn


@njit(cache=True, nogil=True)
def _unpacked(topology: _Topology, origin: int, destination: int, turn: int) -> list[int]:
    """The ways of the path from one node up to its ancestor at depth ``turn`` and down to another node."""
    rising = _edges_up(topology, origin, turn, UPWARDS)
    falling = _edges_up(topology, destination, turn, DOWNWARDS)
    slots = [2 * edge + 1 for edge in falling]
    slots.extend([2 * edge for edge in rising[::-1]])
    ways = [0 for _ in range(0)]
    while len(slots) > 0:
        slot = slots.pop()
        way = _way_of(topology, slot)
        if way >= 0:
            ways.append(way)
        else:
            _push_triangle(topology, slot, slots)
    return ways


@njit(cache=True, nogil=True)
def _edges_up(topology: _Topology, node: int, turn: int, direction: int) -> list[int]:
    """The edges from a node to its ancestor at depth ``turn`` on the best path, lowest first."""
    own = topology.depth[node]
    path = np.empty(own + 1, dtype=np.int64)
    above = node
    for place in range(own, -1, -1):
        path[place] = above
        above = topology.parent[above]
    key = np.full(own + 1, NEVER, dtype=np.int64)
    best = np.full(own + 1, -1, dtype=np.int64)
    key[turn] = 0
    for place in range(turn + 1, own + 1):
        for edge in range(topology.up_start[path[place]], topology.up_start[path[place] + 1]):
            up = topology.up_depth[edge]
            if up >= turn and key[up] < NEVER and topology.weights[edge, direction] < NEVER:
                through = topology.weights[edge, direction] + key[up]
                if through < key[place]:
                    key[place], best[place] = through, edge
    edges = [0 for _ in range(0)]
    place = own
    while place > turn:
        edges.append(best[place])
        place = topology.up_depth[best[place]]
    return edges


@njit(cache=True, nogil=True)
def _way_of(topology: _Topology, slot: int) -> int:
    """The way that an edge stands for in a direction; -1 where it is a shortcut."""
    weight = topology.weights[slot >> 1, slot & 1]
    for place in range(topology.slot_start[slot], topology.slot_start[slot + 1]):
        if topology.segment_key[topology.slot_segment[place]] == weight:
            return int(topology.slot_way[place])
    return -1


@njit(cache=True, nogil=True)
def _push_triangle(topology: _Topology, slot: int, slots: list[int]) -> None:
    """Put the two sides of a shortcut's lower triangle on the stack, the first to be driven on top."""
    edge, falls = slot >> 1, slot & 1
    weight = topology.weights[edge, falls]
    tail, head = topology.edge_tail[edge], topology.up_head[edge]
    for place in range(topology.down_start[tail], topology.down_start[tail + 1]):
        side = topology.down_edge[place]
        below = topology.edge_tail[side]
        last = topology.up_start[below + 1]
        heads = topology.up_head[side:last]
        other = side + np.searchsorted(heads, head)
        if other < last and topology.up_head[other] == head:
            first, second = (other, side) if falls else (side, other)
            if topology.weights[first, 1] + topology.weights[second, 0] == weight:
                slots.append(2 * second)
                slots.append(2 * first + 1)
                return
