"""A case for every traversal of the project: what it is asked on the Monday of the small world."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import P

from graph.engines.port import EdgeRow, Engine, Statement, VertexRow
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.schema.lifecycle import ORDER, STOP
from graph.schema.model import SCHEMA
from graph.traversals import (
    audit,
    browse,
    elements,
    events,
    facts,
    jobs,
    lateness,
    neighbourhood,
    ordering,
    planning,
    projection,
    readiness,
    recording,
    requests,
    roads,
    sourcing,
    summary,
    supply,
)
from tests.check.lived_day import (
    COLD,
    GONE,
    HELD,
    INBOUND,
    KITS,
    MOTORS,
    PAPERLESS,
    PLAN,
    SHORT,
    TUESDAY,
)
from tests.worlds import (
    BOLT,
    C1,
    C3,
    DAY_MS,
    LAST,
    MOTOR_INBOUND,
    START_AT,
    UNIT,
    VALVE,
    VALVE_INBOUND,
    W1,
    W2,
    location_of,
)

Asking = Callable[..., Any]


@dataclass(frozen=True)
class Case:
    """What one function is asked with. ``rows_in_order``: its answers come in an order that it promises;
    ``lists_in_order``: so do the lists within them. ``answers``: there are some.
    """

    function: Asking
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)
    rows_in_order: bool = False
    lists_in_order: bool = False
    answers: bool = True

    def __str__(self) -> str:
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    def asked(self, g: GraphTraversalSource) -> GraphTraversal:
        """The traversal."""
        made: GraphTraversal = self.function(g, *self.arguments, **self.named)
        return made


def reads(function: Asking, *arguments: Any, **named: Any) -> Case:
    """A case whose order says nothing."""
    return Case(function, arguments, named)


def rows(function: Asking, *arguments: Any, **named: Any) -> Case:
    """A case whose answers come in order."""
    return Case(function, arguments, named, rows_in_order=True)


def none(function: Asking, *arguments: Any, **named: Any) -> Case:
    """A case that finds nothing here: what it looks for must not be."""
    return Case(function, arguments, named, answers=False)


ORDERS = [KITS, COLD, MOTORS, SHORT, HELD, "order/none"]
SEGMENTS = ["road-segment/100", "road-segment/201", "road-segment/none"]
BOLTS_AT_W1 = ids.stock(W1, BOLT)
ROUTES = [ids.route(PLAN, f"vehicle/V-{n}") for n in (1, 2)]
CLOSURE = "road-event/BRIDGE"
BY_DATE = browse.Sort("promised_at", descending=True)


def _placed(start: GraphTraversal) -> GraphTraversal:
    return start.out("PLACED")


def _supplied(start: GraphTraversal) -> GraphTraversal:
    return start.in_e("SUPPLIES")


ALL_ORDERS = browse.Origin("Order")
ORDERS_OF_C1 = browse.Origin("Order", C1, _placed)
NOT_GONE = [browse.Condition("status", P.neq("cancelled"))]
ORDERS_AND_LINES = (
    browse.Branch(
        _placed,
        "promised_at",
        (
            browse.Branch(lambda t: t.out("HAS_SHIPMENT"), "weight_g", ()),
            browse.Branch(
                lambda t: t.out("HAS_LINE").has_label("OrderLine"),
                "number",
                (browse.Branch(lambda t: t.out("ORDERS"), None, ()),),
            ),
        ),
    ),
    browse.Branch(lambda t: t.out("TAKES_IN_AT"), None, ()),
)

READS: tuple[Case, ...] = (
    *(
        reads(function)
        for function in (
            audit.stocks, audit.purchase_order_lines, audit.skus, audit.warehouses, audit.warehouse_days,
            audit.orders, audit.order_lines, audit.allocations, audit.purchase_order_warehouses,
            audit.components, audit.holds, audit.papers, audit.shipments, audit.plans_in_force,
            audit.plan_heads, audit.closed_segments, audit.road_versions, lateness.closures,
            roads.network_state, roads.junctions, roads.segments, roads.closed_segment_ids,
            roads.segment_lengths, roads.segment_speeds, roads.turn_restrictions, summary.counts_by_kind,
            summary.order_figures, summary.sourced_orders, supply.warehouse_terms,
        )
    ),
    *(none(function) for function in (audit.deliveries, audit.open_yet_closed, audit.unruly_plans)),
    none(audit.routes_without_driver),
    *(rows(function) for function in (planning.vehicles, planning.warehouses, roads.warehouse_snaps)),
    Case(audit.order_events, lists_in_order=True),
    Case(roads.closures, rows_in_order=True),
    *(
        reads(function, [PLAN, "plan/none"])
        for function in (
            audit.routes_of, audit.stops_of, audit.drives_of, audit.left_out_of, planning.plan_heads,
            planning.stops_of, planning.loads_of, planning.left_out_of,
        )
    ),
    reads(audit.snaps, [W1, W2, location_of(C1)]),
    reads(audit.transits, [location_of(C1), location_of(C3)]),
    reads(audit.segments, SEGMENTS),
    none(audit.incomplete, "Sku", ["name", "weight_g"]),
    reads(audit.incomplete, "Paper", ["kind", "attached_at"]),
    reads(audit.outside_choice, "Order", "status", ["sourced", "routed"]),
    none(audit.misplaced_edges, "DRAWS_ON", SCHEMA.edge("DRAWS_ON").ends),
    reads(audit.misplaced_edges, "DRAWS_ON", [("Allocation", "PurchaseOrderLine")]),
    reads(audit.with_several, "Warehouse", "HOLDS"),
    reads(audit.without_exactly_one, "Order", "HELD_BY", away=True),
    reads(audit.without_exactly_one, "Sku", "STOCK_OF", away=False),
    reads(browse.vertices, ORDERS),
    reads(browse.latest, "Event", "recorded_at"),
    rows(browse.page, ALL_ORDERS, conditions=NOT_GONE, cut=browse.Slice(BY_DATE, 4)),
    rows(
        browse.page, ALL_ORDERS, conditions=[],
        cut=browse.Slice(
            browse.Sort("placed_at"), 3, after=browse.Position(START_AT, MOTORS),
            before=browse.Position(START_AT, GONE), from_end=True,
        ),
    ),
    rows(browse.page, ORDERS_OF_C1, conditions=[], cut=browse.Slice(BY_DATE, 10)),
    reads(browse.count, ALL_ORDERS, conditions=NOT_GONE),
    reads(browse.count, ORDERS_OF_C1, conditions=[browse.Condition("late_by_s", P.gte(0))]),
    Case(
        browse.linked, ([C1, C3, "customer/none"],), {"walk": _placed, "order_by": "promised_at"},
        lists_in_order=True,
    ),
    reads(browse.linked, [C1], walk=_placed, order_by=None),
    reads(browse.tree, BOLT, ()),
    none(browse.tree, "customer/none", ORDERS_AND_LINES),
    Case(browse.tree, (C1, ORDERS_AND_LINES), lists_in_order=True),
    reads(browse.linked_by_edges, [BOLT, VALVE], walk=_supplied, backwards=True),
    reads(browse.linked_by_edges, [BOLT, VALVE], walk=_supplied, backwards=False),
    Case(
        browse.linked_pages, ([C1, C3],),
        {"walk": _placed, "conditions": NOT_GONE, "cut": browse.Slice(BY_DATE, 2)}, lists_in_order=True,
    ),
    reads(browse.linked_counts, [C1, C3], walk=_placed, conditions=NOT_GONE),
    reads(facts.order_states, ORDERS),
    rows(lateness.late_orders),
    rows(lateness.late_orders, first=1),
    Case(lateness.late_orders, (), {"after": (0, KITS)}, rows_in_order=True, answers=False),
    reads(lateness.facts_behind, [HELD, KITS]),
    reads(
        neighbourhood.ring, [KITS, BOLT, W1], leaving=["HAS_LINE", "HOLDS"], arriving=["STOCK_OF"],
        fan_out=50,
    ),
    reads(ordering.customer_addresses, [C1, C3, "customer/none"]),
    reads(ordering.numbers_taken, ORDERS),
    reads(planning.addresses, [location_of(C1)]),
    none(planning.closed_streets, PLAN),
    reads(planning.drives_of, ROUTES),
    none(planning.no_longer_crossed, TUESDAY),
    reads(planning.orders_of_plan_in_force, TUESDAY),
    rows(planning.orders_to_plan, TUESDAY),
    reads(planning.plan_in_force, TUESDAY),
    reads(planning.plans_of_day, TUESDAY),
    reads(planning.shipments_to_plan, ORDERS, TUESDAY),
    rows(readiness.orders_to_assess, day=TUESDAY, promised_before=START_AT + 3 * DAY_MS),
    none(recording.departures_after, BOLTS_AT_W1, after=0),
    rows(recording.draws_on, BOLTS_AT_W1),
    reads(recording.event_data, "event/SO-1/1"),
    reads(recording.events_after, HELD, kinds=["hold_set", "order_promised"], after=START_AT),
    reads(recording.existing, ORDERS),
    rows(recording.free_receipts, sku_id=VALVE, warehouse_id=W1),
    reads(recording.handed_over, ["order-line/SO-1/1", "order-line/SO-2/1"]),
    reads(recording.hold_order, ids.hold(HELD, "credit")),
    reads(recording.lead_times, BOLT),
    reads(recording.open_segments, SEGMENTS),
    rows(recording.orders_drawing_on, VALVE_INBOUND, not_available_at=0),
    reads(recording.purchase_order_line, VALVE_INBOUND),
    reads(recording.road_event, CLOSURE),
    reads(recording.route_stops, ROUTES),
    reads(recording.shipment_order, ids.shipment(KITS, W1)),
    reads(recording.stock, BOLTS_AT_W1),
    reads(requests.request, "request/recordEvent/test%2Ffact-0"),
    reads(requests.request_ids, "request/recordEvent/test%2Ffact-0"),
    reads(roads.referring, SEGMENTS),
    reads(roads.snaps, [W1, location_of(C3)]),
    reads(sourcing.distances, ORDERS),
    reads(sourcing.orders_in_status, "routed"),
    reads(sourcing.shipment_days, ORDERS),
    reads(sourcing.warehouse_days, since=TUESDAY),
    reads(summary.plan_in_force, ids.planning_day(TUESDAY)),
    Case(supply.sku_supplies, ([UNIT, BOLT, LAST, "sku/none"],)),
    none(jobs.jobs, ["job/none"]),
    none(jobs.running_jobs, other_than="me"),
)  # fmt: skip


@dataclass(frozen=True)
class Writing:
    """A unit made by ``functions``, the first of which it is the case of."""

    functions: tuple[Asking, ...]
    unit: Callable[[GraphTraversalSource, Seen], list[Statement]]

    def __str__(self) -> str:
        function = self.functions[0]
        return f"{function.__module__.rpartition('.')[2]}.{function.__name__}"


class Seen:
    """What the graph has before a unit."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def properties(self, id: str, **changed: PropertyValue) -> dict[str, PropertyValue]:
        """Those of a vertex, some of them changed."""
        (found,) = self.engine.run(self.engine.g.V(id).element_map())
        return {**{k: v for k, v in found.items() if k not in ("id", "label")}, **changed}

    def value(self, id: str, name: str) -> Any:
        """One property of a vertex."""
        return self.properties(id)[name]

    def from_(self, id: str, *labels: str) -> list[str]:
        """The ids that walks along edges come to."""
        walk = self.engine.g.V(id)
        for label in labels:
            walk = walk.out(label)
        return sorted(self.engine.run(walk.id_()))


