"""Ids: what people call things comes back as they typed it, percent-encoded in between where it must be."""

from __future__ import annotations

import pytest
from gremlin_python.process.traversal import T

from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.errors import InvalidInput
from graph.schema import ids
from graph.traversals.elements import Properties, add_vertices, link

CODES = [
    "plain",
    "with space",
    " at both ends ",
    "quo\"te and 'quote'",
    "back\\slash",
    "a/b//c/",
    "a-b--c",
    "a:b::c",
    "a^b",
    "100%",
    "%C3%A9",
    "é and ñ",
    "日本",
    "\U0001f69a",
    "tab\tand\nline",
    "${x} `y` #{z} $p0",
    "x" * 485,
]


@pytest.mark.parametrize("code", CODES, ids=lambda code: ascii(code)[1:20])
def test_what_people_call_a_thing_comes_back_as_they_typed_it(engine: Engine, code: str) -> None:
    g = engine.g
    item, depot = ids.make("item", code), ids.make("depot", code)
    stock = ids.make("stock", *ids.parts(depot), "n")
    engine.transact(
        [
            *add_vertices(g, "Item", {item: {"name": code, "weight_g": 1}}),
            *add_vertices(g, "Depot", {depot: {"name": code}}),
        ]
    )
    assert len(stock) <= 500
    engine.bulk_load([VertexRow("Stock", stock, {"available": 1})], [EdgeRow("STOCK_OF", stock, item)])
    engine.transact(link(g, "HOLDS", [(depot, stock)]))
    (found,) = engine.run(g.V(depot).out("HOLDS").out("STOCK_OF").project("id", "name").by(T.id).by("name"))
    assert (ids.parts(found["id"]), found["name"]) == ((code,), code)
    assert engine.run(g.V().has_label("Item").has_id(item).id_()) == [item]
    assert engine.run(g.V([item, "item/none"]).in_("STOCK_OF").id_()) == [stock]
    assert engine.run(g.V().has_label("Stock").group_count().by(T.id)) == [{stock: 1}]


def test_ids_that_differ_only_in_how_they_are_written_are_different(engine: Engine) -> None:
    codes = ["a", "A", "a ", "a/b", "a%2Fb", "é", "e\u0301", "%C3%A9"]
    rows: dict[str, Properties] = {ids.make("item", code): {"name": code, "weight_g": 1} for code in codes}
    assert len(rows) == len(codes)
    engine.transact(add_vertices(engine.g, "Item", rows))
    found = engine.run(engine.g.V().has_label("Item").project("id", "name").by(T.id).by("name"))
    assert {ids.parts(row["id"])[0]: row["name"] for row in found} == {code: code for code in codes}


def test_parts_stay_apart_whatever_is_in_them() -> None:
    assert ids.make("stock", "a/b", "c") != ids.make("stock", "a", "b/c")
    assert ids.parts(ids.make("stock", "a/b", "c%/^é")) == ("a/b", "c%/^é")
    assert ids.make("item", "é日") == "item/%C3%A9%E6%97%A5"


def test_an_id_has_at_most_500_characters() -> None:
    assert len(ids.make("item", "x" * 495)) == 500
    with pytest.raises(InvalidInput, match="501 characters; at most 500"):
        ids.make("item", "x" * 496)
    with pytest.raises(InvalidInput, match="at most 500"):
        ids.make("item", "日" * 60)
