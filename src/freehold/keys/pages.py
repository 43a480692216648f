"""Pages of keys: the table, issuing one, its secret shown once with the wait for its first call, one key."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent, ServerSentEventMessage

from freehold.apis import queries as apis
from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_page, render_part
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.keys import (
    FirstCall,
    IssuedKeyView,
    KeyDetails,
    KeyRow,
    KeysView,
    KeyView,
    NewKeyView,
    SecretRow,
)
from freehold.dashboard.views.parts import Danger, Snippet
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.keys import actions, propagation
from freehold.keys.actions import IssuedKey, KeyDetail
from freehold.keys.records import RateLimit, Secret
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock
from freehold.kit.ids import new_id
from freehold.organizations.permissions import require
from freehold.projects import queries as projects
from freehold.projects import snippets
from freehold.projects.actions import read_project
from freehold.projects.pages import blocked
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage import glances
from freehold.usage import queries as usage
from freehold.usage.records import Counts
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_NO_SNIPPET: Final = Snippet(language="curl", text="# This key may call no endpoint of the catalogue yet.")
_KEYS_SHOWN: Final = 200
_LATEST: Final = 10
_FIELDS: Final = (
    "name", "workload", "narrow", "expires_on", "allowed_cidrs", "rate_limit", "rate_window_s"
)  # fmt: skip


# --- the table ------------------------------------------------------------------------------------


def show_keys(call: Call, project_id: str) -> Response[Any]:
    """A project's keys."""
    query, state = call.query_value("query").strip(), call.query_value("state")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        rows = actions.list_keys(tx, call.actor, project_id, _KEYS_SHOWN)
        shell = frame(tx, call, "keys", project=project)
        days = glances.days_of_keys(tx, project_id, shell.now)
        brand = call.settings.brand
        shown = [_row(each, days.get(each.key.id), project, brand) for each in rows if _matches(each, query, state)]
    view = KeysView(
        project_id=project_id, rows=tuple(shown), query=query, state=state,
        issue_blocked=blocked(call, "keys.issue", project.organization_id),
    )  # fmt: skip
    return page("keys/list.html.j2", shell, view)


def _matches(detail: KeyDetail, query: str, state: str) -> bool:
    text = f"{detail.key.name} {detail.key.workload or ''}".lower()
    return query.lower() in text and state in ("", detail.key.state)


def _row(detail: KeyDetail, day: glances.Day | None, project: Project, brand: str) -> KeyRow:
    total = day.total if day else Counts()
    key, used = detail.key, [secret.last_used_at for secret in detail.secrets if secret.last_used_at]
    return KeyRow(
        id=key.id, name=key.name, workload=key.workload or "", identifier=_identifier(brand, project, detail.secrets),
        state=key.state,
        endpoints="Whole scope" if key.endpoints is None else words.plural(len(key.endpoints), "endpoint"),
        rate=_rate(key.rate_limit), requests=total.requests, denied=total.denied + total.throttled,
        hourly=day.hourly if day else (0,) * 24, last_used_at=max(used, default=None), expires_at=key.expires_at,
    )  # fmt: skip


# --- issuing --------------------------------------------------------------------------------------


def show_new_key(call: Call, project_id: str) -> Response[Any]:
    """The form of a new key."""
    return _new_key(call, project_id, None, 200)


def issue_key(call: Call, project_id: str) -> Response[Any]:
    """Issue a key and show its secret, this once. Sent twice, the form shows the same key."""

    def act(tx: Transaction) -> Answer:
        issued = actions.issue_key(tx, call.actor, call.secret, call.settings.brand, project_id, _settings(call))
        return Answer(200, _issued_page(tx, call, issued).encode())

    try:
        answer = call.once(act)
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _new_key(call, project_id, problem, problem.status)
    return Response(answer.body, status_code=200, media_type="text/html; charset=utf-8")


