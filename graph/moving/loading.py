"""Elements brought into a graph from wherever they are, so that it can be done again until all of them came.

Nothing is kept of how far it came: what is there already is found by asking, and left as it is. So the same
command goes on after any interruption, and done once more it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import Conflict, InvalidInput
from graph.moving.digests import Census
from graph.moving.export_files import Source
from graph.moving.progress import Progress, Silent
from graph.moving.reading import GraphReader
from graph.schema.elements import Schema

Rows = list[VertexRow] | list[EdgeRow]
"""Rows of one kind."""

Counts = tuple[dict[str, int], dict[str, int]]
"""How many vertices and how many edges, by label."""


@dataclass(frozen=True)
class Loaded:
    """What is now in the target, and how many elements of it were written."""

    census: Census
    written: int


@dataclass
class _Compared:
    """What the source has, and of which kinds the target has all."""

    came: Census = field(default_factory=Census)
    whole: set[str] = field(default_factory=set)


def load_graph(
    source: Source,
    target: Engine,
    schema: Schema,
    *,
    expected: Census | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Bring all elements of ``source`` into ``target`` and verify that they are there, and nothing else.

    The target may be empty, or hold a part of the same elements: anything else in it is refused before
    anything is written, and so is an element with other properties unless ``overwrite``. ``expected`` is
    what the source is known to hold. Raises :class:`~graph.errors.InvalidInput` where the two do not go
    together, and :class:`~graph.errors.Conflict` when the target is not what it should be in the end.
    """
    target.prepare()
    progress = progress or Silent()
    reader = GraphReader(target, schema)
    there = reader.counts()
    total = None if expected is None else expected.elements
    compared = _Compared()
    if any(there):
        progress.begin("comparing", total)
        compared = _compare(source, reader, there, overwrite=overwrite, progress=progress)
    progress.begin("loading", total)
    came, written = _load(source, target, reader, there, compared, progress)
    if expected is not None:
        _demand(source.name, came.differences(expected, one="it", another="its manifest"))
    found = reader.census(progress, phase="verifying")
    _demand(target.url, found.differences(came, one="it", another=source.name))
    return Loaded(found, written)


def _compare(
    source: Source, reader: GraphReader, there: Counts, *, overwrite: bool, progress: Progress
) -> _Compared:
    """Refuse a target that holds anything but elements of the source."""
    compared = _Compared()
    found: Counts = ({}, {})
    lacking: set[str] = set()
    for rows in _all(source):
        side, label = _side(rows), rows[0].label
        compared.came.add(rows)
        progress.advance(len(rows))
        known = _known(reader, rows) if label in there[side] else {}
        found[side][label] = found[side].get(label, 0) + len(known)
        others = [row for row in rows if known.get(_key(reader, row), row) != row]
        if others and not overwrite:
            raise InvalidInput(
                "target",
                f"holds {_called(others[0])} with other properties than {source.name}; load into an empty "
                "graph, or replace the properties with --overwrite",
            )
        if others or len(known) < len(rows):
            lacking.add(label)
    for side, what in enumerate(("vertices", "edges")):
        for label, count in there[side].items():
            strange = count - found[side].get(label, 0)
            if strange:
                raise InvalidInput(
                    "target",
                    f"holds {strange} {what} of {label} that {source.name} has not; load into an empty graph",
                )
    compared.whole = {*found[0], *found[1]} - lacking
    return compared


def _load(
    source: Source,
    target: Engine,
    reader: GraphReader,
    there: Counts,
    compared: _Compared,
    progress: Progress,
) -> tuple[Census, int]:
    """Load what the target lacks; what the source gave, and how many were written."""
    came = Census(
        {label: tally for label, tally in compared.came.vertices.items() if label in compared.whole},
        {label: tally for label, tally in compared.came.edges.items() if label in compared.whole},
    )
    progress.advance(came.elements)
    written = 0
    for rows in _all(source, skip=compared.whole):
        came.add(rows)
        known = _known(reader, rows) if rows[0].label in there[_side(rows)] else {}
        lacking = [row for row in rows if known.get(_key(reader, row)) != row]
        target.bulk_load(
            [row for row in lacking if isinstance(row, VertexRow)],
            [row for row in lacking if isinstance(row, EdgeRow)],
        )
        written += len(lacking)
        progress.advance(len(rows))
    return came, written


def _all(source: Source, skip: set[str] | None = None) -> Iterator[Rows]:
    """Vertices before edges, in batches of one kind."""
    for rows in source.vertices(skip or ()):
        if rows:
            yield rows
    for edge_rows in source.edges(skip or ()):
        if edge_rows:
            yield edge_rows


def _side(rows: Rows) -> int:
    return 0 if isinstance(rows[0], VertexRow) else 1


def _known(reader: GraphReader, rows: Rows) -> dict[object, VertexRow | EdgeRow]:
    """Those of the elements that the target has, as it has them."""
    wanted = {_key(reader, row) for row in rows}
    label = rows[0].label
    found: Rows
    if isinstance(rows[0], VertexRow):
        found = reader.vertices_of(label, [row.id for row in rows if isinstance(row, VertexRow)])
    else:
        starts = dict.fromkeys(row.from_id for row in rows if isinstance(row, EdgeRow))
        found = reader.edges_of(label, list(starts))
    keyed = ((_key(reader, row), row) for row in found)
    return {key: row for key, row in keyed if key in wanted}


def _key(reader: GraphReader, row: VertexRow | EdgeRow) -> object:
    """What an element is the same by."""
    if isinstance(row, VertexRow):
        return row.id
    apart = reader.schema.edge(row.label).told_apart_by
    return row.from_id, row.to_id, None if apart is None else row.properties[apart]


def _called(row: VertexRow | EdgeRow) -> str:
    return row.id if isinstance(row, VertexRow) else f"{row.label} from {row.from_id} to {row.to_id}"


def _demand(name: str, differences: Sequence[str]) -> None:
    if differences:
        more = f"; and {len(differences) - 5} kinds more" if len(differences) > 5 else ""
        raise Conflict(
            f"{name} is not as it should be: {'; '.join(differences[:5])}{more}. Somebody wrote meanwhile "
            "or a part is missing: run the same command again, or start with an empty graph"
        )
