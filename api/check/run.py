"""Checking a graph: reads it whole, once, and applies every rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource

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
    shipments = engine.run(audit.shipments(g))
    closed = engine.run(audit.closed_segments(g))
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
        *check_roads(closed=closed, versions=versions),
    ]
    plans = 0
    for day in engine.run(audit.plans_in_force(g)):
        if len(day["plans"]) > 1:
            findings.append(
                Finding("in force", day["date"], f"has {len(day['plans'])} plans: {day['plans']}")
            )
        for plan_id in day["plans"]:
            plans += 1
            findings.extend(
                check_plan(_plan_facts(engine, day["date"], plan_id, orders, shipments, versions))
            )
    looked_at = {
        "orders": len(orders),
        "order lines": len(lines),
        "allocations": len(allocations),
        "stocks": len(stocks),
        "inbound lines": len(inbound),
        "shipments": len(shipments),
        "plans in force": plans,
    }
    return Report(tuple(findings), looked_at)


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
