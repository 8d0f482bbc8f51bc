"""The shape of a traversal: everything of its bytecode but the values.

Two traversals of one shape compile to one script; only their values differ. A shape is nested
tuples that hash fast, because it is computed on every call and looked up in a cache; on a miss
:mod:`graph.compiler.step_tree` makes the readable tree of it.

In a shape a name (a label, a property, a step label) is itself, a token is a :class:`Token`, and a
value is the Python type it has: ``str``, ``bool``, ``int``, ``float``, ``NoneType``, or a tuple for
what is composed: ``(MAP, ((key, shape), ...))``, ``(ROWS, shape of each row)``, ``(ITEMS, shapes)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gremlin_python import statics
from gremlin_python.process import traversal as gremlin

from graph.errors import InvalidInput, UnsupportedStep

NoneType = type(None)


def words(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


NESTED: Final = "~nested"
PREDICATE: Final = "~predicate"
MAP: Final = "~map"
ROWS: Final = "~rows"
ITEMS: Final = "~items"

DEEPEST_VALUE: Final = 16
"""How deep lists and maps may nest in one value."""


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A word of Gremlin such as ``T.id``; there is one object for each, so identity is equality."""

    group: str
    name: str

    def __str__(self) -> str:
        return f"{self.group}.{self.name}"


_MEMBER_NAMES: Final = {
    "id_": "id",
    "list_": "list",
    "set_": "set",
    "on_create": "onCreate",
    "on_match": "onMatch",
    "out_v": "outV",
    "in_v": "inV",
    "all_": "all",
    "any_": "any",
    "global_": "global",
    "and_": "and",
    "or_": "or",
    "max_": "max",
    "min_": "min",
    "sum_": "sum",
    "add_all": "addAll",
    "sum_long": "sumLong",
    "norm_sack": "normSack",
}


def _all_tokens() -> dict[int, Token]:
    by_text: dict[str, Token] = {}
    by_identity: dict[int, Token] = {}
    groups = "Barrier Cardinality Column Direction DT GType Merge Operator Order Pick Pop Scope T"
    for group in groups.split():
        for member in getattr(gremlin, group):
            token = Token(group, _MEMBER_NAMES.get(member.name, member.name))
            by_identity[id(member)] = by_text.setdefault(str(token), token)
    return by_identity


_TOKENS: Final = _all_tokens()
"""By ``id()``: a token of gremlinpython hashes in Python code, which is slow, and lives for ever."""


def tokens_by_text() -> dict[str, Any]:
    """The members of gremlinpython's enums by their spelling in Gremlin, such as ``T.id``."""
    groups = {token.group for token in _TOKENS.values()}
    return {
        str(_TOKENS[id(member)]): member for group in sorted(groups) for member in getattr(gremlin, group)
    }


def token(member: Any) -> Token:
    """Our token for a member of one of gremlinpython's enums."""
    return _TOKENS[id(member)]


T_ID: Final = token(gremlin.T.id)
T_LABEL: Final = token(gremlin.T.label)
OUT: Final = token(gremlin.Direction.OUT)
IN: Final = token(gremlin.Direction.IN)

_SCALARS: Final[dict[type, type]] = {
    str: str,
    int: int,
    bool: bool,
    float: float,
    NoneType: NoneType,
    statics.long: int,
    statics.bigint: int,
    statics.short: int,
}

# Steps whose every string is a name of the schema or of the traversal, never a value.
_NAMING: Final = words(
    """
    hasLabel hasNot hasKey out in both outE inE bothE values valueMap elementMap properties propertyMap
    project as select by from to group groupCount aggregate cap store addV addE math dedup where path
    repeat tree subgraph simplePath cyclicPath
    """
)
# Steps whose last argument is a value and whose other strings are names.
_NAMING_BUT_LAST: Final = frozenset({"has", "property"})

Shape = tuple[Any, ...]


def holds_reals(shape: Any) -> bool:
    """Whether a value of this shape has floats in it."""
    if isinstance(shape, (tuple, frozenset)):
        return any(map(holds_reals, shape))
    return shape is float


