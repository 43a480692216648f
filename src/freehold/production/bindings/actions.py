"""Bindings for production: given on the sandbox project, checked as the production project would, kept sealed.

A value is in the clear in this process for the length of the call that gives or uses it, and in no answer.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from freehold.errors import Problem, invalid
from freehold.kit import clock
from freehold.kit.encryption import open_sealed, seal
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit, member_queries
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.production.bindings import queries, rules
from freehold.production.bindings.records import Bindings, BindingValue, BoundSlot
from freehold.production.shape import pointers
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.assets import ALL
from freehold.production.shape.records import BindingSlot
from freehold.production.shape.rules import binding_slots
from freehold.production.shape.slots import bindings_missing
from freehold.projects import queries as projects
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Environment, Project
from freehold.reports import schedule_queries as schedules
from freehold.reports.schedule_standing import may_have
from freehold.settings import Settings
from freehold.store.engine import Transaction
from freehold.webhooks.inbox_route import is_about_inboxes
from freehold.webhooks.policy import policy_of
from freehold.webhooks.urls import BadUrl, check_url

_PURPOSE: Final = "production-bindings"
_SLOTS_MAX: Final = 1000


def bindings_of(tx: Transaction, actor: Actor, project_id: str) -> list[BoundSlot]:
    """The slots that a sandbox project's production sibling needs values of, with what was given."""
    return slots_of(tx, sandbox_of(tx, actor, project_id, "production.read"))


def slots_of(tx: Transaction, sandbox: Project) -> list[BoundSlot]:
    """The same, whoever asks."""
    given = queries.given_of(tx, sandbox.id)
    wanted = {each.slot: each for each in binding_slots(read_shape(tx, sandbox))}
    left = [pointer for pointer in given if pointer not in wanted]
    return [BoundSlot(each, wanted.get(each), given.get(each)) for each in [*wanted, *sorted(left)]]


def give_bindings(
    tx: Transaction, actor: Actor, secret: InstanceSecret, settings: Settings, project_id: str,
    values: Mapping[str, BindingValue | None],
) -> list[BoundSlot]:  # fmt: skip
    """Give slots values for production; None takes one away, what is not named stays as it is."""
    sandbox = sandbox_of(tx, actor, project_id, "production.edit")
    require_active(sandbox)
    # Of two who give a slot its value at one instant, one comes after the other.
    audit.hold(tx, sandbox.organization_id)
    present = slots_of(tx, sandbox)
    known = {each.pointer: each.slot for each in present}
    slots = [each for each in known.values() if each is not None]
    if strange := [slot for slot, value in values.items() if value is None and slot not in known]:
        raise invalid(*rules.slot_errors(dict.fromkeys(strange, "Nothing was given for this slot.")))
    fit = checked(tx, settings, sandbox, slots, {slot: value for slot, value in values.items() if value is not None})
    names = {each.user_id: each.name for each in member_queries.members_of(tx, sandbox.organization_id)}
    sealed = {
        slot: (_seal(secret, sandbox.id, slot, value), rules.shown(_slot(slots, slot), value, names))
        for slot, value in fit.items()
    }
    queries.put(tx, sandbox, sealed, actor.name, clock.now())
    queries.take(tx, sandbox.id, [slot for slot, value in values.items() if value is None])
    after = slots_of(tx, sandbox)
    if values:
        _record(tx, actor, sandbox, present, after, values)
    return after


def checked(
    tx: Transaction, settings: Settings, sandbox: Project, slots: list[BindingSlot],
    values: Mapping[str, BindingValue], environment: Environment = "production",
) -> dict[str, BindingValue]:  # fmt: skip
    """Values in their one form, as the environment would take them; Problem `invalid` names every one that does not fit."""
    members = {
        name.lower(): each.user_id
        for each in member_queries.members_of(tx, sandbox.organization_id)
        for name in (each.user_id, each.email)
    }
    known, fit, faults = {each.slot: each for each in slots}, dict[str, BindingValue](), dict[str, str]()
    for pointer, value in list(values.items())[:_SLOTS_MAX]:
        if pointer not in known:
            faults[pointer] = f"The project's shape has no slot {pointer}."
            continue
        try:
            fit[pointer] = rules.fitting(
                known[pointer], value, lambda url: _checked_url(settings, environment, url), members
            )
        except rules.Unfit as unfit:
            faults[pointer] = str(unfit)
    if faults:
        raise invalid(*rules.slot_errors(faults))
    return fit


