"""The errors of Gremlin servers in the words of ours.

They come as a status code, a text and the names of Java's exceptions; Neptune's text is a JSON object with a
code. What tells them apart is matched here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from graph.engines.gremlin_connections import ServerError
from graph.errors import (
    AccessRefused,
    Conflict,
    Contention,
    EngineError,
    InvalidInput,
    PerfectOrderError,
    QueryCancelled,
    QueryTimeout,
    UnknownId,
)

UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
_MALFORMED: Final = (497, 498, 499)
_TEMPORARY: Final = 596
_TIMEOUT: Final = 598

# TinkerPop's transactional graph, JanusGraph's locks, Neptune: in this order.
_CONFLICT: Final = re.compile(
    r"\bTransactionException\b|Conflict: element modified in another transaction"
    r"|PermanentLockingException|TemporaryLockingException|Local lock contention"
    r"|ConcurrentModificationException|ReadOnlyViolationException|ThrottlingException|TooManyRequestsException"
)
_TIMED_OUT: Final = re.compile(
    r"TimeLimitExceededException|TraversalInterruptedException|evaluation exceeded"
)
_TAKEN: Final = re.compile(r"Vertex with (?:given )?id already exists: (\S+)")
_NO_END: Final = re.compile(
    r"Vertex (?:id )?could not be resolved from mergeE|no vertex has the id|Vertex does not exist for mergeE|"
    r"could not be found and edge could not be created|NoSuchElementException|"
    r"The provided traverser does not map to a value"
)


def is_conflict(error: ServerError) -> bool:
    """Whether somebody else wrote the same things at the same time, so that trying again may do."""
    if error.code == _TEMPORARY:
        return True
    return bool(_CONFLICT.search(error.message) or _CONFLICT.search(" ".join(error.exceptions)))


def closed_under_it(error: BaseException | None) -> bool:
    """Whether JanusGraph had closed the transaction it ran a request in, as a new server sometimes does."""
    return isinstance(error, ServerError) and "transaction has already been closed" in error.message


def writer_moved(error: BaseException | None) -> bool:
    """Whether Neptune says that the server at the other end only reads by now; a new one finds the writer."""
    return isinstance(error, ServerError) and "ReadOnlyViolationException" in error.message


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server was asked: in ``words``, and whether it ``inserts``, that is makes what must be new.

    To what does not insert, a vertex that exists already is one that somebody else made after it had looked.
    """

    words: Callable[[], str]
    inserts: bool = False


def of_server(error: ServerError, request: Asked) -> PerfectOrderError:
    """What went wrong with the ``request``."""
    asked = request.words()
    words = f"{error.message} {' '.join(error.exceptions)}"
    if error.code == _TIMEOUT or _TIMED_OUT.search(words):
        return QueryTimeout(f"it took longer than it may; ask for less at once: {asked:.500}")
    taken = _TAKEN.search(error.message)
    if taken and request.inserts:
        return Conflict(f"{taken[1]} exists already; nothing was written")
    if writer_moved(error):
        return Contention(
            "the server only reads by now, and no other took over writing for as long as it was tried; "
            f"nothing was written: {asked:.500}"
        )
    if taken or is_conflict(error):
        return Contention(f"others wrote the same at the same time, each time it was tried: {asked:.500}")
    if error.code in (UNAUTHORIZED, FORBIDDEN) or "AccessDeniedException" in words:
        return AccessRefused(f"the server does not allow this: {error.message:.300}; check the credentials")
    if "CancelledByUserException" in words:
        return QueryCancelled("the server was told to give it up")
    if _NO_END.search(words):
        return UnknownId("edge", f"wants both its ends, and one is not there: {error.message:.300}")
    if error.code in _MALFORMED:
        return InvalidInput(
            "traversal", f"is not understood by the server ({error.message:.500}): {asked:.500}"
        )
    return EngineError(f"{error}\nwas the answer to {asked:.1000}")
