"""kill -9 of a demo: the store it was to replace is whole, and so is what was built beside it."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import pytest

from tests.soak.processes import watched
from tests.soak.small_demo import (
    PHASES,
    begun,
    beside,
    building,
    demo_command,
    findings_in,
    orders_in,
    placed,
    seed_of,
)


def kill_at_random_moments(store: Path, *, times: int, longest_s: float, size: str, orders: int) -> None:
    """Demos over the store of seed 1, each killed at a random moment; then one of seed 2 that ends well."""
    assert (seed_of(store), findings_in(store)) == (1, ())
    for seed in range(3, 3 + times):
        with watched(demo_command(store, seed=seed, size=size, orders=orders)) as process:
            process.wait_for("phase world")
            time.sleep(random.Random(seed).uniform(0.0, longest_s))
            process.kill()
        assert findings_in(store) == ()
        assert seed_of(store) in {1, *range(3, seed + 1)}
        if "promise" in begun(process) and building(store).exists():
            assert placed(process) <= orders_in(building(store))
            assert findings_in(building(store)) == ()
    with watched(demo_command(store, seed=2, size=size, orders=orders)) as process:
        assert process.wait() == 0, process.errors
    assert begun(process) == list(PHASES)
    assert (seed_of(store), findings_in(store), beside(store)) == (2, (), [])


def test_a_demo_that_is_killed_harms_nothing(demo_store: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(demo_store, store)
    kill_at_random_moments(store, times=2, longest_s=1.2, size="tiny", orders=30)


@pytest.mark.soak
def test_a_full_demo_that_is_killed_25_times_harms_nothing(demo_store: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    shutil.copytree(demo_store, store)
    kill_at_random_moments(store, times=25, longest_s=12.0, size="full", orders=300)
