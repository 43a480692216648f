"""Rotating a key, its new secret shown once; ending an overlap, or changing when it ends."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_page
from freehold.dashboard.views.key_secrets import RotatedKeyView
from freehold.errors import FieldError, Problem, invalid
from freehold.keys import rotation
from freehold.keys.actions import IssuedKey, KeyDetail
from freehold.keys.rotation_api import version_number
from freehold.overview.pages.keys.issuing import example_call
from freehold.overview.pages.keys.one import one_key
from freehold.overview.pages.keys.presenting import details_of, key_of_project
from freehold.projects.actions import read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import see_other

_DIGITS_MAX = 9
_SHOWN_ON_FORM = (409, 412, 422)


def rotate_key(call: Call, project_id: str, key_id: str) -> Response[Any]:
    """Give a key a new secret and show it, this once. Sent twice, the form shows the same one."""
    key_of_project(call, project_id, key_id)

    def act(tx: Transaction) -> Answer:
        overlap_s = _number(call, "overlap_s", "Choose how long the old secret serves on.")
        rotated = rotation.rotate_key(
            tx, call.actor, call.secret, call.settings.brand, key_id, overlap_s, call.field("hold") == "yes"
        )
        return Answer(200, _rotated_page(tx, call, rotated).encode())

    try:
        answer = call.once(act)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return one_key(call, project_id, key_id, problem.status, "rotate", problem)
    call.confirmation()
    return Response(answer.body, status_code=200, media_type="text/html; charset=utf-8")


def change_overlap(call: Call, project_id: str, key_id: str, version: str) -> Response[Any]:
    """Let an old secret end on another day, or hold it while it is in use."""
    detail = key_of_project(call, project_id, key_id)

    def act(tx: Transaction) -> KeyDetail:
        retires_at = _end_of(call.field("retires_on").strip(), detail, version_number(version))
        return rotation.change_overlap(
            tx, call.actor, key_id, version_number(version), retires_at, call.field("hold") == "yes"
        )

    return _changed(call, project_id, key_id, "overlap", "overlap-saved", act)


def retire_secret(call: Call, project_id: str, key_id: str, version: str) -> Response[Any]:
    """End an old secret now, and wait until every gate decides by it."""
    key_of_project(call, project_id, key_id)
    return _changed(
        call, project_id, key_id, "retire", "secret-retired",
        lambda tx: rotation.retire_secret(tx, call.actor, key_id, version_number(version)),
    )  # fmt: skip


def _changed(
    call: Call, project_id: str, key_id: str, which: str, done: str, act: Callable[[Transaction], KeyDetail]
) -> Response[Any]:
    try:
        _, confirmation = call.confirmed(act)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return one_key(call, project_id, key_id, problem.status, which, problem)
    return see_other(f"/projects/{project_id}/keys/{key_id}", done, confirmation)


def _rotated_page(tx: Transaction, call: Call, rotated: IssuedKey) -> str:
    detail = rotated.detail
    project = read_project(tx, call.actor, detail.key.project_id)
    details = details_of(tx, project, detail, call.settings.brand)
    old = next((each for each in detail.secrets if each.state == "retiring"), None)
    view = RotatedKeyView(
        project_id=project.id, key_id=detail.key.id, name=detail.key.name, environment=project.environment,
        identifier=details.identifier, version=detail.secrets[0].version, secret=rotated.text,
        snippet=example_call(tx, call, project, details.endpoints, rotated.text),
        retires_at=old.retires_at if old else None, held=old is not None and old.held,
    )  # fmt: skip
    return render_page("keys/rotated.html.j2", frame(tx, call, "keys", project=project), view)


def _number(call: Call, field: str, message: str) -> int:
    text = call.field(field)
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise invalid(FieldError(field, message, "not_a_number"))
    return int(text)


def _end_of(day: str, detail: KeyDetail, version: int) -> datetime:
    """The end of a day in UTC. A secret that ends within that day keeps its time to the second."""
    try:
        date = datetime.fromisoformat(f"{day}T00:00:00+00:00").date()
    except ValueError:
        raise invalid(FieldError("retires_at", "A date like 2027-11-22.", "not_a_date")) from None
    for each in detail.secrets:
        if each.version == version and each.retires_at is not None and each.retires_at.date() == date:
            return each.retires_at
    return datetime.combine(date, time(23, 59, 59), UTC)
