"""Pages of one alert rule: a new one drawn over the past, and what can be done to one. Thin: parse, one action, present."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import msgspec
from litestar import Response

from freehold.alerts import actions, firing_queries, forms, notices
from freehold.alerts.firing_queries import FiringFilter
from freehold.alerts.letters import voice_of
from freehold.alerts.pages import SHOWN_ON_FORM
from freehold.alerts.presenting import firing_row, past_view, receipt_row, rule_row
from freehold.alerts.records import METRICS, AlertRule, RuleSettings
from freehold.alerts.setting_rules import faults_of
from freehold.dashboard.frame import frame
from freehold.dashboard.views.alerts import NewRuleView, PastView, RuleView
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.parts import Danger, Link
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock
from freehold.kit.ids import new_id
from freehold.organizations.permissions import require
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_FIRINGS_SHOWN: Final = 20
_TESTS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a page shows instead of the rule as it is: settings that are drawn, and forms that were refused."""

    settings: RuleSettings | None = None
    forms: tuple[tuple[str, Form], ...] = ()
    status: int = 200


# --- a new one ------------------------------------------------------------------------------------


def show_new_rule(call: Call, project_id: str) -> Response[Any]:
    """The form of a new rule, over the last 30 days; metric, filters and window may come in the address."""
    settings = forms.first_settings(call.query_values())
    return _new(call, project_id, settings, Form(forms.values_of(settings), idempotency_key=new_id("req")))


def create_rule(call: Call, project_id: str) -> Response[Any]:
    """Make a rule, or draw what it would have done."""
    key, typed = call.field("idempotency_key") or new_id("req"), forms.typed_values(call)
    drawn = forms.first_settings({"metric": call.field("metric")})
    try:
        drawn = forms.settings_of(call)
        if call.field("draw"):
            return _new(call, project_id, drawn, Form(typed, idempotency_key=key))
        slot = call.field("slot").strip() or None
        made = call.once(lambda tx: _made(actions.create_rule(tx, call.actor, project_id, drawn, slot)))
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        return _new(call, project_id, drawn, refused(forms.on_form(problem), typed, key), problem.status)
    return see_other(f"/projects/{project_id}/alerts/{msgspec.json.decode(made.body, type=str)}", "rule-saved")


def _made(rule: AlertRule) -> Answer:
    return Answer(200, msgspec.json.encode(rule.id))


def _new(call: Call, project_id: str, settings: RuleSettings, form: Form, status: int = 200) -> Response[Any]:
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        require(call.actor, "alerts.read", project.organization_id)
        shell = frame(tx, call, "alerts", project=project)
        view = NewRuleView(
            project_id=project_id, fields=forms.fields_of(tx, project, settings),
            form=replace(form, blocked=blocked_for(call.actor, "alerts.edit", project)),
            past=_past(tx, project, settings),
            metrics=tuple(Link(label=facts.title, href=f"/projects/{project_id}/alerts/new?metric={metric}")
                          for metric, facts in METRICS.items()),
        )  # fmt: skip
    return page("alerts/new.html.j2", shell, view, status)


def _past(tx: Transaction, project: Project, settings: RuleSettings) -> PastView:
    """What settings would have done; those that make no sense are not drawn."""
    if faults_of(settings, clock.now()):
        return PastView(reason="It is drawn once the fields below are right.")
    return past_view(tx, project, settings, clock.now())


# --- one ------------------------------------------------------------------------------------------


def show_rule(call: Call, project_id: str, rule_id: str) -> Response[Any]:
    """One rule: its past, its firings, its settings."""
    return _one(call, project_id, rule_id, _Shown())


def edit_rule(call: Call, project_id: str, rule_id: str) -> Response[Any]:
    """Change a rule, or draw what the change would have done."""
    old = _own(call, project_id, rule_id).settings
    typed = forms.typed_values(call)
    drawn = old
    try:
        wanted = drawn = forms.settings_of(call, old)
        if call.field("draw"):
            return _one(
                call,
                project_id,
                rule_id,
                _Shown(drawn, (("edit", Form(typed, message="Drawn above, and not saved yet.")),)),
            )
        with call.write() as tx:
            actions.edit_rule(tx, call.actor, rule_id, lambda _: wanted, call.form_revision())
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        form = refused(forms.on_form(problem), typed)
        return _one(call, project_id, rule_id, _Shown(drawn, (("edit", form),), problem.status))
    return see_other(f"/projects/{project_id}/alerts/{rule_id}", "rule-saved")


