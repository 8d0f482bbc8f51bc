"""The GraphiQL page: what it asks for, where it leads, and what it says when its files are missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from api.graphiql import install, page

ROOT = Path(__file__).parents[2]


@pytest.fixture
def assets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the page's folder with all files in place."""
    for template in page.HERE.glob("*.html"):
        (tmp_path / template.name).write_text(template.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "assets").mkdir()
    for name in page.ASSETS:
        (tmp_path / "assets" / name).touch()
    monkeypatch.setattr(page, "HERE", tmp_path)
    return tmp_path / "assets"


def test_the_page_loads_all_its_files_from_the_service_and_nothing_from_elsewhere(assets: Path) -> None:
    shown = page.graphiql_page(assets_path="/files/")
    loaded = set(re.findall(r'(?:src|href)="([^"]+)"', shown))
    assert loaded - {"data:,"} == {f"/files/{name}" for name in page.ASSETS}
    assert "://" not in shown


def test_the_page_asks_the_given_path(assets: Path) -> None:
    assert 'new URL("/api/graphql", location.href)' in page.graphiql_page(graphql_path="/api/graphql")


def test_a_query_cannot_break_out_of_the_page(assets: Path) -> None:
    query = '{ note(text: "</script><script>alert(1)</script> ${x} $title") }'
    shown = page.graphiql_page(first_query=query, title="<b>&")
    assert "</script><script>alert" not in shown
    assert "<title>&lt;b&gt;&amp; ·" in shown
    (written,) = re.findall(r"defaultQuery: (.*),", shown)
    assert json.loads(written) == query


def test_without_one_of_its_files_the_page_says_what_to_install(assets: Path) -> None:
    (assets / "graphiql.js").unlink()
    assert page.assets_directory() is None
    shown = page.graphiql_page(graphql_path="/graphql")
    assert "npm" in shown
    assert "make setup" in shown
    assert "/graphql" in shown
    assert "<script src" not in shown


def test_set_up_goes_on_without_npm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    install.main()
    told = capsys.readouterr()
    assert "goes on without GraphiQL" in told.err
    assert "npm is not on the PATH" in told.err


def test_set_up_goes_on_when_npm_fails_and_shows_what_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'no such registry' >&2\nexit 7\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    problem = install.install(tmp_path / "assets")
    assert problem == "npm ci failed:\nno such registry"
    assert not (tmp_path / "assets").exists()


def test_every_package_the_page_takes_files_from_is_locked() -> None:
    wanted = json.loads((ROOT / "api/graphiql/package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "api/graphiql/package-lock.json").read_text())["packages"]
    assert {source.split("/")[0] for source in page.ASSETS.values()} <= set(wanted)
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
