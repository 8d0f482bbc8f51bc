"""Mutations of plans and of the jobs that make them."""

from __future__ import annotations

import strawberry

from api.graphql.context import Context, Info
from api.graphql.errors import UserError
from api.graphql.mutations.carrying_out import carry_out
from api.graphql.resolving import resolved
from api.graphql.scalars import Long
from api.graphql.types.delivery import Job, Plan
from api.operations.jobs import PlanArguments, cancel_job, restart_job, start_plan_job
from api.operations.publish_plan import publish_plan


@strawberry.input
class PlanRoutesInput:
    """What to plan, and how long to search: seconds or iterations, 10 s without either."""

    day: str = strawberry.field(description="Local date, as in 2026-03-03.")
    seed: Long = strawberry.field(
        default=Long(1), description="With iterations, the same day and seed give the same plan."
    )
    seconds: float | None = None
    iterations: int | None = None


@strawberry.type
class JobPayload:
    """A job as it stands, or why it was not started or stopped. Follow it with planProgress."""

    job: Job | None
    user_errors: list[UserError]


@strawberry.type
class PublishPlanPayload:
    """A plan in force, or why it is not."""

    plan: Plan | None
    superseded: Plan | None = strawberry.field(description="The plan that was in force before.")
    routed: int = strawberry.field(description="Orders that are on a route now.")
    back_to_ready: int = strawberry.field(description="Orders that only the superseded plan served.")
    put_off: int = strawberry.field(description="Orders that the plan leaves for a later day.")
    changed: bool = strawberry.field(description="False when it was in force already.")
    user_errors: list[UserError]


@strawberry.type
class PlanningMutations:
    """What is done to plans."""

    @resolved(
        "Start planning the routes of a day and return at once with the job. The same idempotency key with "
        "the same input gives the same job for 7 days."
    )
    async def plan_routes(
        self, info: Info, input: PlanRoutesInput, idempotency_key: str | None = None
    ) -> JobPayload:
        """Start a job."""
        context = info.context
        job_id, errors = await carry_out(
            context,
            lambda: start_plan_job(
                context.engine,
                PlanArguments(input.day, input.seed, input.seconds, input.iterations),
                now=context.now(),
                runner=context.services.jobs,
                idempotency_key=idempotency_key,
            ),
        )
        return await _job_payload(context, job_id, errors)

    @resolved("Start a job again that was interrupted or failed.")
    async def restart_job(self, info: Info, id: strawberry.ID) -> JobPayload:
        """Start a job again."""
        context = info.context
        job_id, errors = await carry_out(
            context,
            lambda: restart_job(context.engine, id, now=context.now(), runner=context.services.jobs),
        )
        return await _job_payload(context, job_id, errors)

    @resolved("Stop a running job as soon as it can.")
    async def cancel_job(self, info: Info, id: strawberry.ID) -> JobPayload:
        """Stop a job."""
        context = info.context
        _, errors = await carry_out(
            context, lambda: cancel_job(context.engine, id, runner=context.services.jobs)
        )
        return await _job_payload(context, None if errors else id, errors)

    @resolved(
        "Put a draft in force instead of its day's plan of now. Publishing the plan in force changes nothing."
    )
    async def publish_plan(self, info: Info, id: strawberry.ID) -> PublishPlanPayload:
        """Publish a plan."""
        context = info.context
        published, errors = await carry_out(
            context, lambda: publish_plan(context.engine, id, now=context.now())
        )
        if published is None:
            return PublishPlanPayload(
                plan=None,
                superseded=None,
                routed=0,
                back_to_ready=0,
                put_off=0,
                changed=False,
                user_errors=errors,
            )
        return PublishPlanPayload(
            plan=await _plan(context, published.plan_id),
            superseded=await _plan(context, published.superseded_id),
            routed=published.routed,
            back_to_ready=published.back_to_ready,
            put_off=published.put_off,
            changed=published.changed,
            user_errors=[],
        )


async def _job_payload(context: Context, job_id: str | None, errors: list[UserError]) -> JobPayload:
    row = None if job_id is None else await context.loaders.vertex(job_id)
    return JobPayload(job=None if row is None else Job.of(row), user_errors=errors)


async def _plan(context: Context, plan_id: str | None) -> Plan | None:
    row = None if plan_id is None else await context.loaders.vertex(plan_id)
    return None if row is None else Plan.of(row)
