"""Pages of what the operator asks of an API's projects: the policy, and checks of their own. Thin: parse, one action, present."""

from dataclasses import replace
from typing import Any, Final

from litestar import Response

from freehold.apis import actions as apis
from freehold.apis.records import Api
from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.readiness import OwnCheckPageView, OwnCheckRow, PolicyPageView
from freehold.errors import Problem, not_found
from freehold.kit.ids import new_id
from freehold.organizations.records import Actor
from freehold.production.policy import actions, own_checks
from freehold.production.policy.actions import DAYS_FIELDS, policy_facts
from freehold.production.policy.own_checks import OwnCheckSettings, settings_of
from freehold.production.readiness.records import ATTESTING_ROLES, CODES, MATERIAL_ITEMS, TITLES, OwnCheck, Policy
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_SHOWN_ON_FORM: Final = frozenset({409, 412, 422})
_FIELDS: Final = ("kind", "code", "title", "instruction", "role", "url", "valid_days")
ITEMS: Final = {
    "labels": "Labels", "owners": "Owners", "scope": "Scope", "limits": "Limits of the project", "keys": "Keys and their limits",
    "webhooks": "Webhook endpoints", "alerts": "Alert rules", "alert_channels": "Alert channels",
    "report_schedules": "Report schedules",
}  # fmt: skip


def show_policy(call: Call, api: str) -> Response[Any]:
    """What is asked of an API's projects."""
    return _policy(call, api)


def save_policy(call: Call, api: str) -> Response[Any]:
    """Set what is asked of an API's projects."""
    try:
        wanted = _wanted(call)
        with call.write() as tx:
            actions.set_policy(tx, call.actor, api, wanted, call.form_revision())
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        typed: Values = {name: call.field(name) for name in (*DAYS_FIELDS, "failure_rate_max")}
        ticked = {name: call.fields(name) for name in ("blocking", "material", "promotion_needs_approval")}
        return _policy(call, api, refused(problem, {**typed, **ticked}), problem.status)
    return see_other(f"/apis/{api}/readiness", "policy-saved")


def _wanted(call: Call) -> Policy:
    """The form as a policy; Problem `invalid` where a number is none."""
    days: dict[str, Any] = {name: _whole(call.field(name)) for name in DAYS_FIELDS}
    blocking = frozenset(each for each in CODES if each in call.fields("blocking"))
    material = tuple(each for each in MATERIAL_ITEMS if each in call.fields("material"))
    rate = _number(call.field("failure_rate_max"))
    needs = bool(call.fields("promotion_needs_approval"))
    policy = Policy("", blocking, failure_rate_max=rate, material=material, promotion_needs_approval=needs)
    return replace(policy, **days)


def _whole(text: str) -> int:
    """A whole number; what is none is out of every range."""
    return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 6 else -1


