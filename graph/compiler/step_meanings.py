"""What each step makes of what it is given, and when it makes no sense there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from graph.compiler import holds
from graph.compiler.clauses import Clause
from graph.compiler.holds import Edges, Holds, Lists, Maps, Nothing, Unknown, Values, Vertices
from graph.compiler.shape import Token, words
from graph.compiler.step_tree import Argument, Predicate, Slot, Step, StepTree
from graph.compiler.value_checks import CountCheck
from graph.errors import InvalidInput, SchemaViolation, UnsupportedStep
from graph.schema.elements import Property, Type

if TYPE_CHECKING:
    from graph.compiler.dataflow import Dataflow, Scope

_MATH_FUNCTIONS: Final = words("abs ceil floor sqrt signum exp log log10 log2 sin cos tan")

_Follow = Callable[["Dataflow", Clause, Holds, "Scope"], Holds]


def _vertices(flow: Dataflow, clause: Clause, _held: Holds, _scope: Scope) -> Holds:
    for argument in clause.step.arguments:
        _ids(flow, argument, "V")
        if (
            len(clause.step.arguments) > 1
            and isinstance(argument, Slot)
            and isinstance(argument.shape, tuple)
        ):
            raise InvalidInput("V", "takes ids, or one list of ids")
    return holds.every_vertex(flow.schema)


def _edges(flow: Dataflow, clause: Clause, _held: Holds, _scope: Scope) -> Holds:
    if clause.step.arguments:
        raise UnsupportedStep("E(id)", flow.engine, "edges have no ids of ours; find them by ends and label")
    return holds.every_edge(flow.schema)


def _ids(flow: Dataflow, argument: Argument, step: str) -> None:
    given = flow.given(argument, step) if isinstance(argument, Slot) else holds.UNKNOWN
    if isinstance(given, Lists):
        given = given.item
    if isinstance(argument, Predicate):
        flow.compare(argument, {Type.TEXT}, step)
    elif not isinstance(given, Nothing) and not (isinstance(given, Values) and given.type is Type.TEXT):
        raise InvalidInput(step, "takes ids, which are text")


def _has_id(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    if isinstance(held, Edges):
        raise UnsupportedStep("hasId", flow.engine, "edges have no ids of ours; find them by ends and label")
    if len(clause.step.arguments) != 1:
        raise InvalidInput("hasId", "takes an id, one list of ids, or a predicate")
    _ids(flow, clause.step.arguments[0], "hasId")
    flow.element(held, "hasId")
    return held


def _has_label(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    labels: list[str] = []
    for argument in clause.step.arguments:
        if isinstance(argument, str):
            labels.append(argument)
        elif isinstance(argument, Predicate) and argument.operator in ("within", "eq"):
            labels += [o for o in argument.operands if isinstance(o, str)]
        elif isinstance(argument, Predicate):
            return held
        else:
            raise InvalidInput("hasLabel", "takes labels")
    return _labelled(flow, held, labels, "hasLabel")


def _labelled(flow: Dataflow, held: Holds, labels: list[str], step: str) -> Holds:
    for label in labels:
        if label not in flow.schema.vertices and label not in flow.schema.edges:
            raise SchemaViolation(f"{step}({label})", "is not a kind of the schema")
    flow.element(held, step)
    if not isinstance(held, Vertices | Edges):
        return held
    kept = holds.narrowed(held, labels)
    if not (kept.labels if isinstance(kept, Vertices) else kept.kinds):
        here = ", ".join(kind.label for kind in holds.kinds_of(held, flow.schema)[:6])
        raise SchemaViolation(f"{step}({', '.join(labels)})", f"cannot be: here are {here}")
    return kept


def _has(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    arguments = clause.step.arguments
    if len(arguments) == 3:
        if not isinstance(arguments[0], str):
            raise InvalidInput("has", "takes a label, a property and a value")
        held = _labelled(flow, held, [arguments[0]], "has")
        arguments = arguments[1:]
    match arguments:
        case (Token() as token, argument):
            flow.element(held, f"has({token})")
            if str(token) == "T.id":
                _ids(flow, argument, "has(T.id)")
            return held
        case (str() as name,):
            return _present(flow.narrow(held, name, "has")[0], name)
        case (str() as name, argument):
            narrowed, properties = flow.narrow(held, name, "has")
            _test(flow, properties, argument, name)
            return _present(narrowed, name)
    raise InvalidInput("has", "takes a property, or a property and what it is compared with")


def _test(flow: Dataflow, properties: list[Property], argument: Argument, name: str) -> None:
    types = {p.type for p in properties}
    if isinstance(argument, Predicate):
        flow.compare(argument, types, name)
    elif isinstance(argument, Slot):
        if argument.shape is type(None):
            raise InvalidInput(f"has({name})", "compares with null; say not_(__.has(name))")
        flow.comparable(flow.given(argument, name), set(types), name)
    else:
        raise UnsupportedStep(f"has({name})", flow.engine, "it takes a value or a predicate; say where()")
    flow.choices(properties, argument, name)


def _present(held: Holds, name: str) -> Holds:
    return replace(held, present=held.present | {name}) if isinstance(held, Vertices) else held


def _as(_flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    for name in clause.step.arguments:
        if isinstance(name, str):
            scope.names[name] = held
    return held


def _select(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    first, *rest = clause.step.arguments
    if isinstance(first, Token) and first.group == "Column":
        if clause.all("by"):
            raise UnsupportedStep("select(Column).by", flow.engine, "unfold() and go on from there")
        return _side_of(held, first.name)
    if isinstance(first, Token):
        return Lists(holds.UNKNOWN) if first.name == "all" else _selected(flow, clause, held, scope, rest)
    return _selected(flow, clause, held, scope, [first, *rest])


def _side_of(held: Holds, side: str) -> Holds:
    """All the keys or all the values of a map."""
    if isinstance(held, Unknown):
        return held
    if not isinstance(held, Maps):
        raise InvalidInput("select", f"Column.{side} is of a map, and there is none here")
    if side == "keys":
        return Lists(holds.TEXT if held.text_keys else holds.UNKNOWN)
    if held.fields is None:
        return Lists(held.values)
    item: Holds = holds.NOTHING
    for _, each in held.fields:
        item = holds.joined(item, each)
    return Lists(item)


def _selected(flow: Dataflow, clause: Clause, held: Holds, scope: Scope, names: Sequence[Argument]) -> Holds:
    if not names or not all(isinstance(name, str) for name in names):
        raise InvalidInput("select", "takes names of steps or fields, or Column.keys or Column.values")
    picked = [flow.named(str(name), held, scope, "select") for name in names]
    modulators = clause.all("by")
    if modulators:
        picked = [flow.by(modulators[i % len(modulators)], each, scope) for i, each in enumerate(picked)]
    if len(picked) == 1:
        return picked[0]
    return Maps(tuple(zip(map(str, names), picked, strict=True)), holds.UNKNOWN)


def _hop(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    edges = _incident(flow, clause, held)
    if clause.name.endswith("E"):
        return edges
    labels: set[str] = set()
    starts = held.labels if isinstance(held, Vertices) else None
    for _, start, end in edges.kinds:
        if clause.name in ("out", "both") and (starts is None or start in starts):
            labels.add(end)
        if clause.name in ("in", "both") and (starts is None or end in starts):
            labels.add(start)
    return Vertices(frozenset(labels))


def _incident(flow: Dataflow, clause: Clause, held: Holds) -> Edges:
    names = [name for name in clause.step.arguments if isinstance(name, str)]
    if len(names) < len(clause.step.arguments):
        raise InvalidInput(clause.name, "takes edge labels")
    edges = holds.edges_of(map(flow.schema.edge, names)) if names else holds.every_edge(flow.schema)
    if not isinstance(held, Vertices | Unknown):
        raise InvalidInput(clause.name, "starts from a vertex, and there is none here")
    if isinstance(held, Unknown):
        return edges
    way = clause.name.removesuffix("E")
    touching = frozenset(
        (label, start, end)
        for label, start, end in edges.kinds
        if (way != "in" and start in held.labels) or (way != "out" and end in held.labels)
    )
    if not touching:
        here = ", ".join(sorted(held.labels)[:6])
        raise SchemaViolation(f"{clause.name}({', '.join(names)})", f"leads nowhere from {here}")
    return Edges(touching)


def _end(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    if isinstance(held, Edges):
        return Vertices(frozenset(kind[1 if clause.name == "outV" else 2] for kind in held.kinds))
    if isinstance(held, Unknown):
        return holds.every_vertex(flow.schema)
    raise InvalidInput(clause.name, "starts from an edge, and there is none here")


def _values(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    names = clause.step.arguments
    if not names:
        raise InvalidInput("values", "takes the names of the properties to read")
    read: Holds = holds.NOTHING
    for name in names:
        if not isinstance(name, str):
            raise InvalidInput("values", "takes names of properties")
        read = holds.joined(read, holds.type_of(flow.narrow(held, name, "values")[1]))
    return read


def _value_map(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    for name in clause.step.arguments:
        if not isinstance(name, str):
            raise InvalidInput(clause.name, "takes names of properties")
        flow.narrow(held, name, clause.name)
    if isinstance(held, Edges) and (clause.name == "elementMap" or not clause.all("by")):
        raise UnsupportedStep(f"{clause.name} of an edge", flow.engine, "say valueMap().by(__.unfold())")
    return Maps(None, Values(None))


def _project(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    names = [str(name) for name in clause.step.arguments if isinstance(name, str)]
    if not names or len(names) < len(clause.step.arguments) or len(set(names)) < len(names):
        raise InvalidInput("project", "takes the names of the fields, each once")
    made = flow.bys(clause, held, scope, len(names))
    return Maps(tuple(zip(names, made, strict=True)), holds.UNKNOWN)


def _fold(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    if clause.step.arguments:
        raise UnsupportedStep("fold(seed, operator)", flow.engine, "say sum_(), min_() or max_()")
    _forget(clause, scope)
    return Lists(held)


def _unfold(_flow: Dataflow, _clause: Clause, held: Holds, _scope: Scope) -> Holds:
    match held:
        case Lists():
            return held.item
        case Maps():
            return holds.UNKNOWN
    return held


def _label(flow: Dataflow, _clause: Clause, held: Holds, _scope: Scope) -> Holds:
    flow.element(held, "label")
    return holds.TEXT


def _id(flow: Dataflow, _clause: Clause, held: Holds, _scope: Scope) -> Holds:
    if isinstance(held, Edges):
        raise UnsupportedStep(
            "id() of an edge", flow.engine, "ids of edges differ everywhere; return its ends"
        )
    flow.element(held, "id")
    return holds.TEXT


def _where(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    for argument in clause.step.arguments:
        match argument:
            case StepTree():
                flow.condition(argument, held, scope)
            case str():
                flow.named(argument, holds.NOTHING, scope, "where")
            case Predicate():
                for name in _operand_names(argument):
                    flow.named(name, holds.NOTHING, scope, "where")
            case _:
                raise InvalidInput("where", "takes a traversal, or predicates of names of steps")
    for modulator in clause.all("by"):
        flow.by(modulator, holds.UNKNOWN, scope)
        if any(isinstance(argument, StepTree) for argument in clause.step.arguments):
            raise UnsupportedStep("where(traversal).by", flow.engine, "say it in the traversal")
    return held


def _operand_names(predicate: Predicate) -> Iterable[str]:
    for operand in predicate.operands:
        if isinstance(operand, Predicate):
            yield from _operand_names(operand)
        elif isinstance(operand, str):
            yield operand


def _conditions(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    if not clause.step.arguments:
        raise UnsupportedStep(f"infix {clause.name}()", flow.engine, f"give {clause.name}() its conditions")
    for argument in clause.step.arguments:
        if not isinstance(argument, StepTree):
            raise InvalidInput(clause.name, "takes traversals")
        flow.condition(argument, held, scope)
    return held


def _is(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    types = {held.type} if isinstance(held, Values) else {None}
    for argument in clause.step.arguments:
        if isinstance(argument, Predicate):
            flow.compare(argument, types, "is")
        else:
            flow.comparable(flow.given(argument, "is"), set(types), "is")
    return held


def _branches(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    made: list[Holds] = [held] if clause.name == "optional" else []
    for argument in clause.step.arguments:
        if not isinstance(argument, StepTree):
            raise InvalidInput(clause.name, "takes traversals")
        made.append(flow.chain(argument, held, scope))
    return _any_of(flow, made, clause)


def _any_of(flow: Dataflow, made: Sequence[Holds], clause: Clause) -> Holds:
    """What is held that comes from any of several branches."""
    groups = [isinstance(each, Maps) and each.fields is None for each in made]
    if any(groups) and not all(groups):
        raise UnsupportedStep(
            f"{clause.name} of groups and something else", flow.engine, "let each branch give the same"
        )
    result: Holds = holds.NOTHING
    for each in made:
        result = holds.joined(result, each)
    return result


def _choose(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    condition, *branches = clause.step.arguments
    if isinstance(condition, StepTree):
        flow.condition(condition, held, scope)
    elif isinstance(condition, Predicate):
        flow.compare(condition, {held.type if isinstance(held, Values) else None}, "choose")
    branches += [option.arguments[-1] for option in clause.all("option")]
    whole = len(clause.step.arguments) == 3
    made: list[Holds] = [] if whole else [held]
    for branch in branches:
        if not isinstance(branch, StepTree):
            raise InvalidInput("choose", "takes traversals as branches")
        made.append(flow.chain(branch, held, scope))
    return _any_of(flow, made, clause)


def _repeat(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    body = clause.step.arguments[-1]
    if len(clause.step.arguments) != 1 or not isinstance(body, StepTree):
        raise UnsupportedStep("repeat(name, traversal)", flow.engine, "leave the name out")
    entering, checks = held, list(flow.checks)
    while True:
        flow.checks = list(checks)
        around = holds.joined(entering, flow.chain(body, entering, scope))
        if around == entering:
            break
        entering = around
    left = flow.chain(body, entering, scope)
    for looping in (*clause.before, *clause.after):
        for argument in looping.arguments:
            if isinstance(argument, StepTree):
                flow.condition(argument, entering, scope)
            elif isinstance(argument, Slot):
                flow.checks.append(CountCheck(argument.index, "repeat().times", 0))
    return entering if clause.before else left


def _path(_flow: Dataflow, clause: Clause, _held: Holds, _scope: Scope) -> Holds:
    item: Holds = holds.NOTHING
    for modulator in clause.all("by"):
        argument = modulator.arguments[0] if modulator.arguments else None
        item = holds.joined(item, holds.TEXT if isinstance(argument, Token) else holds.UNKNOWN)
    return Lists(item)


def _simple_path(_flow: Dataflow, _clause: Clause, held: Holds, _scope: Scope) -> Holds:
    return held


def _group(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    if clause.step.arguments:
        raise UnsupportedStep(
            f"{clause.name}(name)", flow.engine, "leave the name out, it ends the traversal"
        )
    modulators = clause.all("by")
    most = 1 if clause.name == "groupCount" else 2
    if len(modulators) > most:
        raise InvalidInput(clause.name, f"takes at most {most} by()")
    key = flow.by(modulators[0], held, scope) if modulators else held
    if holds.has_elements(key):
        raise UnsupportedStep(f"{clause.name}() by elements", flow.engine, "say by(T.id)")
    if isinstance(key, Maps):
        raise UnsupportedStep(f"{clause.name}() by maps", flow.engine, "say by() a value")
    text_keys = isinstance(key, Values) and key.type is Type.TEXT
    if clause.name == "groupCount":
        _forget(clause, scope)
        return Maps(None, holds.INTEGER, text_keys)
    value: Holds = Lists(held)
    if len(modulators) > 1:
        value = flow.by(modulators[1], held, scope)
        if not _reduces(modulators[1]):
            value = Lists(value)
    _forget(clause, scope)
    return Maps(None, value, text_keys)


def _reduces(modulator: Step) -> bool:
    tree = modulator.arguments[0] if modulator.arguments else None
    reducing = ("count", "sum", "min", "max", "fold", "group", "groupCount")
    return isinstance(tree, StepTree) and any(step.name in reducing for step in tree.steps)


def _order(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    local = any(str(a) == "Scope.local" for a in clause.step.arguments)
    item = held
    if local:
        item = held.item if isinstance(held, Lists) else holds.UNKNOWN
    if not clause.all("by") and isinstance(item, Vertices | Edges | Maps):
        raise UnsupportedStep("order() of elements", flow.engine, "say what to order by()")
    for modulator in clause.all("by"):
        flow.by(modulator, item, scope)
        name = modulator.arguments[0] if modulator.arguments else None
        if isinstance(name, str) and isinstance(item, Vertices | Edges):
            _sortable(flow, item, name)
    return held


def _sortable(flow: Dataflow, held: Vertices | Edges, name: str) -> None:
    if isinstance(held, Vertices) and name in held.present:
        return
    for kind in holds.kinds_of(held, flow.schema):
        found = kind.by_name.get(name)
        if found is None or not found.required:
            raise InvalidInput(
                "order().by",
                f"{name!r} may be missing on {kind.label}, and engines disagree where that sorts; "
                f"filter with has({name!r}) or sort by(__.coalesce(__.values({name!r}), __.constant(...)))",
            )


def _window(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    numbers = [a for a in clause.step.arguments if not isinstance(a, Token)]
    wanted = 2 if clause.name == "range" else 1
    if len(numbers) != wanted:
        raise InvalidInput(clause.name, f"takes {wanted} whole number{'s' * (wanted > 1)}")
    for i, number in enumerate(numbers):
        if not isinstance(number, Slot) or number.shape is not int:
            raise InvalidInput(clause.name, "takes whole numbers")
        flow.checks.append(CountCheck(number.index, clause.name, -1 if i else 0))
    return held


def _dedup(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    for name in clause.step.arguments:
        if isinstance(name, str):
            flow.named(name, holds.NOTHING, scope, "dedup")
    for modulator in clause.all("by"):
        flow.by(modulator, holds.UNKNOWN if clause.step.arguments else held, scope)
    return held


def _count(_flow: Dataflow, clause: Clause, _held: Holds, scope: Scope) -> Holds:
    _forget(clause, scope)
    return holds.INTEGER


def _forget(clause: Clause, scope: Scope) -> None:
    """What makes one of many has come by no way in particular: nothing on it has a name any more."""
    if not any(str(argument) == "Scope.local" for argument in clause.step.arguments):
        scope.names.clear()


def _reduce(_flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    _forget(clause, scope)
    item = held.item if clause.step.arguments and isinstance(held, Lists) else held
    if isinstance(item, Unknown | Nothing):
        return holds.NUMBER
    if not isinstance(item, Values) or item.type in (Type.TEXT, Type.FLAG):
        raise InvalidInput(clause.name, "takes numbers; of text say order().limit(1)")
    return Values(item.type)


def _math(flow: Dataflow, clause: Clause, _held: Holds, scope: Scope) -> Holds:
    (expression,) = clause.step.arguments
    for name in re.findall(r"[A-Za-z_]\w*", str(expression)):
        if name != "_" and name not in _MATH_FUNCTIONS:
            flow.named(name, holds.NOTHING, scope, "math")
    for modulator in clause.all("by"):
        flow.by(modulator, holds.UNKNOWN, scope)
    return holds.REAL


def _constant(flow: Dataflow, clause: Clause, _held: Holds, _scope: Scope) -> Holds:
    (value,) = clause.step.arguments
    return flow.given(value, "constant")


def _aggregate(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    name = clause.step.arguments[-1] if clause.step.arguments else None
    if not isinstance(name, str):
        raise InvalidInput("aggregate", "takes the name under which it gathers")
    scope.names[name] = Lists(flow.bys(clause, held, scope, 1)[0])
    return held


def _sack(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    if not clause.step.arguments:
        return scope.sack if isinstance(scope.sack, Values) else holds.NUMBER
    flow.bys(clause, held, scope, 1)
    return held


def _inject(flow: Dataflow, clause: Clause, held: Holds, _scope: Scope) -> Holds:
    if len(clause.step.arguments) > 10:
        raise UnsupportedStep("inject", flow.engine, "give it one list and unfold() that")
    for argument in clause.step.arguments:
        held = holds.joined(held, flow.given(argument, "inject"))
    return held


def _property(flow: Dataflow, clause: Clause, held: Holds, scope: Scope) -> Holds:
    return flow.writing.set_property(clause, held, scope)


def _drop(_flow: Dataflow, _clause: Clause, held: Holds, _scope: Scope) -> Holds:
    if not isinstance(held, Vertices | Edges | Unknown):
        raise InvalidInput("drop", "drops vertices and edges")
    return holds.NOTHING


MEANINGS: Final[dict[str, _Follow]] = {
    "V": _vertices,
    "E": _edges,
    "hasLabel": _has_label,
    "has": _has,
    "hasId": _has_id,
    "as": _as,
    "select": _select,
    "out": _hop,
    "in": _hop,
    "both": _hop,
    "outE": _hop,
    "inE": _hop,
    "bothE": _hop,
    "outV": _end,
    "inV": _end,
    "values": _values,
    "valueMap": _value_map,
    "elementMap": _value_map,
    "project": _project,
    "fold": _fold,
    "unfold": _unfold,
    "id": _id,
    "label": _label,
    "where": _where,
    "not": _conditions,
    "and": _conditions,
    "or": _conditions,
    "is": _is,
    "coalesce": _branches,
    "union": _branches,
    "local": _branches,
    "optional": _branches,
    "choose": _choose,
    "repeat": _repeat,
    "simplePath": _simple_path,
    "path": _path,
    "group": _group,
    "groupCount": _group,
    "order": _order,
    "limit": _window,
    "range": _window,
    "dedup": _dedup,
    "count": _count,
    "sum": _reduce,
    "min": _reduce,
    "max": _reduce,
    "math": _math,
    "constant": _constant,
    "aggregate": _aggregate,
    "sack": _sack,
    "inject": _inject,
    "property": _property,
    "drop": _drop,
}
