"""The Neo4j driver's errors, and what a Bolt server answers, in the words of ours."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    ConnectionAcquisitionTimeoutError,
    DriverError,
    Forbidden,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
)

from graph.engines.addresses import PASSWORD_VARIABLE, USER_VARIABLE, Address
from graph.errors import (
    AccessRefused,
    Conflict,
    Contention,
    EngineError,
    EngineUnavailable,
    InvalidInput,
    OutcomeUnknown,
    PerfectOrderError,
    QueryTimeout,
    StoreFull,
    StoreMissing,
    UnknownId,
)

Asked = Callable[[], str]
"""What was asked, for whoever reads the error; only called when there is one."""


class ConnectionLost(EngineUnavailable):
    """Another connection may do better."""


class NoEnd(UnknownId):
    """An edge lacks one of its ends; the server does not say which."""


_TAKEN: Final = re.compile(r"already exists with label `\w+` and property `id` = '(.*)'", re.DOTALL)
_TOO_LARGE_TO_INDEX: Final = re.compile(r"too large to index.*?schema=\(:(\w+) \{(\w+)\}\)", re.DOTALL)
_NO_END: Final = re.compile(r"Failed to create relationship .* is missing", re.DOTALL)
_TAKEN_IN_MEMGRAPH: Final = "unique constraint violation"
_CONFLICTS_IN_MEMGRAPH: Final = ("conflicting transactions", "serialization error")
_CONFLICT_IN_NEPTUNE: Final = "ConcurrentModificationException"
_COMMIT_FAILED: Final = "Neo.DatabaseError.Transaction.TransactionCommitFailed"
_NO_ROOM: Final = re.compile(r"No space left|disk is full|OutOfDiskSpace", re.IGNORECASE)

_ENDED: Final = frozenset(
    {
        "Neo.ClientError.Transaction.TransactionTerminated",
        "Neo.ClientError.Transaction.Terminated",
        "Neo.TransientError.Transaction.Terminated",
        "Neo.TransientError.Transaction.LockClientStopped",
        "Neo.ClientError.Transaction.LockClientStopped",
        "Neo.DatabaseError.Transaction.TransactionTerminated",
    }
)
_TOO_LATE: Final = "Neo.ClientError.Transaction.TransactionTimedOut"
_AWAY: Final = frozenset(
    {
        "Neo.TransientError.General.DatabaseUnavailable",
        "Neo.TransientError.Database.DatabaseUnavailable",
        "Neo.ClientError.Cluster.NotALeader",
        "Neo.ClientError.General.ForbiddenOnReadOnlyDatabase",
        "Neo.ClientError.Database.DatabaseUnavailable",
    }
)
_TOO_MUCH: Final = re.compile(r"OutOfMemory|MemoryLimit|StackOverFlow", re.IGNORECASE)
_GONE_MEANWHILE: Final = frozenset({"Neo.ClientError.Statement.EntityNotFound"})


def is_of_commit(error: Exception) -> bool:
    """Whether it was the commit that failed, so that nobody can tell what became of it."""
    return isinstance(error, IncompleteCommit) or (
        isinstance(error, Neo4jError) and error.code == _COMMIT_FAILED
    )


def of_driver(error: Exception, asked: Asked, address: Address, *, writing: bool) -> PerfectOrderError:
    """What went wrong with what was ``asked`` of the server at ``address``.

    What may be tried again comes as :class:`Contention` or :class:`ConnectionLost`.
    """
    if isinstance(error, IncompleteCommit):
        return OutcomeUnknown(
            f"{address.url} went away while it committed: {asked():.500} is written as a whole or not at "
            "all; ask again under the same idempotency key to settle which"
        )
    if isinstance(error, Neo4jError):
        return _of_server(error, asked, address, writing=writing)
    return of_connecting(error, address)


def of_connecting(error: Exception, address: Address) -> PerfectOrderError:
    """Why the server at ``address`` cannot be reached."""
    if isinstance(error, AuthError | Forbidden):
        return _refused(error, address)
    if isinstance(error, ConnectionAcquisitionTimeoutError):
        return busy(address)
    certificate = _certificate_behind(error)
    if certificate is not None:
        return EngineUnavailable(
            f"{address.url} shows a certificate that is not trusted ({certificate}); name the file of its "
            "authority with ca=FILE, or use the +ssc form of the scheme to trust any"
        )
    if isinstance(error, ServiceUnavailable | SessionExpired | OSError):
        return ConnectionLost(
            f"{address.url} cannot be reached or went away ({_first_line(error)}); nothing was written. "
            "Check that the server runs and listens there"
            + (", and that it offers TLS" if address.secure else ", and that it does not want TLS (+s)")
        )
    if isinstance(error, ConfigurationError):
        return InvalidInput("engine URL", f"does not fit what the server speaks: {_first_line(error)}")
    if isinstance(error, DriverError) and "closed" in str(error).lower():
        return EngineError(f"{address.url} is closed; open it again")
    return EngineError(f"{address.url}: {_first_line(error)}")


def busy(address: Address) -> EngineUnavailable:
    """All connections are in use, and stayed so."""
    return EngineUnavailable(
        f"all {address.pool} connections to {address.url} are busy; ask for less at once, or give it more "
        "with pool=N in the URL"
    )


def _of_server(error: Neo4jError, asked: Asked, address: Address, *, writing: bool) -> PerfectOrderError:
    code, said = error.code or "", error.message or ""
    if isinstance(error, AuthError | Forbidden) or ".Security." in code:
        return _refused(error, address)
    if code.startswith(_TOO_LATE):
        return too_late(asked)
    if code == "Neo.ClientError.Database.DatabaseNotFound":
        return StoreMissing(
            f"{address.url} has no database {address.database or 'of that name'}; name one with database=NAME"
        )
    if code in _AWAY or code in _ENDED:
        return ConnectionLost(
            f"{address.url} ended what it was asked ({_first_line(error)}); nothing was written. It stops or "
            f"changes its role, or somebody ended the transaction: {asked():.300}"
        )
    if _NO_ROOM.search(said):
        return StoreFull(f"the disk of {address.url} is full: the write was not done; free some room there")
    if _TOO_MUCH.search(code):
        return EngineError(
            f"{address.url} has not the memory for it; ask for less at once, or write smaller units: "
            f"{asked():.500}"
        )
    if code == _COMMIT_FAILED and writing:
        return OutcomeUnknown(
            f"{address.url} failed while it committed ({_first_line(error)}): {asked():.500} is written as a "
            "whole or not at all; ask again under the same idempotency key to settle which"
        )
    if large := _TOO_LARGE_TO_INDEX.search(said):
        return InvalidInput(
            f"{large[1]}.{large[2]}",
            "is indexed, and Neo4j indexes text of at most about 8,100 bytes; shorten it",
        )
    if _NO_END.search(said):
        return NoEnd("edge", f"wants both its ends, and one is not there: {asked():.500}")
    if taken := _TAKEN.search(said):
        return Conflict(f"{taken[1]} exists already; nothing was written")
    if _TAKEN_IN_MEMGRAPH in said:
        return Conflict(f"a vertex with the same id exists already; nothing was written: {asked():.300}")
    if _conflicts(error, code, said):
        return Contention(
            f"others write the same at the same time ({_first_line(error)}); nothing was written: "
            f"{asked():.500}"
        )
    if code == "Neo.ClientError.Statement.AccessMode":
        return InvalidInput("traversal", f"may only read here, and this one writes: {asked():.300}")
    return EngineError(f"{code}: {_first_line(error)}\nwas the answer to {asked():.1000}")


def _conflicts(error: Neo4jError, code: str, said: str) -> bool:
    if code in _GONE_MEANWHILE or "still has relationships" in said:
        return True
    if any(words in said.lower() for words in _CONFLICTS_IN_MEMGRAPH) or _CONFLICT_IN_NEPTUNE in said:
        return True
    return error.is_retryable()


def too_late(asked: Asked) -> QueryTimeout:
    """It took longer than it may."""
    return QueryTimeout(f"it took longer than it may; ask for less at once: {asked():.500}")


def not_unicode(asked: str) -> InvalidInput:
    """Text in what was ``asked`` cannot be sent."""
    return InvalidInput("text", f"holds a lone surrogate, which is not Unicode: {asked!a:.300}")


def demand_certificates(file: Path) -> None:
    """Raise :class:`InvalidInput` unless ``file`` has certificates that can be trusted."""
    try:
        ssl.create_default_context(cafile=str(file))
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput("engine URL", f"names no file of certificates with ca={file}: {error}") from None


def _refused(error: Exception, address: Address) -> AccessRefused:
    code = error.code if isinstance(error, Neo4jError) else ""
    if isinstance(error, Forbidden):
        return AccessRefused(
            f"{address.url} does not allow this to the user {address.user!r}; give it the right to read, "
            "write and change the schema of the database"
        )
    if code and "RateLimit" in code:
        return AccessRefused(
            f"{address.url} was given wrong credentials too often and lets nobody in for a while; set "
            f"{USER_VARIABLE} and {PASSWORD_VARIABLE} right and try again later"
        )
    who = f"of the user {address.user!r}" if address.user else "(none were given)"
    return AccessRefused(
        f"{address.url} does not accept the credentials {who}; set {USER_VARIABLE} and {PASSWORD_VARIABLE}, "
        "or write them into the URL"
    )


def _certificate_behind(error: BaseException | None) -> str | None:
    """What is wrong with the server's certificate, where that is what ``error`` comes from."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message)
        error = error.__cause__ or error.__context__
    return None


def _first_line(error: Exception) -> str:
    text = (error.message or str(error)) if isinstance(error, Neo4jError) else str(error)
    return text.strip().partition("\n")[0][:300] or type(error).__name__
