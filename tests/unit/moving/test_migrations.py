"""A graph of an older schema becomes one of the newest, however often it is begun."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from gremlin_python.process.graph_traversal import __
from gremlin_python.process.traversal import Cardinality, T

from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import EngineError, InvalidInput, StoreOlder
from graph.migrations import MIGRATIONS
from graph.migrations.migration import (
    Gone,
    Migration,
    Step,
    add_edges,
    fill_property,
    rename_property,
    widened,
)
from graph.migrations.running import migrate
from graph.schema.elements import EdgeKind, Property, Schema, VertexKind, integer, text
from graph.schema.model import SCHEMA

VERSION = VertexKind(
    "SchemaVersion",
    "schema-version",
    "current",
    (integer("version", "version"), integer("steps_done", "steps", required=False)),
    "",
)
SHELF_OF = EdgeKind("SHELF_OF", (("Item", "Shelf"),), told_apart_by=None)


def schema(version: int, item: tuple[Property, ...], edges: tuple[EdgeKind, ...] = ()) -> Schema:
    vertices = (
        VertexKind("Item", "item", "code", item, ""),
        VertexKind("Shelf", "shelf", "code", (text("name"),), ""),
        VERSION,
    )
    return Schema(version, {k.label: k for k in vertices}, {k.label: k for k in edges})


FIRST = schema(1, (text("title"), text("shelf")))
SECOND = schema(2, (text("name"), text("shelf"), integer("weight_g", "g")))
THIRD = schema(3, (text("name"), integer("weight_g", "g")), (SHELF_OF,))


def _on_shelves(engine: Engine, ids: list[str]) -> Iterable[EdgeRow]:
    found = engine.run(engine.g.V(ids).has("shelf").project("id", "shelf").by(T.id).by("shelf"))
    return [EdgeRow("SHELF_OF", each["id"], f"shelf/{each['shelf']}") for each in found]


TO_SECOND = Migration(
    1,
    (rename_property("Item", "title", "name"), fill_property("Item", "weight_g", 100)),
    Gone(properties={"Item": (text("title"),)}),
)
TO_THIRD = Migration(
    2,
    (add_edges("items stand on shelves", "Item", _on_shelves),),
    Gone(properties={"Item": (text("shelf"),)}),
)
BOTH = (TO_SECOND, TO_THIRD)
ITEMS = 1234


def fill(engine: Engine) -> None:
    engine.prepare()
    shelves = [VertexRow("Shelf", f"shelf/{s}", {"name": s}) for s in "ab"]
    items = (
        VertexRow("Item", f"item/{n:04}", {"title": f"thing {n}", "shelf": "ab"[n % 2]}) for n in range(ITEMS)
    )
    engine.bulk_load([*shelves, *items], [])


def old_graph(path: Path) -> str:
    url = f"embedded:{path}"
    with closing(open_engine(url, FIRST)) as engine:
        fill(engine)
    return url


def demand_third(url: str) -> None:
    with closing(open_engine(url, THIRD, create=False)) as engine:
        g = engine.g
        assert engine.run(g.V().has_label("Item").has("weight_g", 100).count()) == [ITEMS]
        assert engine.run(g.V("item/0007").values("name")) == ["thing 7"]
        assert engine.run(g.V("item/0007").out("SHELF_OF").id_()) == ["shelf/b"]
        assert engine.run(g.E().has_label("SHELF_OF").count()) == [ITEMS]
        noted = engine.run(g.V("schema-version/current").element_map())[0]
        assert (noted["version"], noted["steps_done"]) == (3, 0)


def test_a_graph_two_versions_old_becomes_new(tmp_path: Path) -> None:
    url = old_graph(tmp_path / "store")
    with pytest.raises(StoreOlder, match="perfect-order migrate --engine"):
        open_engine(url, THIRD)
    told: list[str] = []
    assert migrate(url, THIRD, BOTH, tell=told.append) == 1
    assert told == [
        "version 1 to 2, step 1 of 2: Item.title is called name",
        "version 1 to 2, step 2 of 2: Item.weight_g is filled",
        "version 2 to 3, step 1 of 1: items stand on shelves",
    ]
    demand_third(url)
    assert migrate(url, THIRD, BOTH, tell=told.append) == 3
    assert len(told) == 3


def test_what_was_written_since_is_kept_by_a_step_done_again(tmp_path: Path) -> None:
    url = old_graph(tmp_path / "store")
    with closing(open_engine(url, widened(THIRD, BOTH, version=1))) as engine:
        for _ in range(2):
            for step in (*TO_SECOND.steps, *TO_THIRD.steps):
                step.run(engine)
            since = engine.g.V("item/0007").property(Cardinality.single, "name", "renamed")
            engine.run(since.property(Cardinality.single, "weight_g", 5).id_())
        assert engine.run(engine.g.V("item/0007").values("name")) == ["renamed"]
        assert engine.run(engine.g.V("item/0007").values("weight_g")) == [5]
        assert engine.run(engine.g.E().has_label("SHELF_OF").count()) == [ITEMS]


def test_a_step_may_compute_what_it_fills_in(tmp_path: Path) -> None:
    url = old_graph(tmp_path / "store")
    from_title = Migration(1, (fill_property("Item", "name", __.values("title")),), TO_SECOND.gone)
    second = schema(2, (text("name"), text("shelf")))
    migrate(url, second, [from_title], tell=lambda _: None)
    with closing(open_engine(url, second)) as engine:
        assert engine.run(engine.g.V("item/0007").values("name")) == ["thing 7"]


def test_without_a_way_nothing_is_touched(tmp_path: Path) -> None:
    url = old_graph(tmp_path / "store")
    with pytest.raises(InvalidInput, match=r"follows version 1 .* nothing leads on from version 2"):
        migrate(url, THIRD, [TO_SECOND], tell=lambda _: None)
    with closing(open_engine(url, FIRST)) as engine:
        assert engine.run(engine.g.V().has_label("Item").has("title").count()) == [ITEMS]


class _Interrupted(Exception):
    pass


@pytest.mark.parametrize("calls", [0, 1, 5, 9, 12])
def test_interrupted_between_any_two_calls_it_goes_on(tmp_path: Path, calls: int) -> None:
    """The engine stops answering after so many calls of a step."""
    url = old_graph(tmp_path / "store")

    class Failing:
        def __init__(self, engine: Engine) -> None:
            self.engine, self.left = engine, calls

        def __getattr__(self, name: str) -> Any:
            if name in ("run", "bulk_load"):
                self.left -= 1
                if self.left < 0:
                    raise _Interrupted
            return getattr(self.engine, name)

    def failing(step: Step) -> Step:
        return Step(step.name, lambda engine: step.run(Failing(engine)))

    broken = [Migration(m.from_version, tuple(map(failing, m.steps)), m.gone) for m in BOTH]
    try:
        migrate(url, THIRD, broken, tell=lambda _: None)
    except _Interrupted:
        with pytest.raises(StoreOlder):
            open_engine(url, THIRD)
    migrate(url, THIRD, BOTH, tell=lambda _: None)
    demand_third(url)


def test_killed_in_the_middle_it_goes_on(tmp_path: Path) -> None:
    url = old_graph(tmp_path / "store")
    program = (
        "import sys, time\n"
        "from gremlin_python.process.traversal import Cardinality\n"
        "from graph.migrations.migration import Migration, Step\n"
        "from graph.migrations.running import migrate\n"
        "from tests.unit.moving.test_migrations import THIRD, TO_SECOND, TO_THIRD\n"
        "def stuck(engine):\n"
        "    engine.run(engine.g.V('item/0007').property(Cardinality.single, 'weight_g', 100).id_())\n"
        "    print('here', flush=True); time.sleep(60)\n"
        "steps = (TO_SECOND.steps[0], Step('stuck', stuck), TO_SECOND.steps[1])\n"
        "migrate(sys.argv[1], THIRD, [Migration(1, steps, TO_SECOND.gone), TO_THIRD], tell=print)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline(), process.stdout.readline()]
        os.kill(process.pid, signal.SIGKILL)
    assert said == ["version 1 to 2, step 1 of 3: Item.title is called name\n", "here\n"]
    told: list[str] = []
    with closing(open_engine(url, widened(THIRD, BOTH, version=1))) as engine:
        assert engine.run(engine.g.V("schema-version/current").values("steps_done")) == [1]
        engine.run(engine.g.V("item/0007").property(Cardinality.single, "weight_g", 100).id_())
    migrate(url, THIRD, BOTH, tell=told.append)
    assert told[0] == "version 1 to 2, step 2 of 2: Item.weight_g is filled"
    demand_third(url)


@pytest.mark.parametrize("server", ["gremlin_server", "neo4j_server", "janusgraph_server"])
def test_two_at_once_do_no_harm_on_a_server(request: pytest.FixtureRequest, server: str) -> None:
    """JanusGraph lets one of two prepare its types; the other is told so, and goes on when it asks again."""
    url = request.getfixturevalue(server).url
    with closing(open_engine(url, FIRST)) as engine:
        engine.run(engine.g.V().drop())
        fill(engine)
    together, failed = Barrier(2), []

    def run() -> None:
        together.wait()
        try:
            migrate(url, THIRD, BOTH, tell=lambda _: None)
        except EngineError as error:
            failed.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        if server == "janusgraph_server":
            migrate(url, THIRD, BOTH, tell=lambda _: None)
        else:
            assert failed == []
        demand_third(url)
    finally:
        with closing(open_engine(url, widened(THIRD, BOTH, version=_version_at(url)))) as engine:
            engine.run(engine.g.V().drop())


def _version_at(url: str) -> int:
    try:
        open_engine(url, THIRD).close()
    except StoreOlder as older:
        return older.noted
    return THIRD.version


def test_every_version_of_the_model_has_its_migration() -> None:
    assert [migration.from_version for migration in MIGRATIONS] == list(range(1, SCHEMA.version))
