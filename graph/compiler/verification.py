"""Verifying a step tree: its grammar, then its meaning for the schema."""

from __future__ import annotations

from dataclasses import dataclass

from graph.compiler import holds
from graph.compiler.dataflow import Dataflow
from graph.compiler.holds import Edges, Holds, Maps, Vertices
from graph.compiler.profile import verify_grammar, writes
from graph.compiler.step_tree import StepTree
from graph.compiler.value_checks import Check
from graph.errors import UnsupportedStep
from graph.schema.elements import Schema


@dataclass(frozen=True, slots=True)
class Verified:
    """What is known of a traversal that passed.

    ``inserts`` says that it makes vertices which must not be there yet; ``checks`` look at the values on each
    call; ``ends_with`` is what its results are; ``by_id`` says that they are vertices, of which the ids are
    returned; ``keyed`` that maps may have keys that are not text.
    """

    writes: bool
    inserts: bool
    checks: tuple[Check, ...]
    ends_with: Holds
    by_id: bool
    keyed: bool
    open: bool


def verify(tree: StepTree, schema: Schema, engine: str) -> Verified:
    """Check the shape; :class:`~graph.errors.InvalidInput` and its kinds say what is wrong."""
    verify_grammar(tree, engine)
    flow = Dataflow(schema, engine)
    end = flow.follow(tree)
    by_id = isinstance(end, Vertices)
    if isinstance(end, Edges):
        raise UnsupportedStep("returning edges", engine, "return values, or the ids of their ends")
    if not by_id and holds.has_elements(end):
        raise UnsupportedStep("returning elements", engine, "return their ids, by(T.id) or id_(), or values")
    return Verified(
        writes=writes(tree),
        inserts=any(step.name == "addV" for step in tree.walk()),
        checks=tuple(dict.fromkeys(flow.checks)),
        ends_with=end,
        by_id=by_id,
        keyed=_may_be_keyed(end),
        open=holds.is_open(end),
    )


def _may_be_keyed(end: Holds) -> bool:
    match end:
        case Maps():
            inner = [h for _, h in end.fields] if end.fields is not None else [end.values]
            return not end.text_keys or any(map(_may_be_keyed, inner))
        case holds.Lists():
            return _may_be_keyed(end.item)
        case holds.Unknown():
            return True
    return False
