"""What hangs off the largest strongly connected part of a network: no round leads there and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from optimizer.roads.network import RoadNetwork


@dataclass(frozen=True)
class Part:
    """Segments (indices) that hang together, off the rest."""

    segments: tuple[int, ...]
    length_m: float


@dataclass(frozen=True)
class Connectivity:
    """How much of a network can be reached from all of it, and the parts that cannot, the longest first.

    Addresses are snapped to the connected segments only. Turn restrictions are left out of account.
    """

    connected: int
    connected_m: float
    parts: tuple[Part, ...]


def connectivity(network: RoadNetwork) -> Connectivity:
    """The largest strongly connected part of the network, and what is not in it."""
    off = np.flatnonzero(~network.routable)
    lengths_m = network.segment_length_m
    return Connectivity(
        connected=int(network.routable.sum()),
        connected_m=float(lengths_m[network.routable].sum()),
        parts=tuple(
            sorted(
                (Part(tuple(map(int, part)), float(lengths_m[part].sum())) for part in _groups(network, off)),
                key=lambda part: (-part.length_m, part.segments),
            )
        ),
    )


def _groups(network: RoadNetwork, segments: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The segments in groups that meet outside the connected part, whatever way they may be driven."""
    count, inside = len(network.junction_ids), network.strongly_connected
    nodes = count + np.arange(len(segments))
    ends = np.concatenate([network.segment_from[segments], network.segment_to[segments]])
    meets = ~inside[ends]
    joined = (np.ones(int(meets.sum())), (np.tile(nodes, 2)[meets], ends[meets]))
    size = count + len(segments)
    _, group = connected_components(csr_array(joined, shape=(size, size)), directed=False)
    order = np.argsort(group[nodes], kind="stable")
    borders = np.flatnonzero(np.diff(group[nodes][order])) + 1
    return [segments[part] for part in np.split(order, borders) if len(part)]
