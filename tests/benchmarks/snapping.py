"""``python -m tests.benchmarks.snapping [FILE.osm.pbf]``: points snapped a second, beside STRtree."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import numpy as np

from graph.moving.progress import Silent
from optimizer.roads.network import RoadNetwork
from optimizer.roads.snapping import SnapIndex, warm
from seeds.openstreetmap.loading import read_roads
from seeds.openstreetmap.rows import road_network
from tests.benchmarks.figures import Figure, repeated, table
from tests.benchmarks.machine import machine
from tests.shared_data import FOLDER
from tests.snapping_oracle import Floats, plane, routable_tree, strtree_distances_m

Answer = TypeVar("Answer")

POINTS = 1_000_000
PEER_POINTS = 100_000
TURNS = 3
"""Each figure is the best of so many."""
SCATTER_DEG = 3e-4
"""The spread of addresses around the streets: some 30 m."""


def snapping_figures(network: RoadNetwork, *, seed: int = 1) -> list[Figure]:
    """Points a second on one thread, at addresses near the streets and anywhere in the network's box."""
    random = np.random.default_rng(seed)
    warm()
    index, built_s = _best(lambda: SnapIndex(network))
    addresses, anywhere = _addresses(network, random), _anywhere(network, random)
    one = repeated(lambda: index.snap(addresses[0][:1], addresses[1][:1]), seconds=0.5)
    return [
        Figure("snapping: the grid is built in", f"{built_s:.2f} s", f"{network.routable.sum():,} segments"),
        *_rate("addresses by the street", network, index, addresses),
        *_rate("points anywhere in the extract's box", network, index, anywhere),
        Figure("snapping: one address", f"{one.percentile_ms(50) * 1000:.0f} µs"),
    ]


def _rate(what: str, network: RoadNetwork, index: SnapIndex, points: tuple[Floats, Floats]) -> list[Figure]:
    snapped, seconds = _best(lambda: index.snap(*points))
    rate = f"{len(points[0]) / seconds:,.0f} points/s"
    if find_spec("shapely") is None:
        return [Figure(f"snapping: {what}", rate, "STRtree: shapely is not installed")]
    few = points[0][:PEER_POINTS], points[1][:PEER_POINTS]
    peer = f"STRtree {PEER_POINTS / _tree_seconds(network, few):,.0f}/s"
    least, own = strtree_distances_m(network, *few, snapped.segment[:PEER_POINTS])
    # Seen from above, what is far off the middle looks a little nearer: by less than one part in 100,000.
    equal = np.isclose(own, least, rtol=1e-5, atol=1e-3).sum()
    return [
        Figure(f"snapping: {what}", rate, peer),
        Figure(f"snapping: {what}, as near as STRtree's", f"{equal:,} of {PEER_POINTS:,}"),
    ]


def _tree_seconds(network: RoadNetwork, points: tuple[Floats, Floats]) -> float:
    tree, _ = routable_tree(network)
    shapes = import_module("shapely").points(plane(network, *points))
    return _best(lambda: tree.query_nearest(shapes, all_matches=False))[1]


def _best(call: Callable[[], Answer]) -> tuple[Answer, float]:
    """The answer, and the shortest time that it took."""
    shortest = float("inf")
    for _ in range(TURNS):
        began = time.perf_counter()
        answer = call()
        shortest = min(shortest, time.perf_counter() - began)
    return answer, shortest


def _addresses(network: RoadNetwork, random: np.random.Generator) -> tuple[Floats, Floats]:
    beside = random.integers(0, len(network.shape_longitude), POINTS)
    off = random.normal(0, SCATTER_DEG, (2, POINTS))
    return network.shape_longitude[beside] + off[0], network.shape_latitude[beside] + off[1]


def _anywhere(network: RoadNetwork, random: np.random.Generator) -> tuple[Floats, Floats]:
    return (
        random.uniform(network.longitude.min(), network.longitude.max(), POINTS),
        random.uniform(network.latitude.min(), network.latitude.max(), POINTS),
    )


def main() -> None:
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER / "roads" / "porto.osm.pbf"
    network = road_network(read_roads(file, Silent()))
    print(table("Machine", [Figure(name, value) for name, value in machine()]))
    print(table(f"Snapping, {file.name}", snapping_figures(network)))


if __name__ == "__main__":
    main()
