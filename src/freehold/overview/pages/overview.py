"""One project whole: posture, next step, evidence of its setup, usage, activity, what it owns, how to call it."""

from typing import Any, Final

from litestar import Response

from freehold.alerts import actions as alerts
from freehold.alerts.firing_queries import FiringFilter
from freehold.apis import queries as apis
from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.parts import Check, Link, NextStep
from freehold.dashboard.views.projects import (
    Asset,
    AssetLine,
    OverviewView,
    Owner,
    UsageGlance,
)
from freehold.keys import actions as keys
from freehold.kit import clock
from freehold.kit.sketch import quantile
from freehold.organizations import audit
from freehold.organizations.permissions import may
from freehold.overview import snippets
from freehold.overview.activity import activity
from freehold.projects import actions, postures, queries
from freehold.projects.next_step_views import next_step_view
from freehold.projects.pages import head_of
from freehold.projects.records import Owner as OwnerRecord
from freehold.projects.records import Posture, ProductionAccess, Project, Scope
from freehold.store.engine import Transaction
from freehold.usage import glances, sum_queries
from freehold.usage import queries as usage
from freehold.usage import rules as usage_rules
from freehold.usage.records import Filter, Range
from freehold.web.call import Call
from freehold.web.pages import page
from freehold.webhooks import observations

_ACTIVITY_SHOWN: Final = 6
_ACCESS: Final[dict[ProductionAccess, str]] = {
    "not_requested": "No production sibling yet", "requested": "Production access asked for",
    "approved": "Production access approved", "denied": "Production access denied",
    "withdrawn": "No production sibling yet", "live": "Live in production",
}  # fmt: skip


def show_overview(call: Call, project_id: str) -> Response[Any]:
    """One project: posture, next step, usage, activity, what it owns, how to call it."""
    with call.read() as tx:
        posture = postures.posture_of(tx, call.actor, project_id)
        project = posture.project
        shell = frame(tx, call, "overview", project=project)
        day = glances.days_of_projects(tx, [project_id], shell.now)[project_id]
        scope = queries.scope_of(tx, project_id)
        note, tone = _ownership(posture.owners)
        entries = (
            audit.project_entries(tx, project_id, _ACTIVITY_SHOWN)
            if may(call.actor, "projects.read", project.organization_id)
            else []
        )
        view = OverviewView(
            project=head_of(tx, project), owners=_owners(posture.owners), ownership_note=note, ownership_tone=tone,
            checks=_checks(project, posture), next_step=_overview_step(posture),
            usage=_usage(tx, project_id, day), activity=tuple(activity(entry) for entry in entries),
            assets=_assets(tx, call, posture, day),
            snippets=_snippets(tx, call, project, scope),
            scope_endpoints=tuple(scope.endpoints), scope_event_types=tuple(scope.event_types),
            access=_ACCESS[posture.standing.access], issue_blocked=actions.blocked_for(call.actor, "keys.issue", project),
            readiness=_readiness(posture),
        )  # fmt: skip
    return page("projects/overview.html.j2", shell, view)


def _readiness(posture: Posture) -> tuple[int, int, int] | None:
    found = posture.readiness
    return (found.passed, found.total, found.blocking) if found else None


def _ownership(owners: list[OwnerRecord]) -> tuple[str, Any]:
    technical = {owner.user_id for owner in owners if owner.duty == "technical"}
    duties = {owner.duty for owner in owners}
    if len(technical) < 2:
        return "Production will need a second technical owner", "warn"
    if "billing" not in duties:
        return "No billing owner is named", ""
    return f"{len(technical)} technical owners, billing named", "ok"


def _owners(owners: list[OwnerRecord]) -> tuple[Owner, ...]:
    duties: dict[str, list[str]] = {}
    for owner in owners:
        duties.setdefault(owner.user_id, []).append(owner.duty)
    people = {owner.user_id: owner for owner in owners}
    return tuple(
        Owner(name=people[user].name, email=people[user].email, duties=tuple(held)) for user, held in duties.items()
    )


def _checks(project: Project, posture: Posture) -> tuple[Check, ...]:
    here, progress = f"/projects/{project.id}", posture.progress
    request, delivery, key = progress.allowed_request_id, progress.accepted_attempt_delivery_id, progress.first_key_id
    return (
        Check(done=progress.scope_declared, title="Scope declared", detail="What it calls and receives, from the catalogue.",
              evidence=Link(label="See the scope", href=f"{here}/scope") if progress.scope_declared else None,
              fix=None if progress.scope_declared else Link(label="Declare", href=f"{here}/scope"), fix_icon="list-checks"),
        Check(done=key is not None, title="Key issued", detail="One a workload; its secret is shown once.",
              evidence=Link(label="See the key", href=f"{here}/keys/{key}") if key else None,
              fix=None if key else Link(label="Issue key", href=f"{here}/keys/new"), fix_icon="key-round"),
        Check(done=request is not None, title="Protected call made", detail="A call with a key of this project was let through.",
              evidence=Link(label="See the request", href=f"{here}/requests/{request}") if request else None,
              fix=None if request else Link(label="Make it", href=f"{here}/keys/{key}" if key else f"{here}/keys/new"),
              fix_icon="square-terminal"),
        Check(done=progress.webhook_endpoint_id is not None, title="Webhook endpoint added", detail="Where its events go.",
              evidence=Link(label="See the endpoint", href=f"{here}/webhooks/{progress.webhook_endpoint_id}")
              if progress.webhook_endpoint_id else None,
              fix=None if progress.webhook_endpoint_id else Link(label="Add", href=f"{here}/webhooks/new"), fix_icon="webhook"),
        Check(done=delivery is not None, title="Signed event accepted", detail="The receiver answered a signed event with success.",
              evidence=Link(label="See the delivery", href=f"{here}/deliveries/{delivery}") if delivery else None,
              fix=None if delivery else Link(label="Send one", href=f"{here}/webhooks/{progress.webhook_endpoint_id}"
                                             if progress.webhook_endpoint_id else f"{here}/webhooks/new"), fix_icon="send"),
    )  # fmt: skip


