"""``python -m tests.benchmarks.roads [FILE.osm.pbf]``: travel matrices, closures and snapping beside peers.

Peers are measured where they are installed: RoutingKit's bindings (pyroutingkit, which know no turn
restrictions) and shapely. Everything runs in one process on one thread.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

import networkx as nx
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from graph.moving.progress import Silent
from optimizer.roads import nested_dissection
from optimizer.roads.customization import Metric, customize
from optimizer.roads.network import Bools, Ints, Positions, RoadNetwork, Token
from optimizer.roads.preparation import metric_of
from optimizer.roads.recustomization import recustomize
from optimizer.roads.travel import TravelMatrix, fastest_paths, travel_matrix, warm
from seeds.openstreetmap.loading import read_roads
from seeds.openstreetmap.rows import road_network
from tests.benchmarks.figures import Figure, table
from tests.benchmarks.machine import machine
from tests.benchmarks.snapping import snapping_figures
from tests.shared_data import FOLDER

Answer = TypeVar("Answer")

PLACES = 1000
TURNS = 7
"""Each figure is the best of so many, as the peers' are; of closures, the median."""
CLOSURES = 25
SAMPLE = 4
"""Origins that networkx searches from; its time is scaled up to all places."""
SCIPY_SAMPLE = 40


def travel_figures(network: RoadNetwork, *, seed: int = 1) -> list[Figure]:
    """The matrix of 1000 x 1000, its peers, paths, and what a closure costs."""
    random = np.random.default_rng(seed)
    warm()
    nested_dissection.NODES_AT_ONCE = len(network.junction_ids) * 2  # all in this process
    routable = np.flatnonzero(network.routable)
    places = Positions(random.choice(routable, PLACES), random.random(PLACES))
    metric, prepared_s = _best(lambda: metric_of(replace(network, streets=Token())), turns=3)
    matrix, matrix_s = _best(lambda: travel_matrix(network, places, places))
    pairs = [(i, (7 * i + 1) % PLACES) for i in range(200)]
    _, paths_s = _best(lambda: fastest_paths(network, places, pairs), turns=3)
    free = replace(network, banned=(), streets=Token())
    return [
        Figure(
            "network",
            f"{len(network.junction_ids):,} junctions, {len(network.segment_ids):,} segments",
            f"{len(network.banned):,} banned turns",
        ),
        Figure(
            "hierarchy built and customized",
            f"{prepared_s * 1000:.0f} ms",
            f"{metric.hierarchy.graph.nodes:,} nodes, {len(metric.weights):,} edges",
        ),
        Figure(
            "1000 x 1000, turn restrictions honoured",
            f"{matrix_s * 1000:.0f} ms",
            f"{np.isinf(matrix.duration_s).mean():.1%} of the pairs have no way",
        ),
        _routingkit(free, random, matrix_s),
        _networkx(free, matrix_s),
        _scipy(free, matrix_s),
        Figure("a path as segments", f"{paths_s / len(pairs) * 1000:.2f} ms", f"of {len(pairs)} together"),
        *_closure_figures(network, metric, places, prepared_s, random),
    ]


def _closure_figures(
    network: RoadNetwork,
    metric: Metric,
    places: Positions,
    prepared_s: float,
    random: np.random.Generator,
) -> list[Figure]:
    travel_matrix(network, places, places)
    routable = np.flatnonzero(network.routable)
    few_s, whole_s, until_s = list[float](), list[float](), list[float]()
    for _ in range(CLOSURES):
        closed = network.segment_closed.copy()
        closed[random.choice(routable, 3)] = True
        few, seconds = _timed(partial(recustomize, metric, network.segment_travel_ms, ~closed))
        few_s.append(seconds)
        whole, seconds = _timed(
            partial(customize, metric.hierarchy, network.segment_length_m, network.segment_travel_ms, ~closed)
        )
        whole_s.append(seconds)
        if not np.array_equal(few.weights, whole.weights):
            raise AssertionError("closing a few segments gave other weights than customizing all")
        until_s.append(_timed(partial(_matrix_after, network, closed, places))[1])
    few_ms, whole_ms, until_ms = (1000 * float(np.median(each)) for each in (few_s, whole_s, until_s))
    anew_ms = 1000 * prepared_s
    return [
        Figure(
            "full customization",
            f"{whole_ms:.0f} ms",
            f"building anew: {anew_ms / whole_ms:.0f} times as long",
        ),
        Figure(
            "three segments closed, until the metric is right",
            f"{few_ms:.1f} ms",
            f"building anew: {anew_ms / few_ms:.0f} times as long",
        ),
        Figure(
            "three segments closed, until the right 1000 x 1000",
            f"{until_ms:.0f} ms",
            f"{CLOSURES} closures, median",
        ),
    ]


def _matrix_after(network: RoadNetwork, closed: Bools, places: Positions) -> TravelMatrix:
    return travel_matrix(network.with_closed(closed), places, places)


