"""Where a demo world is built: beside the store in use, or on a server in place of the one before.

A store is swapped when the new one is whole, so nobody ever sees a half. A server has one graph; what is
being built there is marked, so that a build that was interrupted can be started again and is never taken for
a world.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gremlin_python.process.graph_traversal import __

from graph.engines.opening import open_engine, store_path
from graph.engines.port import Engine, Statement
from graph.engines.schema_version import version_id
from graph.errors import InvalidInput
from graph.moving.clearing import clear_graph
from graph.schema import ids
from graph.schema.elements import Schema
from graph.traversals.elements import Properties, add_vertices


@contextmanager
def staged_engine(url: str, schema: Schema, marked: Properties) -> Iterator[Engine]:
    """An empty engine to build a demo world in; :func:`note_whole` ends the building.

    Only a demo world is ever replaced. The store at an ``embedded:PATH`` stays as it is until the block ends
    well, and must be free; what an earlier, interrupted build left is removed. On a server the old world goes
    first, and ``marked`` is the World that says so meanwhile.
    """
    path = store_path(url)
    if path is not None:
        with _beside(path, schema) as engine:
            yield engine
        return
    with closing(open_engine(url, schema)) as engine:
        if not engine.features.exclusive:
            _make_room(engine, schema, marked)
        yield engine


def note_whole(engine: Engine, world: Properties) -> None:
    """Say that the demo world is whole, in one unit."""
    g = engine.g
    engine.transact(
        [
            *add_vertices(g, "World", {ids.demo_world(): world}),
            Statement("no longer in building", g.V(ids.world_in_building()).drop()),
        ]
    )


def _make_room(engine: Engine, schema: Schema, marked: Properties) -> None:
    kept = [ids.world_in_building(), version_id(schema)]
    g = engine.g
    others = engine.run(g.V().not_(__.has_label("SchemaVersion")).limit(1).id_())
    demo = engine.run(g.V([ids.demo_world(), ids.world_in_building()]).id_())
    if others and not demo:
        raise InvalidInput(
            "--engine",
            f"names {engine.url}, a graph that holds {others[0]} and is no demo world: it is not replaced; "
            "name an empty graph",
        )
    engine.prepare()
    engine.transact(add_vertices(g, "World", {ids.world_in_building(): marked}))
    clear_graph(engine, schema, keep=kept)


@contextmanager
def _beside(path: Path, schema: Schema) -> Iterator[Engine]:
    _demand_replaceable(path, schema)
    building = path.with_name(path.name + ".building")
    _remove_leftover(building, schema)
    engine = open_engine(f"embedded:{building}", schema)
    try:
        yield engine
        engine.checkpoint()
    except BaseException:
        engine.close()
        shutil.rmtree(building, ignore_errors=True)
        raise
    engine.close()
    _replace(path, building, schema)


def _demand_replaceable(path: Path, schema: Schema) -> None:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    with closing(open_engine(f"embedded:{path}", schema, create=False)) as engine:
        is_demo = bool(engine.run(engine.g.V(ids.demo_world()).id_()))
    if not is_demo:
        raise InvalidInput(
            "--engine", f"names {path}, a graph that is no demo world and is not replaced: name another place"
        )


def _remove_leftover(building: Path, schema: Schema) -> None:
    if building.exists():
        open_engine(f"embedded:{building}", schema).close()
        shutil.rmtree(building)


def _replace(path: Path, building: Path, schema: Schema) -> None:
    _demand_replaceable(path, schema)
    old = path.with_name(path.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    building.rename(path)
    shutil.rmtree(old, ignore_errors=True)
