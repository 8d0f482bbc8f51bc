"""Holds that stop an order and papers it cannot leave without."""

from __future__ import annotations

from dataclasses import replace

from api.operations.form import demand_text
from api.operations.record_event.facts import HoldReleased, HoldSet, PaperAttached
from api.operations.record_event.recording import (
    LONGEST_NOTE,
    LONGEST_TEXT,
    Recording,
    Unit,
    demand_instant,
    unknown,
)
from graph.errors import ForbiddenTransition, InvalidInput
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.schema.lifecycle import HOLD, PAPER
from graph.schema.ordering import HOLD_KIND
from graph.traversals.elements import add_vertices, link
from graph.traversals.facts import HoldState, OrderState
from graph.traversals.recording import hold_order, set_where

STOPPABLE = ("promised", "sourced", "ready", "blocked", "routed", "failed")
"""Statuses of orders that have not left for good."""


def set_hold(recording: Recording, fact: HoldSet) -> Unit:
    """Put a hold on an order that has not left: of a kind, one after the other."""
    HOLD_KIND.by_name["kind"].check(fact.kind, owner="hold")
    demand_text("note", fact.note, most=LONGEST_NOTE, lines=True)
    demand_instant(
        fact.expected_clear_at,
        field="expectedClearAt",
        after=recording.occurred_at,
        now=recording.now,
        why="is before the hold was set; say when it should be over",
    )
    order = recording.order(fact.order_id, field="orderId")
    _demand_not_gone(order.state, "held")
    hold_id = _next_hold_id(order.state, fact.kind)
    hold = HoldState(
        hold_id, fact.kind, HOLD.initial, recording.effective_at, fact.expected_clear_at, released_at=None
    )
    g = recording.engine.g
    row: dict[str, PropertyValue] = {
        "kind": hold.kind,
        "status": hold.status,
        "note": fact.note,
        "set_at": hold.set_at,
        "expected_clear_at": hold.expected_clear_at,
    }
    return recording.about_one_order(
        order,
        replace(order.state, holds=(*order.state.holds, hold)),
        about=[hold_id],
        statements=[
            *add_vertices(g, "Hold", {hold_id: row}),
            *link(g, "HELD_BY", [(fact.order_id, hold_id)]),
        ],
    )


def release_hold(recording: Recording, fact: HoldReleased) -> Unit:
    """End a hold; an order that only this blocked is ready again."""
    found = recording.engine.run(hold_order(recording.engine.g, fact.hold_id))
    if not found:
        raise unknown("holdId", fact.hold_id, "hold", "hold/SO-1001/credit")
    order = recording.order(found[0], field="holdId")
    (hold,) = (hold for hold in order.state.holds if hold.id == fact.hold_id)
    HOLD.demand(now=hold.status, then="released", id=fact.hold_id, field="holdId")
    if recording.effective_at < hold.set_at:
        raise InvalidInput("occurredAt", f"is before {fact.hold_id} was set")
    released = replace(hold, status="released", released_at=recording.effective_at)
    holds = tuple(released if known.id == hold.id else known for known in order.state.holds)
    return recording.about_one_order(
        order,
        replace(order.state, holds=holds),
        about=[fact.hold_id],
        statements=[
            set_where(
                recording.engine.g,
                fact.hold_id,
                held={"status": hold.status},
                then={"status": "released", "released_at": recording.effective_at},
                name="is still held",
            )
        ],
        clears=True,
    )


def attach_paper(recording: Recording, fact: PaperAttached) -> Unit:
    """Note that a document is there; an order that only this blocked is ready again."""
    demand_text("reference", fact.reference, most=LONGEST_TEXT)
    order = recording.order(fact.order_id, field="orderId")
    paper_id = ids.paper(fact.order_id, fact.kind)
    papers = {paper.id: paper for paper in order.state.papers}
    if paper_id not in papers:
        needed = ", ".join(paper.kind for paper in papers.values()) or "none"
        raise InvalidInput(
            "kind", f"{fact.kind!r} is no paper that {fact.order_id} needs (it needs: {needed})"
        )
    if order.status == "cancelled":
        raise ForbiddenTransition("orderId", f"{order.order_id} is cancelled: it needs no papers any more")
    PAPER.demand(now=papers[paper_id].status, then="attached", id=paper_id, field="kind")
    papers[paper_id] = replace(papers[paper_id], status="attached", attached_at=recording.effective_at)
    return recording.about_one_order(
        order,
        replace(order.state, papers=tuple(papers.values())),
        about=[paper_id],
        statements=[
            set_where(
                recording.engine.g,
                paper_id,
                held={"status": "missing"},
                then={
                    "status": "attached",
                    "attached_at": recording.effective_at,
                    "reference": fact.reference,
                },
                name="is still missing",
            )
        ],
        clears=True,
    )


def _next_hold_id(order: OrderState, kind: str) -> str:
    earlier = [hold for hold in order.holds if hold.kind == kind]
    for hold in earlier:
        if hold.status == "active":
            raise ForbiddenTransition(
                "kind", f"{hold.id} is active: release it before another {kind} hold is set on {order.id}"
            )
    return ids.hold(order.id, kind, len(earlier) + 1)


def _demand_not_gone(order: OrderState, then: str) -> None:
    if order.status not in STOPPABLE:
        raise ForbiddenTransition(
            "orderId",
            f"{order.id} is {order.status}: it cannot be {then} any more (only {', '.join(STOPPABLE)})",
        )
