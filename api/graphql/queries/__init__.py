"""What can be asked."""

from __future__ import annotations

import strawberry

from api.graphql.context import Info
from api.graphql.queries.deliveries import DeliveryQueries
from api.graphql.queries.exploring import ExploringQueries
from api.graphql.queries.orders import OrderQueries
from api.graphql.queries.products import ProductQueries
from api.graphql.queries.single import any_node
from api.graphql.resolving import resolved
from api.graphql.types.node import Node


@strawberry.type(description="What can be asked.")
class Query(OrderQueries, ProductQueries, DeliveryQueries, ExploringQueries):
    """All queries."""

    @resolved("Anything by its id.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        """One vertex of any kind."""
        return await any_node(info.context, id)
