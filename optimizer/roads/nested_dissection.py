"""An order of contraction by nested dissection: small separators last, so that hierarchies stay flat.

METIS (Karypis and Kumar, SIAM Journal on Scientific Computing 1998) finds the separators.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pymetis
from scipy.sparse import csr_array

from optimizer.roads.network import Ints

PROCESS = Path(__file__).with_name("dissecting_process.py")
NODES_AT_ONCE = 6_000
"""Larger graphs are dissected in another process: METIS would hold up all threads, these for 15 ms."""
PATIENCE_S = 300.0


def nested_dissection_order(nodes: int, tail: Ints, head: Ints) -> Ints:
    """The nodes of the graph of these edges, in the order in which they are to be contracted."""
    adjacency = undirected(nodes, tail, head)
    if adjacency.nnz == 0:
        return np.arange(nodes)
    if nodes > NODES_AT_ONCE:
        order = _dissected_elsewhere(adjacency)
        if order is not None:
            return order
    return _dissected(adjacency)


def undirected(nodes: int, tail: Ints, head: Ints) -> csr_array:
    """Neighbours both ways, ascending and once each, without loops."""
    edge = tail != head
    one, other = tail[edge], head[edge]
    ends = (np.concatenate([one, other]), np.concatenate([other, one]))
    adjacency = csr_array((np.ones(2 * len(one), dtype=np.bool_), ends), shape=(nodes, nodes))
    adjacency.sum_duplicates()
    return adjacency


def _dissected(adjacency: csr_array) -> Ints:
    graph = pymetis.CSRAdjacency(adj_starts=adjacency.indptr, adjacent=adjacency.indices)
    order, _ = pymetis.nested_dissection(graph)  # the second has the place of each node instead
    return np.asarray(order, dtype=np.int64)


def _dissected_elsewhere(adjacency: csr_array) -> Ints | None:
    """The order that the other process found; None if it could not be started, or died."""
    numbers = np.concatenate([adjacency.shape[:1], adjacency.indptr, adjacency.indices])
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(PROCESS)],
            input=numbers.astype(np.int32).tobytes(),
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    order = np.frombuffer(done.stdout, dtype=np.int32)
    return order.astype(np.int64) if len(order) == adjacency.shape[0] else None
