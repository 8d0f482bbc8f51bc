"""A routing solution as vertices and edges of the graph, and writing them as a draft.

Each shipment has a stop of its own; shipments to one address are consecutive stops with an empty path
between them. Stop 0 and the last one are the warehouse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from api.operations.batches import in_chunks
from api.operations.day_to_plan import DayToPlan
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import Conflict, StatementMissed
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.schema.lifecycle import PLAN, ROUTE, STOP
from graph.traversals import planning
from optimizer.roads.network import RoadNetwork
from optimizer.roads.travel import Path, fastest_paths
from optimizer.routing.solution import Route, RoutingSolution, Unserved

ROWS_A_UNIT = 100
"""How many stops or edges one unit writes: few enough that readers are not held up."""
ROUTES_A_UNIT = 30
NUMBERS_TRIED = 20
"""How often a plan's number may be taken by somebody else before giving up."""


@dataclass(frozen=True)
class Drafted:
    """What a draft says, beside its routes."""

    seed: int
    created_at: int
    solution: RoutingSolution
    left_out: tuple[Unserved, ...]


@dataclass(frozen=True)
class _Place:
    """One stop to write: where, what it serves, and its times and loads as properties."""

    at: str
    serves: str | None
    values: dict[str, PropertyValue]


def write_draft(engine: Engine, day: DayToPlan, drafted: Drafted) -> str:
    """Write the plan as a draft and return its id: the head, then the rest in units of a hundred rows.

    A draft that was cut off misses drives, stops or refusals of what its head counts.
    """
    legs = _paths(day, drafted.solution.routes)
    plan_id = _claim_number(engine, day, drafted)
    routes = [(ids.route(plan_id, route.vehicle_id), route) for route in drafted.solution.routes]
    for chunk in in_chunks(routes, ROUTES_A_UNIT):
        _write_routes(engine, plan_id, chunk)
    stops = [row for route_id, route in routes for row in _stops(day, route_id, route)]
    for stop_chunk in in_chunks(stops, ROWS_A_UNIT):
        edges = [edge for _, edges in stop_chunk for edge in edges]
        engine.transact(planning.upserts(engine.g, [vertex for vertex, _ in stop_chunk], edges))
    _write_edges(engine, [_refusal_row(plan_id, one) for one in drafted.left_out])
    drives = [
        row
        for (route_id, route), paths in zip(routes, legs, strict=True)
        for row in _drives(day.roads.live, route_id, route, paths)
    ]
    _write_edges(engine, drives)
    return plan_id


def path_text(network: RoadNetwork, path: Path) -> str:
    """The segment keys of a way, separated by commas, with ``-`` before those driven backwards."""
    keys = (
        f"{'' if step.forward else '-'}{ids.parts(network.segment_ids[step.segment])[0]}"
        for step in path.steps
    )
    return ",".join(keys)


def segment_ids_of(path: str) -> list[str]:
    """The segments a path drives, each once, in the order in which it first does."""
    keys = (key.removeprefix("-") for key in path.split(",") if key)
    return list(dict.fromkeys(ids.make("road-segment", key) for key in keys))


def _claim_number(engine: Engine, day: DayToPlan, drafted: Drafted) -> str:
    """Write the head of the plan under the day's next free number."""
    date = day.day.isoformat()
    for _ in range(NUMBERS_TRIED):
        taken = [int(ids.parts(id)[1]) for id in engine.run(planning.plans_of_day(engine.g, date))]
        plan_id = ids.plan(date, max(taken, default=0) + 1)
        try:
            engine.transact(planning.new_plan(engine.g, day=date, plan=_head(plan_id, day, drafted)))
        except StatementMissed:
            continue
        return plan_id
    raise Conflict(f"others took the next number of {date}'s plans {NUMBERS_TRIED} times; plan again")


def _write_routes(engine: Engine, plan_id: str, routes: Sequence[tuple[str, Route]]) -> None:
    edges = [
        edge
        for route_id, route in routes
        for edge in (
            EdgeRow("HAS_ROUTE", plan_id, route_id),
            EdgeRow("DRIVES", route.vehicle_id, route_id),
        )
    ]
    engine.transact(planning.upserts(engine.g, [_route_row(id, route) for id, route in routes], edges))


def _write_edges(engine: Engine, edges: Sequence[EdgeRow]) -> None:
    for chunk in in_chunks(edges, ROWS_A_UNIT):
        engine.transact(planning.upserts(engine.g, [], chunk))


