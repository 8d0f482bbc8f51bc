"""Gremlin as people write it -> a traversal: for the command line, never for code.

Both ways of writing are read, ``g.V().has('Order', 'day', P.gte('2026-03-02')).as('o')`` and gremlinpython's
``g.V().has("Order", "day", P.gte("2026-03-02")).as_("o")``. Nothing of it is executed: it is parsed as a
Python expression, of which only calls of steps, names of Gremlin and plain values are understood.
"""

from __future__ import annotations

import ast
import re
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal
from gremlin_python.process.traversal import Bytecode, P, TextP, TraversalStrategies
from gremlin_python.structure.graph import Graph

from graph.compiler.profile import PREDICATES, SOURCES
from graph.compiler.shape import tokens_by_text, words
from graph.errors import InvalidInput

_KEYWORDS: Final = "as|in|is|not|and|or|from|with"
_WORDS: Final = re.compile(
    rf"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\b(?P<keyword>{_KEYWORDS})(?=\s*\()|\b(?P<long>\d+)[lL]\b"""
)
_TEXT_PREDICATES: Final = words(
    "containing notContaining startingWith notStartingWith endingWith notEndingWith"
)
_BARE_PREDICATES: Final = PREDICATES - words("not and or")
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "NaN": float("nan")}
_GROUPS: Final = words("T Order Scope Column Pop Direction Merge Cardinality Operator Pick")
_BARE: Final = {
    "id": "T.id",
    "label": "T.label",
    "asc": "Order.asc",
    "desc": "Order.desc",
    "local": "Scope.local",
    "global": "Scope.global",
    "keys": "Column.keys",
    "values": "Column.values",
    "single": "Cardinality.single",
    "onCreate": "Merge.onCreate",
    "onMatch": "Merge.onMatch",
    "OUT": "Direction.OUT",
    "IN": "Direction.IN",
    "sum": "Operator.sum",
    "minus": "Operator.minus",
    "mult": "Operator.mult",
    "assign": "Operator.assign",
    "none": "Pick.none",
}


def traversal_of(text: str) -> GraphTraversal:
    """The traversal that ``text`` spells; :class:`~graph.errors.InvalidInput` says what cannot be read."""
    python = _WORDS.sub(_as_python, text.strip())
    try:
        expression = ast.parse(python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        at = f" near character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise InvalidInput("traversal", f"cannot be read{at}: {text!r:.300}") from None
    root, calls = _chain(expression)
    if not isinstance(root, ast.Name) or root.id != "g" or not calls:
        raise InvalidInput("traversal", "starts with g and calls steps: g.V()...")
    bytecode = Bytecode()
    for name, arguments in calls:
        if not bytecode.step_instructions and name in SOURCES:
            bytecode.add_source(name, *arguments)
        else:
            bytecode.add_step(name, *arguments)
    return GraphTraversal(Graph(), TraversalStrategies(), bytecode)


def _as_python(match: re.Match[str]) -> str:
    if match["keyword"]:
        return f"{match['keyword']}_"
    return match["long"] or match["text"]


def _chain(node: ast.expr) -> tuple[ast.expr, list[tuple[str, list[Any]]]]:
    """The root of ``root.step(...).step(...)``, and the steps with their arguments."""
    calls: list[tuple[str, list[Any]]] = []
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        calls.insert(0, (_step_name(node.func.attr), _arguments(node)))
        node = node.func.value
    return node, calls


def _arguments(call: ast.Call) -> list[Any]:
    if call.keywords:
        raise _unreadable(call, "named arguments are not Gremlin")
    return [_value(argument) for argument in call.args]


def _step_name(name: str) -> str:
    """``hasLabel`` for ``has_label``, ``in`` for ``in_``."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.capitalize() if part != "id" else "Id" for part in rest)


def _value(node: ast.expr) -> Any:
    match node:
        case ast.Constant(value=str() | bool() | int() | float() | None):
            return node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.List() | ast.Tuple():
            return [_value(item) for item in node.elts]
        case ast.Dict():
            return {
                _key(key): _value(value) for key, value in zip(node.keys, node.values, strict=True) if key
            }
        case ast.Name() if node.id in _CONSTANTS:
            return _CONSTANTS[node.id]
        case ast.Name() if node.id in _BARE:
            return tokens_by_text()[_BARE[node.id]]
        case ast.Attribute(value=ast.Name(id=group)) if group in _GROUPS:
            return _token(node, group)
        case ast.Call():
            return _called(node)
    raise _unreadable(node, "is neither a value nor a step")


def _key(node: ast.expr) -> Any:
    return _value(node) if not isinstance(node, ast.Name) or node.id in _BARE else node.id


def _token(node: ast.Attribute, group: str) -> Any:
    name = node.attr if node.attr.isupper() else _step_name(node.attr)
    found = tokens_by_text().get(f"{group}.{name}")
    if found is None:
        raise _unreadable(node, "is no word of Gremlin")
    return found


def _called(node: ast.Call) -> Any:
    """A predicate, or a traversal that starts with ``__`` or with a bare step."""
    root, calls = _chain(node)
    if isinstance(root, ast.Name) and root.id in ("P", "TextP"):
        return _predicate(node, calls)
    if isinstance(root, ast.Call) and isinstance(root.func, ast.Name):
        first = (_step_name(root.func.id), _arguments(root))
        if first[0] in _BARE_PREDICATES:
            return _predicate(node, [first, *calls])
        calls.insert(0, first)
    elif not (isinstance(root, ast.Name) and root.id == "__"):
        raise _unreadable(node, "starts with neither __ nor a step")
    bytecode = Bytecode()
    for name, arguments in calls:
        bytecode.add_step(name, *arguments)
    return bytecode


def _predicate(node: ast.expr, calls: list[tuple[str, list[Any]]]) -> Any:
    (name, operands), *more = calls
    kind = TextP if name in _TEXT_PREDICATES else P
    if not operands and name not in ("within", "without"):
        raise _unreadable(node, "compares with nothing")
    if name in ("within", "without") and not (len(operands) == 1 and isinstance(operands[0], list)):
        operands = [operands]
    predicate = kind(name, *operands[:2])
    for combined, others in more:
        if combined not in ("and", "or") or len(others) != 1:
            raise _unreadable(node, "goes on with and() or or()")
        predicate = P(combined, predicate, others[0])
    return predicate


def _unreadable(node: ast.expr, why: str) -> InvalidInput:
    return InvalidInput("traversal", f"{why}: {ast.unparse(node):.200}")
