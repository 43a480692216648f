"""What a check comes to, and the words that several of them share. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from freehold.production.readiness.facts import Facts
from freehold.production.readiness.records import CheckState, Evidence, EvidenceKind

_NAMED_MAX: Final = 4


class Finding(NamedTuple):
    """How a check stands, why in a sentence, and what shows it."""

    state: CheckState
    detail: str
    evidence: Evidence | None = None


def day_of(moment: datetime) -> datetime:
    """The beginning of a moment's day in UTC."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def page_of(facts: Facts, rest: str) -> str:
    """The address of a page of the project."""
    return f"/projects/{facts.project_id}{rest}"


def named(items: Sequence[str]) -> str:
    """Some of several names, and how many more there are."""
    more = len(items) - _NAMED_MAX
    return ", ".join(items[:_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def counted(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def shown(facts: Facts, kind: EvidenceKind, id_: str, at: datetime | None, rest: str, words: str) -> Evidence:
    """Evidence on a page of the project, `rest` being that page's part of the address."""
    return Evidence(kind, id_, at, page_of(facts, rest), words)
