"""The manifest beside an export: what is in it, so that whoever imports it can tell that all of it came."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graph.errors import InvalidInput
from graph.moving.digests import Census

FORMATS: Final = ("graphson", "neptune-csv")


@dataclass(frozen=True)
class Manifest:
    """``snapshot``: all of it is of one state of the graph; otherwise others may have written meanwhile."""

    format: str
    schema_version: int
    snapshot: bool
    census: Census

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "format": self.format,
            "schema_version": self.schema_version,
            "snapshot": self.snapshot,
            **self.census.as_json(),
        }


def manifest_path(export: Path) -> Path:
    """Where the manifest of an export is."""
    return export.with_name(f"{export.name}.manifest.json")


def read_manifest(export: Path) -> Manifest | None:
    """The manifest beside ``export``; None where there is none."""
    path = manifest_path(export)
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            str(said["format"]), int(said["schema_version"]), bool(said["snapshot"]), Census.from_json(said)
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput(
            "manifest", f"is damaged: {path}; export again, or remove it to import without that check"
        ) from None


def write_manifest(export: Path, manifest: Manifest) -> None:
    """Put it beside ``export``, whole or not at all."""
    path = manifest_path(export)
    unfinished = path.with_name(f"{path.name}.partial")
    unfinished.write_text(json.dumps(manifest.as_json(), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
