"""What a kind of report says of itself where it is to be read by people: figures, a chart, the largest parts. Pure.

A kind that has a `Summary` (kinds.KindFacts.summary) can be had as HTML and PDF; nothing else has to be written for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from freehold.usage.rules import kind_of

# The measure of a report of which each row counts as one.
ROWS: Final = ""


@dataclass(frozen=True, slots=True)
class Split:
    """How the chart's bars are divided: by what `name` makes of the values of some columns of a row."""

    title: str
    columns: tuple[str, ...]
    name: Callable[..., str]


@dataclass(frozen=True, slots=True)
class Summary:
    """One kind's. Every name is that of a column of the kind.

    `unit`: what the first measure counts, in the plural. `measures`: columns of integers that are added up, the chart's
    and the shares' first; ROWS counts rows. `over`: a column of days (text) or of instants, for a chart over time; None:
    the chart is of the first of `by`. `by`: the largest parts are shown by each of these. `table`: the columns of the
    table of rows, all where it is empty. `apart`: one of `by`, of whose values the first measure is never added together,
    such as amounts of several currencies. `money`: columns of minor units of the currency that `apart` names.
    """

    unit: str
    measures: tuple[str, ...] = (ROWS,)
    over: str | None = None
    split: Split | None = None
    by: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    apart: str | None = None
    money: tuple[str, ...] = ()


def of_organization(summary: Summary, columns: Sequence[str]) -> Summary:
    """How the same kind is read of many projects: by project too, where its rows have one."""
    if "project" not in columns:
        return summary
    # Behind the first, which may be what the chart is of.
    by = dict.fromkeys((*summary.by[:1], "project", *summary.by[1:]))
    table = dict.fromkeys((*summary.table[:1], "project", *summary.table[1:])) if summary.table else ()
    return replace(summary, by=tuple(by), table=tuple(table))


def by_column(column: str) -> Split:
    """Bars that are divided by a column's own values."""
    return Split(column, (column,), lambda value: str(value or "none"))


def _outcome_kind(outcome: str, status_class: int) -> str:
    return kind_of(outcome, status_class * 100 or None)


USAGE: Final = Summary(
    "requests", ("requests", "cost"), over="day", split=Split("outcome", ("outcome", "status_class"), _outcome_kind),
    by=("endpoint", "key", "outcome"), table=("day", "key", "endpoint", "outcome", "status_class", "requests", "cost"),
)  # fmt: skip
KEYS: Final = Summary(
    "keys", (ROWS, "requests"), by=("state", "workload", "created_by"),
    table=("id", "name", "state", "workload", "version", "created_at", "expires_at", "last_used_at", "requests"),
)  # fmt: skip
FIRINGS: Final = Summary(
    "firings", over="opened_at", split=by_column("severity"), by=("metric", "severity", "alert", "acknowledged_by"),
    table=("opened_at", "alert", "metric", "severity", "threshold", "peak", "resolved_at", "acknowledged_by"),
)  # fmt: skip
ACCESS: Final = Summary(
    "people and tokens", by=("roles", "kind"),
    table=("kind", "name", "roles", "owns", "since_at", "last_seen_at", "expires_at"),
)  # fmt: skip
COSTS: Final = Summary(
    "amount", ("amount", "quantity"), by=("endpoint", "month", "unit", "environment", "currency"), apart="currency",
    money=("amount", "price"),
    table=("month", "endpoint", "unit", "above", "quantity", "price", "per", "amount", "currency"),
)  # fmt: skip
EVIDENCE: Final = Summary(
    "rows", by=("section", "state"),
    table=("section", "number", "name", "state", "blocking", "title", "detail", "at", "evidence_kind", "evidence_id", "actor"),
)  # fmt: skip
