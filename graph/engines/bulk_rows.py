"""Rows of a bulk load, checked against the schema and cut into batches; the same for every engine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any, Final, TypeVar

from graph.compiler.value_checks import check_id
from graph.engines.port import EdgeRow, VertexRow
from graph.errors import SchemaViolation
from graph.schema.elements import EdgeKind, VertexKind

ROWS_A_BATCH: Final = 1000

Row = TypeVar("Row", VertexRow, EdgeRow)


def batches(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Runs of one label, cut into batches."""
    for label, run in groupby(rows, key=lambda row: row.label):
        while batch := list(islice(run, ROWS_A_BATCH)):
            yield label, batch


def vertex_match(row: VertexRow, kind: VertexKind) -> dict[str, Any]:
    """What a vertex is found by; :class:`SchemaViolation` unless the row is whole."""
    check_id(row.id, label=kind.label, prefix=kind.prefix)
    kind.check(row.properties, whole=True)
    return {"T.id": row.id, "T.label": row.label}


def edge_match(row: EdgeRow, kind: EdgeKind) -> dict[str, Any]:
    """What an edge is found by; :class:`SchemaViolation` unless the row is whole."""
    if row.from_id == row.to_id:
        raise SchemaViolation(kind.label, f"would lead from {row.from_id!r} to itself")
    kind.check(row.properties, whole=True)
    match: dict[str, Any] = {"T.label": row.label, "Direction.OUT": row.from_id, "Direction.IN": row.to_id}
    if kind.told_apart_by is not None:
        match[kind.told_apart_by] = row.properties[kind.told_apart_by]
    return match
