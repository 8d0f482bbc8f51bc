"""An order of contraction by nested dissection: small separators last, so that hierarchies stay flat.

METIS (Karypis and Kumar, SIAM Journal on Scientific Computing 1998) finds the separators.
"""

from __future__ import annotations

import numpy as np
import pymetis
from scipy.sparse import csr_array

from optimizer.roads.network import Ints


def nested_dissection_order(nodes: int, tail: Ints, head: Ints) -> Ints:
    """The nodes of the graph of these edges, in the order in which they are to be contracted."""
    if nodes == 0:
        return np.empty(0, dtype=np.int64)
    adjacency = undirected(nodes, tail, head)
    if adjacency.nnz == 0:
        return np.arange(nodes)
    graph = pymetis.CSRAdjacency(adj_starts=adjacency.indptr, adjacent=adjacency.indices)
    order, _ = pymetis.nested_dissection(graph)  # the second has the place of each node instead
    return np.asarray(order, dtype=np.int64)


def undirected(nodes: int, tail: Ints, head: Ints) -> csr_array:
    """Neighbours both ways, ascending and once each, without loops."""
    edge = tail != head
    one, other = tail[edge], head[edge]
    ends = (np.concatenate([one, other]), np.concatenate([other, one]))
    adjacency = csr_array((np.ones(2 * len(one), dtype=np.int8), ends), shape=(nodes, nodes))
    adjacency.sum_duplicates()
    return adjacency
