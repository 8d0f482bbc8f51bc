"""The model: names follow its rules, its document is current, values that do not fit are refused."""

from __future__ import annotations

import re

import pytest

from graph.errors import ForbiddenTransition, InvalidInput, SchemaViolation
from graph.schema import document, ids
from graph.schema.elements import EdgeKind, VertexKind
from graph.schema.lifecycle import LIFECYCLES, ORDER, Lifecycle
from graph.schema.model import SCHEMA

UNIT_BY_ENDING = {
    "_at": "UTC epoch ms",
    "_s": "s",
    "_m": "m",
    "_g": "g",
    "_ml": "ml",
    "_kph": "km/h",
}


@pytest.mark.parametrize("kind", SCHEMA.vertices.values(), ids=lambda kind: kind.label)
def test_vertex_labels_and_prefixes_are_one_name_in_two_spellings(kind: VertexKind) -> None:
    assert re.sub(r"(?<!^)(?=[A-Z])", "-", kind.label).lower() == kind.prefix


@pytest.mark.parametrize("kind", SCHEMA.edges.values(), ids=lambda kind: kind.label)
def test_edges_are_named_in_capitals_and_join_known_kinds(kind: EdgeKind) -> None:
    assert re.fullmatch(r"[A-Z]+(_[A-Z]+)*", kind.label)
    for start, end in kind.ends:
        assert start in SCHEMA.vertices
        assert end in SCHEMA.vertices


def test_a_property_whose_name_ends_in_a_unit_has_that_unit() -> None:
    kinds: list[VertexKind | EdgeKind] = [*SCHEMA.vertices.values(), *SCHEMA.edges.values()]
    for kind in kinds:
        for known in kind.properties:
            for ending, unit in UNIT_BY_ENDING.items():
                if known.name.endswith(ending):
                    name = f"{kind.label}.{known.name}"
                    assert known.unit == unit or known.unit.startswith(f"{unit} after"), name


def test_the_document_is_current() -> None:
    assert document.PATH.read_text(encoding="utf-8") == document.document()


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_every_state_can_be_reached_and_every_move_leads_to_a_state(lifecycle: Lifecycle) -> None:
    reached = {lifecycle.initial}
    while True:
        further = {after for state in reached for after in lifecycle.moves[state]}
        assert further <= set(lifecycle.states)
        if further <= reached:
            break
        reached |= further
    assert reached == set(lifecycle.states)


def test_a_forbidden_move_says_what_would_be_allowed() -> None:
    with pytest.raises(
        ForbiddenTransition, match=r"is delivered.*cannot become cancelled.*nothing, it is final"
    ):
        ORDER.demand(now="delivered", then="cancelled", id="order/SO-1")


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"colour": "red"}, "Stock.colour is not a property"),
        ({"on_hand": "10"}, "Stock.on_hand wants integer, got '10'"),
        ({"on_hand": True}, "Stock.on_hand wants integer, got True"),
        ({"on_hand": 2**63}, "Stock.on_hand wants integer"),
        ({"on_hand": 1}, "Stock lacks available, reserved, safety_stock"),
    ],
)
def test_a_vertex_that_does_not_fit_is_refused(values: dict[str, object], complaint: str) -> None:
    with pytest.raises(SchemaViolation, match=re.escape(complaint)):
        SCHEMA.vertex("Stock").check(values, whole=True)


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(SchemaViolation, match=r"Junction\.longitude wants real, got nan"):
        SCHEMA.vertex("Junction").check({"longitude": float("nan"), "latitude": 0.0}, whole=True)


@pytest.mark.parametrize("part", ["SO-1001", "with space", "a/b", "100 %", "ñandú", "^", "", "a:b"])
def test_an_id_is_printable_ascii_and_gives_its_parts_back(part: str) -> None:
    made = ids.make("order", part, "x")
    assert re.fullmatch(r"[ -\]_-~]+", made)
    assert ids.parts(made) == (part, "x")


def test_an_id_that_is_too_long_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at most 500"):
        ids.order("x" * 501)
