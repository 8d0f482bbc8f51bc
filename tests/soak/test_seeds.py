"""Whatever the seed: the checker, which shares no code with the planner, finds nothing wrong in the demo.

Two seeds of a small world are checked in every run of the tests, with the demos that are killed.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.soak.processes import run_command


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
def test_a_full_demo_contradicts_nothing(tmp_path: Path, seed: int) -> None:
    url = f"embedded:{tmp_path / 'store'}"
    made = run_command(
        "demo",
        *("--orders", "400", "--seed", str(seed), "--plan-iterations", "100", "--json", "--engine", url),
    )
    assert made.returncode == 0, made.stderr
    summary = json.loads(made.stdout)
    assert summary["seed"] == seed
    assert summary["plan"]["routed"] > 0
    checked = run_command("check", "--json", "--engine", url)
    assert json.loads(checked.stdout)["findings"] == []
    assert checked.returncode == 0
