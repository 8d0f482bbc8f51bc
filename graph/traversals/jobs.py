"""Long computations: which there are, and how they stand."""

from __future__ import annotations

from collections.abc import Sequence

from gremlin_python.process.graph_traversal import GraphTraversal, GraphTraversalSource, __
from gremlin_python.process.traversal import Cardinality, P, T

from graph.engines.port import Statement
from graph.schema.lifecycle import JOB
from graph.traversals.elements import Properties, add_vertices


def jobs(g: GraphTraversalSource, job_ids: Sequence[str]) -> GraphTraversal:
    """The jobs with these ids; ``ended_at``, ``outcome`` and ``lease_ends_at`` are lists, empty for none."""
    return _rows(g.V(list(job_ids)).has_label("Job"))


def running_jobs(g: GraphTraversalSource, *, other_than: str) -> GraphTraversal:
    """The jobs that count as running, in the name of another runner than ``other_than``; oldest first."""
    running = g.V().has("Job", "status", "running").has("runner", P.neq(other_than))
    return _rows(running.order().by("started_at").by(T.id))


def _rows(found: GraphTraversal) -> GraphTraversal:
    names = ("status", "kind", "subject", "arguments", "started_at", "runner")
    rows = found.project("id", *names, "ended_at", "outcome", "lease_ends_at").by(T.id)
    for name in names:
        rows = rows.by(name)
    return (
        rows.by(__.values("ended_at").fold())
        .by(__.values("outcome").fold())
        .by(__.values("lease_ends_at").fold())
    )


def new_job(g: GraphTraversalSource, *, job_id: str, values: Properties) -> list[Statement]:
    """Write a job."""
    return add_vertices(g, "Job", {job_id: values})


def end_job(
    g: GraphTraversalSource, *, job_id: str, runner: str, status: str, outcome: str, ended_at: int
) -> Statement:
    """Note how a job of ``runner`` ended; the unit fails when it has ended already, or runs elsewhere."""
    return Statement(
        f"{job_id} is running",
        _may_become(g, job_id, status)
        .has("runner", runner)
        .property(Cardinality.single, "status", status)
        .property(Cardinality.single, "ended_at", ended_at)
        .property(Cardinality.single, "outcome", outcome)
        .id_(),
        expect=1,
    )


def renew_lease(g: GraphTraversalSource, *, job_id: str, runner: str, lease_ends_at: int) -> Statement:
    """Let ``runner`` answer for its job a while longer; the unit fails when it no longer runs it."""
    return Statement(
        f"{job_id} is run by {runner}",
        g.V(job_id)
        .has("status", "running")
        .has("runner", runner)
        .property(Cardinality.single, "lease_ends_at", lease_ends_at)
        .id_(),
        expect=1,
    )


def run_again(
    g: GraphTraversalSource, *, job_id: str, runner: str, started_at: int, lease_ends_at: int
) -> Statement:
    """Let ``runner`` run a job that was cut off or failed; the unit fails when another one does already."""
    return Statement(
        f"{job_id} may run again",
        _may_become(g, job_id, "running")
        .property(Cardinality.single, "status", "running")
        .property(Cardinality.single, "started_at", started_at)
        .property(Cardinality.single, "runner", runner)
        .property(Cardinality.single, "outcome", "")
        .property(Cardinality.single, "lease_ends_at", lease_ends_at)
        .id_(),
        expect=1,
    )


def _may_become(g: GraphTraversalSource, job_id: str, status: str) -> GraphTraversal:
    return g.V(job_id).has("status", P.within(list(JOB.before(status))))
