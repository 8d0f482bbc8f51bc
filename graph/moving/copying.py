"""From one graph straight into another."""

from __future__ import annotations

from graph.engines.port import Engine
from graph.moving.loading import Loaded, load_graph
from graph.moving.progress import Progress
from graph.moving.reading import GraphReader
from graph.schema.elements import Schema


def copy_graph(
    source: Engine,
    target: Engine,
    schema: Schema,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Copy all elements of one graph into another, as :func:`~graph.moving.loading.load_graph` does.

    Nobody should write to the source meanwhile: what changes behind the reader's back is not copied, or
    found in the end.
    """
    return load_graph(GraphReader(source, schema), target, schema, overwrite=overwrite, progress=progress)
