"""``python -m tests.benchmarks [--quick]``: measures, and prints the tables of docs/benchmarks.md."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.benchmarks.figures import Figure, table
from tests.benchmarks.machine import machine
from tests.benchmarks.serving import page_without_graphql, served_figures
from tests.benchmarks.world import FULL, QUICK, import_world, live_through_the_day


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer orders and shorter measurements")
    size = QUICK if options.parse_args().quick else FULL
    progress = Console(stderr=True)
    began = time.perf_counter()
    described = machine()
    with tempfile.TemporaryDirectory(prefix="perfect-order-bench-") as directory:
        store = Path(directory) / "store"
        progress.print("building the world ...")
        engine, world, importing = import_world(store, size)
        progress.print("living through its first day ...")
        living = live_through_the_day(engine, world)
        by_hand, trips = page_without_graphql(engine, size)
        engine.checkpoint()
        engine.close()
        progress.print("asking the served store ...")
        serving = served_figures(store, world, by_hand, size)
    _print("Machine", [Figure(name, value) for name, value in described])
    _print(f"The graph, {size.orders:,} orders", [*importing, *living])
    _print("The service", [*trips, *serving])
    progress.print(f"measured in {time.perf_counter() - began:.0f} s")


def _print(title: str, figures: list[Figure]) -> None:
    print(table(title, figures))


if __name__ == "__main__":
    main()
