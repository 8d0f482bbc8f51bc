"""What can be followed, over graphql-transport-ws."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

import strawberry

from api.graphql.context import Context, Info
from api.graphql.enumerations import JobStatus
from api.graphql.queries.single import single
from api.graphql.resolving import resolved, subscribed
from api.graphql.scalars import Long
from api.graphql.types.delivery import Job, Plan
from api.graphql.types.events import Event
from api.graphql.types.ordering import Order
from api.operations.jobs import JobProgress, job_state
from graph.errors import InvalidInput
from graph.schema import delivery, ids, ordering
from graph.traversals import browse

EVENTS_A_READ: Final = 50


@strawberry.type(description="How far a planning job is.")
class PlanProgress:
    """A report of a job."""

    job_id: strawberry.Private[str]
    number: int = strawberry.field(description="Counts the reports of the job.")
    status: JobStatus
    elapsed_s: float | None = strawberry.field(description="Of the search; null before it has begun.")
    iterations: Long | None
    cost: Long | None = strawberry.field(description="Of the best plan so far, in minor units.")
    routes: int | None = strawberry.field(description="Of the best plan so far.")
    unserved: int | None = strawberry.field(description="Shipments the best plan so far leaves out.")
    outcome: str | None = strawberry.field(description="Id of the plan, or what went wrong.")

    @resolved("The job.")
    async def job(self, info: Info) -> Job:
        """The job."""
        return await single(info, Job, delivery.JOB_KIND, self.job_id)

    @resolved("The plan it made.")
    async def plan(self, info: Info) -> Plan | None:
        """The plan, once there is one."""
        if self.status is not JobStatus.FINISHED or self.outcome is None:
            return None
        return await single(info, Plan, delivery.PLAN_KIND, self.outcome)


@strawberry.type(description="What can be followed.")
class Subscription:
    """All subscriptions."""

    @subscribed(
        "The events of an order after the one with sequence `after` (0: from the first): those there are, "
        "then each new one. Whoever reconnects with the last sequence it saw misses nothing."
    )
    async def delivery_status(
        self, info: Info, order_id: strawberry.ID, after: int = 0
    ) -> AsyncIterator[Event]:
        """Follow an order."""
        context = info.context
        order = await single(info, Order, ordering.CUSTOMER_ORDER, order_id, field="orderId")
        if not 0 <= after <= order.event_count:
            raise InvalidInput(
                "after",
                f"wants the sequence of an event of the order, 0 to {order.event_count}, got {after}",
            )
        async for row in _events(context, order_id, after):
            yield Event.of(row)

    @subscribed("How far a planning job is, until it has ended.")
    async def plan_progress(self, info: Info, job_id: strawberry.ID) -> AsyncIterator[PlanProgress]:
        """Follow a job."""
        await single(info, Job, delivery.JOB_KIND, job_id, field="jobId")
        async for report in _reports(info.context, job_id):
            yield _progress(report)


async def _events(context: Context, order_id: str, after: int) -> AsyncIterator[dict[str, Any]]:
    """The events of an order, in their sequence, for ever.

    Their ids can be computed, so the next ones are looked up. Listening begins before the look-up: an
    event that is written between the two is heard of.
    """
    services = context.services
    while True:
        listening = services.commits.listen()
        try:
            rows = await _next_events(context, order_id, after)
            if not rows:
                await listening.wait(at_most_s=services.settings.poll_s)
        finally:
            listening.stop()
        for row in rows:
            after = row["sequence"]
            yield row


async def _next_events(context: Context, order_id: str, after: int) -> list[dict[str, Any]]:
    sequences = range(after + 1, after + 1 + EVENTS_A_READ)
    event_ids = [ids.order_event(order_id, sequence) for sequence in sequences]
    rows = await context.loaders.read(browse.vertices(context.g, event_ids))
    found = {row["sequence"]: row for row in rows}
    unbroken = []
    for sequence in sequences:
        if sequence not in found:
            break
        unbroken.append(found[sequence])
    return unbroken


async def _reports(context: Context, job_id: str) -> AsyncIterator[JobProgress]:
    """The reports of a job of this process as they come; of another process's, how it stands."""
    services = context.services
    loop = asyncio.get_running_loop()
    reports: asyncio.Queue[JobProgress] = asyncio.Queue()

    def hear(report: JobProgress) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody hears any more
            loop.call_soon_threadsafe(reports.put_nowait, report)

    stop = services.jobs.listen(job_id, hear)
    if stop is None:
        async for report in _states(context, job_id):
            yield report
        return
    try:
        while True:
            report = await _latest(reports)
            yield report
            if report.ended:
                return
    finally:
        stop()


async def _latest(reports: asyncio.Queue[JobProgress]) -> JobProgress:
    """The next report, or the last of those that piled up while the client was slow."""
    report = await reports.get()
    while not reports.empty():
        report = reports.get_nowait()
    return report


async def _states(context: Context, job_id: str) -> AsyncIterator[JobProgress]:
    number = 0
    status: str | None = None
    while True:
        listening = context.services.commits.listen()
        try:
            job = await context.services.threads.read(lambda: job_state(context.engine, job_id))
            if job.status == status:
                await listening.wait(at_most_s=context.services.settings.poll_s)
                continue
        finally:
            listening.stop()
        number, status = number + 1, job.status
        report = JobProgress(job_id, number, job.status, outcome=job.outcome)
        yield report
        if report.ended:
            return


def _progress(report: JobProgress) -> PlanProgress:
    search = report.progress
    return PlanProgress(
        job_id=report.job_id,
        number=report.number,
        status=JobStatus(report.status),
        elapsed_s=None if search is None else search.elapsed_s,
        iterations=None if search is None else Long(search.iterations),
        cost=None if search is None else Long(search.cost),
        routes=None if search is None else search.routes,
        unserved=None if search is None else search.unserved,
        outcome=report.outcome,
    )
