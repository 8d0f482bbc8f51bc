"""How those who move a graph say how far they are."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what is being done and how far it is."""

    def begin(self, phase: str, total: int | None) -> None:
        """A phase begins, of ``total`` elements where that is known."""

    def advance(self, elements: int) -> None:
        """So many more are done."""


class Silent:
    """Nobody looks."""

    def begin(self, phase: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, elements: int) -> None:
        """Say nothing."""
