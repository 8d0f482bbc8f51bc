"""Executing queries: the short way for what most fields are.

Most fields of an answer are a property of a vertex, or a link that was read ahead. They need no arguments
and nothing of the machinery around resolvers, which takes longer than all the rest. Whatever is out of the
ordinary about them, an error above all, takes the general way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.graphql.lookahead import link_of

_SHORT_WAY: Final = "short way"


@dataclass(frozen=True, slots=True)
class Property:
    """A field that is an attribute of its source: which one, and how its value is written."""

    attribute: str
    write: Callable[[Any], Any]


def shorten(schema: GraphQLSchema) -> None:
    """Find the short ways of a schema, once."""
    for object_type in schema.type_map.values():
        if isinstance(object_type, GraphQLObjectType) and not object_type.name.startswith("__"):
            for field in object_type.fields.values():
                _shorten_field(field)


def _shorten_field(field: GraphQLField) -> None:
    definition = field.extensions.get("strawberry-definition")
    if definition is None or field.args:
        return
    leaf: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    if definition.is_basic_field and is_leaf_type(leaf):
        field.extensions[_SHORT_WAY] = Property(definition.python_name, leaf.coerce_output_value)
    elif link_of(field) is not None:
        field.resolve = definition.base_resolver.wrapped_func


class ShortWay(StrawberryGraphQLCoreExecutionContext):
    """Writes properties without detours."""

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
        short = None if field is None else field.extensions.get(_SHORT_WAY)
        if short is not None:
            try:
                written = short.write(getattr(source, short.attribute))
            except Exception:
                written = None  # the general way tells what is wrong
            if written is not None:
                return written
        return super().execute_field(parent_type, source, field_details_list, path, position_context)