def _overview_step(posture: Posture) -> NextStep:
    if posture.next_step is not None:
        return next_step_view(posture.next_step)
    return NextStep(
        action="look_at_usage", title="Everything is proven",
        detail="Scope, key, a protected call and a signed event are on record. Watch what it uses, or look at its scope.",
        button="Open usage", href=f"/projects/{posture.project.id}/usage", icon="chart-column",
        also=Link(label="See the scope", href=f"/projects/{posture.project.id}/scope"),
    )  # fmt: skip


def _usage(tx: Transaction, project_id: str, day: glances.Day) -> UsageGlance:
    total, range_ = day.total, glances.day_range(day)
    return UsageGlance(
        requests=total.requests, served=total.served, throttled=total.throttled, denied=total.denied, failed=total.failed,
        latency_us=_p95_us(tx, project_id, range_),
        as_of=usage.complete_to(tx) or clock.now(), chart=glances.day_chart(day, project_id),
    )  # fmt: skip


def _assets(tx: Transaction, call: Call, posture: Posture, day: glances.Day) -> tuple[Asset, ...]:
    here, counts = f"/projects/{posture.project.id}", posture.counts
    secrets = (
        [secret for each in keys.list_keys(tx, call.actor, posture.project.id, 200) for secret in each.secrets]
        if may(call.actor, "keys.read", posture.project.organization_id)
        else []
    )
    used = max((secret.last_used_at for secret in secrets if secret.last_used_at), default=None)
    now = clock.now()
    since = glances.day_range(day).start
    delivered, failed = observations.deliveries_since(tx, posture.project.id, since)
    return (
        Asset(label="Keys", icon="key-round", count=counts.serving_keys, unit="serving", href=f"{here}/keys",
              lines=(AssetLine(text=f"Last call {words.ago(used, now)}" if used else "No call yet"),)),
        Asset(label="Webhooks", icon="webhook", count=counts.webhook_endpoints,
              unit="endpoint" if counts.webhook_endpoints == 1 else "endpoints", href=f"{here}/webhooks",
              lines=(AssetLine(text=f"{delivered} delivered in 24 h" + (f", {failed} failed" if failed else ""),
                               tone="bad" if failed else ""),)),
        _alerts_asset(tx, call, posture, here),
        Asset(label="Messages", icon="send", count=observations.messages_since(tx, posture.project.id, since), unit="in 24 h",
              href=f"{here}/messages", lines=()),
        Asset(label="Usage", icon="chart-column", count=day.total.requests, unit="request in 24 h" if day.total.requests == 1 else "requests in 24 h", href=f"{here}/usage",
              lines=(AssetLine(text=f"{words.number(day.total.denied + day.total.throttled)} denied or throttled"),)
              if day.total.denied + day.total.throttled else ()),
    )  # fmt: skip


def _alerts_asset(tx: Transaction, call: Call, posture: Posture, here: str) -> Asset:
    """The project's alert rules, and what fires now."""
    project, firing = posture.project, posture.counts.alerts_firing
    may_see = may(call.actor, "alerts.read", project.organization_id)
    rules = alerts.list_rules(tx, call.actor, project.id, alerts.RULES_MAX) if may_see else []
    newest = (
        alerts.list_firings(tx, call.actor, project.id, FiringFilter(state="open"), 1) if firing and may_see else []
    )
    line = (
        AssetLine(text=f"{firing} firing: {newest[0].rule_name}", tone="bad")
        if newest
        else AssetLine(text="Nothing fires")
    )
    return Asset(
        label="Alerts", icon="bell", count=len(rules), unit="rule" if len(rules) == 1 else "rules",
        href=f"{here}/alerts", lines=(line,) if rules else (),
    )  # fmt: skip


def _snippets(tx: Transaction, call: Call, project: Project, scope: Scope) -> Any:
    api = apis.find_api(tx, project.api_id)
    endpoint = snippets.choose_endpoint(apis.endpoints_of(tx, project.api_id), scope.endpoints)
    if api is None or endpoint is None:
        return ()
    return snippets.snippets(call.settings.gate_base_url, api.slug, endpoint, "$FREEHOLD_KEY")


def _p95_us(tx: Transaction, project_id: str, range_: Range) -> int | None:
    pieces = usage_rules.cover([range_.start], range_.end)
    p95_us = quantile(sum_queries.latencies_of_project(tx, project_id, pieces, Filter()), 95)
    return None if p95_us is None else round(p95_us)
