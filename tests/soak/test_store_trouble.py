"""Stores that are damaged, newer, held by another, or on a full disk: what is said, and what is left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from graph.engines.opening import open_engine
from graph.engines.port import VertexRow
from graph.schema.model import SCHEMA
from tests.soak.processes import python_module, run_command, watched
from tests.soak.served import PLACE, ask, order_input, served, small_store
from tests.soak.small_demo import beside, demo_command, findings_in, fingerprint, orders_in
from tests.worlds import BOLT, small_engine

ROOM_LEFT = 60_000
"""Bytes a full disk still takes: enough for some orders."""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The small world."""
    return small_store(tmp_path / "store")


def largest_file(store: Path) -> Path:
    return max((path for path in store.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def says_4(*arguments: str) -> str:
    """Run a command that cannot be served; returns what it said."""
    done = run_command(*arguments)
    assert done.returncode == 4, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_damaged_store_says_so_and_what_to_do(store: Path) -> None:
    damaged = largest_file(store)
    content = bytearray(damaged.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    damaged.write_bytes(content)
    said = says_4("check", "--engine", f"embedded:{store}")
    assert f"{store} is damaged" in said
    assert "restore a backup" in said
    assert says_4("serve", "--port", "0", "--engine", f"embedded:{store}") == said
    assert "repair" not in said
    assert damaged.read_bytes() == content


def test_a_store_of_a_newer_schema_says_so(store: Path) -> None:
    engine = open_engine(f"embedded:{store}", SCHEMA)
    engine.bulk_load(
        [VertexRow("SchemaVersion", "schema-version/current", {"version": SCHEMA.version + 1})], []
    )
    engine.close()
    said = says_4("check", "--engine", f"embedded:{store}")
    assert f"follows version {SCHEMA.version + 1} of the schema" in said
    assert "use a newer one" in said


def test_a_store_somebody_holds_names_who(tmp_path: Path) -> None:
    store = tmp_path / "held"
    engine = small_engine(f"embedded:{store}")
    try:
        said = says_4("check", "--engine", f"embedded:{store}")
        assert f"process {os.getpid()} " in said
        assert "holds the store" in said
        assert "stop it, or use another store" in said
        says_4("demo", "--orders", "20", "--plan-iterations", "1", "--engine", f"embedded:{store}")
    finally:
        engine.close()
    assert findings_in(store) == ()


def sizes(store: Path) -> Iterator[int]:
    return (path.stat().st_size for path in store.rglob("*") if path.is_file())


def test_writes_on_a_full_disk_are_refused_and_all_before_them_is_kept(store: Path) -> None:
    limit = max(sizes(store)) + ROOM_LEFT
    with watched(python_module("tests.soak.writing_process", str(store)), file_size_limit=limit) as process:
        assert process.wait() == 0, process.errors
    placed = {line.split()[1] for line in process.lines if line.startswith("placed ")}
    assert placed
    assert process.lines[-2].startswith("refused STORE_FULL the disk is full")
    assert "free some room" in process.lines[-2]
    assert process.lines[-1] == f"holds {len(placed)}", "a write that was refused is not in memory either"
    assert orders_in(store) == placed
    assert findings_in(store) == ()


def test_a_server_on_a_full_disk_refuses_writes_and_goes_on_reading(store: Path) -> None:
    limit = max(sizes(store)) + ROOM_LEFT
    placed: set[str] = set()
    with served(store, file_size_limit=limit) as service, service.client() as client:
        refused = None
        for number in range(2000):
            variables = {"input": order_input(f"F-{number}", BOLT, 1)}
            answer = client.post("/graphql", json={"query": PLACE, "variables": variables})
            payload = (answer.json().get("data") or {}).get("placeOrder")
            if payload is None or payload["userErrors"]:
                refused = answer
                break
            placed.add(payload["order"]["id"])
        assert refused is not None
        assert "disk is full" in refused.text
        assert "Traceback" not in refused.text
        found = ask(client, "{ orders(first: 100) { edges { node { id } } } }")["orders"]["edges"]
        assert {edge["node"]["id"] for edge in found} <= placed
        assert client.get("/healthz").status_code == httpx.codes.OK
    assert orders_in(store) == placed
    assert findings_in(store) == ()


def test_a_demo_on_a_full_disk_leaves_the_store_as_it_was(demo_store: Path, tmp_path: Path) -> None:
    store = tmp_path / "demo" / "store"
    shutil.copytree(demo_store, store)
    before = fingerprint(store)
    limit = max(sizes(store)) // 2
    with watched(demo_command(store, seed=2), file_size_limit=limit) as process:
        assert process.wait() == 4, process.errors
    assert "full" in process.errors
    assert "Traceback" not in process.errors
    assert beside(store) == []
    assert fingerprint(store) == before
