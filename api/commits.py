"""Who waits for changes hears of every write this process makes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource

from graph.engines.features import Features
from graph.engines.port import EdgeRow, Engine, Statement, VertexRow


class Commits:
    """A broadcast: every call of :meth:`announce` wakes all who wait, from whatever thread it comes."""

    def __init__(self) -> None:
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = Lock()

    def announce(self) -> None:
        """Something was written."""
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for loop, event in waiting:
            with suppress(RuntimeError):  # its loop is closed: nobody waits any more
                loop.call_soon_threadsafe(event.set)

    def listen(self) -> Listening:
        """Begin to listen now; what is written from here on wakes the listener."""
        return Listening(self)

    def _enter(self, event: asyncio.Event) -> tuple[asyncio.AbstractEventLoop, asyncio.Event]:
        entry = (asyncio.get_running_loop(), event)
        with self._lock:
            self._waiting.add(entry)
        return entry

    def _leave(self, entry: tuple[asyncio.AbstractEventLoop, asyncio.Event]) -> None:
        with self._lock:
            self._waiting.discard(entry)


class Listening:
    """From its making on it hears of writes; make it before reading, so that none falls between."""

    def __init__(self, commits: Commits) -> None:
        self._commits = commits
        self._event = asyncio.Event()
        self._entry = commits._enter(self._event)

    async def wait(self, *, at_most_s: float) -> None:
        """Return after a write since the making of this, or after ``at_most_s`` seconds."""
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._event.wait(), at_most_s)
        finally:
            self.stop()

    def stop(self) -> None:
        """Hear no more."""
        self._commits._leave(self._entry)


class AnnouncingEngine:
    """An engine whose writes are announced once they are committed."""

    def __init__(self, engine: Engine, commits: Commits) -> None:
        self._engine = engine
        self._commits = commits
        self.url = engine.url

    @property
    def features(self) -> Features:
        """What the engine can and cannot do."""
        return self._engine.features

    @property
    def g(self) -> GraphTraversalSource:
        """The source traversals are written on."""
        return self._engine.g

    @property
    def round_trips(self) -> int:
        """How many times the engine was asked since it was opened."""
        return self._engine.round_trips

    def run(self, traversal: GraphTraversal, *, time_limit_ms: int | None = None) -> list[Any]:
        """Run one traversal; not announced, since units of work are written by :meth:`transact`."""
        return self._engine.run(traversal, time_limit_ms=time_limit_ms)

    def explore(self, traversal: GraphTraversal, *, time_limit_ms: int = 200) -> list[Any]:
        """Run a traversal that may only read."""
        return self._engine.explore(traversal, time_limit_ms=time_limit_ms)

    def read_together(self, traversals: Sequence[GraphTraversal]) -> list[list[Any]]:
        """Run traversals that only read, all on one and the same state of the graph."""
        return self._engine.read_together(traversals)

    def ping(self) -> None:
        """Ask for next to nothing."""
        self._engine.ping()

    def transact(self, statements: Sequence[Statement]) -> list[list[Any]]:
        """Run all statements as one unit, and announce it."""
        answer = self._engine.transact(statements)
        self._commits.announce()
        return answer

    def bulk_load(self, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]) -> int:
        """Load whole elements, and announce them."""
        loaded = self._engine.bulk_load(vertices, edges)
        self._commits.announce()
        return loaded

    def prepare(self) -> None:
        """Create the indexes of the schema."""
        self._engine.prepare()

    def checkpoint(self) -> None:
        """Make the next opening fast."""
        self._engine.checkpoint()

    def backup(self, target: Path) -> None:
        """Copy the store while it runs."""
        self._engine.backup(target)

    def verify(self) -> list[str]:
        """The problems found in the store's files."""
        return self._engine.verify()

    def close(self) -> None:
        """Let go of the store."""
        self._engine.close()
