"""A key's secrets as its page shows them: who calls with each, and what speaks against ending one."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from freehold.dashboard import words
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.key_secrets import CallerRow, SecretRow, SecretsView
from freehold.errors import FieldError, Problem
from freehold.keys import actions, rotation_rules
from freehold.keys.actions import KeyDetail
from freehold.keys.records import Caller, Secret
from freehold.kit.ids import new_id
from freehold.organizations.permissions import blocked
from freehold.overview.pages.keys.presenting import identifier_of
from freehold.projects.actions import blocked_for
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage import rules as usage_rules
from freehold.usage import sum_queries
from freehold.usage.records import Filter
from freehold.web.call import Call

_HOUR_S: Final = 3600
OVERLAPS: Final = (
    Choice("3600", "1 hour"), Choice("86400", "24 hours"), Choice("604800", "7 days"), Choice("2592000", "30 days"),
    Choice("0", "No time: it ends at once"),
)  # fmt: skip
_UNUSED_HOURS: Final = int(rotation_rules.UNUSED_FOR.total_seconds()) // _HOUR_S
# A secret that ends so soon, though it was used just now, is worth a warning.
_SOON: Final = timedelta(hours=24)


def secrets_view(
    tx: Transaction, call: Call, project: Project, detail: KeyDetail, now: datetime,
    which: str = "", problem: Problem | None = None,
) -> SecretsView:  # fmt: skip
    """The secrets of a key. `which` form was refused, and why: `rotate`, `overlap` or `retire`."""
    callers = actions.callers_of(tx, detail)
    since = _since_rotation(tx, project, detail, now)
    rows = [_row(each, project, call.settings.brand, callers, since) for each in detail.secrets]
    retiring = next((each for each in detail.secrets if each.state == "retiring"), None)
    cannot_change = blocked_for(call.actor, "keys.issue", project)
    cannot_retire = blocked(call.actor, "keys.revoke", project.organization_id)
    serving = tuple(row for row in rows if row.state in ("active", "retiring"))
    return SecretsView(
        serving=serving,
        ended=tuple(row for row in rows if row not in serving),
        retiring=next((row for row in serving if row.state == "retiring"), None),
        warning=_warning(retiring, now) if retiring else "",
        unused_hours=_UNUSED_HOURS,
        overlaps=_overlaps(detail, retiring),
        rotate_form=_rotate_form(call, cannot_change, problem if which == "rotate" else None),
        overlap_form=_overlap_form(call, retiring, cannot_change, problem if which == "overlap" else None),
        retire_form=refused(problem, {}) if problem and which == "retire" else Form(blocked=cannot_retire),
    )


def _row(
    secret: Secret,
    project: Project,
    brand: str,
    callers: Mapping[str, tuple[Caller, ...]],
    since: Mapping[str, int] | None,
) -> SecretRow:
    return SecretRow(
        version=secret.version, identifier=identifier_of(brand, project, [secret]), selector=secret.selector,
        state=secret.state, created_at=secret.created_at, retires_at=secret.retires_at,
        last_used_at=secret.last_used_at, requests=secret.requests, held=secret.held,
        retires_by=rotation_rules.retires_by(secret.superseded_at) if secret.superseded_at else None,
        since_rotation=None if since is None else since.get(secret.selector, 0),
        callers=tuple(
            CallerRow(
                address=each.address or "", user_agent=each.user_agent or "", last_at=each.last_at, requests=each.requests
            )
            for each in callers.get(secret.selector, ())
        ),
    )  # fmt: skip


def _since_rotation(tx: Transaction, project: Project, detail: KeyDetail, now: datetime) -> dict[str, int] | None:
    """The requests by secret since the newest one was made, to the minute; None where there is but one."""
    if len(detail.secrets) < 2:
        return None
    begun = detail.secrets[0].created_at.replace(second=0, microsecond=0)
    end = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    pieces = usage_rules.cover([begun], end)
    sums = sum_queries.groups_of_project(tx, project.id, pieces, Filter(keys=(detail.key.id,)), "secret")
    return {each.group or "": each.counts.requests for each in sums}


def _warning(retiring: Secret, now: datetime) -> str:
    """What speaks against the overlap's end, where it is near and the old secret still in use."""
    ends_at, used_at = retiring.retires_at, retiring.last_used_at
    in_use = used_at is not None and now - used_at < rotation_rules.UNUSED_FOR
    if ends_at is None or used_at is None or not in_use or retiring.held or ends_at - now > _SOON:
        return ""
    return (
        f"Version {retiring.version} is still in use: its last call came {words.ago(used_at, now)}. "
        "Bring its callers to the new one, or hold it."
    )


def _overlaps(detail: KeyDetail, retiring: Secret | None) -> tuple[Choice, ...]:
    """How long the old secret may serve on; nothing where the key cannot be rotated."""
    if detail.key.state != "active":
        return ()
    return OVERLAPS[-1:] if retiring else OVERLAPS


def _rotate_form(call: Call, cannot: str | None, problem: Problem | None) -> Form:
    key = call.field("idempotency_key") or new_id("req")
    if problem:
        values: Values = {"overlap_s": call.field("overlap_s"), "hold": call.fields("hold")}
        return refused(problem, values, key)
    return Form({"overlap_s": str(rotation_rules.OVERLAP_S)}, blocked=cannot, idempotency_key=new_id("req"))


def _overlap_form(call: Call, retiring: Secret | None, cannot: str | None, problem: Problem | None) -> Form:
    if problem:
        values: Values = {"retires_on": call.field("retires_on"), "hold": call.fields("hold")}
        return refused(_as_form_fields(problem), values)
    if retiring is None or retiring.retires_at is None:
        return Form(blocked=cannot)
    return Form(
        {"retires_on": f"{retiring.retires_at:%Y-%m-%d}", "hold": ["yes"] if retiring.held else []}, blocked=cannot
    )


def _as_form_fields(problem: Problem) -> Problem:
    errors = tuple(
        FieldError("retires_on" if each.field == "retires_at" else each.field, each.message, each.code)
        for each in problem.errors
    )
    return Problem(problem.code, problem.detail, errors, problem.headers)