def _event(order_id: str) -> events.NewEvent:
    return events.NewEvent(
        "order_promised",
        START_AT,
        "test",
        order_id,
        {"ñ": 1},
        about=(order_id.replace("order", "order-line") + "/1",),
    )


def _entry(seen: Seen, order_id: str) -> events.OrderEntry:
    event = events.NewEvent("order_promised", START_AT, "test", order_id, {"note": "é"})
    return events.OrderEntry(order_id, seen.value(order_id, "event_count"), (event,))


_JOB: dict[str, PropertyValue] = {
    "status": "running",
    "kind": "plan_routes",
    "subject": "planning-day/x",
    "arguments": "{}",
    "started_at": START_AT,
    "runner": "r1",
    "lease_ends_at": START_AT,
}


def _new_allocation(seen: Seen, order_id: str, number: int) -> ordering.NewAllocation:
    line_id = ids.order_line(order_id, 1)
    terms = seen.properties(
        "allocation/SO-1/1/1", available_at=seen.value(VALVE_INBOUND, "expected_at"), quantity=1
    )
    return ordering.NewAllocation(ids.allocation(line_id, number), line_id, VALVE, VALVE_INBOUND, terms)


def _new_order(seen: Seen) -> ordering.NewOrder:
    order_id, line_id = ids.order("NEW-é 1"), ids.order_line(ids.order("NEW-é 1"), 1)
    allocation = _new_allocation(seen, order_id, 1)
    place = ids.make("location", "given", "NEW")
    given = seen.properties(location_of(C1), address="Calle Ñ 3")
    snap: dict[str, PropertyValue] = {"offset_m": 1.5, "distance_m": 0.25}
    paper = seen.engine.run(seen.engine.g.V(PAPERLESS).out("NEEDS_PAPER").has("status", "missing").id_())[0]
    return ordering.NewOrder(
        order_id,
        C1,
        place,
        seen.properties(KITS, status="promised", event_count=1),
        (ordering.NewLine(line_id, VALVE, seen.properties("order-line/SO-1/1")),),
        (allocation,),
        (ordering.NewPaper(ids.paper(order_id, "invoice"), seen.properties(paper, kind="invoice")),),
        (events.NewEvent("order_promised", START_AT, "test", order_id),),
        ordering.NewAddress(
            place, given, "road-segment/100", snap, (ordering.WayTo(W1, 60, 500), ordering.WayTo(W2, 90, 800))
        ),
    )


