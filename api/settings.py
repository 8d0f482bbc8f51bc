"""What can be set about the server; each setting has a default that suits one machine."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from graph.errors import InvalidInput

PREFIX: Final = "PERFECT_ORDER_"


@dataclass(frozen=True)
class Limits:
    """What one request may ask for; beyond it is refused before anything is read."""

    depth: int = 14
    aliases: int = 60
    tokens: int = 4_000
    cost: int = 60_000
    page: int = 100
    body_bytes: int = 1 << 20
    read_ms: int = 2_000
    explore_ms: int = 200


@dataclass(frozen=True)
class Settings:
    """The server's settings.

    ``cursor_key`` signs cursors: without one set, those of one run are not valid in the next.
    ``drain_s`` is how long requests in flight have to finish once the server is told to stop.
    ``backups`` is the folder that running backups go to.
    """

    limits: Limits = field(default_factory=Limits)
    reading_threads: int = 8
    writing_threads: int = 4
    drain_s: int = 10
    poll_s: float = 2.0
    cursor_key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    allowed_origins: tuple[str, ...] = ()
    backups: Path = Path(".data/backups")


def settings_from(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings with what the environment says instead of the defaults.

    Raises :class:`~graph.errors.InvalidInput` naming the variable.
    """
    defaults = Settings()
    key = environment.get(f"{PREFIX}CURSOR_KEY")
    origins = environment.get(f"{PREFIX}ALLOWED_ORIGINS", "")
    return Settings(
        reading_threads=_count(environment, "READING_THREADS", defaults.reading_threads),
        writing_threads=_count(environment, "WRITING_THREADS", defaults.writing_threads),
        drain_s=_count(environment, "DRAIN_S", defaults.drain_s),
        cursor_key=defaults.cursor_key if key is None else _key(key),
        backups=Path(environment.get(f"{PREFIX}BACKUPS", defaults.backups)),
        allowed_origins=tuple(origin.strip() for origin in origins.split(",") if origin.strip()),
    )


def _count(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(PREFIX + name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000:
        raise InvalidInput(PREFIX + name, f"wants a number from 1 to 1000, got {text!r:.40}")
    return int(text)


def _key(text: str) -> bytes:
    if len(text) < 16:
        raise InvalidInput(f"{PREFIX}CURSOR_KEY", f"wants at least 16 characters, got {len(text)}")
    return text.encode()
