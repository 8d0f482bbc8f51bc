"""What is learnt of an operation's selections: once, not for each request that sends it.

Directives may leave fields out, so it is learnt anew for each choice that the variables make for them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionNode,
    VariableNode,
    Visitor,
    visit,
)

_SELECTIONS: Final = "selections"
_OPERATIONS_KEPT: Final = 500
_CHOICES_KEPT: Final = 64

Learnt = dict[Hashable, Any]
"""What was learnt of the selections of an operation, under keys of whoever learnt it."""


@dataclass(frozen=True, slots=True)
class _Known:
    operation: OperationDefinitionNode
    switches: tuple[str, ...]
    """The variables that directives depend on."""
    learnt: dict[tuple[Any, ...], Learnt] = field(default_factory=dict)


class Selections:
    """What was learnt of the operations used last."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, _Known] = OrderedDict()

    def learnt_of(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> Learnt:
        """What is known of an operation with these variables; whoever learns more adds it."""
        # The operation is kept, so nothing else gets its identity; nor do its nodes change theirs.
        known = self._known.get(id(operation))
        if known is None:
            known = self._known[id(operation)] = _Known(operation, _switches(operation, fragments))
            if len(self._known) > _OPERATIONS_KEPT:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(id(operation))
        choice = tuple(variables.get(name) for name in known.switches)
        learnt = known.learnt.get(choice)
        if learnt is None:
            if len(known.learnt) == _CHOICES_KEPT:
                known.learnt.clear()
            learnt = known.learnt[choice] = {}
        return learnt


def keep_selections(schema: GraphQLSchema) -> None:
    """Give a schema its memory of selections."""
    schema.extensions[_SELECTIONS] = Selections()


def selections_of(schema: GraphQLSchema) -> Selections:
    """The memory of a schema that was given one."""
    selections: Selections = schema.extensions[_SELECTIONS]
    return selections


def included(selection: SelectionNode, variables: Mapping[str, Any]) -> bool:
    """Whether the directives of a selection leave it in."""
    return all(
        _condition(directive, variables) == (directive.name.value == "include")
        for directive in selection.directives or ()
        if directive.name.value in ("include", "skip")
    )


def _condition(directive: DirectiveNode, variables: Mapping[str, Any]) -> bool:
    for argument in directive.arguments or ():
        if isinstance(argument.value, VariableNode):
            return bool(variables.get(argument.value.name.value))
        if isinstance(argument.value, BooleanValueNode):
            return argument.value.value
    return False


def _switches(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, ...]:
    found = _Switches()
    for definition in (operation, *fragments.values()):
        visit(definition, found)
    return tuple(sorted(found.names))


class _Switches(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
        self.names.update(
            argument.value.name.value
            for argument in node.arguments or ()
            if isinstance(argument.value, VariableNode)
        )
