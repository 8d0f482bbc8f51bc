"""The portable profile: what a traversal may say so that every engine understands it alike.

This is the grammar. What the words mean for a schema, :mod:`graph.compiler.dataflow` follows.
"""

from __future__ import annotations

from typing import Final

from graph.compiler.clauses import Clause, clauses
from graph.compiler.shape import Token, words
from graph.compiler.step_tree import Argument, MapOf, Predicate, Slot, Step, StepTree, nested_in
from graph.errors import UnsupportedStep

STEPS: Final = words(
    """
    V E hasLabel has hasId as select out in both outE inE bothE outV inV values valueMap elementMap
    project by fold unfold id label option where not and or is coalesce choose union local optional
    repeat times until emit simplePath path group groupCount order limit range dedup count sum max min
    math constant aggregate sack inject mergeV mergeE addV addE from to property drop
    """
)
SOURCES: Final = words("withSack")
WRITES: Final = words("mergeV mergeE addV addE property drop")
PREDICATES: Final = words(
    """
    eq neq lt lte gt gte inside outside between within without not and or containing notContaining
    startingWith notStartingWith endingWith notEndingWith
    """
)
TOKENS: Final = {
    "by": words("T.id T.label Order.asc Order.desc Column.keys Column.values"),
    "order": words("Scope.local Scope.global"),
    "limit": words("Scope.local Scope.global"),
    "range": words("Scope.local Scope.global"),
    "dedup": words("Scope.local Scope.global"),
    "count": words("Scope.local Scope.global"),
    "sum": words("Scope.local Scope.global"),
    "max": words("Scope.local Scope.global"),
    "min": words("Scope.local Scope.global"),
    "select": words("Column.keys Column.values Pop.first Pop.last Pop.all"),
    "has": words("T.id T.label"),
    "property": words("T.id Cardinality.single"),
    "option": words("Merge.onCreate Merge.onMatch Pick.none"),
    "choose": words("T.id T.label"),
    "sack": words("Operator.sum Operator.minus Operator.mult Operator.min Operator.max Operator.assign"),
}

_INSTEAD: Final = {
    "match": "walk with as_(), select() and where()",
    "discard": "ask for count() or ids instead of iterate()",
    "none": "ask for count() or ids instead of iterate()",
    "hasNot": "say not_(__.has(name))",
    "sideEffect": "write each thing in a statement of its own, in one transact()",
    "cap": "say select(name)",
    "skip": "say range_(from, -1)",
    "tail": "order the other way round and limit()",
    "barrier": "leave it out; engines add it where it pays",
    "map": "say local() or by()",
    "flatMap": "say local()",
    "filter": "say where()",
    "identity": "leave it out",
    "otherV": "say outV() or inV()",
    "bothV": "say union(__.out_v(), __.in_v())",
    "mean": "take sum_() and count(), and divide",
    "properties": "say values()",
    "propertyMap": "say valueMap()",
    "sample": "say limit()",
    "regex": "say TextP.containing() or startingWith()",
    "notRegex": "say TextP.notContaining()",
}
_OUTSIDE: Final = "it is outside of the portable profile, which has " + " ".join(sorted(STEPS))

# What a nested traversal is there for decides whether it may write.
_STREAMING: Final = words("union coalesce choose optional local option")
_CONDITIONS: Final = words("where not and or until emit")
# What looks at several traversers: engines disagree which those are in a branch that many go through.
_GATHERING: Final = words("count sum min max fold group groupCount order dedup limit range aggregate")
_REDUCING: Final = words("count sum min max fold group groupCount")
_REMEMBERING: Final = words("dedup limit range aggregate")
# What holds one traverser when its nested traversals start.
_ONE_BY_ONE: Final = words("by local where not and or until emit coalesce property")


def verify_grammar(tree: StepTree, engine: str) -> None:
    """Refuse what is outside of the profile: :class:`UnsupportedStep` names the step."""
    _Grammar(engine).traversal(tree)


def writes(tree: StepTree) -> bool:
    """Whether the traversal changes anything."""
    return any(step.name in WRITES for step in tree.walk())


