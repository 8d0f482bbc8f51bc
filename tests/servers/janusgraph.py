"""JanusGraph with its storage in memory, behind the Gremlin Server that it brings."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.servers.gremlin_server import (
    EVALUATION_LIMIT_MS,
    LOGGING_OPTIONS,
    ask,
    server_settings,
    write_settings,
)
from tests.servers.server_process import Launch, RunningServer, free_port

_PROPERTIES = {
    "gremlin.graph": "org.janusgraph.core.JanusGraphFactory",
    "storage.backend": "inmemory",
    # Vertices take the strings that they are given as ids.
    "graph.set-vertex-id": "true",
    "graph.allow-custom-vid-types": "true",
    "schema.default": "default",
    # How long a lock or a block of ids must stand before it counts: replicas need that, one process does not.
    "storage.lock.wait-time": "1",
    "ids.authority.wait-time": "1",
    # Ids of edges and properties are fetched in blocks, of one partition since there is one process.
    "ids.block-size": "1000000",
    "ids.num-partitions": "1",
}
# An edge's id is its ends' ids with this between them; the default, "-", could then not be part of an id.
_ID_DELIMITER = "-DJANUSGRAPH_RELATION_DELIMITER=^"


def start_janusgraph(
    directory: Path, *, port: int | None = None, evaluation_limit_ms: int = EVALUATION_LIMIT_MS
) -> RunningServer:
    """Starts JanusGraph 1.1 with its files in `directory`; it needs every vertex to get an id, a string.

    The graph is in memory: `kill` and `stop` lose all of it.

    Raises ServersMissing, ServerFailed.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    settings = server_settings(
        directory,
        port=port,
        graph_properties=_PROPERTIES,
        plugin="org.janusgraph.graphdb.tinkerpop.plugin.JanusGraphGremlinPlugin",
        evaluation_limit_ms=evaluation_limit_ms,
    )
    settings["graphManager"] = "org.janusgraph.graphdb.management.JanusGraphManager"
    for serializer in settings["serializers"]:
        serializer["config"] = {"ioRegistries": ["org.janusgraph.graphdb.tinkerpop.JanusGraphIoRegistry"]}
    url = f"ws://127.0.0.1:{port}/gremlin"
    launch = Launch(
        name="janusgraph",
        url=url,
        port=port,
        directory=directory,
        main_class="org.janusgraph.graphdb.server.JanusGraphServer",
        arguments=(str(write_settings(directory, settings)),),
        jvm_options=(_ID_DELIMITER, *LOGGING_OPTIONS),
        stop_signal=signal.SIGKILL,
        answers=lambda: ask(url),
    )
    return RunningServer(launch)
