"""Mutations that were carried out under an idempotency key."""

from __future__ import annotations

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Merge, P, T

FORGOTTEN_AT_ONCE = 100
"""How many outdated requests a new one sweeps away."""


def request(g: GraphTraversalSource, request_id: str) -> GraphTraversal:
    """The digest and the answer of a request, when there is one."""
    return g.V([request_id]).has_label("Request").project("digest", "answer").by("digest").by("answer")


def request_ids(g: GraphTraversalSource, request_id: str) -> GraphTraversal:
    """The id of the request, when there is one."""
    return g.V([request_id]).id_()


def forget_requests(g: GraphTraversalSource, *, before: int) -> GraphTraversal:
    """Drop requests made before ``before`` (UTC epoch ms), some at a time."""
    return g.V().has("Request", "made_at", P.lt(before)).limit(FORGOTTEN_AT_ONCE).drop()


def write_request(
    g: GraphTraversalSource, *, request_id: str, digest: str, answer: str, made_at: int
) -> GraphTraversal:
    """Note a request; gives its id."""
    values = {"digest": digest, "answer": answer, "made_at": made_at}
    return (
        g.inject([{"m": {T.id: request_id, T.label: "Request"}, "c": values}])
        .unfold()
        .as_("r")
        .merge_v(__.select("m"))
        .option(Merge.on_create, __.select("r").select("c"))
        .id_()
    )
