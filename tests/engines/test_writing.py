"""Writes: upserts, conditions, units that hold together, loads that can be repeated."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, Direction, Merge, P, T

from graph.engines.port import EdgeRow, Engine, Statement, VertexRow
from graph.engines.round_trips import count_round_trips
from graph.errors import Conflict, EngineError, InvalidInput, SchemaViolation, StatementMissed, UnknownId

single = Cardinality.single


def take(g: GraphTraversalSource, stock_id: str, count: int) -> GraphTraversal:
    """Take ``count`` if they are there: the one way to write under contention."""
    left = __.union(__.values("available"), __.constant(-count)).sum_()
    return g.V(stock_id).has("available", P.gte(count)).property(single, "available", left).id_()


def upsert(g: GraphTraversalSource, rows: list[tuple[str, str, int]]) -> GraphTraversal:
    maps = [{"m": {T.id: i, T.label: "Item"}, "c": {"name": n, "weight_g": w}} for i, n, w in rows]
    merged = g.inject(maps).unfold().as_("r").merge_v(__.select("m"))
    for when in (Merge.on_create, Merge.on_match):
        merged = merged.option(when, __.select("r").select("c"))
    return merged.id_()


def test_an_upsert_creates_or_changes(filled: Engine) -> None:
    g = filled.g
    assert filled.run(upsert(g, [("item/nut", "Nut M8", 7), ("item/new", "New", 1)])) == [
        "item/nut",
        "item/new",
    ]
    names = g.V(["item/nut", "item/new"]).order().by(T.id).project("n", "w").by("name").by("weight_g")
    assert filled.run(names) == [{"n": "New", "w": 1}, {"n": "Nut M8", "w": 7}]


def test_an_edge_is_merged_once(filled: Engine) -> None:
    g = filled.g
    ends = {T.label: "PART_OF", Direction.OUT: "item/nut", Direction.IN: "item/door"}
    for quantity in (16, 18):
        merge = (
            g.merge_e(ends)
            .option(Merge.on_create, {"quantity": 16})
            .option(Merge.on_match, {"quantity": quantity})
        )
        filled.run(merge.count())
    assert filled.run(g.V("item/nut").out_e("PART_OF").values("quantity")) == [18]
    rows = [{T.label: "HOLDS", Direction.OUT: "depot/S", Direction.IN: "stock/N/nut"}]
    for _ in range(2):
        assert filled.run(g.inject(rows).unfold().merge_e().count()) == [1]
    assert filled.run(g.V("depot/S").out("HOLDS").count()) == [3]


def test_edges_are_added_between_ids_and_names(filled: Engine) -> None:
    g = filled.g
    added = g.V("item/nut").add_e("PART_OF").to(__.V("item/hinge")).property("quantity", 4).in_v().id_()
    assert filled.run(added) == ["item/hinge"]
    named = (
        g.V("item/nut").as_("a").V("item/door").as_("b").add_e("PART_OF").from_("a").to("b")
        .property("quantity", 1).count()
    )  # fmt: skip
    assert filled.run(named) == [1]
    assert filled.run(g.V("item/nut").out_e("PART_OF").values("quantity").sum_()) == [5]


def test_an_edge_needs_both_its_ends(filled: Engine) -> None:
    g = filled.g
    rows = [{T.label: "HOLDS", Direction.OUT: "depot/S", Direction.IN: "stock/none"}]
    with pytest.raises(UnknownId, match="stock/none"):
        filled.run(g.inject(rows).unfold().merge_e().count())
    with pytest.raises(UnknownId):
        filled.run(g.V("depot/S").add_e("HOLDS").to(__.V("stock/none")).count())
    with pytest.raises(UnknownId, match="item/none"):
        filled.bulk_load([], [EdgeRow("PART_OF", "item/nut", "item/none", {"quantity": 1})])


def test_a_second_vertex_of_an_id_is_a_conflict(filled: Engine) -> None:
    again = filled.g.add_v("Depot").property(T.id, "depot/N").property(single, "name", "again").id_()
    with pytest.raises(Conflict, match="depot/N exists already"):
        filled.run(again)


def test_dropped_vertices_take_their_edges_along(filled: Engine) -> None:
    g = filled.g
    assert filled.run(g.V("stock/N/bolt").drop()) == []
    assert filled.run(g.V("item/bolt").in_("STOCK_OF").id_()) == ["stock/S/bolt"]
    filled.run(g.V("item/bolt").out_e("PART_OF").where(__.in_v().has_id("item/door")).drop())
    assert filled.run(g.V("item/bolt").out("PART_OF").id_()) == ["item/hinge"]


def test_a_conditional_write_tells_by_its_results_whether_it_was_done(filled: Engine) -> None:
    g = filled.g
    assert filled.run(take(g, "stock/S/bolt", 20)) == ["stock/S/bolt"]
    assert filled.run(take(g, "stock/S/bolt", 20)) == []
    assert filled.run(g.V("stock/S/bolt").values("available")) == [10]


@pytest.mark.parametrize("missing", range(3))
def test_a_unit_that_misses_leaves_nothing_behind(filled: Engine, missing: int) -> None:
    g = filled.g
    counts = [5, 5, 5]
    counts[missing] = 1_000
    stocks = ["stock/N/bolt", "stock/N/nut", "stock/S/bolt"]
    unit = [Statement(f"take from {s}", take(g, s, n), expect=1) for s, n in zip(stocks, counts, strict=True)]
    unit.insert(0, Statement("new item", upsert(g, [("item/new", "New", 1)]), expect=1))
    before = filled.run(g.V(stocks).order().by(T.id).values("available"))
    with pytest.raises(StatementMissed, match=f"take from {stocks[missing]}: matched 0 where 1") as missed:
        filled.transact(unit)
    assert (missed.value.wanted, missed.value.got) == (1, 0)
    assert filled.run(g.V(stocks).order().by(T.id).values("available")) == before
    assert filled.run(g.V("item/new").count()) == [0]


def test_a_unit_answers_each_statement_and_sees_its_own_writes(filled: Engine) -> None:
    g = filled.g
    answers = filled.transact(
        [
            Statement("nothing there", g.V("item/none").id_(), expect=0),
            Statement("take", take(g, "stock/S/bolt", 10), expect=1),
            Statement("look", g.V("stock/S/bolt").values("available")),
            Statement("count", g.V().has_label("Stock").group_count().by("available")),
        ]
    )
    assert answers == [[], ["stock/S/bolt"], [20], [{500: 1, 20: 2, 0: 1}]]


def test_a_unit_finds_what_it_wrote_by_indexed_values_too(filled: Engine) -> None:
    g = filled.g
    answers = filled.transact(
        [
            Statement("heavier", g.V("item/nut").property(single, "weight_g", 6).id_(), expect=1),
            Statement("called", g.V("item/bolt").property(single, "name", "Screw").id_(), expect=1),
            Statement("by name", g.V().has("Item", "name", "Nut").values("weight_g")),
            Statement("by new name", g.V().has("name", "Screw").id_()),
            Statement("by old name", g.V().has_label("Item").has("name", P.eq("Bolt")).id_()),
            Statement("new", upsert(g, [("item/new", "Nut", 1)]), expect=1),
            Statement("of a name", g.V().has("Item", "name", "Nut").order().by(T.id).id_()),
        ]
    )
    assert answers[2:5] == [[6], ["item/bolt"], []]
    assert answers[6] == ["item/new", "item/nut"]
    assert filled.run(g.V().has("Item", "name", "Nut").order().by(T.id)) == ["item/new", "item/nut"]


def test_a_unit_that_fails_in_the_engine_leaves_nothing_behind(filled: Engine) -> None:
    g = filled.g
    again = g.add_v("Depot").property(T.id, "depot/N").property(single, "name", "again").id_()
    with pytest.raises(Conflict):
        filled.transact([Statement("take", take(g, "stock/S/bolt", 10)), Statement("again", again)])
    assert filled.run(g.V("stock/S/bolt").values("available")) == [30]


@pytest.mark.parametrize("price", [0.5, 1 / 3], ids=["short", "of many digits"])
def test_a_long_unit_of_one_kind_names_the_one_that_missed(filled: Engine, price: float) -> None:
    g = filled.g
    items = [VertexRow("Item", f"item/{n}", {"name": str(n), "weight_g": n}) for n in range(50)]
    filled.bulk_load(items, [])

    def reprice(weights: list[int]) -> list[Statement]:
        return [
            Statement(
                f"price of {n}",
                g.V(f"item/{n}").has("weight_g", w).property(single, "price", price * n).id_(),
                1,
            )
            for n, w in zip(range(50), weights, strict=True)
        ]

    weights = list(range(50))
    assert filled.transact(reprice(weights)) == [[f"item/{n}"] for n in range(50)]
    assert filled.run(g.V("item/37").values("price")) == [price * 37]
    weights[37] = -1
    with pytest.raises(StatementMissed, match=r"^price of 37: matched 0"):
        filled.transact(reprice(weights))


def test_an_empty_unit_is_no_trouble(engine: Engine) -> None:
    assert engine.transact([]) == []


def test_of_800_who_want_one_of_500_exactly_500_get_it(filled: Engine) -> None:
    def one(_: int) -> bool:
        return bool(filled.run(take(filled.g, "stock/N/bolt", 1)))

    with ThreadPoolExecutor(8) as pool:
        got = sum(pool.map(one, range(800)))
    assert got == 500
    assert filled.run(filled.g.V("stock/N/bolt").values("available")) == [0]


def test_units_of_several_writers_never_mix(filled: Engine) -> None:
    g = filled.g

    def swap(n: int) -> bool:
        taken, given = ("stock/N/bolt", "stock/S/bolt") if n % 2 else ("stock/S/bolt", "stock/N/bolt")
        unit = [
            Statement("take", take(g, taken, 7), expect=1),
            Statement("give", take(g, given, -7), expect=1),
        ]
        try:
            filled.transact(unit)
        except StatementMissed:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert any(pool.map(swap, range(200)))
    assert filled.run(g.V(["stock/N/bolt", "stock/S/bolt"]).values("available").sum_()) == [530]


def test_a_load_can_be_repeated(engine: Engine) -> None:
    g = engine.g
    vertices = [VertexRow("Depot", f"depot/{n}", {"name": str(n)}) for n in range(2_500)]
    legs = [
        EdgeRow("LEG", f"depot/{n}", f"depot/{n + 1}", {"number": k, "cost": n / 3})
        for n in range(600)
        for k in (1, 2)
    ]
    for _ in range(2):
        with count_round_trips() as trips:
            assert engine.bulk_load(vertices, legs) == 3_700
        assert trips.count == 3 + 2
        assert engine.run(g.V().has_label("Depot").count()) == [2_500]
        assert engine.run(g.E().has_label("LEG").count()) == [1_200]
    changed = [VertexRow("Depot", f"depot/{n}", {"name": f"new {n}"}) for n in (7, 9_999)]
    assert engine.bulk_load(changed, [EdgeRow("LEG", "depot/5", "depot/6", {"number": 2, "cost": 0.5})]) == 3
    assert engine.run(g.V(["depot/7", "depot/9999"]).values("name")) == ["new 7", "new 9999"]
    assert engine.run(g.V("depot/5").out_e("LEG").order().by("number").values("cost")) == [5 / 3, 0.5]


def test_rows_of_one_load_need_not_have_the_same_properties(engine: Engine) -> None:
    plain = [VertexRow("Item", f"item/{n}", {"name": "x", "weight_g": 1}) for n in range(3)]
    priced = [VertexRow("Item", f"item/{n}", {"name": "x", "weight_g": 1, "price": n / 4}) for n in (1, 3)]
    for rows in ([plain[0], priced[1], plain[2]], plain, priced):
        assert engine.bulk_load(rows, []) == len(rows)
    found = engine.g.V().has_label("Item").order().by(T.id).project("id", "price").by(T.id).by("price")
    assert engine.run(found) == [
        {"id": "item/0"},
        {"id": "item/1", "price": 0.25},
        {"id": "item/2"},
        {"id": "item/3", "price": 0.75},
    ]


@pytest.mark.parametrize(
    ("vertices", "edges", "refusal"),
    [
        ([VertexRow("Crate", "crate/1", {})], [], "Crate is not a vertex kind"),
        ([VertexRow("Depot", "depot/1", {})], [], "Depot lacks name"),
        ([VertexRow("Depot", "depot/1", {"name": 1})], [], "wants text"),
        ([], [EdgeRow("PART_OF", "item/a", "item/a", {"quantity": 1})], "to itself"),
        ([], [EdgeRow("PART_OF", "item/a", "item/b", {})], "lacks quantity"),
    ],
    ids=lambda p: p if isinstance(p, str) else "",
)
def test_rows_that_do_not_fit_are_refused(
    engine: Engine, vertices: list[VertexRow], edges: list[EdgeRow], refusal: str
) -> None:
    with pytest.raises(SchemaViolation, match=refusal):
        engine.bulk_load(vertices, edges)


def test_round_trips_are_counted_in_scopes_and_threads(filled: Engine) -> None:
    g = filled.g

    async def two_in_threads() -> None:
        await asyncio.gather(*(asyncio.to_thread(filled.run, g.V("item/nut").count()) for _ in range(2)))

    before = filled.round_trips
    with count_round_trips() as outer:
        filled.run(g.V().count())
        with count_round_trips() as inner:
            asyncio.run(two_in_threads())
            filled.transact([Statement("a", g.V().count()), Statement("b", g.V().count())])
    assert (outer.count, inner.count) == (4, 3)
    assert filled.round_trips == before + 4


def test_a_closed_engine_says_so(engine: Engine) -> None:
    engine.close()
    engine.close()
    with pytest.raises(EngineError, match="closed"):
        engine.run(engine.g.V().count())


def test_parallel_edges_are_told_apart_by_their_property(filled: Engine) -> None:
    g = filled.g
    ends = {T.label: "LEG", Direction.OUT: "depot/N", Direction.IN: "depot/S"}
    for number in (1, 2, 1):
        merge = g.merge_e({**ends, "number": number}).option(Merge.on_create, {"cost": 1.5}).count()
        assert filled.run(merge) == [1]
    assert filled.run(g.V("depot/N").out_e("LEG").count()) == [2]
    with pytest.raises(InvalidInput, match="number"):
        filled.run(g.merge_e(ends).option(Merge.on_create, {"cost": 1.5, "number": 1}).count())
