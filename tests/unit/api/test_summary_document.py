"""docs/summary.md names every key of the demo's summary, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from api.demo.progress import PhaseTiming
from api.demo.summary import DayFigures, LateFigures, LateOrderLine, OrderFigures, PlanFigures, Summary

DOCUMENT = Path(__file__).parents[3] / "docs" / "summary.md"
PARTS: dict[str, type[Any]] = {
    "orders": OrderFigures,
    "day": DayFigures,
    "plan": PlanFigures,
    "late": LateFigures,
}


def test_the_documented_keys_are_those_of_the_summary() -> None:
    top = {field.name for field in fields(Summary)} - {*PARTS, "timings"}
    inner = {f"{part}.{field.name}" for part, of in PARTS.items() for field in fields(of)}
    timings = {f"timings.PHASE.{field.name}" for field in fields(PhaseTiming) if field.name != "phase"}
    worst = {field.name for field in fields(LateOrderLine)}
    documented = set(_documented())
    assert documented == top | (inner - {"late.worst"}) | timings | {"late.worst[]"}
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in worst)


def _documented() -> Iterator[str]:
    """The keys in the first column; one that begins with a dot has the part of the one before."""
    for row in re.findall(r"^\| (`.*?) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE):
        before = ""
        for key in re.findall(r"`([^`]+)`", row):
            whole = before + key if key.startswith(".") else key
            before = whole.rpartition(".")[0]
            yield whole
