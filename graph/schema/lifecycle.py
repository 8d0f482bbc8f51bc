"""The state machines: which status may follow which, for everything that has one.

A status is a text property of its vertex. A write that changes it names the statuses it may come
from, so that two writers can never both succeed from the same state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graph.errors import ForbiddenTransition


@dataclass(frozen=True)
class Lifecycle:
    """A state machine: ``moves`` maps each status to those that may follow; the first one is the start."""

    name: str
    moves: Mapping[str, tuple[str, ...]]

    @property
    def states(self) -> tuple[str, ...]:
        """All statuses, the initial one first."""
        return tuple(self.moves)

    @property
    def initial(self) -> str:
        """The status of a new element."""
        return self.states[0]

    @property
    def final(self) -> tuple[str, ...]:
        """The statuses nothing follows."""
        return tuple(state for state, after in self.moves.items() if not after)

    def before(self, target: str) -> tuple[str, ...]:
        """The statuses from which ``target`` can be reached in one step."""
        return tuple(state for state, after in self.moves.items() if target in after)

    def allows(self, *, now: str, then: str) -> bool:
        """Whether ``then`` may follow ``now``."""
        return then in self.moves.get(now, ())

    def demand(self, *, now: str, then: str, id: str, field: str | None = None) -> None:
        """Raise :class:`ForbiddenTransition` unless ``then`` may follow ``now``.

        It names the element ``id``, and the ``field`` of the request that asked for it, if one did.
        """
        if self.allows(now=now, then=then):
            return
        allowed = ", ".join(self.moves.get(now, ())) or "nothing, it is final"
        why = f"is {now}: the {self.name} cannot become {then} from there (allowed: {allowed})"
        raise ForbiddenTransition(id, why) if field is None else ForbiddenTransition(field, f"{id} {why}")


ORDER = Lifecycle(
    "order",
    {
        "promised": ("sourced", "cancelled"),
        "sourced": ("ready", "blocked", "cancelled"),
        "blocked": ("ready", "blocked", "sourced", "cancelled"),
        "ready": ("blocked", "ready", "sourced", "routed", "cancelled"),
        "routed": ("ready", "blocked", "sourced", "routed", "in_transit", "cancelled"),
        "in_transit": ("delivered", "failed"),
        "failed": ("sourced", "cancelled"),
        "delivered": (),
        "cancelled": (),
    },
)

ORDER_LINE = Lifecycle(
    "order line",
    {
        "promised": ("sourced", "short", "cancelled"),
        "sourced": ("sourced", "short", "shipped", "cancelled"),
        "short": ("sourced", "short", "cancelled"),
        "shipped": ("delivered", "returned"),
        "returned": ("shipped", "cancelled"),
        "delivered": (),
        "cancelled": (),
    },
)

ALLOCATION = Lifecycle(
    "allocation",
    {
        "held": ("reserved", "short", "released"),
        "short": ("held", "reserved", "released"),
        "reserved": ("reserved", "short", "picked", "released"),
        "picked": ("shipped", "reserved"),
        "shipped": ("picked",),
        "released": (),
    },
)

SHIPMENT = Lifecycle(
    "shipment",
    {
        "open": ("picked", "in_transit", "cancelled"),
        "picked": ("in_transit", "open", "cancelled"),
        "in_transit": ("arrived", "delivered", "failed"),
        "arrived": ("delivered", "failed"),
        "failed": ("open", "picked", "cancelled"),
        "delivered": (),
        "cancelled": (),
    },
)

PLAN = Lifecycle(
    "plan",
    {
        "draft": ("published", "abandoned"),
        "published": ("superseded",),
        "superseded": (),
        "abandoned": (),
    },
)

ROUTE = Lifecycle(
    "route",
    {
        "draft": ("published", "abandoned"),
        "published": ("departed", "superseded"),
        "departed": ("completed",),
        "completed": (),
        "superseded": (),
        "abandoned": (),
    },
)

STOP = Lifecycle(
    "stop",
    {
        "planned": ("arrived", "served", "failed", "superseded"),
        "arrived": ("served", "failed"),
        "served": (),
        "failed": (),
        "superseded": (),
    },
)

JOB = Lifecycle(
    "job",
    {
        "running": ("finished", "failed", "cancelled", "interrupted"),
        "interrupted": ("running",),
        "failed": ("running",),
        "finished": (),
        "cancelled": (),
    },
)

HOLD = Lifecycle("hold", {"active": ("released",), "released": ()})

PAPER = Lifecycle("paper", {"missing": ("attached",), "attached": ()})

LIFECYCLES = (ORDER, ORDER_LINE, ALLOCATION, SHIPMENT, PLAN, ROUTE, STOP, JOB, HOLD, PAPER)
