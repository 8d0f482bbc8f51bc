"""Steps that write. What is written on a condition is locked first, and the condition is looked at again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graph.compiler.clauses import Clause
from graph.compiler.cypher.answers import LOCK
from graph.compiler.cypher.clauses import Plainly, Scan
from graph.compiler.cypher.naming import in_order, quoted, variables_in
from graph.compiler.cypher.rows import Following, Rows, Stream, first, unsupported
from graph.compiler.cypher.traverser import Value
from graph.compiler.holds import Column, Edges, Values, Vertices
from graph.compiler.shape import Token
from graph.compiler.step_tree import Argument, Slot, StepTree

_OUT, _IN, _ID = "Direction.OUT", "Direction.IN", "T.id"


def add_vertex(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``addV`` with the properties right after it."""
    stream = rows.stream()
    label = quoted(str(clause.step.arguments[0]))
    properties, used = _given_properties(stream, following.rest)
    variable = stream.c.names.new("v")
    stream.add(Plainly(f"CREATE ({variable}:V:{label} {{{properties}}})"), variable)
    stream.locked.add(variable)
    _arrive(stream, Value(variable, following.after))
    return used


def _arrive(stream: Stream, value: Value) -> None:
    single = stream.t.single or not stream.started
    stream.started = True
    stream.go(value)
    stream.t = replace(stream.t, single=single)


def _given_properties(stream: Stream, rest: Sequence[Clause]) -> tuple[str, int]:
    """The properties that come with their values right after a new element, and how many clauses they are."""
    written = []
    for clause in rest:
        if clause.name != "property" or isinstance(clause.step.arguments[-1], StepTree):
            break
        name, value = _assignment(clause)
        written.append(f"{name}: {stream.c.given(value, 'property').text}")
    return ", ".join(written), len(written)


def _assignment(clause: Clause) -> tuple[str, Argument]:
    *names, value = clause.step.arguments
    name = names[-1]
    return ("`id`" if isinstance(name, Token) else quoted(str(name))), value


