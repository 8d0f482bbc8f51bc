"""Checking a graph: reads it whole, once, and applies every rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource

from api.check.expectations import ExpectationFacts, check_expectations
from api.check.findings import Finding, Report
from api.check.orders import check_history, check_lateness, check_shipments
from api.check.plans import PlanFacts, check_plan
from api.check.roads import check_roads
from api.check.supply import check_supply
from graph.engines.port import Engine
from graph.traversals import audit

ROWS_A_READ = 1000

Row = Mapping[str, Any]


def check_graph(engine: Engine) -> Report:
    """Apply every rule to the graph as it stands; nothing is written."""
    g = engine.g
    orders = engine.run(audit.orders(g))
    lines = engine.run(audit.order_lines(g))
    allocations = engine.run(audit.allocations(g))
    stocks = engine.run(audit.stocks(g))
    inbound = engine.run(audit.purchase_order_lines(g))
    shipments = _shipments(engine, allocations)
    versions = engine.run(audit.road_versions(g))
    findings = [
        *check_supply(
            stocks=stocks,
            inbound=inbound,
            allocations=allocations,
            lines=lines,
            parts=engine.run(audit.components(g)),
        ),
        *check_history(orders, engine.run(audit.order_events(g))),
        *check_lateness(orders),
        *check_shipments(
            orders=orders,
            shipments=shipments,
            allocations=allocations,
            days=engine.run(audit.warehouse_days(g)),
        ),
        *check_roads(closed=engine.run(audit.closed_segments(g)), versions=versions),
    ]
    plans: list[PlanFacts] = []
    for day in engine.run(audit.plans_in_force(g)):
        if len(day["plans"]) > 1:
            findings.append(
                Finding("in force", day["date"], f"has {len(day['plans'])} plans: {day['plans']}")
            )
        plans += [
            _plan_facts(engine, day["date"], plan_id, orders, shipments, versions) for plan_id in day["plans"]
        ]
    for plan in plans:
        findings.extend(check_plan(plan))
    findings.extend(
        check_expectations(_expectation_facts(engine, orders, lines, allocations, shipments, plans))
    )
    looked_at = {
        "orders": len(orders),
        "order lines": len(lines),
        "allocations": len(allocations),
        "stocks": len(stocks),
        "inbound lines": len(inbound),
        "shipments": len(shipments),
        "plans in force": len(plans),
    }
    return Report(tuple(findings), looked_at)


def _shipments(engine: Engine, allocations: Sequence[Row]) -> list[Row]:
    packs: dict[str, list[str]] = defaultdict(list)
    for row in allocations:
        for shipment in row["shipments"]:
            packs[shipment].append(row["id"])
    return [{**row, "packs": packs[row["id"]]} for row in engine.run(audit.shipments(engine.g))]


def _expectation_facts(
    engine: Engine,
    orders: Sequence[Row],
    lines: Sequence[Row],
    allocations: Sequence[Row],
    shipments: Sequence[Row],
    plans: Sequence[PlanFacts],
) -> ExpectationFacts:
    g = engine.g
    transits: dict[str, dict[str, int]] = defaultdict(dict)
    for row in _in_parts(engine, audit.transits, sorted({order["location"] for order in orders})):
        transits[row["location"]][row["warehouse"]] = row["travel_s"]
    stoppers: dict[str, list[Row]] = defaultdict(list)
    for row in [*engine.run(audit.holds(g)), *engine.run(audit.papers(g))]:
        stoppers[row["order"]].append(row)
    return ExpectationFacts(
        orders=orders,
        lines={row["id"]: row for row in lines},
        allocations=allocations,
        warehouses={row["id"]: row for row in engine.run(audit.warehouses(g))},
        inbound_warehouse={
            line: row["warehouse"]
            for row in engine.run(audit.purchase_order_warehouses(g))
            for line in row["lines"]
        },
        transits=transits,
        shipments=shipments,
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


def _plan_facts(
    engine: Engine,
    date: str,
    plan_id: str,
    orders: Sequence[Row],
    shipments: Sequence[Row],
    versions: Sequence[int],
) -> PlanFacts:
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
        shipments={row["id"]: row for row in shipments},
        orders={row["id"]: row for row in orders},
        warehouses={row["id"]: row for row in engine.run(audit.warehouses(g))},
        snaps={row["place"]: row for row in snaps},
        segments={row["id"]: row for row in _in_parts(engine, audit.segments, sorted(crossed))},
        road_version=max(versions, default=0),
    )


def _in_parts(
    engine: Engine,
    question: Callable[[GraphTraversalSource, Sequence[str]], GraphTraversal],
    wanted: Sequence[str],
) -> list[Row]:
    return [row for part in _parts(wanted) for row in engine.run(question(engine.g, part))]


def _parts(wanted: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(wanted), ROWS_A_READ):
        yield wanted[start : start + ROWS_A_READ]
