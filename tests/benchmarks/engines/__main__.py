"""``python -m tests.benchmarks.engines [--quick] [--only PART ...]``: each engine beside its anchor."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from rich.console import Console

from graph.engines.opening import open_engine
from graph.schema.model import SCHEMA
from tests.benchmarks.engines import gremlin
from tests.benchmarks.engines.embedded import embedded_figures
from tests.benchmarks.engines.graphql import AnchorMissing, graphql_figures
from tests.benchmarks.engines.neo4j import neo4j_figures
from tests.benchmarks.engines.world import World, build_world
from tests.benchmarks.figures import Figure, table
from tests.benchmarks.machine import machine
from tests.servers.maven import ServersMissing
from tests.servers.neo4j import start_neo4j

PARTS: Final = ("embedded", "gremlin-server", "janusgraph", "neo4j", "graphql")
SERVERS: Final = (
    ("Gremlin Server", "3.8.1"),
    ("JanusGraph", "1.1.0, in memory"),
    ("Neo4j", "5.26.0 Community"),
    ("@neo4j/graphql", "7.6.3 with graphql-yoga 5.24.1"),
)


@dataclass(frozen=True)
class Size:
    """How much is measured, and for how long."""

    orders: int
    gremlin_orders: int
    """Fewer: edges are loaded at about a thousand a second there."""
    seconds: float
    """For each pair, or for each service and number of clients."""


FULL: Final = Size(orders=5_000, gremlin_orders=400, seconds=5.0)
QUICK: Final = Size(orders=1_000, gremlin_orders=350, seconds=1.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.engines", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer orders and shorter measurements")
    parser.add_argument("--only", action="append", choices=PARTS, help="one part; may be given again")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    wanted = options.only or PARTS
    progress = Console(stderr=True)
    described = [*machine(), *((name, version(name)) for name in ("neo4j",)), *SERVERS]
    _print("Machine", [Figure(name, value) for name, value in described])
    began = time.perf_counter()
    missing = []
    with tempfile.TemporaryDirectory(prefix="perfect-order-bench-") as directory:
        for title, part in _parts(wanted, size, Path(directory)):
            progress.print(f"measuring {title} ...")
            try:
                _print(title, part())
            except (ServersMissing, AnchorMissing) as why:
                missing.append(f"{title}: {why}")
    progress.print(f"measured in {time.perf_counter() - began:.0f} s")
    if missing:
        sys.exit("\n".join(["not measured:", *missing]))


def _parts(
    wanted: Sequence[str], size: Size, directory: Path
) -> list[tuple[str, Callable[[], list[Figure]]]]:
    parts: list[tuple[str, Callable[[], list[Figure]]]] = []
    if "embedded" in wanted:
        parts.append(("Embedded", lambda: _embedded(size, directory)))
    for name, product in (("gremlin-server", "Gremlin Server"), ("janusgraph", "JanusGraph")):
        if name in wanted:
            parts.append((product, lambda product=product: _gremlin(product, size, directory)))  # type: ignore[misc]
    if "neo4j" in wanted or "graphql" in wanted:
        parts.append(("Neo4j and GraphQL", lambda: _neo4j(wanted, size, directory)))
    return parts


def _embedded(size: Size, directory: Path) -> list[Figure]:
    return embedded_figures(build_world(size.orders), directory, seconds=size.seconds)


def _gremlin(product: str, size: Size, directory: Path) -> list[Figure]:
    world = build_world(size.gremlin_orders)
    outcomes = gremlin.gremlin_outcomes(product, world, directory / product, seconds=size.seconds)
    return [outcome.figure(anchor="gremlinpython", reach=gremlin.REACH) for outcome in outcomes]


def _neo4j(wanted: Sequence[str], size: Size, directory: Path) -> list[Figure]:
    """Both on one server with one load of the world."""
    world = build_world(size.orders)
    figures: list[Figure] = []
    with start_neo4j(directory / "neo4j") as server:
        _load(server.url, world)
        if "graphql" in wanted:
            _load(f"embedded:{directory / 'served'}", world)
            figures += graphql_figures(directory / "served", server.url, size.orders, seconds=size.seconds)
            shutil.rmtree(directory / "served")
        if "neo4j" in wanted:
            engine = open_engine(server.url, SCHEMA)
            try:
                figures += neo4j_figures(engine, seconds=size.seconds)
            finally:
                engine.close()
    return figures


def _load(url: str, world: World) -> None:
    engine = open_engine(url, SCHEMA)
    try:
        engine.prepare()
        engine.bulk_load(world.vertices, world.edges)
        engine.checkpoint()
    finally:
        engine.close()


def _print(title: str, figures: list[Figure]) -> None:
    print(table(title, figures), flush=True)


if __name__ == "__main__":
    main()
