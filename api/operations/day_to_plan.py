"""Reading what a day's routes are planned from, and stating it as a routing problem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from api.operations.batches import ROWS_A_READ, in_chunks
from api.operations.expectation import load_warehouses
from api.operations.local_days import demand_not_past, demand_open, parse_day
from api.operations.road_network import Roads, Snap, load_roads, read_snaps
from graph.engines.port import Engine
from graph.errors import Conflict, InvalidInput
from graph.schema import ids
from graph.traversals import planning
from graph.traversals import roads as road_traversals
from optimizer.calendar import instant_of
from optimizer.roads.network import Positions
from optimizer.roads.travel import TravelMatrix, travel_matrix
from optimizer.routing.problem import HIGHEST_PRIORITY, Delivery, RoutingProblem, TimeWindow, Vehicle
from optimizer.routing.solution import Reason, Refusal, Unserved

COLD, HAZARDOUS = "cold", "hazardous"


@dataclass(frozen=True)
class ShipmentToPlan:
    """What is to leave ``warehouse_id`` for an address; ``ready_at`` is when it stands at the dock."""

    id: str
    order_id: str
    warehouse_id: str
    location_id: str
    weight_g: int
    volume_ml: int
    skills: frozenset[str]
    order_priority: int
    ready_at: int


@dataclass(frozen=True)
class Closure:
    """A road event in effect, and the segments it closes."""

    id: str
    note: str
    segment_ids: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class DayToPlan:
    """Everything that the routes of one local date are planned from, as read from the graph.

    ``places`` are the warehouses and addresses that stand on the road, in the order of the problem's
    locations; ``earliest_at`` is the planning time, before which no vehicle can leave.
    """

    day: date
    earliest_at: int
    roads: Roads
    closures: tuple[Closure, ...]
    shipments: tuple[ShipmentToPlan, ...]
    warehouses: Mapping[str, Mapping[str, Any]]
    addresses: Mapping[str, Mapping[str, Any]]
    vehicles: tuple[Mapping[str, Any], ...]
    places: tuple[Snap, ...]

    @cached_property
    def place_of(self) -> Mapping[str, int]:
        """The location in the problem of each warehouse and address, by id."""
        return {snap.id: place for place, snap in enumerate(self.places)}

    @cached_property
    def positions(self) -> Positions:
        """The places on the road arrays."""
        return self.roads.positions(self.places)

    @cached_property
    def currency(self) -> str:
        """What the vehicles are paid in; XXX, ISO 4217's "no currency", when there is none."""
        currencies = sorted({str(vehicle["currency"]) for vehicle in self.vehicles})
        if len(currencies) > 1:
            raise InvalidInput("vehicles", f"are paid in {' and '.join(currencies)}; give one currency")
        return currencies[0] if currencies else "XXX"

    @property
    def routable(self) -> tuple[ShipmentToPlan, ...]:
        """The shipments whose warehouse and address stand on the road."""
        return tuple(
            s for s in self.shipments if s.warehouse_id in self.place_of and s.location_id in self.place_of
        )

    def at(self, seconds: int, warehouse_id: str) -> int:
        """The instant (UTC epoch ms) ``seconds`` after the day's local midnight at the warehouse."""
        return instant_of(self.day, seconds, time_zone=self.warehouses[warehouse_id]["time_zone"])


def demand_plannable(engine: Engine, day: str, *, now: int) -> date:
    """The local date ``day`` says, if it can be planned.

    :class:`InvalidInput` for what is no date, past, or a day on which no warehouse delivers;
    :class:`Conflict` when a vehicle is on the road by the plan in force.
    """
    local_day, warehouses = parse_day(day), load_warehouses(engine)
    demand_not_past(local_day, warehouses, now=now)
    demand_open(local_day, warehouses)
    refuse_departed(engine.run(planning.plan_in_force(engine.g, day)))
    return local_day


def read_day(engine: Engine, day: str, *, now: int) -> DayToPlan:
    """Read all that the routes of ``day`` depend on: a constant number of round trips, and three for
    each 1,000 orders. It must be one that :func:`demand_plannable` accepts.
    """
    local_day, g = demand_plannable(engine, day, now=now), engine.g
    roads = load_roads(engine)
    warehouses = {row["id"]: row for row in engine.run(planning.warehouses(g))}
    order_ids = [
        *engine.run(planning.orders_to_plan(g, day)),
        *engine.run(planning.orders_of_plan_in_force(g, day)),
    ]
    shipments = [
        _shipment(row, warehouses)
        for chunk in in_chunks(list(dict.fromkeys(order_ids)), ROWS_A_READ)
        for row in engine.run(planning.shipments_to_plan(g, chunk, day))
    ]
    location_ids = sorted({shipment.location_id for shipment in shipments})
    addresses = {
        row["id"]: row
        for chunk in in_chunks(location_ids, ROWS_A_READ)
        for row in engine.run(planning.addresses(g, chunk))
    }
    places = read_snaps(
        row
        for chunk in in_chunks([*warehouses, *location_ids], ROWS_A_READ)
        for row in engine.run(road_traversals.snaps(g, chunk))
    )
    return DayToPlan(
        day=local_day,
        earliest_at=now,
        roads=roads,
        closures=tuple(
            Closure(row["id"], row["note"], tuple(row["segments"]))
            for row in engine.run(road_traversals.closures(g))
        ),
        shipments=tuple(sorted(shipments, key=lambda shipment: shipment.id)),
        warehouses=warehouses,
        addresses=addresses,
        vehicles=tuple(engine.run(planning.vehicles(g))),
        places=tuple(places[id] for id in (*warehouses, *location_ids) if id in places),
    )


