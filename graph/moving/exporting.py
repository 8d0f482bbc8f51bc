"""A graph written to files: under a temporary name first, and under its own when all of it is there."""

from __future__ import annotations

import gzip
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graph.engines.port import Engine
from graph.errors import InvalidInput
from graph.moving import neptune_csv
from graph.moving.digests import Census
from graph.moving.graphson import GraphsonLines
from graph.moving.manifest import Manifest, manifest_path, write_manifest
from graph.moving.progress import Progress, Silent
from graph.moving.reading import GraphReader
from graph.schema.elements import Schema

# A higher level takes several times as long for a tenth less.
_COMPRESSION: Final = 5


@dataclass(frozen=True)
class Exported:
    """What was written; ``changed`` are the kinds of which the graph had other counts before and after."""

    path: Path
    manifest: Manifest
    changed: tuple[str, ...]


def export_graph(
    engine: Engine,
    schema: Schema,
    target: Path,
    *,
    format: str,
    compress: bool = False,
    progress: Progress | None = None,
) -> Exported:
    """Write the graph to ``target``: a file of GraphSON, or a directory of Neptune's CSV.

    ``target`` must not be there yet. A graph that others write to meanwhile is not exported as of one
    moment: each batch is, where the engine can do that.
    """
    target = _named(target, format, compress)
    for there in (target, manifest_path(target)):
        if there.exists():
            raise InvalidInput("target", f"is there already: {there}; name a new one, or remove it")
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"{target.name}.partial")
    _remove(unfinished)
    reader, progress = GraphReader(engine, schema), progress or Silent()
    before = reader.counts()
    progress.begin("exporting", sum(sum(counts.values()) for counts in before))
    write = _write_graphson if format == "graphson" else _write_neptune_csv
    census = write(reader, unfinished, compress or target.name.endswith(".gz"), progress)
    changed = _changed(census, before, reader.counts())
    manifest = Manifest(format, schema.version, _alone(engine), census)
    unfinished.rename(target)
    write_manifest(target, manifest)
    return Exported(target, manifest, changed)


def _alone(engine: Engine) -> bool:
    """Whether nobody else can write: one process holds an embedded store."""
    return engine.features.exclusive


def _named(target: Path, format: str, compress: bool) -> Path:
    if format == "graphson" and compress and not target.name.endswith(".gz"):
        return target.with_name(f"{target.name}.gz")
    return target


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _write_graphson(reader: GraphReader, path: Path, compress: bool, progress: Progress) -> Census:
    census, lines = Census(), GraphsonLines(reader.schema)
    with _text_file(path, compress) as file:
        for batch in reader.surroundings():
            file.writelines(lines.line(around) for around in batch)
            census.add([around.vertex for around in batch])
            edges = sorted((edge for around in batch for edge in around.out), key=lambda edge: edge.label)
            for label in dict.fromkeys(edge.label for edge in edges):
                census.add([edge for edge in edges if edge.label == label])
            progress.advance(len(batch) + len(edges))
    return census


def _write_neptune_csv(reader: GraphReader, path: Path, compress: bool, progress: Progress) -> Census:
    census, suffix = Census(), ".csv.gz" if compress else ".csv"
    path.mkdir()
    vertices, edges = reader.counts()
    for label in vertices:
        kind = reader.schema.vertex(label)
        with _text_file(path / f"vertices-{label}{suffix}", compress) as file:
            file.write(neptune_csv.vertex_header(kind))
            for rows in reader.vertices(reader.schema.vertices.keys() - {label}):
                file.writelines(neptune_csv.vertex_line(kind, row) for row in rows)
                census.add(rows)
                progress.advance(len(rows))
    for label in edges:
        edge_kind = reader.schema.edge(label)
        with _text_file(path / f"edges-{label}{suffix}", compress) as file:
            file.write(neptune_csv.edge_header(edge_kind))
            for edge_rows in reader.edges(reader.schema.edges.keys() - {label}):
                file.writelines(neptune_csv.edge_line(edge_kind, row) for row in edge_rows)
                census.add(edge_rows)
                progress.advance(len(edge_rows))
    return census


@contextmanager
def _text_file(path: Path, compress: bool) -> Iterator[io.TextIOWrapper]:
    """A new file of UTF-8 lines, safe on the disk when nothing went wrong."""
    with path.open("wb") as raw:
        if compress:
            # No name and no time in it: the same graph makes the same file.
            with (
                gzip.GzipFile("", "wb", _COMPRESSION, raw, mtime=0) as packed,
                io.TextIOWrapper(packed, encoding="utf-8", newline="\n") as file,
            ):
                yield file
        else:
            plain = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
            yield plain
            plain.flush()
            plain.detach()
        raw.flush()
        os.fsync(raw.fileno())


def _changed(
    census: Census,
    before: tuple[dict[str, int], dict[str, int]],
    after: tuple[dict[str, int], dict[str, int]],
) -> tuple[str, ...]:
    written = (
        {label: tally.count for label, tally in census.vertices.items()},
        {label: tally.count for label, tally in census.edges.items()},
    )
    return tuple(
        sorted(
            label
            for mine, one, other in zip(written, before, after, strict=True)
            for label in {*mine, *one, *other}
            if not mine.get(label, 0) == one.get(label, 0) == other.get(label, 0)
        )
    )
