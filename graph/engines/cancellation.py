"""Giving up what was asked of an engine, when whoever asked has gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Final

from graph.errors import QueryCancelled


class Cancellation:
    """What a request and the engine calls made for it share; any thread may cancel."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stops: list[Callable[[], None]] = []
        self.cancelled = False

    def cancel(self) -> None:
        """Stop what runs now and refuse what would run next."""
        with self._lock:
            self.cancelled = True
            stops, self._stops = self._stops, []
            # Under the lock: whoever has its answer asks nothing else until this is over.
            for stop in stops:
                stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Let ``stop`` be called, once and from another thread, when it is cancelled within the block.

        It is never called after the block, and must not wait. Raises :class:`~graph.errors.QueryCancelled`
        when it is cancelled already.
        """
        with self._lock:
            if self.cancelled:
                raise QueryCancelled("whoever asked no longer waits")
            self._stops.append(stop)
        try:
            yield
        finally:
            with self._lock:
                if stop in self._stops:
                    self._stops.remove(stop)


_current: Final[ContextVar[Cancellation | None]] = ContextVar("cancellation", default=None)


def current_cancellation() -> Cancellation | None:
    """What this context would be cancelled by."""
    return _current.get()


@contextmanager
def cancelled_by(cancellation: Cancellation) -> Iterator[None]:
    """Within the block, engine calls of this context and of copies of it end when it is cancelled."""
    reset = _current.set(cancellation)
    try:
        yield
    finally:
        _current.reset(reset)
