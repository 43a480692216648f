"""Alert rules and firings: make, read, change, delete, test, acknowledge; and looking at the rules that are due.

One function is one use case and one transaction, which the caller opens. Nothing here sends.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from freehold.alerts import (
    firing_queries,
    firings,
    key_queries,
    notices,
    notification_queries,
    observations,
    rollup_queries,
    rule_queries,
    rules,
)
from freehold.alerts.defaults import DEFAULT_RULES
from freehold.alerts.firing_queries import FiringFilter
from freehold.alerts.keeping import audited
from freehold.alerts.notices import Voice
from freehold.alerts.receipts import Receipt, receipts_of
from freehold.alerts.records import AlertRule, Firing, RuleSettings
from freehold.alerts.setting_rules import faults_of
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit, member_queries
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import Permission, require, require_signed_in_person
from freehold.organizations.records import Actor
from freehold.organizations.rules import clean_name
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.projects.slots import free_slot, slot_fault
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction
from freehold.webhooks import queries as webhooks

RULES_MAX: Final = 100
_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})


# --- rules ----------------------------------------------------------------------------------------


def create_rule(
    tx: Transaction, actor: Actor, project_id: str, wanted: RuleSettings, slot: str | None = None
) -> AlertRule:
    """Make an alert rule of a project. It is looked at within a minute. `slot`: None, to be made from its name."""
    project = read_project(tx, actor, project_id)
    require(actor, "alerts.edit", project.organization_id)
    require_active(project)
    # Of two at one instant the second sees the first: so that there are no more than may be, each in a slot of its own.
    audit.hold(tx, project.organization_id)
    settings = _checked(tx, project, wanted)
    if fault := slot_fault(slot):
        raise invalid(fault)
    if rule_queries.count_rules(tx, project.id) >= RULES_MAX:
        raise Problem("conflict", f"A project has at most {RULES_MAX} alert rules. Delete one that is not needed.")
    rule = _insert(tx, project, settings, actor.name, is_default=False, slot=slot)
    _record(tx, actor, "alert.created", rule, None, _facts(rule.settings))
    return rule_queries.find_rule(tx, rule.id) or rule


def list_rules(
    tx: Transaction, actor: Actor, project_id: str, limit: int, after_id: str | None = None
) -> list[AlertRule]:
    """A project's alert rules, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "alerts.read", project.organization_id)
    return rule_queries.rules_of(tx, project.id, limit, after_id)


def read_rule(tx: Transaction, actor: Actor, rule_id: str, permission: Permission = "alerts.read") -> AlertRule:
    """One rule; Problem `not_found` where it is none of the actor's business."""
    rule = rule_queries.find_rule(tx, rule_id)
    if rule is None or not _concerns(actor, rule.organization_id):
        raise not_found("alert rule")
    require(actor, permission, rule.organization_id)
    return rule


def edit_rule(
    tx: Transaction, actor: Actor, rule_id: str, change: Callable[[RuleSettings], RuleSettings],
    revision: int | None = None,
) -> AlertRule:  # fmt: skip
    """Change a rule: `change` makes the new settings from the old. `revision`: the one the caller saw, None for any."""
    rule, project = _own(tx, actor, rule_id)
    settings = _checked(tx, project, change(rule.settings))
    now = clock.now()
    changed = replace(rule, settings=settings, changed_at=now)
    if not rule_queries.change_rule(tx, changed, rule.revision if revision is None else revision, now):
        raise changed_meanwhile("alert rule")
    _record(tx, actor, "alert.changed", changed, _facts(rule.settings), _facts(settings))
    return read_rule(tx, actor, rule_id)


def delete_rule(tx: Transaction, actor: Actor, rule_id: str, revision: int | None = None) -> AlertRule:
    """Remove a rule. What is open of it is over; its firings stay on record."""
    rule, _ = _own(tx, actor, rule_id, archived=True)
    now = clock.now()
    if not rule_queries.delete_rule(tx, rule.id, rule.revision if revision is None else revision, now):
        raise changed_meanwhile("alert rule")
    for firing in firing_queries.open_firings(tx, rule.id):
        firing_queries.resolve(tx, firing.id, now, None)
    _record(tx, actor, "alert.deleted", rule, _facts(rule.settings), None)
    return rule


