"""Demos in processes of their own, and what is left of them."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

from api.check.findings import Finding
from api.check.run import check_graph
from graph.engines.opening import open_engine
from graph.schema.model import SCHEMA
from graph.traversals import audit
from tests.soak.processes import Watched, python_module

PHASES = ("world", "promise", "source", "day", "ready", "route", "late")


def demo_command(
    store: Path, *, seed: int, orders: int = 30, iterations: int = 20, size: str = "tiny"
) -> list[str]:
    """The command of a demo that says on stdout what it is at."""
    return python_module(
        "tests.soak.demo_process",
        size,
        *("--orders", str(orders), "--seed", str(seed), "--plan-iterations", str(iterations)),
        *("--engine", f"embedded:{store}"),
    )


def building(store: Path) -> Path:
    """Where the demo builds before it puts the new store in its place."""
    return store.with_name(f"{store.name}.building")


def beside(store: Path) -> list[str]:
    """What lies beside the store."""
    return sorted(path.name for path in store.parent.iterdir() if path != store)


def placed(process: Watched) -> set[str]:
    """The orders that a demo said were placed."""
    return {id for line in process.lines if line.startswith("placed ") for id in line.split()[1:]}


def begun(process: Watched) -> list[str]:
    """The phases that a demo said it began."""
    return [match[1] for line in process.lines if (match := re.fullmatch(r"phase (\w+)", line))]


def findings_in(store: Path) -> tuple[Finding, ...]:
    """What the checker finds in a store."""
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    try:
        return check_graph(engine).findings
    finally:
        engine.close()


def orders_in(store: Path) -> set[str]:
    """The orders in a store."""
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    try:
        return {row["id"] for row in engine.run(audit.orders(engine.g))}
    finally:
        engine.close()


def seed_of(store: Path) -> int:
    """The seed of the demo world in a store."""
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    try:
        return int(engine.run(engine.g.V("world/demo").values("seed"))[0])
    finally:
        engine.close()


def fingerprint(store: Path) -> str:
    """A digest of a store's elements: the ids of all vertices, and all orders, events and supply."""
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    try:
        g = engine.g
        whole = [
            sorted(map(str, engine.run(g.V().id_()))),
            engine.run(g.E().count()),
            *(
                sorted(engine.run(rows), key=lambda row: str(row["id"]))
                for rows in (
                    audit.orders(g),
                    audit.order_events(g),
                    audit.stocks(g),
                    audit.purchase_order_lines(g),
                )
            ),
        ]
    finally:
        engine.close()
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()
