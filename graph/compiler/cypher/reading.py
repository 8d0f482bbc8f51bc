"""Steps that read: properties, labels, maps, names, sacks, calculations."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from graph.compiler import holds
from graph.compiler.clauses import Clause, clauses
from graph.compiler.cypher.answers import PLAIN, Entry, Listed, Paired, Properties
from graph.compiler.cypher.clauses import Hop, Plainly
from graph.compiler.cypher.formulas import formula
from graph.compiler.cypher.naming import is_cheap, is_variable, quoted
from graph.compiler.cypher.rows import (
    ENGINE,
    Compilation,
    Following,
    NotInline,
    Rows,
    Stream,
    Walk,
    first,
    map_of,
    text_literal,
    unsupported,
)
from graph.compiler.cypher.traverser import Value
from graph.compiler.holds import Edges, Lists, Maps, Vertices
from graph.compiler.shape import Token
from graph.compiler.step_tree import Step, StepTree

_LIKELY_LABELS: Final = 4


def property_of(rows: Rows, name: str, value: Value | None = None) -> Value:
    """What ``name`` reads of an element or a map; missing when it has none."""
    value = rows.current if value is None else value
    if isinstance(value.held, Maps):
        if isinstance(value.form, Paired):
            raise unsupported(f"reading {name!r} of a group", "select(Column.values)")
        found = value.field(name)
        return replace(found, missing=found.missing or value.missing) if value.missing else found
    held = holds.UNKNOWN if not value.is_element else rows.c.flow.field(value.held, name, "by")
    return Value(f"{value.text}.{quoted(name)}", held, missing=True)


def label_of(c: Compilation, value: Value) -> Value:
    """The label of an element: every vertex has one beside ``V``."""
    missing = value.missing
    if isinstance(value.held, Edges):
        return Value(f"type({value.text})", holds.TEXT, missing)
    if not isinstance(value.held, Vertices):
        raise unsupported("label of what is not known to be a vertex or an edge", "ask either alone")
    each = c.names.new("l")
    text = f"[{each} IN labels({value.text}) WHERE {each} <> 'V'][0]"
    likely = sorted(value.held.labels)
    if len(likely) <= _LIKELY_LABELS and is_variable(value.text):
        # A test of a label costs less than the list of them, which is for what the schema does not foresee.
        tests = (f"WHEN {value.text}:{quoted(label)} THEN {text_literal(label)}" for label in likely)
        text = f"CASE {' '.join(tests)} ELSE {text} END"
    return Value(text, holds.TEXT, missing)


def id_of(value: Value) -> Value:
    """The id of a vertex."""
    return Value(f"{value.text}.`id`", holds.TEXT, value.missing)


def by(rows: Rows, modulator: Step, value: Value | None = None) -> Value:
    """What a ``by`` makes of ``value``, or of where the traverser is."""
    if value is not None and value is not rows.current:
        aside = Walk(rows)
        aside.t = replace(aside.t, current=value)
        aside.scope = rows.scope.inner()
        aside.origin = Standing(rows, value)
        return by(aside.origin, modulator)
    argument = modulator.arguments[0] if modulator.arguments else None
    current = rows.current
    match argument:
        case str():
            return property_of(rows, argument)
        case Token(group="T", name="id"):
            return id_of(current)
        case Token(group="T"):
            return label_of(rows.c, current)
        case Token(group="Column"):
            return side_of(rows, current, argument.name)
        case StepTree():
            return first(rows, argument)
    return current


class Standing(Rows):
    """Rows that stand elsewhere for the time of one ``by``."""

    def __init__(self, rows: Rows, value: Value) -> None:
        super().__init__(rows.c, replace(rows.t, current=value), rows.scope)
        self.origin = rows


def bys(_rows: Rows, clause: Clause, count: int) -> list[Step | None]:
    """The modulators of ``count`` things; they are used in turn."""
    modulators = clause.all("by")
    return [modulators[i % len(modulators)] if modulators else None for i in range(count)]


def read_values(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``values`` of one property or several."""
    names = [str(name) for name in clause.step.arguments]
    _bind_element(rows)
    if len(names) == 1:
        found = property_of(rows, names[0])
        rows.go(replace(found, held=following.after))
        return None
    listed = f"[{', '.join(property_of(rows, name).text for name in names)}]"
    unfold_list(rows, listed, Value(rows.c.names.new("x"), following.after, missing=True))
    return None


def _bind_element(rows: Rows) -> None:
    if isinstance(rows, Stream) and not is_cheap(rows.current.text) and rows.current.fields is None:
        rows.bind()


def unfold_list(rows: Rows, source: str, item: Value) -> None:
    """Go on for each item of a list."""
    if isinstance(rows, Walk):
        rows.unfold(source, item)
        return
    stream = rows.stream()
    stream.add(Plainly(f"UNWIND {source} AS {item.text}"), item.text)
    stream.go(item)
    stream.t = replace(stream.t, single=False)


