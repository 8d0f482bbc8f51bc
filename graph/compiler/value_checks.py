"""Checks of the values that come with a traversal: what the shape cannot tell, looked at on every call."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from graph.compiler.holds import Column
from graph.errors import InvalidInput, SchemaViolation
from graph.schema.elements import INT64_MAX, INT64_MIN, Property, Type

_NOT_IN_IDS: Final = re.compile(r"[^ -\]_-~]")


@dataclass(frozen=True, slots=True)
class IdCheck:
    """Ids to write: printable ASCII without ``^``, and with the prefix of their kind."""

    column: Column
    label: str
    prefix: str

    def __call__(self, values: Sequence[Any]) -> None:
        """Raise unless the values fit."""
        column = column_of(self.column, values)
        start = f"{self.prefix}/"
        if _NOT_IN_IDS.search("".join(column)) or not all(i.startswith(start) for i in column):
            for id in column:
                check_id(id, label=self.label, prefix=self.prefix)


def check_id(id: str, *, label: str, prefix: str) -> None:
    """Raise :class:`SchemaViolation` unless ``id`` may be the id of a new vertex of this kind."""
    bad = _NOT_IN_IDS.search(id)
    if bad:
        raise SchemaViolation(
            f"{label}.id",
            f"may be printable ASCII without ^ only, and {id!r:.80} has {bad.group()!r}; percent-encode it",
        )
    if not id.startswith(f"{prefix}/") and id != prefix:
        raise SchemaViolation(f"{label}.id", f"starts with {prefix}/, got {id!r:.80}")


@dataclass(frozen=True, slots=True)
class PropertyCheck:
    """Values to write into a property; their type is known to fit."""

    column: Column
    owner: str
    property: Property

    def __call__(self, values: Sequence[Any]) -> None:
        """Raise unless the values fit."""
        column = column_of(self.column, values)
        if not _fits(self.property, column):
            for value in column:
                self.property.check(value, owner=self.owner)


def _fits(prop: Property, column: Sequence[Any]) -> bool:
    match prop.type:
        case Type.INTEGER:
            return not column or (min(column) >= INT64_MIN and max(column) <= INT64_MAX)
        case Type.REAL:
            return all(map(math.isfinite, column))
        case Type.TEXT:
            return not prop.one_of or set(column).issubset(prop.one_of)
    return True


@dataclass(frozen=True, slots=True)
class ChoiceCheck:
    """Values that a property is compared with: one that it can never have is a slip of the pen."""

    column: Column
    name: str
    one_of: frozenset[str]

    def __call__(self, values: Sequence[Any]) -> None:
        """Raise unless the values fit."""
        for value in column_of(self.column, values):
            if value not in self.one_of:
                choices = ", ".join(sorted(self.one_of))
                raise SchemaViolation(self.name, f"is one of {choices}, never {value!r:.80}")


@dataclass(frozen=True, slots=True)
class SelfLoopCheck:
    """Edges whose two ends are given: they must differ."""

    start: Column
    end: Column
    label: str

    def __call__(self, values: Sequence[Any]) -> None:
        """Raise unless the values fit."""
        for start, end in zip(column_of(self.start, values), column_of(self.end, values), strict=False):
            if start == end:
                raise SchemaViolation(self.label, f"would lead from {start!r:.80} to itself")


@dataclass(frozen=True, slots=True)
class Int64Check:
    """Integers anywhere in a value."""

    slot: int
    step: str

    def __call__(self, values: Sequence[Any]) -> None:
        """Raise unless the values fit."""
        for value in _integers(values[self.slot]):
            if not INT64_MIN <= value <= INT64_MAX:
                raise InvalidInput(self.step, f"takes 64-bit integers, and {value} is beyond them")


@dataclass(frozen=True, slots=True)
class CountCheck:
    """A number of things: not negative, or also -1 where that means "to the end"."""

    slot: int
    step: str
    least: int

    def __call__(self, values: Sequence[Any]) -> None:
        """Raise unless the values fit."""
        if values[self.slot] < self.least:
            raise InvalidInput(self.step, f"takes numbers from {self.least} up, got {values[self.slot]}")


Check = IdCheck | PropertyCheck | ChoiceCheck | SelfLoopCheck | Int64Check | CountCheck


def column_of(column: Column, values: Sequence[Any]) -> list[Any]:
    """All the values of ``column``: one for a scalar, one for each item or row of a list."""
    rows = values[column.slot]
    if not isinstance(rows, list):
        rows = [rows]
    for name in column.path:
        rows = [row[name] for row in rows]
    while any(isinstance(row, list) for row in rows):
        rows = list(chain.from_iterable(row if isinstance(row, list) else [row] for row in rows))
    return rows


def _integers(value: Any) -> Iterable[int]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return chain.from_iterable(map(_integers, value))
    return (value,) if isinstance(value, int) else ()
