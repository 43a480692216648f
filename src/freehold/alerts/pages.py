"""Pages of alerts: the list with its history and chat channels, and one firing. Thin: parse, one action, present."""

from datetime import timedelta
from typing import Any, Final

from litestar import Response

from freehold.alerts import actions, channel_actions, firing_queries, links
from freehold.alerts.firing_queries import FiringFilter
from freehold.alerts.keeping import instant_kept, settings_kept
from freehold.alerts.presenting import firing_row, numbers_of, receipt_row, rule_row
from freehold.alerts.records import METRICS, Firing, Threshold
from freehold.alerts.wording import condition
from freehold.dashboard.frame import frame
from freehold.dashboard.views.alerts import AlertsView, ChannelRow, FiringView
from freehold.dashboard.views.form import Choice, Form, refused
from freehold.dashboard.views.parts import Filter, Link
from freehold.errors import Problem, not_found
from freehold.kit.clock import to_ms
from freehold.kit.paging import Cursor
from freehold.kit.paging import page as cut_page
from freehold.organizations.permissions import require
from freehold.projects.actions import blocked_for, read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page, see_other
from freehold.webhooks.list_addresses import pager
from freehold.webhooks.policy import policy_of

# Refusals that bring the form back; others are pages of their own.
SHOWN_ON_FORM: Final = frozenset({409, 412, 422})
_SHOWN: Final = 25
_OPEN_SHOWN: Final = 100
_DAYS: Final = timedelta(days=30)
_STATES: Final = (("", "All"), ("open", "Firing"), ("resolved", "Resolved"))


def show_alerts(call: Call, project_id: str) -> Response[Any]:
    """A project's rules: what fires first; then its history and its chat channels."""
    return _list(call, project_id)


def add_channel(call: Call, project_id: str) -> Response[Any]:
    """Add a chat channel."""
    name, kind, url = call.field("name"), call.field("kind"), call.field("url")
    try:
        with call.write() as tx:
            channel_actions.create_channel(
                tx, call.actor, call.secret, call.settings, project_id, kind, name, url,
                slot=call.field("slot").strip() or None,
            )  # fmt: skip
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        # The URL is a credential: it does not come back on a page.
        return _list(
            call, project_id, refused(problem, {"name": name, "kind": kind, "slot": call.field("slot")}), problem.status
        )
    return see_other(f"/projects/{project_id}/alerts", "channel-saved")


def remove_channel(call: Call, project_id: str, channel_id: str) -> Response[Any]:
    """Remove a chat channel of this project."""
    with call.write() as tx:
        if channel_actions.delete_channel(tx, call.actor, channel_id).project_id != project_id:
            raise not_found("chat channel")
    return see_other(f"/projects/{project_id}/alerts", "channel-removed")


def show_firing(call: Call, project_id: str, firing_id: str) -> Response[Any]:
    """One firing: what it saw, what is behind it, who was told."""
    return _firing(call, project_id, firing_id)


def acknowledge_firing(call: Call, project_id: str, firing_id: str) -> Response[Any]:
    """Take a firing on."""
    with call.write() as tx:
        _own(tx, call, project_id, firing_id)
        actions.acknowledge_firing(tx, call.actor, firing_id)
    return see_other(f"/projects/{project_id}/alerts/firings/{firing_id}", "firing-taken")


def _list(call: Call, project_id: str, channel_form: Form | None = None, status: int = 200) -> Response[Any]:
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        require(call.actor, "alerts.read", project.organization_id)
        shell = frame(tx, call, "alerts", project=project)
        rules = actions.list_rules(tx, call.actor, project_id, actions.RULES_MAX)
        fired = firing_queries.count_by_rule(tx, [rule.id for rule in rules], shell.now - _DAYS)
        state = call.query_value("state")
        wanted = FiringFilter(state="open" if state == "open" else "resolved" if state == "resolved" else None)
        after = after_instant(call.query_value("cursor") or None)
        rows = actions.list_firings(tx, call.actor, project_id, wanted, _SHOWN + 1, after)
        shown = cut_page(rows, _SHOWN, lambda row: Cursor(to_ms(row.opened_at), row.id))
        firing = actions.list_firings(tx, call.actor, project_id, FiringFilter(state="open"), _OPEN_SHOWN)
        channels = channel_actions.list_channels(tx, call.actor, project_id)
        cannot = blocked_for(call.actor, "alerts.edit", project)
        view = AlertsView(
            project_id=project_id, firing=tuple(map(firing_row, firing)),
            rules=tuple(sorted((rule_row(rule, fired[rule.id], shell.now) for rule in rules), key=lambda row: row.state != "firing")),
            history=tuple(map(firing_row, shown.data)),
            pager=pager(call, f"/projects/{project_id}/alerts", shown.next_cursor, ("state",)),
            filters=(Filter(name="state", label="State", value=state, choices=_STATES),), filtered=bool(wanted.state),
            channels=tuple(ChannelRow(id=each.id, name=each.name, kind=each.kind, url=each.shown_url) for each in channels),
            metrics=tuple(Choice(name, facts.title) for name, facts in METRICS.items()), add_blocked=cannot,
            loopback=policy_of(call.settings, project.environment).loopback,
            channel_form=channel_form or Form({"kind": "slack"}, blocked=cannot),
        )  # fmt: skip
    return page("alerts/list.html.j2", shell, view, status)


def _firing(call: Call, project_id: str, firing_id: str) -> Response[Any]:
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        firing = _own(tx, call, project_id, firing_id)
        shell = frame(tx, call, "alerts", project=project)
        settings, href = settings_kept(firing.seen["rule"]), links.requests_href(firing)
        label = "The endpoints behind it" if href and href.endswith("webhooks") else "The requests behind it"
        said = condition(settings, Threshold(firing.threshold))
        view = FiringView(
            project_id=project_id, firing=firing_row(firing), condition=said[:1].upper() + said[1:],
            numbers=numbers_of(firing), start=instant_kept(firing.seen["from"]), end=instant_kept(firing.seen["to"]),
            as_of=instant_kept(firing.seen["as_of"]), next_action=settings.next_action,
            requests=Link(label=label, href=href) if href else None, told_at=firing.told_at,
            receipts=tuple(receipt_row(each, project_id) for each in actions.firing_receipts(tx, firing_id)),
            acknowledged_at=firing.acknowledged_at,
            acknowledge_form=Form(blocked=blocked_for(call.actor, "alerts.edit", project)),
        )  # fmt: skip
    return page("alerts/firing.html.j2", shell, view)


def _own(tx: Transaction, call: Call, project_id: str, firing_id: str) -> Firing:
    firing = actions.read_firing(tx, call.actor, firing_id)
    if firing.project_id != project_id:
        raise not_found("firing")
    return firing
