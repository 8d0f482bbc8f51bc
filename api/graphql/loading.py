"""Links between vertices, and the loaders that follow each of them for many vertices at once.

A loader collects the ids of all vertices of a level that ask for the same link, and follows it with
one traversal for each 1,000 of them. Where a query can be looked ahead in, whole levels are read before
anybody asks: then nothing has to be awaited vertex by vertex, which costs more than the reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar, cast

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from strawberry.dataloader import DataLoader

from api.graphql.threads import Threads
from graph.engines.cancellation import current_cancellation
from graph.engines.port import Engine
from graph.errors import QueryCancelled
from graph.traversals import browse
from graph.traversals.browse import Branch, Walk

IDS_A_TRAVERSAL: Final = 1000
LINKS_AT_ONCE: Final = 4
"""Up to so many links from one vertex are one traversal. It reads what several ways lead to several times."""

Result = TypeVar("Result")

Batch = Callable[[GraphTraversalSource, Sequence[str]], GraphTraversal]
"""For many ids, a traversal that gives ``{id, many}`` for each of them that exists."""


@dataclass(frozen=True, eq=False)
class Link:
    """A way from a vertex to others; ``order_by`` is a property of what it leads to."""

    walk: Walk
    order_by: str | None = None

    def traversal(self, g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
        """For many at once."""
        return browse.linked(g, ids, walk=self.walk, order_by=self.order_by)

    def reached(self, row: dict[str, Any]) -> str:
        """The id of what a row leads to."""
        return str(row["id"])


@dataclass(frozen=True, eq=False)
class EdgeLink:
    """A way whose last edge has properties of its own; ``backwards`` when it is followed against it."""

    walk: Walk
    backwards: bool = False

    def traversal(self, g: GraphTraversalSource, ids: Sequence[str]) -> GraphTraversal:
        """For many at once."""
        return browse.linked_by_edges(g, ids, walk=self.walk, backwards=self.backwards)

    def reached(self, row: dict[str, Any]) -> str:
        """The id of what a row leads to."""
        return str(row["node"]["id"])


Ahead: TypeAlias = "dict[Link | EdgeLink, Ahead]"
"""The links to follow from the vertices of a level, each with those to follow from where it leads."""

ReadAhead: TypeAlias = Mapping[Link | EdgeLink, Mapping[str, Sequence[dict[str, Any]]]]
"""By link and by the id of the vertex it was followed from: the rows it led to."""


@dataclass(frozen=True, slots=True)
class _Parting:
    """Vertices, and the links that are still to be followed from them."""

    ids: Sequence[str]
    ahead: Ahead


class Loaders:
    """The loaders of one request. ``keeps`` remembers what was loaded; it must not where time passes."""

    def __init__(self, engine: Engine, threads: Threads, *, time_limit_ms: int, keeps: bool) -> None:
        self._engine = engine
        self._threads = threads
        self._time_limit_ms = time_limit_ms
        self._keeps = keeps
        self._loaders: dict[Hashable, DataLoader[str, Any]] = {}
        self._ahead: dict[Link | EdgeLink, dict[str, Any]] = {}

    @property
    def ahead(self) -> ReadAhead:
        """What was read before anybody asked."""
        return self._ahead

    async def read(self, traversal: GraphTraversal) -> list[Any]:
        """The results of one traversal that only reads."""
        return await self._threads.read(lambda: self._explore(traversal))

    def _explore(self, traversal: GraphTraversal) -> list[Any]:
        return self._engine.explore(traversal, time_limit_ms=self._time_limit_ms)

    def linked(
        self, link: Link | EdgeLink, id: str, make: Callable[[list[dict[str, Any]]], Result]
    ) -> Result:
        """What ``make`` makes of the rows a link leads to from ``id``.

        It is for resolvers to return: what was not read ahead is still to be awaited, which GraphQL does.
        """
        rows = self._ahead.get(link, {}).get(id)
        return cast("Result", self._later(link, id, make)) if rows is None else make(rows)

    async def _later(
        self, link: Link | EdgeLink, id: str, make: Callable[[list[dict[str, Any]]], Result]
    ) -> Result:
        return make(await self.batched(link, link.traversal, id))

    async def read_vertex(self, id: str, ahead: Ahead) -> dict[str, Any] | None:
        """The element map of ``id``, or None; all links of ``ahead`` are followed from it."""
        at_once = self._keeps and _count(ahead) <= LINKS_AT_ONCE
        branches = _branches(ahead) if at_once else None
        if branches is None:
            rows = await self.read_from(browse.vertices(self._engine.g, [id]), ahead, at_most=1)
        else:
            trees = await self.read(browse.tree(self._engine.g, id, branches))
            rows = [self._take_in(tree, ahead) for tree in trees]
        return rows[0] if rows else None

    def _take_in(self, tree: dict[str, Any], ahead: Ahead) -> dict[str, Any]:
        """The element map at the root of a tree; what its branches reach is known from here on."""
        if not ahead:
            return tree
        vertex: dict[str, Any] = tree["vertex"]
        for branch, (link, below) in enumerate(ahead.items()):
            reached = [self._take_in(row, below) for row in tree[str(branch)]]
            self._ahead.setdefault(link, {})[vertex["id"]] = reached
        return vertex

    async def read_from(self, traversal: GraphTraversal, ahead: Ahead, *, at_most: int) -> list[Any]:
        """The element maps that a traversal gives, and ``ahead`` followed from the first ``at_most`` of them.

        Each level is one traversal for each link and 1,000 vertices. They run in one thread as far as there
        is one way to go; where the ways part, each goes on in a thread of its own.
        """
        rows, parting = await self._threads.read(lambda: self._read_on(traversal, ahead, at_most))
        await self._follow_each(parting)
        return rows

    def _read_on(self, traversal: GraphTraversal, ahead: Ahead, at_most: int) -> tuple[list[Any], _Parting]:
        rows = self._explore(traversal)
        if not self._keeps:
            return rows, _Parting([], {})
        return rows, self._follow(_Parting([row["id"] for row in rows[:at_most]], ahead))

    async def _follow_each(self, parting: _Parting) -> None:
        if parting.ids and parting.ahead:
            ways = [_Parting(parting.ids, {link: below}) for link, below in parting.ahead.items()]
            await asyncio.gather(*map(self._follow_on, ways))

    async def _follow_on(self, way: _Parting) -> None:
        await self._follow_each(await self._threads.read(lambda: self._follow(way)))

    def _follow(self, way: _Parting) -> _Parting:
        """Follow one link after another; what is left to follow begins where they part, or end."""
        cancellation = current_cancellation()
        while way.ids and len(way.ahead) == 1:
            if cancellation is not None and cancellation.cancelled:
                raise QueryCancelled("whoever asked no longer waits")
            ((link, below),) = way.ahead.items()
            known = self._known(way.ids, link)
            reached = [link.reached(row) for id in way.ids for row in known[id]] if below else []
            way = _Parting(list(dict.fromkeys(reached)), below)
        return way

    def _known(self, ids: Sequence[str], link: Link | EdgeLink) -> dict[str, Any]:
        known = self._ahead.setdefault(link, {})
        missing = [id for id in dict.fromkeys(ids) if id not in known]
        for start in range(0, len(missing), IDS_A_TRAVERSAL):
            part = missing[start : start + IDS_A_TRAVERSAL]
            rows = self._explore(link.traversal(self._engine.g, part))
            known.update(dict.fromkeys(part, ()) | {row["id"]: row["many"] for row in rows})
        return known

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


def _branches(ahead: Ahead) -> tuple[Branch, ...] | None:
    """The links as branches; None where some lead to edges."""
    branches = []
    for link, below in ahead.items():
        under = _branches(below) if isinstance(link, Link) else None
        if not isinstance(link, Link) or under is None:
            return None
        branches.append(Branch(link.walk, link.order_by, under))
    return tuple(branches)


def _count(ahead: Ahead) -> int:
    return sum(1 + _count(below) for below in ahead.values())
