"""Following a traversal through the schema: what it holds at each step, and whether that can be.

Finds names that the schema does not have, hops that lead nowhere, values of the wrong type, incomplete
elements and results that engines cannot return alike, all before anything is asked of an engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from graph.compiler import holds
from graph.compiler.clauses import Clause, clauses
from graph.compiler.holds import Column, Edges, Holds, Lists, Maps, Nothing, Unknown, Values, Vertices
from graph.compiler.shape import Token
from graph.compiler.step_meanings import MEANINGS
from graph.compiler.step_tree import Argument, MapOf, Predicate, Slot, Step, StepTree
from graph.compiler.value_checks import Check, ChoiceCheck, Int64Check
from graph.compiler.writing import Writing
from graph.errors import InvalidInput, SchemaViolation
from graph.schema.elements import EdgeKind, Property, Schema, Type, VertexKind

_NUMERIC: Final = (Type.INTEGER, Type.REAL)


@dataclass
class Scope:
    """The names in sight: steps called with ``as``, and what ``aggregate`` gathers."""

    names: dict[str, Holds] = field(default_factory=dict)
    sack: Holds = holds.UNKNOWN

    def inner(self) -> Scope:
        """What a condition sees: what it names itself stays inside."""
        return Scope(dict(self.names), self.sack)


class Dataflow:
    """Walks one traversal."""

    def __init__(self, schema: Schema, engine: str) -> None:
        self.schema = schema
        self.engine = engine
        self.checks: list[Check] = []
        self.writing = Writing(self)

    def follow(self, tree: StepTree) -> Holds:
        """What the traversal ends with."""
        scope = Scope()
        for source in tree.sources:
            scope.sack = self.given(source.arguments[0], source.name)
        return self.chain(tree, holds.NOTHING, scope)

    def chain(self, tree: StepTree, held: Holds, scope: Scope) -> Holds:
        """What ``tree`` ends with when it starts with ``held``."""
        cut = list(clauses(tree.steps, self.engine))
        for i, clause in enumerate(cut):
            self.integers(clause)
            if clause.name in ("addV", "addE", "mergeV", "mergeE"):
                held = self.writing.create(clause, held, scope, following=cut[i + 1 :])
            else:
                held = MEANINGS[clause.name](self, clause, held, scope)
        return held

    def condition(self, tree: StepTree, held: Holds, scope: Scope) -> Holds:
        """What a nested traversal answers that only looks."""
        return self.chain(tree, held, scope.inner())

    def given(self, argument: Argument, step: str) -> Holds:
        """What a given value holds."""
        match argument:
            case Slot():
                return holds.of_value(argument.shape, argument.index)
            case str():
                return Values(Type.TEXT, constant=argument)
            case MapOf():
                fields = tuple((str(key), self.given(value, step)) for key, value in argument.entries)
                return Maps(fields, holds.UNKNOWN)
        raise InvalidInput(step, f"takes values here, not {argument}")

    def integers(self, clause: Clause) -> None:
        """Note the integers that come with a clause, to check their size."""
        for step in (*clause.before, clause.step, *clause.after):
            for slot in _slots(step.arguments):
                if _has_integers(slot.shape):
                    self.checks.append(Int64Check(slot.index, step.name))

    # names of the schema

    def narrow(self, held: Holds, name: str, step: str) -> tuple[Holds, list[Property]]:
        """``held`` known to have the property ``name``, and how that is declared."""
        if isinstance(held, Values | Lists):
            raise InvalidInput(step, f"reads {name!r} of an element or a map, and there is a value here")
        element = held if isinstance(held, Vertices | Edges) else None
        every: list[VertexKind | EdgeKind] = [*self.schema.vertices.values(), *self.schema.edges.values()]
        kinds = holds.kinds_of(element, self.schema) if element is not None else every
        having = [kind for kind in kinds if name in kind.by_name]
        if not having:
            owner = "/".join(kind.label for kind in kinds[:4]) if element is not None else "any kind"
            raise SchemaViolation(f"{step}({name})", f"is not a property of {owner}")
        if element is None:
            return held, [kind.by_name[name] for kind in having]
        return holds.narrowed(element, [k.label for k in having]), [k.by_name[name] for k in having]

    def element(self, held: Holds, step: str) -> Holds:
        """``held``, which must be an element as far as is known."""
        if not isinstance(held, Vertices | Edges | Unknown | Nothing):
            raise InvalidInput(step, "is of a vertex or an edge, and there is none here")
        return held

    def field(self, held: Holds, name: str, step: str) -> Holds:
        """What ``name`` reads of an element or a map."""
        if isinstance(held, Maps):
            if held.fields is None:
                return held.values
            found = held.get(name)
            if found is None:
                raise InvalidInput(
                    step, f"reads {name!r} of a map that has {', '.join(n for n, _ in held.fields)}"
                )
            return found
        if isinstance(held, Unknown):
            return holds.UNKNOWN
        return holds.type_of(self.narrow(held, name, step)[1])

    def named(self, name: str, held: Holds, scope: Scope, step: str) -> Holds:
        """What ``name`` stands for: a field of the current map, or a step before."""
        if isinstance(held, Maps) and held.get(name) is not None:
            return held.get(name) or holds.UNKNOWN
        if name in scope.names:
            return scope.names[name]
        if isinstance(held, Unknown) or (isinstance(held, Maps) and held.fields is None):
            return holds.UNKNOWN
        known = ", ".join(sorted(scope.names)) or "none"
        raise InvalidInput(step, f"{name!r} is neither a field here nor a step called so before ({known})")

    def by(self, modulator: Step, held: Holds, scope: Scope) -> Holds:
        """What a ``by`` makes of ``held``."""
        first = modulator.arguments[0] if modulator.arguments else None
        match first:
            case str():
                return self.field(held, first, "by")
            case Token(group="T"):
                return self.element(held, f"by({first})") and holds.TEXT
            case StepTree():
                return self.condition(first, held, scope)
            case Slot() | MapOf() | Predicate():
                raise InvalidInput("by", "takes a property, T.id, T.label or a traversal")
        return held

    def bys(self, clause: Clause, held: Holds, scope: Scope, count: int) -> list[Holds]:
        """What ``count`` uses of the clause's modulators give; they are used in turn."""
        made = [self.by(step, held, scope) for step in clause.all("by")]
        if len(made) > count:
            raise InvalidInput(clause.name, f"has {len(made)} by() for {count}")
        return [made[i % len(made)] for i in range(count)] if made else [held] * count

    # comparing

    def compare(self, predicate: Predicate, types: Iterable[Type | None], what: str) -> list[Slot]:
        """Check the types of the operands; the slots that hold them."""
        wanted = set(types)
        slots: list[Slot] = []
        for operand in predicate.operands:
            if isinstance(operand, Predicate):
                slots += self.compare(operand, wanted, what)
            elif isinstance(operand, Slot):
                slots.append(operand)
                self.comparable(self.given(operand, what), wanted, what, predicate.operator)
        return slots

    def comparable(self, operand: Holds, wanted: set[Type | None], what: str, operator: str = "eq") -> None:
        """Refuse an operand of a type that ``wanted`` is never equal to."""
        if isinstance(operand, Lists):
            if operator not in ("within", "without"):
                raise InvalidInput(what, f"{operator} takes one value, not a list; say within()")
            operand = operand.item
        if isinstance(operand, Nothing) or None in wanted or not isinstance(operand, Values):
            return
        fitting = set(wanted).union(_NUMERIC if not wanted.isdisjoint(_NUMERIC) else ())
        if operand.type is not None and operand.type not in fitting:
            names = " or ".join(sorted(t.value for t in wanted if t))
            raise SchemaViolation(what, f"is {names} and compared with {operand.type.value}")

    def choices(self, properties: Sequence[Property], argument: Argument, name: str) -> None:
        """A value that is looked for must be one that the property can have."""
        if not all(p.one_of for p in properties):
            return
        one_of = frozenset(choice for p in properties for choice in p.one_of)
        slots = [argument] if isinstance(argument, Slot) else []
        if isinstance(argument, Predicate) and argument.operator in ("eq", "neq", "within", "without"):
            slots = [o for o in argument.operands if isinstance(o, Slot)]
        self.checks += [ChoiceCheck(Column(slot.index), name, one_of) for slot in slots]


def _slots(arguments: Iterable[Argument]) -> Iterable[Slot]:
    for argument in arguments:
        match argument:
            case Slot():
                yield argument
            case Predicate():
                yield from _slots(argument.operands)
            case MapOf():
                yield from _slots(value for _, value in argument.entries)


def _has_integers(shape: object) -> bool:
    if isinstance(shape, tuple | frozenset):
        return any(map(_has_integers, shape))
    return shape is int
