"""Doing a mutation once however often it is sent.

A mutation with an idempotency key leaves its answer in the graph, in the same unit as its change. The
same key with the same content gets that answer; with other content it is refused. Answers are kept for
at least :data:`KEPT_MS`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from gremlin_python.process.graph_traversal import GraphTraversalSource

from api.operations.form import demand_text
from graph.engines.port import Engine, Statement
from graph.errors import InvalidInput
from graph.schema import ids
from graph.traversals import requests

KEPT_MS = 7 * 86_400_000
LONGEST_KEY = 200


def digest_of(content: object) -> str:
    """A fingerprint of a request: a frozen dataclass, or what JSON can say."""
    plain = asdict(content) if is_dataclass(content) and not isinstance(content, type) else content
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def remembered(engine: Engine, *, operation: str, key: str, digest: str) -> dict[str, Any] | None:
    """The answer that was given to this request before, or None.

    :class:`InvalidInput` when the key was used for another content, or is empty or too long.
    """
    demand_text("idempotencyKey", key, most=LONGEST_KEY)
    found = engine.run(requests.request(engine.g, ids.request(operation, key)))
    if not found:
        return None
    if found[0]["digest"] != digest:
        raise InvalidInput(
            "idempotencyKey",
            f"{key!r} was used for another {operation}; repeat the same request, or take a new key",
        )
    answer: dict[str, Any] = json.loads(found[0]["answer"])
    return answer


def remember(
    g: GraphTraversalSource, *, operation: str, key: str, digest: str, answer: Mapping[str, Any], now: int
) -> list[Statement]:
    """Statements for the unit of the change; it fails when the key was used meanwhile."""
    request_id = ids.request(operation, key)
    text = json.dumps(answer, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return [
        Statement("forget old requests", requests.forget_requests(g, before=now - KEPT_MS)),
        Statement(f"{request_id} is new", requests.request_ids(g, request_id), expect=0),
        Statement(
            "remember the request",
            requests.write_request(g, request_id=request_id, digest=digest, answer=text, made_at=now),
            expect=1,
        ),
    ]
