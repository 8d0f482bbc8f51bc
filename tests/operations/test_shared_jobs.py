"""Several processes share the graph of a server: each answers for its jobs by a lease."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from gremlin_python.process.traversal import Cardinality

from api.operations.jobs import JobRunner, PlanArguments, job_state, machine_time, restart_job, start_plan_job
from api.operations.lost_jobs import interrupt_lost_jobs, watch_for_lost_jobs
from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.moving.clearing import clear_graph
from graph.schema.model import SCHEMA
from tests.operations.made_orders import TUESDAY
from tests.operations.ready_day import MONDAY_19, ready_orders
from tests.operations.test_jobs import cut_off
from tests.servers.server_process import RunningServer
from tests.worlds import load

LONG = PlanArguments(TUESDAY, seed=1, seconds=300.0)
LEASE_MS = 3_000
SOON_S = 60.0


@pytest.fixture
def engine(neo4j_server: RunningServer) -> Iterator[Engine]:
    engine = open_engine(neo4j_server.url, SCHEMA)
    engine.prepare()
    clear_graph(engine, SCHEMA)
    load(engine)
    ready_orders(engine)
    yield engine
    clear_graph(engine, SCHEMA)
    engine.close()


def _lease(engine: Engine, job_id: str) -> int:
    return job_state(engine, job_id).lease_ends_at or 0


def test_a_job_is_left_to_its_process_while_that_renews_its_lease_and_found_when_it_no_longer_does(
    engine: Engine,
) -> None:
    one = JobRunner(lambda: MONDAY_19, token="one", lease_ms=LEASE_MS)
    job_id = start_plan_job(engine, LONG, now=MONDAY_19, runner=one)
    first, deadline = _lease(engine, job_id), time.monotonic() + SOON_S
    while _lease(engine, job_id) <= first:
        assert time.monotonic() < deadline, "the lease was never renewed"
        time.sleep(0.2)
    later = JobRunner(lambda: MONDAY_19, token="later", machine_clock=lambda: _lease(engine, job_id) - 1)
    assert interrupt_lost_jobs(engine, runner=later, now=MONDAY_19) == []

    much_later = JobRunner(
        lambda: MONDAY_19, token="much later", machine_clock=lambda: machine_time() + 60_000
    )
    assert interrupt_lost_jobs(engine, runner=much_later, now=MONDAY_19) == [job_id]
    assert job_state(engine, job_id).status == "interrupted"
    one.close()
    assert job_state(engine, job_id).status == "interrupted"
    assert restart_job(engine, job_id, now=MONDAY_19, runner=much_later) == job_id
    assert job_state(engine, job_id).runner == "much later"
    much_later.close()


def test_a_job_whose_lease_was_still_running_at_the_start_is_found_when_it_has_run_out(
    engine: Engine,
) -> None:
    """As when a process dies and is started again at once."""
    job_id = cut_off(engine)
    lease_ends_at = machine_time() + 1_000
    engine.run(engine.g.V(job_id).property(Cardinality.single, "lease_ends_at", lease_ends_at).id_())
    again = JobRunner(lambda: MONDAY_19, token="again", lease_ms=200)
    assert interrupt_lost_jobs(engine, runner=again, now=MONDAY_19) == []
    over = Event()
    watching = Thread(
        target=lambda: watch_for_lost_jobs(engine, runner=again, now=lambda: MONDAY_19, over=over)
    )
    watching.start()
    deadline = time.monotonic() + SOON_S
    while job_state(engine, job_id).status == "running":
        assert time.monotonic() < deadline, "the job was never found"
        time.sleep(0.1)
    over.set()
    watching.join(SOON_S)
    assert machine_time() > lease_ends_at
    assert job_state(engine, job_id).status == "interrupted"
