"""What clients are told of errors."""

from __future__ import annotations

import logging

import pytest
from graphql import GraphQLError

from api.graphql.errors import camel_path, told, user_error
from graph.errors import InvalidInput, OutOfStock, QueryTimeout, StatementMissed


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("lines[0].sku_id", "lines.0.skuId"),
        ("lines[12].quantity", "lines.12.quantity"),
        ("requested_at", "requestedAt"),
        ("idempotencyKey", "idempotencyKey"),
    ],
)
def test_fields_are_named_as_clients_know_them(field: str, path: str) -> None:
    assert camel_path(field) == path


def test_a_refusal_says_which_input_is_at_fault() -> None:
    error = user_error(InvalidInput("lines[0].quantity", "has to be at least 1, got 0"))
    assert (error.field, error.code) == ("lines.0.quantity", "INVALID_INPUT")
    assert error.message == "lines.0.quantity has to be at least 1, got 0"


def test_a_conflict_is_nobodys_field() -> None:
    error = user_error(OutOfStock("97 are free"))
    assert (error.field, error.code, error.message) == (None, "OUT_OF_STOCK", "97 are free")
    missed = user_error(StatementMissed("reserve stock/W-1/LAST", wanted=1, got=0))
    assert missed.code == "STATEMENT_MISSED"


def test_a_known_error_keeps_its_code() -> None:
    answer = told(GraphQLError("x", original_error=QueryTimeout("it took too long")))
    assert (answer.message, answer.extensions) == ("it took too long", {"code": "QUERY_TIMEOUT"})


def test_an_unexpected_error_is_told_by_its_id_alone_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="perfect_order.graphql"):
        answer = told(GraphQLError("x", original_error=KeyError("secret")))
    assert answer.extensions == {"code": "INTERNAL"}
    assert "secret" not in answer.message
    (record,) = caplog.records
    assert record.getMessage().split()[-1] in answer.message
    assert record.exc_info is not None
