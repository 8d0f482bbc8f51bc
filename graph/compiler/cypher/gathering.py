"""Steps that look at many traversers at once: counting, sorting, cutting, grouping; and lists in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from graph.compiler import holds
from graph.compiler.clauses import Clause, clauses
from graph.compiler.cypher.answers import PLAIN, Entry, Form, Listed, Paired
from graph.compiler.cypher.clauses import Plainly, With
from graph.compiler.cypher.naming import in_order, is_cheap, is_variable, variables_in
from graph.compiler.cypher.reading import Standing, by, bys, pairs_of, unfold_list
from graph.compiler.cypher.rows import (
    ENGINE,
    REDUCING,
    Following,
    Rows,
    Stream,
    Walk,
    first,
    unsupported,
)
from graph.compiler.cypher.statement import Window
from graph.compiler.cypher.traverser import SortKey, Value
from graph.compiler.holds import Edges, Lists, Maps, Unknown, Vertices
from graph.compiler.shape import Token
from graph.compiler.step_tree import Slot, Step, StepTree


def is_local(clause: Clause) -> bool:
    """Whether a step is about the list that the traverser is at."""
    return any(isinstance(a, Token) and str(a) == "Scope.local" for a in clause.step.arguments)


def listed(form: Form) -> Form:
    """The form of a list of such things."""
    return PLAIN if form == PLAIN else Listed(form)


def fold(rows: Rows, _clause: Clause, following: Following) -> int | None:
    """``fold``: all of them as one list."""
    if isinstance(rows, Walk):
        every = rows.every()
        rows.reduce_to(replace(every, held=following.after))
        return None
    stream = rows.stream()
    variable = stream.bind() if not is_cheap(stream.current.text) else stream.current.text
    stream.sorted_for_gathering()
    folded = stream.c.names.new("x")
    current = stream.current
    text = f"collect({variable})"
    if current.nulls:
        each = stream.c.names.new("x")
        text = f"[{each} IN collect([{variable}]) | {each}[0]]"
    stream.gather([(folded, text)])
    stream.become(Value(folded, following.after, form=listed(current.form)))
    return None


def count(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``count`` of traversers, or of the items of a list."""
    if is_local(clause):
        rows.require()
        rows.go(Value(f"size({rows.current.text})", holds.INTEGER))
        return None
    if isinstance(rows, Walk):
        rows.reduce_to(Value(rows.count(), holds.INTEGER))
        return None
    stream = rows.stream()
    counted = stream.c.names.new("x")
    what = stream.current.text if stream.current.missing else "*"
    stream.gather([(counted, f"count({what})")])
    stream.become(Value(counted, holds.INTEGER))
    return None


