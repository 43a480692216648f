"""What came of each notification: by which way, to whom, and whether it arrived. Reads only.

What was handed over has its receipts where it lies: deliveries of the message, and the mail in the outbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from freehold.alerts import notification_queries as queries
from freehold.alerts.records import Event, Notification, Way
from freehold.store.engine import Transaction

# nobody: no webhook endpoint of the project receives alerts. forgotten: it is no longer on record.
ReceiptState = Literal["pending", "delivered", "failed", "nobody", "forgotten"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """One notification, and what came of it. `target`: a channel's name, or an e-mail address."""

    id: str
    event: Event
    way: Way
    target: str
    state: ReceiptState
    error: str | None
    attempts: int
    due_at: datetime | None
    at: datetime
    finished_at: datetime | None
    message_id: str | None
    deliveries: list[tuple[str, str]]


def receipts_of(tx: Transaction, notifications: Sequence[Notification]) -> list[Receipt]:
    """What came of notifications, in their order."""
    channels = queries.channel_names(tx, [each.target for each in notifications if each.way == "chat"])
    messages = queries.deliveries_of_messages(tx, _handed_over(notifications, "webhooks"))
    mails = queries.mails_by_id(tx, _handed_over(notifications, "email"))
    receipts = []
    for each in notifications:
        if each.way == "chat":
            receipts.append(_chat(each, channels.get(each.target, each.target)))
        elif each.way == "email":
            receipts.append(_mail(each, mails.get(each.handed_over_id or "")))
        else:
            receipts.append(_webhooks(each, messages.get(each.handed_over_id or "", [])))
    return receipts


def _handed_over(notifications: Sequence[Notification], way: Way) -> list[str]:
    return [each.handed_over_id for each in notifications if each.way == way and each.handed_over_id]


def _chat(each: Notification, name: str) -> Receipt:
    state: ReceiptState = "pending" if each.state == "handed_over" else each.state
    return Receipt(
        each.id, each.event, each.way, name, state, each.error, each.attempts, each.due_at, each.created_at,
        each.finished_at, None, [],
    )  # fmt: skip


def _mail(each: Notification, found: tuple[str, str | None, datetime | None] | None) -> Receipt:
    states: dict[str, ReceiptState] = {"pending": "pending", "sent": "delivered", "failed": "failed"}
    state, error, finished_at = found or ("", None, None)
    return Receipt(
        each.id, each.event, each.way, each.target, states.get(state, "forgotten"), error, 0, None, each.created_at,
        finished_at, None, [],
    )  # fmt: skip


def _webhooks(each: Notification, deliveries: list[tuple[str, str]]) -> Receipt:
    states = {state for _, state in deliveries}
    state: ReceiptState = "nobody"
    if states:
        state = "pending" if "pending" in states else "failed" if states - {"delivered"} else "delivered"
    return Receipt(
        each.id, each.event, each.way, "", state, None, 0, None, each.created_at, None, each.handed_over_id, deliveries,
    )  # fmt: skip
