"""Keys from many places to many, over a customized hierarchy.

A fastest way goes up the hierarchy and then down; the node where it turns is an ancestor, in the
elimination tree, of both its ends. So the label of a place, the keys to each ancestor by depth, answers
every question about it: two places share the ancestors down to their lowest common one, and the least
sum over those is the key (two-hop labels on a tree decomposition: Ouyang, Qin, Chang, Lin, Zhang and Zhu,
"When Hierarchy Meets 2-Hop-Labeling", SIGMOD 2018). Labels are made for the places asked for only, from
the root down; the one of a node is the least, over its edges up, of the edge's key plus the label there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from optimizer.roads.contraction_hierarchy import Int32s
from optimizer.roads.customization import NEVER, TOO_LONG, Metric
from optimizer.roads.network import Ints

UPWARDS, DOWNWARDS = 0, 1
"""Columns of the weights: labels of places that are left, and of places that are reached."""


class Entries(NamedTuple):
    """How places join the hierarchy: the key from each place to a node beside it, or the other way."""

    places: int
    place: Ints
    """By entry, ascending."""
    rank: Ints
    key: Ints
    way: Ints
    """The way that is driven between the place and the node."""


class Labels(NamedTuple):
    """Rows of keys by depth. Entries of a place that are not on one path to the root have a row each."""

    place: Ints
    rank: Ints
    """The lowest node of the row, descending."""
    start: Ints
    """Row ``i`` is ``key[start[i]]`` up to ``key[start[i + 1]]``."""
    key: Ints


def matrix_of_keys(metric: Metric, origins: Entries, destinations: Entries) -> Ints:
    """The key from each origin, by row, to each destination; ``NEVER`` or more where there is no way."""
    up, down = labels(metric, origins, UPWARDS), labels(metric, destinations, DOWNWARDS)
    keys = np.full((origins.places, destinations.places), NEVER, dtype=np.int64)
    _join(keys, up, down, metric.hierarchy.parent, metric.hierarchy.depth)
    return keys


def labels(metric: Metric, entries: Entries, direction: int) -> Labels:
    """The labels of places that are left (``UPWARDS``) or reached (``DOWNWARDS``)."""
    hierarchy = metric.hierarchy
    row = _rows(entries.place, entries.rank, hierarchy.lowest_below)
    # by row, its lowest node first; rows by their lowest node, descending: ancestors come first
    lowest = np.full(len(row), len(hierarchy.parent), dtype=np.int64)
    np.minimum.at(lowest, row, entries.rank)
    order = np.lexsort((entries.rank, row, -lowest[row]))
    first = np.flatnonzero(np.diff(row[order], prepend=-1))
    rank = entries.rank[order]
    start = np.concatenate([[0], np.cumsum(hierarchy.depth[rank[first]].astype(np.int64) + 1)])
    key = np.empty(start[-1], dtype=np.int64)
    _fill_labels(
        key,
        start,
        np.append(first, len(order)),
        rank,
        entries.key[order],
        metric.weights,
        direction,
        hierarchy.up_start,
        hierarchy.up_depth,
        hierarchy.parent,
        hierarchy.depth,
    )
    return Labels(entries.place[order][first], rank[first], start, key)


@njit(cache=True, nogil=True)
def _rows(place: Ints, rank: Ints, lowest_below: Int32s) -> Ints:
    """By entry, the label it goes into: that of others of its place on its path to the root, or its own."""
    row = np.empty(len(place), dtype=np.int64)
    rows = 0
    for entry in range(len(place)):
        row[entry] = -1
        other = entry - 1
        while other >= 0 and place[other] == place[entry]:
            # Only an entry that is on one path with all of a row may join it.
            if _related(rank[entry], rank[other], lowest_below):
                joined = row[other]
                fits = True
                third = entry - 1
                while third >= 0 and place[third] == place[entry]:
                    if row[third] == joined and not _related(rank[entry], rank[third], lowest_below):
                        fits = False
                    third -= 1
                if fits:
                    row[entry] = joined
                    break
            other -= 1
        if row[entry] < 0:
            row[entry] = rows
            rows += 1
    return row


@njit(cache=True, nogil=True)
def _related(one: int, other: int, lowest_below: Int32s) -> bool:
    low, high = min(one, other), max(one, other)
    return bool(lowest_below[high] <= low)


@njit(cache=True, nogil=True)
def _fill_labels(
    key: Ints,
    start: Ints,
    entry_start: Ints,
    entry_rank: Ints,
    entry_key: Ints,
    weights: Ints,
    direction: int,
    up_start: Ints,
    up_depth: Int32s,
    parent: Int32s,
    depth: Int32s,
) -> None:
    """Go through the nodes above the entries, ancestors first, and keep the labels of one path at a time."""
    nodes = _with_ancestors(entry_rank, parent)
    deepest = 0
    for node in nodes:
        deepest = max(deepest, depth[node])
    path = np.empty((deepest + 1, deepest + 1), dtype=np.int64)
    row = 0
    for node in nodes[::-1]:
        label_of_node(path, node, weights, direction, up_start, up_depth, depth)
        while row < len(start) - 1 and entry_rank[entry_start[row]] == node:
            label = key[start[row] : start[row + 1]]
            label[:] = NEVER
            for entry in range(entry_start[row], entry_start[row + 1]):
                _lower(label, path[depth[entry_rank[entry]]], entry_key[entry], depth[entry_rank[entry]] + 1)
            row += 1


@njit(cache=True, nogil=True)
def _with_ancestors(ranks: Ints, parent: Int32s) -> Ints:
    """These nodes and all above them, ascending."""
    met = np.zeros(len(parent), dtype=np.bool_)
    count = 0
    for rank in ranks:
        node = rank
        while node >= 0 and not met[node]:
            met[node] = True
            count += 1
            node = parent[node]
    nodes = np.empty(count, dtype=np.int64)
    filled = 0
    for node in range(len(parent)):
        if met[node]:
            nodes[filled] = node
            filled += 1
    return nodes


@njit(cache=True, nogil=True)
def label_of_node(
    path: Ints, node: int, weights: Ints, direction: int, up_start: Ints, up_depth: Int32s, depth: Int32s
) -> None:
    """Write a node's label into its row of ``path``, whose rows above hold those of its ancestors."""
    own = depth[node]
    label = path[own]
    label[:own] = NEVER
    label[own] = 0
    for edge in range(up_start[node], up_start[node + 1]):
        weight = weights[edge, direction]
        if weight < NEVER:
            _lower(label, path[up_depth[edge]], weight, up_depth[edge] + 1)
    for place in range(own):
        label[place] = min(label[place], TOO_LONG if label[place] < NEVER else NEVER)


