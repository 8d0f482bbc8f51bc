"""Putting a draft in force: one unit switches the day's plan and everything that follows from it."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from api.operations.batches import in_chunks
from api.operations.day_to_plan import refuse_departed
from api.operations.expectation import LoadedOrder, Warehouses, load_order_facts, load_warehouses
from api.operations.local_days import demand_not_past, parse_day
from api.operations.order_changes import OrderChange, back_off, projected, write_orders
from api.operations.plan_draft import segment_ids_of
from graph.engines.port import Engine
from graph.errors import Conflict, StatementMissed, UnknownId
from graph.schema import ids
from graph.schema.lifecycle import ORDER
from graph.traversals import planning
from graph.traversals.elements import link
from graph.traversals.events import NewEvent
from graph.traversals.facts import LeftOut, OrderState, PlannedStop, ShipmentState

SOURCE = "publishPlan"
ATTEMPTS = 8
"""How often the unit is decided anew when an order it concerns changed meanwhile."""
NAMED_AT_MOST = 5
"""How many of the reasons against a plan an error spells out."""
CROSSINGS_A_UNIT = 1000
ROUTES_A_READ = 100
ROUTES_A_UNIT = 5


@dataclass(frozen=True)
class Published:
    """A plan in force: the one it superseded, and how many orders it routed, gave back or put off.

    ``changed`` is false when it was in force already.
    """

    plan_id: str
    day: str
    superseded_id: str | None
    routed: int
    back_to_ready: int
    put_off: int
    changed: bool


@dataclass(frozen=True)
class _Contents:
    """What a plan says, serves and leaves out; ``stops`` and ``left_out`` are (order, ...) by shipment.

    ``loads`` has, by route, what its shipments weigh (g) and measure (ml) now.
    """

    head: Mapping[str, Any]
    routes: Sequence[Mapping[str, Any]]
    stops: Mapping[str, tuple[str, PlannedStop]]
    left_out: Mapping[str, tuple[str, LeftOut]]
    loads: Mapping[str, tuple[int, int]]

    @property
    def id(self) -> str:
        """The plan's id."""
        return str(self.head["id"])

    @property
    def order_ids(self) -> set[str]:
        """The orders it concerns."""
        return {order_id for order_id, _ in (*self.stops.values(), *self.left_out.values())}


def publish_plan(engine: Engine, plan_id: str, *, now: int, rng: random.Random | None = None) -> Published:
    """Put a draft in force, instead of the day's plan that is in force now.

    Orders it serves become routed and are expected when their stop is; orders it leaves out, and those
    only the superseded plan served, are ready and expected on a later day. Publishing the plan in force
    again changes nothing; of two drafts published at once for one day one wins.

    Raises :class:`~graph.errors.UnknownId`, and :class:`~graph.errors.Conflict` when the plan is no draft
    or an incomplete one, when orders, shipments or streets changed since it was drafted (naming them),
    when a vehicle of the plan in force has left, or when another plan was published meanwhile;
    :class:`~graph.errors.InvalidInput` when its day is past.

    What the routes cross is written before the unit and dropped for superseded routes after it, in
    batches that may be repeated, so that a plan in force never lacks any.
    """
    pauses = random.Random(plan_id) if rng is None else rng
    day = _head(engine, plan_id)["day"]
    superseded_id = _in_force(engine, day)
    for attempt in range(ATTEMPTS):
        in_force_id = superseded_id if attempt == 0 else _in_force(engine, day)
        if in_force_id == plan_id:
            published = Published(plan_id, day, None, routed=0, back_to_ready=0, put_off=0, changed=False)
        elif in_force_id != superseded_id:
            raise Conflict(
                f"{plan_id} is not published: {in_force_id} was published for {day} at the same time; "
                "look at that plan, and publish this one again if it shall replace it"
            )
        else:
            try:
                published = _publish_once(engine, plan_id, superseded_id, now=now)
            except Conflict as conflict:
                if not isinstance(conflict, StatementMissed) and _in_force(engine, day) == superseded_id:
                    raise
                last = conflict  # something moved between reading and writing: look again
                back_off(attempt, pauses)
                continue
        _uncross_superseded(engine, day)
        return published
    raise Conflict(f"{plan_id} is not published, others kept changing what it concerns: {last}")


