"""The filters of the delivery log, between the address and the query: read, and shown as they were given."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, get_args
from urllib.parse import urlencode

from freehold.dashboard.views.parts import Filter
from freehold.errors import FieldError, invalid
from freehold.web.call import Call
from freehold.webhooks.delivery_queries import DeliveryFilter
from freehold.webhooks.own_events import CHECK_EVENT
from freehold.webhooks.records import DeliveryState, WebhookEndpoint

_STATES: Final[tuple[DeliveryState, ...]] = get_args(DeliveryState)
_SPANS: Final = {"1h": timedelta(hours=1), "24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
_SPAN_CHOICES: Final = (
    ("", "Any time"), ("1h", "Last hour"), ("24h", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days")
)  # fmt: skip
NAMES: Final = ("state", "event_type", "within", "from", "to", "message")


@dataclass(frozen=True, slots=True)
class LogFilters:
    """What the address asks for. `fault` says what of it cannot be read; it is then left out."""

    wanted: DeliveryFilter
    fault: str = ""


def read_filters(call: Call, now: datetime) -> LogFilters:
    """Which deliveries the address asks for; a word that is no choice asks for any."""
    state, span = call.query_value("state"), _SPANS.get(call.query_value("within"))
    (since, until), fault = read_times(call)
    wanted = DeliveryFilter(
        state=state if state in _STATES else None, event_type=call.query_value("event_type") or None,
        since=since or (now - span if span else None), until=until,
        message_id=call.query_value("message").strip() or None,
    )  # fmt: skip
    return LogFilters(wanted, fault)


def read_times(call: Call) -> tuple[tuple[datetime | None, datetime | None], str]:
    """The times `from` and `to` of the address, and what is wrong with one that cannot be read."""
    fault, found = "", []
    for name in ("from", "to"):
        try:
            found.append(read_instant(name, call.query_value(name)))
        except ValueError as wrong:
            found.append(None)
            fault = str(wrong)
    return (found[0], found[1]), fault


def read_instant(name: str, text: str) -> datetime | None:
    """A time as a form or a link has it: to the minute in UTC, or RFC 3339; ValueError in words for what is none."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        # A day on which no delivery was made, but which the database's milliseconds cannot say either.
        return at if at.year >= 1970 else datetime(1970, 1, 1, tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"The time {text[:40]!r} of {name!r} is none; write it like 2026-11-22T14:06, in UTC."
        ) from None


def form_instant(name: str, text: str) -> datetime | None:
    """The same of a form's field; Problem `invalid` for what is none."""
    try:
        return read_instant(name, text)
    except ValueError as wrong:
        raise invalid(FieldError(name, str(wrong), "not_a_time")) from None


def instant_text(at: datetime | None) -> str:
    """A time as a field for it holds it, in UTC."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def choices(call: Call, endpoint: WebhookEndpoint) -> tuple[Filter, ...]:
    """The filters that are picked."""
    event_types = dict.fromkeys((*endpoint.event_types, CHECK_EVENT))
    states = (("", "Any"), *((state, state.capitalize()) for state in _STATES))
    return (
        Filter(name="state", label="State", value=call.query_value("state"), choices=states),
        Filter(name="event_type", label="Event", value=call.query_value("event_type"),
               choices=(("", "Any"), *((name, name) for name in event_types))),
        Filter(name="within", label="Time", value=call.query_value("within"), choices=_SPAN_CHOICES),
    )  # fmt: skip


def replay_query(wanted: DeliveryFilter) -> str:
    """The same deliveries as the form of a replay takes them."""
    given = {
        "state": wanted.state, "event_type": wanted.event_type, "from": instant_text(wanted.since),
        "to": instant_text(wanted.until), "message": wanted.message_id,
    }  # fmt: skip
    return urlencode({name: value for name, value in given.items() if value})
