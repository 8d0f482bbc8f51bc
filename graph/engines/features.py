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
