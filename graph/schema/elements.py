"""What a kind of vertex or edge is: the vocabulary in which the model is declared.

A kind is declared once, as a frozen value. Everything else follows from it: the checks before a
write, the engine's indexes, the model document.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from graph.errors import SchemaViolation

INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1

PropertyValue = str | bool | int | float


class Type(Enum):
    """The value types every engine keeps: no lists, maps, dates, decimals or bytes."""

    TEXT = "text"
    FLAG = "flag"
    INTEGER = "integer"
    REAL = "real"

    def accepts(self, value: object) -> bool:
        """Whether ``value`` may be stored under this type without loss."""
        match self:
            case Type.TEXT:
                return isinstance(value, str)
            case Type.FLAG:
                return isinstance(value, bool)
            case Type.INTEGER:
                return (
                    isinstance(value, int) and not isinstance(value, bool) and INT64_MIN <= value <= INT64_MAX
                )
            case Type.REAL:
                return isinstance(value, float) and math.isfinite(value)


@dataclass(frozen=True)
class Property:
    """A property of a kind: its name carries the unit, ``unit`` spells it out.

    ``contended``: several writers test and change it at the same time, so an engine that does not notice that
    by itself has to lock it.
    """

    name: str
    type: Type
    unit: str = ""
    required: bool = True
    indexed: bool = False
    one_of: tuple[str, ...] = ()
    doc: str = ""
    contended: bool = False

    def check(self, value: object, *, owner: str) -> None:
        """Raise :class:`SchemaViolation` unless ``value`` fits."""
        if not self.type.accepts(value):
            raise SchemaViolation(f"{owner}.{self.name}", f"wants {self.type.value}, got {value!r}")
        if self.one_of and value not in self.one_of:
            raise SchemaViolation(
                f"{owner}.{self.name}", f"wants one of {', '.join(self.one_of)}, got {value!r}"
            )


def text(name: str, doc: str = "", *, required: bool = True, indexed: bool = False) -> Property:
    """A text property."""
    return Property(name, Type.TEXT, required=required, indexed=indexed, doc=doc)


def choice(
    name: str,
    one_of: tuple[str, ...],
    doc: str = "",
    *,
    required: bool = True,
    indexed: bool = False,
    contended: bool = False,
) -> Property:
    """A text property that takes one of a few values."""
    return Property(
        name, Type.TEXT, required=required, indexed=indexed, one_of=one_of, doc=doc, contended=contended
    )


def flag(name: str, doc: str = "", *, required: bool = True, indexed: bool = False) -> Property:
    """A yes-or-no property."""
    return Property(name, Type.FLAG, required=required, indexed=indexed, doc=doc)


def integer(
    name: str,
    unit: str,
    doc: str = "",
    *,
    required: bool = True,
    indexed: bool = False,
    contended: bool = False,
) -> Property:
    """A whole number of ``unit``."""
    return Property(
        name, Type.INTEGER, unit, required=required, indexed=indexed, doc=doc, contended=contended
    )


def real(name: str, unit: str, doc: str = "", *, required: bool = True, indexed: bool = False) -> Property:
    """A finite floating-point number of ``unit``."""
    return Property(name, Type.REAL, unit, required=required, indexed=indexed, doc=doc)


def instant(
    name: str, doc: str = "", *, required: bool = True, indexed: bool = False, contended: bool = False
) -> Property:
    """A point in time: UTC epoch milliseconds; the name ends in ``_at``."""
    return integer(name, "UTC epoch ms", doc, required=required, indexed=indexed, contended=contended)


@dataclass(frozen=True)
class VertexKind:
    """A kind of vertex. Its id is ``prefix/`` followed by the parts named in ``key``."""

    label: str
    prefix: str
    key: str
    properties: tuple[Property, ...]
    doc: str
    by_name: Mapping[str, Property] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {p.name: p for p in self.properties})

    def check(self, values: Mapping[str, object], *, whole: bool) -> None:
        """Raise :class:`SchemaViolation` unless ``values`` fit; ``whole``: nothing required is missing."""
        _check(self.label, self.by_name, values, whole=whole)


@dataclass(frozen=True)
class EdgeKind:
    """A kind of edge between vertices of the labels ``ends``.

    ``told_apart_by`` names the property that distinguishes parallel edges of this label between the
    same two vertices; without it there is at most one.
    """

    label: str
    ends: tuple[tuple[str, str], ...]
    properties: tuple[Property, ...] = ()
    told_apart_by: str | None = None
    to_one: bool = False
    doc: str = ""
    by_name: Mapping[str, Property] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {p.name: p for p in self.properties})

    def check(self, values: Mapping[str, object], *, whole: bool) -> None:
        """Raise :class:`SchemaViolation` unless ``values`` fit; ``whole``: nothing required is missing."""
        _check(self.label, self.by_name, values, whole=whole)


def _check(owner: str, known: Mapping[str, Property], values: Mapping[str, object], *, whole: bool) -> None:
    for name, value in values.items():
        if name not in known:
            raise SchemaViolation(f"{owner}.{name}", "is not a property of this kind")
        known[name].check(value, owner=owner)
    if whole:
        missing = sorted(p.name for p in known.values() if p.required and p.name not in values)
        if missing:
            raise SchemaViolation(owner, f"lacks {', '.join(missing)}")


@dataclass(frozen=True)
class Schema:
    """Every kind of the graph, by label."""

    version: int
    vertices: Mapping[str, VertexKind]
    edges: Mapping[str, EdgeKind]

    def vertex(self, label: str) -> VertexKind:
        """The vertex kind ``label``; :class:`SchemaViolation` when there is none."""
        try:
            return self.vertices[label]
        except KeyError:
            raise SchemaViolation(label, "is not a vertex kind of the schema") from None

    def edge(self, label: str) -> EdgeKind:
        """The edge kind ``label``; :class:`SchemaViolation` when there is none."""
        try:
            return self.edges[label]
        except KeyError:
            raise SchemaViolation(label, "is not an edge kind of the schema") from None
