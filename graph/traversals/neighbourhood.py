"""What lies around a vertex, one ring at a time, with a cap on what any hub adds."""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import T

from graph.schema.elements import Schema


def ring(
    g: GraphTraversalSource,
    ids: Sequence[str],
    *,
    leaving: Sequence[str],
    arriving: Sequence[str],
    fan_out: int,
) -> GraphTraversal:
    """For each of ``ids`` ``{id, edges: [{label, from, to}, ...]}``.

    At most ``fan_out + 1`` edges of each label of ``leaving`` and of ``arriving`` come, so that whoever
    gets that many knows that there are more than ``fan_out``. Both together name at least one label.
    """
    ways = [
        *(__.out_e(label).limit(fan_out + 1) for label in leaving),
        *(__.in_e(label).limit(fan_out + 1) for label in arriving),
    ]
    edge = __.project("label", "from", "to").by(T.label).by(__.out_v().id_()).by(__.in_v().id_())
    return g.V(list(ids)).project("id", "edges").by(T.id).by(__.union(*ways).local(edge).fold())


def labels_around(
    schema: Schema, kinds: set[str], *, among: set[str] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The edge labels that may leave and those that may arrive at vertices of ``kinds``, in order of name."""
    known = sorted(label for label in schema.edges if among is None or label in among)
    leaving = tuple(label for label in known if any(a in kinds for a, _ in schema.edges[label].ends))
    arriving = tuple(label for label in known if any(b in kinds for _, b in schema.edges[label].ends))
    return leaving, arriving
