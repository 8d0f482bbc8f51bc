"""``perfect-order demo`` in a process that says on stdout what it is at: for tests that break in on it.

``python -m tests.soak.demo_process tiny|full OPTIONS...`` takes the options of the command. It says
``phase NAME`` when a phase begins, and ``placed ID ...`` once those orders are acknowledged.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import api.demo.run as demo
from api import cli
from api.demo import first_day
from api.demo.progress import Phases, Tick
from api.operations import place_order as placing
from api.operations.batches import in_chunks
from api.operations.place_order import PlacedOrder, PlaceOrder, Refusal
from graph.engines.port import Engine
from seeds.world.sizes import FULL, SMALL, ClipBox

ORDERS_A_CALL = 10

AROUND_A_BRIDGE = ClipBox(west=-71.262, south=-29.912, east=-71.235, north=-29.875)
TINY = replace(SMALL, skus=60, customers=30, clip=AROUND_A_BRIDGE)
"""A world with all storylines that is built and loaded in a third of a second."""


class AnnouncedPhases(Phases):
    """Says when a phase begins, and counts it as begun only then."""

    @contextmanager
    def phase(self, name: str, words: str) -> Iterator[Tick]:
        with super().phase(name, words) as tick:
            print(f"phase {name}", flush=True)
            yield tick


def place_in_small_calls(
    engine: Engine,
    requests: Sequence[PlaceOrder],
    *,
    now: int,
    on_progress: Callable[[int], None] | None = None,
) -> list[PlacedOrder | Refusal]:
    """Place the orders a few at a time, and say so when a call has returned."""
    outcomes: list[PlacedOrder | Refusal] = []
    for chunk in in_chunks(requests, ORDERS_A_CALL):
        answered = placing.place_orders(engine, chunk, now=now)
        placed = [one.order_id for one in answered if isinstance(one, PlacedOrder)]
        print("placed", *placed, flush=True)
        outcomes += answered
        if on_progress is not None:
            on_progress(len(outcomes))
    return outcomes


def main() -> None:
    size = {"tiny": TINY, "full": FULL}[sys.argv.pop(1)]
    sys.argv.insert(1, "demo")
    with (
        patch.multiple(demo, DemoSettings=partial(demo.DemoSettings, size=size), Phases=AnnouncedPhases),
        patch.object(first_day, "place_orders", place_in_small_calls),
    ):
        cli.main()


if __name__ == "__main__":
    main()
