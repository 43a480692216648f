"""Checks that the operator adds to those of an API: attestations by people of a role, and HTTP checks.

One function is one use case, in a transaction that the caller opens. The operator changes, everybody reads.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from freehold.apis import actions as apis
from freehold.apis import queries as api_queries
from freehold.apis.records import Api
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import require_operator
from freehold.organizations.records import Actor
from freehold.organizations.rules import check_text, clean_name
from freehold.production.policy.actions import DAYS_MAX, hold_api, record_of_api
from freehold.production.readiness import queries
from freehold.production.readiness.records import ATTESTING_ROLES, CODES, OwnCheck
from freehold.settings import Settings
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction
from freehold.webhooks.policy import policy_of as address_policy_of
from freehold.webhooks.urls import BadUrl, check_url

OWN_CHECKS_MAX: Final = 30
TITLE_MAX: Final = 80
INSTRUCTION_MAX: Final = 500
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}")


@dataclass(frozen=True, slots=True)
class OwnCheckSettings:
    """What the operator chooses of a check of their own. `role`: of an attestation; `url`: of an HTTP check."""

    kind: str
    code: str
    title: str
    instruction: str = ""
    blocking: bool = True
    role: str | None = None
    url: str | None = None
    valid_days: int = 90


def list_own_checks(tx: Transaction, actor: Actor, api: str) -> list[OwnCheck]:
    """The operator's checks of an API, by title."""
    return queries.own_checks_of(tx, apis.read_api(tx, actor, api).id)


def read_own_check(tx: Transaction, actor: Actor, check_id: str) -> OwnCheck:
    """One own check; Problem `not_found` where there is none."""
    found = queries.find_own_check(tx, check_id)
    if found is None:
        raise not_found("readiness check")
    apis.read_api(tx, actor, found.api_id)
    return found


def create_own_check(
    tx: Transaction, actor: Actor, settings: Settings, api: str, wanted: OwnCheckSettings
) -> OwnCheck:  # fmt: skip
    """Add a check to those of an API. Every sandbox project of it has it from then on."""
    require_operator(actor)
    found = apis.read_api(tx, actor, api)
    wanted = _checked(settings, wanted)
    hold_api(tx, found.id)
    if len(queries.own_checks_of(tx, found.id)) >= OWN_CHECKS_MAX:
        raise Problem(
            "conflict", f"An API has at most {OWN_CHECKS_MAX} checks of its own. Remove one that is not needed."
        )
    now = clock.now()
    made = OwnCheck(
        id=ids.new_id("rck"), api_id=found.id, revision=1, created_by=actor.name, created_at=now, asked_at=now,
        **_columns(wanted),
    )  # fmt: skip
    with _code_taken(made.code):
        queries.insert_own_check(tx, made)
    record_of_api(tx, actor, "readiness_check.created", found, None, _columns(wanted))
    return made


def edit_own_check(
    tx: Transaction, actor: Actor, settings: Settings, check_id: str,
    change: Callable[[OwnCheckSettings], OwnCheckSettings], revision: int | None = None,
) -> OwnCheck:  # fmt: skip
    """Change an own check. Where it asks another thing, or of others, what was said or found before counts no more."""
    require_operator(actor)
    old = _held(tx, actor, check_id)
    before = settings_of(old)
    wanted = _checked(settings, change(before))
    if wanted.kind != old.kind:
        raise invalid(FieldError("kind", "A check stays of its kind: make another one.", "fixed"))
    asks_anew = (wanted.instruction, wanted.role, wanted.url) != (before.instruction, before.role, before.url)
    new = replace(old, asked_at=clock.now() if asks_anew else old.asked_at, **_columns(wanted))
    with _code_taken(new.code):
        if not queries.change_own_check(tx, new, old.revision if revision is None else revision):
            raise changed_meanwhile("readiness check")
    record_of_api(tx, actor, "readiness_check.changed", _api_of(tx, old), _columns(before), _columns(wanted))
    return read_own_check(tx, actor, check_id)


def remove_own_check(tx: Transaction, actor: Actor, check_id: str) -> OwnCheck:
    """Remove an own check. What was said of it stays on record."""
    require_operator(actor)
    old = _held(tx, actor, check_id)
    queries.remove_own_check(tx, old.id, clock.now())
    record_of_api(tx, actor, "readiness_check.removed", _api_of(tx, old), _columns(settings_of(old)), None)
    return old


def _held(tx: Transaction, actor: Actor, check_id: str) -> OwnCheck:
    """An own check as it is once its API is held."""
    hold_api(tx, read_own_check(tx, actor, check_id).api_id)
    return read_own_check(tx, actor, check_id)


def settings_of(check: OwnCheck) -> OwnCheckSettings:
    """What was chosen of an own check."""
    return OwnCheckSettings(
        check.kind, check.code, check.title, check.instruction, check.blocking, check.role, check.url, check.valid_days
    )


def _checked(settings: Settings, wanted: OwnCheckSettings) -> OwnCheckSettings:
    """The settings in their one form; Problem `invalid` names everything that is wrong with them."""
    clean = replace(
        wanted, code=wanted.code.strip(), title=clean_name(wanted.title), instruction=clean_name(wanted.instruction),
        role=wanted.role or None, url=(wanted.url or "").strip() or None,
    )  # fmt: skip
    faults = check_text("title", clean.title, TITLE_MAX) + check_text(
        "instruction", clean.instruction, INSTRUCTION_MAX, required=False
    )
    if not _CODE.fullmatch(clean.code):
        faults.append(FieldError("code", "2 to 40 lower-case letters, digits and _, a letter first.", "bad_code"))
    elif clean.code in CODES:
        faults.append(FieldError("code", "One of Freehold's own checks is called so.", "bad_code"))
    if not 1 <= clean.valid_days <= DAYS_MAX:
        faults.append(FieldError("valid_days", f"A whole number of days from 1 to {DAYS_MAX}.", "out_of_range"))
    faults += _kind_faults(clean)
    if clean.kind == "http" and clean.url:
        try:
            clean = replace(clean, url=check_url(clean.url, "sandbox", address_policy_of(settings, "sandbox")).url)
        except BadUrl as bad:
            faults.append(FieldError("url", str(bad), "bad_url"))
    if faults:
        raise invalid(*faults)
    return clean


def _kind_faults(wanted: OwnCheckSettings) -> list[FieldError]:
    match wanted.kind:
        case "attestation":
            faults = [] if wanted.role in ATTESTING_ROLES else [
                FieldError("role", f"Who attests it: {', '.join(ATTESTING_ROLES)}.", "unknown_role")]  # fmt: skip
            unfit = FieldError("url", "An attestation has no URL: a person says it.", "unfit")
            return [*faults, unfit] if wanted.url else faults
        case "http":
            faults = [] if wanted.url else [FieldError("url", "Fill this in: what Freehold calls.", "required")]
            unfit = FieldError("role", "An HTTP check has no role: a program says it.", "unfit")
            return [*faults, unfit] if wanted.role else faults
    return [FieldError("kind", "One of attestation, http.", "unknown_kind")]


def _columns(wanted: OwnCheckSettings) -> dict[str, Any]:
    return {name: getattr(wanted, name) for name in OwnCheckSettings.__slots__}


def _code_taken(code: str) -> Any:
    return broken_constraint_means(Problem("already_exists", f"The API has a check {code} already."))


def _api_of(tx: Transaction, check: OwnCheck) -> Api:
    found = api_queries.find_api(tx, check.api_id)
    if found is None:
        raise not_found("API")
    return found
