"""Loading whole elements through a Gremlin server: what one batch of one label asks.

Most are traversals like all others, but for their values: they come from rows that were checked one by one.
Edges go by a script where there are scripts: mergeE walks the edges of the start for each row, which is the
square of their number where many start at one vertex; the script walks them once a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Merge

from graph.compiler.portable_bytecode import bytecode_of_rows
from graph.compiler.vertex_kinds import KIND
from graph.engines.bulk_rows import edge_match, vertex_match
from graph.engines.gremlin_connections import Request, script_request
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


_EDGES: Final = """
def ends = new LinkedHashSet()
wanted.rows.each { row -> ends.add(row[0]); ends.add(row[1]) }
def found = [:]
g.V(ends.toList()).each { vertex -> found[vertex.id()] = vertex }
def missing = ends.find { id -> !found.containsKey(id) }
if (missing != null) { throw new NoSuchElementException("no vertex has the id ${missing}") }
def starts = wanted.rows.collect { row -> row[0] }.toSet()
if (g.getGraph().getClass().getSimpleName() == 'TinkerTransactionGraph') {
  // Whoever else loads these edges now has to conflict with us, and a read alone makes no conflict.
  starts.each { id -> found[id].property(wanted.mark, found[id].label()) }
}
def by = wanted.toldApartBy
def there = new HashMap()
starts.each { id ->
  def known = new HashMap()
  found[id].edges(Direction.OUT, wanted.label).each { edge ->
    def end = edge.inVertex().id()
    if (found.containsKey(end)) { known[by ? [end, edge.property(by).orElse(null)] : end] = edge }
  }
  there[id] = known
}
wanted.rows.each { row ->
  def key = by ? [row[1], row[2][by]] : row[1]
  def edge = there[row[0]][key]
  if (edge == null) {
    def properties = row[2].collectMany { [it.key, it.value] } as Object[]
    there[row[0]][key] = found[row[0]].addEdge(wanted.label, found[row[1]], properties)
  } else {
    row[2].each { name, value ->
      def property = edge.property(name)
      if (!property.isPresent() || property.value() != value) { edge.property(name, value) }
    }
  }
}
wanted.rows.size()
"""


def edges_script(kind: EdgeKind, rows: Sequence[EdgeRow], *, source: str, limit_ms: int) -> Request:
    """Adds the edges that are not there, changes the others where they differ, and gives their number."""
    for row in rows:
        edge_match(row, kind)
    given = {
        "rows": [[row.from_id, row.to_id, row.properties] for row in rows],
        "label": kind.label,
        "toldApartBy": kind.told_apart_by,
        "mark": KIND,
    }
    return script_request(_EDGES, {"wanted": given}, source=source, limit_ms=limit_ms)


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
