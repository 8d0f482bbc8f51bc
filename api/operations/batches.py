"""Cutting long lists into the batches that one round trip takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")

ROWS_A_READ = 1000
"""How many ids one reading traversal takes."""

ORDERS_A_UNIT = 25
"""How many orders one unit of work writes: few enough that readers are not held up."""


def in_chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """``items`` in order, in runs of ``size``; the last one may be shorter, and nothing makes no run."""
    if size < 1:
        raise ValueError(f"a batch of {size} items holds nothing")
    for start in range(0, len(items), size):
        yield items[start : start + size]
