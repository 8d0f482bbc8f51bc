"""Fixtures: one of each server for the whole test run, started when a test first asks for it.

Where Java or Maven is missing such tests are skipped, which the summary shows; with CI=true they fail.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.maven import ServersMissing
from tests.servers.neo4j import start_neo4j
from tests.servers.server_process import RunningServer


@contextmanager
def servers_wanted() -> Iterator[None]:
    """Turns ServersMissing into a skip, or with CI=true a failure; for tests with their own server."""
    try:
        yield
    except ServersMissing as missing:
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(f"CI needs the servers: {missing}", pytrace=False)
        pytest.skip(f"NO SERVER: {missing}")


@pytest.fixture(scope="session")
def gremlin_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Gremlin Server for all tests together: leave its graph as empty as it was, and do not stop it."""
    with servers_wanted():
        server = start_gremlin_server(tmp_path_factory.mktemp("gremlin"))
    with server:
        yield server


@pytest.fixture(scope="session")
def janusgraph_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """JanusGraph for all tests together: leave its graph as empty as it was, and do not stop it."""
    with servers_wanted():
        server = start_janusgraph(tmp_path_factory.mktemp("janusgraph"))
    with server:
        yield server


@pytest.fixture(scope="session")
def neo4j_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """Neo4j for all tests together: leave its graph as empty as it was, and do not stop it."""
    with servers_wanted():
        server = start_neo4j(tmp_path_factory.mktemp("neo4j"))
    with server:
        yield server
