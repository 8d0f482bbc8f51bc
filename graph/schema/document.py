"""The model as a document: ``docs/model.md`` is generated from the declared kinds.

Run ``python -m graph.schema.document`` to write it anew; a test keeps it current.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from graph.schema.elements import EdgeKind, Property, VertexKind
from graph.schema.lifecycle import LIFECYCLES, Lifecycle
from graph.schema.model import SCHEMA, SECTIONS

PATH = Path(__file__).parents[2] / "docs" / "model.md"


def document() -> str:
    """The whole document, Markdown with Mermaid diagrams."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "# The graph"
    yield ""
    yield (
        f"Version {SCHEMA.version}: {len(SCHEMA.vertices)} kinds of vertices, "
        f"{len(SCHEMA.edges)} kinds of edges. "
        "Generated from `graph/schema` by `python -m graph.schema.document`."
    )
    yield ""
    yield "Times are UTC epoch milliseconds, money is integer minor units."
    yield "Quantities are integers of the SKU's base unit."
    yield ""
    yield from _diagram([edge for section in SECTIONS for edge in section.EDGES])
    for section in SECTIONS:
        yield from _section(str(section.__doc__).strip(), section.VERTICES, section.EDGES)
    yield "## State machines"
    yield ""
    for lifecycle in LIFECYCLES:
        yield from _state_machine(lifecycle)


def _diagram(edges: Sequence[EdgeKind]) -> Iterator[str]:
    yield "```mermaid"
    yield "graph LR"
    for edge in edges:
        for start, end in edge.ends:
            yield f"    {start} -->|{edge.label}| {end}"
    yield "```"
    yield ""


def _section(title: str, vertices: Sequence[VertexKind], edges: Sequence[EdgeKind]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    for vertex in vertices:
        yield f"### {vertex.label}"
        yield ""
        yield f"{vertex.doc} Id: `{vertex.prefix}/` and {vertex.key}."
        yield ""
        yield from _properties(vertex.properties)
    if edges:
        yield "| edge | between | properties | meaning |"
        yield "| --- | --- | --- | --- |"
        for edge in edges:
            yield f"| `{edge.label}` | {_ends(edge)} | {_inline(edge.properties)} | {edge.doc} |"
        yield ""


def _properties(properties: Sequence[Property]) -> Iterator[str]:
    yield "| property | type | unit | meaning |"
    yield "| --- | --- | --- | --- |"
    for known in properties:
        marks = [
            known.type.value,
            *(["optional"] if not known.required else []),
            *(["indexed"] if known.indexed else []),
        ]
        meaning = "; ".join(part for part in (known.doc, _choices(known)) if part)
        yield f"| `{known.name}` | {', '.join(marks)} | {known.unit} | {meaning} |"
    yield ""


def _choices(known: Property) -> str:
    return "one of " + ", ".join(f"`{value}`" for value in known.one_of) if known.one_of else ""


def _ends(edge: EdgeKind) -> str:
    many = " (at most one out)" if edge.to_one else ""
    return ", ".join(f"{start} → {end}" for start, end in edge.ends) + many


def _inline(properties: Sequence[Property]) -> str:
    return ", ".join(f"`{known.name}`" + (f" ({known.unit})" if known.unit else "") for known in properties)


def _state_machine(lifecycle: Lifecycle) -> Iterator[str]:
    yield f"### The {lifecycle.name}"
    yield ""
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {lifecycle.initial}"
    for state, after in lifecycle.moves.items():
        for following in after:
            yield f"    {state} --> {following}"
        if not after:
            yield f"    {state} --> [*]"
    yield "```"
    yield ""


if __name__ == "__main__":
    PATH.write_text(document(), encoding="utf-8")
