"""The step tree: a traversal as frozen values that compilers and checks can walk.

A tree has names and tokens but no values; where a value goes it has a :class:`Slot`. Every engine that
wants a language of its own compiles from here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph.compiler import shape as shapes
from graph.compiler.shape import Shape, Token


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value: the ``index``-th of the traversal, of the given ``shape``."""

    index: int
    shape: Any


@dataclass(frozen=True, slots=True)
class Predicate:
    """``P`` or ``TextP``: an operator and its operands."""

    operator: str
    operands: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map given in place, such as what ``mergeV`` matches on."""

    entries: tuple[tuple[str | Token, Argument], ...]

    def get(self, key: str | Token) -> Argument | None:
        """The entry of ``key``, or None."""
        return next((value for name, value in self.entries if name == key), None)


@dataclass(frozen=True, slots=True)
class Step:
    """One step with its arguments."""

    name: str
    arguments: tuple[Argument, ...] = ()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class StepTree:
    """A traversal: what it says about its source, and its steps."""

    steps: tuple[Step, ...]
    sources: tuple[Step, ...] = ()

    def walk(self) -> Iterator[Step]:
        """Every step, outer before inner, in the order of writing."""
        for step in (*self.sources, *self.steps):
            yield step
            for nested in nested_in(step):
                yield from nested.walk()


Argument = str | Token | Slot | Predicate | MapOf | StepTree


def nested_in(step: Step) -> Iterator[StepTree]:
    """The traversals among the arguments of ``step``."""
    for argument in step.arguments:
        if isinstance(argument, StepTree):
            yield argument
        elif isinstance(argument, MapOf):
            for _, value in argument.entries:
                if isinstance(value, StepTree):
                    yield value


def tree_of(shape: Shape) -> StepTree:
    """The tree of a traversal's shape."""
    sources, steps = shape
    reader = _Reader()
    return StepTree(sources=reader.steps(sources), steps=reader.steps(steps))


class _Reader:
    """Numbers the slots in the order in which :func:`~graph.compiler.shape.shape_of` found the values."""

    def __init__(self) -> None:
        self.slots = 0

    def steps(self, shape: Shape) -> tuple[Step, ...]:
        return tuple(Step(name, tuple(map(self.argument, arguments))) for name, *arguments in shape)

    def argument(self, shape: Any) -> Argument:
        if isinstance(shape, (str, Token)):
            return shape
        if isinstance(shape, tuple):
            match shape[0]:
                case shapes.NESTED:
                    return StepTree(self.steps(shape[1:]))
                case shapes.PREDICATE:
                    return Predicate(shape[1], tuple(map(self.argument, shape[2:])))
                case shapes.MAP:
                    return MapOf(tuple((key, self.argument(value)) for key, value in shape[1]))
        slot = Slot(self.slots, shape)
        self.slots += 1
        return slot
