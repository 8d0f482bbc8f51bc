"""Jobs whose process is gone: found, interrupted, and what they had begun to write given up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event

from api.operations.jobs import JobRunner, JobState, state_of
from graph.engines.port import Engine
from graph.errors import PerfectOrderError, StatementMissed
from graph.traversals import jobs, planning

log = logging.getLogger(__name__)


def interrupt_lost_jobs(engine: Engine, *, runner: JobRunner, now: int) -> list[str]:
    """Interrupt the jobs that another process left running, and return their ids.

    Each can be started again. Where one process alone has the graph open, whoever else ran jobs on it is
    gone. Where several share it, a process answers for its jobs by a lease, and those whose lease has run out
    are lost.
    """
    others = [state_of(row) for row in engine.run(jobs.running_jobs(engine.g, other_than=runner.token))]
    lost = [
        job
        for job in others
        if (engine.features.exclusive or _has_run_out(job, runner.machine_clock()))
        and _interrupted(engine, job, now)
    ]
    still_planned = {_day(job) for job in others if job not in lost}
    for day in sorted({_day(job) for job in lost} - still_planned):
        _abandon_unfinished(engine, day)
    return [job.id for job in lost]


def watch_for_lost_jobs(engine: Engine, *, runner: JobRunner, now: Callable[[], int], over: Event) -> None:
    """Interrupt lost jobs until it is ``over``, each at most two leases after its process has gone.

    A process that starts soon after the one before it died finds the leases of that still running.
    """
    while not over.wait(runner.lease_ms / 1000):
        try:
            interrupt_lost_jobs(engine, runner=runner, now=now())
        except PerfectOrderError as error:
            if not over.is_set():
                log.warning("lost jobs were not looked for: %s", error)


def _interrupted(engine: Engine, job: JobState, now: int) -> bool:
    """Whether it was ended here; another process may have done that first, or the job came to its end."""
    ended = jobs.end_job(
        engine.g,
        job_id=job.id,
        runner=job.runner,
        status="interrupted",
        outcome="the process that ran it ended; start it again",
        ended_at=now,
    )
    try:
        engine.transact([ended])
    except StatementMissed:
        return False
    return True


def _has_run_out(job: JobState, machine_now: int) -> bool:
    return job.lease_ends_at is None or job.lease_ends_at < machine_now


def _day(job: JobState) -> str:
    return str(job.arguments["day"])


def _abandon_unfinished(engine: Engine, day: str) -> None:
    plan_ids = engine.run(planning.plans_of_day(engine.g, day))
    for head in engine.run(planning.plan_heads(engine.g, plan_ids)):
        if head["status"] == "draft" and not planning.written_to_its_end(head):
            engine.transact(planning.abandon(engine.g, head["id"]))
