"""Writing many elements of one kind with one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gremlin_python.process.graph_traversal import GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Direction, Merge, P, T

from graph.engines.port import Statement
from graph.schema.elements import PropertyValue

Properties = Mapping[str, PropertyValue]


def add_vertices(g: GraphTraversalSource, label: str, rows: Mapping[str, Properties]) -> list[Statement]:
    """New vertices by id, all with the same properties; no statement for no rows. Those there stay."""
    if not rows:
        return []
    maps = [{"m": {T.id: id, T.label: label}, "c": values} for id, values in rows.items()]
    traversal = (
        g.inject(maps)
        .unfold()
        .as_("r")
        .merge_v(__.select("m"))
        .option(Merge.on_create, __.select("r").select("c"))
        .id_()
    )
    return [Statement(f"add {label} {_few(list(rows))}", traversal, expect=len(rows))]


def link(g: GraphTraversalSource, label: str, ends: Sequence[tuple[str, str]]) -> list[Statement]:
    """Edges without properties between the pairs (from, to); no statement for no pairs."""
    if not ends:
        return []
    rows = [{T.label: label, Direction.OUT: start, Direction.IN: end} for start, end in ends]
    return [Statement(f"link {label}", g.inject(rows).unfold().merge_e().label(), expect=len(rows))]


def link_with(
    g: GraphTraversalSource, label: str, rows: Mapping[tuple[str, str], Properties]
) -> list[Statement]:
    """Edges with properties, by their ends (from, to); those there get the new values."""
    if not rows:
        return []
    maps = [
        {"m": {T.label: label, Direction.OUT: start, Direction.IN: end}, "c": values}
        for (start, end), values in rows.items()
    ]
    traversal = (
        g.inject(maps)
        .unfold()
        .as_("r")
        .merge_e(__.select("m"))
        .option(Merge.on_create, __.select("r").select("c"))
        .option(Merge.on_match, __.select("r").select("c"))
        .label()
    )
    return [Statement(f"link {label}", traversal, expect=len(maps))]


def change_vertices(g: GraphTraversalSource, label: str, rows: Mapping[str, Properties]) -> list[Statement]:
    """New values for properties of vertices that exist; no statement for no rows."""
    if not rows:
        return []
    maps = [{"m": {T.id: id, T.label: label}, "c": values} for id, values in rows.items()]
    traversal = (
        g.inject(maps)
        .unfold()
        .as_("r")
        .merge_v(__.select("m"))
        .option(Merge.on_match, __.select("r").select("c"))
        .id_()
    )
    return [Statement(f"change {label} {_few(list(rows))}", traversal, expect=len(rows))]


def move_status(
    g: GraphTraversalSource,
    vertex_ids: Sequence[str],
    *,
    key: str,
    before: Sequence[str],
    target: str,
) -> list[Statement]:
    """Set the property ``key`` to ``target`` on vertices where it is one of ``before``; all must be."""
    if not vertex_ids:
        return []
    traversal = (
        g.V(list(vertex_ids)).has(key, P.within(list(before))).property(Cardinality.single, key, target).id_()
    )
    return [Statement(f"{_few(vertex_ids)} to {target}", traversal, expect=len(vertex_ids))]


def _few(ids: Sequence[str]) -> str:
    return ids[0] if len(ids) == 1 else f"{ids[0]} and {len(ids) - 1} more"
