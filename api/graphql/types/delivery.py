"""Shipments, vehicles, plans, routes and stops."""

from __future__ import annotations

from typing import Annotated

import strawberry
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import P

from api.graphql.context import Info
from api.graphql.enumerations import (
    JobStatus,
    PlanStatus,
    RouteStatus,
    ShipmentCondition,
    ShipmentStatus,
    StopStatus,
)
from api.graphql.loading import EdgeLink, Link
from api.graphql.pages import Connection
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant, Long, Money, money
from api.graphql.types.node import Node, Tie, code, many, one, pages, tie, tie_type, ties, vertex_type
from api.graphql.types.refs import (
    AllocationRef,
    LocationRef,
    OrderRef,
    WarehouseDayRef,
    WarehouseRef,
)
from graph.schema import delivery
from graph.traversals.browse import Sort

IN_FORCE = Link(lambda t: t.in_("IN_FORCE"))
PLAN_OF_ROUTE = Link(lambda t: t.in_("HAS_ROUTE"))

PLACE = strawberry.union("Place", description="Where a stop is.")

_FOLLOWED = P.within(["published", "departed", "completed"])


@tie_type(delivery.LEFT_OUT)
class LeftOut(Tie):
    """A shipment that a plan could not serve."""

    plan: Plan
    shipment: Shipment
    reason: str
    detail: str
    way_out: str | None = None


@tie_type(delivery.NEXT)
class Leg(Tie):
    """The drive from one stop to the next."""

    to: Stop
    travel_s: int
    distance_m: int
    path: str


@vertex_type(delivery.SHIPMENT_KIND)
class Shipment(Node):
    """A shipment."""

    status: ShipmentStatus
    weight_g: Long
    volume_ml: Long
    cold_chain: bool
    hazardous: bool
    received_by: str | None = None
    condition: ShipmentCondition | None = None
    papers_complete: bool | None = None
    failure: str | None = None
    order: OrderRef = one(Link(lambda t: t.in_("HAS_SHIPMENT")))
    allocations: list[AllocationRef] = many(Link(lambda t: t.out("PACKS"), order_by="available_at"))
    warehouse_day: WarehouseDayRef | None = one(Link(lambda t: t.out("SHIPS_FROM")))
    warehouse: WarehouseRef | None = one(Link(lambda t: t.out("SHIPS_FROM").out("DAY_OF")))
    stop: Stop | None = one(
        Link(
            lambda t: (
                t.in_("SERVES")
                .has("status", P.neq("superseded"))
                .where(__.in_("VISITS").has("status", _FOLLOWED))
            )
        )
    )
    left_out_of: list[LeftOut] = ties(
        EdgeLink(lambda t: t.in_e("LEFT_OUT"), backwards=True),
        lambda self, edge, plan: LeftOut.of(edge, plan=plan, shipment=self),
    )


@vertex_type(delivery.VEHICLE)
class Vehicle(Node):
    """A vehicle."""

    code: str = code("The vehicle code.")
    name: str
    kind: str
    capacity_weight_g: Long
    capacity_volume_ml: Long
    carries_cold: bool
    carries_hazardous: bool
    shift_start_s: int
    shift_end_s: int
    cost_fixed: strawberry.Private[int]
    cost_per_km: strawberry.Private[int]
    cost_per_h: strawberry.Private[int]
    currency: strawberry.Private[str]
    warehouse: WarehouseRef = one(Link(lambda t: t.out("BASED_AT")))
    routes: Connection[Route] = pages(
        "Route",
        lambda t: t.out("DRIVES").has("status", _FOLLOWED),
        Sort("departs_at", descending=True),
    )

    @resolved("Per day of use.", name="costFixed")
    def fixed(self) -> Money:
        """Per day of use."""
        return money(self.cost_fixed, self.currency)

    @resolved("For each kilometre driven.", name="costPerKm")
    def per_km(self) -> Money:
        """Per kilometre driven."""
        return money(self.cost_per_km, self.currency)

    @resolved("For each hour on the road.", name="costPerH")
    def per_h(self) -> Money:
        """Per hour on the road."""
        return money(self.cost_per_h, self.currency)


@vertex_type(delivery.PLANNING_DAY)
class PlanningDay(Node):
    """A day that plans are for."""

    date: str
    in_force: Plan | None = one(Link(lambda t: t.out("IN_FORCE")))
    plans: list[Plan] = many(Link(lambda t: t.in_("PLAN_OF"), order_by="created_at"))


@vertex_type(delivery.PLAN_KIND)
class Plan(Node):
    """A plan."""

    status: PlanStatus
    created_at: Instant
    seed: str
    road_version: Long
    cost: strawberry.Private[int]
    currency: strawberry.Private[str]
    distance_m: Long
    duration_s: Long
    routes: strawberry.Private[int]
    served: int
    left_out: int
    day: PlanningDay = one(Link(lambda t: t.out("PLAN_OF")))
    rounds: list[Route] = many(Link(lambda t: t.out("HAS_ROUTE"), order_by="departs_at"), name="routes")
    unserved: list[LeftOut] = ties(
        EdgeLink(lambda t: t.out_e("LEFT_OUT")),
        lambda self, edge, shipment: LeftOut.of(edge, plan=self, shipment=shipment),
    )

    @resolved("How many routes it has.")
    def route_count(self) -> int:
        """How many routes it has."""
        return self.routes

    @resolved("Of all its routes.", name="cost")
    def total_cost(self) -> Money:
        """Of all its routes."""
        return money(self.cost, self.currency)

    @resolved("Whether it is the plan that counts for its day.", follows=IN_FORCE)
    def in_force(self, info: Info) -> bool:
        """Whether its day points at it."""
        return info.context.loaders.linked(IN_FORCE, self.id, bool)


@vertex_type(delivery.ROUTE_KIND)
class Route(Node):
    """A vehicle's round."""

    status: RouteStatus
    departs_at: Instant
    returns_at: Instant
    distance_m: Long
    cost: strawberry.Private[int]
    weight_g: Long
    volume_ml: Long
    plan: Plan = one(PLAN_OF_ROUTE)
    vehicle: Vehicle = one(Link(lambda t: t.in_("DRIVES")))
    stops: list[Stop] = many(Link(lambda t: t.out("VISITS"), order_by="sequence"))

    @resolved("Of the vehicle, its way and its hours.", name="cost", follows=PLAN_OF_ROUTE)
    def total_cost(self, info: Info) -> Money:
        """In the currency of its plan."""
        return info.context.loaders.linked(
            PLAN_OF_ROUTE, self.id, lambda plans: money(self.cost, plans[0]["currency"])
        )


@vertex_type(delivery.STOP_KIND)
class Stop(Node):
    """A stop of a round."""

    status: StopStatus
    sequence: int
    arrive_at: Instant
    wait_s: int
    service_s: int
    depart_at: Instant
    load_weight_g: Long
    load_volume_ml: Long
    arrived_at: Instant | None = None
    route: Route = one(Link(lambda t: t.in_("VISITS")))
    place: Annotated[LocationRef | WarehouseRef, PLACE] = one(Link(lambda t: t.out("AT")))
    shipments: list[Shipment] = many(Link(lambda t: t.out("SERVES"), order_by="weight_g"))
    next: Leg | None = tie(
        EdgeLink(lambda t: t.out_e("NEXT")),
        lambda _stop, edge, to: Leg.of(edge, to=to),
    )


@vertex_type(delivery.JOB_KIND)
class Job(Node):
    """A long computation."""

    status: JobStatus
    kind: str
    subject: str
    started_at: Instant
    ended_at: Instant | None = None
    outcome: str | None = None
