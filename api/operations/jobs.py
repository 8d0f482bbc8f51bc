"""Long computations that are asked for and left running: planning the routes of a day.

A job is a vertex with a status, run by a thread of one process; the search itself runs in a process of
its own. Who asked watches its progress here, within the process, and its end in the graph. Which
process runs it is noted, with a lease where several processes share a graph, so that jobs a crash cut off
are found (:mod:`api.operations.lost_jobs`).
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from threading import Event, Lock, Thread
from typing import Any

from api.operations.day_to_plan import demand_plannable
from api.operations.idempotency import digest_of, remember, remembered
from api.operations.local_days import parse_day
from api.operations.plan_routes import HIGHEST_SEED, PlanningCancelled, plan_routes
from graph.engines.port import Engine
from graph.errors import (
    Conflict,
    InvalidInput,
    PerfectOrderError,
    StatementMissed,
    UnknownId,
)
from graph.schema import ids
from graph.schema.elements import PropertyValue
from graph.schema.lifecycle import JOB
from graph.traversals import jobs
from optimizer.routing.solution import Progress

OPERATION = "planRoutes"
AT_ONCE = 2
"""How many jobs one process runs at a time; each keeps a processor busy."""
ENDED_KEPT = 100
"""How many ended jobs a process can still tell the last report of."""
LEASE_MS = 30_000
"""How long a process answers for a job of its without renewing that, where several share a graph."""
LONGEST_SECONDS = 3600.0
MOST_ITERATIONS = 10_000_000

log = logging.getLogger(__name__)


def machine_time() -> int:
    """UTC epoch ms by the machine's clock."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class PlanArguments:
    """What to plan: a local date, a seed, and how long to search: seconds or iterations (10 s)."""

    day: str
    seed: int = 1
    seconds: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        parse_day(self.day)
        if self.seconds is not None and self.iterations is not None:
            raise InvalidInput("iterations", "and seconds were both given; give one of them")
        if self.seconds is not None and not 0 < self.seconds <= LONGEST_SECONDS:
            raise InvalidInput("seconds", f"wants more than 0 and at most {LONGEST_SECONDS:.0f}")
        if self.iterations is not None and not 1 <= self.iterations <= MOST_ITERATIONS:
            raise InvalidInput("iterations", f"wants 1 to {MOST_ITERATIONS}")
        if not 0 <= self.seed <= HIGHEST_SEED:
            raise InvalidInput("seed", f"wants a whole number from 0 to {HIGHEST_SEED}, got {self.seed}")


@dataclass(frozen=True)
class JobState:
    """A job as the graph has it; ``outcome`` is the id of what it made, or what went wrong."""

    id: str
    status: str
    kind: str
    subject: str
    arguments: Mapping[str, Any]
    started_at: int
    ended_at: int | None
    outcome: str | None
    runner: str
    lease_ends_at: int | None


@dataclass(frozen=True)
class JobProgress:
    """How far a job is; ``number`` counts its reports. ``progress`` is None until the search has begun."""

    job_id: str
    number: int
    status: str
    progress: Progress | None = None
    outcome: str | None = None

    @property
    def ended(self) -> bool:
        """Whether this is the last report."""
        return self.status != "running"


Listener = Callable[[JobProgress], None]


@dataclass
class _Running:
    """A job of this process: how to stop it, the last report, and who wants the next."""

    last: JobProgress
    stop: Event = field(default_factory=Event)
    stopped_as: str = "cancelled"
    listeners: dict[int, Listener] = field(default_factory=dict)
    thread: Thread | None = None


