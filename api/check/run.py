"""Checking a graph: reads it whole, once, and applies every rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource

from api.check.expectations import ExpectationFacts, check_expectations
from api.check.findings import Finding, Report
from api.check.orders import check_history, check_lateness, check_statuses, check_stoppers
from api.check.plans import PlanFacts, check_in_force, check_plan
from api.check.roads import check_roads
from api.check.shape import check_shape
from api.check.shipments import check_measures, check_shipments
from api.check.supply import check_supply
from graph.engines.port import Engine
from graph.schema.model import SCHEMA
from graph.traversals import audit

ROWS_A_READ = 1000

Row = Mapping[str, Any]


def check_graph(engine: Engine) -> Report:
    """Apply every rule to the graph as it stands; nothing is written.

    A graph whose shape is wrong is not read any further: the other rules go by it.
    """
    misshapen = tuple(check_shape(engine, SCHEMA))
    if misshapen:
        return Report(misshapen, {"kinds": len(SCHEMA.vertices) + len(SCHEMA.edges)})
    read = _read(engine)
    in_force = engine.run(audit.plans_in_force(engine.g))
    plans = [_plan_facts(engine, read, day["date"], plan) for day in in_force for plan in day["plans"]]
    findings = [
        *_check_supply(engine, read),
        *_check_orders(read, plans),
        *check_roads(
            closed=engine.run(audit.closed_segments(engine.g)),
            yet_open=engine.run(audit.open_yet_closed(engine.g)),
            versions=read.road_versions,
        ),
        *check_in_force(engine.run(audit.unruly_plans(engine.g)), plans),
    ]
    for plan in _elsewhere(plans):
        findings.extend(check_plan(plan))
    findings.extend(check_expectations(_expectation_facts(engine, read, plans)))
    return Report(tuple(findings), {**read.counts, "plans in force": len(plans)})


@dataclass(frozen=True)
class _Read:
    """What more than one rule goes by."""

    orders: Sequence[Row]
    events: Sequence[Row]
    lines: Sequence[Row]
    allocations: Sequence[Row]
    shipments: Sequence[Row]
    holds: Sequence[Row]
    papers: Sequence[Row]
    warehouses: Mapping[str, Row]
    road_versions: Sequence[int]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each there are."""
        return {
            "orders": len(self.orders),
            "order lines": len(self.lines),
            "allocations": len(self.allocations),
            "shipments": len(self.shipments),
        }


def _read(engine: Engine) -> _Read:
    g = engine.g
    allocations = engine.run(audit.allocations(g))
    return _Read(
        orders=engine.run(audit.orders(g)),
        events=engine.run(audit.order_events(g)),
        lines=engine.run(audit.order_lines(g)),
        allocations=allocations,
        shipments=_shipments(engine, allocations),
        holds=engine.run(audit.holds(g)),
        papers=engine.run(audit.papers(g)),
        warehouses={row["id"]: row for row in engine.run(audit.warehouses(g))},
        road_versions=engine.run(audit.road_versions(g)),
    )


def _check_supply(engine: Engine, read: _Read) -> Iterator[Finding]:
    g = engine.g
    yield from check_supply(
        stocks=engine.run(audit.stocks(g)),
        inbound=engine.run(audit.purchase_order_lines(g)),
        allocations=read.allocations,
        lines=read.lines,
        parts=engine.run(audit.components(g)),
    )
    yield from check_shipments(
        orders=read.orders,
        shipments=read.shipments,
        allocations=read.allocations,
        days=engine.run(audit.warehouse_days(g)),
    )
    yield from check_measures(
        orders=read.orders,
        shipments=read.shipments,
        allocations=read.allocations,
        skus=engine.run(audit.skus(g)),
    )


def _check_orders(read: _Read, plans: Sequence[PlanFacts]) -> Iterator[Finding]:
    yield from check_history(read.orders, read.events)
    yield from check_lateness(read.orders)
    yield from check_stoppers(read.holds, read.papers)
    yield from check_statuses(
        orders=read.orders,
        lines=read.lines,
        allocations=read.allocations,
        shipments=read.shipments,
        stoppers=[*read.holds, *read.papers],
        coming=_coming_stops(plans),
    )


def _elsewhere(plans: Sequence[PlanFacts]) -> Iterator[PlanFacts]:
    """The plans, each told what the others serve."""
    for plan in plans:
        others = [other for other in plans if other is not plan]
        yield replace(plan, elsewhere=frozenset(_coming_stops(others)))


