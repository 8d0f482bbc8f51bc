"""Apache TinkerPop's Gremlin Server on a transactional TinkerGraph: what a traversal means."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gremlin_python.driver.client import Client

from tests.servers.maven import class_path, java_program
from tests.servers.server_process import Launch, RunningServer, free_port

EVALUATION_LIMIT_MS = 120_000
_LARGEST_MESSAGE_BYTES = 64 * 1024 * 1024
# An open session keeps one of these threads; by default, one a core, two sessions would lock all others out.
_SESSIONS_AT_ONCE = 64
_STORE_PASSWORD = "loopback"
_PLUGINS = "org.apache.tinkerpop.gremlin"
_SERIALIZERS = "org.apache.tinkerpop.gremlin.util.ser"


def start_gremlin_server(
    directory: Path,
    *,
    port: int | None = None,
    credentials: tuple[str, str] | None = None,
    tls: bool = False,
    persistent: bool = False,
    evaluation_limit_ms: int = EVALUATION_LIMIT_MS,
) -> RunningServer:
    """Starts Gremlin Server 3.8 with its files in `directory`; elements take the ids that they are given.

    `credentials` are a user's name and password, asked for by SASL PLAIN. With `tls` the URL is `wss:` and
    the server shows a certificate of its own, `RunningServer.certificate`. The graph is in memory: `kill`
    loses all of it. With `persistent` a clean `stop` writes it to `directory/graph.json` and a start reads
    that; TinkerGraph has no log of its transactions, so `kill` still loses whatever came after the last
    clean stop.

    Raises ServersMissing, ServerFailed.
    """
    directory = directory.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    certificate = _make_certificate(directory) if tls else None
    properties = {
        "gremlin.graph": "org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerTransactionGraph",
        "gremlin.tinkergraph.vertexIdManager": "ANY",
        "gremlin.tinkergraph.edgeIdManager": "ANY",
    }
    if persistent:
        properties["gremlin.tinkergraph.graphLocation"] = str(directory / "graph.json")
        properties["gremlin.tinkergraph.graphFormat"] = "graphson"
    settings = server_settings(
        directory,
        port=port,
        graph_properties=properties,
        plugin=f"{_PLUGINS}.tinkergraph.jsr223.TinkerGraphGremlinPlugin",
        evaluation_limit_ms=evaluation_limit_ms,
    )
    settings["ssl"] = _tls_settings(directory) if tls else {"enabled": False}
    if credentials is not None:
        settings["authentication"] = _authentication_settings(directory, credentials)
    url = f"{'wss' if tls else 'ws'}://127.0.0.1:{port}/gremlin"
    launch = Launch(
        name="gremlin",
        url=url,
        port=port,
        directory=directory,
        main_class="org.apache.tinkerpop.gremlin.server.GremlinServer",
        arguments=(str(write_settings(directory, settings)),),
        jvm_options=LOGGING_OPTIONS,
        # TinkerTransactionGraph copies each vertex that a traversal comes to, with the set of its edges.
        heap_mb=3072,
        stop_signal=signal.SIGTERM if persistent else signal.SIGKILL,
        answers=lambda: ask(url, credentials=credentials, certificate=certificate),
    )
    return RunningServer(launch, credentials=credentials, certificate=certificate)


LOGGING_OPTIONS = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)


def server_settings(
    directory: Path,
    *,
    port: int,
    graph_properties: Mapping[str, str],
    plugin: str,
    evaluation_limit_ms: int,
) -> dict[str, Any]:
    """Gremlin Server's settings for one graph, named `graph`, with its source `g` and Groovy scripts on."""
    properties_file = directory / "graph.properties"
    properties_file.write_text("".join(f"{key}={value}\n" for key, value in graph_properties.items()))
    bindings = directory / "bindings.groovy"
    bindings.write_text("def globals = [g: traversal().withEmbedded(graph)]\nglobals\n")
    return {
        "host": "127.0.0.1",
        "port": port,
        "channelizer": "org.apache.tinkerpop.gremlin.server.channel.UnifiedChannelizer",
        "evaluationTimeout": evaluation_limit_ms,
        "gremlinPool": _SESSIONS_AT_ONCE,
        "threadPoolWorker": 2,
        "maxContentLength": _LARGEST_MESSAGE_BYTES,
        # UnifiedChannelizer never goes on with an answer that it once paused at the usual 64 kB.
        "writeBufferLowWaterMark": _LARGEST_MESSAGE_BYTES,
        "writeBufferHighWaterMark": 2 * _LARGEST_MESSAGE_BYTES,
        "graphs": {"graph": str(properties_file)},
        "scriptEngines": {
            "gremlin-groovy": {
                "plugins": {
                    f"{_PLUGINS}.server.jsr223.GremlinServerGremlinPlugin": {},
                    plugin: {},
                    f"{_PLUGINS}.jsr223.ImportGremlinPlugin": {"classImports": ["java.lang.Math"]},
                    f"{_PLUGINS}.jsr223.ScriptFileGremlinPlugin": {"files": [str(bindings)]},
                }
            }
        },
        "serializers": [
            {"className": f"{_SERIALIZERS}.GraphBinaryMessageSerializerV1"},
            {"className": f"{_SERIALIZERS}.GraphSONMessageSerializerV3"},
        ],
    }


