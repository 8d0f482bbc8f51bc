"""Looking ahead: which links a query follows below a field, so that each level is read at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import strawberry
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    SelectionSetNode,
    get_named_type,
)

from api.graphql.loading import Ahead, EdgeLink, Link
from api.graphql.selections import included, selections_of

FOLLOWS: Final = "__follows__"
"""The attribute of a resolver that says which link it reads."""

VERTICES: Final = "__vertices__"
"""The attribute of a resolver that gives just the vertices of its link, or the first of them."""

_TO_NODES: Final = (("nodes",), ("edges", "node"))


def links_below(info: strawberry.Info[Any, Any]) -> Ahead:
    """The links below a field that gives vertices, or a page of them; looked for once for an operation."""
    raw = info._raw_info
    # Strawberry gives resolvers the values of the variables themselves.
    variables: Any = raw.variable_values
    learnt = selections_of(raw.schema).learnt_of(raw.operation, raw.fragments, variables)
    key = ("links below", *[id(node) for node in raw.field_nodes])
    if key not in learnt:
        learnt[key] = _look(raw)
    ahead: Ahead = learnt[key]
    return ahead


def _look(raw: GraphQLResolveInfo[Any]) -> Ahead:
    given = get_named_type(raw.return_type)
    ahead: Ahead = {}
    if not isinstance(given, GraphQLObjectType):
        return ahead
    look = _Look(raw)
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
    def __init__(self, raw: GraphQLResolveInfo[Any]) -> None:
        self._fragments = raw.fragments
        self._variables: Any = raw.variable_values

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
        """The fields on ``parent``, out of fragments too, but for what a directive leaves out."""
        for selection in selections.selections:
            if not included(selection, self._variables):
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
    return getattr(_resolver(field), FOLLOWS, None)


def gives_vertices(field: GraphQLField) -> bool:
    """Whether the field gives the vertices that its link leads to as they are."""
    return getattr(_resolver(field), VERTICES, False)


def _resolver(field: GraphQLField) -> Any:
    resolver = getattr(field.extensions.get("strawberry-definition"), "base_resolver", None)
    return None if resolver is None else resolver.wrapped_func
