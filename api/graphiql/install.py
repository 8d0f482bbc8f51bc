"""Fetch GraphiQL with npm into ``assets``, as locked in ``package-lock.json``; ``make setup`` runs it.

Set-up goes on without npm: the service works, and its GraphiQL page says what is missing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from api.graphiql.page import ASSETS, HERE

NPM_CI = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--fetch-retries=1",
)


def install(assets: Path = HERE / "assets") -> str | None:
    """Put the page's files into ``assets``; the answer is what stood in the way, None if nothing."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not on the PATH"
    with tempfile.TemporaryDirectory(prefix="perfect-order-graphiql-") as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, work)
        done = subprocess.run([npm, *NPM_CI], cwd=work, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"npm ci failed:\n{done.stderr.strip()}"
        assets.mkdir(exist_ok=True)
        for name, source in ASSETS.items():
            shutil.copyfile(Path(work, "node_modules", source), assets / name)
    (assets / ".ready").touch()
    return None


def main() -> None:
    """Install, and say on one line how it went; never an error, since the service works without."""
    problem = install()
    if problem is None:
        print("set-up: GraphiQL, from api/graphiql/package-lock.json")
    else:
        print(f"set-up goes on without GraphiQL, its page will say so: {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
