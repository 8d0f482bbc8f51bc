"""kill -9 of a served store while clients write: it opens again, and everything acknowledged is there."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from api.check.run import check_graph
from graph.engines.opening import open_engine
from graph.schema.model import SCHEMA
from graph.traversals import audit
from tests.soak.served import Acknowledged, Writer, all_acknowledged, served, small_store

CLIENTS = 4


def kill_while_clients_write(store: Path, *, seed: int) -> Acknowledged:
    """Serve the store, let clients write, kill it at a random moment; returns what they were told."""
    dice = random.Random(seed)
    with served(store) as service:
        writers = [Writer(service, f"K{seed}-{n}", dice.getrandbits(32)) for n in range(CLIENTS)]
        for writer in writers:
            writer.start()
        steps = dice.randint(5, 60)
        while sum(writer.steps for writer in writers) < steps and all(w.is_alive() for w in writers):
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.02))
        service.process.kill()
        for writer in writers:
            writer.join()
    assert [writer.failure for writer in writers if writer.failure] == []
    return all_acknowledged(writers)


def assert_whole(store: Path, told: Acknowledged) -> None:
    """The store opens, contradicts nothing, and has all that was acknowledged."""
    engine = open_engine(f"embedded:{store}", SCHEMA, create=False)
    try:
        assert check_graph(engine).findings == ()
        status = {row["id"]: row["status"] for row in engine.run(audit.orders(engine.g))}
        assert told.placed <= set(status)
        assert {status[id] for id in told.cancelled} <= {"cancelled"}
        assert "promised" not in {status[id] for id in told.sourced}
        assert told.events <= set(engine.run(engine.g.V().has_label("Event").id_()))
    finally:
        engine.close()


def kill_again_and_again(store: Path, *, times: int) -> Acknowledged:
    """One store, killed many times: what was acknowledged before any of the kills stays."""
    told = Acknowledged()
    for seed in range(times):
        told.add(kill_while_clients_write(store, seed=seed))
        assert_whole(store, told)
    return told


def test_a_store_that_was_killed_has_all_that_it_acknowledged(tmp_path: Path) -> None:
    told = kill_again_and_again(small_store(tmp_path / "store"), times=3)
    assert len(told.placed) > 10


@pytest.mark.soak
def test_a_store_that_was_killed_25_times_has_all_that_it_acknowledged(tmp_path: Path) -> None:
    told = kill_again_and_again(small_store(tmp_path / "store"), times=25)
    assert len(told.placed) > 250
    assert told.sourced
    assert told.cancelled
    assert told.events
