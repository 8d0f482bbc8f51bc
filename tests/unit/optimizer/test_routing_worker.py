"""The search in a process of its own: the same plan, news of it, and an end whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from optimizer.errors import InvalidProblem, SearchFailed
from optimizer.routing.search import plan_routes
from optimizer.routing.solution import Progress, Reason
from optimizer.routing.worker import plan_in_worker
from tests.unit.optimizer.routing_cases import drop, on_a_line

MANY = on_a_line([drop(1 + i % 9, shipment_id=f"s{i}", weight_g=1_000, volume_ml=0) for i in range(80)])

Started = list[subprocess.Popen[bytes]]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """The worker processes that a test starts."""
    processes: Started = []
    popen = subprocess.Popen

    def start(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        processes.append(popen(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", start)
    return processes


def test_the_same_plan_as_here() -> None:
    problem = on_a_line([*(drop(i) for i in range(1, 7)), drop(8, weight_g=9_000_000)])
    assert plan_in_worker(problem, seed=3, iterations=40) == plan_routes(problem, seed=3, iterations=40)


def test_news_come_even_while_there_are_none(started: Started) -> None:
    reports: list[Progress] = []
    given_up_at = time.monotonic() + 30

    def hear(progress: Progress) -> None:
        reports.append(progress)
        if len(reports) == 1:
            started[0].send_signal(signal.SIGSTOP)
        if len(reports) == 6:
            started[0].send_signal(signal.SIGCONT)

    plan_in_worker(MANY, iterations=200, on_progress=hear, cancelled=lambda: time.monotonic() > given_up_at)
    assert len(reports) > 6
    assert [r.elapsed_s for r in reports] == sorted(r.elapsed_s for r in reports)
    assert reports[-1].iterations == 200
    assert reports[-1].unserved == 0


def test_cancelled_it_ends_at_once_with_the_best_so_far(started: Started) -> None:
    stop = threading.Event()
    at: list[float] = []

    def hear(progress: Progress) -> None:
        if progress.iterations and not stop.is_set():
            at.append(time.monotonic())
            stop.set()

    solution = plan_in_worker(MANY, seconds=60, on_progress=hear, cancelled=stop.is_set)
    assert time.monotonic() - at[0] < 20  # of the 60 s it had
    assert sum(len(route.stops) for route in solution.routes) + len(solution.unserved) == 80
    assert solution.routes
    assert started[0].poll() is not None


def test_a_worker_that_does_not_listen_is_killed(started: Started) -> None:
    stop = threading.Event()

    def hear(progress: Progress) -> None:
        if progress.routes and not stop.is_set():
            started[0].send_signal(signal.SIGSTOP)
            stop.set()

    solution = plan_in_worker(MANY, seconds=60, on_progress=hear, cancelled=stop.is_set)
    assert solution.routes
    assert started[0].returncode == -signal.SIGKILL


def test_cancelled_before_it_began() -> None:
    problem = on_a_line([drop(1), drop(2, weight_g=9_000_000)])
    solution = plan_in_worker(problem, seconds=60, cancelled=lambda: True)
    reasons = {one.shipment_id: one.refusal.reason for one in solution.unserved}
    assert reasons["to-2"] is Reason.TOO_HEAVY


def test_a_worker_that_dies_is_an_error_and_no_hang(started: Started) -> None:
    def kill(_: Progress) -> None:
        started[0].kill()

    with pytest.raises(SearchFailed, match="the search was killed by signal 9 before it had a plan"):
        plan_in_worker(MANY, seconds=60, on_progress=kill)


def test_a_worker_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(SearchFailed, match="the search ended with exit code 1"):
        plan_in_worker(MANY, iterations=1)


def test_a_search_that_breaks_is_an_error_that_says_how() -> None:
    broken = on_a_line([drop(1)])
    object.__setattr__(broken, "duration_s", None)
    with pytest.raises(SearchFailed, match="the search broke: AttributeError"):
        plan_in_worker(broken, iterations=1)


def test_bad_limits_are_refused_without_a_worker(started: Started) -> None:
    with pytest.raises(InvalidProblem, match="seconds or iterations"):
        plan_in_worker(MANY)
    assert started == []


def test_an_error_in_the_callback_leaves_no_worker_behind(started: Started) -> None:
    def stumble(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan_in_worker(MANY, seconds=60, on_progress=stumble)
    assert started[0].returncode is not None


def test_a_worker_whose_parent_is_killed_ends_too() -> None:
    script = (
        "import subprocess, sys\n"
        "from optimizer.routing import worker\n"
        "from tests.unit.optimizer.test_routing_worker import MANY\n"
        "popen = subprocess.Popen\n"
        "def start(*a, **k):\n"
        "    process = popen(*a, **k)\n"
        "    print(process.pid, flush=True)\n"
        "    return process\n"
        "worker.subprocess.Popen = start\n"
        "worker.plan_in_worker(MANY, seconds=60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(200):
        if not running(child):
            return
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    pytest.fail("it went on for 20 s")


def running(pid: int) -> bool:
    """Whether the process is there and is more than its parent's memory of it."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
