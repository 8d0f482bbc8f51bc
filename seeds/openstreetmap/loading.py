"""Bringing the roads of an extract into a graph, so that it can be repeated and interrupted.

What is there already is left alone, what the extract has otherwise is changed, what it has no longer goes.
While streets are written the network says so, and nobody loads the half of it; the last write raises its
version, so that loaded copies are loaded anew. Closures stay: whether a segment that was there is open, is
not the extract's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import Conflict, InvalidInput, StatementMissed
from graph.moving.progress import Progress
from graph.moving.reading import GraphReader, id_batches
from graph.schema.elements import PropertyValue, Schema
from graph.traversals import recording
from graph.traversals import roads as traversals
from seeds.openstreetmap.reading import read_extract
from seeds.openstreetmap.rows import ATTRIBUTION, RoadMap, edge_rows, network_id, vertex_rows
from seeds.openstreetmap.streets import build_streets
from seeds.openstreetmap.turn_restrictions import resolve_restrictions

ROWS_A_BATCH: Final = 1000
IDS_A_PAGE: Final = 50_000
UNDER_WAY: Final = 0
"""The version of streets that are being written."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Imported:
    """What an import did: elements written and removed, and the version of the network that it left."""

    network_id: str
    version: int
    written: int
    removed: int


@dataclass
class _Difference:
    """What has to be done to the graph. ``recut`` are segments whose ends are elsewhere now."""

    vertices: list[VertexRow] = field(default_factory=list)
    edges: list[EdgeRow] = field(default_factory=list)
    recut: list[str] = field(default_factory=list)
    gone: dict[str, list[str]] = field(default_factory=dict)

    @property
    def removed(self) -> int:
        return sum(map(len, self.gone.values()))

    def __bool__(self) -> bool:
        return bool(self.vertices or self.edges or self.recut or self.removed)


def read_roads(file: Path, progress: Progress) -> RoadMap:
    """The streets and turn restrictions of an OpenStreetMap file.

    :class:`InvalidInput` says what is wrong with a file that cannot be read or has no roads for deliveries.
    """
    extract = read_extract(file, progress)
    progress.begin("cutting streets", None)
    streets = build_streets(extract)
    progress.advance(len(streets.segments))
    if not streets.segments:
        raise InvalidInput(
            str(file), "has no roads that a delivery vehicle may drive; choose another extract"
        )
    return RoadMap(streets, resolve_restrictions(extract.relations, streets))


def import_roads(
    engine: Engine, schema: Schema, roads: RoadMap, *, name: str, progress: Progress
) -> Imported:
    """Make the road network ``name`` of the graph the one of ``roads``; done twice, it changes nothing.

    :class:`Conflict`, before anything is written, when the graph holds another network, or when something
    is snapped to, drives or closes segments that ``roads`` has no longer.
    """
    engine.prepare()
    network = network_id(name)
    state = _state(engine, network)
    difference = _difference(engine, schema, roads, progress)
    version = 0 if state is None else int(state["version"])
    if state is not None and not difference and state.get("streets_version", version) != UNDER_WAY:
        return Imported(network, version, 0, 0)
    _demand_unused(engine, difference.gone.get("RoadSegment", []))
    _begin(engine, network, state)
    _write(engine, difference, progress)
    version = _finish(engine, network)
    written = len(difference.vertices) + len(difference.edges)
    return Imported(network, version, written, difference.removed)


def _state(engine: Engine, network: str) -> dict[str, Any] | None:
    """The versions of the network, if it is there."""
    states = engine.run(traversals.network_state(engine.g))
    others = sorted(state["id"] for state in states if state["id"] != network)
    if others:
        raise Conflict(
            f"the graph at {engine.url} holds the road network {others[0]}, and one is all it can hold; "
            f"import {network} into another graph, or change that one: --name {others[0].split('/', 1)[1]}"
        )
    return states[0] if states else None


def _difference(engine: Engine, schema: Schema, roads: RoadMap, progress: Progress) -> _Difference:
    """What the graph lacks, has otherwise, and has too much."""
    there = {label: _ids(engine, label) for label in ("Junction", "RoadSegment", "TurnRestriction")}
    vertices, edges = list(vertex_rows(roads)), list(edge_rows(roads))
    difference = _Difference()
    if not any(there.values()):
        difference.vertices, difference.edges = vertices, edges
        return difference
    reader = GraphReader(engine, schema)
    progress.begin("comparing", len(vertices) + len(edges))
    for label, found in there.items():
        difference.gone[label] = sorted(found - {row.id for row in vertices if row.label == label})
    for batch in _batches(vertices):
        difference.vertices.extend(_changed_vertices(reader, batch, there))
        progress.advance(len(batch))
    wanted = set(map(_key, edges))
    for edge_batch in _batches(edges):
        _compare_edges(reader, edge_batch, there, wanted, difference)
        progress.advance(len(edge_batch))
    _renew_turns(vertices, edges, there["TurnRestriction"], difference)
    return difference


def _ids(engine: Engine, label: str) -> set[str]:
    return {id for batch in id_batches(engine, label, IDS_A_PAGE) for id in batch}


