"""What a measured figure is made of, as it is kept in results/*.json. No behaviour beyond medians."""

import statistics
from typing import Any

import msgspec


class Series(msgspec.Struct, omit_defaults=True):
    """One contestant's values, one a round. `of`: which values, by name, beside the main ones (p99_us, cpu_us, …)."""

    name: str
    unit: str
    values: list[float]
    beside: dict[str, list[float]] = {}
    rss_mib: float | None = None
    # Freehold's own bars stand out in the chart.
    ours: bool = False

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)


class Claim(msgspec.Struct, omit_defaults=True):
    """A figure with its goal: one value a round. `unit` "×" is a ratio of two series of the same round."""

    name: str
    unit: str
    values: list[float]
    goal: float | None = None
    at_most: bool = False

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the goal; None where there is none."""
        if self.goal is None:
            return None
        return self.median <= self.goal if self.at_most else self.median >= self.goal


class Figure(msgspec.Struct, omit_defaults=True):
    """One run of one figure: what was measured, with which commands, on which machine, how quiet it was."""

    id: str
    title: str
    series: list[Series]
    claims: list[Claim]
    notes: list[str] = []
    # Filled in by the runner.
    command: str = ""
    at: str = ""
    took_s: float = 0.0
    rounds: int = 0
    seconds_a_round: float = 0.0
    ceiling: list[float] = []
    machine: dict[str, Any] = {}
    versions: dict[str, str] = {}


def ratio(name: str, one: Series, other: Series, goal: float | None = None, *, at_most: bool = False) -> Claim:
    """One series over another, round by round."""
    return Claim(name, "×", [a / b for a, b in zip(one.values, other.values, strict=True)], goal, at_most)
