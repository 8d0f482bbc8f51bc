"""Loading whole elements through a Gremlin server: the bytecode of one batch of one label.

These are traversals like all others, but for their values: they come from rows that were checked one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Merge

from graph.compiler.portable_bytecode import bytecode_of_rows
from graph.compiler.vertex_kinds import KIND
from graph.engines.bulk_rows import edge_match, vertex_match
from graph.engines.port import EdgeRow, VertexRow
from graph.schema.elements import EdgeKind, VertexKind


def vertices_bytecode(
    g: GraphTraversalSource, kind: VertexKind, rows: Sequence[VertexRow], *, upsert: bool, marked: bool
) -> bytes:
    """Merges vertices and gives their number; they are ``marked`` with their kind where an index wants that.

    Without ``upsert`` it is twice as fast, and fails where a vertex is there already with other properties.
    """
    matches = [vertex_match(row, kind) for row in rows]
    mark = {KIND: kind.label} if marked else {}
    changes = [{**row.properties, **mark} for row in rows]
    if upsert:
        return _upsert(g, "merge_v", matches, changes)
    given = [{**match, **change} for match, change in zip(matches, changes, strict=True)]
    return bytecode_of_rows(g.inject([]).unfold().merge_v().count(), given)


def edges_bytecode(g: GraphTraversalSource, kind: EdgeKind, rows: Sequence[EdgeRow]) -> bytes:
    """Merges edges and gives their number.

    An edge that differs from its row would get a twin, so only what has nothing to differ in goes fast.
    """
    matches = [edge_match(row, kind) for row in rows]
    if any(prop.name != kind.told_apart_by for prop in kind.properties):
        return _upsert(g, "merge_e", matches, [row.properties for row in rows])
    return bytecode_of_rows(g.inject([]).unfold().merge_e().count(), matches)


def _upsert(
    g: GraphTraversalSource, step: str, matches: Sequence[dict[str, Any]], changes: Sequence[dict[str, Any]]
) -> bytes:
    rows = [{"m": match, "c": change} for match, change in zip(matches, changes, strict=True)]
    merged: GraphTraversal = getattr(g.inject([]).unfold().as_("r"), step)(__.select("m"))
    for when in (Merge.on_create, Merge.on_match):
        merged = merged.option(when, __.select("r").select("c"))
    return bytecode_of_rows(merged.count(), rows)


def unmarked_ids(g: GraphTraversalSource) -> bytes:
    """Gives the ids of the vertices that are not marked with their kind."""
    return bytecode_of_rows(g.V().not_(__.has(KIND)).id_())


def marking_bytecode(g: GraphTraversalSource, ids: Sequence[str]) -> bytes:
    """Marks vertices with their kind and gives their number."""
    marked = g.V([""]).property(Cardinality.single, KIND, __.label()).count()
    return bytecode_of_rows(marked, ids)
