"""The page of a sandbox project's readiness, and what people do on it. Thin: parse, one action, present."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock
from freehold.production.readiness import actions, attestations, http_checks
from freehold.production.readiness.presenting import page_view
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.pages import page, see_other

_SHOWN_ON_FORM: Final = frozenset({403, 409, 422})
_DAYS: Final = ("30", "90", "180")


def show_readiness(call: Call, project_id: str) -> Response[Any]:
    """A project's checks: what blocks, what is open, what is clear, each with what proves it."""
    return _show(call, project_id)


def attest(call: Call, project_id: str) -> Response[Any]:
    """Attest a check of the operator's."""
    code, words = call.field("check"), call.field("words")
    return _do(
        call, project_id, "attested", code, {"words": words},
        lambda tx: attestations.attest(tx, call.actor, project_id, code, words),
    )  # fmt: skip


def accept(call: Call, project_id: str) -> Response[Any]:
    """Accept a finding about a key for a while."""
    key_id, finding, reason, days = (call.field(name) for name in ("key", "finding", "reason", "days"))

    def act(tx: Transaction) -> object:
        if days not in _DAYS:
            raise invalid(FieldError("days", "Pick for how long.", "unknown_days"))
        until = clock.now() + timedelta(days=int(days))
        return attestations.accept_finding(tx, call.actor, project_id, key_id, finding, reason, until)

    return _do(
        call, project_id, "finding-accepted", f"{key_id} {finding}", {"reason": reason, "days": days}, act, "#keys"
    )


def run(call: Call, project_id: str) -> Response[Any]:
    """Have an HTTP check called within seconds."""
    with call.write() as tx:
        http_checks.ask(tx, call.actor, project_id, call.field("check"))
    return see_other(f"/projects/{project_id}/readiness", "check-asked")


def withdraw_attestation(call: Call, project_id: str, attestation_id: str) -> Response[Any]:
    """Take an attestation of this project back."""
    with call.write() as tx:
        if attestations.withdraw_attestation(tx, call.actor, attestation_id).project_id != project_id:
            raise not_found("attestation")
    return see_other(f"/projects/{project_id}/readiness", "withdrawn")


def withdraw_acceptance(call: Call, project_id: str, acceptance_id: str) -> Response[Any]:
    """Accept a finding about a key of this project no longer."""
    with call.write() as tx:
        if attestations.withdraw_acceptance(tx, call.actor, acceptance_id).project_id != project_id:
            raise not_found("acceptance")
    return see_other(f"/projects/{project_id}/readiness", "withdrawn")


def _do(
    call: Call, project_id: str, done: str, form: str, values: dict[str, str], act: Callable[[Transaction], object],
    place: str = "",
) -> Response[Any]:  # fmt: skip
    try:
        with call.write() as tx:
            act(tx)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        return _show(call, project_id, {form: refused(problem, values)}, problem.status)
    return see_other(f"/projects/{project_id}/readiness?done={done}{place}")


def _show(call: Call, project_id: str, forms: dict[str, Form] | None = None, status: int = 200) -> Response[Any]:
    with call.read() as tx:
        found = actions.read_readiness(tx, call.actor, project_id)
        shell = frame(tx, call, "readiness", project=found.project)
        view = page_view(tx, call.actor, found, forms or {})
    return page("readiness/show.html.j2", shell, view, status)
