"""Planning as a job: it starts at once, tells how far it is, and survives being cut off."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from api.operations.jobs import (
    AT_ONCE,
    JobProgress,
    JobRunner,
    PlanArguments,
    cancel_job,
    job_state,
    restart_job,
    start_plan_job,
)
from api.operations.lost_jobs import interrupt_lost_jobs
from api.operations.plan_routes import plan_routes
from api.operations.publish_plan import publish_plan
from graph.engines.opening import open_engine
from graph.engines.port import Engine, VertexRow
from graph.errors import Conflict, ForbiddenTransition, InvalidInput, UnknownId
from graph.schema import ids
from graph.schema.model import SCHEMA
from tests.operations.made_orders import TUESDAY
from tests.operations.ready_day import MONDAY_19, V1, depart, ready_orders, ready_world
from tests.worlds import load

FEW = PlanArguments(TUESDAY, seed=1, iterations=50)
LONG = PlanArguments(TUESDAY, seed=1, seconds=60.0)
SOON_S = 30.0


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = ready_world()
    yield engine
    engine.close()


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    runner = JobRunner(lambda: MONDAY_19)
    yield runner
    runner.close()


def start(engine: Engine, runner: JobRunner, arguments: PlanArguments = FEW, key: str | None = None) -> str:
    return start_plan_job(engine, arguments, now=MONDAY_19, runner=runner, idempotency_key=key)


def searching(runner: JobRunner, job_id: str) -> bool:
    """Wait until the job's search has reported for the first time."""
    begun = Event()

    def hear(report: JobProgress) -> None:
        if report.progress is not None:
            begun.set()

    runner.listen(job_id, hear)
    return begun.wait(SOON_S)


def cut_off(engine: Engine, *, status: str = "running", runner: str = "a process that is gone") -> str:
    """A job as a crash leaves it."""
    job_id = ids.make("job", "lost")
    engine.bulk_load(
        [
            VertexRow(
                "Job",
                job_id,
                {
                    "status": status,
                    "kind": "plan_routes",
                    "subject": ids.planning_day(TUESDAY),
                    "arguments": f'{{"day":"{TUESDAY}","seed":1,"iterations":50,"seconds":null}}',
                    "started_at": MONDAY_19 - 1000,
                    "runner": runner,
                },
            )
        ],
        [],
    )
    return job_id


def test_a_job_ends_with_the_plan_it_made(engine: Engine, runner: JobRunner) -> None:
    job_id = start(engine, runner)
    assert runner.wait(job_id, SOON_S).status == "finished"
    job = job_state(engine, job_id)
    assert (job.status, job.outcome, job.subject) == (
        "finished",
        ids.plan(TUESDAY, 1),
        ids.planning_day(TUESDAY),
    )
    assert (job.started_at, job.ended_at, job.runner) == (MONDAY_19, MONDAY_19, runner.token)
    assert engine.run(engine.g.V(ids.plan(TUESDAY, 1)).values("served")) == [7]


def test_listeners_hear_the_last_report_at_once_and_then_every_one_to_the_end(
    engine: Engine, runner: JobRunner
) -> None:
    job_id = start(engine, runner)
    heard: list[JobProgress] = []
    stop = runner.listen(job_id, heard.append)
    runner.wait(job_id, SOON_S)
    assert [report.number for report in heard] == list(range(heard[0].number, heard[-1].number + 1))
    assert heard[-1].status == "finished"
    assert heard[-1].outcome == ids.plan(TUESDAY, 1)
    assert stop is not None
    stop()
    late: list[JobProgress] = []
    runner.listen(job_id, late.append)
    assert late == [heard[-1]]


def test_nobody_listens_to_a_job_of_another_process(engine: Engine, runner: JobRunner) -> None:
    assert runner.listen(cut_off(engine), lambda report: None) is None
    assert runner.progress(cut_off(engine)) is None


def test_a_cancelled_job_ends_soon_and_leaves_no_plan(engine: Engine, runner: JobRunner) -> None:
    job_id = start(engine, runner, LONG)
    assert searching(runner, job_id)
    cancel_job(engine, job_id, runner=runner)
    assert runner.wait(job_id, SOON_S).status == "cancelled"
    assert job_state(engine, job_id).status == "cancelled"
    assert engine.run(engine.g.V().has_label("Plan").count()) == [0]
    with pytest.raises(ForbiddenTransition, match="is cancelled"):
        cancel_job(engine, job_id, runner=runner)


def test_a_process_that_closes_interrupts_its_jobs(engine: Engine) -> None:
    runner = JobRunner(lambda: MONDAY_19)
    job_id = start(engine, runner, LONG)
    assert searching(runner, job_id)
    runner.close()
    assert job_state(engine, job_id).status == "interrupted"


def test_a_job_that_fails_says_why_and_can_be_started_again(engine: Engine, runner: JobRunner) -> None:
    engine.run(engine.g.V().has_label("RoadNetwork").drop())
    job_id = start(engine, runner)
    assert runner.wait(job_id, SOON_S).status == "failed"
    assert "road network" in (job_state(engine, job_id).outcome or "")
    load(engine)
    assert restart_job(engine, job_id, now=MONDAY_19 + 1, runner=runner) == job_id
    assert runner.wait(job_id, SOON_S).status == "finished"
    assert job_state(engine, job_id).started_at == MONDAY_19 + 1


