"""Queries for vehicles, plans, routes, shipments and jobs."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import ClassVar

import strawberry

from api.graphql.context import Info
from api.graphql.enumerations import JobStatus, PlanStatus, ShipmentStatus
from api.graphql.pages import Connection, PageArguments
from api.graphql.queries.lists import Filter, any_of, check_date, check_id, equal, listed
from api.graphql.queries.single import single
from api.graphql.resolving import resolved
from api.graphql.types.delivery import Job, Plan, PlanningDay, Route, Shipment, Vehicle
from graph.errors import InvalidInput
from graph.schema import delivery, ids, warehousing
from graph.traversals.browse import Condition, Origin


@strawberry.enum(description="What vehicles are sorted by.")
class VehicleSort(Enum):
    """What vehicles are sorted by."""

    NAME = "name"
    KIND = "kind"
    CAPACITY_WEIGHT = "capacity_weight_g"
    CAPACITY_VOLUME = "capacity_volume_ml"


@strawberry.enum(description="What plans are sorted by.")
class PlanSort(Enum):
    """What plans are sorted by."""

    CREATED_AT = "created_at"
    COST = "cost"


@strawberry.enum(description="What shipments are sorted by.")
class ShipmentSort(Enum):
    """What shipments are sorted by."""

    WEIGHT = "weight_g"
    VOLUME = "volume_ml"


@strawberry.enum(description="What jobs are sorted by.")
class JobSort(Enum):
    """What jobs are sorted by."""

    STARTED_AT = "started_at"


@strawberry.input(description="All that is given must hold.")
class VehicleFilter(Filter):
    """Which vehicles."""

    kind: str | None = None
    warehouse_id: strawberry.ID | None = None
    carries_cold: bool | None = None
    carries_hazardous: bool | None = None

    def conditions(self) -> Iterator[Condition]:
        """What the vehicles must fit."""
        yield from equal("kind", self.kind)
        yield from equal("carries_cold", self.carries_cold)
        yield from equal("carries_hazardous", self.carries_hazardous)

    def origin(self, label: str) -> Origin:
        """From the warehouse, if one is given."""
        if self.warehouse_id is None:
            return Origin(label)
        check_id(self.warehouse_id, warehousing.WAREHOUSE, field="filter.warehouseId")
        return Origin(label, self.warehouse_id, lambda t: t.in_("BASED_AT"))


@strawberry.input(description="All that is given must hold.")
class PlanFilter(Filter):
    """Which plans."""

    start_must_exist: ClassVar[bool] = False
    day: str | None = strawberry.field(default=None, description="Local date, as in 2026-03-02.")
    status: list[PlanStatus] | None = None

    def conditions(self) -> Iterator[Condition]:
        """What the plans must fit."""
        yield from any_of("status", self.status)

    def origin(self, label: str) -> Origin:
        """From the day, if one is given."""
        if self.day is None:
            return Origin(label)
        day_id = ids.planning_day(check_date(self.day, field="filter.day"))
        return Origin(label, day_id, lambda t: t.in_("PLAN_OF"))


@strawberry.input(description="All that is given must hold.")
class ShipmentFilter(Filter):
    """Which shipments."""

    start_must_exist: ClassVar[bool] = False
    status: list[ShipmentStatus] | None = None
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description="Together with day.")
    day: str | None = strawberry.field(default=None, description="On which its warehouse packs it.")

    def conditions(self) -> Iterator[Condition]:
        """What the shipments must fit."""
        yield from any_of("status", self.status)

    def origin(self, label: str) -> Origin:
        """From the warehouse's day, if one is given."""
        if self.warehouse_id is None and self.day is None:
            return Origin(label)
        if self.warehouse_id is None or self.day is None:
            given, lacking = ("day", "warehouseId") if self.day is not None else ("warehouseId", "day")
            raise InvalidInput(f"filter.{lacking}", f"is needed too: {given} goes together with {lacking}")
        warehouse_id = check_id(self.warehouse_id, warehousing.WAREHOUSE, field="filter.warehouseId")
        day = check_date(self.day, field="filter.day")
        return Origin(label, ids.warehouse_day(warehouse_id, day), lambda t: t.in_("SHIPS_FROM"))


@strawberry.input(description="All that is given must hold.")
class JobFilter(Filter):
    """Which jobs."""

    status: list[JobStatus] | None = None

    def conditions(self) -> Iterator[Condition]:
        """What the jobs must fit."""
        yield from any_of("status", self.status)


@strawberry.type
class DeliveryQueries:
    """How goods reach the door."""

    @resolved("The vehicle with this id, such as vehicle/V-01.")
    async def vehicle(self, info: Info, id: strawberry.ID) -> Vehicle | None:
        """One vehicle."""
        return await single(info, Vehicle, delivery.VEHICLE, id)

    @resolved("Vehicles.")
    async def vehicles(
        self,
        info: Info,
        filter: VehicleFilter | None = None,
        order_by: VehicleSort = VehicleSort.NAME,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Vehicle]:
        """A page of vehicles."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Vehicle, "Vehicle", filter, (order_by, descending), arguments)

    @resolved("The day that plans are for, by its local date; null when nothing was planned for it.")
    async def planning_day(self, info: Info, date: str) -> PlanningDay | None:
        """One planning day."""
        row = await info.context.loaders.vertex(ids.planning_day(check_date(date, field="date")))
        return None if row is None else PlanningDay.of(row)

    @resolved("The plan with this id, such as plan/2026-03-03/1.")
    async def plan(self, info: Info, id: strawberry.ID) -> Plan | None:
        """One plan."""
        return await single(info, Plan, delivery.PLAN_KIND, id)

    @resolved("Plans, the latest first.")
    async def plans(
        self,
        info: Info,
        filter: PlanFilter | None = None,
        order_by: PlanSort = PlanSort.CREATED_AT,
        descending: bool = True,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Plan]:
        """A page of plans."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Plan, "Plan", filter, (order_by, descending), arguments)

    @resolved("The route with this id, such as route/2026-03-03/1/V-01.")
    async def route(self, info: Info, id: strawberry.ID) -> Route | None:
        """One route."""
        return await single(info, Route, delivery.ROUTE_KIND, id)

    @resolved("The shipment with this id, such as shipment/SO-1001/W-1.")
    async def shipment(self, info: Info, id: strawberry.ID) -> Shipment | None:
        """One shipment."""
        return await single(info, Shipment, delivery.SHIPMENT_KIND, id)

    @resolved("Shipments.")
    async def shipments(
        self,
        info: Info,
        filter: ShipmentFilter | None = None,
        order_by: ShipmentSort = ShipmentSort.WEIGHT,
        descending: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Shipment]:
        """A page of shipments."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Shipment, "Shipment", filter, (order_by, descending), arguments)

    @resolved("The job with this id.")
    async def job(self, info: Info, id: strawberry.ID) -> Job | None:
        """One job."""
        return await single(info, Job, delivery.JOB_KIND, id)

    @resolved("Jobs, the latest first.")
    async def jobs(
        self,
        info: Info,
        filter: JobFilter | None = None,
        order_by: JobSort = JobSort.STARTED_AT,
        descending: bool = True,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Job]:
        """A page of jobs."""
        arguments = PageArguments(first, after, last, before)
        return await listed(info, Job, "Job", filter, (order_by, descending), arguments)
