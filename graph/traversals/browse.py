"""Lists, pages and neighbours: what anybody may read, always for many at once.

Rows are element maps: the properties of a vertex with its ``id`` and ``label``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Order, P, T

from graph.schema.elements import PropertyValue

Walk = Callable[[GraphTraversal], GraphTraversal]
"""Goes on from a traversal that stands on the vertices it starts at."""


@dataclass(frozen=True)
class Condition:
    """The property ``name`` must fit ``predicate``."""

    name: str
    predicate: P


@dataclass(frozen=True)
class Sort:
    """By the (required) property ``name``, then by id, so that the order is total."""

    name: str
    descending: bool = False


@dataclass(frozen=True)
class Position:
    """Where an element stands in a sort order."""

    value: PropertyValue
    id: str


@dataclass(frozen=True)
class Slice:
    """At most ``limit`` elements of a sort order, all after and before the given positions.

    ``from_end`` takes the last ones instead of the first; they still come in the order of ``sort``.
    """

    sort: Sort
    limit: int
    after: Position | None = None
    before: Position | None = None
    from_end: bool = False


@dataclass(frozen=True)
class Origin:
    """The elements of a list: all of ``label``, or those a walk from one vertex comes to."""

    label: str
    start: str | None = None
    walk: Walk | None = None


@dataclass(frozen=True)
class Branch:
    """What a walk comes to, in the order of a property if one is given, and the branches from there on."""

    walk: Walk
    order_by: str | None
    branches: tuple[Branch, ...]


def vertices(g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
    """The element maps of those that exist."""
    return _with(g, ids).element_map()


def tree(g: GraphTraversalSource, id: str, branches: Sequence[Branch]) -> GraphTraversal:
    """The element map of ``id``, if it exists, with all that is reached by branches, at once.

    Where there are branches it is ``{vertex: element map, 0: [what the first branch comes to, ...], ...}``,
    and so is whatever a branch with branches of its own comes to.
    """
    return _branching(g.V(id), branches)


def _branching(vertices: GraphTraversal, branches: Sequence[Branch]) -> GraphTraversal:
    if not branches:
        return vertices.element_map()
    vertices = vertices.project("vertex", *map(str, range(len(branches)))).by(__.element_map())
    for branch in branches:
        reached = _ordered(branch.walk(__.start()), branch.order_by)
        vertices = vertices.by(_branching(reached, branch.branches).fold())
    return vertices


def latest(g: GraphTraversalSource, label: str, name: str) -> GraphTraversal:
    """The greatest value of a property among the vertices of ``label``; nothing when there are none."""
    return g.V().has_label(label).values(name).max_()


def page(
    g: GraphTraversalSource, origin: Origin, *, conditions: Sequence[Condition], cut: Slice
) -> GraphTraversal:
    """The element maps of a slice of a list; reversed when the slice is taken from the end."""
    return _cut(_matching(_elements(g, origin), conditions), cut).element_map()


def count(g: GraphTraversalSource, origin: Origin, *, conditions: Sequence[Condition]) -> GraphTraversal:
    """How many elements the list has."""
    return _matching(_elements(g, origin), conditions).count()


def linked(
    g: GraphTraversalSource, ids: Sequence[str], *, walk: Walk, order_by: str | None
) -> GraphTraversal:
    """For each of ``ids`` that exists ``{id, many: [element map, ...]}``: what the walk comes to."""
    reached = _ordered(walk(__.start()), order_by).element_map()
    return _with(g, ids).project("id", "many").by(T.id).by(reached.fold())


def linked_by_edges(
    g: GraphTraversalSource, ids: Sequence[str], *, walk: Walk, backwards: bool
) -> GraphTraversal:
    """For each of ``ids`` ``{id, many: [{edge: its properties, node: element map}, ...]}``.

    The walk ends on edges; ``backwards`` takes the vertex they come from instead of the one they lead to.
    """
    end = __.out_v() if backwards else __.in_v()
    tie = walk(__.start()).project("edge", "node").by(__.value_map().by(__.unfold())).by(end.element_map())
    return _with(g, ids).project("id", "many").by(T.id).by(tie.fold())


def linked_pages(
    g: GraphTraversalSource,
    ids: Sequence[str],
    *,
    walk: Walk,
    conditions: Sequence[Condition],
    cut: Slice,
) -> GraphTraversal:
    """For each of ``ids`` ``{id, many}``: the same slice of what the walk comes to from it."""
    reached = _cut(_matching(walk(__.start()), conditions), cut).element_map()
    return _with(g, ids).project("id", "many").by(T.id).by(reached.fold())


def linked_counts(
    g: GraphTraversalSource, ids: Sequence[str], *, walk: Walk, conditions: Sequence[Condition]
) -> GraphTraversal:
    """For each of ``ids`` ``{id, many}``: how many the walk comes to from it."""
    return _with(g, ids).project("id", "many").by(T.id).by(_matching(walk(__.start()), conditions).count())


def _with(g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
    """The vertices; one id alone is a scalar, which engines take faster than a list of one."""
    return g.V(ids[0]) if len(ids) == 1 else g.V(list(ids))


def _ordered(vertices: GraphTraversal, order_by: str | None) -> GraphTraversal:
    return vertices if order_by is None else vertices.order().by(order_by).by(T.id)


def _elements(g: GraphTraversalSource, origin: Origin) -> GraphTraversal:
    if origin.start is None:
        return g.V().has_label(origin.label)
    reached = g.V(origin.start)
    return (origin.walk(reached) if origin.walk is not None else reached).has_label(origin.label)


def _matching(elements: GraphTraversal, conditions: Sequence[Condition]) -> GraphTraversal:
    for condition in conditions:
        elements = elements.has(condition.name, condition.predicate)
    return elements


def _cut(elements: GraphTraversal, cut: Slice) -> GraphTraversal:
    """Keyset paging: never an offset, so that a page costs the same wherever it is."""
    sort = cut.sort
    if cut.after is not None:
        elements = elements.or_(*_beyond(sort.name, cut.after, below=sort.descending))
    if cut.before is not None:
        elements = elements.or_(*_beyond(sort.name, cut.before, below=not sort.descending))
    direction = Order.desc if sort.descending != cut.from_end else Order.asc
    return elements.order().by(sort.name, direction).by(T.id, direction).limit(cut.limit)


def _beyond(name: str, position: Position, *, below: bool) -> tuple[GraphTraversal, GraphTraversal]:
    past = P.lt if below else P.gt
    return (
        __.has(name, past(position.value)),
        __.has(name, position.value).has(T.id, past(position.id)),
    )
