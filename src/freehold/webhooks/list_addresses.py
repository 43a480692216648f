"""The addresses of a list's pages: its filters stay in them. Pure but for the call that it reads."""

from collections.abc import Sequence
from urllib.parse import urlencode

from freehold.dashboard.views.parts import Pager
from freehold.web.call import Call


def pager(call: Call, address: str, next_cursor: str | None, filters: Sequence[str]) -> Pager:
    """The way on in the list at an address, and back to its newest page, with the same filters."""
    chosen = {name: value for name in filters if (value := call.query_value(name))}
    older = f"{address}?{urlencode({**chosen, 'cursor': next_cursor})}" if next_cursor else None
    if not call.query_value("cursor"):
        return Pager(older=older)
    return Pager(older=older, newest=f"{address}?{urlencode(chosen)}" if chosen else address)
