"""Values and ids come back as they were written."""

from __future__ import annotations

import math
from typing import Any

import pytest
from gremlin_python.process.graph_traversal import GraphTraversal, __
from gremlin_python.process.traversal import Cardinality, Merge, P, T
from gremlin_python.statics import long

from graph.engines.port import Engine, VertexRow
from graph.errors import InvalidInput, SchemaViolation

TEXTS = [
    "",
    "plain",
    "quo\"te and 'quote'",
    "back\\slash \\n",
    "${1 + 1} `${x}`",
    "new\nline\r\n\ttab",
    "nul\x00 bell\x07 del\x7f",
    "emoji \U0001f69a and é, ñ, \u2028",
    "x" * 100_000,
]
INTEGERS = [0, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**63 - 1, -(2**63), long(1_772_442_000_000)]
REALS = [0.0, 0.1, -1.5, 1e-7, 1e22, 5e-324, 1.7976931348623157e308, 123456789.12345679, 1 / 3]


def _item(engine: Engine, name: str = "x", weight_g: int = 1, **more: Any) -> GraphTraversal:
    added = engine.g.add_v("Item").property(T.id, "item/new").property(Cardinality.single, "name", name)
    added = added.property(Cardinality.single, "weight_g", weight_g)
    for key, value in more.items():
        added = added.property(Cardinality.single, key, value)
    return added.id_()


@pytest.mark.parametrize("text", TEXTS, ids=lambda t: ascii(t)[:20])
def test_texts(engine: Engine, text: str) -> None:
    assert engine.run(_item(engine, name=text)) == ["item/new"]
    engine.bulk_load([VertexRow("Item", "item/loaded", {"name": text, "weight_g": 1})], [])
    found = engine.g.V().has_label("Item").has("name", text)
    assert engine.run(found.values("name")) == [text, text]
    assert engine.run(engine.g.V().has_label("Item").has("name", P.within([text, "other"])).count()) == [2]


@pytest.mark.parametrize("number", INTEGERS)
def test_integers(engine: Engine, number: int) -> None:
    engine.run(_item(engine, weight_g=number))
    engine.bulk_load([VertexRow("Item", "item/loaded", {"name": "x", "weight_g": int(number)})], [])
    found = engine.run(engine.g.V().has("weight_g", number).values("weight_g"))
    assert found == [number, number]
    assert {type(n) for n in found} == {int}


@pytest.mark.parametrize("number", REALS)
def test_reals(engine: Engine, number: float) -> None:
    engine.run(_item(engine, price=number))
    engine.bulk_load([VertexRow("Item", "item/loaded", {"name": "x", "weight_g": 1, "price": number})], [])
    found = engine.run(engine.g.V().has("price", P.within([number])).values("price"))
    assert found == [number, number]
    assert {type(n) for n in found} == {float}


def test_flags(engine: Engine) -> None:
    for value in (True, False):
        engine.run(_item(engine, fragile=value))
        assert engine.run(engine.g.V().has("fragile", value).values("fragile")) == [value]
        engine.run(engine.g.V("item/new").drop())


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"price": math.nan}, "wants real"),
        ({"price": math.inf}, "wants real"),
        ({"price": 1}, "wants real"),
        ({"weight_g": 1.0}, "wants integer"),
        ({"weight_g": True}, "wants integer"),
        ({"weight_g": "1"}, "wants integer"),
        ({"weight_g": 2**63}, "64-bit"),
        ({"name": None}, "wants text, got null"),
        ({"name": ["a", "b"]}, "wants text, got a list"),
        ({"name": {"a": 1}}, "takes a value"),
        ({"name": b"bytes"}, "not bytes"),
        ({"grade": "d"}, "one of a, b, c"),
        ({"colour": "red"}, "is not a property"),
    ],
    ids=str,
)
def test_values_that_do_not_fit_are_refused(engine: Engine, more: dict[str, Any], refusal: str) -> None:
    with pytest.raises(InvalidInput, match=refusal):
        engine.run(_item(engine, **more))
    assert engine.round_trips == 0 or engine.run(engine.g.V().has_label("Item").count()) == [0]


def test_text_that_is_not_unicode_is_refused(engine: Engine) -> None:
    with pytest.raises(InvalidInput, match="surrogate"):
        engine.run(_item(engine, name="\ud800"))
    with pytest.raises(InvalidInput, match="surrogate"):
        engine.run(engine.g.V().has("name", P.within(["\ud800"])).count())


@pytest.mark.parametrize(
    "code", ["plain", "with space", "a/b/c", "a-b", "a:b", "%C3%B1", "'\"\\`$#{}()[]~!", "x" * 500], ids=str
)
def test_ids(engine: Engine, code: str) -> None:
    id, other = f"item/{code}", f"item/other/{code}"
    added = engine.g.add_v("Item").property(T.id, id).property(Cardinality.single, "name", "x")
    assert engine.run(added.property(Cardinality.single, "weight_g", 1).id_()) == [id]
    engine.bulk_load([VertexRow("Item", other, {"name": "y", "weight_g": 1})], [])
    assert engine.run(engine.g.V(id).id_()) == [id]
    assert sorted(engine.run(engine.g.V([id, other]).id_())) == sorted([id, other])


@pytest.mark.parametrize("id", ["item/ñ", "item/a^b", "item/\n", "item/\x7f", "", "depot/x", "items/x"])
def test_ids_that_not_all_engines_take_are_refused(engine: Engine, id: str) -> None:
    row = {"m": {T.id: id, T.label: "Item"}, "c": {"name": "x", "weight_g": 1}}
    merge = (
        engine.g.inject([row]).unfold().as_("r").merge_v(__.select("m"))
        .option(Merge.on_create, __.select("r").select("c")).id_()
    )  # fmt: skip
    with pytest.raises(SchemaViolation, match=r"Item\.id"):
        engine.run(merge)
    with pytest.raises(SchemaViolation, match=r"Item\.id"):
        engine.bulk_load([VertexRow("Item", id, {"name": "x", "weight_g": 1})], [])
