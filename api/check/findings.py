"""What a check returns."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console


@dataclass(frozen=True)
class Finding:
    """One contradiction: the rule it breaks, the vertex it is about, and the figures."""

    rule: str
    subject: str
    message: str


@dataclass(frozen=True)
class Report:
    """All findings, and how many elements each rule looked at."""

    findings: tuple[Finding, ...]
    looked_at: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {"ok": self.ok, "looked_at": self.looked_at, "findings": [asdict(f) for f in self.findings]}

    def print_to(self, console: Console) -> None:
        """Print the findings, rule by rule, and what was looked at."""
        for finding in self.findings:
            console.print(
                f"[bold]{finding.rule}[/bold]: {finding.subject} {finding.message}", highlight=False
            )
        looked_at = ", ".join(f"{count:,} {what}" for what, count in self.looked_at.items())
        verdict = "nothing wrong" if self.ok else f"{len(self.findings):,} contradictions"
        console.print(f"{verdict} in {looked_at}", highlight=False)