def shape_of(bytecode: gremlin.Bytecode) -> tuple[Shape, list[Any]]:
    """The shape of ``bytecode`` and its values, in the order in which the shape has them."""
    values: list[Any] = []
    sources = tuple(_instruction(i, values) for i in bytecode.source_instructions)
    return (sources, tuple(_instruction(i, values) for i in bytecode.step_instructions)), values


def _instruction(instruction: list[Any], values: list[Any]) -> Shape:
    name = instruction[0]
    if name in _NAMING:
        return (name, *[_name_or_other(a, name, values) for a in instruction[1:]])
    if name in _NAMING_BUT_LAST and len(instruction) > 1:
        names = [_name_or_other(a, name, values) for a in instruction[1:-1]]
        last = _name_or_other if len(instruction) == 2 else _argument
        return (name, *names, last(instruction[-1], name, values))
    return (name, *[_argument(a, name, values) for a in instruction[1:]])


def _name_or_other(argument: Any, step: str, values: list[Any]) -> Any:
    if type(argument) is str:
        return argument
    if isinstance(argument, gremlin.P):
        return _predicate(argument, step, values, naming=True)
    return _argument(argument, step, values)


def _argument(argument: Any, step: str, values: list[Any]) -> Any:
    kind = type(argument)
    scalar = _SCALARS.get(kind)
    if scalar is not None:
        values.append(argument)
        return scalar
    if kind is gremlin.Bytecode:
        if argument.source_instructions:
            raise UnsupportedStep(step, "any engine", "a nested traversal starts with __, not with g")
        return (NESTED, *[_instruction(i, values) for i in argument.step_instructions])
    found = _TOKENS.get(id(argument))
    if found is not None:
        return found
    if isinstance(argument, gremlin.P):
        return _predicate(argument, step, values, naming=False)
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        shape, items = _items(list(argument), step, 1)
        values.append(items)
        return shape
    if kind is dict:
        return _map(argument, step, values)
    if isinstance(argument, str):
        values.append(str(argument))
        return str
    return _refuse(argument, step)


def _predicate(predicate: gremlin.P, step: str, values: list[Any], *, naming: bool) -> Shape:
    operands = [predicate.value] if predicate.other is None else [predicate.value, predicate.other]
    if naming:
        names = _names(operands)
        if names is not None:
            return (PREDICATE, predicate.operator, *names)
    shapes = [
        _predicate(o, step, values, naming=naming) if isinstance(o, gremlin.P) else _argument(o, step, values)
        for o in operands
    ]
    return (PREDICATE, predicate.operator, *shapes)


def _names(operands: list[Any]) -> list[Any] | None:
    names: list[Any] = []
    for operand in operands:
        if type(operand) is str:
            names.append(operand)
        elif type(operand) is list and all(type(o) is str for o in operand):
            names.extend(operand)
        else:
            return None
    return names


def _map(mapping: dict[Any, Any], step: str, values: list[Any]) -> Shape:
    entries = []
    for key, value in mapping.items():
        name = map_key(key, step)
        shape = value if name is T_LABEL and type(value) is str else _argument(value, step, values)
        entries.append((name, shape))
    return (MAP, tuple(entries))


def map_key(key: Any, step: str) -> str | Token:
    """The name or token of a map's key; anything else is refused."""
    if type(key) is str:
        return key
    found = _TOKENS.get(id(key))
    if found is None:
        raise InvalidInput(step, f"takes maps with names or tokens as keys, not {key!r}")
    return found