def _head(plan_id: str, day: DayToPlan, drafted: Drafted) -> VertexRow:
    solution = drafted.solution
    return VertexRow(
        "Plan",
        plan_id,
        {
            "status": PLAN.initial,
            "created_at": drafted.created_at,
            "seed": str(drafted.seed),
            "road_version": day.roads.version,
            "cost": solution.cost,
            "currency": day.currency,
            "distance_m": solution.distance_m,
            "duration_s": solution.duration_s,
            "routes": len(solution.routes),
            "served": sum(len(route.stops) for route in solution.routes),
            "left_out": len(drafted.left_out),
        },
    )


def _route_row(route_id: str, route: Route) -> VertexRow:
    return VertexRow(
        "Route",
        route_id,
        {
            "status": ROUTE.initial,
            "departs_at": route.leave_at,
            "returns_at": route.back_at,
            "distance_m": route.distance_m,
            "cost": route.cost,
            "weight_g": route.load_weight_g,
            "volume_ml": route.load_volume_ml,
        },
    )


def _stops(day: DayToPlan, route_id: str, route: Route) -> Iterator[tuple[VertexRow, list[EdgeRow]]]:
    for sequence, place in enumerate(_places(day, route)):
        stop_id = ids.stop(route_id, sequence)
        edges = [
            EdgeRow("VISITS", route_id, stop_id, {"sequence": sequence}),
            EdgeRow("AT", stop_id, place.at),
        ]
        if place.serves is not None:
            edges.append(EdgeRow("SERVES", stop_id, place.serves))
        yield VertexRow("Stop", stop_id, {"sequence": sequence, **place.values}), edges


def _places(day: DayToPlan, route: Route) -> Iterator[_Place]:
    depot = day.places[route.depot].id
    load = (route.load_weight_g, route.load_volume_ml)
    yield _Place(depot, None, _times(route.leave_at, 0, 0, route.leave_at, load))
    for stop in route.stops:
        service_s = (stop.depart_at - stop.service_at) // 1000
        load = (stop.load_weight_g, stop.load_volume_ml)
        times = _times(stop.arrive_at, stop.wait_s, service_s, stop.depart_at, load)
        yield _Place(day.places[stop.location].id, stop.shipment_id, times)
    yield _Place(depot, None, _times(route.back_at, 0, 0, route.back_at, (0, 0)))


def _times(
    arrive_at: int, wait_s: int, service_s: int, depart_at: int, load: tuple[int, int]
) -> dict[str, PropertyValue]:
    return {
        "status": STOP.initial,
        "arrive_at": arrive_at,
        "wait_s": wait_s,
        "service_s": service_s,
        "depart_at": depart_at,
        "load_weight_g": load[0],
        "load_volume_ml": load[1],
    }


def _legs(route: Route) -> list[tuple[int, int]]:
    return list(pairwise([route.depot, *(stop.location for stop in route.stops), route.depot]))


def _paths(day: DayToPlan, routes: Sequence[Route]) -> list[list[Path | None]]:
    """The ways of each route's drives; None where it stays at one place."""
    wanted = sorted({leg for route in routes for leg in _legs(route) if leg[0] != leg[1]})
    found = dict(zip(wanted, fastest_paths(day.roads.live, day.positions, wanted), strict=True))
    return [[found.get(leg) for leg in _legs(route)] for route in routes]


def _drives(
    network: RoadNetwork, route_id: str, route: Route, paths: Sequence[Path | None]
) -> Iterator[EdgeRow]:
    travel = [
        *((stop.travel_s, stop.distance_m) for stop in route.stops),
        (route.return_travel_s, route.return_distance_m),
    ]
    for sequence, ((travel_s, distance_m), path) in enumerate(zip(travel, paths, strict=True)):
        yield EdgeRow(
            "NEXT",
            ids.stop(route_id, sequence),
            ids.stop(route_id, sequence + 1),
            {
                "travel_s": travel_s,
                "distance_m": distance_m,
                "path": "" if path is None else path_text(network, path),
            },
        )


def _refusal_row(plan_id: str, unserved: Unserved) -> EdgeRow:
    refusal = unserved.refusal
    values: dict[str, PropertyValue] = {"reason": str(refusal.reason), "detail": refusal.detail}
    if refusal.way_out is not None:
        values["way_out"] = refusal.way_out
    return EdgeRow("LEFT_OUT", plan_id, unserved.shipment_id, values)
