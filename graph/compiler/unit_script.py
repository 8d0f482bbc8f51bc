"""Several compiled traversals as one script that all holds or does not hold at all.

Neighbours of one shape become one loop over their values, which the engine reads four times as fast as
as many copies of the same text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from graph.compiler.compiler import Compiled
from graph.compiler.graphersal_script import Template
from graph.compiler.literals import packed

_MISS: Final = "statement missed "


@dataclass(frozen=True, slots=True)
class Miss:
    """Statement ``index`` of a unit gave ``got`` results, and not as many as it must."""

    index: int
    got: int


def missed(error: str) -> Miss | None:
    """The miss that made a script throw ``error``, if it was one."""
    if not error.startswith(_MISS):
        return None
    index, got = map(int, error.removeprefix(_MISS).split())
    return Miss(index, got)


def unit_script(
    compiled: Sequence[Compiled[Template]], expected: Sequence[int | None]
) -> tuple[str, dict[str, Any]]:
    """The script and its parameters; it gives the list of the statements' results.

    It throws what :func:`missed` reads when a statement gives not as many results as ``expected``.
    """
    params: dict[str, Any] = {}
    lines = list(dict.fromkeys(each.plan.prelude for each in compiled))
    lines.append("let all=[];")
    numbered = list(enumerate(zip(compiled, expected, strict=True)))
    for (_, expect), run in groupby(numbered, key=lambda n: (id(n[1][0].shaped), n[1][1])):
        alike = [(index, each) for index, (each, _) in run]
        lines.append(
            _loop(alike, expect, params) or "".join(_one(i, each, expect, params) for i, each in alike)
        )
    lines.append("all")
    return "\n".join(lines), params


def _one(index: int, each: Compiled[Template], expect: int | None, params: dict[str, Any]) -> str:
    return _kept(each.plan.expression(each.values, params, f"p{index}_"), expect)


def _loop(
    alike: list[tuple[int, Compiled[Template]]], expect: int | None, params: dict[str, Any]
) -> str | None:
    """One loop for statements of one shape, if there are several and their values can travel packed."""
    if len(alike) < 2:
        return None
    first, template = alike[0][0], alike[0][1].plan
    rows = packed([template.sent(each.values) for _, each in alike])
    if rows is None:
        return None
    params[f"p{first}_"] = rows
    results = template.results("g" + template.fill_from_row("row"))
    return f"for row in parse_json(p{first}_){{{_kept(results, expect)}}}"


def _kept(results: str, expect: int | None) -> str:
    check = ""
    if expect is not None:
        check = f'if it.len()!={expect:d}{{throw "{_MISS}"+all.len()+" "+it.len();}}'
    return f"let it={results};{check}all.push(it);"