def _routingkit(free: RoadNetwork, random: np.random.Generator, matrix_s: float) -> Figure:
    what = "RoutingKit's bindings, 1000 x 1000 without turn restrictions"
    if find_spec("pyroutingkit") is None:
        return Figure(what, "not measured", "pyroutingkit is not installed")
    # Where a street may be driven both ways, being at its first end is being at that junction.
    streets = np.flatnonzero(free.routable & free.segment_forward & free.segment_backward)
    chosen = random.choice(streets, PLACES)
    places = Positions(chosen, np.zeros(PLACES))
    nodes = free.segment_from[chosen].astype(np.uint32)
    arcs, peer = free.arcs, _hierarchy_of_routingkit(free)
    peer.customize_weights(arcs.travel_ms.astype(np.uint32))
    theirs, peer_s = _best(lambda: peer.distances_many_to_many(nodes, nodes))
    ours = travel_matrix(free, places, places)
    return Figure(
        what,
        f"{peer_s * 1000:.0f} ms",
        f"{peer_s / matrix_s:.1f} times as long; {_equal(ours, theirs)} of our times are equal",
    )


def _hierarchy_of_routingkit(network: RoadNetwork) -> Any:
    hierarchy = import_module("pyroutingkit").CCH()
    hierarchy.build_topology(
        network.arcs.tail.astype(np.uint32),
        network.arcs.head.astype(np.uint32),
        network.latitude.astype(np.float32),
        network.longitude.astype(np.float32),
        len(network.junction_ids),
    )
    return hierarchy


def _equal(ours: TravelMatrix, theirs_ms: Any) -> str:
    theirs = np.asarray(theirs_ms, dtype=np.int64).reshape(ours.duration_s.shape)
    seconds = np.where(theirs >= 2**31 - 1, np.inf, np.ceil(theirs / 1000))
    return f"{(seconds == ours.duration_s).mean():.2%}"


def _networkx(free: RoadNetwork, matrix_s: float) -> Figure:
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    arcs = free.arcs
    graph.add_weighted_edges_from(
        zip(arcs.tail.tolist(), arcs.head.tolist(), arcs.travel_ms.tolist(), strict=True)
    )
    origins = np.unique(arcs.tail)[:: len(arcs.tail) // SAMPLE // 3][:SAMPLE].tolist()
    _, seconds = _timed(lambda: [nx.single_source_dijkstra_path_length(graph, node) for node in origins])
    scaled = seconds / len(origins) * PLACES
    return Figure(
        "networkx, 1000 origins",
        f"{scaled:.0f} s",
        f"{scaled / matrix_s:,.0f} times as long; {len(origins)} origins, scaled",
    )


def _scipy(free: RoadNetwork, matrix_s: float) -> Figure:
    arcs, junctions = free.arcs, len(free.junction_ids)
    order = np.lexsort((arcs.travel_ms, arcs.head, arcs.tail))
    ends = arcs.tail[order] * junctions + arcs.head[order]
    first: Ints = order[np.flatnonzero(np.diff(ends, prepend=-1))]
    shape = (junctions, junctions)
    graph = csr_array(
        (arcs.travel_ms[first].astype(float), (arcs.tail[first], arcs.head[first])), shape=shape
    )
    origins = np.arange(SCIPY_SAMPLE) * (junctions // SCIPY_SAMPLE)
    _, seconds = _timed(lambda: dijkstra(graph, indices=origins))
    scaled = seconds / SCIPY_SAMPLE * PLACES
    return Figure(
        "scipy's Dijkstra, 1000 origins",
        f"{scaled:.1f} s",
        f"{scaled / matrix_s:,.0f} times as long; {SCIPY_SAMPLE} origins, scaled",
    )


def _best(call: Callable[[], Answer], *, turns: int = TURNS) -> tuple[Answer, float]:
    """The answer, and the shortest time that it took."""
    answer, shortest = _timed(call)
    for _ in range(turns - 1):
        answer, seconds = _timed(call)
        shortest = min(shortest, seconds)
    return answer, shortest


def _timed(call: Callable[[], Answer]) -> tuple[Answer, float]:
    began = time.perf_counter()
    answer = call()
    return answer, time.perf_counter() - began


def main() -> None:
    os.environ["OMP_NUM_THREADS"] = "1"  # the peers' too, before they are imported
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER / "roads" / "porto.osm.pbf"
    roads, read_s = _timed(lambda: read_roads(file, Silent()))
    network, arrays_s = _timed(lambda: road_network(roads))
    read = [
        Figure("the extract is read in", f"{read_s:.1f} s"),
        Figure("its rows become arrays in", f"{arrays_s:.1f} s"),
    ]
    print(table("Machine", [Figure(name, value) for name, value in machine()]))
    print(table(f"Roads, {file.name}", [*read, *travel_figures(network), *snapping_figures(network)]))


if __name__ == "__main__":
    main()
