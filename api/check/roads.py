"""Streets: what is closed is closed by something, and the network's version is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.check.findings import Finding


def check_roads(
    *, closed: Sequence[Mapping[str, Any]], yet_open: Sequence[str], versions: Sequence[int]
) -> Iterator[Finding]:
    """A segment is closed when, and only when, a closure is in effect; there is one road network."""
    for segment in closed:
        if not segment["closures"]:
            yield Finding("road", segment["id"], "is closed, and no closure is in effect")
    for open_segment in yet_open:
        yield Finding("road", open_segment, "is open, and a closure of it is in effect")
    if len(versions) > 1:
        yield Finding("road", "road-network", f"has {len(versions)} versions: {sorted(versions)}")
