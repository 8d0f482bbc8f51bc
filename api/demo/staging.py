"""Building a store beside the one in use, and putting it in its place only when it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.engines.opening import open_engine, store_path
from graph.engines.port import Engine
from graph.errors import InvalidInput
from graph.schema import ids
from graph.schema.elements import Schema


@contextmanager
def staged_engine(url: str, schema: Schema) -> Iterator[Engine]:
    """An empty engine to build a demo world in, which takes the place of ``url`` when the block ends well.

    The store at ``url`` stays as it is until then, and whatever goes wrong. It must be free, and must be
    a demo world: nothing else is ever replaced. What an earlier, interrupted build left is removed.
    """
    path = store_path(url)
    if path is None:
        engine = open_engine(url, schema)
        try:
            yield engine
        finally:
            engine.close()
        return
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
    engine = open_engine(f"embedded:{path}", schema, create=False)
    try:
        is_demo = bool(engine.run(engine.g.V(ids.demo_world()).id_()))
    finally:
        engine.close()
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
