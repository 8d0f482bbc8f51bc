"""Loading whole elements by UNWIND: one statement and one transaction for a batch of rows of one label.

A row travels as a list, its values in the order of the schema, so that neither end spells names a thousand
times; what a row has not is null, and leaves alone what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Final

from graph.engines.bolt_connections import Ask, BoltConnections
from graph.engines.bolt_preparing import ID, VERTEX
from graph.engines.bulk_rows import batches, edge_match, vertex_match
from graph.engines.port import EdgeRow, VertexRow
from graph.errors import UnknownId
from graph.schema.elements import EdgeKind, Property, Schema, VertexKind

_VERTEX_BATCHES_AT_ONCE: Final = 3
# Two batches of edges between the same vertices would wait for each other's locks, and one of them in vain.
_EDGE_BATCHES_AT_ONCE: Final = 1

Row = list[Any]


@dataclass(frozen=True)
class Batch:
    """Rows to be sent in one statement, and the ids of what they write, where two may not write at once."""

    label: str
    text: str
    rows: list[Row]
    writes: frozenset[str] = frozenset()
    ends: tuple[int, ...] = ()
    """Where in a row the ids stand of vertices that must be there."""


def load(
    connections: BoltConnections, schema: Schema, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]
) -> int:
    """Load whole elements, vertices first, and return how many."""
    loaded = _in_flight(
        connections,
        (vertex_batch(schema.vertex(label), rows) for label, rows in batches(vertices)),
        at_once=min(_VERTEX_BATCHES_AT_ONCE, connections.address.pool),
    )
    return loaded + _in_flight(
        connections,
        (edge_batch(schema.edge(label), rows) for label, rows in batches(edges)),
        at_once=_EDGE_BATCHES_AT_ONCE,
    )


def vertex_batch(kind: VertexKind, rows: Sequence[VertexRow]) -> Batch:
    """The upsert of vertices of one kind."""
    given = []
    for row in rows:
        vertex_match(row, kind)
        given.append([row.id, *(row.properties.get(prop.name) for prop in kind.properties)])
    text = (
        f"UNWIND $rows AS row MERGE (v:{VERTEX}:`{kind.label}` {{{ID}: row[0]}})"
        f"{_set('v', kind.properties, first=1)} RETURN count(*) AS r"
    )
    return Batch(kind.label, text, given, writes=frozenset(row.id for row in rows))


def edge_batch(kind: EdgeKind, rows: Sequence[EdgeRow]) -> Batch:
    """The upsert of edges of one kind."""
    given = []
    for row in rows:
        edge_match(row, kind)
        given.append([row.from_id, row.to_id, *(row.properties.get(prop.name) for prop in kind.properties)])
    told_apart = ""
    for place, prop in enumerate(kind.properties, start=2):
        if prop.name == kind.told_apart_by:
            told_apart = f" {{`{prop.name}`: row[{place}]}}"
    text = (
        f"UNWIND $rows AS row MATCH (a:{VERTEX} {{{ID}: row[0]}}) MATCH (b:{VERTEX} {{{ID}: row[1]}}) "
        f"MERGE (a)-[e:`{kind.label}`{told_apart}]->(b){_set('e', kind.properties, first=2)} "
        "RETURN count(*) AS r"
    )
    return Batch(kind.label, text, given, ends=(0, 1))


def _set(element: str, properties: Sequence[Property], *, first: int) -> str:
    changes = [
        f"{element}.`{prop.name}` = "
        + (f"row[{place}]" if prop.required else f"coalesce(row[{place}], {element}.`{prop.name}`)")
        for place, prop in enumerate(properties, start=first)
    ]
    return " SET " + ", ".join(changes) if changes else ""


def _in_flight(connections: BoltConnections, loads: Iterable[Batch], *, at_once: int) -> int:
    """Send the batches, ``at_once`` of them at a time while the next is made; how many rows they had."""
    loaded = 0
    flying: dict[Future[None], Batch] = {}
    with ThreadPoolExecutor(at_once, thread_name_prefix="bolt-load") as pool:
        for batch in loads:
            while len(flying) > at_once or any(batch.writes & other.writes for other in flying.values()):
                _landed(flying)
            flying[pool.submit(copy_context().run, _send, connections, batch)] = batch
            loaded += len(batch.rows)
        while flying:
            _landed(flying)
    return loaded


def _landed(flying: dict[Future[None], Batch]) -> None:
    done, _ = wait(flying, return_when=FIRST_COMPLETED)
    for future in done:
        del flying[future]
        future.result()


def _send(connections: BoltConnections, batch: Batch) -> None:
    def work(ask: Ask) -> None:
        [written] = ask(batch.text, {"rows": batch.rows})
        if written != len(batch.rows):
            raise unknown_end(ask, [row[place] for row in batch.rows for place in batch.ends])

    connections.write(
        work,
        lambda: f"bulk_load of {len(batch.rows)} rows of {batch.label} from {batch.rows[0]}",
        limit_s=connections.address.time_limit_s,
    )


def unknown_end(ask: Ask, ids: Sequence[str]) -> UnknownId:
    """Which of the vertices ``ids`` that edges lead between is not there."""
    missing = ask(
        f"UNWIND $ids AS id WITH id WHERE NOT EXISTS {{ MATCH (:{VERTEX} {{{ID}: id}}) }} "
        "RETURN id AS r LIMIT 1",
        {"ids": list(dict.fromkeys(ids))},
    )
    return UnknownId(
        "edge", f"wants both its ends, and there is no vertex {missing[0] if missing else 'there'}"
    )