def write_settings(directory: Path, settings: Mapping[str, Any]) -> Path:
    """JSON, which is YAML too."""
    path = directory / "server.yaml"
    path.write_text(json.dumps(settings, indent=2))
    return path


def ask(url: str, *, credentials: tuple[str, str] | None = None, certificate: Path | None = None) -> None:
    """Lets the server evaluate a script over its traversal source; raises what gremlinpython raises."""
    user, password = credentials or ("", "")
    trust = {"ssl": ssl.create_default_context(cafile=str(certificate))} if certificate else {}
    client = Client(url, "g", username=user, password=password, pool_size=1, **trust)
    try:
        client.submit("g.inject(1)").all().result(timeout=10)
    finally:
        client.close()


def _authentication_settings(directory: Path, credentials: tuple[str, str]) -> dict[str, Any]:
    users = directory / "users.json"
    users.unlink(missing_ok=True)
    user, password = credentials
    subprocess.run(
        [java_program("java"), "-cp", class_path("gremlin"), "StoreCredentials", str(users)],
        env={**os.environ, "SERVER_USER": user, "SERVER_PASSWORD": password},
        stdin=subprocess.DEVNULL,
        check=True,
    )
    users_properties = directory / "users.properties"
    users_properties.write_text(
        "gremlin.graph=org.apache.tinkerpop.gremlin.tinkergraph.structure.TinkerGraph\n"
        "gremlin.tinkergraph.graphFormat=graphson\n"
        f"gremlin.tinkergraph.graphLocation={users}\n"
    )
    return {
        "authenticator": "org.apache.tinkerpop.gremlin.server.auth.SimpleAuthenticator",
        "config": {"credentialsDb": str(users_properties)},
    }


def _tls_settings(directory: Path) -> dict[str, Any]:
    return {
        "enabled": True,
        "keyStore": str(_key_store(directory)),
        "keyStorePassword": _STORE_PASSWORD,
        "keyStoreType": "PKCS12",
    }


def _key_store(directory: Path) -> Path:
    return directory / "key-store.p12"


def _make_certificate(directory: Path) -> Path:
    """Makes a key, and a certificate signed by itself for the loopback names; the latter's PEM file."""
    store = _key_store(directory)
    store.unlink(missing_ok=True)
    certificate = directory / "certificate.pem"
    access = [
        "-keystore",
        str(store),
        "-storetype",
        "PKCS12",
        "-storepass",
        _STORE_PASSWORD,
        "-alias",
        "server",
    ]
    names = [
        "-dname",
        "CN=localhost",
        "-ext",
        "san=ip:127.0.0.1,dns:localhost",
        "-ext",
        "bc:critical=ca:true",
    ]
    keytool = java_program("keytool")
    key = ["-keyalg", "EC", "-groupname", "secp256r1", "-validity", "3650"]
    for command in (
        [keytool, "-genkeypair", *access, *key, *names],
        [keytool, "-exportcert", "-rfc", *access, "-file", str(certificate)],
    ):
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return certificate
