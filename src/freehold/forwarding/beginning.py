"""Where a forwarding begins to send: from what comes next, or from a position that somebody names."""

from typing import Any, Final

from freehold.errors import FieldError, invalid
from freehold.forwarding import queries
from freehold.forwarding.records import Forwarding
from freehold.kit import clock
from freehold.store.engine import Transaction

_POSITION_MAX: Final = 2**53 - 1


def begin(tx: Transaction, forwarding: Forwarding, after: int | None) -> dict[str, Any]:
    """Put the cursors to where sending begins; what the audit log says of it."""
    now = clock.now()
    if after is None:
        queries.begin_at_heads(tx, forwarding, now)
        return {}
    if forwarding.organization_id is None:
        if after != 0:
            words = "Of the whole instance 0 alone can be given: each organization's entries have numbers of their own."
            raise invalid(FieldError("after", words, "out_of_range"))
        queries.forget_cursors(tx, forwarding.id)
        return {"after": 0}
    end = queries.head_of(tx, forwarding.organization_id)
    if not 0 <= after <= min(end, _POSITION_MAX):
        raise invalid(FieldError("after", f"From 0 to {end}, the position of the newest entry.", "out_of_range"))
    queries.set_cursor(tx, forwarding, forwarding.organization_id, after, now)
    return {"after": after}