def _new_key(call: Call, project_id: str, problem: Problem | None, status: int) -> Response[Any]:
    values: Values = {**{name: call.field(name) for name in _FIELDS}, "endpoints": call.fields("endpoints")}
    key = call.field("idempotency_key") or new_id("req")
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "keys", project=project)
        cannot = blocked(call, "keys.issue", project.organization_id)
        form = refused(_as_form_fields(problem), values, key) if problem else Form({"rate_window_s": "60"}, blocked=cannot, idempotency_key=key)
        view = NewKeyView(
            project_id=project_id, environment=project.environment, endpoints=_endpoint_choices(tx, project), form=form
        )
    return page("keys/new.html.j2", shell, view, status)


def _example(tx: Transaction, call: Call, project: Project, endpoints: Sequence[str], text: str) -> Snippet:
    """A call that can be pasted, with the key filled in."""
    api = apis.find_api(tx, project.api_id)
    endpoint = snippets.choose_endpoint(apis.endpoints_of(tx, project.api_id), endpoints)
    if api is None or endpoint is None:
        return _NO_SNIPPET
    return snippets.snippets(call.settings.gate_base_url, api.slug, endpoint, text)[0]


def _issued_page(tx: Transaction, call: Call, issued: IssuedKey) -> str:
    project = read_project(tx, call.actor, issued.detail.key.project_id)
    details = _details(tx, project, issued.detail, call.settings.brand)
    view = IssuedKeyView(
        project_id=project.id, key=details, secret=issued.text,
        snippet=_example(tx, call, project, details.endpoints, issued.text),
    )  # fmt: skip
    return render_page("keys/issued.html.j2", frame(tx, call, "keys", project=project), view)


# --- waiting for the first call -------------------------------------------------------------------

_POLL_S: Final = 0.25
_WAIT_S: Final = 15 * 60
_SILENT_S: Final = 15


async def live_key(call: Call, project_id: str, key_id: str) -> ServerSentEvent:
    """Tell the page that waits when the key's first call arrives (server-sent events)."""
    await sync_to_thread(_read_key, call, project_id, key_id)
    return ServerSentEvent(_first_call_events(call, project_id, key_id))


async def _first_call_events(call: Call, project_id: str, key_id: str) -> AsyncIterator[ServerSentEventMessage]:
    """The part with the first call, as soon as there is one; a comment now and then keeps proxies from giving up."""
    waited, silent = 0.0, 0.0
    while waited < _WAIT_S:
        html = await sync_to_thread(_first_call_part, call, project_id, key_id)
        if html is not None:
            yield ServerSentEventMessage(event="part", data=html)
            yield ServerSentEventMessage(event="done", data="")
            return
        if silent >= _SILENT_S:
            silent = 0.0
            yield ServerSentEventMessage(comment="waiting")
        await asyncio.sleep(_POLL_S)
        waited, silent = waited + _POLL_S, silent + _POLL_S
    yield ServerSentEventMessage(event="done", data="")


def _first_call_part(call: Call, project_id: str, key_id: str) -> str | None:
    with call.read() as tx:
        event = usage.last_event_of_key(tx, key_id)
        if event is None:
            return None
        project = read_project(tx, call.actor, project_id)
        detail = actions.read_key(tx, call.actor, key_id)
        shell = frame(tx, call, "keys", project=project)
        first = FirstCall(
            request_id=event.id, method=event.method or "", path=event.path or "", allowed=event.outcome == "allowed",
            outcome=event.outcome, status=event.status, latency_us=event.latency_us, at=event.at,
        )  # fmt: skip
        details = _details(tx, project, detail, call.settings.brand)
        # The secret is not known any more, and the part that waits does not show it.
        view = IssuedKeyView(project_id=project_id, key=details, secret="", snippet=_NO_SNIPPET, first_call=first)
    return render_part("keys/issued.html.j2", "live", shell, view)


# --- one key --------------------------------------------------------------------------------------


def show_key(call: Call, project_id: str, key_id: str) -> Response[Any]:
    """One key: its secrets, latest requests, limits, and the way to end it."""
    return _one_key(call, project_id, key_id, 200)


