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
from optimizer.roads.customization import NEVER, TOO_LONG, UNITS_PER_M, Metric
from optimizer.roads.network import Floats, Ints

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


class Shortcuts(NamedTuple):
    """Keys of ways from origins to destinations that need no node, by origin, ascending."""

    origin: Ints
    destination: Ints
    key: Ints


def times_and_distances(
    metric: Metric, origins: Entries, destinations: Entries, shortcuts: Shortcuts
) -> tuple[Floats, Floats, int]:
    """From each origin, by row, to each destination: whole seconds, rounded up, and whole metres.

    Infinite where there is no way. Last comes the greatest key of all.
    """
    up, down = labels(metric, origins, UPWARDS), labels(metric, destinations, DOWNWARDS)
    shape = (origins.places, destinations.places)
    duration_s, distance_m = np.empty(shape), np.empty(shape)
    greatest = _join(
        duration_s,
        distance_m,
        up,
        np.argsort(up.place, kind="stable"),
        down,
        shortcuts,
        metric.hierarchy.parent,
        metric.hierarchy.depth,
        metric.scale.distance_bits,
    )
    return duration_s, distance_m, greatest


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
def _join(
    duration_s: Floats,
    distance_m: Floats,
    up: Labels,
    up_by_place: Ints,
    down: Labels,
    shortcuts: Shortcuts,
    parent: Int32s,
    depth: Int32s,
    distance_bits: int,
) -> int:
    """Join each two labels over the ancestors that they share; tell the keys as times and distances."""
    rows, negative = len(down.rank), -down.rank
    by_depth = _by_depth(down)
    shared_with_next = np.zeros(rows, dtype=np.int64)
    for row in range(rows - 1):
        shared_with_next[row] = count_shared(down.rank[row], down.rank[row + 1], parent, depth)
    shared, least = np.empty(rows, dtype=np.int64), np.empty(rows, dtype=np.int64)
    keys = np.empty(duration_s.shape[1], dtype=np.int64)
    greatest, begun, shortcut = 0, 0, 0
    for origin in range(len(duration_s)):
        keys[:] = NEVER
        while begun < len(up_by_place) and up.place[up_by_place[begun]] == origin:
            row = up_by_place[begun]
            begun += 1
            middle = np.searchsorted(negative, -up.rank[row])
            _share(shared, up.rank[row], middle, down.rank, shared_with_next, parent, depth)
            _least_by_row(least, up.key[up.start[row] : up.start[row + 1]], by_depth, shared, middle)
            for other in range(rows):
                keys[down.place[other]] = min(keys[down.place[other]], least[other])
        while shortcut < len(shortcuts.origin) and shortcuts.origin[shortcut] == origin:
            destination = shortcuts.destination[shortcut]
            keys[destination] = min(keys[destination], shortcuts.key[shortcut])
            shortcut += 1
        greatest = max(greatest, _tell(keys, duration_s[origin], distance_m[origin], distance_bits))
    return greatest


@njit(cache=True, nogil=True)
def _least_by_row(least: Ints, label: Ints, by_depth: Ints, shared: Ints, middle: int) -> None:
    """What a label makes with each of the others over the ancestors that it shares with them.

    Among descending ranks, a postorder, those that share so many ancestors with it are neighbours: they
    are gone through in one run, four depths at a time; those that share less than the four, one by one.
    """
    least[:] = NEVER
    first, last = 0, len(least)
    for place in range(0, len(label), 4):
        inner_first, inner_last = first, last
        while inner_first < middle and shared[inner_first] < place + 4:
            inner_first += 1
        while inner_last > middle and shared[inner_last - 1] < place + 4:
            inner_last -= 1
        if inner_first < inner_last:
            _lower_four(
                least[inner_first:inner_last],
                by_depth[place, inner_first:inner_last],
                by_depth[place + 1, inner_first:inner_last],
                by_depth[place + 2, inner_first:inner_last],
                by_depth[place + 3, inner_first:inner_last],
                label[place],
                label[place + 1],
                label[place + 2],
                label[place + 3],
            )
        for edge_first, edge_last in ((first, inner_first), (inner_last, last)):
            for other in range(edge_first, edge_last):
                for deeper in range(place, shared[other]):
                    least[other] = min(least[other], label[deeper] + by_depth[deeper, other])
        first, last = inner_first, inner_last
        if first == last:
            break


@njit(cache=True, nogil=True)
def _tell(keys: Ints, duration_s: Floats, distance_m: Floats, distance_bits: int) -> int:
    """Write keys as seconds and metres; the greatest of those that can be reached."""
    greatest = 0
    for place in range(len(keys)):
        key = keys[place]
        reached = key < NEVER
        greatest = max(greatest, key if reached else 0)
        seconds = np.ceil((key >> distance_bits) / 1000)
        metres = np.rint((key & ((1 << distance_bits) - 1)) / UNITS_PER_M)
        duration_s[place] = seconds if reached else np.inf
        distance_m[place] = metres if reached else np.inf
    return greatest


@njit(cache=True, nogil=True)
def _by_depth(labels: Labels) -> Ints:
    """The keys of all labels at each depth, by row; what is below a label is left as it is."""
    rows = len(labels.rank)
    deepest = 0
    for row in range(rows):
        deepest = max(deepest, labels.start[row + 1] - labels.start[row])
    by_depth = np.empty((deepest, rows), dtype=np.int64)
    for row in range(rows):
        for place in range(labels.start[row + 1] - labels.start[row]):
            by_depth[place, row] = labels.key[labels.start[row] + place]
    return by_depth


@njit(cache=True, nogil=True)
def _share(
    shared: Ints, rank: int, middle: int, ranks: Ints, with_next: Ints, parent: Int32s, depth: Int32s
) -> None:
    """How many ancestors a node shares with each of ``ranks``: fewer, the farther they are from it."""
    if middle < len(ranks):
        shared[middle] = count_shared(rank, ranks[middle], parent, depth)
        for other in range(middle + 1, len(ranks)):
            shared[other] = min(shared[other - 1], with_next[other - 1])
    if middle > 0:
        shared[middle - 1] = count_shared(rank, ranks[middle - 1], parent, depth)
        for other in range(middle - 2, -1, -1):
            shared[other] = min(shared[other + 1], with_next[other])


@njit(cache=True, nogil=True)
def _lower_four(
    least: Ints, one: Ints, two: Ints, three: Ints, four: Ints, key1: int, key2: int, key3: int, key4: int
) -> None:
    """Lower the least to the keys of four depths; one by one they would be read and written four times."""
    for place in range(len(least)):
        through = min(min(key1 + one[place], key2 + two[place]), min(key3 + three[place], key4 + four[place]))
        least[place] = min(least[place], through)


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
