"""What the operator asks of an API's projects before production.

One function is one use case, in a transaction that the caller opens. The operator changes, everybody reads.
"""

from dataclasses import replace
from typing import Any, Final

from freehold.apis import actions as apis
from freehold.apis import queries as apis_queries
from freehold.apis.records import Api
from freehold.errors import FieldError, invalid
from freehold.kit import clock
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import require_operator
from freehold.organizations.records import Actor
from freehold.production.readiness import queries
from freehold.production.readiness.records import CODES, MATERIAL_ITEMS, Policy
from freehold.store.engine import Transaction

DAYS_MAX: Final = 365
DAYS_FIELDS: Final = (
    "exercise_days", "lookup_days", "denial_days", "delivery_days", "alert_days", "failure_days", "unused_days",
    "rotation_days", "approval_days",
)  # fmt: skip


def read_policy(tx: Transaction, actor: Actor, api: str) -> Policy:
    """What is asked of an API's projects. Everybody who is signed in may know what they will be asked."""
    return queries.policy_of(tx, apis.read_api(tx, actor, api).id)


def set_policy(tx: Transaction, actor: Actor, api: str, wanted: Policy, revision: int | None = None) -> Policy:
    """Set what is asked of an API's projects, whole. `revision`: the one the caller saw, None for any."""
    require_operator(actor)
    found = apis.read_api(tx, actor, api)
    if faults := _policy_faults(wanted):
        raise invalid(*faults)
    hold_api(tx, found.id)
    old = queries.policy_of(tx, found.id)
    material = tuple(each for each in MATERIAL_ITEMS if each in wanted.material)
    new = replace(
        wanted, api_id=found.id, material=material, revision=old.revision, changed_by=actor.name, changed_at=clock.now()
    )
    if not queries.keep_policy(tx, new, revision):
        raise changed_meanwhile("readiness policy")
    before, after = policy_facts(old), policy_facts(new)
    changed = [name for name in after if before[name] != after[name]]
    record_of_api(tx, actor, "readiness_policy.changed", found, _said(before, changed), _said(after, changed))
    return queries.policy_of(tx, found.id)


def policy_facts(policy: Policy) -> dict[str, Any]:
    """A policy's values by name, for the audit log and forms."""
    return {
        "blocking": [each for each in CODES if each in policy.blocking],
        **{name: getattr(policy, name) for name in DAYS_FIELDS},
        "failure_rate_max": policy.failure_rate_max, "material": list(policy.material),
        "promotion_needs_approval": policy.promotion_needs_approval,
    }  # fmt: skip


def _said(facts: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """Some of a policy's values as the audit log takes them: fractions have no one form there, their text has."""
    return {name: f"{facts[name]:g}" if isinstance(facts[name], float) else facts[name] for name in names}


def _policy_faults(wanted: Policy) -> list[FieldError]:
    faults = [
        FieldError(name, f"A whole number of days from 1 to {DAYS_MAX}.", "out_of_range")
        for name in DAYS_FIELDS
        if not 1 <= getattr(wanted, name) <= DAYS_MAX
    ]
    if not 0 <= wanted.failure_rate_max <= 100:
        faults.append(FieldError("failure_rate_max", "Percent, from 0 to 100.", "out_of_range"))
    if unknown := [*map(str, sorted(wanted.blocking - set(CODES)))]:
        faults.append(FieldError("blocking", f"There is no check {', '.join(unknown)}.", "unknown_check"))
    if unknown := [*map(str, sorted(set(wanted.material) - set(MATERIAL_ITEMS)))]:
        said = f"A shape has no {', '.join(unknown)}: {', '.join(MATERIAL_ITEMS)}."
        faults.append(FieldError("material", said, "unknown_item"))
    return faults


def hold_api(tx: Transaction, api_id: str) -> None:
    """Hold an API until the commit: of two who change what is asked of it the second sees what the first has left.

    Its row, then those of what is asked, then the instance's log, as whoever changes the API itself takes them: an
    import takes long, and everybody who signs in writes into that log.
    """
    apis_queries.lock_api(tx, api_id)


def record_of_api(
    tx: Transaction, actor: Actor, action: str, api: Api, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    """Put a change of what is asked of an API on record."""
    audit.record(
        tx, actor, action, organization_id=None, subject_kind="api", subject_id=api.id, subject_name=api.name,
        before=before, after=after,
    )  # fmt: skip