def mute_rule(call: Call, project_id: str, rule_id: str) -> Response[Any]:
    """Tell nobody for a while, or tell again."""
    until = forms.muted_until(call, clock.now())

    def act(tx: Transaction) -> str:
        actions.edit_rule(tx, call.actor, rule_id, lambda old: replace(old, muted_until=until))
        return "rule-muted" if until else "rule-unmuted"

    return _act(call, project_id, rule_id, "mute", act)


def send_test(call: Call, project_id: str, rule_id: str) -> Response[Any]:
    """Tell the rule's people that this is a test."""

    def act(tx: Transaction) -> str:
        actions.send_test(tx, call.actor, voice_of(call.settings), rule_id)
        return "rule-tested"

    return _act(call, project_id, rule_id, "test", act)


def delete_rule(call: Call, project_id: str, rule_id: str) -> Response[Any]:
    """Remove a rule, once its name was typed."""
    rule, typed = _own(call, project_id, rule_id), call.field("confirm")
    if typed.strip() != rule.settings.name:
        problem = invalid(FieldError("confirm", "Type the name exactly as it is shown.", "not_confirmed"))
        return _one(call, project_id, rule_id, _Shown(None, (("delete", refused(problem, {"confirm": typed})),), 422))
    with call.write() as tx:
        actions.delete_rule(tx, call.actor, rule_id)
    return see_other(f"/projects/{project_id}/alerts", "rule-deleted")


def _act(call: Call, project_id: str, rule_id: str, form: str, act: Callable[[Transaction], str]) -> Response[Any]:
    _own(call, project_id, rule_id)
    try:
        with call.write() as tx:
            done = act(tx)
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        return _one(call, project_id, rule_id, _Shown(None, ((form, refused(problem, {})),), problem.status))
    return see_other(f"/projects/{project_id}/alerts/{rule_id}", done)


def _one(call: Call, project_id: str, rule_id: str, shown: _Shown) -> Response[Any]:
    with call.read() as tx:
        project, rule = read_project(tx, call.actor, project_id), _find(tx, call, project_id, rule_id)
        shell = frame(tx, call, "alerts", project=project)
        settings, muted = rule.settings, rule.settings.muted_until
        firings = actions.list_firings(tx, call.actor, project_id, FiringFilter(rule_id), _FIRINGS_SHOWN)
        fired = firing_queries.count_by_rule(tx, [rule_id], shell.now - timedelta(days=30))[rule_id]
        cannot = blocked_for(call.actor, "alerts.edit", project)
        every = {
            "edit": Form(forms.values_of(settings), blocked=cannot), "test": Form(blocked=cannot),
            "mute": Form({"for": ""}, blocked=cannot), "delete": Form(),
        }  # fmt: skip
        every |= {name: replace(form, blocked=cannot) if name != "delete" else form for name, form in shown.forms}
        view = RuleView(
            project_id=project_id, rule=rule_row(rule, fired, shell.now), revision=rule.revision,
            slot=rule.slot, created_by=rule.created_by, created_at=rule.created_at, evaluated_at=rule.evaluated_at,
            muted_until=muted if muted and muted > shell.now else None, next_action=settings.next_action,
            recipients=tuple(notices.recipients(tx, rule)) if "email" in settings.notify else (),
            fields=forms.fields_of(tx, project, settings), past=_past(tx, project, shown.settings or settings),
            firings=tuple(map(firing_row, firings)),
            tests=tuple(receipt_row(each, project_id) for each in actions.test_receipts(tx, rule_id, _TESTS_SHOWN)),
            mutes=forms.MUTES, delete=_danger(rule, cannot),
            **{f"{name}_form": form for name, form in every.items()},
        )  # fmt: skip
    return page("alerts/one.html.j2", shell, view, shown.status)


def _danger(rule: AlertRule, cannot: str | None) -> Danger:
    return Danger(
        consequences=(
            "Nothing is watched by it any more, and what is open of it is over.",
            "Its firings stay on record.",
        ),
        name=rule.settings.name, blocked=cannot,
    )  # fmt: skip


def _own(call: Call, project_id: str, rule_id: str) -> AlertRule:
    with call.read() as tx:
        return _find(tx, call, project_id, rule_id)


def _find(tx: Transaction, call: Call, project_id: str, rule_id: str) -> AlertRule:
    rule = actions.read_rule(tx, call.actor, rule_id)
    if rule.project_id != project_id:
        raise not_found("alert rule")
    return rule
