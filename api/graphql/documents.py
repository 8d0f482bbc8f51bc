"""Documents: parsed, measured and validated once, and refused when they ask for too much."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_list_type,
)
from graphql.type import GraphQLNonNull, GraphQLOutputType
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types.graphql import OperationType

from api.graphql.pages import DEFAULT_PAGE
from api.settings import Limits

_KEPT: Final = 500
_LONGEST_KEPT: Final = 20_000
_LIST_SIZE: Final = 4
"""How many elements a list without pages is taken to have."""

Fragments = Mapping[str, FragmentDefinitionNode]


@dataclass(frozen=True)
class Prepared:
    """A document, and what is wrong with it whatever its variables are."""

    document: DocumentNode
    errors: list[GraphQLError]


class Documents:
    """The documents used last, by their text."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Prepared] = OrderedDict()

    def get(self, text: str) -> Prepared | None:
        """The document, if it was seen lately."""
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
        return found

    def keep(self, text: str, prepared: Prepared) -> None:
        """Remember it, and forget the one not used for longest."""
        if len(text) <= _LONGEST_KEPT:
            self._kept[text] = prepared
            self._kept.move_to_end(text)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


class PrepareDocument(SchemaExtension):
    """Parses, measures and validates, or takes it from the documents kept."""

    def __init__(self, documents: Documents, limits: Limits) -> None:
        self._documents = documents
        self._limits = limits

    def on_parse(self) -> Iterator[None]:
        """Take the document if it is known; otherwise it is parsed, up to so many tokens."""
        context = self.execution_context
        context.parse_options["max_tokens"] = self._limits.tokens
        prepared = self._documents.get(context.query or "")
        if prepared is not None:
            context.graphql_document = prepared.document
        yield

    def on_validate(self) -> Iterator[None]:
        """Refuse what is too deep or too wide before anything walks it; validate the rest once."""
        context = self.execution_context
        document = context.graphql_document
        assert document is not None
        prepared = self._documents.get(context.query or "")
        if prepared is None:
            errors = size_errors(document, self._limits) or validate_document(
                context.schema._schema, document, context.validation_rules
            )
            prepared = Prepared(document, errors)
            self._documents.keep(context.query or "", prepared)
        context.pre_execution_errors = prepared.errors or self._transport_errors() or self._cost_errors()
        yield

    def _transport_errors(self) -> list[GraphQLError]:
        context = self.execution_context
        if context.operation_type is OperationType.SUBSCRIPTION and not context.context.lasting:
            return [GraphQLError("subscriptions go over a WebSocket (graphql-transport-ws), not over HTTP")]
        return []

    def _cost_errors(self) -> list[GraphQLError]:
        """Refuse what could return too much, with the variables that are given."""
        context = self.execution_context
        assert context.graphql_document is not None
        cost = cost_of(
            context.schema._schema,
            context.graphql_document,
            context.operation_name,
            context.variables or {},
        )
        if cost <= self._limits.cost:
            return []
        return [
            _refusal(
                f"the query could return about {cost:,} fields; at most {self._limits.cost:,} are allowed: "
                "ask for smaller pages (first:) or fewer nested lists"
            )
        ]


@dataclass(frozen=True)
class Size:
    """How deep a document nests and how many aliases it has, with fragments written out."""

    depth: int
    aliases: int


def size_errors(document: DocumentNode, limits: Limits) -> list[GraphQLError]:
    """What is wrong with the size of the document's operations: too deep, too many aliases."""
    fragments = _fragments(document)
    known: dict[str, Size] = {}
    errors = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            size = _size(definition.selection_set, fragments, known)
            if size.depth > limits.depth:
                errors.append(
                    _refusal(
                        f"the query is {size.depth} levels deep; at most {limits.depth} are allowed: "
                        "ask for the rest in a second query, by id"
                    )
                )
            if size.aliases > limits.aliases:
                errors.append(
                    _refusal(
                        f"the query has {size.aliases} aliases; at most {limits.aliases} are allowed: "
                        "ask in several queries, or for a list"
                    )
                )
    return errors


def _size(selections: SelectionSetNode, fragments: Fragments, known: dict[str, Size]) -> Size:
    """The size of a selection; each fragment is measured once, one that spreads itself counts nothing."""
    depth = aliases = 0
    for selection in selections.selections:
        if isinstance(selection, FieldNode):
            if selection.name.value.startswith("__"):
                continue
            aliases += selection.alias is not None
            inner = (
                Size(0, 0)
                if selection.selection_set is None
                else _size(selection.selection_set, fragments, known)
            )
            inner = Size(inner.depth + 1, inner.aliases)
        elif isinstance(selection, FragmentSpreadNode):
            name = selection.name.value
            if name not in known:
                known[name] = Size(0, 0)
                if name in fragments:
                    known[name] = _size(fragments[name].selection_set, fragments, known)
            inner = known[name]
        else:
            assert isinstance(selection, InlineFragmentNode)
            inner = _size(selection.selection_set, fragments, known)
        depth = max(depth, inner.depth)
        aliases += inner.aliases
    return Size(depth, aliases)


def cost_of(
    schema: GraphQLSchema, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]
) -> int:
    """About how many fields the answer of the operation could have: pages count as full."""
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode) and (
            operation_name is None or (definition.name and definition.name.value == operation_name)
        ):
            root = schema.get_root_type(definition.operation)
            return _Cost(schema, _fragments(document), variables).of(definition.selection_set, root, 1)
    return 0


class _Cost:
    def __init__(self, schema: GraphQLSchema, fragments: Fragments, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._known: dict[tuple[str, int], int] = {}

    def of(self, selections: SelectionSetNode, parent: Any, page: int) -> int:
        """The cost of a selection on ``parent``, whose own lists have ``page`` elements."""
        cost = 0
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                cost += self._field(selection, parent, page)
            elif isinstance(selection, FragmentSpreadNode):
                cost += self._fragment(selection.name.value, page)
            else:
                assert isinstance(selection, InlineFragmentNode)
                condition = selection.type_condition
                on = parent if condition is None else self._schema.get_type(condition.name.value)
                cost += self.of(selection.selection_set, on, page)
        return cost

    def _field(self, field: FieldNode, parent: Any, page: int) -> int:
        definition = getattr(parent, "fields", {}).get(field.name.value)
        if definition is None or field.selection_set is None:
            return 1
        inner_page = self._page_size(field, definition.args) if "first" in definition.args else _LIST_SIZE
        inner = self.of(field.selection_set, get_named_type(definition.type), inner_page)
        return 1 + inner * (page if _is_list(definition.type) else 1)

    def _page_size(self, field: FieldNode, known: Mapping[str, Any]) -> int:
        for argument in field.arguments or ():
            if argument.name.value in ("first", "last") and argument.name.value in known:
                value: Any = None
                if isinstance(argument.value, IntValueNode):
                    value = int(argument.value.value[:9])
                elif isinstance(argument.value, VariableNode):
                    value = self._variables.get(argument.value.name.value)
                if isinstance(value, int):
                    return max(1, value)
        return DEFAULT_PAGE

    def _fragment(self, name: str, page: int) -> int:
        key = (name, page)
        if key not in self._known:
            fragment = self._fragments[name]
            on = self._schema.get_type(fragment.type_condition.name.value)
            self._known[key] = self.of(fragment.selection_set, on, page)
        return self._known[key]


def _is_list(type_: GraphQLOutputType) -> bool:
    return is_list_type(type_.of_type if isinstance(type_, GraphQLNonNull) else type_)


def _fragments(document: DocumentNode) -> Fragments:
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def _refusal(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "QUERY_TOO_LARGE"})
