"""Looking ahead: which links a query follows below a field, so that each level is read at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    SelectionSetNode,
    get_named_type,
)

from api.graphql.loading import Ahead, EdgeLink, Link

FOLLOWS: Final = "__follows__"
"""The attribute of a resolver that says which link it reads."""

_TO_NODES: Final = (("nodes",), ("edges", "node"))


def links_below(info: strawberry.Info[Any, Any]) -> Ahead:
    """The links below a field that gives vertices, or a page of them."""
    raw = info._raw_info
    given = get_named_type(raw.return_type)
    ahead: Ahead = {}
    if not isinstance(given, GraphQLObjectType):
        return ahead
    look = _Look(raw.fragments)
    for field in raw.field_nodes:
        if field.selection_set is None:
            continue
        if given.name.endswith("Connection"):
            for path in _TO_NODES:
                for selections, node_type in look.at(field.selection_set, given, path):
                    look.into(ahead, selections, node_type)
        else:
            look.into(ahead, field.selection_set, given)
    return ahead


class _Look:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments

    def at(
        self, selections: SelectionSetNode, parent: GraphQLObjectType, path: tuple[str, ...]
    ) -> Iterator[tuple[SelectionSetNode, GraphQLObjectType]]:
        """The selections at the end of a path of field names."""
        if not path:
            yield selections, parent
            return
        for field in self._fields(selections, parent):
            if field.name.value == path[0] and field.selection_set is not None:
                below = get_named_type(parent.fields[path[0]].type)
                if isinstance(below, GraphQLObjectType):
                    yield from self.at(field.selection_set, below, path[1:])

    def into(self, ahead: Ahead, selections: SelectionSetNode, parent: GraphQLObjectType) -> None:
        """Add the links that ``selections`` follow; not beyond unions, whose links depend on what comes."""
        for field in self._fields(selections, parent):
            definition = parent.fields.get(field.name.value)
            link = None if definition is None else link_of(definition)
            if definition is None or link is None:
                continue
            below = ahead.setdefault(link, {})
            reached = get_named_type(definition.type)
            if field.selection_set is not None and isinstance(reached, GraphQLObjectType):
                self.into(below, field.selection_set, reached)

    def _fields(self, selections: SelectionSetNode, parent: GraphQLObjectType) -> Iterator[FieldNode]:
        """The fields on ``parent``, out of fragments too; what a directive may leave out is not looked at."""
        for selection in selections.selections:
            if selection.directives:
                continue
            if isinstance(selection, FieldNode):
                yield selection
                continue
            fragment: Any = selection
            if isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments[selection.name.value]
            condition = fragment.type_condition
            if condition is None or condition.name.value == parent.name:
                yield from self._fields(fragment.selection_set, parent)


def link_of(field: GraphQLField) -> Link | EdgeLink | None:
    """The link that a field follows, if it does."""
    definition = field.extensions.get("strawberry-definition")
    resolver = getattr(definition, "base_resolver", None)
    return None if resolver is None else getattr(resolver.wrapped_func, FOLLOWS, None)