@njit(cache=True, nogil=True)
def _lower(label: Ints, other: Ints, key: int, count: int) -> None:
    """Lower the first keys of a label to those of another plus ``key``."""
    for place in range(count):
        label[place] = min(label[place], key + other[place])


@njit(cache=True, nogil=True)
def _join(keys: Ints, up: Labels, down: Labels, parent: Int32s, depth: Int32s) -> None:
    """Lower ``keys`` to what each two labels make over the ancestors that they share."""
    if len(down.rank) == 0:
        return
    shared_with_next = np.zeros(len(down.rank), dtype=np.int64)
    for row in range(len(down.rank) - 1):
        shared_with_next[row] = count_shared(down.rank[row], down.rank[row + 1], parent, depth)
    for row in range(len(up.rank)):
        label = up.key[up.start[row] : up.start[row + 1]]
        into = keys[up.place[row]]
        middle = np.searchsorted(-down.rank, -up.rank[row])
        # Among descending ranks, a postorder, what is shared shrinks with the distance, either way.
        shared = len(label)
        for other in range(middle, len(down.rank)):
            if other == middle:
                shared = count_shared(up.rank[row], down.rank[other], parent, depth)
            else:
                shared = min(shared, shared_with_next[other - 1])
            into[down.place[other]] = min(into[down.place[other]], _least(label, down, other, shared))
        for other in range(middle - 1, -1, -1):
            if other == middle - 1:
                shared = count_shared(up.rank[row], down.rank[other], parent, depth)
            else:
                shared = min(shared, shared_with_next[other])
            into[down.place[other]] = min(into[down.place[other]], _least(label, down, other, shared))


@njit(cache=True, nogil=True)
def count_shared(one: int, other: int, parent: Int32s, depth: Int32s) -> int:
    """How many ancestors, themselves included, two nodes share."""
    while one != other:
        if one < 0 or other < 0:
            return 0
        if one < other:
            one = parent[one]
        else:
            other = parent[other]
    return int(depth[one] + 1)


@njit(cache=True, nogil=True)
def _least(label: Ints, down: Labels, row: int, shared: int) -> int:
    other = down.key[down.start[row] : down.start[row] + shared]
    least = NEVER
    for place in range(shared):
        least = min(least, label[place] + other[place])
    return least
