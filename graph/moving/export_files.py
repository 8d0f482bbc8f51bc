"""The files of an export, ours or another program's, as rows that fit the schema."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from graph.engines.port import EdgeRow, VertexRow
from graph.engines.schema_version import VERSION_KIND
from graph.errors import InvalidInput
from graph.moving import neptune_csv
from graph.moving.checked_rows import checked_edge, checked_vertex, chunks
from graph.moving.graphson import SaidVertex, check_version_of_file, is_version_note
from graph.moving.manifest import Manifest, read_manifest
from graph.schema.elements import Schema

_GZIP: Final = b"\x1f\x8b"


class Source(Protocol):
    """Where elements come from: another graph, or files."""

    name: str

    def vertices(self, skip: Collection[str] = ()) -> Iterator[list[VertexRow]]:
        """All vertices but those of the labels ``skip``, in batches of one label."""

    def edges(self, skip: Collection[str] = ()) -> Iterator[list[EdgeRow]]:
        """All edges but those of the labels ``skip``, in batches of one label."""


def open_export(path: Path, schema: Schema, *, format: str | None = None) -> tuple[Source, Manifest | None]:
    """The rows of the export at ``path``, and the manifest beside it where there is one.

    The format is that of the manifest, or else a directory is Neptune's CSV and a file is GraphSON.
    """
    manifest = read_manifest(path)
    if manifest is not None:
        check_version_of_file(manifest.schema_version, schema)
    guessed = "neptune-csv" if path.is_dir() else "graphson"
    if format is not None and format != guessed:
        raise InvalidInput(
            "source", f"is {'a directory' if path.is_dir() else 'a file'}, which is {guessed}: {path}"
        )
    return (NeptuneCsv(path, schema) if path.is_dir() else GraphsonFile(path, schema)), manifest


class GraphsonFile:
    """A file of GraphSON, a vertex a line."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self.name = str(path)
        self._path = path
        self._schema = schema

    def vertices(self, skip: Collection[str] = ()) -> Iterator[list[VertexRow]]:
        """All vertices but those of the labels ``skip``, in batches of one label."""
        return chunks(self._vertices(skip))

    def edges(self, skip: Collection[str] = ()) -> Iterator[list[EdgeRow]]:
        """All edges but those of the labels ``skip``, in batches of one label."""
        return chunks(self._edges(skip))

    def _vertices(self, skip: Collection[str]) -> Iterator[VertexRow]:
        with _lines(self._path) as lines:
            for number, line in enumerate(lines, start=1):
                with _located(self._path, number):
                    said = SaidVertex(line)
                    if is_version_note(said, self._schema) or said.label in skip:
                        continue
                    row = checked_vertex(self._schema, said.label, said.id, said.properties)
                yield row

    def _edges(self, skip: Collection[str]) -> Iterator[EdgeRow]:
        leaving = coming = 0
        with _lines(self._path) as lines:
            for number, line in enumerate(lines, start=1):
                with _located(self._path, number):
                    said = SaidVertex(line)
                    rows = [
                        checked_edge(self._schema, label, from_id=said.id, to_id=to_id, properties=properties)
                        for label, to_id, properties in said.edges_out()
                    ]
                leaving, coming = leaving + len(rows), coming + said.edges_in
                yield from (row for row in rows if row.label not in skip)
        if coming > leaving:
            raise InvalidInput(
                self.name,
                f"has {coming} edges under inE and {leaving} under outE; each must stand under outE",
            )


class NeptuneCsv:
    """A directory of Neptune's CSV; which files have vertices and which edges, their headers say."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self.name = str(path)
        self._schema = schema
        self._files = sorted(each for each in path.iterdir() if each.name.endswith((".csv", ".csv.gz")))
        if not self._files:
            raise InvalidInput("source", f"has no files that end in .csv or .csv.gz: {path}")

    def vertices(self, skip: Collection[str] = ()) -> Iterator[list[VertexRow]]:
        """All vertices but those of the labels ``skip``, in batches of one label."""
        return chunks(
            row for row in self._rows(of_edges=False) if isinstance(row, VertexRow) and row.label not in skip
        )

    def edges(self, skip: Collection[str] = ()) -> Iterator[list[EdgeRow]]:
        """All edges but those of the labels ``skip``, in batches of one label."""
        return chunks(
            row for row in self._rows(of_edges=True) if isinstance(row, EdgeRow) and row.label not in skip
        )

    def _rows(self, *, of_edges: bool) -> Iterator[VertexRow | EdgeRow]:
        for path in self._files:
            with _lines(path) as lines:
                header = None
                records = _numbered(path, lines)
                for number, fields in records:
                    with _located(path, number):
                        if header is None:
                            header = neptune_csv.header_of(fields)
                            continue
                        if header.of_edges != of_edges:
                            break
                        row = self._row(*header.said(fields))
                    if row is not None:
                        yield row
                if header is None:
                    raise InvalidInput(str(path), "is empty; a file begins with its header")

    def _row(self, system: dict[str, str], properties: dict[str, Any]) -> VertexRow | EdgeRow | None:
        label = system["~label"]
        if "~from" in system:
            return checked_edge(
                self._schema, label, from_id=system["~from"], to_id=system["~to"], properties=properties
            )
        if label == VERSION_KIND:
            check_version_of_file(properties.get("version"), self._schema)
            return None
        return checked_vertex(self._schema, label, system["~id"], properties)


def _numbered(path: Path, lines: Iterator[str]) -> Iterator[tuple[int, neptune_csv.Fields]]:
    try:
        yield from neptune_csv.records(lines)
    except InvalidInput as error:
        raise InvalidInput(f"{path}, {error.field}", error.message) from None


@contextmanager
def _located(path: Path, line: int) -> Iterator[None]:
    """Put file and line into what is wrong."""
    try:
        yield
    except InvalidInput as error:
        raise InvalidInput(f"{path}, line {line}: {error.field}", error.message) from None


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[str]]:
    """The lines of a file, unpacked; only a line feed ends one."""
    with path.open("rb") as raw:
        packed = raw.read(len(_GZIP)) == _GZIP
        raw.seek(0)
        with (
            gzip.GzipFile(fileobj=raw) if packed else raw as unpacked,
            io.TextIOWrapper(unpacked, encoding="utf-8-sig", newline="\n") as file,
        ):
            try:
                yield file
            except UnicodeDecodeError as error:
                raise InvalidInput(str(path), f"is not UTF-8: {error.reason}") from None
            except (gzip.BadGzipFile, EOFError, zlib.error) as error:
                raise InvalidInput(str(path), f"is no whole gzip file: {error}") from None
