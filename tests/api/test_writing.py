"""Writers write what the general way writes: values, keys and their order; errors are the general way's."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import strawberry
from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_composite_type, is_required_argument
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.clock import RunningClock
from api.graphql.context import Context, Services
from api.graphql.errors import TellErrors
from api.graphql.execution import ShortWay, shorten
from api.graphql.queries import Query
from api.graphql.scalars import SCALARS
from api.graphql.schema import QuietSchema
from api.graphql.selections import keep_selections
from api.graphql.types.node import node_types
from api.main import services_of
from api.operations.place_order import LineRequest, PlaceOrder, place_orders
from api.operations.source_orders import source_orders
from graph.engines.embedded import EmbeddedEngine
from graph.engines.port import EdgeRow, VertexRow
from graph.schema import ids
from graph.schema.elements import PropertyValue
from tests.api.serving import settings as server_settings
from tests.worlds import BOLT, C1, C2, DAY_MS, HOUR_MS, PLATE, PUMP, START_AT, VALVE, small_engine

BROKEN = ids.order("SO-BROKEN")
ROOTS = (
    "orders(first: 5)",
    "orders(last: 2)",
    "skus(first: 3)",
    "warehouses(first: 2)",
    'order(id: "order/SO-1")',
    f'order(id: "{BROKEN}")',
    'order(id: "order/NONE")',
    'sku(id: "sku/BOLT")',
)


@dataclass(frozen=True)
class Asked:
    """A query, and what its directives are given."""

    text: str
    variables: dict[str, bool]


def general_schema() -> strawberry.Schema:
    """All by graphql-core and Strawberry."""
    schema = _schema(StrawberryGraphQLCoreExecutionContext)
    keep_selections(schema._schema)
    return schema


def short_schema() -> strawberry.Schema:
    """As it is served."""
    schema = _schema(ShortWay)
    shorten(schema._schema)
    return schema


def _schema(executor: type[StrawberryGraphQLCoreExecutionContext]) -> strawberry.Schema:
    return QuietSchema(
        Query,
        types=node_types().values(),
        extensions=[TellErrors],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=executor,
    )


GENERAL, SHORT = general_schema(), short_schema()


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """Orders that were sourced; one more, whose lines lack what must be there or have what cannot be."""
    engine = small_engine()
    lines = tuple(LineRequest(sku, 2) for sku in (BOLT, PLATE, PUMP, VALVE))
    orders = [PlaceOrder(f"SO-{n}", (C1, C2)[n % 2], START_AT + DAY_MS, lines[n % 3 :]) for n in range(5)]
    place_orders(engine, orders, now=START_AT)
    source_orders(engine, now=START_AT + HOUR_MS)
    engine.bulk_load(*_broken())
    assert isinstance(engine, EmbeddedEngine)
    lacking, senseless = (ids.order_line(BROKEN, n) for n in (2, 3))
    # No engine would take these from the service.
    engine._graph.execute(f'g.V("{lacking}").properties("quantity").drop().iterate()')
    engine._graph.execute(f'g.V("{senseless}").property("status", "nonsense").iterate()')
    yield services_of(engine, clock=RunningClock(START_AT + HOUR_MS, speed=0), settings=server_settings())
    engine.close()


def _broken() -> tuple[list[VertexRow], list[EdgeRow]]:
    times = ("placed_at", "requested_at", "promised_at", "expected_at", "assessed_at")
    amounts = ("late_by_s", "priority", "weight_g", "volume_ml", "event_count")
    order: dict[str, PropertyValue] = dict.fromkeys((*times, *amounts), 1)
    order |= {"priority": 2**40, "status": "promised", "cold_chain": False, "hazardous": False, "day": "x"}
    lines: list[dict[str, PropertyValue]] = [
        {"number": 1, "quantity": 3, "status": "promised"},
        {"number": 2, "quantity": 3, "status": "promised"},
        {"number": 3, "quantity": 3, "status": "promised"},
    ]
    rows = [VertexRow("OrderLine", ids.order_line(BROKEN, n + 1), line) for n, line in enumerate(lines)]
    edges = [EdgeRow("HAS_LINE", BROKEN, row.id, {}) for row in rows]
    sku = EdgeRow("ORDERS", rows[0].id, BOLT, {})
    return [VertexRow("Order", BROKEN, order), *rows], [*edges, sku]


@st.composite
def queries(draw: st.DrawFn) -> Asked:
    """Valid queries: aliases, fragments of both kinds and directives with variables, to four levels."""
    names = (f"n{number}" for number in count())
    fragments: list[str] = []

    def directive() -> str:
        kind = draw(st.sampled_from(["", "", "", "", "@include", "@skip"]))
        return kind and f" {kind}(if: {draw(st.sampled_from(['$yes', '$no', 'true', 'false']))})"

    def selected(on: GraphQLObjectType, depth: int) -> str:
        fitting = [name for name, field in on.fields.items() if _can_be_asked(field, depth)]
        chosen = draw(st.lists(st.sampled_from(["__typename", *fitting]), min_size=1, max_size=4))
        return " ".join(wrapped(on, one(on, name, depth)) for name in chosen)

    def one(on: GraphQLObjectType, name: str, depth: int) -> str:
        alias = f"{next(names)}: " if draw(st.integers(0, 3)) == 0 else ""
        below = get_named_type(on.fields[name].type) if name in on.fields else None
        inner = ""
        if isinstance(below, GraphQLObjectType):
            inner = f" {{ {selected(below, depth - 1)} }}"
        elif is_composite_type(below):
            inner = " { __typename }"
        return f"{alias}{name}{directive()}{inner}"

    def wrapped(on: GraphQLObjectType, field: str) -> str:
        kind = draw(st.integers(0, 7))
        if kind == 0:
            return f"... on {on.name}{directive()} {{ {field} }}"
        if kind == 1:
            return f"...{directive()} {{ {field} }}"
        if kind == 2:
            name = next(names)
            fragments.append(f"fragment {name} on {on.name} {{ {field} }}")
            return f"...{name}{directive()}"
        return field

    query = SHORT._schema.query_type
    assert query is not None
    roots = []
    for root in draw(st.lists(st.sampled_from(ROOTS), min_size=1, max_size=2)):
        given_type = get_named_type(query.fields[root.partition("(")[0]].type)
        assert isinstance(given_type, GraphQLObjectType)
        roots.append(f"{next(names)}: {root} {{ {selected(given_type, 4)} }}")
    text = "query ($yes: Boolean!, $no: Boolean! = false) { __typename @include(if: $yes) @skip(if: $no) "
    return Asked(f"{text}{' '.join(roots)} }} {' '.join(fragments)}", {"yes": draw(st.booleans())})


def _can_be_asked(field: GraphQLField, depth: int) -> bool:
    composite = is_composite_type(get_named_type(field.type))
    return not any(map(is_required_argument, field.args.values())) and (depth > 1 or not composite)


def answer(schema: strawberry.Schema, services: Services, asked: Asked) -> tuple[str, list[Any]]:
    """The data as JSON, its keys in their order, and the errors."""
    context = Context(services, lasting=False)
    result = asyncio.run(schema.execute(asked.text, asked.variables, context_value=context))
    errors = [_without_id(error.formatted) for error in result.errors or []]
    return json.dumps(result.data), sorted(errors, key=repr)


def _without_id(error: Any) -> Any:
    return error | {"message": re.sub("internal error [0-9a-f]+", "internal error", error["message"])}


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(asked=queries())
def test_every_query_has_the_answer_of_the_general_way(services: Services, asked: Asked) -> None:
    general = answer(GENERAL, services, asked)
    assert answer(SHORT, services, asked) == general
    assert answer(SHORT, services, asked) == general


@pytest.mark.parametrize(
    ("selected", "says"),
    [
        ("lines { number quantity }", "internal error"),
        ("lines { number status }", "cannot represent value: 'nonsense'"),
        ("lines { number sku { name } }", "internal error"),
        ("priority lines { number }", "Int cannot represent"),
        ("customer { name }", "internal error"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(services: Services, selected: str, says: str) -> None:
    asked = Asked(f'{{ order(id: "{BROKEN}") {{ id {selected} }} }}', {})
    data, errors = answer(SHORT, services, asked)
    assert (data, errors) == answer(GENERAL, services, asked)
    assert [error["path"][0] for error in errors] == ["order"] * len(errors)
    assert any(says in error["message"] for error in errors), errors


def test_what_is_ordinary_never_meets_the_executor(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    met: list[str] = []
    execute_field: Callable[..., Any] = ShortWay.execute_field

    def noted(self: ShortWay, parent_type: GraphQLObjectType, *others: Any) -> Any:
        met.append(parent_type.name)
        return execute_field(self, parent_type, *others)

    monkeypatch.setattr(ShortWay, "execute_field", noted)
    text = """query ($yes: Boolean!) { orders(first: 3, descending: true) { pageInfo { hasNextPage } nodes {
        __typename id number status lateByS customer { name }
        lines { ...L sku @include(if: $yes) { name price { amount } stocks { warehouse { name } } } } } } }
        fragment L on OrderLine { n: number missingQuantity }"""
    _data, errors = answer(SHORT, services, Asked(text, {"yes": True}))
    assert not errors
    assert set(met) == {"Query"}
