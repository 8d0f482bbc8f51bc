"""What can be done."""

from __future__ import annotations

import strawberry

from api.graphql.mutations.facts import FactMutations
from api.graphql.mutations.orders import OrderMutations
from api.graphql.mutations.planning import PlanningMutations


@strawberry.type(description="What can be done. What is refused is told in userErrors, and changes nothing.")
class Mutation(OrderMutations, PlanningMutations, FactMutations):
    """All mutations."""
