"""`python -m tests.servers gremlin|janusgraph|neo4j|all`: real servers in the foreground, to try things."""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import click

from tests.servers.gremlin_server import start_gremlin_server
from tests.servers.janusgraph import start_janusgraph
from tests.servers.maven import SERVERS, ServersMissing, class_path
from tests.servers.neo4j import start_neo4j
from tests.servers.server_process import RunningServer, ServerFailed

_USUAL_PORTS = {"gremlin": 8182, "janusgraph": 8183, "neo4j": 7687}


@click.command()
@click.argument("name", type=click.Choice([*SERVERS, "all"]))
@click.option("--port", type=click.IntRange(1, 65_535), help="of the one server; else its usual one")
@click.option(
    "--data", type=click.Path(path_type=Path), help="directory to keep files in; else a temporary one"
)
@click.option("--fetch", is_flag=True, help="only fetch the jars and compile the launchers")
def main(name: str, port: int | None, data: Path | None, fetch: bool) -> None:
    """Start a server, print its URL, and stop it at Ctrl-C."""
    names = SERVERS if name == "all" else (name,)
    if port is not None and len(names) > 1:
        raise click.UsageError("--port is for one server; 'all' uses " + str(_USUAL_PORTS))
    try:
        if fetch:
            for each in names:
                class_path(each)
            return
        _serve(names, port=port, data=data)
    except (ServersMissing, ServerFailed) as error:
        sys.exit(str(error))


def _serve(names: tuple[str, ...], *, port: int | None, data: Path | None) -> None:
    asked_to_end = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked_to_end.set())
    with ExitStack() as running:
        directory = data or Path(running.enter_context(tempfile.TemporaryDirectory(prefix="servers-")))
        for name in names:
            began = time.monotonic()
            server = running.enter_context(_start(name, directory / name, port or _USUAL_PORTS[name]))
            took_s = time.monotonic() - began
            click.echo(f"{name}: {server.url} (up in {took_s:.1f} s, log {server.log_path})")
        click.echo("Ctrl-C ends it")
        asked_to_end.wait()


def _start(name: str, directory: Path, port: int) -> RunningServer:
    starts: dict[str, Callable[[], RunningServer]] = {
        "gremlin": lambda: start_gremlin_server(directory, port=port, persistent=True),
        "janusgraph": lambda: start_janusgraph(directory, port=port),
        "neo4j": lambda: start_neo4j(directory, port=port),
    }
    return starts[name]()


if __name__ == "__main__":
    main()
