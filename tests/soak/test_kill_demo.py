"""kill -9 of a demo: the store it was to replace is whole, and so is what was built beside it."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from tests.soak.processes import watched
from tests.soak.small_demo import (
    begun,
    beside,
    building,
    demo_command,
    findings_in,
    orders_in,
    placed,
    seed_of,
)


def kill_at_random_moments(store: Path, *, seeds: range, longest_s: float, size: str, orders: int) -> None:
    """Demos over one store, each killed at a random moment; then one that is left alone."""
    assert seed_of(store) == 1
    for seed in seeds:
        with watched(demo_command(store, seed=seed, size=size, orders=orders)) as process:
            process.wait_for("phase world")
            time.sleep(random.Random(seed).uniform(0.0, longest_s))
            process.kill()
        assert findings_in(store) == ()
        assert seed_of(store) in range(1, seed + 1)
        if "promise" in begun(process) and building(store).exists():
            assert placed(process) <= orders_in(building(store))
            assert findings_in(building(store)) == ()
    with watched(demo_command(store, seed=seeds.stop, size=size, orders=orders)) as process:
        assert process.wait() == 0, process.errors
    assert (seed_of(store), findings_in(store), beside(store)) == (seeds.stop, (), [])


def test_a_demo_that_is_killed_harms_nothing(demo_store: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(demo_store, store)
    kill_at_random_moments(store, seeds=range(2, 4), longest_s=3.5, size="small", orders=40)


@pytest.mark.soak
def test_a_full_demo_that_is_killed_25_times_harms_nothing(demo_store: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(demo_store, store)
    kill_at_random_moments(store, seeds=range(2, 27), longest_s=14.0, size="full", orders=300)