def _number(text: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return -1.0


def _policy(call: Call, api: str, form: Form | None = None, status: int = 200) -> Response[Any]:
    with call.read() as tx:
        found, policy = apis.read_api(tx, call.actor, api), actions.read_policy(tx, call.actor, api)
        shell = frame(tx, call, "apis")
        view = PolicyPageView(
            api_id=found.id, api_name=found.name, revision=policy.revision, changed_by=policy.changed_by or "",
            changed_at=policy.changed_at, checks=tuple(Choice(code, TITLES[code]) for code in CODES),
            items=tuple(Choice(name, words) for name, words in ITEMS.items()),
            own=tuple(map(_own_row, own_checks.list_own_checks(tx, call.actor, api))),
            add_blocked=_blocked(call.actor), form=replace(form or Form(_shown(policy)), blocked=_blocked(call.actor)),
        )  # fmt: skip
    return page("readiness/policy.html.j2", shell, view, status)


def _shown(policy: Policy) -> Values:
    facts = policy_facts(policy)
    lists = {"blocking": facts["blocking"], "material": facts["material"]}
    needs = {"promotion_needs_approval": ["yes"] if policy.promotion_needs_approval else []}
    return {**{name: f"{facts[name]:g}" for name in (*DAYS_FIELDS, "failure_rate_max")}, **lists, **needs}


def _own_row(check: OwnCheck) -> OwnCheckRow:
    asks = f"Attested by: {check.role}" if check.kind == "attestation" else check.url or ""
    return OwnCheckRow(
        id=check.id, code=check.code, title=check.title, kind=check.kind, asks=asks, blocking=check.blocking,
        valid_days=check.valid_days,
    )  # fmt: skip


# --- own checks ----------------------------------------------------------------------------------------------------


def show_new_check(call: Call, api: str) -> Response[Any]:
    """The form of a new check."""
    return _check(
        call,
        api,
        None,
        Form({"kind": "attestation", "blocking": ["yes"], "valid_days": "90"}, idempotency_key=new_id("req")),
    )


def create_check(call: Call, api: str) -> Response[Any]:
    """Add a check of the operator's."""

    def act(tx: Transaction) -> Answer:
        made = own_checks.create_own_check(tx, call.actor, call.settings, api, _chosen(call))
        return Answer(303, made.id.encode())

    try:
        call.once(act)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return _check(call, api, None, refused(problem, _typed(call), call.field("idempotency_key")), problem.status)
    return see_other(f"/apis/{api}/readiness", "check-saved")


def show_check(call: Call, api: str, own_check_id: str) -> Response[Any]:
    """A check of the operator's."""
    return _check(call, api, own_check_id)


def edit_check(call: Call, api: str, own_check_id: str) -> Response[Any]:
    """Change a check of the operator's."""
    try:
        with call.write() as tx:
            _own(tx, call, api, own_check_id)
            own_checks.edit_own_check(
                tx, call.actor, call.settings, own_check_id, lambda _: _chosen(call), call.form_revision()
            )
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return _check(call, api, own_check_id, refused(problem, _typed(call)), problem.status)
    return see_other(f"/apis/{api}/readiness", "check-saved")


def remove_check(call: Call, api: str, own_check_id: str) -> Response[Any]:
    """Remove a check of the operator's."""
    with call.write() as tx:
        _own(tx, call, api, own_check_id)
        own_checks.remove_own_check(tx, call.actor, own_check_id)
    return see_other(f"/apis/{api}/readiness", "check-removed")


def _own(tx: Transaction, call: Call, api: str, own_check_id: str) -> tuple[Api, OwnCheck]:
    """A check of this API."""
    found = apis.read_api(tx, call.actor, api)
    check = own_checks.read_own_check(tx, call.actor, own_check_id)
    if check.api_id != found.id:
        raise not_found("readiness check")
    return found, check


def _check(
    call: Call, api: str, own_check_id: str | None, form: Form | None = None, status: int = 200
) -> Response[Any]:
    with call.read() as tx:
        shell = frame(tx, call, "apis")
        check = None
        if own_check_id is None:
            found = apis.read_api(tx, call.actor, api)
        else:
            found, check = _own(tx, call, api, own_check_id)
        view = OwnCheckPageView(
            api_id=found.id, api_name=found.name, check_id=own_check_id, title=check.title if check else "New check",
            revision=check.revision if check else 0,
            roles=tuple(Choice(role, role.capitalize()) for role in ATTESTING_ROLES),
            form=replace(form or _form_of(check), blocked=_blocked(call.actor)),
        )  # fmt: skip
    return page("readiness/own_check.html.j2", shell, view, status)


def _form_of(check: OwnCheck | None) -> Form:
    if check is None:
        return Form()
    chosen = settings_of(check)
    texts = {name: str(getattr(chosen, name) or "") for name in _FIELDS}
    return Form({**texts, "blocking": ["yes"] if check.blocking else []})


def _typed(call: Call) -> Values:
    return {**{name: call.field(name) for name in _FIELDS}, "blocking": call.fields("blocking")}


def _chosen(call: Call) -> OwnCheckSettings:
    kind = call.field("kind")
    # The form has the fields of both kinds: those of the other one are left alone.
    return OwnCheckSettings(
        kind, call.field("code"), call.field("title"), call.field("instruction"), bool(call.fields("blocking")),
        call.field("role") if kind != "http" else None, call.field("url") if kind != "attestation" else None,
        _whole(call.field("valid_days")),
    )  # fmt: skip


def _blocked(actor: Actor) -> str | None:
    return None if actor.is_operator else "Only an operator of this instance says what is asked."