def _publish_once(engine: Engine, plan_id: str, superseded_id: str | None, *, now: int) -> Published:
    plan = _contents(engine, plan_id)
    day = plan.head["day"]
    _refuse_unfinished(plan)
    refuse_departed(engine.run(planning.plan_in_force(engine.g, day)))
    warehouses = load_warehouses(engine)
    demand_not_past(parse_day(day), warehouses, now=now)
    before = _contents(engine, superseded_id) if superseded_id else None
    concerned = sorted(plan.order_ids | (before.order_ids if before else set()))
    orders = load_order_facts(engine, concerned, warehouses=warehouses)
    _refuse_outdated(plan, orders, superseded_id)
    _cross(engine, plan)
    _refuse_closed(engine, plan_id)
    changes = list(_changes(orders, plan, superseded_id, warehouses, now=now))
    engine.transact(
        [
            *planning.publish(
                engine.g, day=day, plan_id=plan_id, superseded_id=superseded_id, routes=len(plan.routes)
            ),
            *write_orders(engine, changes, warehouses=warehouses, now=now),
        ]
    )
    return Published(
        plan_id,
        day,
        superseded_id,
        routed=len({order_id for order_id, _ in plan.stops.values()}),
        back_to_ready=sum((c.read.status, c.state.status) == ("routed", "ready") for c in changes),
        put_off=len({order_id for order_id, _ in plan.left_out.values()}),
        changed=True,
    )


def _head(engine: Engine, plan_id: str) -> Mapping[str, Any]:
    heads: list[Mapping[str, Any]] = engine.run(planning.plan_heads(engine.g, [plan_id]))
    if not heads:
        raise UnknownId("plan", f"{plan_id!r} does not exist; ids are like plan/2026-03-03/1")
    return heads[0]


def _in_force(engine: Engine, day: str) -> str | None:
    plans = engine.run(planning.plan_in_force(engine.g, day))
    return str(plans[0]["id"]) if plans else None


def _contents(engine: Engine, plan_id: str) -> _Contents:
    g = engine.g
    head = _head(engine, plan_id)
    stops: dict[str, tuple[str, PlannedStop]] = {}
    loads: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in engine.run(planning.stops_of(g, [plan_id])):
        for served in row["serves"]:
            stop = PlannedStop(
                row["id"], row["status"], row["route"], "published", row["arrive_at"], row["departs_at"]
            )
            stops[served["id"]] = (served["order"], stop)
            weight_g, volume_ml = loads[row["route"]]
            loads[row["route"]] = (weight_g + served["weight_g"], volume_ml + served["volume_ml"])
    left_out = {
        row["shipment"]: (row["order"], LeftOut(plan_id, head["day"], row["reason"], row["detail"]))
        for row in engine.run(planning.left_out_of(g, [plan_id]))
    }
    return _Contents(head, engine.run(planning.loads_of(g, [plan_id])), stops, left_out, loads)


def _refuse_unfinished(plan: _Contents) -> None:
    """Raise :class:`Conflict` unless the plan is a draft that was written to its end."""
    head = plan.head
    if head["status"] != "draft":
        raise Conflict(f"{plan.id} is {head['status']}; only a draft is published: plan the day again")
    if not planning.written_to_its_end(head):
        raise Conflict(
            f"{plan.id} was not written to its end ({len(plan.stops)} of {head['served']} stops, "
            f"{len(plan.left_out)} of {head['left_out']} refusals are there): plan the day again"
        )


def _refuse_outdated(plan: _Contents, orders: Mapping[str, LoadedOrder], superseded_id: str | None) -> None:
    """Raise :class:`Conflict` naming what of the served orders is no longer as it was planned."""
    reasons = []
    for shipment_id, (order_id, _) in sorted(plan.stops.items()):
        order = orders[order_id]
        shipment = next(s for s in order.state.shipments if s.id == shipment_id)
        elsewhere = [s.route_id for s in shipment.stops if not _is_of(s, superseded_id)]
        if order.status not in planning.ROUTABLE_ORDERS:
            reasons.append(f"{order_id} is {order.status}")
        elif shipment.status not in planning.ROUTABLE_SHIPMENTS:
            reasons.append(f"{shipment_id} is {shipment.status}")
        elif elsewhere:
            reasons.append(f"{shipment_id} is on {elsewhere[0]}")
    for route in plan.routes:
        planned, now = (route["weight_g"], route["volume_ml"]), plan.loads[route["id"]]
        if planned != now:
            reasons.append(f"{route['id']} was loaded with {planned[0]} g, its shipments weigh {now[0]} g")
    if reasons:
        more = f" and {len(reasons) - NAMED_AT_MOST} more" if len(reasons) > NAMED_AT_MOST else ""
        raise Conflict(
            f"{plan.id} is outdated: {'; '.join(reasons[:NAMED_AT_MOST])}{more}. Plan the day again"
        )