def edit_key(call: Call, project_id: str, key_id: str) -> Response[Any]:
    """Change a key."""
    _read_key(call, project_id, key_id)
    try:
        with call.write() as tx:
            actions.edit_key(tx, call.actor, key_id, lambda old: _settings(call, old), _revision(call))
    except Problem as problem:
        if problem.status not in (409, 412, 422):
            raise
        return _one_key(call, project_id, key_id, problem.status, "edit", problem)
    return see_other(f"/projects/{project_id}/keys/{key_id}", "key-saved")


def revoke_key(call: Call, project_id: str, key_id: str) -> Response[Any]:
    """Revoke a key, once its name was typed, and wait until every gate decides by it."""
    detail = _read_key(call, project_id, key_id)
    if call.field("confirm").strip() != detail.key.name:
        problem = invalid(FieldError("confirm", "Type the key's name exactly as it is shown.", "not_confirmed"))
        return _one_key(call, project_id, key_id, 422, "revoke", problem)
    with call.write() as tx:
        _, reached = actions.revoke_key(tx, call.actor, key_id)
    confirmation = propagation.wait_for_verifiers(call.store, reached, call.settings.staleness_s)
    done = "key-revoked-silent" if confirmation.silent else "key-revoked"
    return see_other(f"/projects/{project_id}/keys/{key_id}", done)


def _one_key(
    call: Call, project_id: str, key_id: str, status: int, which: str = "", problem: Problem | None = None
) -> Response[Any]:
    detail = _read_key(call, project_id, key_id)
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        shell = frame(tx, call, "keys", project=project)
        here = project.organization_id
        typed: Values = {**{name: call.field(name) for name in _FIELDS}, "endpoints": call.fields("endpoints")}
        cannot_edit, cannot_revoke = blocked(call, "keys.issue", here), blocked(call, "keys.revoke", here)
        edit_form = refused(_as_form_fields(problem), typed) if problem and which == "edit" else Form(_values(detail), blocked=cannot_edit)
        revoke_form = refused(problem, {}) if problem and which == "revoke" else Form(blocked=cannot_revoke)
        view = KeyView(
            project_id=project_id, key=_details(tx, project, detail, call.settings.brand), revision=detail.key.revision,
            endpoints=_endpoint_choices(tx, project),
            secrets=tuple(_secret_row(each, project, call.settings.brand) for each in detail.secrets),
            chart=glances.day_chart(glances.day_of_key(tx, project_id, key_id, shell.now), project_id, f"key={key_id}"),
            requests=glances.latest_requests(tx, project_id, _LATEST, key_id=key_id),
            revoke=_revocation(tx, detail), edit_form=edit_form, revoke_form=revoke_form,
        )  # fmt: skip
    return page("keys/one.html.j2", shell, view, status)


def _revocation(tx: Transaction, detail: KeyDetail) -> Danger:
    callers = [secret.last_address for secret in detail.secrets if secret.last_address]
    used = max((secret.last_used_at for secret in detail.secrets if secret.last_used_at), default=None)
    last = f"Its last call came {words.ago(used, clock.now())} from {callers[0]}." if used and callers else "No call was ever made with it."
    return Danger(
        consequences=(
            "Every gate refuses it within moments; the page waits until each has confirmed.",
            last,
            "It is for good: a revoked key never serves again. Its usage and history stay.",
        ),
        name=detail.key.name,
    )


# --- between forms and settings -------------------------------------------------------------------


def _settings(call: Call, old: KeySettings | None = None) -> KeySettings:
    """A key's settings as the form has them; Problem `invalid` where a field cannot be read."""
    rate = call.field("rate_limit").strip()
    expires_on = call.field("expires_on").strip()
    return KeySettings(
        name=call.field("name"), workload=call.field("workload"),
        endpoints=tuple(call.fields("endpoints")) if call.field("narrow") == "yes" else None,
        expires_at=_end_of(expires_on, old) if expires_on else None,
        allowed_cidrs=tuple(line for line in call.field("allowed_cidrs").replace(",", "\n").split() if line),
        rate_limit=RateLimit(_number("rate_limit", rate), _number("rate_window_s", call.field("rate_window_s"))) if rate else None,
    )  # fmt: skip


