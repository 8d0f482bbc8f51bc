"""Executing queries: whole parts of an answer by writers, where they are ordinary, the rest in general.

Where a part has something out of the ordinary its objects take the general way, and their properties the
short way of one field: without the machinery around resolvers.
"""

from __future__ import annotations

from inspect import signature
from typing import Any, Final

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    is_leaf_type,
)
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.graphql.lookahead import gives_vertices, link_of
from api.graphql.selections import Learnt, keep_selections, selections_of
from api.graphql.writing import WAY, Computed, Leading, Property, WriteObject, WriterCompiler

_COERCE: Final = "coerce"
_ALONE: Final = (["self"], ["root"])
"""The parameters of a resolver that needs its object alone."""


def shorten(schema: GraphQLSchema) -> None:
    """Find the ways of a schema's ordinary fields, once."""
    keep_selections(schema)
    for object_type in schema.type_map.values():
        definition = object_type.extensions.get("strawberry-definition")
        if isinstance(object_type, GraphQLObjectType) and definition is not None:
            for field in object_type.fields.values():
                _shorten_field(field, definition.origin)


def _shorten_field(field: GraphQLField, origin: type) -> None:
    definition = field.extensions.get("strawberry-definition")
    if definition is None or field.args or definition.permission_classes or definition.extensions:
        return
    if definition.is_basic_field:
        name = definition.python_name
        absent = getattr(origin, name, Property) is None
        field.extensions[WAY] = Property(name, None) if absent else Property(name)
        leaf: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        if is_leaf_type(leaf):
            field.extensions[_COERCE] = leaf.coerce_output_value
        return
    resolve = definition.base_resolver.wrapped_func
    link = link_of(field)
    if link is not None:
        field.resolve = resolve
        if gives_vertices(field):
            field.extensions[WAY] = Leading(link)
    elif not definition.base_resolver.is_async and [*signature(resolve).parameters] in _ALONE:
        field.extensions[WAY] = Computed(resolve, origin)


class ShortWay(StrawberryGraphQLCoreExecutionContext):
    """Writes what it can without detours."""

    _known: Learnt | None = None

    def collect_and_execute_subfields(
        self,
        return_type: GraphQLObjectType,
        field_details_list: Any,
        path: Any,
        result: Any,
        position_context: Any,
    ) -> Any:
        """The written object, or what awaits it."""
        write = self._writer(return_type, field_details_list)
        if write is not None:
            try:
                return write(vars(result), self.context_value.loaders.ahead)
            except Exception:
                pass  # the general way tells what is wrong
        return super().collect_and_execute_subfields(
            return_type, field_details_list, path, result, position_context
        )

    def _writer(self, object_type: GraphQLObjectType, selected: Any) -> WriteObject | None:
        learnt = self._learnt()
        key = (object_type.name, *[id(details.node) for details in selected])
        if key not in learnt:
            try:
                learnt[key] = WriterCompiler(self.collect_subfields).object_writer(object_type, selected)
            except GraphQLError:
                learnt[key] = None
        write: WriteObject | None = learnt[key]
        return write

    def _learnt(self) -> Learnt:
        if self._known is None:
            self._known = selections_of(self.schema).learnt_of(
                self.operation, self.fragment_definitions, self.variable_values.coerced
            )
        return self._known

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Any,
        position_context: Any,
    ) -> Any:
        """The written value of a field, or what awaits it."""
        field = parent_type.fields.get(field_details_list[0].node.name.value)
        coerce = None if field is None else field.extensions.get(_COERCE)
        if field is not None and coerce is not None:
            try:
                written = coerce(getattr(source, field.extensions[WAY].attribute))
            except Exception:
                written = None  # the general way tells what is wrong
            if written is not None:
                return written
        return super().execute_field(parent_type, source, field_details_list, path, position_context)
