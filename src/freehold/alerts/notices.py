"""Telling of firings: what goes to webhook endpoints, by e-mail and to chat, written with the firing itself.

Nothing here sends. Each way has a queue: announcements become messages, mails lie in the outbox, and what goes to
chat is sent from the notifications' own rows. The constraint holds that one event of a firing is told to one
target once, however often it is asked for.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from freehold.alerts import firing_queries, notification_queries, wording
from freehold.alerts.keeping import settings_kept
from freehold.alerts.records import AlertRule, Event, Firing, Notification, NotificationState, Way
from freehold.kit import clock, ids
from freehold.mail.actions import post_mail
from freehold.organizations import member_queries
from freehold.projects import queries as projects
from freehold.store import announcements
from freehold.store.announcements import EventName
from freehold.store.engine import Transaction

_EVENT_NAMES: Final[dict[Event, EventName]] = {
    "opened": "alert.opened", "resolved": "alert.resolved", "test": "alert.opened",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail: its subject, as text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Told:
    """What is told, in words and numbers. `facts`: what webhooks carry; `url`: the page of it."""

    event: Event
    rule_name: str
    headline: str
    severity: str
    project_name: str
    environment: str
    next_action: str
    owner_name: str | None
    at: datetime
    url: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Voice:
    """How firings are put into words outside the dashboard: where its pages are, and who writes its letters."""

    base_url: str
    write_letter: Callable[[Told], Letter]


def tell(tx: Transaction, voice: Voice, rule: AlertRule, firing: Firing, event: Event) -> list[str]:
    """Tell of a firing that opened or resolved, by every way that its rule names; the notifications' ids."""
    at = firing.resolved_at if event == "resolved" and firing.resolved_at else firing.opened_at
    settings = settings_kept(firing.seen["rule"])
    page = f"{voice.base_url}/projects/{rule.project_id}/alerts/firings/{firing.id}"
    facts = {"alert": rule.id, "firing": firing.id, "name": rule.settings.name, **_numbers(firing, event)}
    said = wording.headline(firing, settings)
    return _by_all_ways(tx, voice, rule, firing.id, _told(tx, rule, event, said, at, page, facts))


def tell_test(tx: Transaction, voice: Voice, rule: AlertRule) -> list[str]:
    """Tell a rule's people that this is a test; the notifications' ids."""
    threshold = rule.settings.thresholds[0]
    page = f"{voice.base_url}/projects/{rule.project_id}/alerts/{rule.id}"
    facts = {
        "alert": rule.id, "firing": None, "name": rule.settings.name, "test": True, "metric": rule.settings.metric,
        "value": threshold.at, "threshold": threshold.at,
    }  # fmt: skip
    said = f"A test: nothing has fired. The rule watches for {wording.condition(rule.settings, threshold)}."
    return _by_all_ways(tx, voice, rule, None, _told(tx, rule, "test", said, clock.now(), page, facts))


def tell_opened(tx: Transaction, voice: Voice, rule: AlertRule, firing: Firing, now: datetime) -> bool:
    """Tell of a firing that opened, unless its rule is muted now or it was told before; whether it is told."""
    muted_until = rule.settings.muted_until
    if (muted_until is not None and muted_until > now) or not firing_queries.note_told(tx, firing.id, now):
        return False
    tell(tx, voice, rule, firing, "opened")
    return True


def _numbers(firing: Firing, event: Event) -> dict[str, Any]:
    value = firing.resolved_value if event == "resolved" else firing.value
    return {
        "metric": firing.metric, "value": value, "threshold": firing.threshold, "peak": firing.peak,
        "subject": firing.subject_id or None, "period_at": clock.to_text(firing.period_at),
        "from": firing.seen["from"], "to": firing.seen["to"],
    }  # fmt: skip


def _told(
    tx: Transaction, rule: AlertRule, event: Event, said: str, at: datetime, page: str, facts: dict[str, Any]
) -> Told:
    project = projects.find_project(tx, rule.project_id)
    settings = rule.settings
    more = {
        "severity": settings.severity, "summary": said, "next_action": settings.next_action or None,
        "owner": settings.owner, "at": clock.to_text(at), "url": page,
    }  # fmt: skip
    return Told(
        event=event, rule_name=settings.name, headline=said, severity=settings.severity,
        project_name=project.name if project else rule.project_id, environment=rule.environment,
        next_action=settings.next_action, owner_name=rule.owner_name, at=at, url=page, facts={**facts, **more},
    )  # fmt: skip


def _by_all_ways(tx: Transaction, voice: Voice, rule: AlertRule, firing_id: str | None, told: Told) -> list[str]:
    return [
        _notify(tx, voice, rule, firing_id, told, way, target)
        for way in rule.settings.notify
        for target in _targets(tx, rule, way)
    ]


def _targets(tx: Transaction, rule: AlertRule, way: Way) -> Sequence[str]:
    if way == "webhooks":
        return ("",)
    if way == "chat":
        return [channel.id for channel in notification_queries.channels_of(tx, rule.project_id)]
    return recipients(tx, rule)


def recipients(tx: Transaction, rule: AlertRule) -> list[str]:
    """Who gets a rule's e-mails: its owner, or the project's technical owners where it has none."""
    if rule.settings.owner:
        member = member_queries.find_member(tx, rule.organization_id, rule.settings.owner)
        return [member.email] if member else []
    owners = projects.owners_of(tx, [rule.project_id])[rule.project_id]
    return list(dict.fromkeys(owner.email for owner in owners if owner.duty == "technical"))


def _notify(
    tx: Transaction, voice: Voice, rule: AlertRule, firing_id: str | None, told: Told, way: Way, target: str
) -> str:
    now, notification_id = clock.now(), ids.new_id("ntf")
    handed_over, state, due_at = _hand_over(tx, voice, rule, told, way, target, now)
    notification = Notification(
        id=notification_id, project_id=rule.project_id, rule_id=rule.id, firing_id=firing_id, event=told.event,
        way=way, target=target, handed_over_id=handed_over, payload=told.facts, state=state, attempts=0, due_at=due_at,
        leased_until_at=None, created_at=now, finished_at=None, status=None, error=None,
    )  # fmt: skip
    notification_queries.insert_notification(tx, notification)
    return notification_id


def _hand_over(
    tx: Transaction, voice: Voice, rule: AlertRule, told: Told, way: Way, target: str, now: datetime
) -> tuple[str | None, NotificationState, datetime | None]:
    if way == "chat":
        return None, "pending", now
    if way == "email":
        letter = voice.write_letter(told)
        [mail_id] = post_mail(tx, rule.organization_id, [target], letter.subject, letter.text, letter.html)
        return mail_id, "handed_over", None
    message_id = announcements.announce(tx, rule.project_id, _EVENT_NAMES[told.event], told.facts, told.at)
    return message_id, "handed_over", None
