"""Links between vertices, and the loaders that follow each of them for many vertices at once.

A loader collects the ids of all vertices of a level that ask for the same link, and follows it with
one traversal for each 1,000 of them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from strawberry.dataloader import DataLoader

from api.graphql.threads import Threads
from graph.engines.port import Engine
from graph.traversals import browse
from graph.traversals.browse import Walk

IDS_A_TRAVERSAL: Final = 1000

Batch = Callable[[GraphTraversalSource, Sequence[str]], GraphTraversal]
"""For many ids, a traversal that gives ``{id, many}`` for each of them that exists."""


@dataclass(frozen=True)
class Link:
    """A way from a vertex to others; ``order_by`` is a property of what it leads to."""

    walk: Walk
    order_by: str | None = None

    def traversal(self, g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
        """For many at once."""
        return browse.linked(g, ids, walk=self.walk, order_by=self.order_by)


@dataclass(frozen=True)
class EdgeLink:
    """A way whose last edge has properties of its own; ``backwards`` when it is followed against it."""

    walk: Walk
    backwards: bool = False

    def traversal(self, g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
        """For many at once."""
        return browse.linked_by_edges(g, ids, walk=self.walk, backwards=self.backwards)


class Loaders:
    """The loaders of one request. ``keeps`` remembers what was loaded; it must not where time passes."""

    def __init__(self, engine: Engine, threads: Threads, *, time_limit_ms: int, keeps: bool) -> None:
        self._engine = engine
        self._threads = threads
        self._time_limit_ms = time_limit_ms
        self._keeps = keeps
        self._loaders: dict[Hashable, DataLoader[str, Any]] = {}

    async def read(self, traversal: GraphTraversal) -> list[Any]:
        """The results of one traversal that only reads."""
        return await self._threads.read(
            lambda: self._engine.explore(traversal, time_limit_ms=self._time_limit_ms)
        )

    async def linked(self, link: Link | EdgeLink, id: str) -> list[dict[str, Any]]:
        """The rows a link leads to from ``id``."""
        rows: list[dict[str, Any]] = await self.batched(link, link.traversal, id)
        return rows

    async def vertex(self, id: str) -> dict[str, Any] | None:
        """The element map of ``id``, or None."""
        loader = self._loaders.get("vertex") or self._new("vertex", self._vertices)
        row: dict[str, Any] | None = await loader.load(id)
        return row

    async def batched(self, key: Hashable, batch: Batch, id: str) -> Any:
        """What ``batch`` gives for ``id``; all that ask under the same ``key`` are asked together."""
        loader = self._loaders.get(key)
        if loader is None:

            async def load(ids: list[str]) -> list[Any]:
                rows = await self.read(batch(self._engine.g, list(dict.fromkeys(ids))))
                found = {row["id"]: row["many"] for row in rows}
                return [found.get(id, []) for id in ids]

            loader = self._new(key, load)
        return await loader.load(id)

    async def computed(self, key: Hashable, compute: Callable[[list[str]], dict[str, Any]], id: str) -> Any:
        """What ``compute``, an operation that reads, gives for ``id``; batched likewise."""
        loader = self._loaders.get(key)
        if loader is None:

            async def load(ids: list[str]) -> list[Any]:
                found = await self._threads.read(lambda: compute(list(dict.fromkeys(ids))))
                return [found.get(id) for id in ids]

            loader = self._new(key, load)
        return await loader.load(id)

    async def _vertices(self, ids: list[str]) -> list[Any]:
        rows = await self.read(browse.vertices(self._engine.g, list(dict.fromkeys(ids))))
        found = {row["id"]: row for row in rows}
        return [found.get(id) for id in ids]

    def _new(self, key: Hashable, load: Any) -> DataLoader[str, Any]:
        loader: DataLoader[str, Any] = DataLoader(load, max_batch_size=IDS_A_TRAVERSAL, cache=self._keeps)
        self._loaders[key] = loader
        return loader
