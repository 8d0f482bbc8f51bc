"""Steps with the modulators that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from graph.compiler.shape import words
from graph.compiler.step_tree import Step
from graph.errors import UnsupportedStep

_LOOPING: Final = words("times until emit")

MODULATORS: Final = {
    "by": words("project group groupCount order path select dedup aggregate sack where math valueMap"),
    "option": words("choose mergeV mergeE"),
    "from": words("addE"),
    "to": words("addE"),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """A step and what modulates it: ``before`` stand those of a repeat that look before they leap."""

    step: Step
    before: tuple[Step, ...]
    after: tuple[Step, ...]

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name

    def all(self, name: str) -> list[Step]:
        """The modulators of this name, in order."""
        return [step for step in (*self.before, *self.after) if step.name == name]


def clauses(steps: tuple[Step, ...], engine: str) -> Iterator[Clause]:
    """Cut ``steps`` into clauses; a modulator without its step is refused."""
    at = 0
    while at < len(steps):
        before = at
        while at < len(steps) and steps[at].name in _LOOPING:
            at += 1
        if at > before and (at == len(steps) or steps[at].name != "repeat"):
            raise UnsupportedStep(steps[before].name, engine, "it belongs right before or after repeat()")
        head = at
        if steps[head].name in MODULATORS:
            raise _stray(steps, head, engine)
        at += 1
        while at < len(steps) and _modulates(steps[at], steps[head]):
            at += 1
        yield Clause(steps[head], steps[before:head], steps[head + 1 : at])


def _modulates(step: Step, head: Step) -> bool:
    if head.name == "repeat":
        return step.name in _LOOPING
    return head.name in MODULATORS.get(step.name, ())


def _stray(steps: tuple[Step, ...], at: int, engine: str) -> UnsupportedStep:
    after = ", ".join(sorted(MODULATORS[steps[at].name]))
    spoken = f"{steps[at - 1].name}().{steps[at].name}" if at else steps[at].name
    return UnsupportedStep(spoken, engine, f"it goes after one of {after}")
