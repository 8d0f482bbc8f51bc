"""The embedded engine: durable batches, sourcing candidates, and what the compiler costs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from gremlin_python.process.traversal import Bytecode, T, TraversalStrategies
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiler
from graph.compiler.graphersal_script import template_of
from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.schema.model import SCHEMA
from tests.benchmarks.engines import asked
from tests.benchmarks.engines.world import World, order_id, sku_id
from tests.benchmarks.figures import Figure, repeated, timed

VERTICES_REACH, EDGES_REACH, LINES_REACH = 40_000, 30_000, 80_000
KNOWN_SHAPE_REACH_US = 100
BATCHES = 20


def embedded_figures(world: World, directory: Path, *, seconds: float) -> list[Figure]:
    """All of them; the store is made in ``directory``."""
    engine = open_engine(f"embedded:{directory / 'durable'}", SCHEMA)
    try:
        engine.prepare()
        engine.bulk_load(world.vertices, world.edges)
        return [*_batches(engine), _candidates(engine, world, seconds), *compiler_figures(seconds)]
    finally:
        engine.close()


def _batches(engine: Engine) -> list[Figure]:
    lines = asked.NewLines("batch")
    rows = [lines.vertices() for _ in range(BATCHES)]
    starts = [row["m"][T.id] for row in rows[0]]
    skus = [sku_id(n) for n in range(500)]
    edges = [lines.edges(starts, skus) for _ in range(BATCHES)]
    vertices_s = [_timed(engine, asked.merged_vertices(engine.g, batch)) for batch in rows]
    edges_s = [_timed(engine, asked.merged_edges(engine.g, batch)) for batch in edges]
    return [
        _rate("mergeV, durable, batches of 1,000", vertices_s, "vertices", VERTICES_REACH),
        _rate("mergeE, durable, batches of 1,000", edges_s, "edges", EDGES_REACH),
    ]


def _timed(engine: Engine, traversal: GraphTraversal) -> float:
    return timed(lambda: engine.run(traversal))


def _rate(what: str, batches_s: list[float], unit: str, reach: int) -> Figure:
    rate = asked.BATCH * len(batches_s) / sum(batches_s)
    return Figure(what, f"{rate:,.0f} {unit}/s", _reached(f"reach {reach:,}", rate >= reach))


def _candidates(engine: Engine, world: World, seconds: float) -> Figure:
    of = asked.line_ids(world.orders)
    took = repeated(lambda: engine.run(asked.sourcing_candidates(engine.g, of)), seconds=seconds)
    lines_per_s = len(of) / median(took.each_s)
    found = engine.run(asked.sourcing_candidates(engine.g, of))
    candidates = sum(len(row["candidates"]) for row in found)
    return Figure(
        "sourcing candidates, 1,000 lines a traversal",
        f"{lines_per_s:,.0f} lines/s",
        _reached(
            f"reach {LINES_REACH:,}; {candidates / len(of):.1f} candidates a line", lines_per_s >= LINES_REACH
        ),
    )


def compiler_figures(seconds: float) -> list[Figure]:
    """What it costs to compile a traversal, of a shape seen for the first time and of a known one."""
    return [
        *_compiling("a traversal of 20 steps", lambda g: asked.twenty_steps(g, [order_id(7)], 3), seconds),
        *_compiling("all that stands about orders", lambda g: asked.everything_of(g, [order_id(7)]), seconds),
    ]


def _compiling(
    what: str, write: Callable[[GraphTraversalSource], GraphTraversal], seconds: float
) -> list[Figure]:
    traversal = write(GraphTraversalSource(Graph(), TraversalStrategies()))
    steps = _steps(traversal.bytecode)
    known = Compiler(SCHEMA, "embedded", template_of)
    known_us = 1e6 * median(repeated(lambda: known.compile(traversal), seconds=seconds / 2).each_s)
    cold_us = 1e6 * median(
        repeated(
            lambda: Compiler(SCHEMA, "embedded", template_of).compile(traversal), seconds=seconds / 2
        ).each_s
    )
    return [
        Figure(
            f"compiling {what} ({steps} steps), known shape",
            f"{known_us:.0f} us",
            _reached(f"reach {KNOWN_SHAPE_REACH_US} us for 20 steps", known_us <= KNOWN_SHAPE_REACH_US)
            if steps <= 20
            else "",
        ),
        Figure(f"compiling {what} ({steps} steps), new shape", f"{cold_us:.0f} us", ""),
    ]


def _steps(bytecode: Bytecode) -> int:
    """How many steps there are in bytecode, nested ones counted."""
    steps = 0
    for instruction in bytecode.step_instructions:
        steps += 1 + sum(_steps(nested) for nested in instruction[1:] if isinstance(nested, Bytecode))
    return steps


def _reached(reach: str, reached: bool) -> str:
    return reach if reached else f"{reach}, missed"
