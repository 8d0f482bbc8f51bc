"""Running the migrations that a graph needs, so that it can be interrupted anywhere and run again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from gremlin_python.process.traversal import Cardinality

from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.engines.schema_version import version_id
from graph.errors import EngineError, InvalidInput, StoreOlder
from graph.migrations.migration import Migration, widened
from graph.schema.elements import Schema

Told = Callable[[str], None]
"""Hears of each step that is done."""


def migrate(url: str, schema: Schema, migrations: Sequence[Migration], *, tell: Told) -> int:
    """Bring the graph at ``url`` up to the version of ``schema``, and return the version that it had.

    After each step the graph itself notes how far it came. What was interrupted goes on with the step that
    it was at; two that run at once do the same work twice and no harm. The service refuses the graph until
    all of it is done. :class:`InvalidInput` when there is no migration from its version.
    """
    noted = _older_version(url, schema)
    if noted is None:
        return schema.version
    path = _path(noted, schema.version, migrations)
    with closing(open_engine(url, widened(schema, path, version=noted), create=False)) as engine:
        engine.prepare()
        for migration in path:
            _run(engine, version_id(schema), migration, tell)
    return noted


def _older_version(url: str, schema: Schema) -> int | None:
    """The version that the graph follows, if it is an older one."""
    try:
        open_engine(url, schema, create=False).close()
    except StoreOlder as older:
        return older.noted
    return None


def _path(noted: int, wanted: int, migrations: Sequence[Migration]) -> list[Migration]:
    by_version = {migration.from_version: migration for migration in migrations}
    missing = [version for version in range(noted, wanted) if version not in by_version]
    if missing:
        raise InvalidInput(
            "engine", f"follows version {noted} of the schema, and nothing leads on from version {missing[0]}"
        )
    return [by_version[version] for version in range(noted, wanted)]


def _run(engine: Engine, note: str, migration: Migration, tell: Told) -> None:
    version, steps_done = _noted(engine, note)
    if version > migration.from_version:
        return
    of = f"version {migration.from_version} to {migration.from_version + 1}"
    for number, step in enumerate(migration.steps, start=1):
        if number > steps_done:
            step.run(engine)
            if not _note(engine, note, migration, steps_done=number):
                return
            tell(f"{of}, step {number} of {len(migration.steps)}: {step.name}")
    _note(engine, note, migration, steps_done=0, version=migration.from_version + 1)


def _noted(engine: Engine, note: str) -> tuple[int, int]:
    found = engine.run(engine.g.V(note).element_map("version", "steps_done"))
    if not found:
        raise EngineError(f"{engine.url} no longer notes its version; somebody emptied it meanwhile")
    return found[0]["version"], found[0].get("steps_done", 0)


def _note(
    engine: Engine,
    note: str,
    migration: Migration,
    *,
    steps_done: int,
    version: int | None = None,
) -> bool:
    """Note how far it came; false when another process has finished this migration meanwhile."""
    noting = engine.g.V(note).has("version", migration.from_version)
    noting = noting.property(Cardinality.single, "steps_done", steps_done)
    if version is not None:
        noting = noting.property(Cardinality.single, "version", version)
    return bool(engine.run(noting.id_()))
