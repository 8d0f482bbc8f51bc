"""Clients of a served store, each with a connection of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from threading import Barrier, Thread
from typing import Any
from urllib.parse import urlsplit

from tests.benchmarks.figures import Latencies


class Client:
    """One connection that stays open."""

    def __init__(self, url: str) -> None:
        self._connection = HTTPConnection(urlsplit(url).netloc, timeout=60)

    def post(self, document: str, variables: Mapping[str, object] | None = None) -> bytes:
        """The body of an answer, unread."""
        body = json.dumps({"query": document, "variables": variables or {}}).encode()
        self._connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"the answer was {response.status}: {answer[:500]!r}")
        return answer

    def ask(self, document: str, variables: Mapping[str, object] | None = None) -> Any:
        """The data of an answer."""
        body = json.loads(self.post(document, variables))
        if "errors" in body:
            raise RuntimeError(f"the answer has errors: {body['errors'][:3]}")
        return body["data"]

    def ping(self) -> None:
        """The least that can be asked of the server's event loop."""
        self._connection.request("GET", "/healthz")
        self._connection.getresponse().read()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def at_once(url: str, clients: int, call: Callable[[Client, int], object], *, seconds: float) -> Latencies:
    """The latencies of that many clients that ask again and again, each as soon as it has its answer.

    ``call`` gets the client and a number that no other call gets.
    """
    each: list[list[float]] = [[] for _ in range(clients)]
    failures: list[Exception] = []
    ready = Barrier(clients + 1)

    def work(place: int) -> None:
        client = Client(url)
        try:
            call(client, place)
            ready.wait()
            ends_at, number = time.perf_counter() + seconds, place
            while time.perf_counter() < ends_at:
                number += clients
                began = time.perf_counter()
                call(client, number)
                each[place].append(time.perf_counter() - began)
        except Exception as failure:
            failures.append(failure)
            ready.abort()
        finally:
            client.close()

    threads = [Thread(target=work, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Latencies([one for some in each for one in some], time.perf_counter() - began)
