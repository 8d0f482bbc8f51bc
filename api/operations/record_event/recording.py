"""What the recording of any fact works with: who says what and when, and the unit it is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from api.operations.assess_readiness import blockers_of, status_of
from api.operations.expectation import (
    LoadedOrder,
    Warehouses,
    facts_of,
    load_order_facts,
    load_warehouses,
)
from api.operations.order_changes import OrderChange, projected, write_orders
from api.operations.record_event.facts import Fact
from graph.engines.port import Engine, Statement
from graph.errors import InvalidInput, UnknownId
from graph.schema import ids
from graph.schema.lifecycle import ORDER
from graph.traversals.events import NewEvent, fact_event
from graph.traversals.facts import OrderState

LONGEST_TEXT = 500
LONGEST_NOTE = 2000
MOST_UNITS = 2**31 - 1
FARTHEST_MS = 10 * 366 * 86_400_000
"""How far ahead a time may lie that somebody expects something at."""


@dataclass(frozen=True)
class Unit:
    """What recording a fact writes as one unit: its event, and the orders it changes."""

    event_id: str
    statements: tuple[Statement, ...]
    order_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """A fact being recorded: it ``occurred_at``, as ``source`` says under ``key``; it is ``now``."""

    engine: Engine
    fact: Fact
    occurred_at: int
    source: str
    key: str
    now: int

    @property
    def effective_at(self) -> int:
        """From when it counts: a clock that runs ahead does not reach into the future."""
        return min(self.occurred_at, self.now)

    @property
    def fact_id(self) -> str:
        """The id of its event when it is not about one order."""
        return ids.fact(self.source, self.key)

    @cached_property
    def warehouses(self) -> Warehouses:
        """The calendars of all warehouses."""
        return load_warehouses(self.engine)

    def orders(self, order_ids: Sequence[str]) -> dict[str, LoadedOrder]:
        """The orders as they stand."""
        return load_order_facts(self.engine, order_ids, warehouses=self.warehouses)

    def order(self, order_id: str, *, field: str) -> LoadedOrder:
        """One order; :class:`UnknownId` when there is none."""
        found = self.orders([order_id]).get(order_id)
        if found is None:
            raise unknown(field, order_id, "order", "order/SO-1001")
        return found

    def data(self) -> dict[str, object]:
        """The fact as its event keeps it."""
        return asdict(self.fact)

    def about_one_order(
        self,
        order: LoadedOrder,
        state: OrderState,
        *,
        about: Sequence[str],
        statements: Sequence[Statement],
        data: Mapping[str, object] | None = None,
        clears: bool = False,
    ) -> Unit:
        """The unit of a fact that is about one order and leaves it in ``state``.

        With ``clears`` it took a blocker away: a blocked order that nothing else blocks is ready again.
        """
        status = self._without_blockers(state) if clears else self._with_blockers(state)
        changed = replace(state, status=status)
        event = NewEvent(
            self.fact.event_kind,
            self.occurred_at,
            self.source,
            about[0] if about else order.order_id,
            {**self.data(), **(data or {})},
            about=tuple(about),
        )
        change = OrderChange(order, changed, (event,))
        event_id = ids.order_event(order.order_id, order.event_count + 1)
        change = self._telling_consequence(change, event_id)
        return Unit(
            event_id,
            (
                *statements,
                *write_orders(self.engine, [change], warehouses=self.warehouses, now=self.now),
            ),
            (order.order_id,),
        )

    def about_other_things(
        self,
        *,
        subject: str,
        about: Sequence[str],
        statements: Sequence[Statement],
        changes: Sequence[OrderChange] = (),
        data: Mapping[str, object] | None = None,
    ) -> Unit:
        """The unit of a fact about something that orders depend on, and of what it does to them."""
        event = NewEvent(
            self.fact.event_kind,
            self.occurred_at,
            self.source,
            subject,
            {**self.data(), **(data or {})},
            about=tuple(about),
        )
        return Unit(
            self.fact_id,
            (
                *statements,
                *fact_event(self.engine.g, event_id=self.fact_id, event=event, recorded_at=self.now),
                *write_orders(self.engine, changes, warehouses=self.warehouses, now=self.now),
            ),
            tuple(change.read.order_id for change in changes),
        )

    def affected(self, order: LoadedOrder, state: OrderState) -> OrderChange:
        """How a fact about something else changes an order that ends up in ``state``."""
        changed = replace(state, status=self._with_blockers(state))
        bare = OrderChange(order, changed, ())
        after = projected(bare, self.warehouses, now=self.now)
        moved = after.expected_at != order.state.expected_at
        kind = "order_expected_changed" if moved else self.fact.event_kind
        data = {"from": order.state.expected_at, "to": after.expected_at, "cause": self.fact.event_kind}
        event = NewEvent(kind, self.occurred_at, self.source, order.order_id, data, caused_by=self.fact_id)
        return replace(bare, events=(event,))

    def _with_blockers(self, state: OrderState) -> str:
        """The status: what is ready or routed is blocked as soon as something stands against it."""
        if state.status in ("ready", "routed") and blockers_of(
            facts_of(state, self.warehouses), now=self.now
        ):
            ORDER.demand(now=state.status, then="blocked", id=state.id)
            return "blocked"
        return state.status

    def _without_blockers(self, state: OrderState) -> str:
        """The status: what was blocked is ready, or routed, when nothing stands against it any more."""
        if state.status != "blocked":
            return self._with_blockers(state)
        return status_of(facts_of(state, self.warehouses), now=self.now)

    def _telling_consequence(self, change: OrderChange, event_id: str) -> OrderChange:
        """The change with a second event when the order is unblocked, or expected at another time."""
        before, after = change.read.state, projected(change, self.warehouses, now=self.now)
        unblocked = before.status == "blocked" and after.status in ("ready", "routed")
        if not unblocked and after.expected_at == before.expected_at:
            return change
        data: dict[str, object] = {
            "from": before.expected_at,
            "to": after.expected_at,
            "cause": self.fact.event_kind,
        }
        told = NewEvent(
            f"order_{after.status}" if unblocked else "order_expected_changed",
            self.occurred_at,
            self.source,
            change.read.order_id,
            data,
            caused_by=event_id,
        )
        return replace(change, events=(*change.events, told))


def unknown(field: str, id: str, kind: str, example: str) -> UnknownId:
    """The error for an id that names nothing."""
    return UnknownId(field, f"{id!r:.80} is no {kind}; ask for ids like {example}")


def demand_instant(value: int, *, field: str, after: int, now: int, why: str) -> None:
    """Refuse a time before ``after``, or more than ten years from ``now`` (all UTC epoch ms)."""
    if value < after:
        raise InvalidInput(field, why)
    if value > now + FARTHEST_MS:
        raise InvalidInput(field, "is more than ten years away; give the time in the right unit")
