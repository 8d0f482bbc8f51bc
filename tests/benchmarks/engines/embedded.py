"""The embedded engine: durable batches, sourcing candidates, and what the compiler costs."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import graphersal
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource
from gremlin_python.process.traversal import Bytecode, Direction, T, TraversalStrategies
from gremlin_python.structure.graph import Graph

from graph.compiler.compiler import Compiler
from graph.compiler.graphersal_script import template_of
from graph.engines.opening import open_engine
from graph.engines.port import Engine
from graph.schema.model import SCHEMA
from tests.benchmarks.engines import asked
from tests.benchmarks.engines.side_by_side import Outcome, Pair, in_any_order, measured
from tests.benchmarks.engines.world import World, order_id, sku_id
from tests.benchmarks.figures import Figure, repeated

VERTICES_REACH, EDGES_REACH, LINES_REACH = 40_000, 30_000, 80_000
KNOWN_SHAPE_REACH_US = 100


def embedded_figures(world: World, directory: Path, *, seconds: float) -> list[Figure]:
    """All of them; two stores of the same world are made in ``directory``."""
    ours, bare = directory / "ours", directory / "bare"
    engine = open_engine(f"embedded:{ours}", SCHEMA)
    engine.prepare()
    engine.bulk_load(world.vertices, world.edges)
    engine.checkpoint()
    engine.close()
    shutil.copytree(ours, bare)
    store = graphersal.Store.open(str(bare))
    graph = store.graph
    graph.set_limits(unlimited=True)
    engine = open_engine(f"embedded:{ours}", SCHEMA)
    try:
        outcomes = measured(_pairs(engine, graph, world), seconds=seconds)
    finally:
        engine.close()
        store.close()
    reaches = (VERTICES_REACH, EDGES_REACH, LINES_REACH)
    return [
        *(_against(outcome, reach) for outcome, reach in zip(outcomes, reaches, strict=True)),
        *compiler_figures(seconds),
    ]


def _pairs(engine: Engine, bare: graphersal.Graph, world: World) -> list[Pair]:
    """Ours through the compiler, beside scripts written by hand."""
    ours, theirs = asked.NewLines("batch"), asked.NewLines("batch")
    of, skus = asked.line_ids(world.orders), [sku_id(n) for n in range(500)]

    starts = engine.run(asked.merged_vertices(engine.g, ours.vertices()))
    bare_starts = bare.execute(MERGE_VERTICES, {"rows": json.dumps(_flat(theirs.vertices()))})

    def vertices_by_hand() -> Any:
        return bare.execute(MERGE_VERTICES, {"rows": json.dumps(_flat(theirs.vertices()))})

    def edges_by_hand() -> Any:
        rows = [{_NAMES[key]: value for key, value in row.items()} for row in theirs.edges(bare_starts, skus)]
        return bare.execute(MERGE_EDGES, {"rows": json.dumps(rows)})

    return [
        Pair(
            "mergeV, durable, batches of 1,000",
            lambda: engine.run(asked.merged_vertices(engine.g, ours.vertices())),
            vertices_by_hand,
            "vertices",
            asked.BATCH,
        ),
        Pair(
            "mergeE, durable, batches of 1,000",
            lambda: engine.run(asked.merged_edges(engine.g, ours.edges(starts, skus))),
            edges_by_hand,
            "edges",
            asked.BATCH,
        ),
        Pair(
            f"sourcing candidates of {len(of):,} order lines",
            lambda: engine.run(asked.sourcing_candidates(engine.g, of)),
            lambda: bare.execute(CANDIDATES, {"ids": json.dumps(of)}),
            "candidate lines",
            sum(len(row["candidates"]) for row in engine.run(asked.sourcing_candidates(engine.g, of))),
            same=in_any_order,
        ),
    ]


def _flat(rows: list[asked.Row]) -> list[dict[str, Any]]:
    return [{"T.id": row["m"][T.id], "T.label": "OrderLine", **row["c"]} for row in rows]


MERGE_VERTICES: Final = "g.inject(parse_json(rows)).unfold().mergeV().id().toList()"
MERGE_EDGES: Final = "g.inject(parse_json(rows)).unfold().mergeE().label().toList()"
CANDIDATES: Final = """
g.V(parse_json(ids)).project("line","sku","candidates").by(T.id).by(__.out("ORDERS").id())
 .by(__.out("ORDERS").in("STOCK_OF").has("available",P.gt(0))
  .project("id","available").by(T.id).by("available").fold()).toList()
"""
_NAMES: Final = {T.label: "T.label", Direction.OUT: "Direction.OUT", Direction.IN: "Direction.IN"}


def _against(outcome: Outcome, reach: int) -> Figure:
    line = outcome.figure(anchor="a script by hand", reach=math.inf)
    rate = outcome.pair.units / outcome.ours_s
    return Figure(line.what, line.figure, f"{line.beside}; {_reached(f'reach {reach:,}/s', rate >= reach)}")


def compiler_figures(seconds: float) -> list[Figure]:
    """What it costs to compile a traversal, of a shape seen for the first time and of a known one."""
    return [
        *_compiling("a traversal of 20 steps", lambda g: asked.twenty_steps(g, [order_id(7)], 3), seconds),
        *_compiling(
            "all that stands about orders (140 steps)",
            lambda g: asked.everything_of(g, [order_id(7)]),
            seconds,
        ),
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
            f"compiling {what}, known shape",
            f"{known_us:.0f} us",
            _reached(f"reach {KNOWN_SHAPE_REACH_US} us for 20 steps", known_us <= KNOWN_SHAPE_REACH_US)
            if steps <= 20
            else "",
        ),
        Figure(f"compiling {what}, new shape", f"{cold_us:.0f} us", ""),
    ]


def _steps(bytecode: Bytecode) -> int:
    """How many steps there are in bytecode, nested ones counted."""
    steps = 0
    for instruction in bytecode.step_instructions:
        steps += 1 + sum(_steps(nested) for nested in instruction[1:] if isinstance(nested, Bytecode))
    return steps


def _reached(reach: str, reached: bool) -> str:
    return f"{reach}: met" if reached else f"{reach}: missed"
