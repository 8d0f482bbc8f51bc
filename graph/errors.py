"""Everything that can go wrong, as one tree.

PerfectOrderError
├── InvalidInput              what the caller said cannot be; nothing was written
│   ├── UnknownId             no such vertex
│   ├── SchemaViolation       a label, property or value the schema does not know
│   ├── ForbiddenTransition   the state machine has no such step
│   └── UnsupportedStep       a traversal step outside the portable profile
├── Conflict                  the graph is not (or no longer) as the caller assumed; nothing was written
│   ├── StatementMissed       a statement of a unit did not match what it must match
│   ├── Contention            others wrote the same things at the same time, as often as it was tried
│   └── OutOfStock            fewer units are free than were asked for
└── EngineError               the graph engine cannot serve
    ├── QueryTimeout          the traversal took longer than it may
    ├── QueryCancelled        whoever asked no longer waits for the answer
    ├── EngineUnavailable     the engine's server cannot be reached; nothing was written
    ├── OutcomeUnknown        the server went away while it committed: written as a whole or not at all
    ├── AccessRefused         the server does not accept the credentials, or they may not do this
    ├── StoreMissing          there is no store at that place
    ├── StoreLocked           another process holds the store
    ├── StoreDamaged          the store's files do not pass their checksums
    ├── StoreNewer            the store was written by a newer version
    ├── StoreOlder            the store was written by an older version and was not migrated
    └── StoreFull             the disk has no room for the commit
"""

from __future__ import annotations


class PerfectOrderError(Exception):
    """The root: ``code`` is stable and machine-readable, the text says what, where and what to do."""

    code = "ERROR"


class InvalidInput(PerfectOrderError):
    """What the caller said cannot be; ``field`` says where."""

    code = "INVALID_INPUT"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field = field
        self.message = message


class UnknownId(InvalidInput):
    """No vertex of the wanted kind has this id."""

    code = "UNKNOWN_ID"


class SchemaViolation(InvalidInput):
    """A label, property or value the schema does not know; refused before any I/O."""

    code = "SCHEMA_VIOLATION"


class ForbiddenTransition(InvalidInput):
    """The state machine has no such step."""

    code = "FORBIDDEN_TRANSITION"


class UnsupportedStep(InvalidInput):
    """A traversal step that is outside the portable profile or beyond the engine; refused before any I/O."""

    code = "UNSUPPORTED_STEP"

    def __init__(self, step: str, engine: str, instead: str) -> None:
        super().__init__(step, f"cannot run on {engine}: {instead}")
        self.step = step
        self.engine = engine
        self.instead = instead


class Conflict(PerfectOrderError):
    """The graph is not, or no longer, as the caller assumed."""

    code = "CONFLICT"


class StatementMissed(Conflict):
    """A statement of a unit gave ``got`` results where it must give ``wanted``; the unit was rolled back."""

    code = "STATEMENT_MISSED"

    def __init__(self, statement: str, *, wanted: int, got: int) -> None:
        super().__init__(f"{statement}: matched {got} where {wanted} must match; nothing was written")
        self.statement = statement
        self.wanted = wanted
        self.got = got


class Contention(Conflict):
    """Others wrote the same things at the same time; the unit was rolled back each time it was tried."""

    code = "CONTENTION"


class OutOfStock(Conflict):
    """Fewer units are free than were asked for."""

    code = "OUT_OF_STOCK"


class EngineError(PerfectOrderError):
    """The graph engine cannot serve."""

    code = "ENGINE_ERROR"


class QueryTimeout(EngineError):
    """The traversal took longer than it may."""

    code = "QUERY_TIMEOUT"


class QueryCancelled(EngineError):
    """Whoever asked no longer waits for the answer."""

    code = "QUERY_CANCELLED"


class EngineUnavailable(EngineError):
    """The engine's server cannot be reached, or went away before anything was committed."""

    code = "ENGINE_UNAVAILABLE"


class OutcomeUnknown(EngineError):
    """The server went away while it committed: all of the unit is written or none of it.

    Asking again under the same idempotency key settles which.
    """

    code = "OUTCOME_UNKNOWN"


class AccessRefused(EngineError):
    """The server does not accept the credentials, or they do not allow what was asked."""

    code = "ACCESS_REFUSED"


class StoreMissing(EngineError):
    """There is no store at that place."""

    code = "STORE_MISSING"


class StoreLocked(EngineError):
    """Another process holds the store."""

    code = "STORE_LOCKED"


class StoreDamaged(EngineError):
    """The store's files do not pass their checksums."""

    code = "STORE_DAMAGED"


class StoreNewer(EngineError):
    """The store was written by a newer version of the schema."""

    code = "STORE_NEWER"


class StoreOlder(EngineError):
    """The store was written by an older version of the schema, ``noted``, and was not migrated."""

    code = "STORE_OLDER"

    def __init__(self, message: str, *, noted: int) -> None:
        super().__init__(message)
        self.noted = noted


class StoreFull(EngineError):
    """The disk has no room for the commit."""

    code = "STORE_FULL"
