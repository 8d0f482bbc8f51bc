"""Trying again what conflicted with somebody else, a little later and not for ever."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from graph.errors import Contention

Result = TypeVar("Result")


@dataclass(frozen=True)
class Backoff:
    """How often and how long apart: waits double from ``first_s`` to ``longest_s``, each drawn at random up
    to that ("full jitter", so that those who collided do not meet again), ``tries`` times in all.
    """

    tries: int = 40
    first_s: float = 0.002
    longest_s: float = 0.25

    def call(
        self, unit: Callable[[], Result], *, rng: random.Random, on: type[Exception] = Contention
    ) -> Result:
        """What ``unit`` returns; after the last try, the :class:`Contention` (or ``on``) it ended with."""
        for attempt in range(1, self.tries):
            try:
                return unit()
            except on:
                time.sleep(rng.uniform(0, min(self.longest_s, self.first_s * 2**attempt)))
        return unit()
