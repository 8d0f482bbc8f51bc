"""The portable profile: what a traversal may say so that every engine understands it alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from graph.compiler.shape import words
from graph.compiler.step_tree import StepTree
from graph.errors import UnsupportedStep
from graph.schema.elements import Schema

STEPS: Final = words(
    """
    V E hasLabel has hasId as select out in both outE inE bothE outV inV values valueMap elementMap
    project by fold unfold id label option where not and or is coalesce choose union local optional
    repeat times until emit simplePath path group groupCount order limit range dedup count sum max min
    math constant aggregate sack inject mergeV mergeE addV addE from to property drop
    """
)
SOURCES: Final = words("withSack")
WRITES: Final = words("mergeV mergeE addV addE property drop")

_INSTEAD: Final = {
    "match": "walk with as(), select() and where()",
    "discard": "ask for count() or ids instead of iterate()",
    "none": "ask for count() or ids instead of iterate()",
    "hasNot": "not_(__.has(name))",
    "sideEffect": "write each thing in a statement of its own, in one transact()",
    "cap": "select(name)",
    "skip": "range_(from, -1)",
    "tail": "order the other way and limit()",
    "barrier": "leave it out; engines add it where it pays",
    "map": "local() or by()",
    "flatMap": "local()",
    "filter": "where()",
    "identity": "leave it out",
    "otherV": "outV() or inV()",
    "mean": "sum_() and count(), and divide",
    "properties": "values()",
    "sample": "limit()",
    "withStrategies": "nothing; run() and explore() take a time limit",
}


@dataclass(frozen=True, slots=True)
class Verified:
    """What verification found: whether the traversal writes, and what to check of its values each time."""

    writes: bool
    checks: tuple[Callable[[list[Any]], None], ...]


def verify(tree: StepTree, _schema: Schema, engine: str) -> Verified:
    """Check the shape; :class:`UnsupportedStep` or :class:`SchemaViolation` says what is wrong."""
    for source in tree.sources:
        if source.name not in SOURCES:
            raise UnsupportedStep(source.name, engine, _INSTEAD.get(source.name, "leave it out"))
    names = {step.name for step in tree.walk()}
    for name in names - STEPS - SOURCES:
        raise UnsupportedStep(name, engine, _INSTEAD.get(name, "it is outside the portable profile"))
    return Verified(writes=not names.isdisjoint(WRITES), checks=())
