"""Why things are as they are: an order's promise, its readiness, and what makes it late."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

import strawberry

from api.graphql.context import Info
from api.graphql.resolving import resolved
from api.graphql.scalars import Instant, Long
from api.graphql.types.node import Node, node_of, node_types
from api.graphql.types.refs import WarehouseRef
from api.operations import assess_readiness as readiness
from api.operations import explain_lateness as lateness
from api.operations.promised_order import PlacedOrder


@strawberry.type(description="What an order was promised when it was placed.")
class Promise:
    """The first confirmed promise, beside what was asked for."""

    requested_at: Instant
    promised_at: Instant = strawberry.field(description="At the door by then; never revised.")
    on_request: bool = strawberry.field(description="Whether it was promised for when it was wanted.")
    reason: str = strawberry.field(description="What decided the date.")
    main_warehouse_id: strawberry.Private[str]

    @resolved("The warehouse that most of it comes from.")
    async def main_warehouse(self, info: Info) -> WarehouseRef | None:
        """The main warehouse."""
        row = await info.context.loaders.vertex(self.main_warehouse_id)
        return None if row is None else node_of(row)  # type: ignore[return-value]

    @classmethod
    def of_placed(cls, placed: PlacedOrder) -> Promise:
        """The promise that was just made."""
        return cls(
            requested_at=Instant(placed.requested_at),
            promised_at=Instant(placed.promised_at),
            on_request=placed.promised_at <= placed.requested_at,
            reason=placed.reason,
            main_warehouse_id=placed.main_warehouse_id,
        )

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Promise:
        """The promise that the order's first event tells of."""
        data = json.loads(event["data"])
        return cls(
            requested_at=Instant(data["requested_at"]),
            promised_at=Instant(data["promised_at"]),
            on_request=data["promised_at"] <= data["requested_at"],
            reason=data["reason"],
            main_warehouse_id=data["main_warehouse"],
        )


@strawberry.type(description="Something that must clear before an order can go.")
class Blocker:
    """What keeps an order, and what proves it."""

    kind: str = strawberry.field(description="short, inbound, hold or paper.")
    evidence_ids: list[strawberry.ID] = strawberry.field(
        description="The vertices that prove it, from the order down to the most specific."
    )
    expected_clear_at: Instant
    overdue: bool = strawberry.field(description="Whether it should have cleared already.")

    @resolved("The vertices that prove it.")
    async def evidence(self, info: Info) -> list[Node]:
        """The vertices that prove it, those of kinds that can be asked for."""
        return await nodes(info, self.evidence_ids)

    @classmethod
    def of_operation(cls, blocker: readiness.Blocker) -> Blocker:
        """As the operation found it."""
        return cls(
            kind=blocker.kind,
            evidence_ids=[strawberry.ID(id) for id in blocker.evidence],
            expected_clear_at=Instant(blocker.expected_clear_at),
            overdue=blocker.overdue,
        )


@strawberry.type(description="Whether an order could go now.")
class Readiness:
    """Ready, or what blocks it."""

    ready: bool = strawberry.field(
        description="Whether it is sourced and nothing keeps it from leaving. It is false with no blockers "
        "where that is not the question: not sourced yet (status PROMISED), on its way, delivered, cancelled."
    )
    blockers: list[Blocker] = strawberry.field(
        description="What clears last comes first; none once it is on its way, delivered or cancelled."
    )

    @classmethod
    def of_operation(cls, found: readiness.Readiness) -> Readiness:
        """As the operation found it."""
        return cls(ready=found.ready, blockers=[Blocker.of_operation(b) for b in found.blockers])


@strawberry.type(description="What makes an order late, and by how much.")
class LatenessCause:
    """A cause of lateness."""

    kind: str = strawberry.field(
        description="purchase_order, short, stock, hold, paper, road, vehicle, capacity, delivery, "
        "failed_delivery or unplanned."
    )
    constraint: str = strawberry.field(description="The kind of constraint behind it.")
    late_by_s: Long = strawberry.field(description="Of the order's lateness, due to this, in s.")
    clears_at: Instant
    door_at: Instant = strawberry.field(description="At the door by then if it were the only cause.")
    words: str = strawberry.field(description="The chain in words.")
    chain_ids: list[strawberry.ID] = strawberry.field(description="From the order down to the fact.")

    @resolved("The vertices from the order down to the fact.")
    async def chain(self, info: Info) -> list[Node]:
        """The chain, as far as its kinds can be asked for."""
        return await nodes(info, self.chain_ids)

    @classmethod
    def of_operation(cls, cause: lateness.LatenessCause) -> LatenessCause:
        """As the operation found it."""
        return cls(
            kind=cause.kind,
            constraint=cause.constraint,
            late_by_s=Long(cause.late_by_s),
            clears_at=Instant(cause.clears_at),
            door_at=Instant(cause.door_at),
            words=cause.words,
            chain_ids=[strawberry.ID(id) for id in cause.chain],
        )


@strawberry.type(description="What could last longer before it made the order late.")
class HarmlessConstraint:
    """A constraint with slack."""

    kind: str
    constraint: str
    slack_s: Long = strawberry.field(description="How much longer it could last, in s.")
    clears_at: Instant
    chain_ids: list[strawberry.ID]

    @resolved("The vertices from the order down to the fact.")
    async def chain(self, info: Info) -> list[Node]:
        """The chain, as far as its kinds can be asked for."""
        return await nodes(info, self.chain_ids)

    @classmethod
    def of_operation(cls, harmless: lateness.HarmlessConstraint) -> HarmlessConstraint:
        """As the operation found it."""
        return cls(
            kind=harmless.kind,
            constraint=harmless.constraint,
            slack_s=Long(harmless.slack_s),
            clears_at=Instant(harmless.clears_at),
            chain_ids=[strawberry.ID(id) for id in harmless.chain],
        )


@strawberry.type(description="How late an order is or will be, and why.")
class Lateness:
    """Lateness against the first confirmed promise; the seconds of the causes add up to it."""

    promised_at: Instant
    expected_at: Instant
    late_by_s: Long = strawberry.field(description="After the first confirmed promise, in s; 0 in time.")
    late_against_request_s: Long = strawberry.field(description="After what the customer asked for, in s.")
    causes: list[LatenessCause] = strawberry.field(
        description="What matters most comes first; their seconds add up to lateByS."
    )
    harmless: list[HarmlessConstraint] = strawberry.field(description="What is no cause, with its slack.")

    @classmethod
    def of_operation(cls, late: lateness.LateOrder) -> Lateness:
        """As the operation found it."""
        return cls(
            promised_at=Instant(late.promised_at),
            expected_at=Instant(late.expected_at),
            late_by_s=Long(late.late_by_s),
            late_against_request_s=Long(late.late_against_request_s),
            causes=[LatenessCause.of_operation(cause) for cause in late.causes],
            harmless=[HarmlessConstraint.of_operation(one) for one in late.harmless],
        )


async def nodes(info: Info, ids: Sequence[str]) -> list[Node]:
    """The vertices with these ids; read together with all others of the same level."""
    types = node_types()
    found = await asyncio.gather(*(info.context.loaders.vertex(id) for id in ids))
    return [node_of(row) for row in found if row is not None and row["label"] in types]
