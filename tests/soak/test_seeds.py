"""Whatever the seed: the checker, which shares no code with the planner, finds nothing wrong in the demo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.soak.processes import run_command, watched
from tests.soak.small_demo import PHASES, begun, demo_command, findings_in


def test_a_small_demo_contradicts_nothing(demo_store: Path, tmp_path: Path) -> None:
    assert findings_in(demo_store) == ()
    with watched(demo_command(tmp_path / "store", seed=2)) as process:
        assert process.wait() == 0, process.errors
    assert begun(process) == list(PHASES)
    assert findings_in(tmp_path / "store") == ()


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