def refuse_departed(plans_in_force: Sequence[Mapping[str, Any]]) -> None:
    """Raise :class:`Conflict` when a route of a plan in force has begun: it can no longer be replaced."""
    for plan in plans_in_force:
        gone = sorted(r["id"] for r in plan["routes"] if r["status"] in ("departed", "completed"))
        if gone:
            raise Conflict(
                f"{plan['id']} is in force and {gone[0]} has left ({len(gone)} of its routes have): "
                "a day whose vehicles are on the road is not planned again"
            )


def routing_problem(day: DayToPlan) -> RoutingProblem:
    """The day as a routing problem, on the streets that are open.

    The vehicles leave when their shift starts and the warehouse opens its gates, not before the planning
    time; an order of priority 1 has the problem's highest priority.
    """
    travel = travel_matrix(day.roads.live, day.positions, day.positions)
    return with_travel(day, travel)


def with_travel(day: DayToPlan, travel: TravelMatrix) -> RoutingProblem:
    """The day's routing problem with this travel between its places."""
    vehicles = tuple(_vehicle(day, row) for row in day.vehicles if row["base"] in day.place_of)
    return RoutingProblem(
        vehicles=vehicles,
        deliveries=tuple(_delivery(day, shipment) for shipment in day.routable) if vehicles else (),
        duration_s=travel.duration_s,
        distance_m=travel.distance_m,
    )


def refused_at_once(day: DayToPlan) -> list[Unserved]:
    """What never enters the problem: there is no vehicle at all, or no street to its address."""
    refused = []
    for shipment in day.shipments:
        off_road = [id for id in (shipment.warehouse_id, shipment.location_id) if id not in day.place_of]
        if off_road:
            refusal = Refusal(
                Reason.UNREACHABLE,
                f"{off_road[0]} is on no street (it has no SNAPS_TO)",
                f"locate {off_road[0]} on the road network",
            )
        elif not any(row["base"] in day.place_of for row in day.vehicles):
            refusal = Refusal(
                Reason.NO_VEHICLE_AT_DEPOT,
                f"no vehicle is based at {shipment.warehouse_id}, nor anywhere else",
                f"base a vehicle at {shipment.warehouse_id}",
            )
        else:
            continue
        refused.append(Unserved(shipment.id, refusal))
    return refused


def _shipment(row: Mapping[str, Any], warehouses: Mapping[str, Mapping[str, Any]]) -> ShipmentToPlan:
    warehouse_id = ids.make("warehouse", ids.parts(row["id"])[-1])
    pick_pack_ms = 0 if row["status"] == "picked" else 1000 * int(warehouses[warehouse_id]["pick_pack_s"])
    return ShipmentToPlan(
        id=row["id"],
        order_id=row["order"],
        warehouse_id=warehouse_id,
        location_id=row["location"],
        weight_g=row["weight_g"],
        volume_ml=row["volume_ml"],
        skills=_skills(cold=row["cold_chain"], hazardous=row["hazardous"]),
        order_priority=row["priority"],
        ready_at=max((g["available_at"] + 1000 * g["assembly_s"] for g in row["goods"]), default=0)
        + pick_pack_ms,
    )


def _skills(*, cold: bool, hazardous: bool) -> frozenset[str]:
    return frozenset(skill for skill, there in ((COLD, cold), (HAZARDOUS, hazardous)) if there)


def _vehicle(day: DayToPlan, row: Mapping[str, Any]) -> Vehicle:
    base = row["base"]
    gates_open_at = day.at(day.warehouses[base]["departs_s"], base)
    starts_at = max(day.at(row["shift_start_s"], base), gates_open_at, _next_second(day.earliest_at))
    return Vehicle(
        id=row["id"],
        kind=row["kind"],
        depot=day.place_of[base],
        shift_starts_at=starts_at,
        shift_ends_at=max(day.at(row["shift_end_s"], base), starts_at),
        capacity_weight_g=row["capacity_weight_g"],
        capacity_volume_ml=row["capacity_volume_ml"],
        skills=_skills(cold=row["carries_cold"], hazardous=row["carries_hazardous"]),
        cost_fixed=row["cost_fixed"],
        cost_per_km=row["cost_per_km"],
        cost_per_h=row["cost_per_h"],
    )


def _delivery(day: DayToPlan, shipment: ShipmentToPlan) -> Delivery:
    address = day.addresses[shipment.location_id]
    opens_at, closes_at = (day.at(address[name], shipment.warehouse_id) for name in ("opens_s", "closes_s"))
    return Delivery(
        shipment_id=shipment.id,
        location=day.place_of[shipment.location_id],
        depot=day.place_of[shipment.warehouse_id],
        weight_g=shipment.weight_g,
        volume_ml=shipment.volume_ml,
        service_s=address["service_s"],
        windows=(TimeWindow(opens_at, closes_at),),
        skills=shipment.skills,
        release_at=_next_second(shipment.ready_at),
        priority=int(np.clip(HIGHEST_PRIORITY + 1 - shipment.order_priority, 0, HIGHEST_PRIORITY)),
    )


def _next_second(at: int) -> int:
    """``at`` rounded up to a whole second: plans are made in whole seconds."""
    return -(-at // 1000) * 1000
