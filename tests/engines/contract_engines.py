"""The engines that the contract is held to, and how one server's graph serves many tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from graph.engines.opening import open_engine
from graph.engines.port import Engine, VertexRow
from graph.schema.elements import Schema

SERVERS: Final = {
    "gremlin-server": "gremlin_server",
    "janusgraph": "janusgraph_server",
    "neo4j": "neo4j_server",
}
"""The engines on servers, with the fixture that starts each."""

EMBEDDED: Final = ("memory", "store")
ENGINES: Final = (*EMBEDDED, *SERVERS)


class ServerGraph:
    """One server's graph, prepared for one schema, emptied after each test that had it."""

    def __init__(self, url: str, schema: Schema) -> None:
        self.url = url
        self.schema = schema
        self._sweeper = open_engine(url, schema)
        self._sweep()
        self._sweeper.prepare()

    def close(self) -> None:
        """Let go of it."""
        self._sweeper.close()

    @contextmanager
    def emptied(self) -> Iterator[Engine]:
        """An engine on it for one test, with nothing in the graph but the schema's version."""
        noted = VertexRow("SchemaVersion", "schema-version/current", {"version": self.schema.version})
        self._sweeper.bulk_load([noted], [])
        engine = open_engine(self.url, self.schema)
        try:
            yield engine
        finally:
            engine.close()
            self._sweep()

    def _sweep(self) -> None:
        self._sweeper.run(self._sweeper.g.V().drop())


def title_of(item: pytest.Item) -> tuple[str | None, frozenset[str]]:
    """The engine that a test runs on, as the table of gaps calls it, and how the table may name the test."""
    called = getattr(item, "callspec", None)
    function = item.name.partition("[")[0]
    engine = called.params.get("engine") if called is not None else None
    if called is None or not isinstance(engine, str):
        return None, frozenset({function})
    case = "-".join(part for part in called.id.split(f"{engine}-", 1) if part).removesuffix(f"-{engine}")
    names = {function} if case == engine else {function, f"{function}[{case}]"}
    return ("embedded" if engine in EMBEDDED else engine), frozenset(names)