def _number(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise invalid(FieldError(field, "A whole number.", "not_a_number"))
    return int(text)


def _end_of(day: str, old: KeySettings | None) -> datetime:
    """The end of a day in UTC. A key whose expiry is within that day keeps it to the second."""
    try:
        date = datetime.strptime(day, "%Y-%m-%d").date()
    except ValueError:
        raise invalid(FieldError("expires_on", "A date like 2027-11-22.", "not_a_date")) from None
    if old is not None and old.expires_at is not None and old.expires_at.date() == date:
        return old.expires_at
    return datetime.combine(date, time(), UTC) + timedelta(days=1) - timedelta(seconds=1)


def _values(detail: KeyDetail) -> Values:
    key = detail.key
    return {
        "name": key.name, "workload": key.workload or "", "narrow": "no" if key.endpoints is None else "yes",
        "endpoints": key.endpoints or [], "expires_on": f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "",
        "allowed_cidrs": "\n".join(key.allowed_cidrs), "rate_limit": str(key.rate_limit.limit) if key.rate_limit else "",
        "rate_window_s": str(key.rate_limit.window_s) if key.rate_limit else "60",
    }  # fmt: skip


def _as_form_fields(problem: Problem) -> Problem:
    """A problem whose fields are called as the form calls them."""
    names = {"expires_at": "expires_on", "rate_limit.limit": "rate_limit", "rate_limit.window_s": "rate_window_s"}
    errors = tuple(FieldError(names.get(each.field, each.field), each.message, each.code) for each in problem.errors)
    return Problem(problem.code, problem.detail, errors, problem.headers)


def _revision(call: Call) -> int | None:
    text = call.field("revision")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


# --- presenting -----------------------------------------------------------------------------------


def _read_key(call: Call, project_id: str, key_id: str) -> KeyDetail:
    """A key of this project; Problem `not_found` where it is another's."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        require(call.actor, "keys.read", project.organization_id)
        detail = actions.read_key(tx, call.actor, key_id)
    if detail.key.project_id != project_id:
        raise not_found("key")
    return detail


def _details(tx: Transaction, project: Project, detail: KeyDetail, brand: str) -> KeyDetails:
    key = detail.key
    called = projects.scope_of(tx, project.id).endpoints if key.endpoints is None else key.endpoints
    return KeyDetails(
        id=key.id, name=key.name, workload=key.workload or "", identifier=_identifier(brand, project, detail.secrets),
        environment=key.environment, state=key.state, endpoints=tuple(called), narrowed=key.endpoints is not None,
        rate=_rate(key.rate_limit), allowed_from=tuple(key.allowed_cidrs), created_by=key.created_by,
        created_at=key.created_at, expires_at=key.expires_at, revoked_at=key.revoked_at,
    )  # fmt: skip


def _secret_row(secret: Secret, project: Project, brand: str) -> SecretRow:
    return SecretRow(
        version=secret.version, identifier=_identifier(brand, project, [secret]), state=secret.state,
        created_at=secret.created_at, retires_at=secret.retires_at, last_used_at=secret.last_used_at,
        last_address=secret.last_address or "", requests=secret.requests,
    )  # fmt: skip


def _endpoint_choices(tx: Transaction, project: Project) -> tuple[Choice, ...]:
    known = {each.operation_id: each for each in apis.endpoints_of(tx, project.api_id, include_removed=True)}
    declared = projects.scope_of(tx, project.id).endpoints
    return tuple(
        Choice(name, f"{known[name].method} {known[name].path}", known[name].summary, code=True) for name in declared if name in known
    )


def _identifier(brand: str, project: Project, secrets: list[Secret]) -> str:
    """A key's readable form without its secret."""
    prefix = "test" if project.environment == "sandbox" else "live"
    return f"{brand}_{prefix}_…{secrets[0].last4}" if secrets else f"{brand}_{prefix}_…"


def _rate(limit: RateLimit | None) -> str:
    return words.rate(limit.limit, limit.window_s) if limit else ""
