"""A traversal in Cypher: one parametrised statement, and how its answers become plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graph.compiler.cypher.answers import PLAIN, Form, decoded, demand_plain, is_plain
from graph.compiler.holds import Column
from graph.compiler.value_checks import column_of
from graph.schema.elements import INT64_MAX

_VARIANTS_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class Window:
    """A parameter that says how many come from ``start`` up to ``end`` (slots; -1 is to the end)."""

    start: int
    end: int

    def __call__(self, values: Sequence[Any]) -> int:
        """How many."""
        start: int = values[self.start]
        end: int = values[self.end]
        return INT64_MAX - start if end == -1 else max(0, end - start)


@dataclass(frozen=True)
class CypherStatement:
    """A statement that gives one record for each result, under the name ``r``; none when it drops.

    How often a ``repeat`` goes round is a part of the text, so ask :meth:`for_values` for the statement to
    run. ``ends`` are where the ids stand that edges to be written lead between: where one of them is missing,
    Neo4j fails with "Failed to create relationship ..., node ... is missing", and :meth:`end_ids` tells which
    ids to look for.
    """

    text: str
    slots: tuple[int, ...] = ()
    windows: tuple[tuple[str, Window], ...] = ()
    form: Form = PLAIN
    ends: tuple[Column, ...] = ()
    open: bool = False
    """Whether there may be elements in the results, so that they must be looked at."""
    rounds: tuple[int, ...] = ()
    """The slots of the numbers that the text depends on; empty when it is the one to run."""
    chosen: Callable[[tuple[int, ...]], CypherStatement] | None = None
    _variants: dict[tuple[int, ...], CypherStatement] = field(default_factory=dict, compare=False, repr=False)

    @property
    def plain(self) -> bool:
        """Whether results are left as they come, so that :meth:`decode` need not be called."""
        return is_plain(self.form) and not self.open

    def for_values(self, values: Sequence[Any]) -> CypherStatement:
        """The statement to run for ``values``: this one, unless its text depends on some of them."""
        if self.chosen is None:
            return self
        rounds = tuple(values[slot] for slot in self.rounds)
        found = self._variants.get(rounds)
        if found is None:
            found = self.chosen(rounds)
            if len(self._variants) >= _VARIANTS_KEPT:
                self._variants.clear()
            self._variants[rounds] = found
        return found

    def parameters(self, values: Sequence[Any]) -> dict[str, Any]:
        """The parameters of the statement for ``values``, in the order of the traversal's slots."""
        if self.chosen is not None:
            raise ValueError("ask for_values() for the statement that is to run first")
        given = {f"p{slot}": values[slot] for slot in self.slots}
        for name, window in self.windows:
            given[name] = window(values)
        return given

    def decode(self, value: Any) -> Any:
        """One result in plain Python; may change ``value``."""
        return decoded(self.form, demand_plain(value) if self.open else value)

    def end_ids(self, values: Sequence[Any]) -> list[str]:
        """The ids that edges to be written lead between, as far as they are given."""
        return list(dict.fromkeys(id for column in self.ends for id in column_of(column, values)))
