"""The schema: committed as it is, equal to the graph's, and every link of it can be followed."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from api.graphql import enumerations
from api.graphql.export import schema_text
from api.graphql.schema import make_schema
from api.graphql.types.node import node_types
from api.settings import Limits
from graph.engines.opening import open_engine
from graph.engines.port import EdgeRow, Engine, VertexRow
from graph.schema.elements import Property, PropertyValue, Type
from graph.schema.events import FACT_KINDS, ORDER_EVENT_KINDS
from graph.schema.lifecycle import LIFECYCLES
from graph.schema.model import SCHEMA
from tests.api.serving import Served, serving

TYPES = make_schema(Limits())._schema.type_map
DECIDED = {"promise", "readiness", "lateness"}
"""Fields of orders that operations answer."""


def test_the_committed_schema_is_current() -> None:
    committed = Path(__file__).parents[2] / "schema.graphql"
    assert committed.read_text(encoding="utf-8") == schema_text(), "run: python -m api.graphql.export"


@pytest.mark.parametrize("lifecycle", LIFECYCLES, ids=lambda lifecycle: lifecycle.name)
def test_every_status_of_the_graph_is_one_of_the_schema(lifecycle: object) -> None:
    states = getattr(lifecycle, "states")  # noqa: B009
    enums = [{member.value for member in enum} for enum in vars(enumerations).values() if _is_enum(enum)]
    assert set(states) in enums


def test_every_choice_of_a_property_is_one_of_its_fields() -> None:
    for label in node_types():
        object_type = TYPES[label]
        assert isinstance(object_type, GraphQLObjectType)
        for prop in SCHEMA.vertices[label].properties:
            field = object_type.fields.get(_camel(prop.name))
            values = getattr(get_named_type(field.type) if field else None, "values", None)
            if prop.one_of and values is not None:
                assert tuple(value.value for value in values.values()) == prop.one_of


def test_every_kind_of_event_is_in_the_schema() -> None:
    assert {kind.value for kind in enumerations.EventKind} == {*FACT_KINDS, *ORDER_EVENT_KINDS}


def test_every_property_of_a_kind_can_be_asked_for() -> None:
    inside = {"currency", "arguments", "runner", "lease_ends_at"}
    for label in node_types():
        object_type = TYPES[label]
        assert isinstance(object_type, GraphQLObjectType)
        missing = {
            prop.name
            for prop in SCHEMA.vertices[label].properties
            if _camel(prop.name) not in object_type.fields
        }
        assert missing <= inside, label


@pytest.fixture(scope="module")
def everything() -> Iterator[Served]:
    """One vertex of each kind, with one edge of each kind that there may be between two of them."""
    engine = open_engine("embedded:", SCHEMA)
    engine.prepare()
    with serving(engine) as served:
        _load_one_of_each(engine)
        yield served
    engine.close()


@pytest.mark.parametrize("label", sorted(node_types()))
def test_every_field_of_every_kind_can_be_followed(everything: Served, label: str) -> None:
    node = everything.ask(f'{{ node(id: "{_id_of(label)}") {{ ... on {label} {_selection(label)} }} }}')[
        "node"
    ]
    assert node["id"] == _id_of(label)


def _load_one_of_each(engine: Engine) -> None:
    kinds = [SCHEMA.vertices[label] for label in node_types()]
    vertices = [VertexRow(k.label, _id_of(k.label), {p.name: _value(p) for p in k.properties}) for k in kinds]
    known = {kind.label for kind in kinds}
    edges = [
        EdgeRow(kind.label, _id_of(a), _id_of(b), {p.name: _value(p) for p in kind.properties})
        for kind in SCHEMA.edges.values()
        for a, b in kind.ends
        if {a, b} <= known and a != b
    ]
    engine.bulk_load(vertices, edges)


def _id_of(label: str) -> str:
    return f"{SCHEMA.vertices[label].prefix}/ONE"


def _value(prop: Property) -> PropertyValue:
    if prop.one_of:
        return prop.one_of[0]
    values: dict[Type, PropertyValue] = {
        Type.TEXT: "text",
        Type.FLAG: True,
        Type.INTEGER: 1,
        Type.REAL: 1.0,
    }
    return values[prop.type]


def _selection(label: str) -> str:
    object_type = TYPES[label]
    assert isinstance(object_type, GraphQLObjectType)
    wanted = []
    for name, field in object_type.fields.items():
        if name in DECIDED or any(is_required_argument(argument) for argument in field.args.values()):
            continue
        wanted.append(f"{name} {_leaves(get_named_type(field.type))}")
    return f"{{ {' '.join(wanted)} }}"


def _leaves(of: object) -> str:
    if is_leaf_type(of):
        return ""
    if not isinstance(of, GraphQLObjectType):
        return "{ __typename }"
    if of.name.endswith("Connection"):
        return f"{{ totalCount nodes {_leaves(get_named_type(of.fields['nodes'].type))} }}"
    names = [name for name, field in of.fields.items() if is_leaf_type(get_named_type(field.type))]
    return f"{{ __typename {' '.join(names)} }}"


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)


def _is_enum(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Enum) and value is not Enum
