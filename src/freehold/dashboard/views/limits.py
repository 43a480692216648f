"""Limits of a key or a project, as pages show and change them. The form's fields are those of `macros/limits.html.j2`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitRow:
    """One rate limit: its name, and `600 per minute`."""

    name: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaGauge:
    """A quota in its present period, in units of cost. `words`: `1,000 in each day`."""

    words: str
    limit: int
    used: int
    reserved: int
    remaining: int
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLimits:
    """All limits of one owner."""

    rate_limits: tuple[RateLimitRow, ...]
    quota: QuotaGauge | None

    @property
    def words(self) -> str:
        """All of them in one line, empty where there is none: `600 per minute, 1,000 in each day`."""
        rates = [row.words for row in self.rate_limits]
        return ", ".join([*rates, self.quota.words] if self.quota else rates)