def test_a_job_a_crash_cut_off_is_found_at_start_and_can_be_started_again(
    tmp_path: Path, runner: JobRunner
) -> None:
    store = f"embedded:{tmp_path / 'store'}"
    engine = load(open_engine(store, SCHEMA))
    ready_orders(engine)
    lost = cut_off(engine)
    engine.close()
    engine = open_engine(store, SCHEMA)
    assert interrupt_lost_jobs(engine, runner=runner, now=MONDAY_19) == [lost]
    job = job_state(engine, lost)
    assert (job.status, job.ended_at) == ("interrupted", MONDAY_19)
    assert "start it again" in (job.outcome or "")
    assert interrupt_lost_jobs(engine, runner=runner, now=MONDAY_19) == []
    restart_job(engine, lost, now=MONDAY_19, runner=runner)
    assert runner.wait(lost, SOON_S).status == "finished"
    assert job_state(engine, lost).runner == runner.token
    engine.close()


def test_the_half_written_draft_of_a_lost_job_is_given_up(engine: Engine, runner: JobRunner) -> None:
    whole, half = (
        plan_routes(engine, day=TUESDAY, now=MONDAY_19, seed=1, iterations=50, in_process=True).plan_id
        for _ in range(2)
    )
    engine.run(engine.g.V(ids.stop(ids.route(half, V1), 0)).out_e("NEXT").drop())
    cut_off(engine)
    interrupt_lost_jobs(engine, runner=runner, now=MONDAY_19)
    assert engine.run(engine.g.V([whole]).values("status")) == ["draft"]
    assert engine.run(engine.g.V([half]).values("status")) == ["abandoned"]
    assert set(engine.run(engine.g.V(half).out("HAS_ROUTE").values("status"))) == {"abandoned"}


def test_a_day_that_cannot_be_planned_gets_no_job(engine: Engine, runner: JobRunner) -> None:
    publish_plan(
        engine,
        plan_routes(engine, day=TUESDAY, now=MONDAY_19, seed=1, iterations=50, in_process=True).plan_id,
        now=MONDAY_19,
    )
    depart(engine, ids.route(ids.plan(TUESDAY, 1), V1))
    with pytest.raises(Conflict, match="route/2026-03-03/1/V-1 has left"):
        start(engine, runner)
    with pytest.raises(Conflict, match="route/2026-03-03/1/V-1 has left"):
        restart_job(engine, cut_off(engine, status="interrupted"), now=MONDAY_19, runner=runner)
    with pytest.raises(InvalidInput, match="lies in the past"):
        start(engine, runner, PlanArguments("2026-03-01", iterations=50))
    with pytest.raises(InvalidInput, match="is a Sunday"):
        start(engine, runner, PlanArguments("2026-03-08", iterations=50), key="sunday")
    assert engine.run(engine.g.V().has_label("Job").values("status")) == ["interrupted"]


def test_a_running_job_of_this_process_is_not_interrupted(engine: Engine, runner: JobRunner) -> None:
    job_id = start(engine, runner, LONG)
    assert interrupt_lost_jobs(engine, runner=runner, now=MONDAY_19) == []
    assert job_state(engine, job_id).status == "running"
    cancel_job(engine, job_id, runner=runner)


def test_a_job_of_another_process_is_cancelled_there(engine: Engine, runner: JobRunner) -> None:
    with pytest.raises(Conflict, match="a process that is gone"):
        cancel_job(engine, cut_off(engine), runner=runner)


def test_the_same_key_with_the_same_arguments_is_the_same_job(engine: Engine, runner: JobRunner) -> None:
    first = start(engine, runner, key="k")
    assert start(engine, runner, key="k") == first
    runner.wait(first, SOON_S)
    assert start(engine, runner, key="k") == first
    assert engine.run(engine.g.V().has_label("Job").count()) == [1]
    with pytest.raises(InvalidInput, match="was used for another planRoutes"):
        start(engine, runner, PlanArguments(TUESDAY, seed=2, iterations=50), key="k")


def test_a_request_sent_by_many_at_once_starts_one_job(engine: Engine) -> None:
    runners = [JobRunner(lambda: MONDAY_19, in_process=True) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        started = set(threads.map(lambda runner: start(engine, runner, key="k"), runners))
    assert len(started) == 1
    assert engine.run(engine.g.V().has_label("Job").count()) == [1]
    for runner in runners:
        runner.close()


def test_no_more_jobs_run_at_once_than_there_are_places(engine: Engine, runner: JobRunner) -> None:
    running = [start(engine, runner, LONG) for _ in range(AT_ONCE)]
    with pytest.raises(Conflict, match="run at a time"):
        start(engine, runner, LONG)
    for job_id in running:
        cancel_job(engine, job_id, runner=runner)
        runner.wait(job_id, SOON_S)
    assert runner.wait(start(engine, runner), SOON_S).status == "finished"


def test_a_finished_job_is_not_run_again(engine: Engine, runner: JobRunner) -> None:
    job_id = start(engine, runner)
    runner.wait(job_id, SOON_S)
    with pytest.raises(ForbiddenTransition, match="is finished"):
        restart_job(engine, job_id, now=MONDAY_19, runner=runner)


def test_a_job_that_is_none_is_unknown(engine: Engine, runner: JobRunner) -> None:
    with pytest.raises(UnknownId, match="job/none"):
        restart_job(engine, "job/none", now=MONDAY_19, runner=runner)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("day", {"day": "soon"}),
        ("seconds", {"seconds": 0.0}),
        ("seconds", {"seconds": float("nan")}),
        ("seconds", {"seconds": 1e9}),
        ("iterations", {"iterations": 0}),
        ("iterations", {"iterations": 5, "seconds": 1.0}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 2**32}),
    ],
)
def test_arguments_that_cannot_be_are_refused_before_anything_starts(
    field: str, wrong: dict[str, object]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        PlanArguments(**{"day": TUESDAY, **wrong})  # type: ignore[arg-type]
    assert refused.value.field == field
