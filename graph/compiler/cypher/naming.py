"""Names in a statement: variables, numbered as they come, and quoted names of the schema."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from graph.errors import InvalidInput

_QUOTED: Final = re.compile(r"`[^`]*`|'[^']*'")
_VARIABLE: Final = re.compile(r"(?<![\w$.])[vexl]\d+\b")
_CHEAP: Final = re.compile(r"\$\w+|[vexl]\d+(\.`[^`]*`)*|null")
_AGGREGATE: Final = re.compile(r"\b(?:collect|count|sum|min|max)\(")
_PLAIN_VARIABLE: Final = re.compile(r"[vexl]\d+")


def quoted(name: str) -> str:
    """A label, a property or a key as Cypher writes it.

    Neo4j reads ``\\u0060`` as the quote that it stands for, even within quotes, so there is no backslash.
    """
    if "\\" in name:
        raise InvalidInput(
            "name", f"{name!r} has a backslash, which names in Cypher cannot; call it otherwise"
        )
    return f"`{name.replace('`', '``')}`"


def variables_in(text: str) -> set[str]:
    """The variables that ``text`` speaks of, those of its subqueries included."""
    return set(_VARIABLE.findall(_QUOTED.sub("``", text)))


def aggregates(text: str) -> bool:
    """Whether a subquery in the expression aggregates."""
    return _AGGREGATE.search(_QUOTED.sub("``", text)) is not None


def is_variable(text: str) -> bool:
    """Whether the expression is a variable and nothing else."""
    return _PLAIN_VARIABLE.fullmatch(text) is not None


def is_cheap(text: str) -> bool:
    """Whether the expression costs so little that it may be said twice."""
    return _CHEAP.fullmatch(text) is not None


class Names:
    """New variables: ``v`` for vertices, ``e`` for edges, ``x`` for values, ``l`` for what stays inside."""

    def __init__(self) -> None:
        self._last = 0

    def new(self, letter: str) -> str:
        """The next one."""
        self._last += 1
        return f"{letter}{self._last}"


def in_order(variables: Iterable[str]) -> list[str]:
    """Variables in the order in which they were named."""
    return sorted(variables, key=lambda name: int(name[1:]))
