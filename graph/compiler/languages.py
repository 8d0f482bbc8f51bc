"""What a traversal is in the language of each family of engines: for people who want to see it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from gremlin_python.process.graph_traversal import GraphTraversal
from gremlin_python.process.translator import Translator
from gremlin_python.process.traversal import Bytecode

from graph.compiler.compiler import Compiler
from graph.compiler.cypher.compile import cypher_of
from graph.compiler.graphersal_script import template_of
from graph.compiler.portable_bytecode import SENT_AS
from graph.compiler.verification import Verified
from graph.errors import InvalidInput
from graph.schema.elements import Schema


@dataclass(frozen=True)
class InLanguage:
    """What ``engine`` is sent: ``text`` in its ``language`` and the parameters, or why it ``refuses``."""

    engine: str
    language: str
    text: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    refuses: str = ""


_Said = tuple[str, dict[str, Any]]


def in_every_language(traversal: GraphTraversal, schema: Schema) -> list[InLanguage]:
    """What each family of engines would be sent."""
    return [_asked(engine, language, say, traversal, schema) for engine, language, say in _LANGUAGES]


def _asked(
    engine: str,
    language: str,
    say: Callable[[GraphTraversal, Schema], _Said],
    traversal: GraphTraversal,
    schema: Schema,
) -> InLanguage:
    try:
        text, parameters = say(traversal, schema)
    except InvalidInput as refusal:
        return InLanguage(engine, language, refuses=str(refusal))
    return InLanguage(engine, language, text, parameters)


def _graphersal(traversal: GraphTraversal, schema: Schema) -> _Said:
    compiled = Compiler(schema, "embedded", template_of).compile(traversal)
    parameters: dict[str, Any] = {}
    text = compiled.plan.expression(compiled.values, parameters)
    return compiled.plan.prelude + text, parameters


def _gremlin(traversal: GraphTraversal, schema: Schema) -> _Said:
    verified = Compiler(schema, "gremlin", _verified).compile(traversal).plan
    sent = _as_sent(copy.deepcopy(traversal.bytecode))
    if verified.by_id:
        sent.add_step("id")
    return str(Translator("g").translate(sent)), {}


def _as_sent(bytecode: Bytecode) -> Bytecode:
    for instruction in bytecode.step_instructions:
        instruction[0] = SENT_AS.get(instruction[0], instruction[0])
        for argument in instruction[1:]:
            if isinstance(argument, Bytecode):
                _as_sent(argument)
    return bytecode


def _verified(_tree: object, verified: Verified) -> Verified:
    return verified


def _cypher(traversal: GraphTraversal, schema: Schema) -> _Said:
    compiled = Compiler(schema, "neo4j", cypher_of(schema)).compile(traversal)
    statement = compiled.plan.for_values(compiled.values)
    return statement.text, statement.parameters(compiled.values)


_LANGUAGES: Final = (
    ("embedded", "Graphersal script", _graphersal),
    ("gremlin-server, janusgraph, neptune", "Gremlin (sent as bytecode)", _gremlin),
    ("neo4j", "Cypher", _cypher),
)