def _cross(engine: Engine, plan: _Contents) -> None:
    """Write which streets each route crosses; repeating it changes nothing."""
    crossed: dict[tuple[str, str], None] = {}
    for routes in in_chunks([route["id"] for route in plan.routes], ROUTES_A_READ):
        for drive in engine.run(planning.drives_of(engine.g, routes)):
            crossed |= dict.fromkeys((drive["route"], id) for id in segment_ids_of(drive["path"]))
    for ends in in_chunks(list(crossed), CROSSINGS_A_UNIT):
        engine.transact(link(engine.g, "CROSSES", ends))


def _refuse_closed(engine: Engine, plan_id: str) -> None:
    closed = engine.run(planning.closed_streets(engine.g, plan_id))
    if closed:
        raise Conflict(
            f"{plan_id} crosses {', '.join(closed[:NAMED_AT_MOST])}, closed since it was drafted: "
            "plan the day again"
        )


def _uncross_superseded(engine: Engine, day: str) -> None:
    """Routes of superseded plans cross nothing any more."""
    for routes in in_chunks(engine.run(planning.no_longer_crossed(engine.g, day)), ROUTES_A_UNIT):
        engine.run(planning.uncross(engine.g, routes))


def _changes(
    orders: Mapping[str, LoadedOrder],
    plan: _Contents,
    superseded_id: str | None,
    warehouses: Warehouses,
    *,
    now: int,
) -> Iterator[OrderChange]:
    """How the orders stand once the plan is in force: those that it, or the superseded plan, concerns."""
    for order in orders.values():
        if order.status in ORDER.final:
            continue
        state = _as_planned(order.state, plan, superseded_id)
        if state == order.state:
            continue
        change = OrderChange(order, state, ())
        expected_at = projected(change, warehouses, now=now).expected_at
        yield replace(change, events=tuple(_events(change, plan, expected_at, now=now)))


def _as_planned(order: OrderState, plan: _Contents, superseded_id: str | None) -> OrderState:
    shipments = tuple(_shipment_as_planned(s, plan, superseded_id) for s in order.shipments)
    status = order.status
    if status in ORDER.before("routed"):
        status = "routed" if any(shipment.stops for shipment in shipments) else "ready"
        ORDER.demand(now=order.status, then=status, id=order.id)
    return replace(order, status=status, shipments=shipments)


def _shipment_as_planned(
    shipment: ShipmentState, plan: _Contents, superseded_id: str | None
) -> ShipmentState:
    stops = [stop for stop in shipment.stops if not _is_of(stop, superseded_id)]
    left_out = [left_out for left_out in shipment.left_out if left_out.plan_id != superseded_id]
    if shipment.id in plan.stops:
        stops.append(plan.stops[shipment.id][1])
    if shipment.id in plan.left_out:
        left_out.append(plan.left_out[shipment.id][1])
    return replace(shipment, stops=tuple(stops), left_out=tuple(left_out))


def _is_of(stop: PlannedStop, plan_id: str | None) -> bool:
    return plan_id is not None and ids.parts(stop.route_id)[:2] == ids.parts(plan_id)


def _events(change: OrderChange, plan: _Contents, expected_at: int, *, now: int) -> Iterator[NewEvent]:
    """What to tell of an order: that it is on a route, on none any more, or expected at another time."""
    order = change.state
    served = [s for s in order.shipments if s.id in plan.stops]
    left_out = [plan.left_out[s.id][1] for s in order.shipments if s.id in plan.left_out]
    data: dict[str, object] = {
        "cause": plan.id,
        "from": change.read.state.expected_at,
        "to": expected_at,
    }
    if left_out:
        data["left_out"] = [{"reason": one.reason, "detail": one.detail} for one in left_out]
    if served and order.status == "routed":
        data["stops"] = [plan.stops[shipment.id][1].id for shipment in served]
        kind = "order_routed"
    elif order.status != change.read.status:
        kind = f"order_{order.status}"
    elif expected_at != change.read.state.expected_at:
        kind = "order_expected_changed"
    else:
        return
    about = tuple(shipment.id for shipment in served)
    yield NewEvent(kind, now, SOURCE, order.id, data, about=about)
