"""The bolt engine on a real Neo4j: what the contract of all engines does not say."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.engines.addresses import address_of
from graph.engines.bolt import BoltEngine
from graph.engines.bolt_preparing import memgraph_statements
from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, Statement, VertexRow
from graph.errors import (
    Conflict,
    EngineError,
    EngineUnavailable,
    InvalidInput,
    StatementMissed,
    StoreMissing,
    StoreNewer,
    UnknownId,
    UnsupportedStep,
)
from graph.schema.elements import PropertyValue
from tests.engines.conftest import Graphs
from tests.engines.small_schema import SMALL, small_schema
from tests.servers.fixtures import servers_wanted
from tests.servers.neo4j import start_neo4j
from tests.servers.server_process import RunningServer

STOCKS = ("stock/N/bolt", "stock/N/nut", "stock/S/bolt")


@pytest.fixture
def neo4j(graphs: Graphs) -> Iterator[BoltEngine]:
    with graphs.of("neo4j", SMALL).emptied() as engine:
        assert isinstance(engine, BoltEngine)
        yield engine


def fill(engine: Engine, available: int) -> None:
    engine.bulk_load([VertexRow("Stock", stock, {"available": available}) for stock in STOCKS], [])


def left(engine: Engine) -> list[int]:
    return engine.run(engine.g.V(list(STOCKS)).order().by(T.id).values("available"))


def take(g: GraphTraversalSource, stock: str, count: int) -> GraphTraversal:
    rest = __.union(__.values("available"), __.constant(-count)).sum_()
    return g.V(stock).has("available", P.gte(count)).property(Cardinality.single, "available", rest).id_()


def takes(engine: Engine, unit: list[tuple[str, int]]) -> list[Statement]:
    return [Statement(f"take {n} of {stock}", take(engine.g, stock, n), 1) for stock, n in unit]


def outcome(engine: Engine, unit: list[tuple[str, int]]) -> object:
    try:
        return engine.transact(takes(engine, unit))
    except StatementMissed as missed:
        return str(missed)


def test_statements_that_go_together_do_what_they_do_one_by_one(neo4j: BoltEngine) -> None:
    rng = random.Random(7)
    units = [[(rng.choice(STOCKS), rng.randint(-6, 6)) for _ in range(rng.randint(2, 9))] for _ in range(25)]
    units.append([(STOCKS[0], -1_000), (STOCKS[0], 1_000), (STOCKS[1], -1_000), (STOCKS[1], 999)])
    embedded = open_engine("embedded:", SMALL)
    for engine in (embedded, neo4j):
        fill(engine, 5)
    for unit in units:
        assert outcome(neo4j, unit) == outcome(embedded, unit)
        assert left(neo4j) == left(embedded)
    embedded.close()


def test_a_unit_of_one_kind_is_one_request_and_names_what_fails_in_it(neo4j: BoltEngine) -> None:
    g = neo4j.g
    fill(neo4j, 5)

    def depot(code: str) -> Statement:
        added = g.add_v("Depot").property(T.id, f"depot/{code}").property(Cardinality.single, "name", code)
        return Statement(f"depot {code}", added.id_(), 1)

    def held(stock: str) -> Statement:
        return Statement(f"hold {stock}", g.V("depot/N").add_e("HOLDS").to(__.V(stock)).count(), 1)

    before = neo4j.round_trips
    assert neo4j.transact([depot(code) for code in "NSEW"]) == [[f"depot/{code}"] for code in "NSEW"]
    assert neo4j.round_trips == before + 1
    with pytest.raises(Conflict, match="depot/S exists already"):
        neo4j.transact([depot(code) for code in "XSY"])
    with pytest.raises(UnknownId, match="stock/none"):
        neo4j.transact([held(stock) for stock in (*STOCKS, "stock/none")])
    with pytest.raises(StatementMissed, match=r"^take 6 of stock/N/nut: matched 0"):
        neo4j.transact(takes(neo4j, [(STOCKS[0], 5), (STOCKS[1], 6), (STOCKS[2], 6)]))
    assert left(neo4j) == [5, 5, 5]
    assert neo4j.run(g.V("depot/X").count()) == [0]
    assert neo4j.run(g.E().has_label("HOLDS").count()) == [0]


def test_units_that_cross_lose_nothing_and_never_go_below_nothing(neo4j: BoltEngine) -> None:
    fill(neo4j, 40)

    def one(n: int) -> int:
        order = random.Random(n).sample(STOCKS, 3)
        return 0 if isinstance(outcome(neo4j, [(stock, 1) for stock in order]), str) else 1

    with ThreadPoolExecutor(8) as pool:
        served = sum(pool.map(one, range(80)))
    assert served == 40
    assert left(neo4j) == [0, 0, 0]


def test_eight_who_upsert_the_same_leave_one_of_each(neo4j: BoltEngine) -> None:
    vertices = [VertexRow("Depot", f"depot/{n}", {"name": str(n)}) for n in range(40)]
    legs = [
        EdgeRow("LEG", f"depot/{n}", f"depot/{(n + 1) % 40}", {"number": 1, "cost": 1.0}) for n in range(40)
    ]

    def load(n: int) -> int:
        rng = random.Random(n)
        return neo4j.bulk_load(rng.sample(vertices, 40), rng.sample(legs, 40))

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(load, range(8))) == [80] * 8
    assert neo4j.run(neo4j.g.V().has_label("Depot").count()) == [40]
    assert neo4j.run(neo4j.g.E().has_label("LEG").count()) == [40]


def test_a_load_leaves_alone_what_a_row_does_not_say(neo4j: BoltEngine) -> None:
    whole: dict[str, PropertyValue] = {"name": "Bolt", "weight_g": 12, "note": "of steel", "price": 0.5}
    neo4j.bulk_load([VertexRow("Item", "item/bolt", whole)], [])
    neo4j.bulk_load([VertexRow("Item", "item/bolt", {"name": "Bolt M8", "weight_g": 13})], [])
    found = neo4j.run(
        neo4j.g.V("item/bolt")
        .project("n", "w", "t", "p", "f")
        .by("name")
        .by("weight_g")
        .by("note")
        .by("price")
        .by("fragile")
    )
    assert found == [{"n": "Bolt M8", "w": 13, "t": "of steel", "p": 0.5}]


def test_an_id_given_twice_ends_as_the_later_row(neo4j: BoltEngine) -> None:
    rows = [VertexRow("Depot", f"depot/{n % 1_500}", {"name": str(n)}) for n in range(4_500)]
    assert neo4j.bulk_load(rows, []) == 4_500
    assert neo4j.run(neo4j.g.V(["depot/0", "depot/1499"]).order().by(T.id).values("name")) == ["3000", "4499"]


def test_several_may_prepare_at_once(neo4j: BoltEngine) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: neo4j.prepare(), range(4)))
    there = neo4j._connections.change_schema("SHOW INDEXES YIELD name, state RETURN name, state")
    states = {row["name"]: row["state"] for row in there}
    assert states["vertex_id"] == states["Item_name"] == "ONLINE"


def test_what_the_server_does_itself_is_left_to_it(neo4j: BoltEngine, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="neo4j-admin"):
        neo4j.backup(tmp_path)
    assert neo4j.verify() == []
    neo4j.checkpoint()
    neo4j.ping()


def test_there_is_no_one_state_to_read_together(neo4j: BoltEngine) -> None:
    with pytest.raises(UnsupportedStep, match="one traversal"):
        neo4j.read_together([neo4j.g.V().count()])


def test_a_graph_that_nobody_prepared_is_not_opened_by_chance(neo4j: BoltEngine) -> None:
    neo4j.run(neo4j.g.V("schema-version/current").drop())
    with pytest.raises(StoreMissing, match=f"engine prepare {neo4j.url}"):
        open_engine(neo4j.url, SMALL, create=False)
    neo4j.prepare()
    open_engine(neo4j.url, SMALL, create=False).close()
    neo4j.bulk_load([VertexRow("SchemaVersion", "schema-version/current", {"version": 3})], [])
    for create in (True, False):
        with pytest.raises(StoreNewer, match="version 3"):
            open_engine(neo4j.url, SMALL, create=create)
    with pytest.raises(EngineError, match="migrate"):
        open_engine(neo4j.url, small_schema(version=4))


def test_a_database_that_is_not_there_is_named(neo4j: BoltEngine) -> None:
    with pytest.raises(StoreMissing, match="no database nowhere"):
        open_engine(f"{neo4j.url}?database=nowhere", SMALL)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    with servers_wanted():
        server = start_neo4j(tmp_path / "neo4j")
    with server:
        yield server


def test_a_server_killed_between_two_units_is_found_again_and_keeps_whole_units(
    own_server: RunningServer,
) -> None:
    engine = open_engine(own_server.url, SMALL)
    engine.prepare()
    fill(engine, 5)
    unit = [(stock, 1) for stock in STOCKS]
    engine.transact(takes(engine, unit))
    own_server.kill()
    with pytest.raises(EngineUnavailable, match="nothing was written"):
        engine.transact(takes(engine, unit))
    own_server.restart()
    assert left(engine) == [4, 4, 4]
    engine.transact(takes(engine, unit))
    assert left(engine) == [3, 3, 3]
    engine.close()


def test_neptune_is_not_sent_what_its_language_has_not() -> None:
    engine = BoltEngine(address_of("bolt://localhost:1?product=neptune", {}), SMALL)
    g = engine.g
    with pytest.raises(UnsupportedStep, match=r"Neptune's openCypher.*wss:"):
        engine.run(take(g, STOCKS[0], 1))
    with pytest.raises(UnsupportedStep, match=r"COLLECT"):
        engine.run(g.V("depot/N").project("held").by(__.out("HOLDS").order().by(T.id).id_().fold()))
    assert engine.round_trips == 0
    with pytest.raises(EngineUnavailable):
        engine.run(g.V().has_label("Item").count())
    engine.close()


def test_memgraph_gets_its_own_words_for_the_schema() -> None:
    texts = list(memgraph_statements(SMALL))
    assert texts[:2] == ["CREATE CONSTRAINT ON (v:V) ASSERT v.id IS UNIQUE", "CREATE INDEX ON :V(id)"]
    assert "CREATE INDEX ON :`Item`(`name`)" in texts