def reduce(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``sum``, ``min``, ``max`` of traversers, or of the items of a list; of nothing it is nothing."""
    if is_local(clause):
        if not is_cheap(rows.current.text):
            rows.bind()
        rows.go(Value(reduced(rows, clause.name, rows.current.text), following.after, missing=True))
        return None
    if isinstance(rows, Walk):
        rows.reduce_to(_reduced_walk(rows, clause.name, following))
        return None
    stream = rows.stream()
    text = stream.current.text
    if not is_cheap(text):
        text = stream.bind()
    made = stream.c.names.new("x")
    if clause.name == "sum":
        how_many = stream.c.names.new("x")
        stream.gather([(made, f"sum({text})"), (how_many, f"count({text})")])
        stream.become(Value(made, following.after))
        stream.keep(f"{how_many} > 0")
    else:
        stream.gather([(made, f"{clause.name}({text})")])
        stream.become(Value(made, following.after, missing=True))
    return None


def _reduced_walk(walk: Walk, name: str, following: Following) -> Value:
    items = walk.items
    if name == "sum" and items and any(not item.missing for item in items):
        parts = [f"coalesce({item.text}, 0)" if item.missing else item.text for item in items]
        return Value(f"({' + '.join(parts)})", following.after)
    if walk.one:
        return replace(walk.first(), held=following.after)
    return Value(reduced(walk, name, walk.every().text), following.after, missing=True)


def reduced(rows: Rows, name: str, source: str) -> str:
    """A list folded into its sum, least or greatest; null when there is nothing in it."""
    so_far, each = rows.c.names.new("x"), rows.c.names.new("x")
    chosen = {
        "sum": f"{so_far} + {each}",
        "min": f"CASE WHEN {each} < {so_far} THEN {each} ELSE {so_far} END",
        "max": f"CASE WHEN {each} > {so_far} THEN {each} ELSE {so_far} END",
    }[name]
    step = f"CASE WHEN {so_far} IS NULL THEN {each} WHEN {each} IS NULL THEN {so_far} ELSE {chosen} END"
    return f"reduce({so_far} = null, {each} IN {source} | {step})"


def unfold(rows: Rows, _clause: Clause, following: Following) -> int | None:
    """``unfold``: each item of a list, each entry of a map; anything else is itself."""
    current = rows.current
    if isinstance(current.form, Paired):
        item = Value(rows.c.names.new("x"), following.after, form=Entry(current.form.value))
        unfold_list(rows, current.text, item)
        return None
    if isinstance(current.held, Maps):
        item = Value(rows.c.names.new("x"), following.after, form=Entry(PLAIN))
        unfold_list(rows, pairs_of(rows, current), item)
        return None
    if isinstance(current.held, Lists):
        form = current.form.item if isinstance(current.form, Listed) else PLAIN
        letter = {Vertices: "v", Edges: "e"}.get(type(current.held.item), "x")
        item = Value(rows.c.names.new(letter), following.after, nulls=False, form=form)
        unfold_list(rows, current.text, item)
        return None
    if isinstance(current.held, Unknown):
        raise unsupported("unfold() of what is not known", "unfold() what fold() or inject() made")
    return None


# order and windows


def order(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``order``: the keys are noted, and said again by whatever cuts or gathers."""
    if is_local(clause):
        return _order_list(rows, clause)
    stream = rows.stream()
    if not is_cheap(stream.current.text) and stream.current.fields is None:
        stream.bind()
    stream.require()
    keys: list[SortKey] = []
    steps: Sequence[Step | None] = clause.all("by") or [None]
    for step in steps:
        arguments = step.arguments if step is not None else ()
        descending = any(isinstance(a, Token) and a.name == "desc" for a in arguments)
        bare = (
            step is None or (isinstance(arguments[0], Token) and arguments[0].group == "Order")
            if arguments
            else True
        )
        value = stream.current if bare or step is None else by(stream, step)
        keys.append(SortKey(_sortable(stream, value, keys), descending))
    stream.t = replace(stream.t, order=(*keys, *stream.t.order))
    return None


def _sortable(stream: Stream, value: Value, before: Sequence[SortKey]) -> str:
    if is_cheap(value.text):
        if value.missing:
            stream.keep(f"{value.text} IS NOT NULL")
        return value.text
    variable = stream.c.names.new("x")
    kept = stream.t
    stream.t = replace(stream.t, order=(*before, *stream.t.order))
    stream.carry(bindings=[(variable, value.text)])
    stream.t = replace(stream.t, order=kept.order)
    if value.missing:
        stream.keep(f"{variable} IS NOT NULL")
    return variable


def _order_list(rows: Rows, clause: Clause) -> int | None:
    modulators = clause.all("by")
    if len(modulators) > 1 or any(
        not isinstance(a, Token) or a.group != "Order" for m in modulators for a in m.arguments
    ):
        raise unsupported("order(Scope.local).by", "unfold(), order() and fold() again")
    descending = any(isinstance(a, Token) and a.name == "desc" for m in modulators for a in m.arguments)
    rows.require()
    each, name = rows.c.names.new("x"), rows.c.names.new("x")
    key = SortKey(each, descending)
    text = f"COLLECT {{ UNWIND {rows.current.text} AS {each} RETURN {each} AS {name} ORDER BY {key} }}"
    rows.go(replace(rows.current, text=text))
    return None


def limit(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``limit``."""
    (number,) = [a for a in clause.step.arguments if isinstance(a, Slot)]
    most = rows.c.parameter(number)
    if is_local(clause):
        rows.require()
        rows.go(replace(rows.current, text=f"{rows.current.text}[..{most}]"))
        return None
    stream = rows.stream()
    stream.require()
    stream.carry(sort=True, limit=most)
    return None


def cut(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``range``."""
    start, end = [a for a in clause.step.arguments if isinstance(a, Slot)]
    size = f"n{start.index}_{end.index}"
    rows.c.windows[size] = Window(start.index, end.index)
    skip = rows.c.parameter(start)
    if is_local(clause):
        rows.require()
        # In two cuts, since the end of the list, added up, could be beyond 64 bits.
        rest = f"{rows.current.text}[{skip}..]"
        rows.go(replace(rows.current, text=f"{rest}[..${size}]"))
        return None
    stream = rows.stream()
    stream.require()
    stream.carry(sort=True, skip=skip, limit=f"${size}")
    return None


# dedup


def dedup(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``dedup``: the first of each, in the order they are in."""
    if is_local(clause):
        return _dedup_list(rows)
    stream = rows.stream()
    names = [a for a in clause.step.arguments if isinstance(a, str)]
    modulators = clause.all("by")
    if names:
        stream.require()
        keys = _keys_of_names(stream, names, modulators)
    elif modulators:
        stream.require()
        keys = [by(stream, modulators[0])]
    else:
        keys = [_bound(stream)]
    for key in keys:
        if key.missing:
            _keep(stream, key)
    if not stream.t.single:
        _first_of_each(stream, keys)
    return None


def _keys_of_names(stream: Stream, names: Sequence[str], modulators: Sequence[Step]) -> list[Value]:
    keys = []
    for i, name in enumerate(names):
        value = stream.t.names.get(name)
        if value is None:
            raise unsupported(f"dedup({name})", "name a step that is still there")
        keys.append(by(stream, modulators[i % len(modulators)], value) if modulators else value)
    return keys


def _bound(stream: Stream) -> Value:
    if stream.current.missing or not is_variable(stream.current.text):
        stream.bind()
        stream.require()
    return stream.current


def _keep(stream: Stream, key: Value) -> None:
    stream.keep(f"{key.text} IS NOT NULL")


def _first_of_each(stream: Stream, keys: Sequence[Value]) -> None:
    names = {key.text for key in keys if is_variable(key.text)}
    live = stream.live()
    order = stream.t.order
    only = len(keys) == 1 and set(live) <= names
    if only and all(is_cheap(key.text) for key in order):
        stream.carry(distinct=True)
        return
    if order:
        spoken = {variable for key in keys for variable in variables_in(key.text)} & stream.variables
        stream.carry(sort=True, bindings=[(name, name) for name in in_order(spoken - set(live))])
    keyed = [(k.text if is_variable(k.text) else stream.c.names.new("x"), k.text) for k in keys]
    others = [name for name in live if name not in names]
    conditions = stream.kept
    kept = stream.c.names.new("x")
    stream.gather([(kept, f"head(collect([{', '.join(others)}]))")], keyed)
    items = [
        *[name for name, _ in keyed if name in live],
        *(f"{kept}[{i}] AS {o}" for i, o in enumerate(others)),
    ]
    stream.clauses.append(With(items or [f"1 AS {kept}"]))
    stream.variables, stream.kept = {*live}, conditions


def _dedup_list(rows: Rows) -> int | None:
    rows.require()
    each, name = rows.c.names.new("x"), rows.c.names.new("x")
    text = f"COLLECT {{ UNWIND {rows.current.text} AS {each} RETURN DISTINCT {each} AS {name} }}"
    rows.go(replace(rows.current, text=text))
    return None


# groups


def group(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``group`` and ``groupCount``: one map, as pairs of key and value."""
    stream = rows.stream()
    if not is_cheap(stream.current.text) and stream.current.fields is None:
        stream.bind()
    stream.require()
    modulators = clause.all("by")
    key = by(stream, modulators[0]) if modulators else stream.current
    value = modulators[1] if len(modulators) > 1 else None
    member = stream.current.held
    gathered, form = _group_value(stream, clause.name, value)
    key_name = stream.c.names.new("x")
    parts = [(key_name, key.text)]
    names = []
    for text, _ in gathered:
        names.append(stream.c.names.new("x"))
        parts.append((names[-1], text))
    order = stream.t.order
    stream.clauses.append(With([f"{text} AS {name}" for name, text in parts], order=order))
    stream.variables = {name for name, _ in parts}
    if key.missing:
        _where_last(stream, f"{key_name} IS NOT NULL")
    made = stream.c.names.new("x")
    (name,) = names
    aggregate, needs = gathered[0][1]
    stream.gather([(made, aggregate.format(name))], [(key_name, key_name)])
    if needs:
        _where_last(stream, f"{made} IS NOT NULL")
    if value is not None and (rest := _after_gathering(value)) is not None:
        gathering, going_on = rest
        held = stream.c.flow.chain(gathering, member, stream.scope.inner())
        end = first(Standing(stream, Value(made, held, form=form)), going_on)
        form, made = end.form, stream.c.names.new("x")
        stream.gather([(made, end.text)], [(key_name, key_name)])
        if end.missing:
            _where_last(stream, f"{made} IS NOT NULL")
    pairs = stream.c.names.new("x")
    stream.gather([(pairs, f"collect([{key_name}, {made}])")])
    stream.become(Value(pairs, following.after, form=Paired(form)))
    return None


def _tree_of(cut: Sequence[Clause]) -> StepTree:
    return StepTree(tuple(step for c in cut for step in (*c.before, c.step, *c.after)))


def _after_gathering(modulator: Step) -> tuple[StepTree, StepTree] | None:
    """What gathers in the value of a group, and what goes on from there, if anything does."""
    tree = modulator.arguments[0] if modulator.arguments else None
    if not isinstance(tree, StepTree):
        return None
    cut = list(clauses(tree.steps, ENGINE))
    at = next((i for i, c in enumerate(cut) if c.name in REDUCING and not is_local(c)), len(cut))
    return (_tree_of(cut[: at + 1]), _tree_of(cut[at + 1 :])) if at + 1 < len(cut) else None


def _where_last(stream: Stream, condition: str) -> None:
    last = stream.clauses[-1]
    assert isinstance(last, With)
    last.where.append(condition)


_Gathered = list[tuple[str, tuple[str, bool]]]


def _group_value(stream: Stream, name: str, modulator: Step | None) -> tuple[_Gathered, Form]:
    """What of each member is gathered, how, whether null means that the key has nothing, and its form."""
    current = stream.current
    if name == "groupCount":
        return [("1", ("count({0})", False))], PLAIN
    tree = modulator.arguments[0] if modulator is not None and modulator.arguments else None
    if not isinstance(tree, StepTree):
        value = by(stream, modulator) if modulator is not None else current
        return [(value.text, ("collect({0})", False))], listed(value.form)
    cut = list(clauses(tree.steps, ENGINE))
    at = next(i for i, c in enumerate(cut) if c.name in REDUCING and not is_local(c))
    each = first(stream, _tree_of(cut[: at + 1]))
    match cut[at].name:
        case "count":
            return [(each.text, ("sum({0})", False))], PLAIN
        case "fold":
            so_far, item = stream.c.names.new("x"), stream.c.names.new("x")
            flat = f"reduce({so_far} = [], {item} IN collect({{0}}) | {so_far} + {item})"
            return [(each.text, (flat, False))], each.form
        case "sum" | "min" | "max" as how:
            if how == "sum":
                return [(each.text, ("CASE WHEN count({0}) > 0 THEN sum({0}) END", True))], PLAIN
            return [(each.text, (f"{how}({{0}})", True))], PLAIN
    raise unsupported("a group of groups", "group by both keys and take the result apart")


def aggregate(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``aggregate``: all of them are seen before any goes on."""
    stream = rows.stream()
    if stream.outer:
        raise unsupported("aggregate() inside of another step", "say it in the traversal itself")
    stream.require()
    stream.bind()
    (modulator,) = bys(stream, clause, 1)
    value = stream.current if modulator is None else by(stream, modulator)
    name = str(clause.step.arguments[-1])
    each = stream.c.names.new("x")
    stream.carry(bindings=[(each, value.text)], sort=True)
    live = stream.live()
    seen, kept, row = (stream.c.names.new("x") for _ in range(3))
    stream.gather([(seen, f"collect({each})"), (kept, f"collect([{', '.join(live)}])")])
    stream.add(Plainly(f"UNWIND {kept} AS {row}"), row)
    stream.clauses.append(With([seen, *(f"{row}[{i}] AS {variable}" for i, variable in enumerate(live))]))
    stream.variables = {seen, *live}
    held = Lists(value.held)
    stream.t = replace(stream.t, names={**stream.t.names, name: Value(seen, held, form=listed(value.form))})
    return None


def inject(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``inject``, where a traversal starts."""
    stream = rows.stream()
    if stream.started:
        raise unsupported("inject() in the middle", "start with it")
    values = [stream.c.given(a, "inject") for a in clause.step.arguments]
    variable = stream.c.names.new("x")
    if len(values) == 1:
        stream.clauses.append(With([f"{values[0].text} AS {variable}"]))
        stream.variables.add(variable)
        value = replace(values[0], text=variable, held=following.after, fields=None)
    else:
        texts = ", ".join(v.text for v in values)
        stream.add(Plainly(f"UNWIND [{texts}] AS {variable}"), variable)
        value = Value(variable, following.after, nulls=any(v.nulls for v in values))
    stream.started = True
    stream.go(value)
    stream.t = replace(stream.t, single=len(values) == 1)
    return None
