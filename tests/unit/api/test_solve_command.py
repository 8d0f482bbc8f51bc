"""`perfect-order solve`: what it prints, what it draws, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import cli, main

TINY = """\
tiny

VEHICLE
NUMBER     CAPACITY
  3          20

CUSTOMER
CUST NO.  XCOORD.    YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE TIME

    0      0          0          0          0        100          0
    1      3          4         10         20         30          5
    2      1          1         10          0         90          5
    3      9          9         30          0         90          5
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.txt"
    file.write_text(TINY)
    file.with_suffix(".sol").write_text("Route #1: 1 2\nCost 10.0\n")
    return file


def test_the_figures_are_printed_and_the_routes_drawn(tiny: Path) -> None:
    drawn, best = tiny.with_suffix(".svg"), tiny.with_suffix(".sol")
    options = ["--best", str(best), "--seconds", "0.3", "--json", "--picture", str(drawn)]
    result = CliRunner().invoke(cli, ["solve", str(tiny), *options])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert figures["cost"] == figures["best_cost"] == 10
    assert (figures["gap_percent"], figures["vehicles"], figures["unserved"]) == (0, 1, ["3"])
    assert (figures["rounding"], figures["checker_agrees"], figures["violations"]) == ("dimacs", True, 0)
    assert figures["cpu_seconds"] >= 0
    assert figures["wall_seconds"] > 0
    assert drawn.read_text().count("<polyline") == 1


def test_people_read_it_in_words(tiny: Path) -> None:
    result = CliRunner().invoke(
        cli, ["solve", str(tiny), "--best", str(tiny.with_suffix(".sol")), "--seconds", "0.3"]
    )
    assert "gap 0.00 %" in result.stdout
    assert "1 unserved" in result.stdout
    assert "the checker agrees: no violation" in result.stdout


@pytest.mark.parametrize("text", ["", "no instance\n", TINY.replace("  3          20", "")])
def test_a_file_that_is_no_instance_is_refused(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file.txt"
    file.write_text(text)
    monkeypatch.setattr("sys.argv", ["perfect-order", "solve", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "file.txt" in capsys.readouterr().err
