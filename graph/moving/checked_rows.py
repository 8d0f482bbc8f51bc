"""What a file says, checked against the schema: one error tree's message with file and line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from graph.compiler.value_checks import check_id
from graph.engines.port import EdgeRow, VertexRow
from graph.errors import SchemaViolation
from graph.moving.reading import one_zero
from graph.schema.elements import EdgeKind, Property, PropertyValue, Schema, Type

ROWS_A_CHUNK: Final = 1000

Row = TypeVar("Row", VertexRow, EdgeRow)


def checked_vertex(schema: Schema, label: str, id: str, properties: Mapping[str, Any]) -> VertexRow:
    """The row; :class:`SchemaViolation` says what of it the schema does not know."""
    kind = schema.vertex(label)
    check_id(id, label=label, prefix=kind.prefix)
    values = _fitted(kind.by_name, properties)
    kind.check(values, whole=True)
    return VertexRow(label, id, values)


def checked_edge(
    schema: Schema, label: str, *, from_id: str, to_id: str, properties: Mapping[str, Any]
) -> EdgeRow:
    """The row; :class:`SchemaViolation` says what of it the schema does not know."""
    kind = schema.edge(label)
    if from_id == to_id:
        raise SchemaViolation(label, f"would lead from {from_id!r} to itself")
    if not _joins(schema, kind, from_id, to_id):
        ends = ", ".join(f"{start} to {end}" for start, end in kind.ends)
        raise SchemaViolation(label, f"leads from {ends}, never from {from_id!r} to {to_id!r}")
    values = _fitted(kind.by_name, properties)
    kind.check(values, whole=True)
    return EdgeRow(label, from_id, to_id, values)


def chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows, those of one label together, at most 1,000 at once; a few of each label wait meanwhile."""
    waiting: dict[str, list[Row]] = {}
    for row in rows:
        same = waiting.setdefault(row.label, [])
        same.append(row)
        if len(same) == ROWS_A_CHUNK:
            yield waiting.pop(row.label)
    yield from waiting.values()


def _joins(schema: Schema, kind: EdgeKind, from_id: str, to_id: str) -> bool:
    return any(
        from_id.startswith(f"{schema.vertices[start].prefix}/")
        and to_id.startswith(f"{schema.vertices[end].prefix}/")
        for start, end in kind.ends
    )


def _fitted(known: Mapping[str, Property], properties: Mapping[str, Any]) -> dict[str, PropertyValue]:
    """Whole numbers become reals where the schema wants reals; nothing else is changed."""
    return {
        name: one_zero(float(value))
        if name in known and known[name].type is Type.REAL and type(value) in (int, float)
        else value
        for name, value in properties.items()
    }
