"""The short way gives what the general way gives, errors included."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from api.graphql.execution import ShortWay, shorten
from api.graphql.scalars import SCALARS, Instant, Long


@strawberry.enum
class Colour(Enum):
    RED = "red"


@strawberry.type
class Thing:
    name: str
    count: Long
    made_at: Instant
    colour: Colour
    note: str | None = None
    tags: list[str] = strawberry.field(default_factory=list)

    @strawberry.field
    def shout(self) -> str:
        return self.name.upper()


SOUND: dict[str, Any] = {"name": "a", "count": 2**40, "made_at": 1500, "colour": "red", "tags": ["x", "y"]}


@strawberry.type
class Query:
    @strawberry.field
    def thing(self, info: strawberry.Info) -> Thing:
        thing = object.__new__(Thing)
        thing.__dict__.update(info.context)
        return thing


GENERAL = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
SHORT = strawberry.Schema(
    Query, config=StrawberryConfig(scalar_map=SCALARS), execution_context_class=ShortWay
)
shorten(SHORT._schema)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"note": "n"},
        {"name": None},
        {"name": ["no", "text"]},
        {"count": "many"},
        {"made_at": None},
        {"colour": "blue"},
        {"colour": Colour.RED},
        {"tags": None},
        {"tags": [None]},
    ],
)
def test_both_ways_answer_alike(changed: dict[str, Any]) -> None:
    query = "{ thing { n: name name count madeAt colour note tags shout __typename } }"
    short = SHORT.execute_sync(query, context_value=SOUND | changed)
    general = GENERAL.execute_sync(query, context_value=SOUND | changed)
    assert short.data == general.data
    assert [(e.message, e.path) for e in short.errors or []] == [
        (e.message, e.path) for e in general.errors or []
    ]


def test_the_answer_is_the_one_expected() -> None:
    result = SHORT.execute_sync("{ thing { name count madeAt colour note tags } }", context_value=SOUND)
    assert result.data == {
        "thing": {
            "name": "a",
            "count": 2**40,
            "madeAt": "1970-01-01T00:00:01.500Z",
            "colour": "RED",
            "note": None,
            "tags": ["x", "y"],
        }
    }
