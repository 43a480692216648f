"""Webhook endpoints as lists show them: how the last 24 hours went, what waits, what was accepted last. Presents."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from freehold.dashboard import words
from freehold.dashboard.charts import Bucket
from freehold.dashboard.views.webhooks import WebhookRow
from freehold.store.engine import Transaction
from freehold.webhooks import check_actions, metrics_queries
from freehold.webhooks.check_records import CheckStanding
from freehold.webhooks.check_rules import proves
from freehold.webhooks.check_standing import standing_view
from freehold.webhooks.glance_queries import EndpointActivity, Fates, activity_of_endpoints
from freehold.webhooks.metrics_queries import Glance
from freehold.webhooks.records import WebhookEndpoint

_HOUR: Final = timedelta(hours=1)
_HOURS: Final = 24


def webhook_rows(tx: Transaction, endpoints: Sequence[WebhookEndpoint], now: datetime) -> tuple[WebhookRow, ...]:
    """Endpoints with how each fares."""
    endpoint_ids = [each.id for each in endpoints]
    activity = activity_of_endpoints(tx, endpoint_ids, now)
    start = _first_hour(now)
    glances = metrics_queries.glances(tx, endpoint_ids, start, start + _HOURS * _HOUR, _HOUR, now)
    standings = check_actions.standings_of(tx, endpoints)
    return tuple(_row(each, activity[each.id], glances[each.id], standings[each.id], start) for each in endpoints)


def log_href(project_id: str, endpoint_id: str, start: datetime, end: datetime, **more: str) -> str:
    """The address of the deliveries that were made for an endpoint from an instant on, before another."""
    query = urlencode({"from": words.rfc3339(start), "to": words.rfc3339(end), **more})
    return f"/projects/{project_id}/webhooks/{endpoint_id}?{query}#deliveries"


def _first_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) - (_HOURS - 1) * _HOUR


def _row(
    endpoint: WebhookEndpoint, activity: EndpointActivity, glance: Glance, standing: CheckStanding, start: datetime
) -> WebhookRow:
    fates, waits, accepted = activity.fates, glance.pressure, glance.accepted
    return WebhookRow(
        id=endpoint.id, url=endpoint.url, description=endpoint.description or "", state=endpoint.state,
        state_reason=endpoint.state_reason or "", event_types=endpoint.event_types, delivered=fates.delivered,
        failed=fates.failed, pending=fates.pending, last_at=activity.last_at, bars=_bars(endpoint, glance, start),
        retrying=waits.retrying, parked=waits.parked, next_retry_at=waits.next_retry_at,
        accepted_at=accepted.at if accepted else None,
        accepted_href=f"/projects/{endpoint.project_id}/deliveries/{accepted.delivery_id}" if accepted else "",
        verified=accepted is not None and proves(standing, accepted.at), check=standing_view(standing),
    )  # fmt: skip


def _bars(endpoint: WebhookEndpoint, glance: Glance, start: datetime) -> tuple[Bucket, ...]:
    starts = [start + hour * _HOUR for hour in range(_HOURS)]
    return tuple(
        Bucket(
            f"{at.day} {at:%b, %H:%M}",
            _counts(glance.buckets.get(at, Fates())),
            log_href(endpoint.project_id, endpoint.id, at, at + _HOUR),
        )
        for at in starts
    )


def _counts(fates: Fates) -> tuple[int, ...]:
    return fates.delivered, fates.failed, fates.pending
