"""What the command line refuses before it begins, and how it ends when something cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli import cli, main


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--orders", "0"], "--orders"),
        (["--seed", "-1"], "--seed"),
        (["--seed", str(2**32)], "--seed"),
        (["--plan-seconds", "0"], "--plan-seconds"),
        (["--plan-seconds", "nan"], "--plan-seconds"),
        (["--plan-seconds", "inf"], "--plan-seconds"),
        (["--plan-seconds", "1", "--plan-iterations", "1"], "exclude each other"),
    ],
)
def test_a_demo_that_cannot_be_is_wrong_usage(wrong: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, ["demo", "--engine", "embedded:", *wrong])
    assert result.exit_code == 2
    assert said in result.output


def test_what_the_file_system_refuses_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The place of the store is below a file."""
    (tmp_path / "file").write_text("")
    place = tmp_path / "file" / "store"
    monkeypatch.setattr("sys.argv", ["perfect-order", "demo", "--engine", f"embedded:{place}"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4
    told = capsys.readouterr().err
    assert str(tmp_path / "file") in told
    assert "Traceback" not in told
