"""Streets that close and open: rounds planned from now on go by them."""

from __future__ import annotations

from api.operations.form import demand_text
from api.operations.record_event.facts import RoadClosed, RoadOpened
from api.operations.record_event.recording import LONGEST_NOTE, Recording, Unit, demand_instant, unknown
from graph.engines.port import Statement
from graph.errors import ForbiddenTransition, InvalidInput
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.traversals.elements import add_vertices, change_vertices, link
from graph.traversals.recording import (
    existing,
    open_segments,
    road_event,
    set_where,
)
from graph.traversals.roads import network_state

MOST_SEGMENTS = 1000


def close_road(recording: Recording, fact: RoadClosed) -> Unit:
    """Close segments under a new code."""
    demand_text("code", fact.code, most=100)
    demand_text("note", fact.note, most=LONGEST_NOTE, lines=True)
    if not 1 <= len(set(fact.segment_ids)) <= MOST_SEGMENTS:
        raise InvalidInput("segmentIds", f"wants 1 to {MOST_SEGMENTS} segments, got {len(fact.segment_ids)}")
    demand_instant(
        fact.expected_end_at,
        field="expectedEndAt",
        after=recording.occurred_at,
        now=recording.now,
        why="is before the road closed; say when it should open again",
    )
    g = recording.engine.g
    segment_ids = sorted(set(fact.segment_ids))
    known = {row["id"] for row in recording.engine.run(open_segments(g, segment_ids))}
    for segment_id in segment_ids:
        if segment_id not in known:
            raise unknown("segmentIds", segment_id, "road segment", "road-segment/1234")
    event_id = ids.make("road-event", fact.code)
    if recording.engine.run(existing(g, [event_id])):
        raise InvalidInput("code", f"{fact.code!r} is taken by an earlier closure; take another one")
    closure: dict[str, PropertyValue] = {
        "kind": "closed",
        "note": fact.note,
        "since_at": recording.effective_at,
        "expected_end_at": fact.expected_end_at,
    }
    affects = [(event_id, segment_id) for segment_id in segment_ids]
    return recording.about_other_things(
        subject=event_id,
        about=[event_id],
        statements=[
            Statement(f"{event_id} is new", existing(g, [event_id]), expect=0),
            *add_vertices(g, "RoadEvent", {event_id: closure}),
            *link(g, "AFFECTS", affects),
            *_turn(recording, segment_ids, is_open=False),
        ],
    )


def open_road(recording: Recording, fact: RoadOpened) -> Unit:
    """End a closure; segments that nothing else closes may be driven again."""
    g = recording.engine.g
    found = recording.engine.run(road_event(g, fact.road_event_id))
    if not found:
        raise unknown("roadEventId", fact.road_event_id, "closure", "road-event/BRIDGE-1")
    (closure,) = found
    if closure["ended_at"]:
        raise ForbiddenTransition("roadEventId", f"{fact.road_event_id} has ended already")
    if recording.effective_at < closure["since_at"]:
        raise InvalidInput("occurredAt", f"is before {fact.road_event_id} began")
    freed = sorted(row["id"] for row in closure["segments"] if row["closed_by"] == [fact.road_event_id])
    return recording.about_other_things(
        subject=fact.road_event_id,
        about=[fact.road_event_id],
        statements=[
            set_where(
                g,
                fact.road_event_id,
                held={"since_at": closure["since_at"]},
                then={"ended_at": recording.effective_at},
                name="still closes",
            ),
            *_turn(recording, freed, is_open=True),
        ],
    )


def _turn(recording: Recording, segment_ids: list[str], *, is_open: bool) -> list[Statement]:
    """Open or close segments and raise the networks' versions; these are checked, so that of two closures
    of one segment each sees the other.
    """
    g = recording.engine.g
    return [
        *(
            set_where(
                g,
                network["id"],
                held={"version": network["version"]},
                then={"version": network["version"] + 1},
                name=f"is still at version {network['version']}",
            )
            for network in recording.engine.run(network_state(g))
        ),
        *change_vertices(g, "RoadSegment", {segment_id: {"open": is_open} for segment_id in segment_ids}),
    ]
