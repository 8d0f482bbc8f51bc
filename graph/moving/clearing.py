"""Emptying a graph, a batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from graph.engines.port import Engine
from graph.schema.elements import Schema

_VERTICES_A_UNIT: Final = 500


def clear_graph(
    engine: Engine,
    schema: Schema,
    *,
    keep: Collection[str] = (),
    on_progress: Callable[[int], None] | None = None,
) -> int:
    """Drop every vertex of the schema, with its edges, but those with the ids ``keep``; how many there were.

    Not one unit: when it is interrupted, what it had come to is gone and the rest is there.
    """
    dropped = 0
    for label in schema.vertices:
        ids = [id for id in engine.run(engine.g.V().has_label(label).id_()) if id not in keep]
        for start in range(0, len(ids), _VERTICES_A_UNIT):
            batch = ids[start : start + _VERTICES_A_UNIT]
            engine.run(engine.g.V(batch).drop())
            dropped += len(batch)
            if on_progress is not None:
                on_progress(dropped)
    return dropped
