"""The page of one forwarding, and what is done there: changed, paused, resumed, tried, given a new secret, removed. Thin."""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.audit import ForwardingView
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.parts import Danger
from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.forwarding import actions, presenting, sealing, testing
from freehold.forwarding.actions import NewForwarding
from freehold.forwarding.records import Forwarding, Place, Sent
from freehold.kit.encryption import CannotOpen
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

SHOWN_ON_FORM: Final = frozenset({409, 412, 422})


class _Made(msgspec.Struct):
    """What is kept of an answer that shows a secret, sealed, so that the same form shows the same one."""

    id: str
    text: str


def show_forwarding(call: Call, organization_id: str, forwarding_id: str) -> Response[Any]:
    """One forwarding of an organization."""
    return page_of_one(call, organization_id, forwarding_id)


def show_instance_forwarding(call: Call, forwarding_id: str) -> Response[Any]:
    """One forwarding of the whole instance."""
    return page_of_one(call, None, forwarding_id)


def edit_forwarding(call: Call, organization_id: str, forwarding_id: str) -> Response[Any]:
    """Change a forwarding of an organization."""
    return _edit(call, organization_id, forwarding_id)


def edit_instance_forwarding(call: Call, forwarding_id: str) -> Response[Any]:
    """Change a forwarding of the whole instance."""
    return _edit(call, None, forwarding_id)


def act_on_forwarding(call: Call, organization_id: str, forwarding_id: str, act: str) -> Response[Any]:
    """Pause, resume, test, rotate or remove a forwarding of an organization."""
    return _act(call, organization_id, forwarding_id, act)


def act_on_instance_forwarding(call: Call, forwarding_id: str, act: str) -> Response[Any]:
    """Pause, resume, test, rotate or remove a forwarding of the whole instance."""
    return _act(call, None, forwarding_id, act)


def made_once(call: Call, make: Callable[[Transaction], NewForwarding]) -> _Made:
    """What a form made, once, however often the same form is sent."""

    def act(tx: Transaction) -> Answer:
        new = make(tx)
        return Answer(200, msgspec.json.encode(_Made(new.forwarding.id, new.signing_secret)))

    return msgspec.json.decode(call.once(act).body, type=_Made)


def _own(tx: Transaction, call: Call, organization_id: str | None, forwarding_id: str) -> Forwarding:
    forwarding = actions.read_forwarding(tx, call.actor, forwarding_id)
    if forwarding.organization_id != organization_id:
        raise not_found("forwarding")
    return forwarding


def page_of_one(
    call: Call, organization_id: str | None, forwarding_id: str, problem: Problem | None = None, form: str = "edit", *,
    secret: str = "", sent: Sent | None = None,
) -> Response[Any]:  # fmt: skip
    """The page, after what was done: a form with its messages, a secret that is shown once, or what came of a test."""
    cannot = presenting.why_blocked(call, organization_id)
    with call.read() as tx:
        forwarding = _own(tx, call, organization_id, forwarding_id)
        (row,) = presenting.rows_of(tx, organization_id, [forwarding])
        place = _place(call, forwarding)
        forms = {
            "edit": Form(_values(forwarding, place), blocked=cannot),
            "resume": Form(blocked=cannot),
            "delete": Form(blocked=cannot),
        }
        if problem is not None:
            forms[form] = refused(
                problem, {**forms[form].values, **presenting.typed(call), "confirm": call.field("confirm")}
            )
        view = ForwardingView(
            at=presenting.at_of(organization_id), organization_id=organization_id or "", row=row, revision=forwarding.revision,
            transports=presenting.TRANSPORT_CHOICES, headers=tuple(sorted(place.headers)), edit_form=forms["edit"], resume_form=forms["resume"],
            delete_form=forms["delete"], danger=_danger(forwarding, row.lag, cannot), blocked=cannot, secret=secret, tested=sent is not None,
            test_error=(sent.error or "") if sent else "",
        )  # fmt: skip
        shell = frame(tx, call, presenting.here_of(organization_id), organization_id)
    return page("audit/forwarding.html.j2", shell, view, problem.status if problem else 200)


