"""Bytecode -> checked script, once for each shape."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal

from graph.compiler.graphersal_script import Template, template_of
from graph.compiler.shape import Shape, shape_of
from graph.compiler.step_tree import StepTree, tree_of
from graph.compiler.verification import Verified, verify
from graph.schema.elements import Schema

_SHAPES_KEPT: Final = 2048


@dataclass(frozen=True, slots=True)
class Shaped:
    """What is known of a traversal from its shape alone."""

    tree: StepTree
    verified: Verified
    template: Template

    def results(self, traversal: str) -> str:
        """The expression for the results of a traversal of this shape."""
        results = f"{traversal}{'.id()' if self.verified.by_id else ''}.toList()"
        return f"plain({results})" if self.verified.keyed else results


@dataclass(frozen=True, slots=True)
class Compiled:
    """A traversal ready to run: what its shape gave, and its values, checked."""

    shaped: Shaped
    values: list[Any]

    @property
    def verified(self) -> Verified:
        """What is known of its shape."""
        return self.shaped.verified

    def expression(self, params: dict[str, Any], prefix: str = "p", source: str = "g") -> str:
        """An expression of the script language that gives the list of results, asked of ``source``.

        The parameters it needs are added to ``params`` under names with ``prefix``. A script with an
        expression whose results are ``keyed`` starts with :data:`~graph.compiler.graphersal_script.KEYED`.
        """
        return self.shaped.results(source + self.shaped.template.fill(self.values, params, prefix))


class Compiler:
    """Compiles for one schema; keeps what it learnt of the shapes used last. Safe to share by threads."""

    def __init__(self, schema: Schema, engine: str = "embedded") -> None:
        self.schema = schema
        self.engine = engine
        self._shapes: OrderedDict[Shape, Shaped] = OrderedDict()
        self._lock = Lock()

    def compile(self, traversal: GraphTraversal) -> Compiled:
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

    def _learn(self, shape: Shape) -> Shaped:
        tree = tree_of(shape)
        verified = verify(tree, self.schema, self.engine)
        shaped = Shaped(tree, verified, template_of(tree))
        with self._lock:
            self._shapes[shape] = shaped
            while len(self._shapes) > _SHAPES_KEPT:
                self._shapes.popitem(last=False)
        return shaped
