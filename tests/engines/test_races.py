"""Many writers at once, on every engine: nothing is sold twice, made twice, lost or half seen."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Direction, Merge, P, T

from graph.engines.port import EdgeRow, Engine, Statement, VertexRow
from graph.errors import Contention, StatementMissed

single = Cardinality.single
WRITERS = 8
STOCKS = [f"stock/N/{n}" for n in range(20)]

short_and_full = pytest.mark.parametrize(
    "share", [pytest.param(0.2, id="short"), pytest.param(1.0, id="full", marks=pytest.mark.soak)]
)


def take(g: GraphTraversalSource, stock_id: str, count: int) -> GraphTraversal:
    left = __.union(__.values("available"), __.constant(-count)).sum_()
    return g.V(stock_id).has("available", P.gte(count)).property(single, "available", left).id_()


def all_at_once(jobs: Sequence[Callable[[], bool]]) -> list[bool]:
    """Whether each succeeded, done by all writers together."""
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(lambda job: job(), jobs))


@short_and_full
@pytest.mark.parametrize("by_unit", [False, True], ids=["traversals", "units"])
def test_of_those_who_want_the_last_exactly_as_many_as_there_are_get_it(
    engine: Engine, share: float, by_unit: bool
) -> None:
    there, wanted = int(500 * share), int(800 * share)
    engine.bulk_load([VertexRow("Stock", "stock/N/x", {"available": there})], [])

    def one() -> bool:
        if not by_unit:
            return bool(engine.run(take(engine.g, "stock/N/x", 1)))
        try:
            engine.transact([Statement("take one", take(engine.g, "stock/N/x", 1), expect=1)])
        except StatementMissed:
            return False
        return True

    done = all_at_once([one] * wanted)
    assert sum(done) == there
    assert engine.run(engine.g.V("stock/N/x").values("available")) == [0]


@short_and_full
def test_what_many_make_at_once_is_there_once(engine: Engine, share: float) -> None:
    count = int(40 * share)
    engine.bulk_load([VertexRow("Item", "item/whole", {"name": "whole", "weight_g": 1})], [])

    def make(writer: int) -> bool:
        codes = list(range(count))
        random.Random(writer).shuffle(codes)
        for code in codes:
            vertex = {"m": {T.id: f"item/{code}", T.label: "Item"}, "c": {"name": "part", "weight_g": writer}}
            edge = {
                "m": {T.label: "PART_OF", Direction.OUT: f"item/{code}", Direction.IN: "item/whole"},
                "c": {"quantity": writer + 1},
            }
            assert engine.run(upsert(engine.g, "merge_v", vertex).count()) == [1]
            assert engine.run(upsert(engine.g, "merge_e", edge).count()) == [1]
        return True

    assert all(all_at_once([partial(make, writer) for writer in range(WRITERS)]))
    g = engine.g
    assert engine.run(g.V().has_label("Item").has("name", "part").count()) == [count]
    assert engine.run(g.E().has_label("PART_OF").count()) == [count]
    assert engine.run(g.V("item/whole").in_("PART_OF").dedup().count()) == [count]


def upsert(g: GraphTraversalSource, step: str, row: dict[str, object]) -> GraphTraversal:
    merged: GraphTraversal = getattr(g.inject([row]).unfold().as_("r"), step)(__.select("m"))
    for when in (Merge.on_create, Merge.on_match):
        merged = merged.option(when, __.select("r").select("c"))
    return merged


@short_and_full
def test_what_is_moved_is_never_seen_twice_or_not_at_all(engine: Engine, share: float) -> None:
    """The sum over all stocks never changes, in any consistent read and at the end."""
    engine.bulk_load(
        [
            VertexRow("Depot", "depot/N", {"name": "N"}),
            *(VertexRow("Stock", s, {"available": 10}) for s in STOCKS),
        ],
        [EdgeRow("HOLDS", "depot/N", s) for s in STOCKS],
    )
    dice = random.Random(7)
    pairs = [dice.sample(STOCKS, 2) for _ in range(int(400 * share))]
    transfers = [(start, end, dice.randint(1, 4)) for start, end in pairs]
    total = engine.g.V(STOCKS).values("available").sum_()
    ended, seen = threading.Event(), []

    def transfer(start: str, end: str, amount: int) -> bool:
        unit = [
            Statement("take", take(engine.g, start, amount), expect=1),
            Statement("give", take(engine.g, end, -amount), expect=1),
        ]
        try:
            engine.transact(unit)
        except (StatementMissed, Contention):
            return False
        return True

    def watch() -> None:
        while not ended.is_set():
            halves = [engine.g.V(half).values("available").sum_() for half in (STOCKS[:10], STOCKS[10:])]
            seen.append(sum(answer[0] for answer in engine.read_together(halves)))

    watcher = threading.Thread(target=watch)
    if engine.features.consistent_reads:
        watcher.start()
    try:
        done = all_at_once([partial(transfer, *t) for t in transfers])
    finally:
        ended.set()
        if watcher.ident is not None:
            watcher.join()
    assert sum(done) > len(transfers) / 2
    assert engine.run(total) == [200]
    assert engine.run(engine.g.V(STOCKS).has("available", P.lt(0)).count()) == [0]
    assert set(seen) <= {200}
    assert bool(seen) == engine.features.consistent_reads