def send_test(tx: Transaction, actor: Actor, voice: Voice, rule_id: str) -> list[str]:
    """Tell a rule's people that this is a test, by the ways that a firing would take; the notifications' ids."""
    rule, _ = _own(tx, actor, rule_id)
    made = notices.tell_test(tx, voice, rule)
    _record(tx, actor, "alert.tested", rule, None, {"notifications": len(made)})
    return made


def _own(tx: Transaction, actor: Actor, rule_id: str, archived: bool = False) -> tuple[AlertRule, Project]:
    """A rule that the actor may change, as it is once its organization's log is held: before any row of it is."""
    audit.hold(tx, read_rule(tx, actor, rule_id, "alerts.edit").organization_id)
    rule = read_rule(tx, actor, rule_id, "alerts.edit")
    project = projects.find_project(tx, rule.project_id)
    if project is None:
        raise not_found("project")
    if not archived:
        require_active(project)
    return rule, project


def _checked(tx: Transaction, project: Project, wanted: RuleSettings) -> RuleSettings:
    """The settings in their one form. Problem `invalid` names everything that is wrong with them."""
    clean = replace(
        wanted, name=clean_name(wanted.name), next_action=wanted.next_action.strip(),
        thresholds=tuple(sorted(wanted.thresholds, key=lambda each: each.at)),
    )  # fmt: skip
    faults = faults_of(clean, clock.now())
    owner_id, fault = _owner(tx, project, clean.owner)
    faults += [fault] if fault else []
    faults += _unknown(tx, project, clean)
    if faults:
        raise invalid(*faults)
    return replace(clean, owner=owner_id)


def _owner(tx: Transaction, project: Project, named: str | None) -> tuple[str | None, FieldError | None]:
    """A member by id or address."""
    if not named:
        return None, None
    for member in member_queries.members_of(tx, project.organization_id):
        if named.strip().lower() in (member.user_id, member.email):
            return member.user_id, None
    return None, FieldError("owner", "No member of the organization has this id or address.", "unknown_member")


def _unknown(tx: Transaction, project: Project, settings: RuleSettings) -> list[FieldError]:
    """What a rule's filter names and the project does not have."""
    chosen, faults = settings.filter, []
    if chosen.key is not None and key_queries.key_name(tx, project.id, chosen.key) is None:
        faults.append(FieldError("filter.key", "The project has no such key.", "unknown_key"))
    if chosen.endpoint is not None and not key_queries.has_endpoint(tx, project.api_id, chosen.endpoint):
        faults.append(FieldError("filter.endpoint", "The API's catalogue has no such endpoint.", "unknown_endpoint"))
    if chosen.webhook is not None:
        found = webhooks.find_endpoint(tx, chosen.webhook)
        if found is None or found.project_id != project.id:
            faults.append(FieldError("filter.webhook", "The project has no such webhook endpoint.", "unknown_webhook"))
    return faults


def _insert(
    tx: Transaction,
    project: Project,
    settings: RuleSettings,
    made_by: str,
    *,
    is_default: bool,
    slot: str | None = None,
) -> AlertRule:
    now = clock.now()
    slot = free_slot(slot, settings.name, rule_queries.slots_of(tx, project.id))
    rule = AlertRule(
        id=ids.new_id("alr"), project_id=project.id, organization_id=project.organization_id,
        environment=project.environment, settings=settings, is_default=is_default, revision=1, created_by=made_by,
        created_at=now, changed_at=now, slot=slot,
    )  # fmt: skip
    with broken_constraint_means(
        Problem("already_exists", f"The project has an alert rule in the slot {slot!r}. Choose another one.")
    ):
        rule_queries.insert_rule(tx, rule, now)
    return rule


def give_default_rules(tx: Transaction, project_id: str) -> None:
    """Give a project its default rules; nothing where it has had them."""
    project = projects.find_project(tx, project_id)
    if project is None:
        return
    audit.hold(tx, project.organization_id)
    if not rule_queries.note_defaults(tx, project_id, clock.now()):
        return
    for settings in DEFAULT_RULES:
        rule = _insert(tx, project, settings, "Freehold", is_default=True)
        _record(tx, _SYSTEM, "alert.created", rule, None, _facts(settings) | {"default": True})


