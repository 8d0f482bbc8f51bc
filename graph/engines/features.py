"""What each engine can and cannot do: what ``perfect-order engines`` and docs/engines.md show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Features:
    """One engine.

    ``seen`` says how it is known: which server and version the tests run it against. ``consistent_reads``:
    several reads can be asked of one state of the graph. ``units`` says what carries a unit of statements,
    ``isolation`` what others see of it meanwhile, ``conflicts`` how colliding writers are told apart.
    """

    name: str
    title: str
    opened_by: tuple[str, ...]
    seen: str
    consistent_reads: bool
    units: str
    isolation: str
    conflicts: str
    time_limit: str
    cancels: bool
    bulk_load: str
    backup: str
    limits: tuple[str, ...] = ()
    exclusive: bool = False
    """Whether one process alone has the graph open."""


EMBEDDED: Final = Features(
    name="embedded",
    title="embedded (Graphersal)",
    opened_by=("embedded:PATH", "embedded:"),
    seen="graphersal 0.3.0, in every run of the tests",
    consistent_reads=True,
    units="one atomic script",
    isolation="serial: nobody reads or writes while a unit runs",
    conflicts="none: units wait for each other",
    time_limit="a reader's, looked at while it walks",
    cancels=False,
    bulk_load="merging scripts of 1,000 rows",
    backup="`perfect-order backup`, while it runs, incremental",
    limits=("one process holds a store", "everything is in memory, about 330 bytes an element"),
    exclusive=True,
)

_MERGING: Final = "batches of 1,000 rows through mergeV and mergeE"
_SCRIPTED: Final = "batches of 1,000 rows, vertices through mergeV and edges through one script"
_OF_EACH_ELEMENT: Final = (
    "read committed: nobody sees what is not committed; a unit goes on seeing an element as it first read "
    "it, so two elements may be of different commits"
)
_CUT_OFF: Final = (
    "the server's evaluationTimeout, set for each request; what the caller gives up ends there by then"
)
_OWN_BACKUP: Final = "the server's own, or `perfect-order export`"

GREMLIN_SERVER: Final = Features(
    name="gremlin-server",
    title="Gremlin Server (TinkerGraph)",
    opened_by=("ws://HOST:8182/gremlin", "wss://HOST:8182/gremlin"),
    seen="Gremlin Server 3.8.1 with TinkerTransactionGraph, in every run of the tests with servers",
    consistent_reads=False,
    units="a session, committed after every expectation was checked",
    isolation=_OF_EACH_ELEMENT,
    conflicts="the server refuses the later of two writers of one element; it is tried again",
    time_limit=_CUT_OFF,
    cancels=False,
    bulk_load=_SCRIPTED,
    backup=_OWN_BACKUP,
    limits=(
        "plain TinkerGraph rolls nothing back: configure TinkerTransactionGraph",
        "every vertex has its label in the property vertex_kind too, for want of an index of labels",
        "after its first write a unit looks up no index, which would lose what it changed",
        "UnifiedChannelizer and a gremlinPool larger than the number of open units",
        "maxContentLength of 64 MB for batches of long texts",
        "writeBufferHighWaterMark above the longest answer: UnifiedChannelizer does not go on once it paused",
    ),
)

JANUSGRAPH: Final = Features(
    name="janusgraph",
    title="JanusGraph (Cassandra, ScyllaDB, HBase)",
    opened_by=("ws://HOST:8182/gremlin?product=janusgraph", "wss://HOST:8182/gremlin?product=janusgraph"),
    seen="JanusGraph 1.1.0 in memory, in every run of the tests with servers",
    consistent_reads=False,
    units="a session, committed after every expectation was checked",
    isolation=_OF_EACH_ELEMENT
    + "; what several writers test and change is locked (ConsistencyModifier.LOCK); Cassandra does not "
    "commit several rows at once",
    conflicts="a lock that another writer holds; it is tried again",
    time_limit=_CUT_OFF,
    cancels=False,
    bulk_load=_SCRIPTED,
    backup=_OWN_BACKUP,
    limits=(
        "every vertex has its label in the property vertex_kind too, for want of an index of labels",
        "graph.set-vertex-id and graph.allow-custom-vid-types must be true",
        "-DJANUSGRAPH_RELATION_DELIMITER=^ so that ids may hold `-`",
        "BerkeleyDB refuses ids that are text",
    ),
)

NEPTUNE_GREMLIN: Final = Features(
    name="neptune",
    title="Amazon Neptune (Gremlin)",
    opened_by=("wss://CLUSTER.neptune.amazonaws.com:8182/gremlin?iam=true",),
    seen="the signature, against a Gremlin Server that checks it; Neptune itself in no test",
    consistent_reads=False,
    units="a session of at most 10 minutes, committed after every expectation was checked",
    isolation="snapshot for reads, serializable-like range locks for writes",
    conflicts="ConcurrentModificationException and ReadOnlyViolationException; it is tried again",
    time_limit="evaluationTimeout of each request, at most neptune_query_timeout of the cluster and 9 "
    "minutes; what the caller gives up ends there by then",
    cancels=False,
    bulk_load=_MERGING,
    backup="snapshots of the cluster, or `perfect-order export`",
    limits=(
        "no lambdas, no scripts with closures; cardinality is always said",
        "a text property of at most 55 MB, a request of at most 150 MB",
        "sessions end after 10 minutes, so a unit may take 9",
    ),
)

GREMLIN: Final = {f.name: f for f in (GREMLIN_SERVER, JANUSGRAPH, NEPTUNE_GREMLIN)}

_UNWINDING: Final = "UNWIND of 1,000 rows in MERGE, three batches of vertices at a time"

NEO4J: Final = Features(
    name="neo4j",
    title="Neo4j 5",
    opened_by=("bolt://HOST:7687", "bolt+s://HOST:7687", "neo4j://HOST:7687", "neo4j+s://HOST:7687"),
    seen="Neo4j 5.26 Community, in every run of the tests with servers; clusters in none",
    consistent_reads=False,
    units="a transaction; a write alone is one too, so that only a commit that is cut off is in doubt",
    isolation="read committed: others see a unit when it is committed, and wait where it wrote",
    conflicts="locks; of two writers that wait for each other one is rolled back and tried again",
    time_limit="of the transaction, kept by the client, which has the server end it",
    cancels=True,
    bulk_load=_UNWINDING,
    backup="`neo4j-admin database backup` (Enterprise) or `dump`, or `perfect-order export`",
    limits=(
        "Neo4j 5.23 or newer, for CALL (x) { }",
        "an indexed text has at most about 8,100 bytes",
        "two reads of one statement may see different commits",
        "every vertex has the label V and the property id beside its own; `~lock` is ours",
    ),
)

MEMGRAPH: Final = Features(
    name="memgraph",
    title="Memgraph",
    opened_by=("bolt://HOST:7687?product=memgraph", "bolt+s://HOST:7687?product=memgraph"),
    seen="in no test: written after its documentation",
    consistent_reads=True,
    units="a transaction",
    isolation="snapshot, where its isolation level is as delivered",
    conflicts="the later of two writers of one element is refused; it is tried again",
    time_limit="of the transaction, kept by the client, which has the server end it",
    cancels=True,
    bulk_load=_UNWINDING,
    backup="its own snapshots, or `perfect-order export`",
    limits=(
        "a release that has CALL (x) { }, COUNT { } and COLLECT { }",
        "an id that is taken is found out at the commit, so two that add it at once conflict there",
    ),
)

NEPTUNE_OPENCYPHER: Final = Features(
    name="neptune-opencypher",
    title="Amazon Neptune (openCypher)",
    opened_by=("bolt+s://CLUSTER.neptune.amazonaws.com:8182?iam=true",),
    seen="in no test: written after its documentation",
    consistent_reads=False,
    units="a transaction",
    isolation="snapshot for reads, range locks for writes",
    conflicts="ConcurrentModificationException; it is tried again",
    time_limit="kept by the client, which cuts the connection, and the cluster's neptune_query_timeout",
    cancels=True,
    bulk_load=_UNWINDING,
    backup="snapshots of the cluster, or `perfect-order export`",
    limits=(
        "no CALL, EXISTS { }, COUNT { }, COLLECT { } and reduce(): a traversal that needs them is refused "
        "before it is sent, and most do; open the cluster by wss: (Gremlin), which takes all",
        "ids are a property, kept unique by range locks: it has no constraints",
    ),
)

BOLT: Final = {f.name: f for f in (NEO4J, MEMGRAPH, NEPTUNE_OPENCYPHER)}

ENGINES: Final = (EMBEDDED, *GREMLIN.values(), *BOLT.values())
"""Every engine there is an adapter for."""
