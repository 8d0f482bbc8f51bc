"""Why orders are late: chains of causes from each order down to the facts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx

from api.operations.batches import in_chunks
from api.operations.expectation import ORDERS_A_READ, LoadedOrder, load_order_facts
from graph.engines.port import Engine
from graph.errors import InvalidInput, UnknownId
from graph.schema import ids
from graph.traversals.facts import OrderState, ShipmentState
from graph.traversals.lateness import closures, facts_behind
from graph.traversals.lateness import late_orders as late_order_ids
from optimizer.expectation import Constraint
from optimizer.lateness import Cause, Slack, attribute
from optimizer.promise import local_time


@dataclass(frozen=True)
class LatenessCause:
    """``late_by_s`` of an order's lateness and what they are due to.

    ``kind`` is purchase_order, short, stock, hold, paper, road, vehicle, capacity, delivery,
    failed_delivery or unplanned; ``constraint`` is the kind of constraint behind it. ``chain`` are the ids
    from the order down to the fact, ``words`` say it. If it were the only cause, the order would be at the
    door by ``door_at``.
    """

    kind: str
    constraint: str
    late_by_s: int
    clears_at: int
    door_at: int
    chain: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class HarmlessConstraint:
    """What stands or stood, and alone would let the order be there ``slack_s`` before its promise."""

    kind: str
    constraint: str
    slack_s: int
    clears_at: int
    chain: tuple[str, ...]


@dataclass(frozen=True)
class LateOrder:
    """How late an order is (to be), and why: the seconds of its causes add up to ``late_by_s``.

    Late is measured against the first confirmed promise; ``late_against_request_s`` against what the
    customer asked for. The causes that matter most come first; an order in time has none.
    """

    order_id: str
    status: str
    promised_at: int
    requested_at: int
    expected_at: int
    late_by_s: int
    late_against_request_s: int
    causes: tuple[LatenessCause, ...]
    harmless: tuple[HarmlessConstraint, ...]


_OF_REFUSALS = {
    "no_vehicle_at_depot": "vehicle",
    "missing_skill": "vehicle",
    "too_heavy": "vehicle",
    "too_bulky": "vehicle",
    "shift_too_short": "vehicle",
    "window_too_early": "vehicle",
    "unreachable": "road",
    "too_far": "road",
}
"""The kind of cause of each reason to leave a shipment out; any other is a matter of capacity."""


@dataclass(frozen=True)
class _Behind:
    """The facts behind one order."""

    outside: Sequence[Mapping[str, Any]]
    own: Sequence[Mapping[str, Any]]


def late_orders(
    engine: Engine, *, now: int, first: int | None = None, after: tuple[int, str] | None = None
) -> list[LateOrder]:
    """Orders that are late or will be, the worst first, each explained; cancelled ones are left out.

    At most ``first``, following the order ``after`` (its ``late_by_s`` and id).
    """
    if first is not None and first < 1:
        raise InvalidInput("first", f"wants at least 1, got {first}")
    found = engine.run(late_order_ids(engine.g, first=first, after=after))
    return explain_lateness(engine, found, now=now)


def explain_lateness(engine: Engine, order_ids: Sequence[str], *, now: int) -> list[LateOrder]:
    """Explain each order, in the order asked for: two round trips per 1,000 orders and two more.

    The figures are those of the stored expectation, so that they add up to what lists show; ``now`` only
    decides whether something is called overdue. :class:`UnknownId` for an id that is no order.
    """
    loaded = load_order_facts(engine, order_ids)
    for order_id in order_ids:
        if order_id not in loaded:
            raise UnknownId("order", f"{order_id!r} does not exist; ask for ids like order/SO-1001")
    behind: dict[str, _Behind] = {}
    for chunk in in_chunks(list(loaded), ORDERS_A_READ):
        for row in engine.run(facts_behind(engine.g, chunk)):
            behind[row["id"]] = _Behind(row["outside"], row["own"])
    shut = engine.run(closures(engine.g)) if _some_left_out(loaded.values()) else []
    return [_explained(loaded[id], behind[id], shut, now=now) for id in order_ids]


def _some_left_out(orders: Iterable[LoadedOrder]) -> bool:
    return any(shipment.left_out for order in orders for shipment in order.state.shipments)


def _explained(
    order: LoadedOrder, behind: _Behind, shut: Sequence[Mapping[str, Any]], *, now: int
) -> LateOrder:
    state = order.state
    causes: Sequence[Cause] = ()
    slack: Sequence[Slack] = ()
    if order.facts.parts:
        attribution = attribute(
            order.facts,
            _evidence(order, behind, shut),
            expected_at=state.expected_at,
            now=state.assessed_at,
            carried_out={s.warehouse_id: _carried_out(state, s, behind) for s in state.shipments},
        )
        causes, slack = attribution.causes, attribution.slack
    return LateOrder(
        state.id,
        state.status,
        state.promised_at,
        state.requested_at,
        state.expected_at,
        state.late_by_s,
        max(0, -(-(state.expected_at - state.requested_at) // 1000)),
        tuple(_cause(cause, order, behind, now=now) for cause in causes),
        tuple(
            HarmlessConstraint(
                _kind(s.constraint, s.chain, state),
                s.constraint.kind,
                s.slack_s,
                s.constraint.clears_at,
                s.chain,
            )
            for s in slack
            if _worth_telling(s, state)
        ),
    )


def _worth_telling(slack: Slack, order: OrderState) -> bool:
    """What stands, or happened after the order was placed."""
    return slack.constraint.open or slack.constraint.clears_at > order.placed_at


def _evidence(order: LoadedOrder, behind: _Behind, shut: Sequence[Mapping[str, Any]]) -> nx.DiGraph[str]:
    """From the order through what proves its constraints to the facts, which have their time as ``at``."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    parts = order.facts.parts
    for constraint in (*order.facts.constraints, *(c for part in parts for c in part.constraints)):
        nx.add_path(graph, constraint.evidence)
        for path, at in _FURTHER.get(constraint.kind, _nothing)(constraint, behind):
            nx.add_path(graph, (constraint.evidence[-1], *path))
            graph.nodes[path[-1]]["at"] = at
    for shipment in order.state.shipments:
        for out in shipment.left_out:
            for closure in shut:
                if _names(out.detail, closure["id"]):
                    nx.add_path(graph, (out.plan_id, closure["id"], *closure["event"]))
                    graph.nodes[(closure["id"], *closure["event"])[-1]]["at"] = closure["since_at"]
    return graph


