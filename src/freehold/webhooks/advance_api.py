"""HTTP of the sandbox clock. Thin: parse, one action, present."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response

from freehold.web.call import Call
from freehold.web.inputs import Body, number
from freehold.webhooks import advance_actions


class AdvanceBody(Body, frozen=True):
    """By how many seconds to move the endpoint's clock; null moves it to the next attempt."""

    by_s: Annotated[int, number(3600, "By how many seconds.", 1, advance_actions.BY_S_MAX)] | None = None


class AdvanceView(msgspec.Struct, kw_only=True):
    """By how much an endpoint's clock was moved, how many deliveries are due now, and when the next one is."""

    webhook: str
    advanced_s: float
    due_count: int
    next_attempt_at: datetime | None
    failing_since: datetime | None


def advance_webhook(call: Call, endpoint_id: str, data: AdvanceBody | None = None) -> Response[AdvanceView]:
    """Move a sandbox endpoint's clock on: retries, disabling, old secrets and checks end so much sooner.

    Nothing on record changes its time. Refused in production.
    """
    by_s = None if data is None else data.by_s
    return call.create(
        lambda tx: _view(advance_actions.advance_endpoint(tx, call.actor, endpoint_id, by_s)), status=200
    )


def _view(moved: advance_actions.Advanced) -> AdvanceView:
    return AdvanceView(
        webhook=moved.endpoint.id, advanced_s=moved.by.total_seconds(), due_count=moved.due,
        next_attempt_at=moved.clock.next_due_at, failing_since=moved.clock.failing_since_at,
    )  # fmt: skip
