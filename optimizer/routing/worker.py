"""The search in a process of its own, so that the process that asked goes on answering.

The two talk over one connection: the problem goes in; the deliveries that are refused at once, reports
with the best plan so far, and at last the solution come out; a word to stop may go in. Whichever side dies,
the other one reads the end of the connection. A worker that does not stop when told is killed, and its last
report is the plan then.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from optimizer.errors import OptimizerError, SearchFailed
from optimizer.routing.insertion import Plan
from optimizer.routing.problem import RoutingProblem
from optimizer.routing.screening import refused_alone
from optimizer.routing.search import Hunt, Limits, finish, search
from optimizer.routing.solution import Progress, Refusal, RoutingSolution

REPORT_EVERY_S = 0.2
LOOK_EVERY_S = 0.02
"""How often either side looks whether it is to stop."""
STOP_WITHIN_S = 0.07
"""How long a worker that is told to stop may take."""


@dataclass(frozen=True)
class _Task:
    problem: RoutingProblem
    limits: Limits
    seed: int


@dataclass(frozen=True)
class _Report:
    progress: Progress
    plan: Plan
    refused: Mapping[int, Refusal] | None = None
    """Told once, before the search."""


def plan_in_worker(
    problem: RoutingProblem,
    *,
    seed: int = 0,
    seconds: float | None = None,
    iterations: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> RoutingSolution:
    """As :func:`~optimizer.routing.search.plan_routes`, in another process; blocks without holding the GIL.

    ``on_progress`` and ``cancelled`` are called in this thread: the first every :data:`REPORT_EVERY_S`
    even while there is no news. :class:`SearchFailed` when the worker breaks or dies.
    """
    task = _Task(problem, Limits(seconds, iterations), seed)
    worker = _Worker(task, on_progress or (lambda _: None), cancelled or (lambda: False))
    try:
        return worker.wait()
    finally:
        worker.end()


class _Worker:
    """A running worker as its parent sees it."""

    def __init__(
        self, task: _Task, on_progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> None:
        self.task, self.on_progress, self.cancelled = task, on_progress, cancelled
        self.started = self.reported = time.monotonic()
        self.told_to_stop: float | None = None
        self.last = _Report(_nothing_yet(task.problem), [])
        self.refused: Mapping[int, Refusal] | None = None
        self.connection, theirs = Pipe()
        code = f"from optimizer.routing.worker import main; main({theirs.fileno()})"
        # In a session of its own it does not hear the Ctrl-C that is meant for its parent.
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self.sender = threading.Thread(target=self._send, args=(task,), daemon=True)
        self.sender.start()

    def _send(self, message: object) -> None:
        with suppress(OSError):  # it has died, which whoever receives finds out
            self.connection.send(message)

    def wait(self) -> RoutingSolution:
        """The worker's solution, or what its last report makes if it has to be killed."""
        while not self._overdue():
            if self.connection.poll(LOOK_EVERY_S):
                message = self._receive()
                if isinstance(message, RoutingSolution):
                    return message
                if isinstance(message, Exception):
                    raise message
                self.last = message
                self.refused = self.refused if message.refused is None else message.refused
                self._report()
            elif time.monotonic() - self.reported >= REPORT_EVERY_S:
                self._report()
        self.process.kill()
        problem, hunt = self.task.problem, Hunt(self.last.plan, self.last.progress.iterations, cut_short=True)
        return finish(problem, refused_alone(problem) if self.refused is None else self.refused, hunt)

    def _receive(self) -> RoutingSolution | Exception | _Report:
        try:
            message: RoutingSolution | Exception | _Report = self.connection.recv()
        except (EOFError, OSError):
            code = self.process.wait()
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise SearchFailed(f"the search {how} before it had a plan; plan again") from None
        return message

    def _overdue(self) -> bool:
        """Whether it was told to stop and has not; tells it when the time has come."""
        now = time.monotonic()
        if self.told_to_stop is None and self.cancelled():
            self.told_to_stop = now
            if not self.sender.is_alive():
                self._send("stop")
        return self.told_to_stop is not None and now - self.told_to_stop > STOP_WITHIN_S

    def _report(self) -> None:
        self.reported = time.monotonic()
        self.on_progress(replace(self.last.progress, elapsed_s=self.reported - self.started))

    def end(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self.process.wait()
        self.sender.join()
        self.connection.close()


def _nothing_yet(problem: RoutingProblem) -> Progress:
    return Progress(elapsed_s=0.0, iterations=0, cost=0, routes=0, unserved=len(problem.deliveries))


def main(descriptor: int) -> None:
    """The worker: take the problem from the connection, and answer on it."""
    connection = Connection(descriptor)
    with suppress(EOFError, OSError):  # nobody is left to hear it
        connection.send(_answer(connection))


def _answer(connection: Connection) -> RoutingSolution | Exception:
    task: _Task = connection.recv()
    looked, stop = 0.0, False

    def cancelled() -> bool:
        nonlocal looked, stop
        now = time.monotonic()
        if now - looked >= LOOK_EVERY_S:
            looked, stop = now, stop or connection.poll()  # also true once the parent is gone
        return stop

    def report(progress: Progress, plan: Plan) -> None:
        connection.send(_Report(progress, plan))

    try:
        refused = refused_alone(task.problem)
        connection.send(_Report(_nothing_yet(task.problem), [], refused))
        hunt = search(task.problem, refused, task.limits, seed=task.seed, report=report, cancelled=cancelled)
        return finish(task.problem, refused, hunt)
    except OptimizerError as error:
        return error
    except OSError:
        raise
    except Exception as error:
        return SearchFailed(f"the search broke: {type(error).__name__}: {error}")
