"""`perfect-order import roads FILE`, beside `perfect-order import SOURCE`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli import cli, main
from graph.errors import InvalidInput
from tests.openstreetmap_files import DrawnMap


@pytest.fixture
def town(tmp_path: Path) -> Path:
    ways = {10: ("abdca", {"name": "Ring"}), 11: ("be", {"oneway": "yes"})}
    return DrawnMap("abe\ncd", ways).write(tmp_path / "my town.osm")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, ["import", *map(str, arguments)], catch_exceptions=False)


def test_a_map_goes_into_a_store_of_its_own_name_and_twice_changes_nothing(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PERFECT_ORDER_ENGINE", raising=False)
    first, second = (run("roads", town) for _ in range(2))
    assert first.exit_code == second.exit_code == 0
    assert "is in embedded:.data/my town as road-network/my town, version 1" in first.output
    assert "3 junctions, 3 segments (0.5 km), 0 turn restrictions" in first.output
    assert "version 1: 0 elements written, 0 removed" in second.output
    assert (tmp_path / ".data" / "my town").is_dir()
    assert CliRunner().invoke(cli, ["check", "--engine", "embedded:.data/my town"]).exit_code == 0


def test_the_summary_for_programs(town: Path) -> None:
    result = run("roads", town, "--engine", "embedded:", "--name", "x", "--json")
    told = json.loads(result.stdout)
    assert told["network_id"] == "road-network/x"
    assert (told["segments"], told["connected_segments"], told["turn_restrictions"]) == (3, 2, 0)
    assert [part["example"] for part in told["parts_hanging_off"]] == ["road-segment/11.1"]


def test_a_file_that_is_no_map_leaves_no_store_behind(tmp_path: Path) -> None:
    (tmp_path / "bad.osm.pbf").write_bytes(b"no map")
    with pytest.raises(InvalidInput, match="is no OpenStreetMap file"):
        run("roads", tmp_path / "bad.osm.pbf", "--engine", f"embedded:{tmp_path / 'store'}")
    assert not (tmp_path / "store").exists()


def test_a_map_that_is_refused_ends_the_command_with_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.osm.pbf").write_bytes(b"")
    monkeypatch.setattr("sys.argv", ["perfect-order", "import", "roads", str(tmp_path / "empty.osm.pbf")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    told = capsys.readouterr().err
    assert "is empty; download or make the extract again" in told
    assert "Traceback" not in told


def test_graphs_are_imported_as_before(tmp_path: Path, town: Path) -> None:
    exported = tmp_path / "town.graphson"
    run("roads", town, "--engine", f"embedded:{tmp_path / 'town'}")
    CliRunner().invoke(cli, ["export", str(exported), "--engine", f"embedded:{tmp_path / 'town'}"])
    assert "counts and digests agree" in run(exported, "--engine", "embedded:").output
    assert "counts and digests agree" in run("graph", exported, "--engine", "embedded:").output
    assert run("--engine", "embedded:", exported).exit_code == 0
    missing = run("--engine", "embedded:")
    assert missing.exit_code == 2
    assert "Missing argument 'SOURCE'" in missing.output
