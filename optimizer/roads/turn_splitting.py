"""The road network as a graph on which every path may be driven: junctions with turn restrictions are split.

A junction has one node for whoever comes from anywhere, and one more for each sequence of ways that begins
a banned one and ends there. Driving keeps track of the longest such beginning (the automaton of Aho and
Corasick, 1975); the arcs that would complete a banned sequence are left out. Junctions without
restrictions stay one node: expanding every turn would multiply the graph by four.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.roads.network import Ints, RoadNetwork, frozen

Ways = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SplitGraph:
    """Nodes and arcs; arcs are sorted by the way that is driven on them. Closures do not matter here."""

    nodes: int
    arc_tail: Ints
    arc_head: Ints
    arc_way: Ints
    way_start: Ints
    """The arcs of way ``w`` are ``way_start[w]`` up to ``way_start[w + 1]``; none where it may not go."""
    way_node: Ints
    """By way: the node where it leads whoever begins on it; -1 where it may not go."""


def split_turns(network: RoadNetwork) -> SplitGraph:
    """The graph of all ways that the network's one-way streets and turn restrictions allow."""
    ways, tail, head = _ways(network)
    junctions = len(network.junction_ids)
    beginnings = _beginnings(network.banned)
    way_node = np.full(2 * len(network.segment_ids), -1, dtype=np.int64)
    way_node[ways] = head
    for ways_driven, node in beginnings.items():
        if len(ways_driven) == 1:
            way_node[ways_driven[0]] = junctions + node
    extra = _arcs_after_beginnings(network, beginnings, ways, tail)
    arc_way = np.concatenate([ways, extra[:, 1]])
    arc_tail = np.concatenate([tail, junctions + extra[:, 0]])
    onward = np.where(extra[:, 2] >= 0, junctions + extra[:, 2], way_node[extra[:, 1]])
    arc_head = np.concatenate([way_node[ways], onward])
    order = np.lexsort((arc_tail, arc_way))
    counts = np.bincount(arc_way, minlength=len(way_node))
    return SplitGraph(
        nodes=junctions + len(beginnings),
        arc_tail=frozen(arc_tail[order], np.int64),
        arc_head=frozen(arc_head[order], np.int64),
        arc_way=frozen(arc_way[order], np.int64),
        way_start=frozen(np.concatenate([[0], np.cumsum(counts)]), np.int64),
        way_node=frozen(way_node, np.int64),
    )


def _ways(network: RoadNetwork) -> tuple[Ints, Ints, Ints]:
    """The ways that may be driven, ascending, with their junctions."""
    may = np.column_stack([network.segment_forward, network.segment_backward]).ravel()
    ends = np.column_stack([network.segment_from, network.segment_to])
    ways = np.flatnonzero(may)
    return ways, ends.ravel()[ways], ends[:, ::-1].ravel()[ways]


def _beginnings(banned: Iterable[Ways]) -> Mapping[Ways, int]:
    """A number for each proper beginning of a banned sequence."""
    found = sorted({ways[:length] for ways in banned for length in range(1, len(ways))})
    return {ways: number for number, ways in enumerate(found)}


def _arcs_after_beginnings(
    network: RoadNetwork, beginnings: Mapping[Ways, int], ways: Ints, tail: Ints
) -> Ints:
    """Rows of a beginning, a way that may follow it, and the beginning that is then driven, or -1."""
    if not beginnings:
        return np.empty((0, 3), dtype=np.int64)
    banned = set(network.banned)
    by_tail = np.argsort(tail, kind="stable")
    sorted_tail, sorted_ways = tail[by_tail], ways[by_tail]
    rows: list[tuple[int, int, int]] = []
    for driven, number in beginnings.items():
        last, backward = divmod(driven[-1], 2)
        here = (network.segment_from if backward else network.segment_to)[last]
        span = slice(*np.searchsorted(sorted_tail, [here, here + 1]))
        for way in sorted_ways[span].tolist():
            endings = _endings((*driven, way))
            if banned.isdisjoint(endings):
                rows.append((number, way, next((beginnings[e] for e in endings if e in beginnings), -1)))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def _endings(ways: Ways) -> Sequence[Ways]:
    """All endings, the longest first."""
    return [ways[start:] for start in range(len(ways))]
