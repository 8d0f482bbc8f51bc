"""What is known of the traverser at a step: where it is, what it remembers, in Cypher expressions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from graph.compiler import holds
from graph.compiler.cypher.answers import PLAIN, Form, Mapped
from graph.compiler.cypher.naming import quoted
from graph.compiler.holds import Edges, Holds, Maps, Vertices


@dataclass(frozen=True, slots=True)
class Value:
    """A Cypher expression that needs no parentheses, and what it holds.

    ``missing``: where it is null there is no traverser. ``nulls``: where it is null, null is the value.
    ``fields`` are those of a map that is made in place, ``ends`` the variables of the start and the end of an
    edge. ``there`` is the condition that it is not missing, where that is not that it is not null.
    """

    text: str
    held: Holds = holds.UNKNOWN
    missing: bool = False
    nulls: bool = False
    form: Form = PLAIN
    fields: tuple[tuple[str, Value], ...] | None = None
    ends: tuple[str, str] | None = None
    there: str = ""

    @property
    def exists(self) -> str:
        """The condition that it is not missing."""
        return self.there or f"{self.text} IS NOT NULL"

    @property
    def is_element(self) -> bool:
        """Whether it is known to be a vertex or an edge."""
        return isinstance(self.held, Vertices | Edges)

    def field(self, name: str) -> Value:
        """What a map has under ``name``."""
        for key, value in self.fields or ():
            if key == name:
                return value
        held = self.held.get(name) if isinstance(self.held, Maps) else None
        form: Form = PLAIN
        nulls = False
        if isinstance(self.form, Mapped):
            form = dict(self.form.fields).get(name, PLAIN)
            nulls = name in self.form.nulls
        return Value(f"{self.text}.{quoted(name)}", held or holds.UNKNOWN, not nulls, nulls, form)


@dataclass(frozen=True, slots=True)
class PathPart:
    """A piece of a path: one thing, or a list of some."""

    value: Value
    several: bool = False


@dataclass(frozen=True, slots=True)
class SortKey:
    """What rows are to be sorted by."""

    text: str
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.text} DESC" if self.descending else self.text


@dataclass(frozen=True, slots=True)
class Traverser:
    """The state of every traverser at one step.

    ``order`` is the order they are in, which every clause that cuts or gathers must say again. ``single``:
    there is at most one.
    """

    current: Value
    names: Mapping[str, Value] = field(default_factory=dict)
    path: tuple[PathPart, ...] = ()
    sack: Value | None = None
    order: tuple[SortKey, ...] = ()
    single: bool = False

    def at(self, value: Value) -> Traverser:
        """The same traverser, somewhere else."""
        return replace(self, current=value, path=(*self.path, PathPart(value)))

    def texts(self, wanted: frozenset[str]) -> Iterator[str]:
        """Every expression that it needs later, names only as far as they are ``wanted``."""
        yield self.current.text
        yield from self.current.ends or ()
        for name, value in self.names.items():
            if name in wanted:
                yield value.text
                yield from value.ends or ()
        for part in self.path:
            yield part.value.text
        if self.sack is not None:
            yield self.sack.text
        for key in self.order:
            yield key.text
