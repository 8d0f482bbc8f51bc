"""Step tree -> Gremlin bytecode as it goes over the wire, with places for values.

What every server understands alike is chosen here: every integer is a long one (int32 and int64 are
different values to a property key and to a group), an empty list of ids means none of them, and a
traversal that ends on vertices ends on their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal

from graph.compiler import graphbinary
from graph.compiler import shape as shapes
from graph.compiler.graphbinary import INT32
from graph.compiler.shape import Token, shape_of
from graph.compiler.step_tree import Argument, MapOf, Predicate, Slot, Step, StepTree, tree_of
from graph.compiler.verification import Verified
from graph.compiler.vertex_kinds import (
    KIND_INDEXES,
    check_kind_is_free,
    shows_kinds,
    with_kinds,
    without_kinds,
)
from graph.schema.elements import Schema

_NONE_OF_THEM: Final = Step("limit", (Slot(-1, int),))

SENT_AS: Final = {"local": "flatMap"}
"""What steps are called on the wire: JanusGraph asks what is in local() once for traversers it merged."""

_WRITERS: Final[dict[Any, Callable[[Any], bytes]]] = {
    str: graphbinary.text,
    bool: graphbinary.flag,
    int: graphbinary.long,
    float: graphbinary.real,
}


@dataclass(frozen=True, slots=True)
class Bytecode:
    """A traversal in pieces: value ``slots[i]``, as ``writers[i]`` writes it, goes after piece ``i``.

    ``late`` is what is sent instead when the unit has written before. ``shows_kinds`` says that its answer
    may have the adapter's own property, which nobody is shown.
    """

    pieces: tuple[bytes, ...]
    slots: tuple[int, ...]
    writers: tuple[Callable[[Any], bytes], ...]
    late: Bytecode | None = None
    shows_kinds: bool = False

    def filled(self, values: Sequence[Any]) -> bytes:
        """The bytecode with ``values``, without what says that it is one."""
        woven = [self.pieces[0]]
        for slot, write, piece in zip(self.slots, self.writers, self.pieces[1:], strict=True):
            woven += (write(values[slot]), piece)
        return b"".join(woven)

    def shown(self, answer: list[Any]) -> list[Any]:
        """The ``answer`` of the server as the caller gets it."""
        return [without_kinds(each) for each in answer] if self.shows_kinds else answer


def bytecode_for(product: str, schema: Schema) -> Callable[[StepTree, Verified], Bytecode]:
    """The bytecode that a ``product`` is sent for verified trees."""
    index = KIND_INDEXES.get(product)
    if index is None:
        return bytecode_of
    check_kind_is_free(schema)

    def by_kinds(tree: StepTree, verified: Verified) -> Bytecode:
        plan = bytecode_of(with_kinds(tree, schema, index), verified)
        late = None
        if not index.knows_own_writes:
            late = bytecode_of(with_kinds(tree, schema, index, written=True), verified)
        return replace(plan, late=late, shows_kinds=shows_kinds(tree))

    return by_kinds


def bytecode_of(tree: StepTree, verified: Verified) -> Bytecode:
    """The bytecode of a verified tree."""
    writer = _Writer()
    steps = (*tree.steps, Step("id")) if verified.by_id else tree.steps
    writer.steps(steps)
    writer.instructions(tree.sources)
    return writer.bytecode()


def bytecode_of_rows(traversal: GraphTraversal, *values: Any) -> bytes:
    """The bytecode of one of the adapter's own traversals, which is not held against a schema.

    ``values`` go in place of all those that it has, in its order; rows need not be of one shape.
    """
    shape, _ = shape_of(traversal.bytecode)
    writer = _Writer()
    tree = tree_of(shape)
    writer.steps(tree.steps)
    writer.instructions(tree.sources)
    return writer.bytecode().filled(values)


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[list[bytes]] = [[]]
        self.slots: list[int] = []
        self.writers: list[Callable[[Any], bytes]] = []

    def bytecode(self) -> Bytecode:
        return Bytecode(tuple(b"".join(p) for p in self.pieces), tuple(self.slots), tuple(self.writers))

    def put(self, *more: bytes) -> None:
        self.pieces[-1] += more

    def steps(self, steps: Sequence[Step]) -> None:
        sent: list[Step] = []
        for step in steps:
            if _asks_for_none(step):
                sent += (Step("V"), _NONE_OF_THEM) if step.name == "V" else (_NONE_OF_THEM,)
            else:
                sent.append(step)
        self.instructions(sent)

    def instructions(self, steps: Sequence[Step]) -> None:
        self.put(INT32.pack(len(steps)))
        for step in steps:
            self.put(graphbinary.raw_text(SENT_AS.get(step.name, step.name)), INT32.pack(len(step.arguments)))
            for argument in step.arguments:
                self.argument(argument, _writer_for(step.name, argument))

    def argument(self, argument: Argument, write: Callable[[Any], bytes] | None = None) -> None:
        match argument:
            case str():
                self.put(graphbinary.text(argument))
            case Token():
                self.put(graphbinary.token(argument))
            case Slot():
                self.slot(argument, write)
            case Predicate():
                self.predicate(argument)
            case MapOf():
                self.put(graphbinary.map_head(len(argument.entries)))
                for key, value in argument.entries:
                    self.argument(key)
                    self.argument(value)
            case StepTree():
                self.put(b"\x15\x00")
                self.steps(argument.steps)
                self.put(INT32.pack(0))

    def slot(self, slot: Slot, write: Callable[[Any], bytes] | None) -> None:
        if slot.index < 0:
            self.put(graphbinary.long(0))
            return
        self.slots.append(slot.index)
        scalar = _WRITERS.get(slot.shape) if _is_scalar(slot) else None
        self.writers.append(write or scalar or graphbinary.value)
        self.pieces.append([])

    def predicate(self, predicate: Predicate) -> None:
        operator, operands = predicate.operator, predicate.operands
        self.put(graphbinary.predicate_head(operator))
        match operands:
            case (Slot(shape=(shapes.ITEMS, _)) as slot,) if operator in ("within", "without"):
                # A list would be one thing to be within; its items are what is meant.
                self.slots.append(slot.index)
                self.writers.append(graphbinary.operands)
                self.pieces.append([])
            case _:
                self.put(INT32.pack(len(operands)))
                for operand in operands:
                    self.argument(operand)


def _writer_for(step: str, argument: Argument) -> Callable[[Any], bytes] | None:
    """How a step wants a value written, where it matters; ``hasId`` lets each through once."""
    if step == "times":
        return graphbinary.integer
    if step == "hasId" and isinstance(argument, Slot) and not _is_scalar(argument):
        return graphbinary.each_once
    return None


def _is_scalar(slot: Slot) -> bool:
    return isinstance(slot.shape, type)


def _asks_for_none(step: Step) -> bool:
    if step.name not in ("V", "hasId"):
        return False
    match step.arguments:
        case (Slot(shape=(shapes.ITEMS, types)),):
            return not types
    return False
