"""The one port through which everything reaches a graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource

from graph.engines.features import Features
from graph.schema.elements import PropertyValue


@dataclass(frozen=True)
class Statement:
    """One traversal of a unit; ``expect`` is how many results it must give, or None for any number.

    ``name`` is what the caller hears when it misses.
    """

    name: str
    traversal: GraphTraversal
    expect: int | None = None


@dataclass(frozen=True)
class VertexRow:
    """A vertex to load: its whole properties."""

    label: str
    id: str
    properties: dict[str, PropertyValue] = field(default_factory=dict)


@dataclass(frozen=True)
class EdgeRow:
    """An edge to load, by the ids of its ends."""

    label: str
    from_id: str
    to_id: str
    properties: dict[str, PropertyValue] = field(default_factory=dict)


class Engine(Protocol):
    """A graph engine. Every method is safe to call from several threads at once.

    What conflicts with other writers is tried again for a while and then raises
    :class:`~graph.errors.Contention`; when the server goes away, :class:`~graph.errors.EngineUnavailable`
    says that nothing was written and :class:`~graph.errors.OutcomeUnknown` that nobody can tell.
    """

    url: str
    """Where it is, without credentials."""

    @property
    def features(self) -> Features:
        """What it can and cannot do."""

    @property
    def round_trips(self) -> int:
        """How many times the engine was asked since it was opened."""

    @property
    def g(self) -> GraphTraversalSource:
        """The source traversals are written on; it is not connected to anything."""

    def run(self, traversal: GraphTraversal, *, time_limit_ms: int | None = None) -> list[Any]:
        """Run one traversal as one unit and return all its results."""

    def explore(self, traversal: GraphTraversal, *, time_limit_ms: int = 200) -> list[Any]:
        """Run a traversal that may only read; :class:`QueryTimeout` after ``time_limit_ms``."""

    def read_together(self, traversals: Sequence[GraphTraversal]) -> list[list[Any]]:
        """Run traversals that only read, all on one and the same state of the graph.

        :class:`~graph.errors.UnsupportedStep` where ``features.consistent_reads`` is false.
        """

    def transact(self, statements: Sequence[Statement]) -> list[list[Any]]:
        """Run all statements as one unit; a miss rolls all of it back and raises :class:`StatementMissed`."""

    def bulk_load(self, vertices: Iterable[VertexRow], edges: Iterable[EdgeRow]) -> int:
        """Load whole elements, vertices first, and return how many; repeating it changes nothing."""

    def prepare(self) -> None:
        """Create the indexes and constraints of the schema and note its version; repeatable."""

    def ping(self) -> None:
        """Ask for next to nothing; an :class:`~graph.errors.EngineError` says why there is no answer."""

    def checkpoint(self) -> None:
        """Make the next opening fast, where that is the engine's to do."""

    def backup(self, target: Path) -> None:
        """Copy the store to ``target`` while it runs; incremental into an earlier backup of it.

        :class:`~graph.errors.InvalidInput` where the server that keeps the graph has backups of its own.
        """

    def verify(self) -> list[str]:
        """The problems found in the store's files; empty when there are none, or no files of ours."""

    def close(self) -> None:
        """Let go of the store, or of the connections."""
