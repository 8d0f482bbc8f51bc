"""The order of contraction, the hierarchy that comes of it, and what networks share of it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from optimizer.roads import nested_dissection
from optimizer.roads.contraction_hierarchy import build_hierarchy
from optimizer.roads.network import Ints, JunctionRow, RestrictionRow, RoadNetwork, SegmentRow
from optimizer.roads.preparation import hierarchy_of, metric_of
from optimizer.roads.turn_splitting import split_turns

SIDE = 12


def grid() -> tuple[int, Ints, Ints]:
    nodes = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    tail = np.concatenate([nodes[:, :-1].ravel(), nodes[:-1].ravel()])
    head = np.concatenate([nodes[:, 1:].ravel(), nodes[1:].ravel()])
    return SIDE * SIDE, tail, head


def grid_network(*restrictions: RestrictionRow) -> RoadNetwork:
    nodes, tail, head = grid()
    return RoadNetwork.from_rows(
        [JunctionRow(str(i), i % SIDE / 100, i // SIDE / 100) for i in range(nodes)],
        [
            SegmentRow(f"{a}-{b}", str(a), str(b), 100, 36)
            for a, b in zip(tail.tolist(), head.tolist(), strict=True)
        ],
        restrictions,
    )


def test_another_process_finds_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    here = nested_dissection.nested_dissection_order(*grid())
    monkeypatch.setattr(nested_dissection, "NODES_AT_ONCE", 0)
    there = nested_dissection.nested_dissection_order(*grid())
    assert here.tolist() == there.tolist()
    assert sorted(here.tolist()) == list(range(SIDE * SIDE))


def test_where_no_process_can_be_started_the_order_is_found_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = nested_dissection.nested_dissection_order(*grid())
    monkeypatch.setattr(nested_dissection, "NODES_AT_ONCE", 0)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert nested_dissection.nested_dissection_order(*grid()).tolist() == here.tolist()


def test_all_higher_neighbours_are_ancestors_and_the_tree_is_flat() -> None:
    hierarchy = build_hierarchy(grid_network())
    for rank in range(SIDE * SIDE):
        ancestors, above = [], int(hierarchy.parent[rank])
        while above >= 0:
            ancestors.append(above)
            above = int(hierarchy.parent[above])
        neighbours = hierarchy.up_head[hierarchy.up_start[rank] : hierarchy.up_start[rank + 1]]
        assert set(neighbours.tolist()) <= set(ancestors)
        assert len(ancestors) == hierarchy.depth[rank]
        assert all(hierarchy.lowest_below[one] <= rank for one in ancestors)
    assert hierarchy.depth.max() < 6 * SIDE


def test_only_junctions_with_turn_restrictions_are_split() -> None:
    plain = split_turns(grid_network())
    turn = RestrictionRow(id="t", kind="no", from_segment="0-1", to_segment="1-2", via_junction="1")
    split = split_turns(grid_network(turn))
    assert (plain.nodes, split.nodes) == (SIDE * SIDE, SIDE * SIDE + 1)
    # Whoever comes over 0-1 may go back or turn, but not straight on.
    assert len(split.arc_way) == len(plain.arc_way) + 2


def test_networks_that_differ_in_closures_alone_share_the_hierarchy() -> None:
    network = grid_network()
    closed = network.without(["0-1"])
    assert hierarchy_of(closed) is hierarchy_of(network)
    assert metric_of(closed) is metric_of(closed)
    assert metric_of(closed) is not metric_of(network)
    assert hierarchy_of(grid_network()) is not hierarchy_of(network)
