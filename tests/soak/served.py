"""A store that a process of its own serves, and clients that write to it over GraphQL."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import httpx

from tests.soak.processes import PERFECT_ORDER, Watched, watched
from tests.worlds import BOLT, C1, C2, C3, LAST, PLATE, PUMP, UNIT, VACCINE, W1, small_engine

CLOCK = "2026-03-02T06:00:00-03:00x1"
REQUESTED_AT = "2026-03-03T12:00:00-03:00"
CLEAR_AT = "2026-03-05T12:00:00-03:00"

PLACE = """mutation ($input: PlaceOrderInput!, $key: String) {
  placeOrder(input: $input, idempotencyKey: $key) {
    order { id } promise { reason promisedAt } userErrors { field code message } } }"""
CANCEL = """mutation ($id: ID!) { cancelOrder(orderId: $id) { order { id } userErrors { code message } } }"""
SOURCE = """mutation ($ids: [ID!]) {
  sourceOrders(orderIds: $ids) { sourced { order { id } } userErrors { code message } } }"""
RECORD = """mutation ($event: RecordEventInput!, $key: String!) {
  recordEvent(event: $event, idempotencyKey: $key) { event { id } userErrors { code message } } }"""


@dataclass(frozen=True)
class Served:
    """A served store and where it answers."""

    process: Watched
    url: str

    def client(self) -> httpx.Client:
        """A connection to it."""
        return httpx.Client(base_url=self.url, timeout=30.0)


@contextmanager
def served(store: Path, *, clock: str | None = CLOCK, file_size_limit: int | None = None) -> Iterator[Served]:
    """``perfect-order serve`` over a store, on a free port; ended, at the latest, with the block."""
    command = [str(PERFECT_ORDER), "serve", "--port", "0", "--engine", f"embedded:{store}"]
    if clock is not None:
        command += ["--clock", clock]
    with watched(command, file_size_limit=file_size_limit) as process:
        yield Served(process, _address(process))


def _address(process: Watched) -> str:
    for _ in range(2000):
        said = process.errors
        if "answers at " in said and "\n" in said.split("answers at ")[1]:
            return said.split("answers at ")[1].split("/graphql")[0]
        if not process.running:
            break
        time.sleep(0.01)
    raise AssertionError(f"it does not serve: {process.errors}")


def small_store(path: Path) -> Path:
    """The small world in a store."""
    small_engine(f"embedded:{path}").close()
    return path


def ask(client: httpx.Client, document: str, variables: Mapping[str, object] | None = None) -> Any:
    """The data of an answer; fails on errors that are no userErrors."""
    response = client.post("/graphql", json={"query": document, "variables": variables or {}})
    body = response.json()
    assert response.status_code == 200, body
    assert "errors" not in body, body["errors"]
    return body["data"]


def order_input(number: str, sku_id: str, quantity: int, customer_id: str = C1) -> dict[str, object]:
    """An order of one line for Tuesday noon."""
    return {
        "number": number,
        "customerId": customer_id,
        "requestedAt": REQUESTED_AT,
        "lines": [{"skuId": sku_id, "quantity": quantity}],
    }


@dataclass
class Acknowledged:
    """What the service said it did."""

    placed: set[str] = field(default_factory=set)
    sourced: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)

    def add(self, other: Acknowledged) -> None:
        """And what it said to somebody else."""
        self.placed |= other.placed
        self.sourced |= other.sourced
        self.cancelled |= other.cancelled
        self.events |= other.events


class Writer(Thread):
    """Places, sources, holds and cancels orders until the service is gone."""

    def __init__(self, service: Served, name: str, seed: int) -> None:
        super().__init__(name=name)
        self.acknowledged = Acknowledged()
        self.failure: BaseException | None = None
        self.steps = 0
        self._service = service
        self._dice = random.Random(seed)
        self._number = 0

    def run(self) -> None:
        with self._service.client() as client:
            try:
                while True:
                    self._step(client)
                    self.steps += 1
            except (httpx.TransportError, ValueError):
                pass  # the service was killed: what it did not acknowledge may or may not be there
            except BaseException as failure:
                self.failure = failure

    def _step(self, client: httpx.Client) -> None:
        mine = sorted(self.acknowledged.placed - self.acknowledged.cancelled)
        what = self._dice.random()
        if not mine or what < 0.55:
            self._place(client)
        elif what < 0.75:
            data = ask(client, SOURCE, {"ids": mine[-5:]})["sourceOrders"]
            self.acknowledged.sourced |= {one["order"]["id"] for one in data["sourced"]}
        elif what < 0.85:
            order_id = self._dice.choice(mine)
            if not ask(client, CANCEL, {"id": order_id})["cancelOrder"]["userErrors"]:
                self.acknowledged.cancelled.add(order_id)
        else:
            self._record(client, self._dice.choice(mine))

    def _place(self, client: httpx.Client) -> None:
        self._number += 1
        sku_id = self._dice.choice((BOLT, PUMP, PLATE, VACCINE, UNIT, LAST))
        wanted = order_input(
            f"{self.name}-{self._number}", sku_id, self._dice.randint(1, 4), self._dice.choice((C1, C2, C3))
        )
        data = ask(client, PLACE, {"input": wanted, "key": wanted["number"]})["placeOrder"]
        if not data["userErrors"]:
            self.acknowledged.placed.add(data["order"]["id"])

    def _record(self, client: httpx.Client, order_id: str) -> None:
        at = "2026-03-02T06:00:00-03:00"
        hold = {
            "holdSet": {
                "occurredAt": at,
                "source": self.name,
                "orderId": order_id,
                "kind": "CREDIT",
                "note": "look at it",
                "expectedClearAt": CLEAR_AT,
            }
        }
        count = {
            "stockCounted": {
                "occurredAt": at,
                "source": self.name,
                "stockId": f"stock/{W1.split('/')[1]}/BOLT",
                "onHand": self._dice.randint(50, 10_000),
            }
        }
        event = hold if self._dice.random() < 0.5 else count
        data = ask(client, RECORD, {"event": event, "key": f"{self._dice.getrandbits(60):x}"})["recordEvent"]
        if not data["userErrors"]:
            self.acknowledged.events.add(data["event"]["id"])


def all_acknowledged(writers: list[Writer]) -> Acknowledged:
    """What was acknowledged to anybody."""
    total = Acknowledged()
    for writer in writers:
        total.add(writer.acknowledged)
    return total