class JobRunner:
    """Runs the jobs of one process. ``clock`` gives UTC epoch ms; ``token`` names the process in the graph.

    ``in_process`` searches in the job's thread instead of a process of its own. ``machine_clock`` (UTC epoch
    ms) never runs faster than time does: leases, of ``lease_ms`` each, are told by it.
    """

    def __init__(
        self,
        clock: Callable[[], int],
        *,
        token: str | None = None,
        in_process: bool = False,
        machine_clock: Callable[[], int] = machine_time,
        lease_ms: int = LEASE_MS,
    ) -> None:
        self.clock = clock
        self.lease_ms = lease_ms
        self.machine_clock = machine_clock
        self.token = token or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self.in_process = in_process
        self._jobs: dict[str, _Running] = {}
        self._lock = Lock()
        self._next_listener = 0

    def claim(self, job_id: str) -> None:
        """Take a place for a job; :class:`Conflict` when all are taken."""
        with self._lock:
            running = [id for id, job in self._jobs.items() if not job.last.ended]
            if len(running) >= AT_ONCE:
                raise Conflict(
                    f"{' and '.join(running)} are running, and no more than {AT_ONCE} run at a time; "
                    "wait until one has ended, or cancel it"
                )
            ended = [id for id, job in self._jobs.items() if job.last.ended]
            for id in ended[:-ENDED_KEPT]:
                del self._jobs[id]
            self._jobs[job_id] = _Running(JobProgress(job_id, 0, "running"))

    def release(self, job_id: str) -> None:
        """Give the place of a job back that was not started after all."""
        with self._lock:
            del self._jobs[job_id]

    def run(self, engine: Engine, job_id: str, arguments: PlanArguments) -> None:
        """Run a claimed job in a thread of its own."""
        job = self._jobs[job_id]
        job.thread = Thread(target=self._run, args=(engine, job_id, arguments), name=job_id, daemon=True)
        job.thread.start()

    def progress(self, job_id: str) -> JobProgress | None:
        """The last report of a job of this process."""
        job = self._jobs.get(job_id)
        return None if job is None else job.last

    def listen(self, job_id: str, listener: Listener) -> Callable[[], None] | None:
        """Give ``listener`` the last report and every following one, until the returned function is called.

        It is called from the job's thread and must not wait. None when the job is not of this process.
        """
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None:
                return None
            self._next_listener += 1
            number = self._next_listener
            job.listeners[number] = listener
            listener(job.last)
        return lambda: self._forget(job_id, number)

    def cancel(self, job_id: str) -> bool:
        """Stop a job as soon as it can; whether it was running in this process."""
        with self._lock:
            job = self._jobs.get(job_id)
            if job is None or job.last.ended:
                return False
            job.stop.set()
            return True

    def wait(self, job_id: str, timeout_s: float | None = None) -> JobProgress:
        """Wait for a job of this process to end, at most ``timeout_s``; its last report."""
        job = self._jobs[job_id]
        if job.thread is not None:
            job.thread.join(timeout_s)
        return job.last

    def close(self, timeout_s: float = 10.0) -> None:
        """Stop all jobs, which count as interrupted, and wait until they have."""
        with self._lock:
            open_jobs = [job for job in self._jobs.values() if not job.last.ended]
            for job in open_jobs:
                job.stopped_as = "interrupted"
                job.stop.set()
        for job in open_jobs:
            if job.thread is not None:
                job.thread.join(timeout_s)

    def lease_end(self) -> int:
        """Until when (UTC epoch ms by the machine's clock) this process answers for a job from now on."""
        return self.machine_clock() + self.lease_ms

    def _keep_lease(self, engine: Engine, job_id: str, over: Event) -> None:
        """Renew the lease until the job is over; another process may take the job when it runs out."""
        while not over.wait(self.lease_ms / 3000):
            lease = jobs.renew_lease(
                engine.g, job_id=job_id, runner=self.token, lease_ends_at=self.lease_end()
            )
            try:
                engine.transact([lease])
            except StatementMissed:
                # Another process took it for lost; what it finds from here on would be noted nowhere.
                self.cancel(job_id)
                return
            except PerfectOrderError as error:
                log.warning("the lease of %s was not renewed: %s", job_id, error)

    def _run(self, engine: Engine, job_id: str, arguments: PlanArguments) -> None:
        job, over = self._jobs[job_id], Event()
        if not engine.features.exclusive:
            Thread(target=self._keep_lease, args=(engine, job_id, over), daemon=True).start()
        try:
            result = plan_routes(
                engine,
                day=arguments.day,
                now=self.clock(),
                seed=arguments.seed,
                seconds=arguments.seconds,
                iterations=arguments.iterations,
                on_progress=lambda progress: self._report(job_id, progress=progress),
                cancelled=job.stop.is_set,
                in_process=self.in_process,
            )
        except PlanningCancelled:
            status, outcome = job.stopped_as, "stopped before there was a plan"
        except PerfectOrderError as error:
            status, outcome = "failed", str(error)
        except Exception as error:
            log.exception("%s failed", job_id)
            status, outcome = "failed", f"{type(error).__name__}: {error}"
        else:
            status, outcome = "finished", result.plan_id
        finally:
            over.set()
        self._end(engine, job_id, status, outcome)

    def _end(self, engine: Engine, job_id: str, status: str, outcome: str) -> None:
        ended = jobs.end_job(
            engine.g,
            job_id=job_id,
            runner=self.token,
            status=status,
            outcome=outcome,
            ended_at=self.clock(),
        )
        try:
            engine.transact([ended])
        except PerfectOrderError:
            log.exception("%s is %s, which could not be noted", job_id, status)
        self._report(job_id, status=status, outcome=outcome)

    def _report(
        self,
        job_id: str,
        *,
        progress: Progress | None = None,
        status: str = "running",
        outcome: str | None = None,
    ) -> None:
        with self._lock:
            job = self._jobs[job_id]
            last = job.last
            job.last = replace(
                last,
                number=last.number + 1,
                status=status,
                progress=progress or last.progress,
                outcome=outcome,
            )
            for listener in job.listeners.values():
                listener(job.last)

    def _forget(self, job_id: str, number: int) -> None:
        with self._lock:
            job = self._jobs.get(job_id)
            if job is not None:
                job.listeners.pop(number, None)