class _Grammar:
    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.aside = 0
        """How many conditions and by() deep: what is walked there goes on from the way that led to it."""

    def refuse(self, step: str, instead: str) -> UnsupportedStep:
        return UnsupportedStep(step, self.engine, instead)

    def traversal(self, tree: StepTree) -> None:
        for source in tree.sources:
            if source.name not in SOURCES:
                raise self.refuse(source.name, _INSTEAD.get(source.name, "leave it out"))
        self.chain(tree, may_write=True)

    def chain(
        self, tree: StepTree, *, may_write: bool, tests: bool = False, starts_with_one: bool = False
    ) -> None:
        """One level; ``tests`` says that only whether there is an answer counts."""
        for i, step in enumerate(tree.steps):
            self.step(step, may_write=may_write, holds_one=starts_with_one and i == 0)
        cut = list(clauses(tree.steps, self.engine))
        if tests:
            self.condition(cut)
        for i, clause in enumerate(cut):
            self.clause(clause)
            self.modulators(clause)
            if i:
                self.pair(cut[i - 1], clause, ends_condition=tests and clause is cut[-1])

    def step(self, step: Step, *, may_write: bool, holds_one: bool) -> None:
        if step.name not in STEPS:
            raise self.refuse(step.name, _INSTEAD.get(step.name, _OUTSIDE))
        if step.name in WRITES and not may_write:
            raise self.refuse(step.name, "nothing is written inside by(), where() and other conditions")
        if step.name in ("path", "simplePath") and self.aside:
            raise self.refuse(
                f"nested {step.name}()", "it looks back beyond where the nested traversal starts"
            )
        for argument in step.arguments:
            self.argument(step, argument)
        for nested in nested_in(step):
            self.nested(step, nested, may_write=may_write, holds_one=holds_one)

    def nested(self, step: Step, nested: StepTree, *, may_write: bool, holds_one: bool) -> None:
        if not nested.steps:
            raise self.refuse(f"{step.name}(__)", "give it a traversal of at least one step")
        tests = _tests(step, nested)
        remembering = [s.name for s in nested.steps if s.name in _REMEMBERING and not _is_local(s)]
        if step.name in ("until", "emit") and remembering:
            raise self.refuse(f"{step.name}({remembering[0]})", "it takes what looks at each alone")
        holds_one = holds_one or tests or step.name in _ONE_BY_ONE
        if not holds_one:
            self.branch(step, nested)
        aside = tests or step.name == "by"
        self.aside += aside
        self.chain(
            nested,
            may_write=may_write and _may_write_in(step, nested),
            tests=tests,
            starts_with_one=holds_one,
        )
        self.aside -= aside

    def branch(self, step: Step, nested: StepTree) -> None:
        """Many come through: what gathers them would gather all of them here and each alone there."""
        gathering = [s.name for s in nested.steps if s.name in _GATHERING and not _is_local(s)]
        if step.name in ("union", "choose", "option", "optional") and gathering:
            raise self.refuse(f"{step.name}({gathering[0]})", f"say local(__.{step.name}(...))")
        if step.name == "repeat" and set(gathering) - {"dedup"}:
            raise self.refuse(f"repeat({gathering[0]})", "gather before it or after it")

    def condition(self, cut: list[Clause]) -> None:
        for clause in (cut[0], cut[-1]):
            if clause.name == "as":
                raise self.refuse(
                    "as at an end of a condition", "say where(P.eq(name)), or start from select(name)"
                )

    def argument(self, step: Step, argument: Argument) -> None:
        if isinstance(argument, Token) and str(argument) not in TOKENS.get(step.name, ()):
            allowed = ", ".join(sorted(TOKENS.get(step.name, ()))) or "no token"
            raise self.refuse(f"{step.name}({argument})", f"it takes {allowed}")
        if isinstance(argument, Predicate):
            self.predicate(step, argument)

    def predicate(self, step: Step, predicate: Predicate) -> None:
        name = predicate.operator
        if name not in PREDICATES:
            allowed = " ".join(sorted(PREDICATES))
            raise self.refuse(f"{step.name}({name})", _INSTEAD.get(name, f"compare with one of {allowed}"))
        for operand in predicate.operands:
            if isinstance(operand, Predicate):
                self.predicate(step, operand)
            elif isinstance(operand, (StepTree, MapOf, Token)):
                raise self.refuse(f"{step.name}({name})", "compare with values")
            elif isinstance(operand, Slot) and operand.shape is type(None):
                raise self.refuse(
                    f"{step.name}({name})", "null compares differently everywhere; use has() or not_()"
                )

    def clause(self, clause: Clause) -> None:
        match clause.name:
            case "repeat":
                self.repeat(clause)
            case "group" if any(map(_goes_on, clause.all("by")[1:])):
                raise self.refuse(
                    "group().by().by()", "end it with what gathers: fold(), count(), sum_() ..."
                )
            case "group" if any(map(_gathers_nothing, clause.all("by")[1:])):
                raise self.refuse(
                    "group().by(key).by(a walk)",
                    "by() a property, or end it with what gathers: fold(), count(), sum_() ...",
                )
            case "path" if not clause.all("by"):
                raise self.refuse("path", "say path().by(T.id): elements do not travel")
            case "choose" if len(clause.step.arguments) == 1 and not clause.all("option"):
                raise self.refuse("choose", "give it its branches, or option()s")

    def modulators(self, clause: Clause) -> None:
        for by in clause.all("by"):
            groups = [argument.group for argument in by.arguments if isinstance(argument, Token)]
            if "Order" in groups and clause.name != "order":
                raise self.refuse(f"{clause.name}().by(Order)", "only order() has an order")
            if "Column" in groups and clause.name not in ("order", "group", "groupCount"):
                raise self.refuse(f"{clause.name}().by(Column)", "say by(__.select(Column.keys))")

    def pair(self, one: Clause, other: Clause, *, ends_condition: bool) -> None:
        if other.name == "is" and _is_count(one) and not ends_condition:
            raise self.refuse(
                "count().is", "engines stop counting when they know; say fold().count(Scope.local).is_()"
            )
        if _is_count(other) and (one.name == "as" or _is_count(one)):
            raise self.refuse(f"{one.name}().count", f"leave {one.name}() out")
        if one.name == "path" and other.name in ("limit", "range") and _is_local(other.step):
            raise self.refuse(f"path().{other.name}", "it does not cut paths everywhere; limit the walk")
        if one.name in ("valueMap", "elementMap") and other.name != "fold":
            raise self.refuse(one.name, "it is for the very end; project() what you go on with")
        if one.name == "fold" and other.name == "coalesce" and writes(StepTree((other.step,))):
            raise self.refuse("fold().coalesce", "two callers would both create it; say mergeV() or mergeE()")

    def repeat(self, clause: Clause) -> None:
        times, until = clause.all("times"), clause.all("until")
        if len(times) + len(until) != 1:
            raise self.refuse("repeat", "it takes either times(n) or until(), once")
        if len(clause.all("emit")) > 1:
            raise self.refuse("repeat().emit", "it takes emit() once, before it or after it")
        if times and not (len(times[0].arguments) == 1 and _is_integer(times[0].arguments[0])):
            raise self.refuse("repeat().times", "it takes a whole number")
        body = next(nested_in(clause.step), StepTree(()))
        if until and (_hops(body) != 1 or not any(s.name == "simplePath" for s in body.steps)):
            raise self.refuse("repeat().until", "its body is one hop with simplePath(), so that it ends")
        for looping in (*until, *clause.all("emit")):
            if any(not isinstance(a, StepTree) for a in looping.arguments):
                raise self.refuse(f"repeat().{looping.name}", "it takes a traversal")


