"""A progress line on stderr for every phase, and how long each took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from graph.engines.port import Engine

#: Called with how much of the phase is done, between 0 and 1.
Tick = Callable[[float], None]


@dataclass(frozen=True)
class PhaseTiming:
    """What a phase cost."""

    phase: str
    wall_s: float
    round_trips: int


class Phases:
    """Runs phases one after the other, each with its line, and keeps their timings."""

    def __init__(self, engine: Engine, console: Console) -> None:
        self._engine = engine
        self._console = console
        self.timings: list[PhaseTiming] = []

    @contextmanager
    def phase(self, name: str, words: str) -> Iterator[Tick]:
        """Show ``words`` while the block runs; the block may say how far it is."""
        began, trips = time.perf_counter(), self._engine.round_trips
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<44}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        ) as progress:
            task = progress.add_task(words, total=1.0)
            yield lambda done: progress.update(task, completed=done)
        timing = PhaseTiming(name, time.perf_counter() - began, self._engine.round_trips - trips)
        self.timings.append(timing)
        if timing.wall_s >= 1.0:
            self._console.print(f"{words:<44} {timing.wall_s:6.1f} s  {timing.round_trips:5d} round trips")