def _items(items: list[Any], step: str, depth: int) -> tuple[Shape, list[Any]]:
    """The shape of a list, of rows (maps of one shape) or of whatever else, and the list in plain values:
    maps have text as keys, ``"T.id"`` for a token.
    """
    if depth > DEEPEST_VALUE:
        raise InvalidInput(step, f"takes values nested at most {DEEPEST_VALUE} deep")
    kinds = set(map(type, items))
    if kinds == {dict}:
        row, rows = _rows(items, step, depth + 1)
        return (ROWS, row), rows
    shapes = {_SCALARS[kind] for kind in kinds if kind in _SCALARS}
    others = [kind for kind in kinds if kind not in _SCALARS]
    if not others:
        return (ITEMS, frozenset(shapes)), items
    nested: set[Any] = set(shapes)
    plain: list[Any] = []
    for item in items:
        if isinstance(item, (list, tuple)):
            shape, item = _items(list(item), step, depth + 1)
            nested.add(shape)
        elif isinstance(item, dict):
            raise InvalidInput(step, "takes a list of maps or a list of other values, not both in one")
        elif type(item) not in _SCALARS:
            _refuse(item, step)
        plain.append(item)
    return (ITEMS, frozenset(nested)), plain


def _rows(rows: list[dict[Any, Any]], step: str, depth: int) -> tuple[Shape, list[Any]]:
    """The one shape that all ``rows`` have, the same keys each with values of one type, and plain rows."""
    if depth > DEEPEST_VALUE:
        raise InvalidInput(step, f"takes values nested at most {DEEPEST_VALUE} deep")
    keys = tuple(rows[0])
    if all(tuple(row) == keys for row in rows):
        columns = list(zip(*(row.values() for row in rows), strict=True))
    else:
        columns = [_gathered(rows, key, step) for key in keys]
    names = [map_key(key, step) for key in keys]
    shaped = [_column(name, column, step, depth) for name, column in zip(names, columns, strict=True)]
    texts = [str(name) for name in names]
    if texts != list(keys) or any(
        plain is not column for (_, plain), column in zip(shaped, columns, strict=True)
    ):
        rows = [
            dict(zip(texts, row, strict=True)) for row in zip(*(plain for _, plain in shaped), strict=True)
        ]
    return (MAP, tuple(zip(names, (shape for shape, _ in shaped), strict=True))), rows


def _gathered(rows: list[dict[Any, Any]], key: Any, step: str) -> tuple[Any, ...]:
    """What each row has under ``key``; the rows may have their keys in any order, but the same keys."""
    for row in rows:
        if row.keys() != rows[0].keys():
            different = ", ".join(sorted(str(k) for k in row.keys() ^ rows[0].keys()))
            raise InvalidInput(step, f"takes rows of one shape; they differ in {different}")
    return tuple(row[key] for row in rows)


def _column(name: str | Token, column: tuple[Any, ...], step: str, depth: int) -> tuple[Any, Sequence[Any]]:
    if name is T_LABEL and type(column[0]) is str:
        if column.count(column[0]) != len(column):
            raise InvalidInput(step, "takes rows of one label; make one batch of each label")
        return column[0], column
    kinds = set(map(type, column))
    if kinds == {dict}:
        return _rows(list(column), step, depth + 1)
    if kinds <= {list, tuple}:
        return _items(list(column), step, depth + 1)
    shapes = {_SCALARS.get(kind) for kind in kinds}
    if None in shapes:
        _refuse(next(v for v in column if type(v) not in _SCALARS), step)
    if len(shapes) > 1:
        types = ", ".join(sorted(s.__name__ for s in shapes if s is not None))
        raise InvalidInput(step, f"takes rows of one shape; {name} is of several types: {types}")
    return shapes.pop(), column


def _refuse(argument: Any, step: str) -> Any:
    if callable(argument) and not isinstance(argument, type):
        raise UnsupportedStep(step, "any engine", "lambdas are not portable; say it in steps")
    if isinstance(argument, gremlin.TraversalStrategy):
        raise UnsupportedStep(step, "any engine", "leave it out; run() and explore() take a time limit")
    if isinstance(argument, gremlin.Binding):
        raise UnsupportedStep(step, "any engine", "bindings are made by the compiler; give the value itself")
    raise InvalidInput(
        step,
        f"takes text, flags, integers, floats, and lists and maps of them, "
        f"not {type(argument).__name__} {argument!r:.80}",
    )
