"""Indexes and constraints of a schema, in the words of each server that speaks Bolt.

Every vertex has the label ``V`` beside its own, and an ``id`` that is unique among all of them: one id is
found by one look-up, whatever its kind, and a MERGE cannot race another into making it twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from graph.engines.bolt_connections import BoltConnections
from graph.errors import Conflict, EngineError
from graph.schema.elements import Schema

VERTEX: Final = "V"
ID: Final = "id"

_ONLINE_MAY_TAKE_S: Final = 3600
_THERE_IN_MEMGRAPH: Final = "already exists"


def prepare_schema(connections: BoltConnections, schema: Schema) -> None:
    """Create what is not there yet and wait until it serves; repeatable, and safe to race."""
    match connections.address.product:
        case "neptune":
            pass  # It indexes every property by itself, and has no constraints.
        case "memgraph":
            for text in memgraph_statements(schema):
                _unless_there(connections, text)
        case _:
            _prepare_neo4j(connections, schema)


def _prepare_neo4j(connections: BoltConnections, schema: Schema) -> None:
    there = {str(row["name"]) for row in connections.change_schema("SHOW INDEXES YIELD name")}
    for name, text in neo4j_statements(schema):
        if name not in there:
            _changed(connections, text)
    connections.change_schema(f"CALL db.awaitIndexes({_ONLINE_MAY_TAKE_S})", limit_s=_ONLINE_MAY_TAKE_S)


def _changed(connections: BoltConnections, text: str) -> None:
    try:
        connections.change_schema(text)
    except EngineError as error:
        if "ConstraintCreationFailed" in str(error):
            raise Conflict(
                f"{connections.address.url} has vertices that share an id, so ids cannot be made unique; "
                f"merge or delete them first: {error}"
            ) from None
        raise


def _unless_there(connections: BoltConnections, text: str) -> None:
    try:
        connections.change_schema(text)
    except EngineError as error:
        if _THERE_IN_MEMGRAPH not in str(error):
            raise


def neo4j_statements(schema: Schema) -> Iterator[tuple[str, str]]:
    """The name of each constraint and index, and the statement that creates it where it is not there."""
    yield "vertex_id", f"CREATE CONSTRAINT vertex_id IF NOT EXISTS FOR (v:{VERTEX}) REQUIRE v.{ID} IS UNIQUE"
    for label, name in _indexed_of_vertices(schema):
        key = f"{label}_{name}"
        yield key, f"CREATE INDEX `{key}` IF NOT EXISTS FOR (v:`{label}`) ON (v.`{name}`)"
    for label, name in _indexed_of_edges(schema):
        key = f"{label}_{name}"
        yield key, f"CREATE INDEX `{key}` IF NOT EXISTS FOR ()-[e:`{label}`]-() ON (e.`{name}`)"


def memgraph_statements(schema: Schema) -> Iterator[str]:
    """The statements that create them; a constraint there is no index, so the id gets both."""
    yield f"CREATE CONSTRAINT ON (v:{VERTEX}) ASSERT v.{ID} IS UNIQUE"
    yield f"CREATE INDEX ON :{VERTEX}({ID})"
    for label in schema.vertices:
        yield f"CREATE INDEX ON :`{label}`"
    for label, name in _indexed_of_vertices(schema):
        yield f"CREATE INDEX ON :`{label}`(`{name}`)"
    for label, name in _indexed_of_edges(schema):
        yield f"CREATE EDGE INDEX ON :`{label}`(`{name}`)"


def _indexed_of_vertices(schema: Schema) -> Iterator[tuple[str, str]]:
    for kind in schema.vertices.values():
        yield from ((kind.label, prop.name) for prop in kind.properties if prop.indexed)


def _indexed_of_edges(schema: Schema) -> Iterator[tuple[str, str]]:
    for kind in schema.edges.values():
        yield from ((kind.label, prop.name) for prop in kind.properties if prop.indexed)
