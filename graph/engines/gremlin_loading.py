"""Loading whole elements through a Gremlin server: the bytecode of one batch of one label.

These are traversals like all others, but for their values: they come from rows that were checked one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Merge, P, T

from graph.compiler.portable_bytecode import bytecode_of_rows
from graph.engines.bulk_rows import edge_match, vertex_match
from graph.engines.port import EdgeRow, VertexRow
from graph.schema.elements import EdgeKind, VertexKind


def vertices_bytecode(
    g: GraphTraversalSource, kind: VertexKind, rows: Sequence[VertexRow], *, upsert: bool
) -> bytes:
    """Merges vertices and gives their number.

    Without ``upsert`` it is twice as fast, and fails where a vertex is there already with other properties.
    """
    matches = [vertex_match(row, kind) for row in rows]
    changes = [row.properties for row in rows]
    if upsert:
        return _upsert(g, "merge_v", matches, changes)
    given = [{**match, **change} for match, change in zip(matches, changes, strict=True)]
    return bytecode_of_rows(g.inject([]).unfold().merge_v().count(), given)


def new_edges_bytecode(g: GraphTraversalSource, kind: EdgeKind, rows: Sequence[EdgeRow]) -> bytes | None:
    """Merges edges and gives their number; 0, and nothing is done, where one of them may be there already.

    Four times as fast as :func:`edges_bytecode`. An edge that differs from its row would get a twin, so it is
    looked first, in the same unit, whether any has both its ends. None where two rows are of one edge.
    """
    matches = [edge_match(row, kind) for row in rows]
    if len({tuple(match.values()) for match in matches}) < len(matches):
        return None
    starts = list(dict.fromkeys(row.from_id for row in rows))
    ends = list(dict.fromkeys(row.to_id for row in rows))
    given = [{**match, **row.properties} for match, row in zip(matches, rows, strict=True)]
    pairs = [{"a": row.from_id, "b": row.to_id} for row in rows]
    led = g.V(["start"]).as_("a").out_e(kind.label).in_v().has_id(["end"]).as_("b")
    there = led.select("a", "b").by(T.id).is_(P.within(["pair"])).count().is_(0)
    return bytecode_of_rows(there.constant([]).unfold().merge_e().count(), starts, ends, pairs, 0, given)


def edges_bytecode(g: GraphTraversalSource, kind: EdgeKind, rows: Sequence[EdgeRow]) -> bytes:
    """Merges edges, changes those that are there already, and gives their number."""
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
