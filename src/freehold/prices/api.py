"""HTTP of price lists. Thin: parse, one action, present."""

from litestar import Response

from freehold.kit import clock
from freehold.kit.paging import Cursor, Page, page
from freehold.prices import actions, rules
from freehold.prices.records import PriceList
from freehold.prices.views import (
    PriceListBody,
    PriceListView,
    PricePreviewsView,
    list_view,
    new_list,
    previews_view,
)
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id
from freehold.web.inputs import CursorText, Limit


def list_price_lists(call: Call, limit: Limit = 50, cursor: CursorText = None) -> Page[PriceListView]:
    """Every price list of the instance and of its organizations, newest first; for operators."""
    with call.read() as tx:
        rows = actions.list_price_lists(tx, call.actor, checked_limit(limit) + 1, after_id(cursor))
    return _page(rows, limit)


def create_price_list(call: Call, data: PriceListBody) -> Response[PriceListView]:
    """Make a price list that holds from a day on, for good: what is over keeps its prices."""
    return call.create(lambda tx: _view(actions.create_price_list(tx, call.actor, new_list(data))))


def preview_price_list(call: Call, data: PriceListBody) -> PricePreviewsView:
    """What the last whole month would have cost under a price list, by organization. Changes nothing."""
    with call.read() as tx:
        found = actions.preview_price_list(tx, call.actor, new_list(data))
    return previews_view(*rules.month_before(clock.now().date()), data.currency, found)


def read_price_list(call: Call, price_list_id: str) -> PriceListView:
    """One price list: what each endpoint costs, by tiers."""
    with call.read() as tx:
        return _view(actions.read_price_list(tx, call.actor, price_list_id))


def withdraw_price_list(call: Call, price_list_id: str) -> PriceListView:
    """Take back a price list that has not taken effect yet."""
    with call.write() as tx:
        return _view(actions.withdraw_price_list(tx, call.actor, price_list_id))


def list_organization_price_lists(
    call: Call, organization_id: str, limit: Limit = 50, cursor: CursorText = None
) -> Page[PriceListView]:
    """The price lists that can price an organization, its own and the instance's, newest first."""
    with call.read() as tx:
        rows = actions.list_organization_price_lists(
            tx, call.actor, organization_id, checked_limit(limit) + 1, after_id(cursor)
        )
    return _page(rows, limit)


def _view(made: PriceList) -> PriceListView:
    return list_view(made, clock.now().date())


def _page(rows: list[PriceList], limit: int) -> Page[PriceListView]:
    cut = page(rows, limit, lambda row: Cursor(0, row.id))
    return Page([_view(row) for row in cut.data], cut.next_cursor)