def _changed_vertices(
    reader: GraphReader, rows: Sequence[VertexRow], there: dict[str, set[str]]
) -> Iterator[VertexRow]:
    """The rows that are new or otherwise than in the graph; a segment that is there stays open or closed."""
    for label in dict.fromkeys(row.label for row in rows):
        of_label = [row for row in rows if row.label == label]
        known = [row.id for row in of_label if row.id in there[label]]
        found = {row.id: row for row in reader.vertices_of(label, known)} if known else {}
        for row in of_label:
            before = found.get(row.id)
            if before is None:
                yield row
                continue
            kept = {"open": before.properties["open"]} if "open" in before.properties else {}
            wanted = replace(row, properties={**row.properties, **kept})
            if wanted != before:
                yield wanted


def _compare_edges(
    reader: GraphReader,
    rows: Sequence[EdgeRow],
    there: dict[str, set[str]],
    wanted: set[tuple[object, ...]],
    difference: _Difference,
) -> None:
    known_ids = there["RoadSegment"] | there["TurnRestriction"]
    for label in dict.fromkeys(row.label for row in rows):
        of_label = [row for row in rows if row.label == label]
        known = list(dict.fromkeys(row.from_id for row in of_label if row.from_id in known_ids))
        found = reader.edges_of(label, known) if known else []
        difference.recut.extend(row.from_id for row in found if _key(row) not in wanted)
        present = {_key(row) for row in found}
        difference.edges.extend(row for row in of_label if _key(row) not in present)


def _key(row: EdgeRow) -> tuple[object, ...]:
    return row.label, row.from_id, row.to_id, *sorted(row.properties.items())


def _renew_turns(
    vertices: Sequence[VertexRow], edges: Sequence[EdgeRow], there: set[str], difference: _Difference
) -> None:
    """Restrictions that changed are written anew as a whole; segments whose ends moved get both ends."""
    changed = {row.id for row in difference.vertices if row.label == "TurnRestriction"} & there
    changed |= {row.from_id for row in difference.edges if row.from_id in there}
    changed |= {id for id in difference.recut if id in there}
    difference.gone["TurnRestriction"] = sorted({*difference.gone["TurnRestriction"], *changed})
    difference.recut = sorted({id for id in difference.recut if id not in there})
    renewed = changed | set(difference.recut)
    difference.vertices = [row for row in difference.vertices if row.id not in changed]
    difference.vertices += [row for row in vertices if row.id in changed]
    difference.edges = [row for row in difference.edges if row.from_id not in renewed]
    difference.edges += [row for row in edges if row.from_id in renewed]


def _demand_unused(engine: Engine, segment_ids: Sequence[str]) -> None:
    for batch in _batches(segment_ids):
        found = engine.run(traversals.referring(engine.g, batch))
        if found:
            use = min(found, key=lambda each: (each["id"], each["segment"]))
            raise Conflict(
                f"{use['id']} is on {use['segment']}, which the extract has no longer, and so may others be; "
                "import this extract into a new graph"
            )


def _begin(engine: Engine, network: str, state: dict[str, Any] | None) -> None:
    """Say that streets are being written."""
    if state is None:
        values: dict[str, PropertyValue] = {"version": 0, "streets_version": UNDER_WAY}
        engine.bulk_load([VertexRow("RoadNetwork", network, {**values, "attribution": ATTRIBUTION})], [])
        return
    engine.transact(
        [
            recording.set_where(
                engine.g, network, held={}, then={"streets_version": UNDER_WAY}, name="is being imported"
            )
        ]
    )


def _write(engine: Engine, difference: _Difference, progress: Progress) -> None:
    g = engine.g
    total = len(difference.vertices) + len(difference.edges) + difference.removed
    progress.begin("loading", total)
    _drop(engine, difference.gone.get("TurnRestriction", []), progress)
    for batch in _batches(difference.recut):
        engine.run(traversals.drop_ends(g, batch))
    for rows in _batches(difference.vertices):
        engine.bulk_load(rows, [])
        progress.advance(len(rows))
    for edges in _batches(difference.edges):
        engine.bulk_load([], edges)
        progress.advance(len(edges))
    for label in ("RoadSegment", "Junction"):
        _drop(engine, difference.gone.get(label, []), progress)


def _drop(engine: Engine, ids: Sequence[str], progress: Progress) -> None:
    for batch in _batches(ids):
        engine.run(engine.g.V(batch).drop())
        progress.advance(len(batch))


def _finish(engine: Engine, network: str) -> int:
    """Raise the version, also past a closure of the meantime; what was loaded before is out of date."""
    while state := _state(engine, network):
        before = int(state["version"])
        after = before + 1
        raised = recording.set_where(
            engine.g,
            network,
            held={"version": before},
            then={"version": after, "streets_version": after, "attribution": ATTRIBUTION},
            name=f"is still at version {before}",
        )
        try:
            engine.transact([raised])
        except StatementMissed:
            continue
        return after
    raise Conflict(f"{network} went from the graph while it was written; import it again")


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, ROWS_A_BATCH)):
        yield batch
