"""A graph goes from any engine to any other and comes back the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from gremlin_python.driver.client import Client

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import InvalidInput
from graph.moving.copying import copy_graph
from graph.moving.export_files import open_export
from graph.moving.exporting import export_graph
from graph.moving.loading import load_graph
from graph.moving.reading import GraphReader
from tests.engines.contract_engines import SERVERS
from tests.engines.small_schema import SMALL
from tests.engines.test_values import INTEGERS, REALS

# Indexed text has a limit on some engines, so the longest of the contract's texts stands where no index is.
NOTES = [
    "",
    "quo\"te and 'quote'",
    "back\\slash \\n",
    "new\nline\r\n\ttab",
    "emoji \U0001f69a, ñ, \u2028",
    "x" * 50_000,
]


def world() -> tuple[list[VertexRow], list[EdgeRow]]:
    rng = random.Random(1)
    items = [
        VertexRow(
            "Item", f"item/{n:04}", {"name": f"thing {n}", "weight_g": int(INTEGERS[n % len(INTEGERS)])}
        )
        for n in range(1200)
    ]
    for n, item in enumerate(items):
        item.properties.update({"price": REALS[n % len(REALS)]} if n % 3 else {})
        item.properties.update({"note": NOTES[n % len(NOTES)]} if n < 60 else {})
        item.properties.update({"fragile": n % 2 == 0} if n % 5 else {})
    depots = [VertexRow("Depot", f"depot/{code} 'x\", y", {"name": code}) for code in "NS"]
    stocks = [VertexRow("Stock", f"stock/{n}", {"available": n}) for n in range(300)]
    edges = [EdgeRow("STOCK_OF", s.id, rng.choice(items).id) for s in stocks]
    edges += [EdgeRow("HOLDS", depots[0].id, s.id) for s in stocks]
    edges += [EdgeRow("LEG", depots[0].id, depots[1].id, {"number": n, "cost": n / 3}) for n in range(7)]
    parts = {(min(a, b), max(a, b)) for a, b in (rng.sample(range(1200), 2) for _ in range(1500))}
    edges += [EdgeRow("PART_OF", items[a].id, items[b].id, {"quantity": a}) for a, b in sorted(parts)]
    return [*depots, *items, *stocks], edges


@pytest.fixture
def source() -> Iterator[Engine]:
    with closing(open_engine("embedded:", SMALL)) as engine:
        engine.prepare()
        engine.bulk_load(*world())
        yield engine


@contextmanager
def emptied(request: pytest.FixtureRequest, server: str) -> Iterator[Engine]:
    fixture = "small_janusgraph_server" if server == "janusgraph" else SERVERS[server]
    with closing(open_engine(request.getfixturevalue(fixture).url, SMALL)) as engine:
        engine.run(engine.g.V().drop())
        try:
            yield engine
        finally:
            engine.run(engine.g.V().drop())


@pytest.mark.parametrize("server", SERVERS)
def test_copied_to_a_server_and_back_it_is_the_same(
    request: pytest.FixtureRequest, tmp_path: Path, source: Engine, server: str
) -> None:
    held = GraphReader(source, SMALL).census()
    with emptied(request, server) as target, closing(open_engine("embedded:", SMALL)) as back:
        assert copy_graph(source, target, SMALL).census == held
        target.run(target.g.V("item/0003").drop())
        target.run(target.g.V("stock/7").out_e("STOCK_OF").drop())
        again = copy_graph(source, target, SMALL)
        lost = 2 + sum("item/0003" in (edge.from_id, edge.to_id) for edge in world()[1])
        assert (again.census, again.written) == (held, lost)
        assert copy_graph(target, back, SMALL).census == held
        exported = export_graph(target, SMALL, tmp_path / "csv", format="neptune-csv", compress=True)
        assert (exported.manifest.census, exported.changed) == (held, ())


@pytest.mark.parametrize("server", ["gremlin-server", "janusgraph"])
def test_what_is_exported_tinkerpop_reads_by_itself(
    request: pytest.FixtureRequest, tmp_path: Path, source: Engine, server: str
) -> None:
    path = export_graph(source, SMALL, tmp_path / "world.json", format="graphson").path
    with emptied(request, server) as target:
        target.prepare()
        client = Client(target.url, "g")
        try:
            read = f"g.io('{path}').with(IO.reader, IO.graphson).read().iterate(); g.tx().commit(); 1"
            client.submit(read).all().result(timeout=60)
        finally:
            client.close()
        target.prepare()  # what others have loaded is not indexed by kind yet
        assert GraphReader(target, SMALL).census() == GraphReader(source, SMALL).census()


def test_a_target_with_anything_else_is_refused_untouched(source: Engine) -> None:
    vertices, edges = world()
    strange: list[tuple[list[VertexRow], list[EdgeRow], str]] = [
        ([VertexRow("Depot", "depot/W", {"name": "W"})], [], "holds 1 vertices of Depot that .* has not"),
        (vertices, [EdgeRow("PART_OF", "item/0009", "item/0001", {"quantity": 1})], "1 edges of PART_OF"),
        ([VertexRow("Stock", "stock/1", {"available": 9})], [], "stock/1 with other properties"),
    ]
    for others, ties, said in strange:
        with closing(open_engine("embedded:", SMALL)) as target:
            target.bulk_load(others, ties)
            before = GraphReader(target, SMALL).census()
            with pytest.raises(InvalidInput, match=said):
                copy_graph(source, target, SMALL)
            assert GraphReader(target, SMALL).census() == before
    with closing(open_engine("embedded:", SMALL)) as target:
        target.bulk_load([VertexRow("Stock", "stock/1", {"available": 9})], [])
        assert copy_graph(source, target, SMALL, overwrite=True).written == len(vertices) + len(edges)


@pytest.mark.parametrize("format", ["graphson", "neptune-csv"])
@pytest.mark.parametrize("written", [0, 3, 5])
def test_an_import_that_was_killed_goes_on(tmp_path: Path, source: Engine, format: str, written: int) -> None:
    exported = export_graph(source, SMALL, tmp_path / "world", format=format)
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from graph.engines.opening import open_engine\n"
        "from graph.moving.export_files import open_export\n"
        "from graph.moving.loading import load_graph\n"
        "from tests.engines.small_schema import SMALL\n"
        "engine = open_engine(sys.argv[2], SMALL)\n"
        "load, left = engine.bulk_load, int(sys.argv[3])\n"
        "def killing(*rows):\n"
        "    global left\n"
        "    if left == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    left -= 1\n"
        "    return load(*rows)\n"
        "engine.prepare()\n"
        "engine.bulk_load = killing\n"
        "load_graph(open_export(Path(sys.argv[1]), SMALL)[0], engine, SMALL)\n"
    )
    url = f"embedded:{tmp_path / 'store'}"
    arguments = [sys.executable, "-c", program, str(exported.path), url, str(written)]
    killed = subprocess.run(arguments, env={**os.environ, "PYTHONPATH": "."}, check=False)
    assert killed.returncode == -signal.SIGKILL
    rows, manifest = open_export(exported.path, SMALL)
    assert manifest is not None
    with closing(open_engine(url, SMALL)) as engine:
        before = GraphReader(engine, SMALL).census().elements
        assert (before > 0) == (written > 0)
        loaded = load_graph(rows, engine, SMALL, expected=manifest.census)
        assert loaded.census == manifest.census
        assert loaded.written == manifest.census.elements - before
        assert load_graph(rows, engine, SMALL, expected=manifest.census).written == 0


def test_an_export_is_there_as_a_whole_or_not_at_all(tmp_path: Path, source: Engine) -> None:
    class Failing:
        left = 3

        def __getattr__(self, name: str) -> object:
            self.left -= name == "read_together"
            if not self.left:
                raise InvalidInput("engine", "went away")
            return getattr(source, name)

    target = tmp_path / "world"
    with pytest.raises(InvalidInput, match="went away"):
        export_graph(Failing(), SMALL, target, format="graphson")  # type: ignore[arg-type]
    assert not target.exists()
    export_graph(source, SMALL, target, format="graphson")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["world", "world.manifest.json"]
    with pytest.raises(InvalidInput, match="is there already"):
        export_graph(source, SMALL, target, format="graphson")
