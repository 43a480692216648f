"""The request to a chat channel: Slack's form of a text, or the whole of it as JSON. Pure.

The same notification is the same bytes at every attempt, so that a receiver can tell that it is one.
"""

from typing import Any, Final

import msgspec

from freehold import __version__
from freehold.alerts.records import Channel, Notification
from freehold.webhooks.records import Outgoing

_OPENING: Final = {"opened": "Alert", "resolved": "Resolved", "test": "Test"}
_HEADERS: Final = (
    ("content-type", "application/json"), ("accept", "*/*"), ("accept-encoding", "identity"),
    ("user-agent", f"Freehold/{__version__}"),
)  # fmt: skip


def request_of(notification: Notification, channel: Channel, url: str) -> Outgoing:
    """What is sent to a channel of a notification."""
    body = slack_body(notification) if channel.kind == "slack" else generic_body(notification)
    return Outgoing(url, (*_HEADERS, ("idempotency-key", notification.id)), msgspec.json.encode(body))


def slack_body(notification: Notification) -> dict[str, Any]:
    """A text in Slack's own marks, which Mattermost and others read too."""
    facts = notification.payload
    lines = [
        f"*{_OPENING[notification.event]} ({_plain(facts['severity'])}): {_plain(facts['name'])}*",
        _plain(facts["summary"]),
    ]
    if facts.get("next_action") and notification.event != "resolved":
        lines.append(f"Next: {_plain(facts['next_action'])}")
    lines.append(f"<{facts['url']}|Open it in Freehold>")
    return {"text": "\n".join(lines)}


def generic_body(notification: Notification) -> dict[str, Any]:
    """Everything that webhook endpoints are told, with a text for people."""
    event = "alert.resolved" if notification.event == "resolved" else "alert.opened"
    text = f"{_OPENING[notification.event]}: {notification.payload['name']}. {notification.payload['summary']}."
    return {
        "id": notification.id, "type": event, "test": notification.event == "test", "text": text,
        "project": notification.project_id, "data": notification.payload,
    }  # fmt: skip


def _plain(text: str) -> str:
    """What a person typed, without marks of Slack's (its documentation, "Escaping text")."""
    for mark, written in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("*", "∗")):
        text = text.replace(mark, written)
    return text
