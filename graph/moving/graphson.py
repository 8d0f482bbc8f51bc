"""GraphSON 3 in TinkerPop's line form: a vertex a line, with all its edges.

What is written here, ``g.io(file).read()`` of TinkerGraph and JanusGraph reads, and Graphersal's own import.
Every edge stands in two lines, under ``outE`` of its start and under ``inE`` of its end, because readers
differ in which of them they take. https://tinkerpop.apache.org/docs/3.7.2/dev/io/#graphson-3d0
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from itertools import count
from typing import Any, Final

from graph.engines.port import EdgeRow
from graph.engines.schema_version import VERSION_KIND
from graph.errors import InvalidInput
from graph.moving.reading import Surroundings
from graph.schema.elements import EdgeKind, PropertyValue, Schema

_INTEGERS: Final = ("g:Int32", "g:Int64", "gx:Byte", "gx:Int16", "gx:BigInteger")
_REALS: Final = ("g:Double", "g:Float")

_encoded: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class GraphsonLines:
    """Writes vertices as lines; the ids of vertex properties are numbered through the whole file."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._property_ids = count()

    def line(self, around: Surroundings) -> str:
        """The line of one vertex."""
        vertex: dict[str, Any] = {"id": around.vertex.id, "label": around.vertex.label}
        if around.into:
            vertex["inE"] = self._edges(around.into, other="outV")
        if around.out:
            vertex["outE"] = self._edges(around.out, other="inV")
        if around.vertex.properties:
            vertex["properties"] = {
                name: [{"id": _typed(next(self._property_ids)), "value": _typed(value)}]
                for name, value in around.vertex.properties.items()
            }
        return f"{_encoded(vertex)}\n"

    def _edges(self, rows: list[EdgeRow], *, other: str) -> dict[str, list[dict[str, Any]]]:
        edges: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            edge: dict[str, Any] = {"id": edge_id(self._schema.edge(row.label), row)}
            edge[other] = row.to_id if other == "inV" else row.from_id
            if row.properties:
                edge["properties"] = {name: _typed(value) for name, value in row.properties.items()}
            edges.setdefault(row.label, []).append(edge)
        return edges


def edge_id(kind: EdgeKind, row: EdgeRow) -> str:
    """The id of an edge in a file: always the same for the same ends, label and telling-apart property."""
    told_apart = row.properties[kind.told_apart_by] if kind.told_apart_by else None
    said = json.dumps([row.label, row.from_id, row.to_id, told_apart])
    return blake2b(said.encode(), digest_size=16).hexdigest()


def _typed(value: PropertyValue) -> Any:
    match value:
        case bool() | str():
            return value
        case int():
            return {"@type": "g:Int64", "@value": value}
        case float():
            return {"@type": "g:Double", "@value": value}


class SaidVertex:
    """A vertex as a line says it; nothing of it was checked against the schema yet."""

    def __init__(self, line: str) -> None:
        """:class:`InvalidInput` unless the line is a vertex."""
        try:
            said = json.loads(line)
        except ValueError as error:
            raise InvalidInput("the line", f"is not JSON: {error}") from None
        if not isinstance(said, dict) or not {"id", "label"} <= said.keys():
            raise InvalidInput("the line", "is no vertex of GraphSON, which has an id and a label")
        self.id = _text(said["id"], "id")
        self.label = _text(said["label"], "label")
        self.properties = {
            name: _only(name, entries) for name, entries in _map(said, "properties", self.id).items()
        }
        self._in = _map(said, "inE", self.id)
        self._out = _map(said, "outE", self.id)

    @property
    def edges_in(self) -> int:
        """How many edges come to it."""
        return sum(len(_list(label, edges)) for label, edges in self._in.items())

    def edges_out(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """The label, the id of the other end and the properties of each edge that leaves it."""
        for label, edges in self._out.items():
            for edge in _list(label, edges):
                if not isinstance(edge, dict) or "inV" not in edge:
                    raise InvalidInput(f"{self.id}.outE.{label}", "has an edge without inV")
                properties = {n: _plain(n, v) for n, v in _map(edge, "properties", label).items()}
                yield label, _text(edge["inV"], "inV"), properties


def is_version_note(vertex: SaidVertex, schema: Schema) -> bool:
    """Whether it is the vertex that notes the schema's version; InvalidInput when it is another version."""
    if vertex.label != VERSION_KIND:
        return False
    check_version_of_file(vertex.properties.get("version"), schema)
    return True


def check_version_of_file(version: object, schema: Schema) -> None:
    """:class:`InvalidInput` unless a file follows the schema's version."""
    if version != schema.version:
        raise InvalidInput(
            "the file",
            f"follows version {version} of the schema, and this program wants version {schema.version}; "
            "export it anew with the version of the program that is to import it",
        )


def _map(said: Mapping[str, Any], name: str, owner: str) -> Mapping[str, Any]:
    value = said.get(name, {})
    if not isinstance(value, dict):
        raise InvalidInput(f"{owner}.{name}", "is not a JSON object")
    return value


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInput(name, "is not a list of edges")
    return value


def _only(name: str, entries: Any) -> PropertyValue:
    if not isinstance(entries, list) or len(entries) != 1:
        raise InvalidInput(name, "has several values or none; a property has one")
    if not isinstance(entries[0], dict) or "value" not in entries[0]:
        raise InvalidInput(name, "has an entry without a value")
    return _plain(name, entries[0]["value"])


def _plain(name: str, value: Any) -> PropertyValue:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict) and {"@type", "@value"} <= value.keys():
        kind, inner = value["@type"], value["@value"]
        if kind in _INTEGERS and type(inner) is int:
            return inner
        if kind in _REALS and type(inner) in (int, float):
            return float(inner)
        raise InvalidInput(name, f"has a value of type {kind}; a property is text, a number, true or false")
    raise InvalidInput(
        name, f"has the value {json.dumps(value):.80}; a property is text, a number, true or false"
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(name, f"is text here, got {json.dumps(value):.80}")
    return value
