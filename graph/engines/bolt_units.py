"""The statements of a unit as requests: neighbours that differ in their values alone travel as one.

``UNWIND $rows AS row_ CALL (row_) { the statement, with row_.p0 for $p0 }`` runs the statement once for each
row, in order, each seeing what those before it wrote, at a fraction of the time of one request for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from graph.compiler.cypher.statement import CypherStatement

_ROWS_AT_ONCE: Final = 500

_PARAMETER: Final = re.compile(r"\$(p\d+)\b")
_SCOPE: Final = re.compile(r"\bCALL \(\s*(\))?")
_ANSWERS: Final = re.compile(r"\bAS r\b")
# A row may not say how many: these want a parameter.
_COUNTED: Final = re.compile(r"\b(?:LIMIT|SKIP) (?!\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement of a unit and its values."""

    statement: CypherStatement
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent for the statements of a unit from ``first`` on."""

    first: int
    asked: Sequence[Asked]
    text: str
    parameters: dict[str, Any]

    def answers(self, column: list[Any]) -> list[list[Any]]:
        """What each of the statements answers, from the one column of the answer to all of them."""
        if len(self.asked) == 1:
            return [_decoded(self.asked[0].statement, column)]
        answers: list[list[Any]] = [[] for _ in self.asked]
        for place, result in column:
            answers[place].append(result)
        return [_decoded(a.statement, answer) for a, answer in zip(self.asked, answers, strict=True)]


def requests(unit: Sequence[Asked], *, together: bool) -> Iterator[Request]:
    """The requests for the statements of a unit, in order; one for each unless they may go ``together``."""
    first = 0
    for text, run in groupby(unit, key=lambda asked: asked.statement.text):
        alike = list(run)
        joint = joint_text(text) if together and len(alike) > 1 else None
        most = _ROWS_AT_ONCE if joint is not None else 1
        for start in range(0, len(alike), most):
            some = alike[start : start + most]
            yield _request(first + start, some, joint)
        first += len(alike)


def _request(first: int, some: Sequence[Asked], joint: str | None) -> Request:
    if joint is None or len(some) == 1:
        statement, values = some[0].statement, some[0].values
        return Request(first, some, statement.text, statement.parameters(values))
    rows = [{"place": n, **each.statement.parameters(each.values)} for n, each in enumerate(some)]
    return Request(first, some, joint, {"rows": rows})


@lru_cache(maxsize=1024)
def joint_text(text: str) -> str | None:
    """The statement that runs ``text`` for each of ``$rows``; None where it cannot be."""
    if not _ANSWERS.search(text) or _COUNTED.search(text):
        return None
    inner = _PARAMETER.sub(r"row_.\1", text)
    inner = _SCOPE.sub(lambda scope: "CALL (row_)" if scope[1] else "CALL (row_, ", inner)
    return f"UNWIND $rows AS row_ CALL (row_) {{ {inner} }} RETURN [row_.place, r] AS r"


def _decoded(statement: CypherStatement, answer: list[Any]) -> list[Any]:
    return answer if statement.plain else [statement.decode(value) for value in answer]
