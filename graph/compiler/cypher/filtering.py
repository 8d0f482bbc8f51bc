"""Steps that let some traversers through: conditions, and what they are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from graph.compiler.clauses import Clause
from graph.compiler.cypher.clauses import Scan
from graph.compiler.cypher.naming import is_cheap, quoted
from graph.compiler.cypher.reading import by, property_of
from graph.compiler.cypher.rows import (
    Compilation,
    Condition,
    Following,
    Rows,
    Stream,
    condition,
    text_literal,
    unsupported,
)
from graph.compiler.cypher.traverser import Value
from graph.compiler.shape import Token
from graph.compiler.step_tree import Argument, Predicate, Slot, StepTree

_COMPARED = {"eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_SEARCHED = {"containing": "CONTAINS", "startingWith": "STARTS WITH", "endingWith": "ENDS WITH"}
_NOT_SEARCHED = {f"not{name[0].upper()}{name[1:]}": word for name, word in _SEARCHED.items()}

Operand = Callable[[Argument], str]


def compared(left: str, predicate: Predicate, operand: Operand) -> str:
    """``left`` held against a predicate; null where ``left`` is null, or false."""
    name, operands = predicate.operator, predicate.operands
    if name in ("and", "or", "not"):
        inner = [o for o in operands if isinstance(o, Predicate)]
        if name == "not":
            return _not_compared(left, inner[0], operand)
        return f"({f' {name.upper()} '.join(compared(left, o, operand) for o in inner)})"
    if name in ("within", "without"):
        return _within(left, name, operands, operand)
    texts = [operand(o) for o in operands]
    if name in _COMPARED:
        return f"{left} {_COMPARED[name]} {texts[0]}"
    if name in _SEARCHED:
        return f"{left} {_SEARCHED[name]} {texts[0]}"
    if name in _NOT_SEARCHED:
        return f"NOT {left} {_NOT_SEARCHED[name]} {texts[0]}"
    low, high = texts
    match name:
        case "between":
            return f"({left} >= {low} AND {left} < {high})"
        case "inside":
            return f"({left} > {low} AND {left} < {high})"
        case "outside":
            return f"({left} < {low} OR {left} > {high})"
    raise unsupported(name, "compare with eq, lt, gt, within ...")


def _not_compared(left: str, predicate: Predicate, operand: Operand) -> str:
    """``left`` held against the opposite of a predicate: null passes neither."""
    name, operands = predicate.operator, predicate.operands
    inner = [o for o in operands if isinstance(o, Predicate)]
    match name:
        case "not":
            return compared(left, inner[0], operand)
        case "and" | "or":
            word = " OR " if name == "and" else " AND "
            return f"({word.join(_not_compared(left, o, operand) for o in inner)})"
        case "within" | "without":
            return _within(left, "without" if name == "within" else "within", operands, operand)
    return f"NOT {compared(left, predicate, operand)}"


def _within(left: str, name: str, operands: Sequence[Argument], operand: Operand) -> str:
    whole = len(operands) == 1 and (
        isinstance(operands[0], str)
        or (isinstance(operands[0], Slot) and isinstance(operands[0].shape, tuple))
    )
    texts = [operand(o) for o in operands]
    listed = texts[0] if whole else f"[{', '.join(texts)}]"
    if name == "within":
        return f"{left} IN {listed}"
    # Without the first part null would pass where the list is empty.
    return f"({left} IS NOT NULL AND NOT {left} IN {listed})"


def _given(c: Compilation, step: str) -> Operand:
    return lambda argument: c.given(argument, step).text


def _held_against(rows: Rows, left: str, argument: Argument, step: str) -> str:
    if isinstance(argument, Predicate):
        return compared(left, argument, _given(rows.c, step))
    return f"{left} = {rows.c.given(argument, step).text}"


def _bound_current(rows: Rows) -> str:
    if isinstance(rows, Stream) and not is_cheap(rows.current.text):
        rows.bind()
    return rows.current.text


def has(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``has`` in all its forms."""
    arguments = clause.step.arguments
    if len(arguments) == 3:
        label = str(arguments[0])
        if not _scanned(rows, [label]):
            rows.keep(labelled(rows, [label]))
        arguments = arguments[1:]
    _bound_current(rows)
    first = arguments[0]
    if isinstance(first, Token):
        left = f"{rows.current.text}.`id`" if first.name == "id" else None
        if left is None:
            _keep_label(rows, arguments[1])
        else:
            rows.keep(_of_ids(rows, left, arguments[1]))
        _narrowed(rows, following)
        return None
    left = property_of(rows, str(first)).text
    rows.keep(
        f"{left} IS NOT NULL" if len(arguments) == 1 else _held_against(rows, left, arguments[1], "has")
    )
    _narrowed(rows, following)
    return None


def _narrowed(rows: Rows, following: Following) -> None:
    rows.t = replace(rows.t, current=replace(rows.current, held=following.after, missing=False))


