"""A served store, from the outside: how it starts, refuses to start, and ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from api.clock import parse_instant
from graph.engines.opening import open_engine
from graph.engines.port import VertexRow
from graph.schema.elements import PropertyValue
from graph.schema.model import SCHEMA
from graph.traversals import browse
from tests.worlds import HOUR_MS, START_AT, small_engine

PERFECT_ORDER = Path(sys.executable).with_name("perfect-order")
CLOCK = "2026-03-02T06:00-03:00x0"
PLACE = """
mutation ($number: String!) {
  placeOrder(input: {number: $number, customerId: "customer/C-1", requestedAt: "2026-03-03T18:00-03:00",
                     lines: [{skuId: "sku/BOLT", quantity: 1}]}) { order { id } userErrors { message } }
}"""


@dataclass(frozen=True)
class Process:
    """``perfect-order serve`` as a process, and where it answers."""

    popen: subprocess.Popen[str]
    address: str

    def place(self, number: str) -> str | None:
        """The id of the order, or None when it was not taken any more."""
        body = {"query": PLACE, "variables": {"number": number}}
        try:
            answer = httpx.post(f"{self.address}/graphql", json=body, timeout=30).json()
        except httpx.TransportError:
            return None
        id: str = answer["data"]["placeOrder"]["order"]["id"]
        return id


@contextmanager
def process(store: Path, *options: str) -> Iterator[Process]:
    """Serve ``store`` on a free port until the block ends."""
    command = [str(PERFECT_ORDER), "serve", "--engine", f"embedded:{store}", "--port", "0", *options]
    popen = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert popen.stderr is not None
    try:
        said = popen.stderr.readline()
        found = re.search(r"answers at (http://\S+)/graphql", said)
        assert found, said + popen.stderr.read()
        yield Process(popen, found[1])
    finally:
        if popen.poll() is None:
            popen.kill()
        popen.communicate(timeout=60)


def serve(*options: str) -> subprocess.CompletedProcess[str]:
    """Run ``perfect-order serve`` where it is to refuse."""
    command = [str(PERFECT_ORDER), "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "store"
    small_engine(f"embedded:{path}").close()
    return path


def test_told_to_stop_it_finishes_what_it_has_begun_and_lets_go_of_the_store(store: Path) -> None:
    with process(store, "--clock", CLOCK) as served, ThreadPoolExecutor(8) as clients:
        address = served.address.replace("http://", "ws://") + "/graphql"
        with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket_:
            first = served.place("SO-0")
            socket_.send('{"type": "connection_init"}')
            socket_.recv(timeout=30)
            query = 'subscription { deliveryStatus(orderId: "order/SO-0") { sequence } }'
            socket_.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
            socket_.recv(timeout=30)

            placing = [clients.submit(served.place, f"SO-{n}") for n in range(1, 60)]
            time.sleep(0.3)
            served.popen.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                socket_.recv(timeout=30)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        acknowledged = [first, *filter(None, (future.result() for future in placing))]
        assert served.popen.wait(60) == 0

    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    orders = {row["id"] for row in engine.run(browse.vertices(engine.g, [id for id in acknowledged if id]))}
    assert orders == set(acknowledged)
    assert engine.verify() == []
    engine.close()


def test_ctrl_c_ends_it_with_130(store: Path) -> None:
    with process(store, "--clock", CLOCK) as served:
        served.popen.send_signal(signal.SIGINT)
        _, said = served.popen.communicate(timeout=60)
    assert served.popen.returncode == 130
    assert "Traceback" not in said


def test_a_port_in_use_is_refused_with_5(store: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = serve("--engine", f"embedded:{store}", "--port", str(port))
    assert refused.returncode == 5
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in refused.stderr
    assert "choose another with --port" in refused.stderr


def test_without_a_store_it_says_how_to_make_one(tmp_path: Path) -> None:
    missing = f"embedded:{tmp_path / 'nowhere'}"
    refused = serve("--engine", missing, "--port", "0")
    assert refused.returncode == 4
    assert f"perfect-order demo --engine {missing}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_another_process_serves_is_refused(store: Path) -> None:
    with process(store, "--clock", CLOCK) as served:
        refused = serve("--engine", f"embedded:{store}", "--port", "0")
        assert served.place("SO-1") == "order/SO-1"
    assert refused.returncode == 4
    assert str(served.popen.pid) in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--clock", "tomorrow"), 3, "clock wants a time"),
        (("--host", "not a host"), 2, "--host not a host"),
        (("--engine", "file:x"), 3, "engine URL wants embedded:PATH"),
    ],
)
def test_options_that_cannot_be_are_refused(
    store: Path, options: tuple[str, ...], code: int, says: str
) -> None:
    refused = serve("--engine", f"embedded:{store}", "--port", "0", *options)
    assert refused.returncode == code
    assert says in refused.stderr
    assert "Traceback" not in refused.stderr


def test_it_serves_by_the_clock_it_is_given(store: Path) -> None:
    with process(store, "--clock", "2026-03-04T06:00-03:00x0") as served:
        body = {"query": PLACE, "variables": {"number": "SO-1"}}
        answer = httpx.post(f"{served.address}/graphql", json=body).json()["data"]["placeOrder"]
        assert answer["order"] is None
        assert "requestedAt" in answer["userErrors"][0]["message"]


def test_a_demo_world_goes_on_from_where_its_clock_stood_and_never_back(store: Path) -> None:
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    world: dict[str, PropertyValue] = {"seed": 1, "orders": 1, "digest": "d", "planning_day": "2026-03-03"}
    clock_at = START_AT + HOUR_MS
    engine.bulk_load(
        [VertexRow("World", "world/demo", {**world, "start_at": START_AT, "clock_at": clock_at})], []
    )
    engine.close()

    placed_at = []
    for number in ("SO-1", "SO-2"):
        with process(store) as served:
            served.place(number)
            time.sleep(0.05)
            query = f'{{ order(id: "order/{number}") {{ placedAt }} }}'
            answer = httpx.post(f"{served.address}/graphql", json={"query": query}).json()
            placed_at.append(parse_instant(answer["data"]["order"]["placedAt"], field="placedAt"))
    assert clock_at <= placed_at[0] < placed_at[1] < clock_at + 60_000
