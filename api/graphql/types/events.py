"""What happened."""

from __future__ import annotations

from api.graphql.enumerations import EventKind
from api.graphql.loading import Link
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant
from api.graphql.types.node import Node, many, one, vertex_type
from api.graphql.types.refs import OrderRef
from graph.schema import events


@vertex_type(events.EVENT)
class Event(Node):
    """Something that happened."""

    kind: EventKind
    occurred_at: Instant
    recorded_at: Instant
    source: str
    subject: str
    sequence: int
    data: str
    order: OrderRef | None = one(Link(lambda t: t.out("ABOUT").has_label("Order")))
    about: list[Node] = many(Link(lambda t: t.out("ABOUT")))
    caused_by: Event | None = one(Link(lambda t: t.out("CAUSED_BY")))

    @resolved("The cursor to go on from with deliveryStatus(after:).")
    def cursor(self) -> int:
        """Its sequence."""
        return self.sequence