def _place(call: Call, forwarding: Forwarding) -> Place:
    try:
        return presenting.without_secrets(sealing.open_place(call.secret, forwarding.id, forwarding.sealed))
    except CannotOpen:
        return Place(forwarding.kind)


def _values(forwarding: Forwarding, place: Place) -> dict[str, str]:
    return {
        "name": forwarding.name, "host": place.host, "port": str(place.port or ""), "transport": place.transport,
        "facility": str(place.facility), "authorities": place.authorities,
    }  # fmt: skip


def _danger(forwarding: Forwarding, lag: int, cannot: str | None) -> Danger:
    waiting = (
        f"{lag:,} entries that wait for it are not sent. They stay in the log." if lag else "Nothing waits for it now."
    )
    erased = "Nothing more is sent there, and where it went is erased."
    return Danger(consequences=(erased, waiting), name=forwarding.name, blocked=cannot)


def _edit(call: Call, organization_id: str | None, forwarding_id: str) -> Response[Any]:
    try:
        with call.write() as tx:
            _own(tx, call, organization_id, forwarding_id)
            actions.edit_forwarding(
                tx, call.actor, call.secret, call.settings, forwarding_id, call.field("name"),
                lambda old: presenting.change_typed(call, old), call.form_revision(),
            )  # fmt: skip
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        return page_of_one(call, organization_id, forwarding_id, problem)
    return see_other(f"{presenting.at_of(organization_id)}/forwarding/{forwarding_id}", "forwarding-saved")


def _act(call: Call, organization_id: str | None, forwarding_id: str, act: str) -> Response[Any]:
    acts = {"pause": _pause, "resume": _resume, "test": _test, "rotate": _rotate, "delete": _delete}
    if act not in acts:
        raise not_found("page")
    with call.read() as tx:
        forwarding = _own(tx, call, organization_id, forwarding_id)
    return acts[act](call, forwarding)


def _pause(call: Call, forwarding: Forwarding) -> Response[Any]:
    with call.write() as tx:
        actions.pause_forwarding(tx, call.actor, forwarding.id)
    return see_other(f"{presenting.at_of(forwarding.organization_id)}/forwarding/{forwarding.id}", "forwarding-paused")


def _resume(call: Call, forwarding: Forwarding) -> Response[Any]:
    try:
        with call.write() as tx:
            actions.resume_forwarding(tx, call.actor, forwarding.id, presenting.position_typed(call))
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        return page_of_one(call, forwarding.organization_id, forwarding.id, problem, "resume")
    return see_other(f"{presenting.at_of(forwarding.organization_id)}/forwarding/{forwarding.id}", "forwarding-resumed")


def _test(call: Call, forwarding: Forwarding) -> Response[Any]:
    sent = testing.send_test(call.store, call.settings, call.secret, call.actor, forwarding.id)
    return page_of_one(call, forwarding.organization_id, forwarding.id, sent=sent)


def _rotate(call: Call, forwarding: Forwarding) -> Response[Any]:
    made = made_once(call, lambda tx: actions.rotate_forwarding_secret(tx, call.actor, call.secret, forwarding.id))
    return page_of_one(call, forwarding.organization_id, forwarding.id, secret=made.text)


def _delete(call: Call, forwarding: Forwarding) -> Response[Any]:
    if call.field("confirm").strip() != forwarding.name:
        problem = invalid(FieldError("confirm", "Type the name exactly as it is shown.", "not_confirmed"))
        return page_of_one(call, forwarding.organization_id, forwarding.id, problem, "delete")
    with call.write() as tx:
        actions.delete_forwarding(tx, call.actor, forwarding.id)
    return see_other(f"{presenting.at_of(forwarding.organization_id)}/forwarding", "forwarding-removed")
