"""Graphersal's errors in the words of ours.

Its errors are texts; what tells them apart is matched here and nowhere else, with a test for each.
"""

from __future__ import annotations

import re
from typing import Final

import graphersal

from graph.errors import (
    Conflict,
    EngineError,
    InvalidInput,
    PerfectOrderError,
    QueryTimeout,
    StoreDamaged,
    StoreFull,
    StoreMissing,
    StoreNewer,
    UnknownId,
)

_NO_ROOM: Final = re.compile(r"No space left|File too large|Disk quota exceeded|os error (?:28|27|122)\b")
_DAMAGED: Final = re.compile(r"[Cc]orrupt|checksum|[Dd]amaged|found damage")
_NEWER: Final = re.compile(
    r"newer (?:version|format)|(?:format|version) \d+ is newer|unsupported (?:store )?format"
)
_LOCKED: Final = "another writer holds its lock"
_TAKEN: Final = re.compile(r"Vertex with ID '(.*?)' already exists")
_NO_END: Final = re.compile(r"Vertex id could not be resolved from mergeE: (.*)")
_NOT_UNICODE: Final = "unsupported parameter type 'str'"
_NULL_END: Final = "expected type [vertex or vertex id], got type 'null'"


def is_locked(error: graphersal.GraphersalError) -> bool:
    """Whether another process, or another opening in this one, holds the store."""
    return _LOCKED in str(error)


def of_traversal(error: graphersal.GraphersalError, asked: str) -> PerfectOrderError:
    """What went wrong with what was ``asked``."""
    text = str(error)
    if "evaluationTimeout" in text:
        return QueryTimeout(f"it took longer than it may; ask for less at once: {asked:.500}")
    if _NO_ROOM.search(text):
        return StoreFull(
            "the disk is full: the write was not done, all before it is kept, reading goes on; "
            "free some room and start again"
        )
    if "found damage" in text:
        return StoreDamaged(
            "the store's files are damaged, so nothing more is written; restore a backup to a new place, "
            "or export what can still be read"
        )
    if taken := _TAKEN.search(text):
        return Conflict(f"{taken[1]} exists already; nothing was written")
    if end := _NO_END.search(text):
        return UnknownId("edge", f"wants both its ends, and there is no vertex {end[1].split()[0]}")
    if _NULL_END in text:
        return UnknownId("edge", f"wants both its ends, and one is not there: {asked:.500}")
    if _NOT_UNICODE in text:
        return not_unicode(asked)
    if "the store is closed" in text:
        return EngineError("the engine is closed; open it again")
    if "exceeds maximum complexity" in text:
        return InvalidInput("traversal", f"is too long or too deeply nested; cut it in two: {asked:.500}")
    return EngineError(f"{text}\nwas the answer to {asked:.1000}")


def not_unicode(asked: str) -> InvalidInput:
    """Text in what was ``asked`` cannot be sent."""
    return InvalidInput("text", f"holds a lone surrogate, which is not Unicode: {asked!a:.300}")


def of_store(error: graphersal.GraphersalError, where: str) -> PerfectOrderError:
    """What is wrong with the store or backup at ``where``."""
    text = str(error).removeprefix("Error: ").splitlines()[0]
    if _NO_ROOM.search(text):
        return StoreFull(f"the disk of {where} is full; free some room and try again")
    if "is not a Graphersal store" in text or "No such file" in text:
        return StoreMissing(
            f"{where} holds something else than a store, and is left as it is; name another place"
        )
    if "is a backup" in text:
        return InvalidInput("engine URL", f"names a backup, {where}; restore it to a new place and open that")
    if _NEWER.search(text):
        return StoreNewer(f"the store at {where} was written by a newer version: {text}")
    if _DAMAGED.search(text):
        return StoreDamaged(f"{where} is damaged: {text}; restore a backup to a new place")
    return EngineError(f"{where}: {text}")
