"""The clauses of a statement while it is being written: a condition may still be added to the last one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from graph.compiler.cypher.traverser import SortKey


@dataclass
class Scan:
    """``MATCH`` of vertices, found by a label or an id."""

    variable: str
    label: str
    properties: str = ""
    optional: bool = False
    where: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        start = "OPTIONAL MATCH" if self.optional else "MATCH"
        return f"{start} ({self.variable}:{self.label}{self.properties}){_where(self.where)}"


@dataclass
class Hop:
    """``MATCH`` of one edge from or to what is there already, or of all edges."""

    start: str
    edge: str
    types: str
    end: str
    arrows: tuple[str, str] = ("-", "->")
    optional: bool = False
    where: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        start = "OPTIONAL MATCH" if self.optional else "MATCH"
        return f"{start} ({self.start}){self.drawn}{_where(self.where)}"

    @property
    def drawn(self) -> str:
        """The edge and its other end."""
        inner = f"[{self.edge}{self.types}]" if self.edge or self.types else ""
        return f"{self.arrows[0]}{inner}{self.arrows[1]}({self.end})"


@dataclass
class With:
    """``WITH``: what is carried on, and which rows."""

    items: list[str]
    distinct: bool = False
    order: Sequence[SortKey] = ()
    skip: str = ""
    limit: str = ""
    where: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"WITH {'DISTINCT ' if self.distinct else ''}{', '.join(self.items)}{order_by(self.order)}"]
        parts += [f"SKIP {self.skip}"] if self.skip else []
        parts += [f"LIMIT {self.limit}"] if self.limit else []
        return " ".join(parts) + _where(self.where)


@dataclass
class Plainly:
    """Any other clause."""

    text: str

    def __str__(self) -> str:
        return self.text


Clause = Scan | Hop | With | Plainly


def order_by(keys: Sequence[SortKey]) -> str:
    """The ``ORDER BY`` of ``keys``, if there are any."""
    return f" ORDER BY {', '.join(map(str, keys))}" if keys else ""


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
