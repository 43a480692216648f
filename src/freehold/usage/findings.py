"""What comparing sums finds: differences, each named."""

from datetime import datetime
from typing import Final, NamedTuple

from freehold.kit.sketch import decode

# Of each project.
FINDINGS_MAX: Final = 50


class Finding(NamedTuple):
    """One difference: of which project, between what, from when on, and in words."""

    project_id: str
    between: str
    at: datetime
    words: str


class Report:
    """What is found while the comparing goes on. `compared`: how many rows."""

    def __init__(self) -> None:
        self.compared = self.differences = 0
        self.findings: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Count a difference, and keep it where it is one of the first of its project."""
        self.differences += 1
        if sum(each.project_id == finding.project_id for each in reversed(self.findings)) < FINDINGS_MAX:
            self.findings.append(finding)


def latencies_in(sketch: bytes) -> int | str:
    """How many latencies a sketch holds, or why that cannot be said."""
    try:
        return sum(decode(bytes(sketch)).values())
    except ValueError:
        return "none that can be read"
