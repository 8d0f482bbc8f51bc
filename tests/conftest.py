"""Engines for tests: in memory, with a durable store of their own, and on real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.schema.model import SCHEMA
from tests.servers.fixtures import gremlin_server as gremlin_server
from tests.servers.fixtures import janusgraph_server as janusgraph_server
from tests.servers.fixtures import neo4j_server as neo4j_server

# How long an example takes says more about the machine than about the code.
settings.register_profile("project", deadline=None)
settings.load_profile("project")


@pytest.fixture
def memory_engine() -> Iterator[Engine]:
    """An empty graph in memory, with the model's indexes."""
    engine = open_engine("embedded:", SCHEMA)
    engine.prepare()
    yield engine
    engine.close()


@pytest.fixture
def store_engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty durable store, with the model's indexes."""
    engine = open_engine(f"embedded:{tmp_path / 'store'}", SCHEMA)
    engine.prepare()
    yield engine
    engine.close()
