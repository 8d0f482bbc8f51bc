"""Neo4j Community: its engine with the Bolt connector, opened by a launcher of ours (java/neo4j)."""

from __future__ import annotations

from pathlib import Path

import neo4j

from tests.servers.server_process import Launch, RunningServer, free_port

_OPENED_MODULES = ("java.base/java.nio", "java.base/java.io", "java.base/sun.nio.ch", "java.base/java.lang")


def start_neo4j(
    directory: Path, *, port: int | None = None, credentials: tuple[str, str] | None = None
) -> RunningServer:
    """Starts Neo4j 5.26 with its store in `directory/store`, which outlives `kill` and `stop`.

    Anyone may do anything, unless there are `credentials`: the name and password (8 characters at least) of a
    user, who then is the only one beside the `neo4j` that every server has.

    Raises ServersMissing, ServerFailed.
    """
    directory = directory.resolve()
    port = port or free_port()
    url = f"bolt://127.0.0.1:{port}"
    user, password = credentials or (None, None)
    launch = Launch(
        name="neo4j",
        url=url,
        port=port,
        directory=directory,
        main_class="Neo4jServer",
        arguments=(str(directory / "store"), str(port)),
        jvm_options=tuple(f"--add-opens={module}=ALL-UNNAMED" for module in _OPENED_MODULES),
        environment={"SERVER_USER": user, "SERVER_PASSWORD": password} if user and password else {},
        answers=lambda: _ask(url, credentials),
    )
    return RunningServer(launch, credentials=credentials)


def _ask(url: str, credentials: tuple[str, str] | None) -> None:
    with neo4j.GraphDatabase.driver(
        url, auth=credentials, connection_timeout=5, connection_acquisition_timeout=10
    ) as driver:
        driver.execute_query("RETURN 1", database_="neo4j")
