"""The engine and the operations are synchronous: they run in worker threads, never on the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, get_cancelled_exc_class, to_thread

from graph.engines.cancellation import Cancellation, cancelled_by

Result = TypeVar("Result")


class Threads:
    """Two pools, so that a queue of writes never keeps readers waiting."""

    def __init__(self, *, reading: int, writing: int) -> None:
        self._reading = CapacityLimiter(reading)
        self._writing = CapacityLimiter(writing)

    async def read(self, call: Callable[[], Result]) -> Result:
        """What ``call`` returns; it only reads, and is given up when the request is cancelled: engines
        that can are told to stop.
        """
        cancellation = Cancellation()

        def cancellable() -> Result:
            with cancelled_by(cancellation):
                return call()

        try:
            return await to_thread.run_sync(cancellable, limiter=self._reading, abandon_on_cancel=True)
        except get_cancelled_exc_class():
            cancellation.cancel()
            raise

    async def write(self, call: Callable[[], Result]) -> Result:
        """What ``call`` returns; it may write, and is finished even when the request is cancelled."""
        return await to_thread.run_sync(call, limiter=self._writing)
