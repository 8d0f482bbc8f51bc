"""The first day of a demo world: promised, sourced, lived through, assessed, routed, explained."""

from __future__ import annotations

from dataclasses import dataclass

from api.demo.progress import Phases
from api.demo.requests import fact, place_order_request
from api.demo.timeline import Timeline
from api.operations.assess_readiness import Assessment, assess_readiness
from api.operations.explain_lateness import LateOrder, late_orders
from api.operations.place_order import PlacedOrder, place_orders
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from api.operations.record_event import record_event
from api.operations.source_orders import source_orders
from graph.engines.port import Engine
from seeds.world.build import World


@dataclass(frozen=True)
class RouteSearch:
    """How long to search for routes: seconds or iterations, with iterations the same plan every time."""

    seed: int
    seconds: float | None = None
    iterations: int | None = None
    in_process: bool = False

    def done(self, *, elapsed_s: float, iterations: int) -> float:
        """How much of the search is behind, between 0 and 1."""
        return iterations / self.iterations if self.iterations else elapsed_s / (self.seconds or 1.0)


@dataclass(frozen=True)
class FirstDay:
    """What the operations answered: orders refused, the assessment of the planning day, the late orders."""

    refused: int
    assessment: Assessment
    late: list[LateOrder]


def load_world(engine: Engine, world: World) -> None:
    """Load the world as it is before anything is ordered."""
    engine.prepare()
    engine.bulk_load(world.vertices, world.edges)


def live_first_day(
    engine: Engine, world: World, times: Timeline, search: RouteSearch, phases: Phases
) -> FirstDay:
    """Live through the day in a loaded world; the plan of the day after is in force at the end."""
    refused = _promise(engine, phases, world, times)
    _source(engine, phases, world, times)
    _record(engine, phases, world)
    assessment = _assess(engine, phases, times)
    _route(engine, phases, search, times)
    return FirstDay(refused, assessment, _explain(engine, phases, times))


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


def _record(engine: Engine, phases: Phases, world: World) -> None:
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


def _route(engine: Engine, phases: Phases, search: RouteSearch, times: Timeline) -> None:
    with phases.phase("route", f"Planning the routes of {times.planning_day}") as tick:
        result = plan_routes(
            engine,
            day=times.planning_day,
            now=times.planned_at,
            seed=search.seed,
            seconds=search.seconds,
            iterations=search.iterations,
            on_progress=lambda now: tick(search.done(elapsed_s=now.elapsed_s, iterations=now.iterations)),
            in_process=search.in_process,
        )
        publish_plan(engine, result.plan_id, now=times.planned_at)


def _explain(engine: Engine, phases: Phases, times: Timeline) -> list[LateOrder]:
    with phases.phase("late", "Explaining late orders"):
        return late_orders(engine, now=times.explained_at)