def _names(detail: str, id: str) -> bool:
    """Whether a reason in words names a thing by its id, and not one whose id only begins like it."""
    return re.search(rf"{re.escape(id)}(?![\w/-])", detail) is not None


_Paths = Iterable[tuple[tuple[str, ...], int]]


def _nothing(constraint: Constraint, behind: _Behind) -> _Paths:  # noqa: ARG001
    return ()


def _delays(constraint: Constraint, behind: _Behind) -> _Paths:
    """A supplier put the purchase-order line off."""
    for fact in behind.outside:
        if fact["kind"] == "purchase_order_delayed" and fact["subject"] == constraint.evidence[-1]:
            yield (fact["id"],), fact["occurred_at"]


def _receipts(constraint: Constraint, behind: _Behind) -> _Paths:
    """The goods came into stock at that time."""
    for fact in behind.outside:
        if fact["kind"] == "stock_received" and fact["occurred_at"] == constraint.clears_at:
            yield (fact["id"],), fact["occurred_at"]


def _counts(constraint: Constraint, behind: _Behind) -> _Paths:
    """A count of the SKU's stock found less than was reserved."""
    for fact in behind.outside:
        if fact["kind"] == "stock_counted" and ids.parts(fact["subject"])[1:2] == ids.parts(
            constraint.evidence[-1]
        ):
            yield (fact["subject"], fact["id"]), fact["occurred_at"]


def _own(constraint: Constraint, behind: _Behind) -> _Paths:
    """What is recorded of the hold or paper itself."""
    for fact in behind.own:
        if fact["subject"] == constraint.evidence[-1]:
            yield (fact["id"],), fact["occurred_at"]


_FURTHER: Mapping[str, Callable[[Constraint, _Behind], _Paths]] = {
    "inbound": _delays,
    "stock": _receipts,
    "short": _counts,
    "hold": _own,
    "paper": _own,
}


