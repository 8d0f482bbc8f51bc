"""Finding the vertices of a kind by an index, on servers that keep none of labels.

TinkerGraph and JanusGraph look at every vertex of the graph to find those of a label. There each vertex has
its label once more in a property of ours, which is indexed: traversals are sent so that they ask for it and
write it, and nobody sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gremlin_python.process.traversal import Cardinality

from graph.compiler.profile import WRITES
from graph.compiler.shape import T_ID, token, words
from graph.compiler.step_tree import Argument, MapOf, Predicate, Slot, Step, StepTree
from graph.errors import InvalidInput
from graph.schema.elements import Schema

KIND: Final = "vertex_kind"
"""The property that has a vertex's label; no property of a schema has this name."""

_FILTERS: Final = words("has hasLabel hasId")
_MAPS: Final = words("valueMap elementMap")
_MARKED: Final = Step(
    "coalesce",
    (
        StepTree((Step("has", (KIND,)),)),
        StepTree((Step("property", (token(Cardinality.single), KIND, StepTree((Step("label"),)))),)),
    ),
)


@dataclass(frozen=True)
class KindIndex:
    """How one product uses its indexes.

    ``several_at_once``: it looks up each of several values where one of them is wanted. ``joins``: it reads
    all that each index has and then intersects, instead of the first index that fits alone.
    ``knows_own_writes``: within a unit its indexes have what the unit wrote; those of TinkerTransactionGraph
    lose every vertex that the unit changed.
    """

    several_at_once: bool
    joins: bool
    knows_own_writes: bool


KIND_INDEXES: Final = {
    "gremlin-server": KindIndex(several_at_once=False, joins=False, knows_own_writes=False),
    "janusgraph": KindIndex(several_at_once=True, joins=True, knows_own_writes=True),
}
"""By product; Neptune has an index of labels."""


def check_kind_is_free(schema: Schema) -> None:
    """:class:`InvalidInput` when a property of the schema has the name of ours."""
    for kind in schema.vertices.values():
        if KIND in kind.by_name:
            raise InvalidInput(
                "schema", f"calls a property of {kind.label} {KIND}, which is the adapter's own"
            )


def with_kinds(tree: StepTree, schema: Schema, index: KindIndex, *, written: bool = False) -> StepTree:
    """``tree`` asking for vertices of a kind by the index, and marking those that it makes.

    ``written`` says that its unit has written before.
    """
    return StepTree(_Rewriter(schema, index, written).steps(tree.steps), tree.sources)


def shows_kinds(tree: StepTree) -> bool:
    """Whether what a vertex has is asked for without saying what."""
    return any(step.name in _MAPS and not step.arguments for step in tree.walk())


def without_kinds(answer: Any) -> Any:
    """An answer without our property."""
    if isinstance(answer, dict):
        return {key: without_kinds(value) for key, value in answer.items() if key != KIND}
    if isinstance(answer, list):
        return [without_kinds(item) for item in answer]
    return answer


@dataclass
class _Rewriter:
    schema: Schema
    index: KindIndex
    written: bool

    def steps(self, given: Sequence[Step]) -> tuple[Step, ...]:
        sent: list[Step] = []
        at = 0
        while at < len(given):
            step = self.nested(given[at])
            at += 1
            if step.name == "V" and not step.arguments:
                end = _end_of_run(given, at, _FILTERS)
                sent += self.looked_up(step, tuple(map(self.nested, given[at:end])))
                at = end
            elif step.name == "addV":
                sent += (step, Step("property", (KIND, step.arguments[0])))
            elif step.name == "mergeV":
                end = _end_of_run(given, at, frozenset({"option"}))
                sent += (step, *map(self.nested, given[at:end]), _MARKED)
                at = end
            else:
                sent.append(step)
            self.written = self.written or step.name in WRITES
        return tuple(sent)

    def nested(self, step: Step) -> Step:
        return Step(step.name, tuple(map(self.argument, step.arguments)))

    def argument(self, argument: Argument) -> Argument:
        match argument:
            case StepTree():
                return StepTree(self.steps(argument.steps), argument.sources)
            case MapOf():
                return MapOf(tuple((key, self.argument(value)) for key, value in argument.entries))
        return argument

    def looked_up(self, start: Step, filters: Sequence[Step]) -> tuple[Step, ...]:
        """``start`` and its ``filters``, by the index where nothing finds fewer."""
        if self.written and not self.index.knows_own_writes:
            return (start, *map(_looked_through, filters))
        labels = next((found for step in filters if (found := _labels(step))), ())
        if (
            not labels
            or any(map(_by_id, filters))
            or (self.index.joins and self.finds_fewer(labels, filters))
        ):
            return (start, *filters)

        def by_kind(of: Argument) -> tuple[Step, ...]:
            # Behind the others: an index of what they ask for comes first, and finds fewer.
            return (start, *filters, Step("has", (KIND, of)))

        if len(labels) == 1:
            return by_kind(labels[0])
        if self.index.several_at_once:
            return by_kind(Predicate("within", labels))
        return (Step("union", tuple(StepTree(by_kind(label)) for label in labels)),)

    def finds_fewer(self, labels: Sequence[str], filters: Sequence[Step]) -> bool:
        """Whether one of them asks for a value of an indexed property."""
        if len(labels) > 1:
            return False
        known = self.schema.vertices[labels[0]].by_name
        return any(
            (name := _name_of_value(step)) is not None and name in known and known[name].indexed
            for step in filters
        )


def _looked_through(step: Step) -> Step:
    """The filter in words for which no index is used."""
    match step:
        case Step("has", (*names, Slot() as value)):
            return Step("has", (*names, Predicate("within", (value,))))
        case Step("has", (*names, Predicate("eq", operands))):
            return Step("has", (*names, Predicate("within", operands)))
    return step


def _end_of_run(steps: Sequence[Step], start: int, names: frozenset[str]) -> int:
    return next((i for i in range(start, len(steps)) if steps[i].name not in names), len(steps))


def _labels(step: Step) -> tuple[str, ...]:
    match step:
        case Step("has", (str() as label, str(), _)):
            return (label,)
        case Step("hasLabel", (Predicate("within" | "eq", operands),)):
            return _texts(operands)
        case Step("hasLabel", arguments):
            return _texts(arguments)
    return ()


def _texts(arguments: Sequence[Argument]) -> tuple[str, ...]:
    """All of them, or none where one is no text."""
    texts = tuple(dict.fromkeys(a for a in arguments if isinstance(a, str)))
    return texts if all(isinstance(a, str) for a in arguments) else ()


def _by_id(step: Step) -> bool:
    return step.name == "hasId" or T_ID in step.arguments


def _name_of_value(step: Step) -> str | None:
    match step:
        case Step("has", (*_, str() as name, Slot() | Predicate("within" | "eq"))):
            return name
    return None