def _of_ids(rows: Rows, left: str, argument: Argument) -> str:
    if isinstance(argument, Slot) and isinstance(argument.shape, tuple):
        return f"{left} IN {rows.c.parameter(argument)}"
    return _held_against(rows, left, argument, "has")


def has_id(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``hasId`` of an id, a list of them, or a predicate."""
    (argument,) = clause.step.arguments
    rows.keep(_of_ids(rows, f"{_bound_current(rows)}.`id`", argument))
    _narrowed(rows, following)
    return None


def has_label(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``hasLabel`` of labels or of a predicate."""
    _bound_current(rows)
    names = [a for a in clause.step.arguments if isinstance(a, str)]
    if names and not _scanned(rows, names):
        rows.keep(labelled(rows, names))
    for argument in clause.step.arguments:
        if isinstance(argument, Predicate):
            _keep_label(rows, argument)
    _narrowed(rows, following)
    return None


def _scanned(rows: Rows, labels: Sequence[str]) -> bool:
    """Whether the current vertex comes right from a scan of one of the labels."""
    last = rows.clauses[-1] if isinstance(rows, Stream) and rows.clauses else None
    if not isinstance(last, Scan) or last.variable != rows.current.text or last.optional:
        return False
    return set(last.label.split("|")) <= set(map(quoted, labels))


def _keep_label(rows: Rows, argument: Argument) -> None:
    if isinstance(argument, Predicate) and all(isinstance(o, str) for o in argument.operands):
        names = [str(o) for o in argument.operands]
        if argument.operator in ("eq", "within"):
            return rows.keep(labelled(rows, names))
        if argument.operator in ("neq", "without"):
            return rows.keep(f"NOT {labelled(rows, names)}")
    label = label_of(rows, rows.current).text
    return rows.keep(_held_against_words(rows, label, argument))


def _held_against_words(rows: Rows, left: str, argument: Argument) -> str:
    def operand(argument: Argument) -> str:
        return text_literal(argument) if isinstance(argument, str) else rows.c.given(argument, "has").text

    if isinstance(argument, Predicate):
        return compared(left, argument, operand)
    return f"{left} = {operand(argument)}"


def labelled(rows: Rows, labels: Sequence[str]) -> str:
    """The condition that the current element has one of the labels."""
    return f"{rows.current.text}:{'|'.join(map(quoted, labels))}" if labels else "false"


def label_of(rows: Rows, value: Value) -> Value:
    """The label of an element."""
    from graph.compiler.cypher.reading import label_of as read

    return read(rows.c, value)


def where(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``where`` of a traversal, or of predicates of names of steps."""
    first, *others = clause.step.arguments
    if isinstance(first, StepTree):
        _bind_where_it_pays(rows)
        rows.require()
        rows.keep(condition(rows, first).text)
        return None
    modulators = clause.all("by")
    left = rows.current
    predicate: Argument = first
    if isinstance(first, str):
        left, predicate = named(rows, first), others[0]
    if not isinstance(predicate, Predicate):
        raise unsupported("where", "give it a traversal or a predicate")
    used = 0

    def modulated(value: Value) -> Value:
        nonlocal used
        if not modulators:
            return value
        used += 1
        return by(rows, modulators[(used - 1) % len(modulators)], value)

    def operand(argument: Argument) -> str:
        if not isinstance(argument, str):
            raise unsupported("where", "compare with names of steps")
        value = modulated(named(rows, argument))
        return value.text

    text = compared(modulated(left).text, predicate, operand)
    rows.keep(text)
    return None


def named(rows: Rows, name: str) -> Value:
    """What was called ``name``."""
    if name not in rows.t.names:
        raise unsupported(f"the name {name!r}", "it is not there any more after what gathers")
    return rows.t.names[name]


def conditions(rows: Rows, clause: Clause, _following: Following) -> int | None:
    """``and``, ``or``, ``not``."""
    _bind_where_it_pays(rows)
    rows.require()
    parts = [condition(rows, a) for a in clause.step.arguments if isinstance(a, StepTree)]
    if clause.name == "not":
        rows.keep(parts[0].negated())
    elif clause.name == "or":
        rows.keep(f"({' OR '.join(p.text for p in parts)})")
    else:
        for part in parts:
            rows.keep(part.text)
    return None


def _bind_where_it_pays(rows: Rows) -> None:
    if isinstance(rows, Stream) and not is_cheap(rows.current.text):
        rows.bind()


def is_(rows: Rows, clause: Clause, following: Following) -> int | None:
    """``is`` a value or a predicate."""
    text = _bound_current(rows)
    rows.keep(_held_against(rows, text, clause.step.arguments[0], "is"))
    _narrowed(rows, following)
    return None


def condition_of_choice(rows: Rows, argument: Argument) -> Condition:
    """What ``choose`` decides by."""
    if isinstance(argument, StepTree):
        return condition(rows, argument)
    return Condition(_held_against(rows, rows.current.text, argument, "choose"))


__all__ = [
    "compared",
    "condition_of_choice",
    "conditions",
    "has",
    "has_id",
    "has_label",
    "is_",
    "labelled",
    "named",
    "where",
]
