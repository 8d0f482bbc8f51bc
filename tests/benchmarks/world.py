"""The demo world in a store: importing it, sourcing its orders, planning its day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import networkx as nx

from api.demo.requests import fact, place_order_request
from api.demo.timeline import timeline
from api.operations.assess_readiness import assess_readiness
from api.operations.place_order import PlacedOrder, place_orders
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from api.operations.record_event import record_event
from api.operations.source_orders import source_orders
from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.schema.model import SCHEMA
from seeds.world.build import World, build_world
from tests.benchmarks.figures import Figure, timed

TIMES = timeline()
CLOCK = "2026-03-02T19:30:00-03:00x1"


@dataclass(frozen=True)
class Size:
    """How much is measured, and for how long."""

    orders: int
    seconds: float
    """For each measurement of latencies."""
    plan_seconds: float


FULL = Size(orders=2000, seconds=5.0, plan_seconds=8.0)
QUICK = Size(orders=300, seconds=1.0, plan_seconds=3.0)


def import_world(store: Path, size: Size) -> tuple[Engine, World, list[Figure]]:
    """The demo world in a new store, and beside it in memory and in networkx."""
    world = build_world(seed=1, orders=size.orders, start_at=TIMES.placed_at)
    elements = len(world.vertices) + len(world.edges)
    engine = open_engine(f"embedded:{store}", SCHEMA)
    memory = open_engine("embedded:", SCHEMA)
    for one in (engine, memory):
        one.prepare()
    in_store_s = timed(lambda: engine.bulk_load(world.vertices, world.edges))
    in_memory_s = timed(lambda: memory.bulk_load(world.vertices, world.edges))
    memory.close()
    networkx_s = timed(lambda: _into_networkx(world))
    return (
        engine,
        world,
        [
            Figure(
                f"world import, {elements:,} elements, durable store",
                f"{elements / in_store_s:,.0f} elements/s",
                f"in memory {elements / in_memory_s:,.0f}/s; the same rows into a networkx.MultiDiGraph "
                f"(no schema, no indexes, not durable) {elements / networkx_s:,.0f}/s",
            )
        ],
    )


def _into_networkx(world: World) -> None:
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    for vertex in world.vertices:
        graph.add_node(vertex.id, label=vertex.label, **vertex.properties)
    for edge in world.edges:
        graph.add_edge(edge.from_id, edge.to_id, key=edge.label, **edge.properties)


def live_through_the_day(engine: Engine, world: World) -> list[Figure]:
    """Place and source the orders in batches, record the day, assess it and plan it."""
    requests = [place_order_request(order) for order in world.order_requests]
    outcomes = []
    placing_s = timed(lambda: outcomes.extend(place_orders(engine, requests, now=TIMES.placed_at)))
    placed = [one.order_id for one in outcomes if isinstance(one, PlacedOrder)]
    trips = engine.round_trips
    sourcing_s = timed(lambda: source_orders(engine, placed, now=TIMES.sourced_at))
    sourcing_trips = engine.round_trips - trips
    for event in world.day_events:
        at = event.occurred_at
        record_event(engine, fact(event), occurred_at=at, source=event.source, key=event.key, now=at)
    assessing_s = timed(lambda: assess_readiness(engine, day=TIMES.planning_day, now=TIMES.assessed_at))
    plan = plan_routes(engine, day=TIMES.planning_day, now=TIMES.planned_at, seed=1, seconds=2.0)
    publish_plan(engine, plan.plan_id, now=TIMES.planned_at)
    return [
        Figure(
            "orders placed in a batch (promised and held)",
            f"{len(placed) / placing_s:,.0f}/s",
            f"{len(placed):,} orders",
        ),
        Figure(
            "orders sourced", f"{len(placed) / sourcing_s:,.0f}/s", f"{sourcing_trips} round trips in all"
        ),
        Figure(
            "readiness of the planning day",
            f"{1000 * assessing_s:.0f} ms",
            f"{plan.served + plan.left_out} shipments to plan",
        ),
    ]
