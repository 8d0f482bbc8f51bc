"""Bytecode -> checked plan in an engine's language, once for each shape."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, Generic, TypeVar

from gremlin_python.process.graph_traversal import GraphTraversal

from graph.compiler.shape import Shape, shape_of
from graph.compiler.step_tree import StepTree, tree_of
from graph.compiler.verification import Verified, verify
from graph.errors import InvalidInput
from graph.schema.elements import Schema

_SHAPES_KEPT: Final = 2048

Plan = TypeVar("Plan")
"""What a traversal is in an engine's own language, with places for its values."""


@dataclass(frozen=True, slots=True)
class Shaped(Generic[Plan]):
    """What is known of a traversal from its shape alone."""

    tree: StepTree
    verified: Verified
    plan: Plan


@dataclass(frozen=True, slots=True)
class Compiled(Generic[Plan]):
    """A traversal ready to run: what its shape gave, and its values, checked."""

    shaped: Shaped[Plan]
    values: list[Any]

    @property
    def verified(self) -> Verified:
        """What is known of its shape."""
        return self.shaped.verified

    @property
    def plan(self) -> Plan:
        """Its shape in the engine's language."""
        return self.shaped.plan


class Compiler(Generic[Plan]):
    """Compiles for one schema and one language; keeps what it learnt of the shapes used last.

    ``engine`` is what errors call the engine; ``plan_of`` turns a verified tree into its language. Safe to
    share by threads.
    """

    def __init__(self, schema: Schema, engine: str, plan_of: Callable[[StepTree, Verified], Plan]) -> None:
        self.schema = schema
        self.engine = engine
        self._plan_of = plan_of
        self._shapes: OrderedDict[Shape, Shaped[Plan]] = OrderedDict()
        self._lock = Lock()

    def compile(self, traversal: GraphTraversal) -> Compiled[Plan]:
        """Check and compile; :class:`~graph.errors.InvalidInput` and its kinds say what cannot be."""
        shape, values = shape_of(traversal.bytecode)
        with self._lock:
            shaped = self._shapes.get(shape)
            if shaped is not None:
                self._shapes.move_to_end(shape)
        if shaped is None:
            shaped = self._learn(shape)
        for check in shaped.verified.checks:
            check(values)
        return Compiled(shaped, values)

    def compile_reading(self, traversal: GraphTraversal) -> Compiled[Plan]:
        """The same for a traversal that must not write."""
        compiled = self.compile(traversal)
        if compiled.verified.writes:
            raise InvalidInput("traversal", f"may only read here, and this one writes: {traversal!r:.300}")
        return compiled

    def _learn(self, shape: Shape) -> Shaped[Plan]:
        tree = tree_of(shape)
        verified = verify(tree, self.schema, self.engine)
        shaped = Shaped(tree, verified, self._plan_of(tree, verified))
        with self._lock:
            self._shapes[shape] = shaped
            while len(self._shapes) > _SHAPES_KEPT:
                self._shapes.popitem(last=False)
        return shaped
