"""The topology of a customizable contraction hierarchy (Dibbelt, Strasser and Wagner, "Customizable
Contraction Hierarchies", ACM Journal of Experimental Algorithmics 2016).

It depends on which streets meet, not on how fast they are or whether they are open. Nodes are known by
their rank, the place in the order of contraction. Contracting a node joins all its neighbours of higher
rank; the edges that come of it, shortcuts among them, are the hierarchy's. Its elimination tree has as
parent of a node the lowest of its higher neighbours: all of them are ancestors of the node, and so is
every node that can be reached by going up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_array, triu

from optimizer.roads.nested_dissection import nested_dissection_order, undirected
from optimizer.roads.network import Ints, RoadNetwork, frozen
from optimizer.roads.turn_splitting import SplitGraph, split_turns

Int32s = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Edges are sorted by their lower, then their higher end; ranks are a postorder of the tree."""

    graph: SplitGraph
    rank: Ints
    """By node of the graph."""

    up_start: Ints
    """The edges from ``r`` to higher ranks are ``up_start[r]`` up to ``up_start[r + 1]``."""
    up_head: Int32s
    up_depth: Int32s
    """The depth of each edge's higher end."""
    down_start: Ints
    """Of ``down_edge``: the edges from lower ranks to ``r``, ascending."""
    down_edge: Int32s
    edge_tail: Int32s
    """The lower end of each edge."""
    parent: Int32s
    """By rank; -1 at a root."""
    depth: Int32s
    """By rank: how many ancestors it has."""
    lowest_below: Int32s
    """By rank: its descendants in the tree are the ranks from this one on."""

    arc_slot: Ints
    """By arc of the graph: twice its edge, plus 1 when it leads down; -1 for a loop."""
    slot_start: Ints
    """The arcs of slot ``s`` drive ``slot_way[slot_start[s]]`` up to ``slot_start[s + 1]``."""
    slot_way: Ints
    slot_segment: Ints


def build_hierarchy(network: RoadNetwork) -> Hierarchy:
    """The hierarchy of all streets, open or not, with the turns that are allowed."""
    graph = split_turns(network)
    first = nested_dissection_order(graph.nodes, graph.arc_tail, graph.arc_head)
    neighbours = _neighbours(graph, _places(first))
    order = first[_postorder(_elimination_tree(neighbours.indptr, neighbours.indices))]
    rank = _places(order)
    higher = triu(_neighbours(graph, rank), 1, format="csr")
    parent, up_start, up_head = _contract(higher.indptr, higher.indices)
    depth = _depths(parent)
    edge_tail = np.repeat(np.arange(graph.nodes, dtype=np.int32), np.diff(up_start))
    down_edge = np.argsort(up_head, kind="stable")
    down_start = np.concatenate([[0], np.cumsum(np.bincount(up_head, minlength=graph.nodes))])
    slot = _slots(graph, rank, up_start, up_head)
    in_slots = np.argsort(slot, kind="stable")[np.count_nonzero(slot < 0) :]
    counts = np.bincount(slot[slot >= 0], minlength=2 * len(up_head))
    return Hierarchy(
        graph=graph,
        rank=frozen(rank, np.int64),
        up_start=frozen(up_start, np.int64),
        up_head=frozen(up_head, np.int32),
        up_depth=frozen(depth[up_head], np.int32),
        down_start=frozen(down_start, np.int64),
        down_edge=frozen(down_edge, np.int32),
        edge_tail=frozen(edge_tail, np.int32),
        parent=frozen(parent, np.int32),
        depth=frozen(depth, np.int32),
        lowest_below=frozen(np.arange(graph.nodes) + 1 - _subtree_sizes(parent), np.int32),
        arc_slot=frozen(slot, np.int64),
        slot_start=frozen(np.concatenate([[0], np.cumsum(counts)]), np.int64),
        slot_way=frozen(graph.arc_way[in_slots], np.int64),
        slot_segment=frozen(graph.arc_way[in_slots] >> 1, np.int64),
    )


def _places(order: Ints) -> Ints:
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places


def _neighbours(graph: SplitGraph, rank: Ints) -> csr_array:
    return undirected(graph.nodes, rank[graph.arc_tail], rank[graph.arc_head])


