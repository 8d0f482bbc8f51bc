"""What a traverser holds at a step, as far as the schema and the shape tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from graph.compiler import shape as shapes
from graph.schema.elements import EdgeKind, Property, Schema, Type, VertexKind


@dataclass(frozen=True, slots=True)
class Column:
    """Where values come from: value ``slot`` of the traversal, or what its rows have at ``path``."""

    slot: int
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vertices:
    """A vertex of one of ``labels``, of which the properties ``present`` are known to be there."""

    labels: frozenset[str]
    present: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Edges:
    """An edge of one of ``kinds``: label, label of its start, label of its end."""

    kinds: frozenset[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Values:
    """A scalar: its type, its column if it was given with the traversal, its text if that is fixed."""

    type: Type | None
    column: Column | None = None
    constant: str | None = None


@dataclass(frozen=True, slots=True)
class Maps:
    """A map: its fields when they are known, else what its values hold."""

    fields: tuple[tuple[str, Holds], ...] | None
    values: Holds
    text_keys: bool = True

    def get(self, name: str) -> Holds | None:
        """What the field ``name`` holds, or None."""
        return next((held for key, held in self.fields or () if key == name), None)


@dataclass(frozen=True, slots=True)
class Lists:
    """A list of what ``item`` holds."""

    item: Holds


@dataclass(frozen=True, slots=True)
class Unknown:
    """Anything."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No traverser gets here."""


Holds = Vertices | Edges | Values | Maps | Lists | Unknown | Nothing

UNKNOWN: Final = Unknown()
NOTHING: Final = Nothing()
TEXT: Final = Values(Type.TEXT)
INTEGER: Final = Values(Type.INTEGER)
REAL: Final = Values(Type.REAL)
NUMBER: Final = Values(None)

_TYPES: Final = {str: Type.TEXT, bool: Type.FLAG, int: Type.INTEGER, float: Type.REAL}


def every_vertex(schema: Schema) -> Vertices:
    """A vertex of any kind."""
    return Vertices(frozenset(schema.vertices))


def every_edge(schema: Schema) -> Edges:
    """An edge of any kind."""
    return edges_of(schema.edges.values())


def edges_of(kinds: Iterable[EdgeKind]) -> Edges:
    """An edge of one of ``kinds``."""
    return Edges(frozenset((k.label, start, end) for k in kinds for start, end in k.ends))


def kinds_of(held: Vertices | Edges, schema: Schema) -> list[VertexKind | EdgeKind]:
    """The kinds that an element may be of."""
    if isinstance(held, Vertices):
        return [schema.vertices[label] for label in sorted(held.labels)]
    return [schema.edges[label] for label in sorted({label for label, _, _ in held.kinds})]


def narrowed(held: Vertices | Edges, labels: Iterable[str]) -> Vertices | Edges:
    """The same element, known to be of one of ``labels``."""
    if isinstance(held, Vertices):
        return replace(held, labels=held.labels.intersection(labels))
    kept = set(labels)
    return Edges(frozenset(kind for kind in held.kinds if kind[0] in kept))


def type_of(properties: Iterable[Property]) -> Values:
    """The value of a property that is declared as one of ``properties``."""
    types = {p.type for p in properties}
    return Values(types.pop()) if len(types) == 1 else Values(None)


def of_value(shape: Any, slot: int, path: tuple[str, ...] = ()) -> Holds:
    """What a given value holds."""
    if isinstance(shape, str):
        return Values(Type.TEXT, constant=shape)
    if isinstance(shape, type):
        return Values(_TYPES.get(shape), Column(slot, path))
    kind, inner = shape
    if kind == shapes.ROWS:
        return Lists(of_value(inner, slot, path))
    if kind == shapes.ITEMS:
        item: Holds = NOTHING
        for each in inner:
            item = joined(item, of_value(each, slot, path))
        return Lists(item)
    fields = tuple((str(key), of_value(value, slot, (*path, str(key)))) for key, value in inner)
    return Maps(fields, UNKNOWN)


def joined(one: Holds, other: Holds) -> Holds:
    """What a traverser holds that comes from either side."""
    if one == other or isinstance(other, Nothing):
        return one
    if isinstance(one, Nothing):
        return other
    match one, other:
        case Vertices(), Vertices():
            return Vertices(one.labels | other.labels, one.present & other.present)
        case Edges(), Edges():
            return Edges(one.kinds | other.kinds)
        case Values(), Values():
            return Values(one.type if one.type == other.type else None)
        case Lists(), Lists():
            return Lists(joined(one.item, other.item))
        case Maps(), Maps():
            return _joined_maps(one, other)
    return UNKNOWN


def _joined_maps(one: Maps, other: Maps) -> Maps:
    text_keys = one.text_keys and other.text_keys
    if one.fields is None or other.fields is None:
        return Maps(None, UNKNOWN, text_keys)
    names = dict.fromkeys([name for name, _ in (*one.fields, *other.fields)])
    fields = tuple((n, joined(one.get(n) or NOTHING, other.get(n) or NOTHING)) for n in names)
    return Maps(fields, UNKNOWN, text_keys)


def has_elements(held: Holds) -> bool:
    """Whether an element is or may be somewhere in it, for all that is known."""
    match held:
        case Vertices() | Edges():
            return True
        case Lists():
            return has_elements(held.item)
        case Maps():
            return has_elements(held.values) or any(has_elements(h) for _, h in held.fields or ())
    return False


def is_open(held: Holds) -> bool:
    """Whether something in it is unknown, so that results must be looked at."""
    match held:
        case Unknown():
            return True
        case Lists():
            return is_open(held.item)
        case Maps():
            inner = [h for _, h in held.fields] if held.fields is not None else [held.values]
            return any(map(is_open, inner))
    return False
