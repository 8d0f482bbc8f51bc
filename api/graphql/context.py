"""What resolvers work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import strawberry
from gremlin_python.process.graph_traversal import GraphTraversalSource

from api.clock import Clock
from api.commits import Commits
from api.graphql.cursors import Cursors
from api.graphql.loading import Loaders
from api.graphql.threads import Threads
from api.operations.jobs import JobRunner
from api.settings import Settings
from graph.engines.port import Engine


@dataclass(frozen=True)
class Services:
    """What all requests of a server share."""

    engine: Engine
    clock: Clock
    settings: Settings
    commits: Commits
    threads: Threads
    cursors: Cursors
    jobs: JobRunner


class Context:
    """One request, or one WebSocket connection, whose loaders then forget at once what they loaded."""

    def __init__(self, services: Services, *, lasting: bool) -> None:
        self.services = services
        self.connection_params: dict[str, Any] | None = None
        self.lasting = lasting
        self.loaders = self._new_loaders()

    @property
    def engine(self) -> Engine:
        """The graph."""
        return self.services.engine

    @property
    def g(self) -> GraphTraversalSource:
        """The source traversals are written on."""
        return self.services.engine.g

    def now(self) -> int:
        """UTC epoch ms, by the server's clock."""
        return self.services.clock.now()

    def forget(self) -> None:
        """After a write: what was loaded before it no longer counts."""
        self.loaders = self._new_loaders()

    def _new_loaders(self) -> Loaders:
        services = self.services
        return Loaders(
            services.engine,
            services.threads,
            time_limit_ms=services.settings.limits.read_ms,
            keeps=not self.lasting,
        )


Info: TypeAlias = strawberry.Info[Context, None]
