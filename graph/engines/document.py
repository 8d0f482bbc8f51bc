"""The generated part of docs/engines.md: ``python -m graph.engines.document`` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from graph.engines.features import ENGINES, Features
from graph.engines.gaps import GAPS

PATH: Final = Path(__file__).parents[2] / "docs" / "engines.md"

_BEGIN: Final = "<!-- from graph/engines/features.py and gaps.py: python -m graph.engines.document -->\n"
_END: Final = "<!-- to here -->\n"


def document(current: str) -> str:
    """``current`` with its generated part made anew."""
    before, _, rest = current.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{generated()}\n{_END}{after}"


def generated() -> str:
    """What each engine can and cannot do, one table each, and the table of gaps."""
    return "\n".join(line for part in (*map(_engine, ENGINES), _gaps()) for line in part)


def _engine(engine: Features) -> Iterator[str]:
    yield f"### {engine.title}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, says in facts(engine):
        yield f"| {name} | {'<br>'.join(says)} |"
    yield ""


def facts(engine: Features) -> list[tuple[str, tuple[str, ...]]]:
    """What there is to say of an engine, each with its name."""
    return [
        ("Opened by", tuple(f"`{form}`" for form in engine.opened_by)),
        ("Seen with", (engine.seen,)),
        ("A unit of statements", (engine.units,)),
        ("Others see", (engine.isolation,)),
        ("Writers that collide", (engine.conflicts,)),
        ("Several reads of one state", ("yes" if engine.consistent_reads else "no: refused",)),
        ("Time limit", (engine.time_limit,)),
        ("Stops when the client goes", ("yes" if engine.cancels else "no",)),
        ("Bulk load", (engine.bulk_load,)),
        ("Backup", (engine.backup,)),
        ("To know", engine.limits),
    ]


def _gaps() -> Iterator[str]:
    yield "### Known gaps"
    yield ""
    if not GAPS:
        yield "None: every test of the contract passes on every engine that runs in the tests."
        yield ""
        return
    yield "| Engine | Test of the contract | Why |"
    yield "| --- | --- | --- |"
    for gap in GAPS:
        yield f"| {gap.engine} | `{gap.test}` | {gap.reason} |"
    yield ""


if __name__ == "__main__":
    PATH.write_text(document(PATH.read_text(encoding="utf-8")), encoding="utf-8")
