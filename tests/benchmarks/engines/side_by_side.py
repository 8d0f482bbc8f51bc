"""Two ways to the same answer, timed in turns so that both meet the same machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.benchmarks.figures import Figure, timed

LEAST_TURNS = 8


@dataclass(frozen=True)
class Pair:
    """Something asked of ``ours`` and of an ``anchor``; ``units`` is how many of ``unit`` one call makes.

    ``same`` brings an answer into the form in which both must be equal; None for writes that have none.
    """

    what: str
    ours: Callable[[], Any]
    anchor: Callable[[], Any]
    unit: str = ""
    units: int = 1
    same: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """The medians, each in seconds."""

    pair: Pair
    ours_s: float
    anchor_s: float

    @property
    def ratio(self) -> float:
        """Our time as a multiple of the anchor's."""
        return self.ours_s / self.anchor_s

    def figure(self, *, anchor: str, reach: float) -> Figure:
        """A line of the report."""
        verdict = "" if self.ratio <= reach else f" (reach {reach:g} missed)"
        return Figure(
            self.pair.what,
            self._told(self.ours_s),
            f"{anchor} {self._told(self.anchor_s)}; ratio {self.ratio:.2f}{verdict}",
        )

    def _told(self, seconds: float) -> str:
        text = f"{1000 * seconds:.2f} ms"
        return f"{text}, {self.pair.units / seconds:,.0f} {self.pair.unit}/s" if self.pair.unit else text


def measured(pairs: Sequence[Pair], *, seconds: float) -> list[Outcome]:
    """Each pair for about that long; raises if the two do not answer the same."""
    return [_measured(pair, seconds) for pair in pairs]


def _measured(pair: Pair, seconds: float) -> Outcome:
    if pair.same is not None:
        ours, anchor = pair.same(pair.ours()), pair.same(pair.anchor())
        if ours != anchor:
            raise AssertionError(f"{pair.what}: the answers differ:\n{ours!r:.1500}\n{anchor!r:.1500}")
    for _ in range(3):
        pair.ours()
        pair.anchor()
    each: tuple[list[float], list[float]] = ([], [])
    ends_at = time.perf_counter() + seconds
    while time.perf_counter() < ends_at or len(each[0]) < LEAST_TURNS:
        # Who goes first changes, so that neither always finds what the other has warmed.
        first = len(each[0]) % 2
        for place in (first, 1 - first):
            each[place].append(timed((pair.ours, pair.anchor)[place]))
    return Outcome(pair, median(each[0]), median(each[1]))


def in_any_order(answer: Any) -> Any:
    """The answer with every list in it sorted: what the order of is nobody's promise."""
    if isinstance(answer, dict):
        return {key: in_any_order(value) for key, value in answer.items()}
    if isinstance(answer, list):
        return sorted(
            (in_any_order(item) for item in answer), key=lambda item: json.dumps(item, sort_keys=True)
        )
    return answer
