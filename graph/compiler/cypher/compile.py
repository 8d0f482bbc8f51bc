"""Step tree -> one parametrised Cypher statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from graph.compiler import holds
from graph.compiler.cypher import (
    branching,
    filtering,
    gathering,
    reading,
    repeating,
    walking,
    writing,
)
from graph.compiler.cypher.rows import ENGINE, Compilation, Emitter, Stream
from graph.compiler.cypher.statement import CypherStatement
from graph.compiler.cypher.traverser import Traverser, Value
from graph.compiler.dataflow import Dataflow, Scope
from graph.compiler.shape import words
from graph.compiler.step_tree import Predicate, Slot, Step, StepTree
from graph.compiler.verification import Verified
from graph.schema.elements import Schema

EMITTERS: Final[Mapping[str, Emitter]] = {
    "V": walking.find_vertices,
    "E": walking.find_edges,
    "out": walking.walk,
    "in": walking.walk,
    "both": walking.walk,
    "outE": walking.walk,
    "inE": walking.walk,
    "bothE": walking.walk,
    "outV": walking.go_to_end,
    "inV": walking.go_to_end,
    "has": filtering.has,
    "hasId": filtering.has_id,
    "hasLabel": filtering.has_label,
    "where": filtering.where,
    "and": filtering.conditions,
    "or": filtering.conditions,
    "not": filtering.conditions,
    "is": filtering.is_,
    "as": reading.name_step,
    "select": reading.select,
    "values": reading.read_values,
    "id": reading.read_id,
    "label": reading.read_label,
    "constant": reading.constant,
    "project": reading.project,
    "elementMap": reading.element_map,
    "valueMap": reading.value_map,
    "math": reading.calculate,
    "sack": reading.use_sack,
    "fold": gathering.fold,
    "unfold": gathering.unfold,
    "count": gathering.count,
    "sum": gathering.reduce,
    "min": gathering.reduce,
    "max": gathering.reduce,
    "order": gathering.order,
    "limit": gathering.limit,
    "range": gathering.cut,
    "dedup": gathering.dedup,
    "group": gathering.group,
    "groupCount": gathering.group,
    "aggregate": gathering.aggregate,
    "inject": gathering.inject,
    "union": branching.union,
    "coalesce": branching.coalesce,
    "optional": branching.optional,
    "local": branching.local,
    "choose": branching.choose,
    "repeat": repeating.repeat,
    "simplePath": repeating.simple_path,
    "path": repeating.path,
    "addV": writing.add_vertex,
    "addE": writing.add_edge,
    "mergeV": writing.merge_vertex,
    "mergeE": writing.merge_edge,
    "property": writing.set_property,
    "drop": writing.drop,
}

_SPEAKING: Final = words("select where dedup from to")


def cypher_of(schema: Schema) -> Callable[[StepTree, Verified], CypherStatement]:
    """The plan of Cypher for :class:`~graph.compiler.compiler.Compiler`.

    :class:`~graph.errors.UnsupportedStep` names what cannot be said.
    """

    def plan_of(tree: StepTree, verified: Verified) -> CypherStatement:
        slots = _rounds(tree)
        if not slots:
            return _statement(schema, tree, verified, {})

        def chosen(rounds: tuple[int, ...]) -> CypherStatement:
            return _statement(schema, tree, verified, dict(zip(slots, rounds, strict=True)))

        chosen((1,) * len(slots))
        return CypherStatement("", rounds=slots, chosen=chosen)

    return plan_of


def _rounds(tree: StepTree) -> tuple[int, ...]:
    return tuple(
        argument.index
        for step in tree.walk()
        if step.name == "times"
        for argument in step.arguments
        if isinstance(argument, Slot)
    )


def _statement(
    schema: Schema, tree: StepTree, verified: Verified, rounds: Mapping[int, int]
) -> CypherStatement:
    steps = list(tree.walk())
    c = Compilation(
        flow=Dataflow(schema, ENGINE),
        emitters=EMITTERS,
        wanted=frozenset(name for step in steps for name in _spoken_of(step)),
        tracks_paths=any(step.name in ("path", "simplePath") for step in steps),
        writes=verified.writes,
        rounds=rounds,
    )
    scope = Scope()
    sack = None
    for source in tree.sources:
        sack = c.given(source.arguments[0], source.name)
        scope.sack = sack.held
    stream = Stream(c, Traverser(Value("", holds.NOTHING), sack=sack, single=True), scope)
    stream.run(tree)
    return CypherStatement(
        _whole(stream, verified),
        tuple(sorted(c.slots)),
        tuple(c.windows.items()),
        stream.current.form,
        tuple(dict.fromkeys(c.ends)),
        verified.open,
    )


def _whole(stream: Stream, verified: Verified) -> str:
    if not stream.current.text:
        return " ".join(stream.lines())
    stream.require()
    text = f"{stream.current.text}.`id`" if verified.by_id else stream.current.text
    return stream.answers(text=text)


def _spoken_of(step: Step) -> list[str]:
    if step.name == "math":
        return re.findall(r"[A-Za-z_]\w*", str(step.arguments[0]))
    if step.name not in _SPEAKING:
        return []
    return [name for argument in step.arguments for name in _names(argument)]


def _names(argument: object) -> list[str]:
    if isinstance(argument, str):
        return [argument]
    if isinstance(argument, Predicate):
        return [name for operand in argument.operands for name in _names(operand)]
    return []