def _draft(seen: Seen, number: int) -> VertexRow:
    none_of_it: dict[str, PropertyValue] = {"routes": 0, "served": 0, "left_out": 0}
    return VertexRow("Plan", ids.plan(TUESDAY, number), seen.properties(PLAN, status="draft", **none_of_it))


def _sourced(seen: Seen) -> sourcing.SourcedOrder:
    (line,), (allocation,) = seen.from_(MOTORS, "HAS_LINE"), seen.from_(MOTORS, "HAS_LINE", "HAS_ALLOCATION")
    (shipment,) = seen.from_(MOTORS, "HAS_SHIPMENT")
    other = W1 if shipment.endswith("W-2") else W2
    return sourcing.SourcedOrder(
        MOTORS,
        lines={},
        confirmed={allocation: {"reason": "as before", "cost": 7}},
        reserved=(),
        released=(),
        added=(),
        rejected={(line, W1): {"reason": "further away", "extra_cost": 12}},
        shipments=(
            sourcing.NewShipment(MOTORS, other, "2026-03-09", seen.properties(ids.shipment(KITS, W1))),
        ),
        repacked={shipment: {"weight_g": 5, "volume_ml": 6}},
        cancelled={},
        packs=((ids.shipment(MOTORS, other), allocation),),
        unpacked=(allocation,),
    )