def _may_write_in(step: Step, nested: StepTree) -> bool:
    if step.name == "choose" and len(step.arguments) > 1 and nested is step.arguments[0]:
        return False
    return step.name in _STREAMING


def _goes_on(by: Step) -> bool:
    """Whether there is more after what makes one of many."""
    tree = next(nested_in(by), StepTree(()))
    return any(step.name in _REDUCING and not _is_local(step) for step in tree.steps[:-1])


def _gathers_nothing(by: Step) -> bool:
    """Whether it is a walk of which only one answer would be left."""
    tree = next(nested_in(by), None)
    return tree is not None and not any(s.name in _REDUCING and not _is_local(s) for s in tree.steps)


def _is_count(clause: Clause) -> bool:
    return clause.name == "count" and not _is_local(clause.step)


def _is_local(step: Step) -> bool:
    return any(str(argument) == "Scope.local" for argument in step.arguments)


def _tests(step: Step, nested: StepTree) -> bool:
    if step.name == "choose":
        return len(step.arguments) > 1 and nested is step.arguments[0]
    return step.name in _CONDITIONS


def _is_integer(argument: Argument) -> bool:
    return isinstance(argument, Slot) and argument.shape is int


def _hops(body: StepTree) -> int:
    """How many vertices a walk of ``body`` goes on by."""
    return sum(step.name in ("out", "in", "both", "outV", "inV") for step in body.steps)
