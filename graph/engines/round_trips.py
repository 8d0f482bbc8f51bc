"""Counting how many times engines were asked, per engine and within a scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock


class RoundTrips:
    """A counter that several threads may raise."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = Lock()

    def add(self) -> None:
        """One more."""
        with self._lock:
            self.count += 1


_scopes: ContextVar[tuple[RoundTrips, ...]] = ContextVar("round_trip_scopes", default=())


@contextmanager
def count_round_trips() -> Iterator[RoundTrips]:
    """Count the round trips of this context to any engine.

    Worker threads that run in a copy of the context (``asyncio.to_thread``, anyio, or
    ``contextvars.copy_context().run``) count too. Scopes may nest; an inner one counts for the outer.
    """
    trips = RoundTrips()
    reset = _scopes.set((*_scopes.get(), trips))
    try:
        yield trips
    finally:
        _scopes.reset(reset)


def note_round_trip(engine: RoundTrips) -> None:
    """Called by an engine each time it asks its graph."""
    engine.add()
    for scope in _scopes.get():
        scope.add()
