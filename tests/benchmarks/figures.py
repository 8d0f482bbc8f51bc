"""Figures and how they are told."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A line of the report: what was measured, the figure, and what it is to be held against."""

    what: str
    figure: str
    beside: str = ""


@dataclass(frozen=True)
class Latencies:
    """How long answers took, each in seconds, and how long all of them together."""

    each_s: Sequence[float]
    wall_s: float

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return len(self.each_s) / self.wall_s

    def percentile_ms(self, percent: float) -> float:
        """The latency that ``percent`` of the answers stayed within (nearest rank)."""
        ordered = sorted(self.each_s)
        return 1000 * ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]

    def __str__(self) -> str:
        """p50, p95 and throughput."""
        return (
            f"p50 {self.percentile_ms(50):.1f} ms, p95 {self.percentile_ms(95):.1f} ms "
            f"({len(self.each_s)} answers, {self.per_s:,.0f}/s)"
        )


def timed(call: Callable[[], object]) -> float:
    """How long a call takes, in seconds."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def repeated(call: Callable[[], object], *, seconds: float, least: int = 5) -> Latencies:
    """The latencies of one caller that calls again and again for that long, after a call to warm up."""
    call()
    each: list[float] = []
    began = time.perf_counter()
    while time.perf_counter() - began < seconds or len(each) < least:
        each.append(timed(call))
    return Latencies(each, time.perf_counter() - began)


def table(title: str, figures: Sequence[Figure]) -> str:
    """The figures as a table of Markdown."""
    rows = [("measure", "figure", "beside it"), ("---", "---", "---")]
    rows += [(figure.what, figure.figure, figure.beside) for figure in figures]
    return "\n".join([f"### {title}", "", *(f"| {' | '.join(row)} |" for row in rows), ""])