def set_property(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``property``, as many as follow each other, as one write."""
    stream = rows.stream()
    stream.require()
    variable = stream.bind()
    run = [clause]
    for other in following.rest:
        if other.name != "property":
            break
        run.append(other)
    pure = True
    assignments = []
    for each in run:
        name, value = _assignment(each)
        text, given = _to_assign(stream, variable, name, value)
        pure = pure and given
        assignments.append(f"{variable}.{name} = {text}")
    written = f"SET {', '.join(assignments)}"
    conditions = stream.kept.get(variable, [])
    if variable in stream.locked or (pure and not conditions):
        stream.add(Plainly(written))
    else:
        _write_locked(stream, variable, conditions, written)
    return len(run) - 1


def _to_assign(stream: Stream, variable: str, name: str, value: Argument) -> tuple[str, bool]:
    if not isinstance(value, StepTree):
        return stream.c.given(value, "property").text, True
    before = len(stream.clauses)
    found = first(stream, value)
    if len(stream.clauses) > before:
        # It would be read before the lock is taken.
        raise unsupported("property(name, ...) of what many give", "compute it in a statement before")
    # What yields nothing leaves the property alone.
    return (f"coalesce({found.text}, {variable}.{name})" if found.missing else found.text), False


def _write_locked(stream: Stream, variable: str, conditions: Sequence[str], written: str) -> None:
    """Row by row: take the lock, look again, write."""
    nothing, done = stream.c.names.new("x"), stream.c.names.new("x")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    body = f"SET {variable}.{quoted(LOCK)} = true WITH 1 AS {nothing}{where} {written} RETURN true AS {done}"
    imported = in_order(variables_in(body) & (stream.variables | stream.outer))
    stream.add(Plainly(f"CALL ({', '.join(imported)}) {{ {body} }}"), done)
    stream.locked.add(variable)


def drop(rows: Rows, _clause: Clause, following: Following) -> int | None:
    """``drop``, at the very end."""
    stream = rows.stream()
    if following.rest or stream.outer:
        raise unsupported("drop() before the end", "end a traversal of its own with it")
    stream.require()
    variable = stream.bind()
    if not isinstance(stream.current.held, Vertices | Edges):
        raise unsupported("drop() of what is not known to be a vertex or an edge", "drop either alone")
    word = "DELETE" if isinstance(stream.current.held, Edges) else "DETACH DELETE"
    if stream.t.order:
        stream.carry(sort=True)
    stream.add(Plainly(f"{word} {variable}"))
    stream.t = replace(stream.t, current=Value("", following.after))
    return None


# merging


def _match(stream: Stream, clause: Clause) -> Value:
    """The map that an element is found by."""
    if not clause.step.arguments:
        return stream.current
    return _map(stream, clause.step.arguments[0], clause.name)


def _map(stream: Stream, argument: Argument, step: str) -> Value:
    if isinstance(argument, StepTree):
        return first(stream, argument)
    return stream.c.given(argument, step)


def _options(stream: Stream, clause: Clause, variable: str) -> str:
    text = ""
    for option in clause.all("option"):
        when, what = option.arguments
        if isinstance(when, Token):
            word = "CREATE" if when.name == "onCreate" else "MATCH"
            text += f" ON {word} SET {variable} += {_map(stream, what, clause.name).text}"
    return text


def merge_vertex(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``mergeV``: a vertex of another label with the id breaks the constraint, as a second one would."""
    stream = rows.stream()
    match = _match(stream, clause)
    assert isinstance(following.after, Vertices)
    (label,) = following.after.labels
    variable = stream.c.names.new("v")
    options = _options(stream, clause, variable)
    id = match.field(_ID).text
    stream.add(Plainly(f"MERGE ({variable}:V:{quoted(label)} {{id: {id}}}){options}"), variable)
    _arrive(stream, Value(variable, following.after))
    return None


def merge_edge(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``mergeE``: where an end is missing the statement fails."""
    stream = rows.stream()
    match = _match(stream, clause)
    assert isinstance(following.after, Edges)
    ((label, *_), *_) = following.after.kinds
    start, end, edge = (stream.c.names.new(letter) for letter in "vve")
    options = _options(stream, clause, edge)
    for variable, way in ((start, _OUT), (end, _IN)):
        found = match.field(way)
        if isinstance(found.held, Values) and found.held.column is not None:
            stream.c.ends.append(found.held.column)
        stream.add(Scan(variable, "V", f" {{id: {found.text}}}", optional=True), variable)
    kind = stream.c.flow.schema.edge(label)
    told = ""
    if kind.told_apart_by is not None:
        told = f" {{{quoted(kind.told_apart_by)}: {match.field(kind.told_apart_by).text}}}"
    merge = f"MERGE ({start})-[{edge}:{quoted(label)}{told}]->({end}){options}"
    stream.add(Plainly(merge), edge)
    _arrive(stream, Value(edge, following.after, ends=(start, end)))
    return None


def add_edge(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``addE`` with the properties right after it; where an end is missing the statement fails."""
    stream = rows.stream()
    label = quoted(str(clause.step.arguments[0]))
    start, end = _end(stream, clause, "from"), _end(stream, clause, "to")
    properties, used = _given_properties(stream, following.rest)
    edge = stream.c.names.new("e")
    inner = f"{edge}:{label} {{{properties}}}" if properties else f"{edge}:{label}"
    stream.add(Plainly(f"CREATE ({start})-[{inner}]->({end})"), edge)
    stream.locked.add(edge)
    _arrive(stream, Value(edge, following.after, ends=(start, end)))
    return used


def _end(stream: Stream, clause: Clause, which: str) -> str:
    modulators = clause.all(which)
    if not modulators:
        return stream.bind()
    (end,) = modulators[0].arguments
    if isinstance(end, str):
        if end not in stream.t.names:
            raise unsupported(f"addE().{which}({end})", "name a step that is still there")
        return stream.t.names[end].text
    assert isinstance(end, StepTree)
    for step in end.steps[:1]:
        if step.name == "V" and step.arguments and isinstance(step.arguments[0], Slot):
            stream.c.ends.append(Column(step.arguments[0].index))
    if stream.started and stream.current.text and len(clause.all("from")) + len(clause.all("to")) < 2:
        stream.bind()
    found = first(stream, end)
    variable = stream.c.names.new("v")
    stream.carry(bindings=[(variable, found.text)])
    stream.t = replace(stream.t, names={**stream.t.names, f"~{which}": Value(variable)})
    return variable
