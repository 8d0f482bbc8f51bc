"""What a migration is: steps that can be repeated, and the parts of the schema that are gone.

A step is killed anywhere and done again, done twice, or done by two processes at once, and the graph is the
same: it looks for what is still to be done, and never changes what was done or written since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality

from graph.engines.port import EdgeRow, Engine
from graph.moving.reading import id_batches
from graph.schema.elements import EdgeKind, Property, PropertyValue, Schema, VertexKind

VERTICES_A_BATCH: Final = 500

Change = Callable[[GraphTraversalSource, list[str]], GraphTraversal]
"""What is done to the vertices with these ids; it looks only at those where it is still to be done."""


@dataclass(frozen=True)
class Gone:
    """What an older schema had and the newest has not: it is known while the migration runs.

    ``properties`` are by the label of their kind of vertex or edge.
    """

    properties: Mapping[str, tuple[Property, ...]] = field(default_factory=dict)
    vertices: tuple[VertexKind, ...] = ()
    edges: tuple[EdgeKind, ...] = ()


@dataclass(frozen=True)
class Step:
    """One step, by name; ``run`` can be repeated."""

    name: str
    run: Callable[[Engine], None]


@dataclass(frozen=True)
class Migration:
    """From a version of the schema to the next one."""

    from_version: int
    steps: tuple[Step, ...]
    gone: Gone = Gone()


def in_batches(name: str, label: str, change: Change) -> Step:
    """Change the vertices of ``label``, a batch of them at a time."""

    def run(engine: Engine) -> None:
        for ids in id_batches(engine, label, VERTICES_A_BATCH):
            engine.run(change(engine.g, ids).count())

    return Step(name, run)


def rename_property(label: str, old: str, new: str) -> Step:
    """Give the vertices of ``label`` under ``new`` what they have under ``old``.

    The old value stays where it was, and nobody who follows the schema sees it.
    """

    def change(g: GraphTraversalSource, ids: list[str]) -> GraphTraversal:
        unnamed = g.V(ids).has(old).not_(__.has(new))
        return unnamed.property(Cardinality.single, new, __.values(old))

    return in_batches(f"{label}.{old} is called {new}", label, change)


def fill_property(label: str, name: str, value: PropertyValue | GraphTraversal) -> Step:
    """Give the vertices of ``label`` that lack it a property; a traversal must have an answer for each."""

    def change(g: GraphTraversalSource, ids: list[str]) -> GraphTraversal:
        return g.V(ids).not_(__.has(name)).property(Cardinality.single, name, value)

    return in_batches(f"{label}.{name} is filled", label, change)


def add_edges(name: str, label: str, edges_from: Callable[[Engine, list[str]], Iterable[EdgeRow]]) -> Step:
    """Load the edges that ``edges_from`` makes of the vertices of ``label``; edges that are there stay."""

    def run(engine: Engine) -> None:
        for ids in id_batches(engine, label, VERTICES_A_BATCH):
            engine.bulk_load([], edges_from(engine, ids))

    return Step(name, run)


def widened(schema: Schema, migrations: Iterable[Migration], *, version: int) -> Schema:
    """The schema with everything that is gone, as of ``version``: what migrations are run under."""
    vertices, edges = dict(schema.vertices), dict(schema.edges)
    for migration in reversed(list(migrations)):
        gone = migration.gone
        vertices = {kind.label: kind for kind in gone.vertices} | vertices
        edges = {kind.label: kind for kind in gone.edges} | edges
        for label, properties in gone.properties.items():
            if label in vertices:
                vertices[label] = replace(vertices[label], properties=_added(vertices[label], properties))
            else:
                edges[label] = replace(edges[label], properties=_added(edges[label], properties))
    return Schema(version, vertices, edges)


def _added(kind: VertexKind | EdgeKind, gone: tuple[Property, ...]) -> tuple[Property, ...]:
    known = tuple(prop for prop in gone if prop.name not in kind.by_name)
    return (*kind.properties, *(replace(prop, required=False) for prop in known))