def _carried_out(order: OrderState, shipment: ShipmentState, behind: _Behind) -> tuple[str, ...]:
    """The way to what tells how a shipment went: its handing over, its stop, or its failure."""
    recorded = sorted(
        (fact["occurred_at"], fact["id"])
        for fact in behind.own
        if fact["subject"] == shipment.id and fact["kind"] in ("shipment_delivered", "shipment_failed")
    )
    if shipment.delivered_at is None and shipment.stops:
        stop = shipment.stops[-1]
        vehicle_id = ids.make("vehicle", ids.parts(stop.route_id)[-1])
        return order.id, shipment.id, stop.id, stop.route_id, vehicle_id
    if recorded:
        return order.id, shipment.id, recorded[-1][1]
    return order.id, shipment.id


def _cause(cause: Cause, order: LoadedOrder, behind: _Behind, *, now: int) -> LatenessCause:
    kind = _kind(cause.constraint, cause.chain, order.state)
    return LatenessCause(
        kind,
        cause.constraint.kind,
        cause.late_by_s,
        cause.constraint.clears_at,
        cause.door_at,
        cause.chain,
        _words(kind, cause, order, behind, now=now),
    )


def _kind(constraint: Constraint, chain: Sequence[str], order: OrderState) -> str:
    match constraint.kind:
        case "inbound":
            return "purchase_order"
        case "stock":
            return "purchase_order" if chain[-1].startswith("event/") else "stock"
        case "left_out":
            if any(id.startswith("road-event/") for id in chain):
                return "road"
            return _OF_REFUSALS.get(_refusal(constraint, order)[0], "capacity")
        case "unplanned" if chain[-1].startswith("event/"):
            return "failed_delivery"
        case kind:
            return kind


def _refusal(constraint: Constraint, order: OrderState) -> tuple[str, str]:
    """The reason and detail with which a plan left the order's shipment out."""
    for shipment in order.shipments:
        for out in shipment.left_out:
            if (shipment.id, out.plan_id) == constraint.evidence[1:3]:
                return out.reason, out.detail
    return "left_out", "left out"


def _why_it_failed(event_id: str, behind: _Behind) -> str:
    """The reason that was recorded with a failed delivery, in brackets."""
    reasons = [json.loads(fact["data"]).get("reason") for fact in behind.own if fact["id"] == event_id]
    return "".join(f" ({reason})" for reason in reasons if reason)


def _words(kind: str, cause: Cause, order: LoadedOrder, behind: _Behind, *, now: int) -> str:
    time_zone = order.facts.parts[0].calendar.time_zone
    constraint, chain = cause.constraint, cause.chain
    cleared = local_time(constraint.clears_at, time_zone)
    door = local_time(cause.door_at, time_zone)
    overdue = ", which is overdue" if constraint.open and constraint.clears_at <= now else ""
    last = constraint.evidence[-1]
    match constraint.kind:
        case "inbound":
            said = "was put off and is" if chain[-1] != last else "is"
            text = f"{last} {said} expected on {cleared}{overdue}"
        case "stock" if kind == "purchase_order":
            text = f"the goods came into {last} only on {cleared}"
        case "stock":
            text = f"the goods are in {last} only from {cleared}"
        case "short":
            found = f", {chain[-2]} was counted" if chain[-1] != last else ""
            text = f"{last} is short{found}; a supplier can send more by {cleared}{overdue}"
        case "hold":
            until = (
                f"should be released on {cleared}{overdue}" if constraint.open else f"was on until {cleared}"
            )
            text = f"{last} {until}"
        case "paper":
            until = f"should come on {cleared}{overdue}" if constraint.open else f"came only on {cleared}"
            text = f"{last} {until}"
        case "left_out":
            text = f"{last} left it out: {_refusal(constraint, order.state)[1]}"
        case "vehicle":
            text = f"{chain[-1]} brings it on {door}, later than it was ready for"
        case "delivery":
            text = f"it was handed over on {door}, later than what it waited for explains"
        case "unplanned" if kind == "failed_delivery":
            text = f"it could not be handed over{_why_it_failed(chain[-1], behind)} and has to go again"
        case _:
            text = "nothing keeps it, but no plan took it while it could still be in time"
    hours = cause.late_by_s / 3600
    return f"{text}; by {door} at the door ({hours:.1f} h of the lateness)"