def catch_up_on_defaults(tx: Transaction, limit: int) -> int:
    """Give default rules to projects that were made before rules came with them; how many of them were looked at."""
    found = rule_queries.projects_without_defaults(tx, limit)
    # All logs before any row, in one order: others hold several too.
    for organization_id in sorted({each.organization_id for each in projects.projects_by_id(tx, found)}):
        audit.hold(tx, organization_id)
    for project_id in found:
        give_default_rules(tx, project_id)
    return len(found)


# --- firings --------------------------------------------------------------------------------------


def list_firings(
    tx: Transaction, actor: Actor, project_id: str, wanted: FiringFilter, limit: int,
    after: tuple[datetime, str] | None = None,
) -> list[Firing]:  # fmt: skip
    """A project's firings, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "alerts.read", project.organization_id)
    return firing_queries.firings_of(tx, project.id, wanted, limit, after)


def read_firing(tx: Transaction, actor: Actor, firing_id: str, permission: Permission = "alerts.read") -> Firing:
    """One firing; Problem `not_found` where it is none of the actor's business."""
    firing = firing_queries.find_firing(tx, firing_id)
    if firing is None or not _concerns(actor, firing.organization_id):
        raise not_found("firing")
    require(actor, permission, firing.organization_id)
    return firing


def acknowledge_firing(tx: Transaction, actor: Actor, firing_id: str) -> Firing:
    """Say that a person has taken a firing on. The first one stays named, however many say so."""
    firing = read_firing(tx, actor, firing_id, "alerts.edit")
    user_id = require_signed_in_person(actor)
    audit.hold(tx, firing.organization_id)
    if firing_queries.acknowledge(tx, firing_id, user_id, clock.now()):
        rule = rule_queries.find_any_rule(tx, firing.rule_id)
        if rule is not None:
            _record(tx, actor, "alert.acknowledged", rule, None, {"firing": firing_id})
    return read_firing(tx, actor, firing_id)


def firing_receipts(tx: Transaction, firing_id: str) -> list[Receipt]:
    """What was told of a firing that the actor was shown, and what came of it."""
    return receipts_of(tx, notification_queries.notifications_of(tx, firing_id))


def test_receipts(tx: Transaction, rule_id: str, count: int) -> list[Receipt]:
    """The newest tests of a rule that the actor was shown, and what came of them."""
    return receipts_of(tx, notification_queries.tests_of(tx, rule_id, count)) if count else []


# --- looking at what is due -----------------------------------------------------------------------


def due_rules(tx: Transaction, now: datetime, limit: int) -> list[AlertRule]:
    """Rules that are to be looked at now."""
    return rule_queries.due_rules(tx, now, limit)


def look_at(tx: Transaction, voice: Voice, rule_id: str, now: datetime) -> int:
    """Look at one rule and do what follows; how many firings opened. Of two lookers one waits, and whoever changes it too."""
    there = rule_queries.find_rule(tx, rule_id)
    if there is None:
        return 0
    # The log before the row, as whoever changes the rule takes them: what opens or resolves writes an entry.
    audit.hold(tx, there.organization_id)
    rule = rule_queries.lock_rule(tx, rule_id)
    if rule is None:
        return 0
    counted = rollup_queries.counted_to(tx, now)
    open_firings = firing_queries.open_firings(tx, rule.id)
    seen = observations.observe(tx, rule, counted, [each.period_at for each in open_firings])
    verdict = rules.judge(rule.settings, seen, open_firings, now)
    opened = firings.apply(tx, voice, rule, verdict, counted, now)
    until = [each.period_ends_at for each in firing_queries.open_firings(tx, rule.id)]
    due_at = rules.next_look(rule.settings, seen, until, now)
    rule_queries.note_looked(tx, rule.id, now, rules.not_before_mute(rule.settings, due_at, until, now))
    return opened


def _concerns(actor: Actor, organization_id: str) -> bool:
    return actor.kind == "system" or actor.looks_everywhere or organization_id in actor.roles


def _facts(settings: RuleSettings) -> dict[str, Any]:
    return audited(settings)


def _record(
    tx: Transaction, actor: Actor, action: str, rule: AlertRule, before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:  # fmt: skip
    if before is not None and after is not None:
        changed = [name for name in after if before.get(name) != after[name]]
        before, after = {name: before.get(name) for name in changed}, {name: after[name] for name in changed}
    audit.record(
        tx, actor, action, organization_id=rule.organization_id, subject_kind="alert", subject_id=rule.id,
        subject_name=rule.settings.name, project_id=rule.project_id, before=before, after=after,
    )  # fmt: skip
