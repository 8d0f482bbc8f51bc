"""Which version of the schema a graph notes that it follows, and whether this program may open it."""

from __future__ import annotations

import shlex
from typing import Final

from graph.engines.port import Engine, VertexRow
from graph.errors import StoreNewer, StoreOlder
from graph.schema.elements import Schema

VERSION_KIND: Final = "SchemaVersion"


def version_id(schema: Schema) -> str:
    """The id of the vertex that notes the version."""
    return f"{schema.vertices[VERSION_KIND].prefix}/current"


def version_row(schema: Schema) -> VertexRow:
    """The vertex that notes the version."""
    return VertexRow(VERSION_KIND, version_id(schema), {"version": schema.version})


def check_version(url: str, schema: Schema, noted: int | None) -> None:
    """Raise unless a graph that notes ``noted`` (None: nothing) may be opened with ``schema``.

    :class:`StoreNewer` and :class:`StoreOlder` say what to do.
    """
    if noted is None or noted == schema.version:
        return
    if noted > schema.version:
        raise StoreNewer(
            f"the graph at {url} follows version {noted} of the schema, and this program knows "
            f"version {schema.version}; use a newer one"
        )
    raise StoreOlder(
        f"the graph at {url} follows version {noted} of the schema, and this program wants version "
        f"{schema.version}; bring it up to date: `perfect-order migrate --engine {shlex.quote(url)}`",
        noted=noted,
    )


def note_version(engine: Engine, schema: Schema, noted: int | None) -> None:
    """Note the version of ``schema`` in a graph that notes none; raise as :func:`check_version` does."""
    check_version(engine.url, schema, noted)
    if noted is None and VERSION_KIND in schema.vertices:
        engine.bulk_load([version_row(schema)], [])
