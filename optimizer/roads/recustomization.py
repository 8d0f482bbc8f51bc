"""A metric after a few segments were closed, opened or given another speed.

Only the edges that may have changed are weighed anew, each from all of its lower triangles, in the order of
the hierarchy (Buchhold, Sanders and Wagner, "Real-Time Traffic Assignment Using Engineered Customizable
Contraction Hierarchies", ACM Journal of Experimental Algorithmics 2019).
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.roads.contraction_hierarchy import Hierarchy, Int32s
from optimizer.roads.customization import NEVER, TOO_LONG, Metric, Scale, customize, segment_keys
from optimizer.roads.network import Bools, Ints

FEW_SEGMENTS = 200
"""When more change, the whole metric is made anew."""


class _Edges(NamedTuple):
    """What the compiled search needs of a hierarchy, and the keys of its arcs by slot."""

    up_start: Ints
    up_head: Int32s
    down_start: Ints
    down_edge: Int32s
    edge_tail: Int32s
    slot_start: Ints
    slot_segment: Ints
    segment_key: Ints


def recustomize(metric: Metric, travel_ms: Ints, is_open: Bools) -> Metric:
    """The metric with these times and openness of its segments."""
    scale = Scale.of(metric.segment_length_m, travel_ms)
    keys = segment_keys(scale, metric.segment_length_m, travel_ms, is_open)
    changed = np.flatnonzero(keys != metric.segment_key)
    if scale != metric.scale or len(changed) > FEW_SEGMENTS:
        return customize(metric.hierarchy, metric.segment_length_m, travel_ms, is_open)
    weights = metric.weights.copy()
    _reweigh(weights, _edges_of(metric.hierarchy, changed), _edges(metric.hierarchy, keys))
    return replace(
        metric, segment_open=is_open, segment_travel_ms=travel_ms, segment_key=keys, weights=weights
    )


def _edges_of(hierarchy: Hierarchy, segments: Ints) -> Ints:
    """The edges that stand for these segments."""
    graph = hierarchy.graph
    ways = np.concatenate([2 * segments, 2 * segments + 1]).tolist()
    arcs = [arc for way in ways for arc in range(graph.way_start[way], graph.way_start[way + 1])]
    slots = hierarchy.arc_slot[np.array(arcs, dtype=np.int64)]
    return np.unique(slots[slots >= 0] >> 1)


def _edges(hierarchy: Hierarchy, segment_key: Ints) -> _Edges:
    return _Edges(
        hierarchy.up_start,
        hierarchy.up_head,
        hierarchy.down_start,
        hierarchy.down_edge,
        hierarchy.edge_tail,
        hierarchy.slot_start,
        hierarchy.slot_segment,
        segment_key,
    )


@njit(cache=True, nogil=True)
def _reweigh(weights: Ints, changed: Ints, edges: _Edges) -> None:
    """Weigh these edges anew, and all that depend on them; edges come after those they depend on."""
    pending = [0 for _ in range(0)]
    queued = np.zeros(len(weights), dtype=np.bool_)
    for edge in changed:
        queued[edge] = True
        heapq.heappush(pending, edge)
    while len(pending) > 0:
        edge = heapq.heappop(pending)
        before = weights[edge, 0], weights[edge, 1]
        after = _weight(weights, edge, edges)
        if before == after:
            continue
        weights[edge, 0], weights[edge, 1] = after
        tail = edges.edge_tail[edge]
        for third in range(edges.up_start[tail], edges.up_start[tail + 1]):
            if third == edge:
                continue
            above = _edge_over(edge, third, edges)
            if not queued[above] and _concerns(weights, above, edge, third, before, after):
                queued[above] = True
                heapq.heappush(pending, above)


@njit(cache=True, nogil=True)
def _weight(weights: Ints, edge: int, edges: _Edges) -> tuple[int, int]:
    """What an edge weighs upwards and downwards: the arcs it stands for, or the best lower triangle."""
    up = _least_arc(2 * edge, edges)
    down = _least_arc(2 * edge + 1, edges)
    tail, head = edges.edge_tail[edge], edges.up_head[edge]
    for place in range(edges.down_start[tail], edges.down_start[tail + 1]):
        side = edges.down_edge[place]
        other = _edge_to(head, side, edges.up_start[edges.edge_tail[side] + 1], edges.up_head)
        if other >= 0:
            through_up, through_down = (
                weights[side, 1] + weights[other, 0],
                weights[other, 1] + weights[side, 0],
            )
            if through_up < up:
                up = min(through_up, TOO_LONG)
            if through_down < down:
                down = min(through_down, TOO_LONG)
    return up, down


@njit(cache=True, nogil=True)
def _least_arc(slot: int, edges: _Edges) -> int:
    least = NEVER
    for place in range(edges.slot_start[slot], edges.slot_start[slot + 1]):
        least = min(least, edges.segment_key[edges.slot_segment[place]])
    return least


@njit(cache=True, nogil=True)
def _edge_over(one: int, other: int, edges: _Edges) -> int:
    """The edge that closes the triangle over two edges up from one node."""
    low, high = edges.up_head[min(one, other)], edges.up_head[max(one, other)]
    return _edge_to(high, edges.up_start[low], edges.up_start[low + 1], edges.up_head)


@njit(cache=True, nogil=True)
def _edge_to(head: int, first: int, last: int, up_head: Int32s) -> int:
    """The edge to ``head`` among these, which are sorted; -1 if there is none."""
    end = last
    while first < last:
        middle = (first + last) // 2
        if up_head[middle] < head:
            first = middle + 1
        else:
            last = middle
    return first if first < end and up_head[first] == head else -1


@njit(cache=True, nogil=True)
def _concerns(
    weights: Ints, above: int, edge: int, third: int, before: tuple[int, int], after: tuple[int, int]
) -> bool:
    """Whether the edge over a triangle may weigh something else when one of the two below it changes.

    It may if the way over the triangle is faster now, or was the one that counted.
    """
    # The way from the third edge's end over the lower node to the changed edge's end, and back.
    to_edge, from_edge = weights[third, 1], weights[third, 0]
    onto = 0 if edge > third else 1  # the direction, of the edge above, towards the changed edge's end
    return _changes(weights[above, onto], to_edge + before[0], to_edge + after[0]) or _changes(
        weights[above, 1 - onto], before[1] + from_edge, after[1] + from_edge
    )


@njit(cache=True, nogil=True)
def _changes(weight: int, way_before: int, way_after: int) -> bool:
    counted = way_before < NEVER and min(way_before, TOO_LONG) == weight
    return bool(way_after < weight or (counted and way_after != way_before))
