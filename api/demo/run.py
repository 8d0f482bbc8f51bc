"""The demo: builds the world, runs the main job phase by phase, and sums up what the graph then says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from api.demo.progress import Phases
from api.demo.requests import fact, place_order_request
from api.demo.staging import DEMO_WORLD_ID, staged_engine
from api.demo.summary import (
    DayFigures,
    LateFigures,
    LateOrderLine,
    OrderFigures,
    PlanFigures,
    Summary,
    count_by,
)
from api.demo.timeline import TIME_ZONE, Timeline, timeline
from api.operations.assess_readiness import Assessment, assess_readiness
from api.operations.explain_lateness import LateOrder, late_orders
from api.operations.place_order import PlacedOrder, place_orders
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from api.operations.record_event import record_event
from api.operations.source_orders import source_orders
from graph.engines.port import Engine, VertexRow
from graph.schema import ids
from graph.schema.model import SCHEMA
from graph.traversals import summary as figures
from seeds.world.build import World, build_world
from seeds.world.sizes import FULL, WorldSize

WORST_SHOWN = 8


@dataclass(frozen=True)
class DemoSettings:
    """What the user asked for; the plan is limited by seconds or by iterations."""

    engine_url: str
    orders: int
    seed: int
    plan_seconds: float | None
    plan_iterations: int | None
    size: WorldSize = FULL


def run_demo(settings: DemoSettings, console: Console) -> Summary:
    """Run the whole job; the store at the engine's place is replaced only when all of it is done."""
    times = timeline()
    with staged_engine(settings.engine_url, SCHEMA) as engine:
        phases = Phases(engine, console)
        world = _build(engine, phases, settings, times)
        refused = _promise(engine, phases, world, times)
        _source(engine, phases, world, times)
        _live_through_the_day(engine, phases, world)
        assessment = _assess(engine, phases, times)
        _route(engine, phases, settings, times)
        late = _explain(engine, phases, times)
        engine.bulk_load([_world_vertex(settings, world, times)], [])
        return _sum_up(engine, settings, world, times, refused, assessment, late, phases)


def _build(engine: Engine, phases: Phases, settings: DemoSettings, times: Timeline) -> World:
    with phases.phase("world", "Building the world") as tick:
        world = build_world(
            seed=settings.seed, orders=settings.orders, start_at=times.placed_at, size=settings.size
        )
        tick(0.3)
        engine.prepare()
        engine.bulk_load(world.vertices, world.edges)
    return world


def _promise(engine: Engine, phases: Phases, world: World, times: Timeline) -> int:
    requests = [place_order_request(order) for order in world.order_requests]
    with phases.phase("promise", f"Promising {len(requests):,} orders") as tick:
        outcomes = place_orders(
            engine, requests, now=times.placed_at, on_progress=lambda done: tick(done / len(requests))
        )
    return sum(not isinstance(outcome, PlacedOrder) for outcome in outcomes)


def _source(engine: Engine, phases: Phases, world: World, times: Timeline) -> None:
    with phases.phase("source", "Sourcing them") as tick:
        orders = len(world.order_requests)
        source_orders(engine, now=times.sourced_at, on_progress=lambda done: tick(done / orders))


def _live_through_the_day(engine: Engine, phases: Phases, world: World) -> None:
    with phases.phase("day", f"Recording {len(world.day_events)} events of the day") as tick:
        for done, event in enumerate(world.day_events, start=1):
            record_event(
                engine,
                fact(event),
                occurred_at=event.occurred_at,
                source=event.source,
                key=event.key,
                now=event.occurred_at,
            )
            tick(done / len(world.day_events))


def _assess(engine: Engine, phases: Phases, times: Timeline) -> Assessment:
    with phases.phase("ready", f"Assessing the orders of {times.planning_day}"):
        return assess_readiness(engine, day=times.planning_day, now=times.assessed_at)


def _route(engine: Engine, phases: Phases, settings: DemoSettings, times: Timeline) -> None:
    with phases.phase("route", f"Planning the routes of {times.planning_day}") as tick:
        result = plan_routes(
            engine,
            day=times.planning_day,
            now=times.planned_at,
            seed=settings.seed,
            seconds=settings.plan_seconds,
            iterations=settings.plan_iterations,
            on_progress=lambda progress: tick(
                progress.iterations / settings.plan_iterations
                if settings.plan_iterations
                else progress.elapsed_s / (settings.plan_seconds or 1.0)
            ),
        )
        publish_plan(engine, result.plan_id, now=times.planned_at)


def _explain(engine: Engine, phases: Phases, times: Timeline) -> list[LateOrder]:
    with phases.phase("late", "Explaining late orders"):
        return late_orders(engine, now=times.explained_at)


def _world_vertex(settings: DemoSettings, world: World, times: Timeline) -> VertexRow:
    return VertexRow(
        "World",
        DEMO_WORLD_ID,
        {
            "seed": settings.seed,
            "orders": settings.orders,
            "start_at": times.placed_at,
            "clock_at": times.explained_at,
            "digest": world.digest(),
            "planning_day": times.planning_day,
        },
    )


def _sum_up(
    engine: Engine,
    settings: DemoSettings,
    world: World,
    times: Timeline,
    refused: int,
    assessment: Assessment,
    late: list[LateOrder],
    phases: Phases,
) -> Summary:
    return Summary(
        seed=settings.seed,
        world=dict(sorted(engine.run(figures.counts_by_kind(engine.g))[0].items())),
        world_digest=world.digest(),
        orders=_order_figures(engine, refused),
        day=_day_figures(times, assessment),
        plan=_plan_figures(engine, times),
        late=_late_figures(late),
        timings=tuple(phases.timings),
    )


def _order_figures(engine: Engine, refused: int) -> OrderFigures:
    rows = engine.run(figures.order_figures(engine.g))
    return OrderFigures(
        placed=len(rows),
        refused=refused,
        on_requested_date=sum(_date(row["promised_at"]) <= _date(row["requested_at"]) for row in rows),
        sourced=engine.run(figures.sourced_orders(engine.g))[0],
        split=sum(row["shipments"] > 1 for row in rows),
        short=sum(row["short"] > 0 for row in rows),
    )


def _day_figures(times: Timeline, assessment: Assessment) -> DayFigures:
    kinds = [blocker.kind for order in assessment.blocked for blocker in order.blockers[:1]]
    return DayFigures(
        date=times.planning_day,
        ready=len(assessment.ready),
        blocked=len(assessment.blocked),
        blocked_by=count_by(kinds),
    )


def _plan_figures(engine: Engine, times: Timeline) -> PlanFigures:
    row = engine.run(figures.plan_in_force(engine.g, ids.planning_day(times.planning_day)))[0]
    return PlanFigures(
        plan=row["id"],
        routed=row["served"],
        not_served=row["left_out"],
        not_served_by=dict(sorted(row["left_out_by"].items())),
        vehicles=row["routes"],
        distance_km=round(row["distance_m"] / 1000, 1),
        hours=round(row["duration_s"] / 3600, 1),
        cost=row["cost"],
        currency=row["currency"],
    )


def _late_figures(late: list[LateOrder]) -> LateFigures:
    return LateFigures(
        orders=len(late),
        by_cause=count_by([order.causes[0].kind for order in late]),
        worst=[
            LateOrderLine(
                order=order.order_id,
                late_by_min=order.late_by_s // 60,
                cause=order.causes[0].kind,
                chain=list(order.causes[0].chain),
                why=order.causes[0].words,
            )
            for order in late[:WORST_SHOWN]
        ],
    )


def _date(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(TIME_ZONE)).date().isoformat()
