"""Pages of price lists: all of them, an organization's, one, and the form of the next. Thin: parse, one action, present."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from litestar import Response

from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.parts import Pager
from freehold.dashboard.views.prices import NewPriceListView, PriceListsView, PriceListView
from freehold.errors import Problem
from freehold.kit import canonical_json, clock
from freehold.kit.ids import new_id
from freehold.kit.paging import Cursor
from freehold.kit.paging import page as cut_page
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import require_operator
from freehold.organizations.records import Actor
from freehold.prices import actions, form, presenting
from freehold.prices.records import PriceList
from freehold.prices.statements import Preview
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_id
from freehold.web.idempotency import Answer
from freehold.web.pages import page, see_other

_SHOWN: Final = 25
_OPERATORS_ONLY: Final = "Only an operator of this instance makes prices."


def show_prices(call: Call) -> Response[Any]:
    """Every price list, newest first, and what prices today where an organization has none of its own."""
    with call.read() as tx:
        rows = actions.list_price_lists(tx, call.actor, _SHOWN + 1, after_id(call.query_value("cursor") or None))
        return _lists(tx, call, rows, "/prices", None)


def show_organization_prices(call: Call, organization_id: str) -> Response[Any]:
    """What an organization's usage costs today, and the lists that can price it."""
    with call.read() as tx:
        after = after_id(call.query_value("cursor") or None)
        rows = actions.list_organization_price_lists(tx, call.actor, organization_id, _SHOWN + 1, after)
        return _lists(tx, call, rows, f"/organizations/{organization_id}/prices", organization_id)


def _lists(tx: Transaction, call: Call, rows: list[PriceList], at: str, organization_id: str | None) -> Response[Any]:
    cut = cut_page(rows, _SHOWN, lambda each: Cursor(0, each.id))
    names = presenting.names_of(tx)
    present = actions.present_price_list(tx, organization_id)
    view = PriceListsView(
        at=at, organization_name=read_organization(tx, call.actor, organization_id).name if organization_id else None,
        rows=tuple(presenting.row_of(each, names, clock.now().date()) for each in cut.data),
        pager=Pager(
            older=f"{at}?cursor={cut.next_cursor}" if cut.next_cursor else None,
            newest=at if call.query_value("cursor") else None,
        ),
        present=presenting.tiers_of(present, names) if present else (), present_id=present.id if present else "",
        present_currency=present.currency if present else "", edit_blocked=_blocked(call.actor),
    )  # fmt: skip
    shell = frame(tx, call, "prices-of-all" if organization_id else "prices", organization_id or "")
    return page("prices/list.html.j2", shell, view)


# --- one -------------------------------------------------------------------------------------------


def show_price_list(call: Call, price_list_id: str) -> Response[Any]:
    """One price list, with what each endpoint costs."""
    return _one(call, price_list_id, Form())


def withdraw_price_list(call: Call, price_list_id: str) -> Response[Any]:
    """Take back a list that has not taken effect."""
    try:
        with call.write() as tx:
            actions.withdraw_price_list(tx, call.actor, price_list_id)
    except Problem as problem:
        if problem.code != "conflict":
            raise
        return _one(call, price_list_id, refused(problem, {}), problem.status)
    return see_other(f"/prices/{price_list_id}", "price-list-withdrawn")


def _one(call: Call, price_list_id: str, withdraw: Form, status: int = 200) -> Response[Any]:
    with call.read() as tx:
        found, names = actions.read_price_list(tx, call.actor, price_list_id), presenting.names_of(tx)
        shell = frame(tx, call, "prices", found.organization_id or "")
    row = presenting.row_of(found, names, clock.now().date())
    shown = withdraw if (row.state == "coming" and call.actor.is_operator) or status != 200 else None
    at = f"/organizations/{found.organization_id}/prices" if found.organization_id else "/prices"
    view = PriceListView(
        row=row, tiers=presenting.tiers_of(found, names), sandbox=found.sandbox, created_by=found.created_by,
        created_at=found.created_at, fingerprint=canonical_json.fingerprint(actions.facts_of(found)),
        crumbs=(("Prices", at),) if found.organization_id or call.actor.is_operator else (),
        edit_blocked=_blocked(call.actor), withdraw=shown,
    )  # fmt: skip
    return page("prices/one.html.j2", shell, view, status)


# --- the next --------------------------------------------------------------------------------------


def show_new_price_list(call: Call) -> Response[Any]:
    """The form of a new list, with what holds today filled in."""
    require_operator(call.actor)
    organization_id = call.query_value("organization")
    with call.read() as tx:
        present = actions.present_price_list(tx, organization_id or None)
    values, rows = (
        form.values_from(present, organization_id)
        if present
        else (
            {
                "organization": organization_id,
                "sandbox": "free",
                "endpoint_0": "/*",
                "unit_0": "request",
                "per_0": "1000",
            },
            1,
        )
    )
    return _new(call, Form(values, idempotency_key=new_id("req")), rows)


def create_price_list(call: Call) -> Response[Any]:
    """Make the list; or, by the form's other buttons, give it one more item, or say what it would come to."""
    require_operator(call.actor)
    rows, act = form.rows_of(call.field), call.field("act")
    values, key = form.values_of(call.field, rows), call.field("idempotency_key")
    if act == "add":
        added = {f"unit_{rows}": "request", f"per_{rows}": "1000"}
        return _new(call, Form(values | added, idempotency_key=key), min(rows + 1, form.ROWS_MAX))
    try:
        wanted = form.read_form(call.field, rows)
        if act == "preview":
            with call.read() as tx:
                found = actions.preview_price_list(tx, call.actor, wanted)
            return _new(call, Form(values, idempotency_key=key), rows, found, wanted.currency)
        answer = call.once(lambda tx: Answer(303, actions.create_price_list(tx, call.actor, wanted).id.encode()))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _new(call, refused(form.for_form(problem, call.field, rows), values, key), rows, status=problem.status)
    return see_other(f"/prices/{answer.body.decode()}", "price-list-made")


def _new(
    call: Call, filled: Form, rows: int, found: Sequence[Preview] | None = None, currency: str = "", status: int = 200
) -> Response[Any]:
    today = clock.now().date()
    with call.read() as tx:
        shell = frame(tx, call, "prices")
        view = NewPriceListView(
            form=replace(filled, blocked=_blocked(call.actor)), numbers=tuple(range(rows)),
            endpoints=presenting.endpoint_choices(tx), organizations=presenting.organization_choices(tx),
            units=presenting.UNIT_CHOICES, pers=presenting.PER_CHOICES, sandboxes=presenting.SANDBOX_CHOICES,
            month=presenting.month_text(today), currency=currency,
            preview=None if found is None else presenting.preview_rows(found, currency),
        )  # fmt: skip
    return page("prices/new.html.j2", shell, view, status)


def _blocked(actor: Actor) -> str | None:
    return None if actor.is_operator else _OPERATORS_ONLY
