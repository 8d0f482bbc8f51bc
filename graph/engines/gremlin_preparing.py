"""Setting up a schema on a Gremlin server, where that takes a script: its indexes, and JanusGraph's types.

Every script may be run again, and then does only what is still to be done. Neptune has nothing to set up: it
indexes everything and takes what it is given.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from graph.compiler.vertex_kinds import KIND
from graph.engines.gremlin_connections import Request, script_request
from graph.schema.elements import EdgeKind, Property, Schema, Type, VertexKind

PREPARING_MAY_TAKE_MS: Final = 600_000

SCRIPTED: Final = frozenset({"gremlin-server", "janusgraph"})
"""The products that run scripts."""

_TINKERGRAPH: Final = """
def graph = g.getGraph()
if (graph.metaClass.respondsTo(graph, 'createIndex')) {
  def there = graph.getIndexedKeys(Vertex)
  wanted.keys.each { key -> if (!there.contains(key)) { graph.createIndex(key, Vertex) } }
  if (graph.getIndexedKeys(Edge).isEmpty()) { graph.createIndex(wanted.edgeKey, Edge) }
}
wanted.keys.size()
"""

# TinkerTransactionGraph 3.8.1 with an index of vertices and none of edges fails at every rollback.
_NO_EDGE_HAS_IT: Final = "~none"

_TYPES: Final = {Type.TEXT: "String", Type.FLAG: "Boolean", Type.INTEGER: "Long", Type.REAL: "Double"}

_JANUSGRAPH: Final = """
def graph = g.getGraph()
graph.tx().rollback()
def types = [
  String: String.class, Boolean: Boolean.class, Long: Long.class, Double: Double.class, Object: Object.class
]
def management = graph.openManagement()
def made = []
try {
  wanted.vertices.each { label ->
    if (!management.containsVertexLabel(label)) { management.makeVertexLabel(label).make() }
  }
  wanted.edges.each { label, multiplicity ->
    if (!management.containsEdgeLabel(label)) {
      management.makeEdgeLabel(label).multiplicity(Multiplicity.valueOf(multiplicity)).make()
    }
  }
  wanted.properties.each { name, type ->
    if (!management.containsPropertyKey(name)) {
      def key = management.makePropertyKey(name).dataType(types[type]).cardinality(Cardinality.SINGLE).make()
      if (wanted.contended.contains(name)) { management.setConsistency(key, ConsistencyModifier.LOCK) }
    } else {
      def key = management.getPropertyKey(name)
      if (key.dataType() != types[type]) {
        def found = key.dataType().getSimpleName()
        throw new IllegalStateException("property ${name} is there already as ${found}, not ${type}")
      }
      if (wanted.contended.contains(name) && management.getConsistency(key) != ConsistencyModifier.LOCK) {
        management.setConsistency(key, ConsistencyModifier.LOCK)
      }
    }
  }
  wanted.indexes.each { entry ->
    if (!management.containsGraphIndex(entry.name)) {
      def key = management.getPropertyKey(entry.property)
      def index = management.buildIndex(entry.name, Vertex.class).addKey(key)
      if (entry.label) { index.indexOnly(management.getVertexLabel(entry.label)) }
      index.buildCompositeIndex()
      made.add(entry.name)
    }
  }
  management.commit()
} catch (Throwable problem) {
  if (management.isOpen()) { management.rollback() }
  throw problem
}
def waiting = wanted.indexes.collect { it.name }.findAll { name ->
  def looked = graph.openManagement()
  def index = looked.getGraphIndex(name)
  def status = index.getIndexStatus(index.getFieldKeys()[0])
  looked.rollback()
  status != SchemaStatus.ENABLED
}
waiting.each { name ->
  ManagementSystem.awaitGraphIndexStatus(graph, name)
    .status(SchemaStatus.REGISTERED, SchemaStatus.ENABLED)
    .timeout(60, java.time.temporal.ChronoUnit.SECONDS).call()
  def again = graph.openManagement()
  def index = again.getGraphIndex(name)
  if (index.getIndexStatus(index.getFieldKeys()[0]) == SchemaStatus.REGISTERED) {
    again.updateIndex(index, SchemaAction.REINDEX).get()
    again.commit()
    ManagementSystem.awaitGraphIndexStatus(graph, name)
      .status(SchemaStatus.ENABLED).timeout(60, java.time.temporal.ChronoUnit.SECONDS).call()
  } else {
    again.rollback()
  }
}
made.size()
"""


def preparing_request(product: str, schema: Schema, *, source: str) -> Request | None:
    """The script that prepares a graph of this ``product``, or None where there is nothing to prepare."""
    if product == "gremlin-server":
        indexed = {p.name for k in schema.vertices.values() for p in k.properties if p.indexed}
        keys = sorted({KIND, *indexed})
        return script_request(
            _TINKERGRAPH,
            {"wanted": {"keys": keys, "edgeKey": _NO_EDGE_HAS_IT}},
            source=source,
            limit_ms=PREPARING_MAY_TAKE_MS,
        )
    if product == "janusgraph":
        return script_request(
            _JANUSGRAPH, {"wanted": _janusgraph_schema(schema)}, source=source, limit_ms=PREPARING_MAY_TAKE_MS
        )
    return None


def _janusgraph_schema(schema: Schema) -> dict[str, Any]:
    kinds: list[VertexKind | EdgeKind] = [*schema.vertices.values(), *schema.edges.values()]
    return {
        "vertices": list(schema.vertices),
        # Of a SIMPLE label there is one edge between two vertices at most, however many race to add it.
        "edges": {k.label: "MULTI" if k.told_apart_by else "SIMPLE" for k in schema.edges.values()},
        "properties": {**_types(kinds), KIND: _TYPES[Type.TEXT]},
        "contended": sorted({p.name for p in _properties(kinds) if p.contended}),
        "indexes": [
            {"name": KIND, "label": "", "property": KIND},
            *(
                {"name": f"{kind.label}.{p.name}", "label": kind.label, "property": p.name}
                for kind in schema.vertices.values()
                for p in kind.properties
                if p.indexed
            ),
        ],
    }


def _properties(kinds: Iterable[VertexKind | EdgeKind]) -> Iterable[Property]:
    return (prop for kind in kinds for prop in kind.properties)


def _types(kinds: Iterable[VertexKind | EdgeKind]) -> dict[str, str]:
    """By property; JanusGraph keeps one type for all kinds that have it, or any."""
    types: dict[str, str] = {}
    for prop in _properties(kinds):
        known = types.setdefault(prop.name, _TYPES[prop.type])
        if known != _TYPES[prop.type]:
            types[prop.name] = "Object"
    return types
