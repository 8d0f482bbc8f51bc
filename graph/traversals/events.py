"""Writing what happened: events, in the same unit as the change they report.

An order's events are numbered; the number of the last one is the order's version. Whoever changes an
order checks the version that was read and raises it, so two writers can never both go on from the
same state.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gremlin_python.process.graph_traversal import GraphTraversalSource
from gremlin_python.process.traversal import Cardinality

from graph.engines.port import Statement
from graph.schema import ids
from graph.traversals.elements import Properties, add_vertices, link


@dataclass(frozen=True)
class NewEvent:
    """An event to write: ``about`` are ids beside the order's (shipment, hold, paper, ...), ``caused_by``
    is the id of the fact event that made the service act.
    """

    kind: str
    occurred_at: int
    source: str
    subject: str
    data: Mapping[str, object] = field(default_factory=dict)
    about: tuple[str, ...] = ()
    caused_by: str | None = None


@dataclass(frozen=True)
class OrderEntry:
    """The events of one order: ``seen`` is the version (`event_count`) the change was decided on."""

    order_id: str
    seen: int
    events: tuple[NewEvent, ...]


def order_events(
    g: GraphTraversalSource, *, order_id: str, seen: int, events: Sequence[NewEvent], recorded_at: int
) -> list[Statement]:
    """Number and write the events of one order; the unit fails if the order is no longer at ``seen``."""
    return many_order_events(g, [OrderEntry(order_id, seen, tuple(events))], recorded_at)


def new_order_events(
    g: GraphTraversalSource, entries: Sequence[OrderEntry], recorded_at: int
) -> list[Statement]:
    """Write the events of orders that the same unit creates, with `event_count` already right."""
    rows = [
        (ids.order_event(entry.order_id, entry.seen + i), entry.seen + i, event, entry.order_id)
        for entry in entries
        for i, event in enumerate(entry.events, start=1)
    ]
    abouts = [(id, subject) for id, _, event, order_id in rows for subject in (order_id, *event.about)]
    causes = [(id, event.caused_by) for id, _, event, _ in rows if event.caused_by is not None]
    return [
        *add_vertices(
            g, "Event", {id: _values(event, sequence, recorded_at) for id, sequence, event, _ in rows}
        ),
        *link(g, "ABOUT", abouts),
        *link(g, "CAUSED_BY", causes),
    ]


def many_order_events(
    g: GraphTraversalSource, entries: Sequence[OrderEntry], recorded_at: int
) -> list[Statement]:
    """:func:`order_events` for many orders: one statement for each pair of version and number of events,
    and three for all the events. The versions are checked first.
    """
    return [*raise_versions(g, entries), *new_order_events(g, entries, recorded_at)]


def raise_versions(g: GraphTraversalSource, entries: Sequence[OrderEntry]) -> list[Statement]:
    """Check and raise `event_count` of the orders, those at one version together."""
    together: dict[tuple[int, int], list[str]] = defaultdict(list)
    for entry in entries:
        together[entry.seen, len(entry.events)].append(entry.order_id)
    return [
        Statement(
            _version_name(order_ids, seen),
            g.V(order_ids)
            .has("event_count", seen)
            .property(Cardinality.single, "event_count", seen + more)
            .id_(),
            expect=len(order_ids),
        )
        for (seen, more), order_ids in sorted(together.items())
    ]


def _version_name(order_ids: Sequence[str], seen: int) -> str:
    rest = f" and {len(order_ids) - 1} more" if len(order_ids) > 1 else ""
    return f"{order_ids[0]}{rest} still at version {seen}"


def fact_event(
    g: GraphTraversalSource, *, event_id: str, event: NewEvent, recorded_at: int
) -> list[Statement]:
    """Write a fact that is not about one order, under ``event_id`` (``ids.fact``); it must be new."""
    return [
        Statement(f"{event_id} is new", g.V(event_id).id_(), expect=0),
        *add_vertices(g, "Event", {event_id: _values(event, 0, recorded_at)}),
        *link(g, "ABOUT", [(event_id, subject) for subject in event.about]),
    ]


def _values(event: NewEvent, sequence: int, recorded_at: int) -> Properties:
    return {
        "kind": event.kind,
        "occurred_at": event.occurred_at,
        "recorded_at": recorded_at,
        "source": event.source,
        "subject": event.subject,
        "sequence": sequence,
        "data": json.dumps(event.data, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
    }
