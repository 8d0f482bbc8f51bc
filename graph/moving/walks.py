"""The traversals by which a whole graph is read, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import P, T


def vertex_count(g: GraphTraversalSource, label: str) -> GraphTraversal:
    """How many vertices of ``label`` there are."""
    return g.V().has_label(label).count()


def edge_count(g: GraphTraversalSource, label: str) -> GraphTraversal:
    """How many edges of ``label`` there are."""
    return g.E().has_label(label).count()


def ids_after(g: GraphTraversalSource, label: str, after: str | None, *, limit: int) -> GraphTraversal:
    """The ids of vertices of ``label`` in their order, from behind ``after`` on."""
    vertices = g.V().has_label(label)
    if after is not None:
        vertices = vertices.has(T.id, P.gt(after))
    return vertices.order().by(T.id).limit(limit).id_()


def vertices(g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
    """The element maps of those that exist."""
    return g.V(list(ids)).element_map()


def edges_out(
    g: GraphTraversalSource, ids: Sequence[str], labels: Sequence[str], *, bare: bool = False
) -> GraphTraversal:
    """``{label, from, to, properties}`` of each edge of ``labels`` that leaves one of ``ids``.

    ``bare`` leaves the properties out.
    """
    return _described(g.V(list(ids)).out_e(*labels), bare=bare)


def edges_in(
    g: GraphTraversalSource, ids: Sequence[str], labels: Sequence[str], *, bare: bool = False
) -> GraphTraversal:
    """The same of each edge of ``labels`` that comes to one of ``ids``."""
    return _described(g.V(list(ids)).in_e(*labels), bare=bare)


def _described(edges: GraphTraversal, *, bare: bool) -> GraphTraversal:
    names = ["label", "from", "to"] if bare else ["label", "from", "to", "properties"]
    described = edges.project(*names).by(T.label).by(__.out_v().id_()).by(__.in_v().id_())
    return described if bare else described.by(__.value_map().by(__.unfold()))