def _ended(seen: Seen) -> sourcing.EndedOrder:
    allocations = seen.from_(BOLTS, "HAS_LINE", "HAS_ALLOCATION")
    return sourcing.EndedOrder(
        BOLTS,
        tuple(seen.from_(BOLTS, "HAS_LINE")),
        {id: seen.value(id, "state") for id in allocations},
        tuple(seen.from_(BOLTS, "HAS_SHIPMENT")),
        (),
    )


BOLTS = ids.order("SO-4")

WRITES: tuple[Writing, ...] = (
    Writing(
        (elements.add_vertices,),
        lambda g, seen: elements.add_vertices(
            g, "Supplier", {f"supplier/NEW {n}": {"name": f"Née {n}", "country": "CL"} for n in range(3)}
        ),
    ),
    Writing(
        (elements.change_vertices,),
        lambda g, seen: elements.change_vertices(
            g, "Sku", {BOLT: {"price": 151, "name": "Bolt"}, LAST: {"price": 5_001, "name": "Last"}}
        ),
    ),
    Writing((elements.link,), lambda g, seen: elements.link(g, "HOLDS", [(W1, ids.stock(W2, BOLT))])),
    Writing(
        (elements.link_with,),
        lambda g, seen: elements.link_with(g, "COMPONENT_OF", {(BOLT, UNIT): {"quantity": 4}}),
    ),
    Writing(
        (elements.move_status,),
        lambda g, seen: elements.move_status(g, [HELD], key="status", before=ORDER.states, target="blocked"),
    ),
    Writing(
        (events.fact_event,),
        lambda g, seen: events.fact_event(
            g, event_id=ids.fact("test", "é"), event=_event(KITS), recorded_at=START_AT
        ),
    ),
    Writing(
        (events.order_events,),
        lambda g, seen: events.order_events(
            g,
            order_id=KITS,
            seen=seen.value(KITS, "event_count"),
            events=[_event(KITS)] * 2,
            recorded_at=START_AT,
        ),
    ),
    Writing(
        (events.many_order_events,),
        lambda g, seen: events.many_order_events(g, [_entry(seen, o) for o in (KITS, COLD)], START_AT),
    ),
    Writing(
        (events.new_order_events,),
        lambda g, seen: events.new_order_events(g, [_entry(seen, MOTORS)], START_AT),
    ),
    Writing(
        (events.raise_versions,),
        lambda g, seen: events.raise_versions(g, [_entry(seen, o) for o in (SHORT, HELD)]),
    ),
    Writing((jobs.new_job,), lambda g, seen: jobs.new_job(g, job_id="job/1", values=_JOB)),
    Writing(
        (jobs.renew_lease, jobs.new_job),
        lambda g, seen: [
            *jobs.new_job(g, job_id="job/2", values=_JOB),
            jobs.renew_lease(g, job_id="job/2", runner="r1", lease_ends_at=START_AT + 1),
        ],
    ),
    Writing(
        (jobs.end_job, jobs.new_job),
        lambda g, seen: [
            *jobs.new_job(g, job_id="job/3", values=_JOB),
            jobs.end_job(
                g, job_id="job/3", runner="r1", status="interrupted", outcome="cut off", ended_at=START_AT
            ),
        ],
    ),
    Writing(
        (jobs.run_again, jobs.end_job, jobs.new_job),
        lambda g, seen: [
            *jobs.new_job(g, job_id="job/4", values={**_JOB, "status": "interrupted"}),
            jobs.run_again(g, job_id="job/4", runner="r2", started_at=START_AT, lease_ends_at=START_AT),
        ],
    ),
    Writing(
        (ordering.write_allocations,),
        lambda g, seen: ordering.write_allocations(g, [_new_allocation(seen, INBOUND, n) for n in (8, 9)]),
    ),
    Writing(
        (ordering.write_orders,),
        lambda g, seen: ordering.write_orders(g, [_new_order(seen)], recorded_at=START_AT),
    ),
    Writing(
        (planning.new_plan,),
        lambda g, seen: planning.new_plan(g, day=TUESDAY, plan=_draft(seen, 7)),
    ),
    Writing(
        (planning.abandon, planning.new_plan),
        lambda g, seen: [
            *planning.new_plan(g, day=TUESDAY, plan=_draft(seen, 8)),
            *planning.abandon(g, ids.plan(TUESDAY, 8)),
        ],
    ),
    Writing(
        (planning.upserts,),
        lambda g, seen: planning.upserts(
            g,
            [VertexRow("Supplier", f"supplier/U-{n}", {"name": "U", "country": "CL"}) for n in range(2)],
            [
                EdgeRow("LEFT_OUT", PLAN, ids.shipment(SHORT, W1), {"reason": "window", "detail": "late"}),
                EdgeRow("HOLDS", W2, ids.stock(W1, LAST)),
            ],
        ),
    ),
    Writing(
        (planning.moved,),
        lambda g, seen: [
            Statement(
                "arrive", planning.moved(g.V(ROUTES[0]).out("VISITS").has("sequence", 2), STOP, "arrived")
            )
        ],
    ),
    Writing((planning.uncross,), lambda g, seen: [Statement("uncross", planning.uncross(g, ROUTES[:1]))]),
    Writing(
        (projection.project_orders,),
        lambda g, seen: [
            projection.project_orders(
                g,
                [
                    projection.OrderProjection(
                        o, "sourced", START_AT, late_by_s=n, day=TUESDAY, assessed_at=START_AT
                    )
                    for n, o in enumerate((COLD, INBOUND))
                ],
            )
        ],
    ),
    Writing(
        (readiness.take_back, recording.set_where),
        lambda g, seen: [
            recording.set_where(
                g, ids.shipment(KITS, W1), held={"status": "open"}, then={"status": "failed"}, name="fails"
            ),
            readiness.take_back(g, [ids.shipment(KITS, W1)]),
        ],
    ),
    Writing(
        (recording.set_where,),
        lambda g, seen: [
            recording.set_where(
                g,
                W1,
                held={"cutoff_s": 18 * 3600},
                then={"cutoff_s": 17 * 3600, "name": "Bodega 1"},
                name="moves",
            )
        ],
    ),
    Writing(
        (recording.take_out,),
        lambda g, seen: [recording.take_out(g, BOLTS_AT_W1, 2), recording.take_out(g, BOLTS_AT_W1, -1)],
    ),
    Writing(
        (recording.stop_drawing,),
        lambda g, seen: [recording.stop_drawing(g, seen.from_(COLD, "HAS_LINE", "HAS_ALLOCATION"))],
    ),
    Writing(
        (requests.write_request,),
        lambda g, seen: [
            Statement(
                "note",
                requests.write_request(
                    g, request_id=ids.request("x", "a b"), digest="d", answer='{"é":1}', made_at=START_AT
                ),
                1,
            )
        ],
    ),
    Writing(
        (requests.forget_requests,),
        lambda g, seen: [Statement("forget", requests.forget_requests(g, before=START_AT + DAY_MS))],
    ),
    Writing((roads.drop_ends,), lambda g, seen: [Statement("recut", roads.drop_ends(g, SEGMENTS))]),
    Writing(
        (sourcing.write_sourced,),
        lambda g, seen: sourcing.write_sourced(g, [_sourced(seen)], {W1: 2000, W2: 2000}),
    ),
    Writing(
        (sourcing.give_back_room,),
        lambda g, seen: sourcing.give_back_room(g, {seen.from_(ids.shipment(KITS, W1), "SHIPS_FROM")[0]: 1}),
    ),
    Writing((sourcing.write_ended,), lambda g, seen: sourcing.write_ended(g, _ended(seen))),
    Writing(
        (sourcing.strike_stops,),
        lambda g, seen: sourcing.strike_stops(
            g, {s: ROUTES[1] for s in seen.from_(ROUTES[1], "VISITS") if seen.value(s, "status") == "planned"}
        ),
    ),
    Writing(
        (supply.reserve,),
        lambda g, seen: supply.reserve(g, {BOLTS_AT_W1: 3, ids.stock(W2, BOLT): 3, VALVE_INBOUND: 1}),
    ),
    Writing(
        (supply.release, supply.reserve),
        lambda g, seen: [
            *supply.reserve(g, {ids.stock(W1, LAST): 0, MOTOR_INBOUND: 4, ids.stock(W2, BOLT): 2}),
            *supply.release(g, {MOTOR_INBOUND: 3, ids.stock(W2, BOLT): 2}),
        ],
    ),
    Writing(
        (supply.still_expected,),
        lambda g, seen: supply.still_expected(g, [(VALVE_INBOUND, seen.value(VALVE_INBOUND, "expected_at"))]),
    ),
    Writing(
        (planning.publish, planning.new_plan),
        lambda g, seen: [
            *planning.new_plan(g, day=TUESDAY, plan=_draft(seen, 9)),
            *planning.publish(g, day=TUESDAY, plan_id=ids.plan(TUESDAY, 9), superseded_id=PLAN, routes=0),
        ],
    ),
)


def whole_graph(g: GraphTraversalSource) -> tuple[GraphTraversal, GraphTraversal]:
    """Every vertex with its properties, and every edge with its ends and properties."""
    edge = __.value_map().by(__.unfold())
    return (
        g.V().element_map(),
        g.E()
        .project("label", "from", "to", "values")
        .by(__.label())
        .by(__.out_v().id_())
        .by(__.in_v().id_())
        .by(edge),
    )


def covered() -> set[Asking]:
    """The functions that have a case."""
    firsts: Sequence[Asking] = [writing.functions[0] for writing in WRITES]
    return {case.function for case in READS} | set(firsts)
