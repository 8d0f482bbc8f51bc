"""Steps that find elements and go along edges."""

from __future__ import annotations

from dataclasses import replace

from graph.compiler import holds
from graph.compiler.clauses import Clause
from graph.compiler.cypher.clauses import Hop, Plainly, Scan
from graph.compiler.cypher.naming import is_variable, quoted
from graph.compiler.cypher.rows import Following, Rows, Stream, unsupported
from graph.compiler.cypher.traverser import Value
from graph.compiler.holds import Edges, Vertices
from graph.compiler.shape import ITEMS
from graph.compiler.step_tree import Slot

_ARROWS = {"out": ("-", "->"), "in": ("<-", "-"), "both": ("-", "-")}


def find_vertices(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``V``: by ids, or by the labels that the steps after it leave."""
    stream = rows.stream()
    variable = stream.c.names.new("v")
    value = Value(variable, following.after)
    arguments = clause.step.arguments
    single = stream.t.single or not stream.started
    if not arguments:
        stream.add(Scan(variable, _label(stream, following)), variable)
        single = False
    elif len(arguments) == 1 and isinstance(arguments[0], Slot) and arguments[0].shape is str:
        id = stream.c.parameter(arguments[0])
        stream.add(Scan(variable, "V", f" {{id: {id}}}"), variable)
    else:
        ids = ", ".join(stream.c.given(a, "V").text for a in arguments)
        listed = len(arguments) == 1 and isinstance(arguments[0], Slot)
        listed = listed and arguments[0].shape[0] == ITEMS  # type: ignore[union-attr]
        each = stream.c.names.new("x")
        stream.add(Plainly(f"UNWIND {ids if listed else f'[{ids}]'} AS {each}"), each)
        stream.add(Scan(variable, "V", f" {{id: {each}}}"), variable)
        single = False
    stream.started = True
    stream.go(value)
    stream.t = replace(stream.t, single=single)
    return None


def _label(stream: Stream, following: Following) -> str:
    """The label to scan: ``V`` unless the first steps after it leave only some kinds."""
    labels: frozenset[str] | None = None
    held: holds.Holds = following.after
    scope = stream.scope.inner()
    for clause in following.rest:
        if clause.name not in ("has", "hasLabel"):
            break
        checks = list(stream.c.flow.checks)
        held = stream.c.meaning(clause, held, scope, ())
        stream.c.flow.checks = checks
        if isinstance(held, Vertices) and held.labels != frozenset(stream.c.flow.schema.vertices):
            labels = held.labels
    return "|".join(map(quoted, sorted(labels))) if labels else "V"


def find_edges(rows: Rows, _clause: Clause, following: Following) -> int | None:
    """``E``: with the labels that a ``hasLabel`` after it leaves."""
    stream = rows.stream()
    labels: list[str] = []
    if following.rest and following.rest[0].name == "hasLabel":
        labels = [a for a in following.rest[0].step.arguments if isinstance(a, str)]
    edge, start, end = (stream.c.names.new(letter) for letter in "evv")
    types = ":" + "|".join(map(quoted, labels)) if labels else ""
    stream.expand(Hop(start, edge, types, end))
    stream.started = True
    stream.go(Value(edge, following.after, ends=(start, end)))
    return None


def walk(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``out``, ``in``, ``both`` and the same to edges."""
    way = clause.name.removesuffix("E")
    start = rows.bind()
    labels = [quoted(str(label)) for label in clause.step.arguments]
    types = ":" + "|".join(labels) if labels else ""
    if not clause.name.endswith("E"):
        end = rows.c.names.new("v")
        rows.expand(Hop(start, "", types, end, _ARROWS[way]))
        rows.go(Value(end, following.after))
        return None
    edge, end = rows.c.names.new("e"), rows.c.names.new("v")
    rows.expand(Hop(start, edge, types, end, _ARROWS[way]))
    ends = {"out": (start, end), "in": (end, start)}.get(way)
    rows.go(Value(edge, following.after, ends=ends))
    return None


def go_to_end(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``outV`` and ``inV``."""
    ends = rows.current.ends
    which = 0 if clause.name == "outV" else 1
    if ends is not None:
        rows.go(Value(ends[which], following.after, missing=rows.current.missing))
        return None
    if isinstance(rows.current.held, Edges) or is_variable(rows.current.text):
        function = ("startNode", "endNode")[which]
        text = f"{function}({rows.current.text})"
        rows.go(Value(text, following.after, missing=rows.current.missing))
        return None
    raise unsupported(clause.name, "start from an edge that is named")