def _slots(graph: SplitGraph, rank: Ints, up_start: Ints, up_head: Int32s) -> Ints:
    tail, head = rank[graph.arc_tail], rank[graph.arc_head]
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    nodes = np.int64(graph.nodes)
    edges = np.repeat(np.arange(nodes), np.diff(up_start)) * nodes + up_head
    slot = 2 * np.searchsorted(edges, low * nodes + high) + (tail > head)
    return np.where(tail == head, -1, slot)


@njit(cache=True, nogil=True)
def _elimination_tree(start: Int32s, neighbour: Int32s) -> Int32s:
    """The parents (Liu, ACM Transactions on Mathematical Software 1986), with paths compressed."""
    nodes = len(start) - 1
    parent = np.full(nodes, -1, dtype=np.int32)
    ancestor = np.full(nodes, -1, dtype=np.int32)
    for node in range(nodes):
        for place in range(start[node], start[node + 1]):
            below = neighbour[place]
            while below != -1 and below < node:
                above = ancestor[below]
                ancestor[below] = node
                if above == -1:
                    parent[below] = node
                if above == node:
                    break
                below = above
    return parent


@njit(cache=True, nogil=True)
def _subtree_sizes(parent: Int32s) -> Ints:
    size = np.ones(len(parent), dtype=np.int64)
    for node in range(len(parent)):
        if parent[node] >= 0:
            size[parent[node]] += size[node]
    return size


@njit(cache=True, nogil=True)
def _postorder(parent: Int32s) -> Ints:
    """The nodes so that each follows all of its subtree; parents come after their children already."""
    nodes = len(parent)
    size = _subtree_sizes(parent)
    order = np.empty(nodes, dtype=np.int64)
    free = np.empty(nodes, dtype=np.int64)  # by node: the first place that none of its subtree has yet
    place = 0
    for node in range(nodes - 1, -1, -1):
        above = parent[node]
        if above < 0:
            free[node] = place
            place += size[node]
        else:
            free[node] = free[above]
            free[above] += size[node]
        order[free[node] + size[node] - 1] = node
    return order


@njit(cache=True, nogil=True)
def _contract(start: Int32s, neighbour: Int32s) -> tuple[Int32s, Ints, Int32s]:
    """Parents and edges of the hierarchy, from the neighbours of higher rank.

    The higher neighbours of a node are its own and those of its children in the tree.
    """
    nodes = len(start) - 1
    parent = np.full(nodes, -1, dtype=np.int32)
    up_start = np.zeros(nodes + 1, dtype=np.int64)
    up_head = np.empty(max(16, 4 * len(neighbour)), dtype=np.int32)
    first_child = np.full(nodes, -1, dtype=np.int32)
    next_child = np.full(nodes, -1, dtype=np.int32)
    seen = np.full(nodes, -1, dtype=np.int32)
    filled = 0
    for node in range(nodes):
        begun = filled
        seen[node] = node
        most = start[node + 1] - start[node]
        child = first_child[node]
        while child >= 0:
            most += up_start[child + 1] - up_start[child]
            child = next_child[child]
        if filled + most > len(up_head):
            larger = np.empty(2 * len(up_head) + most, dtype=np.int32)
            larger[:filled] = up_head[:filled]
            up_head = larger
        for place in range(start[node], start[node + 1]):
            seen[neighbour[place]] = node
            up_head[filled] = neighbour[place]
            filled += 1
        child = first_child[node]
        while child >= 0:
            for edge in range(up_start[child], up_start[child + 1]):
                head = up_head[edge]
                if seen[head] != node:
                    seen[head] = node
                    up_head[filled] = head
                    filled += 1
            child = next_child[child]
        up_head[begun:filled].sort()
        up_start[node + 1] = filled
        if filled > begun:
            above = up_head[begun]
            parent[node] = above
            next_child[node] = first_child[above]
            first_child[above] = node
    return parent, up_start, up_head[:filled].copy()


@njit(cache=True, nogil=True)
def _depths(parent: Int32s) -> Int32s:
    depth = np.zeros(len(parent), dtype=np.int32)
    for node in range(len(parent) - 1, -1, -1):
        if parent[node] >= 0:
            depth[node] = depth[parent[node]] + 1
    return depth