def start_plan_job(
    engine: Engine,
    arguments: PlanArguments,
    *,
    now: int,
    runner: JobRunner,
    idempotency_key: str | None = None,
) -> str:
    """Start planning a day and return the job's id at once.

    With a key that was used before for the same arguments it is the job of then, whatever became of it.
    A day that cannot be planned now is refused as :func:`~api.operations.day_to_plan.demand_plannable` says.
    """
    digest = digest_of(arguments)
    if idempotency_key is not None:
        answer = remembered(engine, operation=OPERATION, key=idempotency_key, digest=digest)
        if answer is not None:
            return str(answer["job"])
    demand_plannable(engine, arguments.day, now=now)
    job_id = ids.make("job", secrets.token_hex(8))
    runner.claim(job_id)
    try:
        _note_start(engine, job_id, arguments, now=now, runner=runner, key=idempotency_key, digest=digest)
    except StatementMissed:
        runner.release(job_id)
        if idempotency_key is None:
            raise
        answer = remembered(engine, operation=OPERATION, key=idempotency_key, digest=digest)
        if answer is None:
            raise
        return str(answer["job"])
    except BaseException:
        runner.release(job_id)
        raise
    runner.run(engine, job_id, arguments)
    return job_id


def _note_start(
    engine: Engine,
    job_id: str,
    arguments: PlanArguments,
    *,
    now: int,
    runner: JobRunner,
    key: str | None,
    digest: str,
) -> None:
    values: dict[str, PropertyValue] = {
        "status": JOB.initial,
        "kind": "plan_routes",
        "subject": ids.planning_day(arguments.day),
        "arguments": json.dumps(asdict(arguments), sort_keys=True),
        "started_at": now,
        "runner": runner.token,
        "lease_ends_at": runner.lease_end(),
    }
    unit = jobs.new_job(engine.g, job_id=job_id, values=values)
    if key is not None:
        unit += remember(
            engine.g, operation=OPERATION, key=key, digest=digest, answer={"job": job_id}, now=now
        )
    engine.transact(unit)


def restart_job(engine: Engine, job_id: str, *, now: int, runner: JobRunner) -> str:
    """Run a job that was interrupted or failed once more, with its own arguments; returns its id."""
    job = job_state(engine, job_id)
    JOB.demand(now=job.status, then="running", id=job_id, field="job")
    demand_plannable(engine, str(job.arguments["day"]), now=now)
    runner.claim(job_id)
    try:
        again = jobs.run_again(
            engine.g,
            job_id=job_id,
            runner=runner.token,
            started_at=now,
            lease_ends_at=runner.lease_end(),
        )
        engine.transact([again])
    except StatementMissed:
        runner.release(job_id)
        raise Conflict(f"{job_id} was started again by somebody else at the same time") from None
    except BaseException:
        runner.release(job_id)
        raise
    runner.run(engine, job_id, PlanArguments(**job.arguments))
    return job_id


def cancel_job(engine: Engine, job_id: str, *, runner: JobRunner) -> None:
    """Ask a running job to stop; it ends as cancelled soon after.

    :class:`~graph.errors.ForbiddenTransition` when it has ended, :class:`Conflict` when another process
    runs it.
    """
    job = job_state(engine, job_id)
    JOB.demand(now=job.status, then="cancelled", id=job_id, field="job")
    if not runner.cancel(job_id) and job_state(engine, job_id).status == "running":
        raise Conflict(f"{job_id} is run by {job.runner}, not by this process; cancel it there")


def job_state(engine: Engine, job_id: str) -> JobState:
    """How a job stands; :class:`~graph.errors.UnknownId` when there is none."""
    rows = engine.run(jobs.jobs(engine.g, [job_id]))
    if not rows:
        raise UnknownId("job", f"{job_id!r} does not exist; planRoutes returns the id of its job")
    return state_of(rows[0])


def state_of(row: Mapping[str, Any]) -> JobState:
    """The job in a row of :func:`graph.traversals.jobs.jobs`."""
    running = row["status"] == "running"
    return JobState(
        id=row["id"],
        status=row["status"],
        kind=row["kind"],
        subject=row["subject"],
        arguments=json.loads(row["arguments"]),
        started_at=row["started_at"],
        ended_at=None if running or not row["ended_at"] else row["ended_at"][0],
        outcome=None if running or not row["outcome"] else row["outcome"][0],
        runner=row["runner"],
        lease_ends_at=row["lease_ends_at"][0] if row["lease_ends_at"] else None,
    )