def _shipments(engine: Engine, allocations: Sequence[Row]) -> list[Row]:
    packs: dict[str, list[str]] = defaultdict(list)
    for row in allocations:
        for shipment in row["shipments"]:
            packs[shipment].append(row["id"])
    return [{**row, "packs": packs[row["id"]]} for row in engine.run(audit.shipments(engine.g))]


def _expectation_facts(engine: Engine, read: _Read, plans: Sequence[PlanFacts]) -> ExpectationFacts:
    g = engine.g
    transits: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _in_parts(engine, audit.transits, sorted({order["location"] for order in read.orders})):
        transits[row["location"]][row["warehouse"]] = row["travel_s"]
    stoppers: dict[str, list[Row]] = defaultdict(list)
    for row in [*read.holds, *read.papers]:
        stoppers[row["order"]].append(row)
    return ExpectationFacts(
        orders=read.orders,
        lines={row["id"]: row for row in read.lines},
        allocations=read.allocations,
        warehouses=read.warehouses,
        inbound_warehouse={
            line: row["warehouse"]
            for row in engine.run(audit.purchase_order_warehouses(g))
            for line in row["lines"]
        },
        transits=transits,
        shipments=read.shipments,
        delivered_at={row["subject"]: row["at"] for row in engine.run(audit.deliveries(g))},
        stop_of=_coming_stops(plans),
        left_out_on=_left_out_days(plans),
        stoppers=stoppers,
    )


def _coming_stops(plans: Sequence[PlanFacts]) -> dict[str, tuple[Row, int]]:
    return {
        shipment: (stop, next(r["departs_at"] for r in plan.routes if r["id"] == stop["route"]))
        for plan in plans
        for stop in sorted(plan.stops, key=lambda stop: int(stop["arrive_at"]))
        if stop["status"] in ("planned", "arrived")
        for shipment in stop["serves"]
    }


def _left_out_days(plans: Sequence[PlanFacts]) -> dict[str, list[str]]:
    days: dict[str, list[str]] = defaultdict(list)
    for plan in plans:
        for row in plan.left_out:
            days[row["shipment"]].append(plan.date)
    return days


def _plan_facts(engine: Engine, read: _Read, date: str, plan_id: str) -> PlanFacts:
    g = engine.g
    stops = engine.run(audit.stops_of(g, [plan_id]))
    drives = engine.run(audit.drives_of(g, [plan_id]))
    snaps = _in_parts(engine, audit.snaps, sorted({stop["at"] for stop in stops}))
    crossed = {f"road-segment/{key.removeprefix('-')}" for d in drives for key in d["path"].split(",") if key}
    return PlanFacts(
        date=date,
        plan=next(plan for plan in engine.run(audit.plan_heads(g)) if plan["id"] == plan_id),
        routes=engine.run(audit.routes_of(g, [plan_id])),
        stops=stops,
        drives=drives,
        left_out=engine.run(audit.left_out_of(g, [plan_id])),
        shipments={row["id"]: row for row in read.shipments},
        orders={row["id"]: row for row in read.orders},
        warehouses=read.warehouses,
        snaps={row["place"]: row for row in snaps},
        segments={row["id"]: row for row in _in_parts(engine, audit.segments, sorted(crossed))},
        road_version=max(read.road_versions, default=0),
        ready_at=_ready_at(read),
        changed_at={
            row["id"]: max((e["recorded_at"] for e in row["events"]), default=0) for row in read.events
        },
    )


def _ready_at(read: _Read) -> dict[str, int]:
    """When all that a shipment packs is there and assembled."""
    assembly_s = {line["id"]: line["assembly_s"] for line in read.lines}
    ready_at: dict[str, int] = defaultdict(int)
    for row in read.allocations:
        there_at = row["available_at"] + 1000 * assembly_s[row["line"]]
        for shipment in row["shipments"] if row["state"] != "released" else ():
            ready_at[shipment] = max(ready_at[shipment], there_at)
    return ready_at


def _in_parts(
    engine: Engine,
    question: Callable[[GraphTraversalSource, Sequence[str]], GraphTraversal],
    wanted: Sequence[str],
) -> list[Row]:
    return [row for part in _parts(wanted) for row in engine.run(question(engine.g, part))]


def _parts(wanted: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(wanted), ROWS_A_READ):
        yield wanted[start : start + ROWS_A_READ]
