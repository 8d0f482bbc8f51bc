"""The GraphQL schema, put together."""

from __future__ import annotations

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from api.graphql.documents import Documents, PrepareDocument
from api.graphql.errors import TellErrors
from api.graphql.execution import ShortWay, shorten
from api.graphql.mutations import Mutation
from api.graphql.queries import Query
from api.graphql.scalars import SCALARS
from api.graphql.subscriptions import Subscription
from api.graphql.types import delivery, events, roads  # noqa: F401  (their types are found by label)
from api.graphql.types.node import node_types
from api.settings import Limits


class QuietSchema(strawberry.Schema):
    """Errors are logged where they are told, with their id, not once more here."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Say nothing."""


def make_schema(limits: Limits) -> strawberry.Schema:
    """The schema, with its own memory of documents."""
    documents = Documents()
    schema = QuietSchema(
        Query,
        Mutation,
        Subscription,
        types=node_types().values(),
        extensions=[TellErrors, lambda: PrepareDocument(documents, limits)],
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=ShortWay,
    )
    shorten(schema._schema)
    return schema
