"""An organization's export: how far it is, and asking for what is missing. One function is one transaction, which the caller opens."""

from collections.abc import Iterator
from datetime import UTC, date, timedelta
from functools import partial
from typing import Final, cast

from freehold.errors import FieldError, Problem, invalid
from freehold.kit import clock
from freehold.organizations import audit
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import may, require
from freehold.organizations.records import Actor, Organization
from freehold.prices.queries import standing_lists
from freehold.reports import rules as report_rules
from freehold.reports.actions import queue_report
from freehold.reports.export import queries, rules
from freehold.reports.export.records import Export, Part, Price
from freehold.reports.kinds import KIND_FACTS
from freehold.reports.queries import count_unfinished
from freehold.reports.records import Parameters, Report, ReportFormat, ReportKind
from freehold.reports.sources.registry import Asked, all_decided_requests, source_faults
from freehold.store.engine import Transaction

# So many reports of an organization may wait at once because of an export: more than a person asks for one by one, for evidence is many.
WAITING_MAX: Final = 100
_FAILED_FOR: Final = timedelta(days=1)
_RANK: Final = {"ready": 0, "running": 1, "queued": 2, "failed": 3}

_Owned = tuple[str | None, Parameters]


def read_export(tx: Transaction, actor: Actor, organization_id: str, form: str = "csv") -> Export:
    """All that an actor may take along of an organization, with what of it is there; Problem `invalid` for another format.

    A report that somebody asked for anyway stands for a part of the same parameters: it has the same bytes.
    """
    return _export(tx, actor, _readable(tx, actor, organization_id), _format(form))


def ask_for_export(
    tx: Transaction, actor: Actor, organization_id: str, form: str = "csv", keep_days: int | None = None
) -> Export:
    """Ask for each report of an export that is neither there nor on its way; again, it asks for nothing that was asked for.

    At most as many as may wait at once: Problem `conflict` where none may, and what is left is asked for by the next call.
    """
    organization, written = _readable(tx, actor, organization_id), _format(form)
    if faults := report_rules.keep_days_faults(keep_days):
        raise invalid(*faults)
    # Of two at one instant the second sees what the first asked for.
    audit.hold(tx, organization_id)
    found = _export(tx, actor, organization, written)
    room = WAITING_MAX - count_unfinished(tx, organization_id)
    missing = [part for part in found.parts if part.is_missing]
    if missing and room <= 0:
        raise Problem(
            "conflict", f"{WAITING_MAX} reports of the organization are not made yet. Wait for some, or cancel them."
        )
    for part in missing[:room]:
        queue_report(tx, actor, organization_id, part.project_id, part.parameters, keep_days)
    return _export(tx, actor, organization, written)


def _readable(tx: Transaction, actor: Actor, organization_id: str) -> Organization:
    organization = read_organization(tx, actor, organization_id)
    require(actor, "organization.read", organization_id)
    return organization


def _format(form: str) -> ReportFormat:
    if form in rules.FORMATS:
        return cast("ReportFormat", form)
    says = f"An export is read back by programs: {form} is none of {', '.join(rules.FORMATS)}."
    raise invalid(FieldError("format", says, "not_an_export_format"))


def _export(tx: Transaction, actor: Actor, organization: Organization, form: ReportFormat) -> Export:
    now = clock.now()
    today = now.astimezone(UTC).date()
    there: dict[_Owned, Report] = {}
    for report in queries.standing_reports(tx, organization.id, form, rules.OF_DECISIONS, now - _FAILED_FOR):
        key = report.project_id, report.parameters
        # How things stood is of the day on which it was looked at.
        if KIND_FACTS[report.parameters.kind].closed or report.created_at.astimezone(UTC).date() == today:
            # Newest first: of one rank the first one stays.
            there[key] = min(there.get(key, report), report, key=lambda each: _RANK[each.state])
    allowed = {kind: may(actor, facts.permission, organization.id) for kind, facts in KIND_FACTS.items()}
    wanted = [each for each in _wanted(tx, actor, organization, form, today, there) if allowed[each[1].kind]]
    return Export(
        organization_id=organization.id, name=organization.name, format=form, today=today,
        parts=tuple(Part(parameters, project_id, there.get((project_id, parameters))) for project_id, parameters in wanted),
        withheld=tuple(kind for kind, is_allowed in allowed.items() if not is_allowed),
    )  # fmt: skip


def _wanted(
    tx: Transaction, actor: Actor, organization: Organization, form: ReportFormat, today: date,
    there: dict[_Owned, Report],
) -> Iterator[_Owned]:  # fmt: skip
    first = organization.created_at.astimezone(UTC).date()
    prices = [Price(each.takes_effect_on, each.currency) for each in standing_lists(tx, organization.id)]

    def ends_of(kind: ReportKind, since: date) -> Iterator[date]:
        for (project_id, parameters), report in there.items():
            same = project_id is None and parameters == Parameters(kind, form, since, parameters.until)
            if same and parameters.until and report.state != "failed":
                yield parameters.until

    for kind, days in rules.days_of(first, today, prices).items():
        for since, until in rules.there_first(days, partial(ends_of, kind)):
            parameters = Parameters(kind, form, since, until)
            if not source_faults(tx, Asked(actor, organization.id, None, parameters)):
                yield None, parameters
    yield from ((None, Parameters(kind, form)) for kind in rules.AS_IT_STANDS)
    for kind in rules.OF_DECISIONS:
        for project_id, request_id in all_decided_requests(tx, kind, organization.id):
            yield project_id, Parameters(kind, form, access_request=request_id)
