"""Ctrl-C in every phase of the demo: it says so, leaves nothing behind, and the store as it was."""

from __future__ import annotations

import random
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.soak.processes import watched
from tests.soak.small_demo import PHASES, begun, beside, demo_command, findings_in, fingerprint, seed_of

AT_ONCE = 2


@dataclass(frozen=True)
class Interrupted:
    """What is left of a demo of seed 2 that was broken in on, over a store of seed 1."""

    code: int
    errors: str
    phases: list[str]
    beside: list[str]
    store: Path


def interrupt(
    store: Path, *, phase: str, after_s: float, size: str = "tiny", orders: int = 30
) -> Interrupted:
    """Start a demo over the store, and press Ctrl-C that long after the phase began."""
    with watched(demo_command(store, seed=2, size=size, orders=orders)) as process:
        process.wait_for(f"phase {phase}")
        time.sleep(after_s)
        process.interrupt()
        code = process.wait()
        return Interrupted(code, process.errors, begun(process), beside(store), store)


def copies(demo_store: Path, directory: Path, names: list[str]) -> dict[str, Path]:
    """A copy of the store for each name, each in a directory of its own."""
    stores = {name: directory / name / "store" for name in names}
    for store in stores.values():
        shutil.copytree(demo_store, store)
    return stores


def test_ctrl_c_in_every_phase_leaves_the_store_as_it_was(demo_store: Path, tmp_path: Path) -> None:
    before = fingerprint(demo_store)
    stores = copies(demo_store, tmp_path, list(PHASES))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = dict(
            zip(PHASES, pool.map(lambda p: interrupt(stores[p], phase=p, after_s=0.01), PHASES), strict=True)
        )
    for phase, left in done.items():
        assert left.phases[-1] == phase, left
        assert left.code == 130, left
        assert "interrupted" in left.errors, left
        assert "Traceback" not in left.errors, left
        assert left.beside == [], left
        assert fingerprint(left.store) == before, left


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_ctrl_c_at_any_moment_of_a_full_demo(demo_store: Path, tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    (store,) = copies(demo_store, tmp_path, ["one"]).values()
    left = interrupt(
        store, phase=dice.choice(PHASES), after_s=dice.uniform(0.0, 2.0), size="full", orders=200
    )
    assert left.code in (0, 130), left
    assert "Traceback" not in left.errors, left
    assert left.beside == [], left
    assert findings_in(store) == ()
    assert seed_of(store) == (1 if left.code == 130 else 2)
