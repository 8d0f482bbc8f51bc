"""Writers: they write a whole part of an answer straight from what was read.

A writer is compiled once for a selection on a type, if all that it selects is ordinary: properties, what
follows from them alone, and links between vertices. It meets no executor, no resolver and no promise, which
take longer than all the rest. When it meets anything out of the ordinary (no value where there must be one,
a value that does not fit its type, a link that was not read ahead) it gives up: then the general way writes
that part, or says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    Undefined,
    is_leaf_type,
    is_list_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetails

from api.graphql.loading import EdgeLink, Link, ReadAhead

WAY: Final = "way"
"""Under which an ordinary field has its way among its extensions."""

Values: TypeAlias = Mapping[str, Any]
"""The attributes of an object: for a vertex, its element map."""

Write: TypeAlias = Callable[[Any, ReadAhead], Any]
WriteObject: TypeAlias = Callable[[Values, ReadAhead], dict[str, Any]]
Collect: TypeAlias = Callable[[GraphQLObjectType, list[FieldDetails]], CollectedFields]

_ABSENT: Final = object()
_SMALLEST_INT, _GREATEST_INT = -(2**31), 2**31 - 1
_WRITTEN_AS_THEY_ARE: Final[Mapping[str, type]] = {"String": str, "ID": str, "Boolean": bool, "Long": int}


class OutOfOrdinary(Exception):
    """A writer gives up."""


@dataclass(frozen=True, slots=True)
class Property:
    """The way of a field that is an attribute of its object; ``default`` where the object has none."""

    attribute: str
    default: Any = _ABSENT


@dataclass(frozen=True, slots=True)
class Computed:
    """The way of a field that follows from its object alone."""

    compute: Callable[[Any], Any]
    of: type


@dataclass(frozen=True, slots=True)
class Leading:
    """The way of a field that gives the vertices a link leads to, or the one vertex."""

    link: Link | EdgeLink


class WriterCompiler:
    """Compiles writers; ``collect`` says which fields are selected on a type."""

    def __init__(self, collect: Collect) -> None:
        self._collect = collect

    def object_writer(
        self, object_type: GraphQLObjectType, selected: list[FieldDetails]
    ) -> WriteObject | None:
        """What writes an object of this type, or None where some field is not ordinary."""
        fields: list[tuple[str, Write]] = []
        for key, details in self._collect(object_type, selected).grouped_field_set.items():
            write = self._field(object_type, details)
            if write is None:
                return None
            fields.append((key, write))

        def write_object(values: Values, ahead: ReadAhead) -> dict[str, Any]:
            return {key: write(values, ahead) for key, write in fields}

        label = getattr(object_type.extensions["strawberry-definition"].origin, "label", None)
        return write_object if label is None else _only_of(label, write_object)

    def _field(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> Write | None:
        name = details[0].node.name.value
        if name == "__typename":
            return lambda _values, _ahead: parent.name
        field = parent.fields.get(name)
        way = None if field is None else field.extensions.get(WAY)
        if field is None or way is None:
            return None
        if isinstance(way, Leading):
            return self._leading(way, field.type, details)
        if isinstance(way, Property) and is_leaf_type(_bare(field.type)):
            return _leaf_property(way, field.type)
        write = self._value(field.type, details)
        return None if write is None else _written(way, write)

    def _leading(self, way: Leading, given: GraphQLOutputType, details: list[FieldDetails]) -> Write | None:
        link, bare, nullable = way.link, _bare(given), not isinstance(given, GraphQLNonNull)
        reached: Any = _bare(bare.of_type) if is_list_type(bare) else bare
        write = self.object_writer(reached, details) if isinstance(reached, GraphQLObjectType) else None
        if write is None:
            return None

        def write_all(values: Values, ahead: ReadAhead) -> list[Any]:
            return [write(row, ahead) for row in ahead[link][values["id"]]]

        def write_first(values: Values, ahead: ReadAhead) -> Any:
            rows = ahead[link][values["id"]]
            if rows:
                return write(rows[0], ahead)
            if nullable:
                return None
            raise OutOfOrdinary

        return write_all if is_list_type(bare) else write_first

    def _value(self, given: GraphQLOutputType, details: list[FieldDetails]) -> Write | None:
        """What writes a value of a type."""
        bare, nullable = _bare(given), not isinstance(given, GraphQLNonNull)
        write: Write | None = None
        if is_leaf_type(bare):
            write = _leaf(bare)
        elif is_list_type(bare):
            item = self._value(bare.of_type, details)
            write = None if item is None else _list_of(item)
        elif isinstance(bare, GraphQLObjectType):
            of_object = self.object_writer(bare, details)
            write = None if of_object is None else _held_by(of_object)
        return None if write is None else _perhaps(write, nullable=nullable)


def _bare(given: Any) -> Any:
    return given.of_type if isinstance(given, GraphQLNonNull) else given


def _only_of(label: str, write: WriteObject) -> WriteObject:
    def write_vertex(values: Values, ahead: ReadAhead) -> dict[str, Any]:
        if values["label"] != label:
            raise OutOfOrdinary
        return write(values, ahead)

    return write_vertex


def _written(way: Property | Computed, write: Write) -> Write:
    if isinstance(way, Property):
        attribute, default = way.attribute, way.default
        return lambda values, ahead: write(values.get(attribute, default), ahead)

    def write_computed(values: Values, ahead: ReadAhead) -> Any:
        source: Any = object.__new__(way.of)
        vars(source).update(values)
        return write(way.compute(source), ahead)

    return write_computed


def _leaf_property(way: Property, given: GraphQLOutputType) -> Write:
    """Like the writers of other values, at once: most fields are such."""
    leaf = _bare(given)
    attribute, default = way.attribute, way.default
    otherwise = _perhaps(_leaf(leaf), nullable=leaf is given)
    as_it_is = _WRITTEN_AS_THEY_ARE.get(leaf.name)
    if as_it_is is not None:

        def write(values: Values, ahead: ReadAhead) -> Any:
            value = values.get(attribute, default)
            return value if type(value) is as_it_is else otherwise(value, ahead)

        return write
    return lambda values, ahead: otherwise(values.get(attribute, default), ahead)


def _leaf(leaf: GraphQLLeafType) -> Write:
    coerce = leaf.coerce_output_value

    def write(value: Any, _ahead: ReadAhead) -> Any:
        written = _ABSENT if value is _ABSENT else coerce(value)
        if written is _ABSENT or written is None or written is Undefined:
            raise OutOfOrdinary
        return written

    if isinstance(leaf, GraphQLEnumType):
        names = {known.value: name for name, known in leaf.values.items() if type(known.value) is str}
        return lambda value, ahead: names[value] if value in names else write(value, ahead)
    if leaf.name == "Int":
        return lambda value, ahead: (
            value if type(value) is int and _SMALLEST_INT <= value <= _GREATEST_INT else write(value, ahead)
        )
    return write


def _list_of(write: Write) -> Write:
    def write_list(value: Any, ahead: ReadAhead) -> list[Any]:
        if not isinstance(value, list | tuple):
            raise OutOfOrdinary
        return [write(item, ahead) for item in value]

    return write_list


def _held_by(write: WriteObject) -> Write:
    return lambda value, ahead: write(vars(value), ahead)


def _perhaps(write: Write, *, nullable: bool) -> Write:
    def write_if_there(value: Any, ahead: ReadAhead) -> Any:
        if value is not None:
            return write(value, ahead)
        if nullable:
            return None
        raise OutOfOrdinary

    return write_if_there
