"""The pages of forwardings, an organization's and the whole instance's: the list with the form that adds one. Thin."""

from typing import Any

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.audit import ForwardingsView
from freehold.dashboard.views.form import Form, refused
from freehold.errors import Problem
from freehold.forwarding import actions, presenting
from freehold.forwarding.actions import NewForwarding
from freehold.forwarding.one_page import SHOWN_ON_FORM, made_once, page_of_one
from freehold.kit.ids import new_id
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.pages import page, see_other


def show_forwardings(call: Call, organization_id: str) -> Response[Any]:
    """Where an organization's entries are sent on to, with the form that adds a place."""
    return _list(call, organization_id)


def show_instance_forwardings(call: Call) -> Response[Any]:
    """Where the entries of the whole instance are sent on to; operators only."""
    return _list(call, None)


def create_forwarding(call: Call, organization_id: str) -> Response[Any]:
    """Send an organization's entries on; the answer shows the signing secret, once."""
    return _create(call, organization_id)


def create_instance_forwarding(call: Call) -> Response[Any]:
    """Send the whole instance's entries on."""
    return _create(call, None)


def _list(call: Call, organization_id: str | None, problem: Problem | None = None) -> Response[Any]:
    cannot, key = presenting.why_blocked(call, organization_id), call.field("idempotency_key") or new_id("req")
    usual = {"kind": "webhook" if organization_id else "syslog", "transport": "tls"}
    with call.read() as tx:
        rows = actions.list_forwardings(tx, call.actor, organization_id)
        view = ForwardingsView(
            at=presenting.at_of(organization_id), organization_id=organization_id or "", rows=presenting.rows_of(tx, organization_id, rows),
            kinds=presenting.KIND_CHOICES, transports=presenting.TRANSPORT_CHOICES,
            form=refused(problem, presenting.typed(call), key) if problem else Form(usual, blocked=cannot, idempotency_key=key),
        )  # fmt: skip
        shell = frame(tx, call, presenting.here_of(organization_id), organization_id)
    return page("audit/forwardings.html.j2", shell, view, problem.status if problem else 200)


def _create(call: Call, organization_id: str | None) -> Response[Any]:
    def make(tx: Transaction) -> NewForwarding:
        place = presenting.place_typed(call, "webhook" if organization_id else call.field("kind"))
        after = presenting.position_typed(call) if organization_id else 0 if call.field("after") else None
        return actions.create_forwarding(
            tx, call.actor, call.secret, call.settings, organization_id, call.field("name"), place, after
        )

    try:
        made = made_once(call, make)
    except Problem as problem:
        if problem.status not in SHOWN_ON_FORM:
            raise
        return _list(call, organization_id, problem)
    if made.text:
        return page_of_one(call, organization_id, made.id, secret=made.text)
    return see_other(f"{presenting.at_of(organization_id)}/forwarding/{made.id}", "forwarding-added")