def values_for(
    tx: Transaction, secret: InstanceSecret, settings: Settings, sandbox: Project, slots: list[BindingSlot],
    values: Mapping[str, BindingValue],
) -> dict[str, BindingValue]:  # fmt: skip
    """What production gets in each of these slots: what this call says, what was given before, of owners the sandbox's.

    Problem `bindings_missing` names each required slot that is still without.
    """
    wanted = {each.slot for each in slots}
    before = {
        slot: _open(secret, sandbox.id, slot, sealed)
        for slot, sealed in queries.sealed_of(tx, sandbox.id).items()
        if slot in wanted
    }
    # What was given once is looked at again: the operator's policy, or who is a member, may have changed.
    found = checked(tx, settings, sandbox, slots, {**before, **values})
    require_all(slots, found)
    return people_as_values(tx, sandbox, slots) | found


def require_all(slots: list[BindingSlot], found: Collection[str]) -> None:
    """Problem `bindings_missing` that names each required slot without a value."""
    missing = [each for each in slots if each.required and each.slot not in found]
    if missing:
        raise bindings_missing(missing)


def people_as_values(tx: Transaction, project: Project, slots: list[BindingSlot]) -> dict[str, BindingValue]:
    """Who holds in a project the duties that these slots are of, and whom its report schedules mail who may read what they report."""
    owners = projects.owners_of(tx, [project.id])[project.id]
    found: dict[str, list[str]] = {}
    for owner in owners:
        found.setdefault(pointers.pointer("owners", owner.duty), []).append(owner.user_id)
    for schedule in schedules.schedules_of_project(tx, project.id, ALL):
        found[pointers.pointer("report_schedules", schedule.slot, "recipients")] = [
            each.user_id
            for each in schedule.recipients
            if may_have(tx, each.user_id, schedule.settings.kind, project.organization_id)
        ]
    return {each.slot: tuple(found[each.slot]) for each in slots if each.kind == "member" and found.get(each.slot)}


def sandbox_of(tx: Transaction, actor: Actor, project_id: str, permission: Any) -> Project:
    """The sandbox project of a pair, whichever of the two is named; Problem where it is not the actor's."""
    project = read_project(tx, actor, project_id)
    require(actor, permission, project.organization_id)
    if project.environment == "sandbox":
        return project
    sibling = projects.find_sibling(tx, project)
    if sibling is None:
        raise Problem("conflict", "This production project has no sandbox sibling.")
    return sibling


def _checked_url(settings: Settings, environment: Environment, url: str) -> str:
    if environment == "production" and is_about_inboxes(settings, url):
        raise BadUrl("An inbox is a sandbox's alone. Give the URL of production's receiver.")
    return check_url(url, environment, policy_of(settings, environment)).url


def _slot(slots: list[BindingSlot], pointer: str) -> BindingSlot:
    return next(each for each in slots if each.slot == pointer)


def _seal(secret: InstanceSecret, project_id: str, slot: str, value: BindingValue) -> bytes:
    plain = json.dumps(value if isinstance(value, str) else list(value)).encode()
    return seal(secret.derive(_PURPOSE), plain, f"{project_id} {slot}")


def _open(secret: InstanceSecret, project_id: str, slot: str, sealed: bytes) -> BindingValue:
    value = json.loads(open_sealed(secret.derive(_PURPOSE), sealed, f"{project_id} {slot}"))
    return value if isinstance(value, str) else tuple(value)


def _record(
    tx: Transaction,
    actor: Actor,
    sandbox: Project,
    before: list[BoundSlot],
    after: list[BoundSlot],
    named: Bindings | Any,
) -> None:
    def facts(slots: list[BoundSlot]) -> dict[str, Any]:
        return {each.pointer: each.given.shown if each.given else None for each in slots if each.pointer in named}

    audit.record(
        tx, actor, "binding.given", organization_id=sandbox.organization_id, subject_kind="project",
        subject_id=sandbox.id, subject_name=sandbox.name, project_id=sandbox.id, before=facts(before), after=facts(after),
    )  # fmt: skip
