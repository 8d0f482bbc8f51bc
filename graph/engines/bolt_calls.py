"""What a Bolt server is asked at this moment, so that it can be ended: by its time limit or by whoever asked.

A server looks at a transaction's time limit every few seconds at best, and the driver waits for an answer
without end. So every call is watched here: when its time is up or it is cancelled, the server is told over
another connection to end its transaction, and when that does not help, the call's own connection is cut.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from itertools import count
from threading import Condition, Lock, Thread
from typing import Final
from uuid import uuid4

from neo4j import Session

from graph.engines.cancellation import current_cancellation

_CUT_AFTER_S: Final = 2.0
_FOR_EVER: Final = float("inf")


class Ended(Enum):
    """Why a call was ended from outside."""

    TOO_LATE = "too late"
    CANCELLED = "cancelled"


class Call:
    """One call: ``name`` is how the server knows its transaction. ``due`` is by the monotonic clock, in s."""

    def __init__(self, name: str, due: float) -> None:
        self.name = name
        self.due = due
        self.ended: Ended | None = None
        self._session: Session | None = None
        self._lock = Lock()

    def uses(self, session: Session | None) -> None:
        """Say which session asks for it now."""
        with self._lock:
            self._session = session

    def cut(self) -> None:
        """Break the connection it waits on; the server then rolls back what was not committed."""
        with self._lock:
            connection = getattr(self._session, "_connection", None)
            if connection is not None:
                connection.kill()


class Calls:
    """The calls that run now. ``end`` tells the server to end the transaction of that name."""

    def __init__(self, end: Callable[[str], None]) -> None:
        self._end = end
        self._running: set[Call] = set()
        self._changed = Condition()
        self._wakes_at = _FOR_EVER
        self._watching = False
        self._closed = False
        self._prefix = uuid4().hex
        self._numbers = count()

    @contextmanager
    def watched(self, limit_s: float) -> Iterator[Call]:
        """A call that is ended after ``limit_s`` seconds, or when the context is cancelled."""
        call = Call(f"{self._prefix}-{next(self._numbers)}", time.monotonic() + limit_s)
        cancellation = current_cancellation()
        with self._changed:
            self._running.add(call)
            if call.due < self._wakes_at:
                self._look_sooner()
        try:
            if cancellation is None:
                yield call
            else:
                with cancellation.stopping(lambda: self._cancel(call)):
                    yield call
        finally:
            call.uses(None)
            with self._changed:
                self._running.discard(call)

    def _look_sooner(self) -> None:
        if self._watching:
            self._changed.notify()
        else:
            self._watching = True
            Thread(target=self._watch, name="bolt-time-limits", daemon=True).start()

    def _cancel(self, call: Call) -> None:
        with self._changed:
            if call in self._running and call.ended is None:
                call.ended = Ended.CANCELLED
                self._tell(call)
                self._look_sooner()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                for call in [call for call in self._running if call.due <= time.monotonic()]:
                    self._overdue(call)
                self._wakes_at = min((call.due for call in self._running), default=_FOR_EVER)
                wait_s = self._wakes_at - time.monotonic()
                self._changed.wait(None if wait_s == _FOR_EVER else max(0.0, wait_s))

    def _overdue(self, call: Call) -> None:
        if call.ended is None:
            call.ended = Ended.TOO_LATE
            self._tell(call)
        else:
            call.due = _FOR_EVER
            call.cut()

    def _tell(self, call: Call) -> None:
        """Have the server told, by a thread that may wait for it; cut the connection if that is in vain."""
        call.due = time.monotonic() + _CUT_AFTER_S
        Thread(target=self._told, args=(call,), name="bolt-ending", daemon=True).start()

    def _told(self, call: Call) -> None:
        with suppress(Exception):
            self._end(call.name)

    def close(self) -> None:
        """Watch no more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
