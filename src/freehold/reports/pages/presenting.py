"""Reports as their pages show them. Pure."""

from datetime import timedelta
from typing import Final

from freehold.dashboard.views.reports import ReportRow
from freehold.dashboard.words import plural
from freehold.organizations.records import Actor
from freehold.prices.money import money_text
from freehold.reports import actions
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.pages.asking import FORMAT_NAMES, NOT_YOURS
from freehold.reports.records import UTC_NAME, Parameters, Report

UNDER_WAY: Final = ("queued", "running")
_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")
_AGREES: Final = {
    True: "agree with the sums that every page shows", False: "differ from the sums that every page shows",
    None: "cannot be compared: sums by the hour are not kept for so long, or do not begin where the period does",
}  # fmt: skip


def row_of(actor: Actor, report: Report) -> ReportRow:
    """One report in the history, and on its own page."""
    facts, parameters = KIND_FACTS[report.parameters.kind], report.parameters
    yours = actions.may_read(actor, report)
    return ReportRow(
        id=report.id, title=facts.title, detail=facts.detail, format=FORMAT_NAMES[parameters.format],
        period=period_of(parameters), days=days_of(parameters), zone="" if parameters.time_zone == UTC_NAME else parameters.time_zone,
        state=report.state, reason=report.reason or "", done=report.done, rows=report.rows, size=size_of(report.bytes),
        bytes=report.bytes, sha256=(report.sha256 or "") if yours else "", restates=report.restates or "",
        asked_by=report.asked_by, by_schedule=report.asked_by_id.startswith("sch_"), created_at=report.created_at,
        finished_at=report.finished_at, expires_at=report.expires_at, why_not="" if yours else NOT_YOURS,
        preview=parameters.format == "html" and report.state == "ready",
    )  # fmt: skip


def period_of(parameters: Parameters) -> str:
    """The period with both of its days in it, as people say it."""
    if parameters.access_request:
        return "When it was decided"
    if parameters.since is None or parameters.until is None:
        return "As it stood"
    last = parameters.until - timedelta(days=1)
    return f"{parameters.since}" if last == parameters.since else f"{parameters.since} to {last}"


def days_of(parameters: Parameters) -> str:
    """How many days it is of, in words; empty where it is of none."""
    if parameters.since is None or parameters.until is None:
        return ""
    return plural((parameters.until - parameters.since).days, "day")


def size_of(size: int | None) -> str:
    """A file's size in the unit that leaves few digits: `231 MB`; empty for none."""
    if size is None:
        return ""
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}" if value < 999.5 or unit else f"{size} bytes"


def facts_of(report: Report) -> tuple[tuple[str, str], ...]:
    """A ready report's manifest in words."""
    manifest = report.manifest
    if manifest is None:
        return ()
    source = manifest["source"]
    found = [
        ("SHA-256", manifest["sha256"]), ("Saved as", manifest["file"]),
        *((f"Sum of {name}", f"{value:,}") for name, value in manifest["sums"].items() if name != "amount"),
        *(("Amount", f"{money_text(amount, currency)} {currency}") for currency, amount in source.get("amounts", {}).items()),
    ]  # fmt: skip
    if "checks_kept" in source:
        kept = "kept with the decision" if source["checks_kept"] else "not kept: it was decided before they were"
        found += [("Decided", source["decided_at"]), ("Its checks", kept)]
    if "reconciled" in source:
        found += [("Its rows", _AGREES[source["reconciled"]]), ("Counted up to", source["counted_to"] or "the end")]
    return (*found, ("Made by", f"Freehold {manifest['freehold']}"))
