"""``perfect-order check``: what it says, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.check.lived_day import put
from tests.soak.processes import run_command
from tests.worlds import BOLT, W1, small_engine


def test_a_sound_graph_is_0(tmp_path: Path) -> None:
    url = f"embedded:{tmp_path / 'store'}"
    small_engine(url).close()
    done = run_command("check", "--engine", url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("nothing wrong in 0 orders")


def test_a_contradiction_is_1_and_named(tmp_path: Path) -> None:
    url = f"embedded:{tmp_path / 'store'}"
    engine = small_engine(url)
    put(engine, f"stock/{W1.split('/')[1]}/{BOLT.split('/')[1]}", on_hand=-5)
    engine.close()
    done = run_command("check", "--engine", url)
    assert done.returncode == 1
    assert "stock: stock/W-1/BOLT has -5 on hand, below zero" in done.stdout
    as_json = run_command("check", "--engine", url, "--json")
    assert as_json.returncode == 1
    report = json.loads(as_json.stdout)
    assert report["ok"] is False
    assert {finding["rule"] for finding in report["findings"]} == {"stock"}


def test_no_store_is_4_and_none_is_made(tmp_path: Path) -> None:
    missing = tmp_path / "nothing here"
    done = run_command("check", "--engine", f"embedded:{missing}")
    assert (done.returncode, done.stdout) == (4, "")
    assert f"there is no store at {missing}" in done.stderr
    assert f"perfect-order demo --engine embedded:{missing}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not missing.exists()
