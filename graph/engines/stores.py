"""Stores on disk: opening and making them, who holds them, backups of them.

A store is a directory. One process holds it at a time; a small file in it says which, so that the next
one can be told.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import graphersal

from graph.engines.graphersal_errors import is_locked, of_store
from graph.errors import EngineError, InvalidInput, StoreDamaged, StoreLocked, StoreMissing

_HOLDER: Final = "holder.json"


def open_store(path: Path, *, create: bool) -> graphersal.Store:
    """Open the store at ``path`` for this process; with ``create`` make it when there is none.

    Raises :class:`StoreMissing`, :class:`StoreLocked`, :class:`StoreDamaged` and their like.
    """
    if path.suffix == ".gstore":
        raise InvalidInput(
            "engine URL", f"names a single file, {path}; a store is a directory: leave .gstore out"
        )
    store = _opened(path, create=create)
    if store.maintenance is not None:
        report = _damage(store.maintenance)
        store.close()
        raise StoreDamaged(f"{path} is damaged: {report}; restore a backup to a new place")
    _note_holder(path)
    return store


def _opened(path: Path, *, create: bool) -> graphersal.Store:
    try:
        if create and _is_free(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            return graphersal.Store.create(str(path))
        _demand_something(path)
        return graphersal.Store.open(str(path))
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}") from None
    except graphersal.GraphersalError as error:
        if is_locked(error):
            raise StoreLocked(_held(path)) from None
        raise of_store(error, str(path)) from None


def _damage(report: str) -> str:
    """What the store says is damaged, without its advice: a backup is restored here, nothing repaired."""
    return report.splitlines()[0].partition("; a repair")[0]


def _demand_something(path: Path) -> None:
    if _is_free(path):
        raise StoreMissing(
            f"there is no store at {path}: check the path, or make one there with "
            f"`perfect-order demo --engine embedded:{path}`"
        )


def _is_free(path: Path) -> bool:
    return not path.exists() or (path.is_dir() and not any(path.iterdir()))


def close_store(store: graphersal.Store, path: Path) -> None:
    """Let go of the store."""
    try:
        store.close()
    except graphersal.GraphersalError as error:
        # The journal gave up earlier, and its commit was refused then: nothing is lost by closing.
        if getattr(error, "cause", None) != "journal_sync_failed":
            raise of_store(error, str(path)) from None
    finally:
        with suppress(OSError):
            (path / _HOLDER).unlink()


def _note_holder(path: Path) -> None:
    """Say who holds the store; where that cannot be written, the lock holds all the same."""
    holder = {"pid": os.getpid(), "command": _command()}
    with suppress(OSError):
        (path / _HOLDER).write_text(json.dumps(holder), encoding="utf-8")


def _command() -> str:
    """The program and what it was told to do; its options are nobody's business."""
    name, *arguments = sys.argv or ["python"]
    return " ".join([Path(name).name or "python", *(a for a in arguments[:1] if not a.startswith("-"))])


def _held(path: Path) -> str:
    """Who holds the store, and how to go on."""
    try:
        holder = json.loads((path / _HOLDER).read_text(encoding="utf-8"))
        pid, command = int(holder["pid"]), str(holder["command"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"another process holds the store at {path}; stop it, or use another store"
    if pid == os.getpid():
        return f"this process (pid {pid}) has the store at {path} open already; close that first"
    return f"process {pid} ({command}) holds the store at {path}; stop it, or use another store"


def restore_backup(backup: Path, target: Path) -> None:
    """Make a store at ``target``, which must not exist yet, of ``backup``, which stays as it is."""
    if not _is_free(target):
        raise InvalidInput("target", f"is there already: {target}; name a new place")
    unfinished = target.with_name(f"{target.name}.restoring")
    try:
        problems = verify_store(backup)
        if problems:
            raise StoreDamaged(f"the backup at {backup} is damaged: {problems[0]}")
        shutil.rmtree(unfinished, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(backup, unfinished)
        graphersal.Store.restore_backup(str(unfinished))
        if target.exists():
            target.rmdir()
        unfinished.rename(target)
    except graphersal.GraphersalError as error:
        if getattr(error, "cause", None) == "not_a_backup":
            raise InvalidInput("backup", f"is a store, not a backup: {backup}") from None
        raise of_store(error, str(backup)) from None
    except OSError as error:
        raise EngineError(f"cannot copy {backup} to {target}: {error}") from None
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def verify_store(path: Path) -> list[str]:
    """The problems in the files of the store or backup at ``path``, which nobody may hold meanwhile."""
    _demand_something(path)
    try:
        store = _opened_to_look(path)
    except graphersal.GraphersalError as error:
        if is_locked(error):
            raise StoreLocked(_held(path)) from None
        translated = of_store(error, str(path))
        if isinstance(translated, StoreDamaged):
            return [str(translated)]
        raise translated from None
    try:
        found = [_damage(store.maintenance)] if store.maintenance is not None else []
        return found + [str(problem) for problem in store.verify()["problems"]]
    finally:
        store.close()


def _opened_to_look(path: Path) -> graphersal.Store:
    try:
        return graphersal.Store.open(str(path))
    except graphersal.GraphersalError as error:
        if "is a backup" in str(error):
            return graphersal.Store.open_backup(str(path))
        raise
