"""The demo: builds the world, runs the main job phase by phase, and sums up what the graph then says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from api.demo.first_day import FirstDay, RouteSearch, live_first_day, load_world
from api.demo.progress import Phases
from api.demo.staging import note_whole, staged_engine
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
from api.operations.assess_readiness import Assessment
from api.operations.explain_lateness import LateOrder
from graph.engines.port import Engine
from graph.schema import ids
from graph.schema.model import SCHEMA
from graph.traversals import summary as figures
from graph.traversals.elements import Properties
from seeds.world.build import World, build_world
from seeds.world.sizes import FULL, WorldSize

WORST_SHOWN = 10


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
    """Run the whole job; a store at the engine's place is replaced only when all of it is done."""
    times = timeline()
    search = RouteSearch(settings.seed, settings.plan_seconds, settings.plan_iterations)
    with staged_engine(settings.engine_url, SCHEMA, _world(settings, "", times)) as engine:
        phases = Phases(engine, console)
        world = _build(engine, phases, settings, times)
        day = live_first_day(engine, world, times, search, phases)
        digest = world.digest()
        note_whole(engine, _world(settings, digest, times))
        return _sum_up(engine, settings, digest, times, day, phases)


def _build(engine: Engine, phases: Phases, settings: DemoSettings, times: Timeline) -> World:
    with phases.phase("world", "Building the world") as tick:
        world = build_world(
            seed=settings.seed, orders=settings.orders, start_at=times.placed_at, size=settings.size
        )
        tick(0.3)
        load_world(engine, world)
    return world


def _world(settings: DemoSettings, digest: str, times: Timeline) -> Properties:
    return {
        "seed": settings.seed,
        "orders": settings.orders,
        "start_at": times.placed_at,
        "clock_at": times.explained_at,
        "digest": digest,
        "planning_day": times.planning_day,
    }


def _sum_up(
    engine: Engine,
    settings: DemoSettings,
    digest: str,
    times: Timeline,
    day: FirstDay,
    phases: Phases,
) -> Summary:
    return Summary(
        seed=settings.seed,
        world=dict(sorted(engine.run(figures.counts_by_kind(engine.g))[0].items())),
        world_digest=digest,
        orders=_order_figures(engine, day.refused),
        day=_day_figures(times, day.assessment),
        plan=_plan_figures(engine, times),
        late=_late_figures(day.late),
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
