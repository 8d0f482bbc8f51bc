"""Where an engine answers otherwise than the others, or cannot: known, with the reason.

The contract's tests expect exactly these to fail, and fail when one of them passes; docs/engines.md shows
them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Gap:
    """The contract's ``test`` (a function, or ``function[case]``) that ``engine`` does not pass, and why."""

    engine: str
    test: str
    reason: str


GAPS: Final[tuple[Gap, ...]] = (
    Gap(
        "neo4j",
        "test_texts['xxxxxxxxxxxxxxxxxxx]",
        "an indexed text may have about 8,100 bytes in Neo4j, and this one has 100,000",
    ),
)
