"""Documents are measured with their fragments written out, however they are nested."""

from __future__ import annotations

import pytest
from graphql import parse

from api.graphql.documents import Documents, Prepared, cost_of, size_errors
from api.graphql.schema import make_schema
from api.settings import Limits

LIMITS = Limits(depth=5, aliases=3)
SCHEMA = make_schema(Limits())._schema


def refusals(text: str) -> list[str]:
    return [error.message for error in size_errors(parse(text), LIMITS)]


def test_a_query_within_the_limits_is_let_through() -> None:
    assert refusals("{ a: skus { nodes { stocks { warehouse { name } } } } }") == []


def test_a_deep_query_is_refused_with_its_depth() -> None:
    assert refusals("{ a { b { c { d { e { f } } } } } }") == [
        "the query is 6 levels deep; at most 5 are allowed: ask for the rest in a second query, by id"
    ]


def test_depth_and_aliases_count_through_fragments() -> None:
    text = "{ a { ...X ...X } } fragment X on T { p: b { c { d { e { f } } } } q: b }"
    assert [said.split(";")[0] for said in refusals(text)] == [
        "the query is 6 levels deep",
        "the query has 4 aliases",
    ]


def test_fragments_that_double_each_other_are_measured_in_linear_time() -> None:
    doubling = " ".join(f"fragment F{i} on T {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60))
    (said,) = refusals(f"{{ ...F0 }} {doubling} fragment F60 on T {{ a: x }}")
    assert said.startswith(f"the query has {2**60} aliases")


def test_a_fragment_that_spreads_itself_ends() -> None:
    assert refusals("{ ...A } fragment A on T { x ...B } fragment B on T { y ...A }") == []


@pytest.mark.parametrize(
    ("page", "variables"), [("first: 100", {}), ("last: 100", {}), ("first: $n", {"n": 100})]
)
def test_pages_within_pages_multiply(page: str, variables: dict[str, int]) -> None:
    inner = "nodes { id }"
    text = f"query ($n: Int) {{ skus({page}) {{ nodes {{ orders({page}) {{ {inner} }} }} }} }}"
    document = parse(text)
    assert cost_of(SCHEMA, document, None, variables) > 100 * 100


def test_a_page_costs_what_is_asked_for_not_what_could_be() -> None:
    few = cost_of(SCHEMA, parse("{ skus(first: 1) { nodes { id name } } }"), None, {})
    many = cost_of(SCHEMA, parse("{ skus(first: 100) { nodes { id name } } }"), None, {})
    assert (few, many) == (4, 202)


def test_the_documents_used_last_are_kept() -> None:
    documents = Documents()
    prepared = Prepared(parse("{ a }"), [])
    documents.keep("first", prepared)
    for i in range(499):
        documents.keep(str(i), prepared)
    assert documents.get("first") is prepared
    documents.keep("one more", prepared)
    assert documents.get("0") is None
    assert documents.get("first") is prepared