def read_id(rows: Rows, _clause: Clause, _following: Following) -> int | None:
    """``id``."""
    rows.go(id_of(rows.current))
    return None


def read_label(rows: Rows, _clause: Clause, _following: Following) -> int | None:
    """``label``."""
    rows.go(label_of(rows.c, rows.current))
    return None


def constant(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``constant``."""
    rows.require()
    rows.go(rows.c.given(clause.step.arguments[0], "constant"))
    return None


def name_step(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``as``."""
    if isinstance(rows, Stream) and not is_cheap(rows.current.text) and rows.current.fields is None:
        rows.require()
        rows.bind()
    names = {**rows.t.names, **{str(name): rows.current for name in clause.step.arguments}}
    rows.t = replace(rows.t, names=names)
    return None


def project(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``project``: a map; to-one hops of a stream become joins."""
    _bind_element(rows)
    names = [str(name) for name in clause.step.arguments]
    modulators = bys(rows, clause, len(names))
    if isinstance(rows, Walk) and not rows.one and sum(_is_to_one(rows, m) for m in modulators) > 1:
        raise NotInline
    joins: dict[str, Value] = {}
    fields = []
    for name, modulator in zip(names, modulators, strict=True):
        value = rows.current if modulator is None else _joined(rows, modulator, joins)
        fields.append((name, value))
    made = map_of(tuple(fields), following.after)
    if rows.current.missing and isinstance(rows, Walk):
        made = replace(made, missing=True, fields=None, there=rows.current.exists)
    elif rows.current.missing:
        text = f"CASE WHEN {rows.current.exists} THEN {made.text} END"
        made = replace(made, text=text, missing=True, fields=None)
    rows.go(made)
    return None


def _joined(rows: Rows, modulator: Step, joins: dict[str, Value]) -> Value:
    """What a ``by`` gives; where it starts with a to-one hop, that is joined once for all that do."""
    tree = modulator.arguments[0] if modulator.arguments else None
    if not isinstance(rows, Stream) or not isinstance(tree, StepTree) or not is_variable(rows.current.text):
        return by(rows, modulator)
    if not _is_to_one(rows, modulator):
        return by(rows, modulator)
    hop = tree.steps[0]
    label = str(hop.arguments[0])
    if label not in joins:
        (clause,) = clauses((hop,), ENGINE)
        held = rows.c.meaning(clause, rows.current.held, rows.scope.inner(), ())
        end = rows.c.names.new("v")
        rows.expand(Hop(rows.current.text, "", f":{quoted(label)}", end, optional=True))
        joins[label] = Value(end, held, missing=True)
    return first(Standing(rows, joins[label]), StepTree(tree.steps[1:]))


def _is_to_one(rows: Rows, modulator: Step | None) -> bool:
    """Whether a ``by`` starts with a hop that leads to one vertex at most, as the schema says."""
    tree = modulator.arguments[0] if modulator is not None and modulator.arguments else None
    if not isinstance(tree, StepTree) or rows.c.tracks_paths or not isinstance(rows.current.held, Vertices):
        return False
    hop = tree.steps[0]
    if hop.name != "out" or len(hop.arguments) != 1:
        return False
    kind = rows.c.flow.schema.edges.get(str(hop.arguments[0]))
    return kind is not None and kind.to_one and _stays_one(tree)


def _stays_one(tree: StepTree) -> bool:
    """Whether the hop is followed by reading alone, so that a join is worth it."""
    return all(step.name in ("id", "label", "values", "project", "by", "fold", "out") for step in tree.steps)


def select(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``select`` of names and fields, or of a side of a map."""
    arguments = list(clause.step.arguments)
    if isinstance(arguments[0], Token):
        token = arguments.pop(0)
        if isinstance(token, Token) and token.group == "Column":
            rows.go(replace(side_of(rows, rows.current, token.name), held=following.after))
            return None
        if isinstance(token, Token) and token.name != "last":
            raise unsupported(f"select({token})", "name each step differently")
    names = [str(name) for name in arguments]
    modulators = bys(rows, clause, len(names))
    picked: list[tuple[str, Value]] = []
    for name, modulator in zip(names, modulators, strict=True):
        value = _picked(rows, name)
        picked.append((name, value if modulator is None else by(rows, modulator, value)))
    if len(picked) == 1:
        rows.go(picked[0][1])
        return None
    for _, value in picked:
        if value.missing:
            rows.keep(f"{value.text} IS NOT NULL")
    whole = tuple((name, replace(value, missing=False)) for name, value in picked)
    rows.go(map_of(whole, following.after))
    return None


def _picked(rows: Rows, name: str) -> Value:
    from graph.compiler.cypher.filtering import named

    held = rows.current.held
    if isinstance(held, Maps) and (
        held.get(name) is not None or (held.fields is None and name not in rows.t.names)
    ):
        return property_of(rows, name)
    if name in rows.t.names or not isinstance(held, holds.Unknown):
        return named(rows, name)
    return Value(f"{rows.current.text}.{quoted(name)}", holds.UNKNOWN, missing=True)


def side_of(rows: Rows, value: Value, side: str) -> Value:
    """The keys or the values of a map, of a group, or of an entry of one."""
    at = 0 if side == "keys" else 1
    match value.form:
        case Entry():
            form = PLAIN if at == 0 else value.form.value
            return Value(f"{value.text}[{at}]", holds.UNKNOWN, form=form)
        case Paired():
            each = rows.c.names.new("x")
            form = PLAIN if at == 0 or value.form.value == PLAIN else Listed(value.form.value)
            text = f"[{each} IN {value.text} | {each}[{at}]]"
            return Value(text, Lists(holds.UNKNOWN), value.missing, form=form)
    pairs = pairs_of(rows, value)
    each = rows.c.names.new("x")
    return Value(f"[{each} IN {pairs} | {each}[{at}]]", Lists(holds.UNKNOWN), value.missing)


def pairs_of(rows: Rows, value: Value) -> str:
    """The pairs of a map, as a list."""
    if not is_variable(value.text):
        if not isinstance(rows, Stream) or value is not rows.current:
            raise unsupported("taking a map apart here", "unfold() it in the traversal itself")
        rows.bind()
        value = rows.current
    key = rows.c.names.new("x")
    held = f"{value.text}[{key}]"
    return f"[{key} IN keys({value.text}) WHERE {held} IS NOT NULL | [{key}, {held}]]"


def element_map(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``elementMap`` of a vertex: its properties, id and label."""
    variable = rows.bind()
    names = [str(name) for name in clause.step.arguments]
    properties = ", ".join([f".{quoted(n)}" for n in ("id", *names)]) if names else ".*"
    label = label_of(rows.c, rows.current).text
    text = f"{variable} {{{properties}, label: {label}}}"
    rows.go(Value(text, following.after, rows.current.missing, form=Properties()))
    return None


def value_map(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``valueMap``: the properties of an element."""
    variable = rows.bind()
    names = [str(name) for name in clause.step.arguments]
    properties = ", ".join(f".{quoted(n)}" for n in names) if names else ".*"
    is_vertex = isinstance(rows.current.held, Vertices)
    text = f"{variable} {{{properties}{', id: null' if is_vertex else ''}}}"
    listed = not clause.all("by")
    rows.go(Value(text, following.after, rows.current.missing, form=Properties(listed and is_vertex)))
    return None


def calculate(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``math``: in floating point."""
    modulators = clause.all("by")
    used: dict[str, Value] = {}

    def variable(name: str) -> str:
        if name not in used:
            value = rows.current if name == "_" else _operand(rows, name)
            if modulators:
                value = by(rows, modulators[len(used) % len(modulators)], value)
            used[name] = value
        return f"toFloat({used[name].text})"

    if isinstance(rows, Stream) and not is_cheap(rows.current.text) and rows.current.fields is None:
        rows.require()
        rows.bind()
    text = formula(str(clause.step.arguments[0]), variable)
    missing = any(value.missing for value in used.values())
    rows.go(Value(text, holds.REAL, missing))
    return None


def _operand(rows: Rows, name: str) -> Value:
    if isinstance(rows.current.held, Maps) and rows.current.held.get(name) is not None:
        return property_of(rows, name)
    return rows.t.names[name] if name in rows.t.names else _picked(rows, name)


_SACKS = {"sum": "+", "minus": "-", "mult": "*"}


def use_sack(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``sack``: read it, or change it by what a ``by`` gives."""
    sack = rows.t.sack
    if sack is None:
        raise unsupported("sack", "say withSack(...) first, and nothing that gathers between")
    if not clause.step.arguments:
        rows.go(replace(sack, held=following.after))
        return None
    operator = clause.step.arguments[0]
    (modulator,) = bys(rows, clause, 1)
    value = rows.current if modulator is None else by(rows, modulator)
    if value.missing:
        rows.keep(f"{value.text} IS NOT NULL")
    name = operator.name if isinstance(operator, Token) else ""
    old, new = sack.text, value.text
    if name == "assign":
        text = new
    elif name in _SACKS:
        text = f"({old} {_SACKS[name]} {new})"
    else:
        text = f"CASE WHEN {old} {'<' if name == 'min' else '>'} {new} THEN {old} ELSE {new} END"
    changed = Value(text, value.held if name == "assign" else holds.joined(sack.held, value.held))
    rows.t = replace(rows.t, sack=changed)
    if isinstance(rows, Stream):
        variable = rows.c.names.new("x")
        rows.t = replace(rows.t, sack=replace(changed, text=variable))
        rows.carry(bindings=[(variable, text)])
    return None
