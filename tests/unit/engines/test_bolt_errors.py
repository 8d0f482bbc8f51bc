"""A Bolt server's errors in the words of ours, as far as a running server does not give them at will."""

from __future__ import annotations

from dataclasses import replace

import pytest
from neo4j.exceptions import IncompleteCommit, Neo4jError, ServiceUnavailable, SessionExpired

from graph.engines.addresses import address_of
from graph.engines.bolt_errors import ConnectionLost, NoEnd, of_driver
from graph.errors import (
    AccessRefused,
    Conflict,
    Contention,
    EngineError,
    InvalidInput,
    OutcomeUnknown,
    PerfectOrderError,
    QueryTimeout,
    StoreFull,
    StoreMissing,
)

ADDRESS = replace(address_of("bolt://db.example", {}), user="planner", password="hidden-word")
TRANSACTION = "Neo.TransientError.Transaction."


def told(error: Exception) -> PerfectOrderError:
    return of_driver(error, lambda: "take: g.V()", ADDRESS, writing=True)


def server_error(code: str, message: str) -> Neo4jError:
    return Neo4jError._hydrate_neo4j(code=code, message=message)


@pytest.mark.parametrize(
    ("code", "message", "kind", "says"),
    [
        (TRANSACTION + "DeadlockDetected", "cannot acquire lock", Contention, "take: g.V()"),
        (TRANSACTION + "Outdated", "outdated", Contention, "same time"),
        ("Neo.ClientError.Statement.EntityNotFound", "Unable to load NODE", Contention, "same time"),
        ("Memgraph.TransientError.MemgraphError.MemgraphError", "Cannot resolve conflicting transactions.",
         Contention, "same time"),
        ("Neo.DatabaseError.General.UnknownError", "ConcurrentModificationException: retry", Contention, ""),
        (TRANSACTION + "Terminated", "ended", ConnectionLost, "nothing was written"),
        ("Neo.TransientError.General.DatabaseUnavailable", "stops", ConnectionLost, "stops"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "limit", EngineError, "less at once"),
        ("Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration", "late", QueryTimeout, "less"),
        ("Neo.DatabaseError.Transaction.TransactionCommitFailed", "log", OutcomeUnknown, "idempotency key"),
        ("Neo.ClientError.Database.DatabaseNotFound", "no such", StoreMissing, "database=NAME"),
        ("Neo.ClientError.Security.Unauthorized", "no", AccessRefused, "'planner'"),
        ("Neo.ClientError.Security.AuthenticationRateLimit", "no", AccessRefused, "too often"),
        ("Neo.ClientError.Security.Forbidden", "no", AccessRefused, "does not allow"),
        ("Neo.DatabaseError.General.UnknownError", "No space left on device", StoreFull, "free some room"),
        ("Neo.ClientError.Schema.ConstraintValidationFailed",
         "Node(1) already exists with label `V` and property `id` = 'depot/O'Neil'", Conflict,
         "depot/O'Neil exists already"),
        ("Neo.ClientError.Statement.ArgumentError", "Failed to create relationship `e`, node `b` is missing.",
         NoEnd, "both its ends"),
        ("Neo.DatabaseError.Statement.ExecutionFailed",
         "Property value is too large to index. Index( id=5, schema=(:Item {name}), x )", InvalidInput,
         "Item.name is indexed"),
        ("Neo.ClientError.Statement.SyntaxError", "what?", EngineError, "SyntaxError: what?"),
    ],
    ids=lambda value: value.rpartition(".")[2][:30] if isinstance(value, str) else "",
)  # fmt: skip
def test_what_the_server_says(code: str, message: str, kind: type[PerfectOrderError], says: str) -> None:
    error = told(server_error(code, message))
    assert type(error) is kind
    assert says in str(error)
    assert "hidden-word" not in str(error)


def test_a_lost_connection_is_in_doubt_only_within_the_commit() -> None:
    assert type(told(IncompleteCommit("lost"))) is OutcomeUnknown
    for lost in (ServiceUnavailable("lost"), SessionExpired("lost"), OSError("lost")):
        assert type(told(lost)) is ConnectionLost
