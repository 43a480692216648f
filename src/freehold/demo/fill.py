"""Fills a new instance with the demonstration. Refuses one that somebody has set up: it would be in their way."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from freehold.demo.alerts import make_alerts
from freehold.demo.drift import make_drift
from freehold.demo.events import events_planned, make_events
from freehold.demo.people import MadeProject, Place, at, make_organization, make_project
from freehold.demo.prices import ask_for_statements, make_prices
from freehold.demo.readiness import make_readiness
from freehold.demo.reports import make_reports
from freehold.demo.reviews import make_requests
from freehold.demo.schedules import make_schedules
from freehold.demo.story import STORY
from freehold.demo.traffic import make_traffic
from freehold.keys import actions as keys
from freehold.keys import rotation
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import passwords
from freehold.organizations.records import Actor
from freehold.production.watching import watch
from freehold.settings import Settings
from freehold.store.engine import Store

_SEED: Final = 20261123
# The old secret of a rotated key still serves when the demonstration is looked at first.
_OVERLAP_S: Final = 48 * 3600


@dataclass(frozen=True, slots=True)
class Filled:
    """What the demonstration holds."""

    organizations: int
    projects: int
    requests: int
    messages: int
    emails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """Who hears how far it is: a step's name and its length at its beginning, then each piece that is done."""

    begin: Callable[[str, int], None]
    tell: Callable[[int], None]


def fill(store: Store, settings: Settings, secret: InstanceSecret, password: str, progress: Progress) -> Filled:
    """Fill an instance that is not set up yet; Problem `already_set_up` where it is. Everybody has the same password."""
    watch(store)
    place = Place(store, settings, secret, clock.now())
    dice = random.Random(_SEED)  # noqa: S311 — invents traffic, no secret
    password_hash = passwords.hash_password(password)
    progress.begin("Organizations and projects", sum(len(story.projects) for story in STORY))
    made: list[MadeProject] = []
    everybody: dict[str, Actor] = {}
    operator: Actor | None = None
    first: dict[str, Actor] = {}
    for story in STORY:
        owner, people = make_organization(place, story, password_hash, operator)
        operator, first = operator or owner, first or people
        everybody |= people
        for project in story.projects:
            made += make_project(place, project, story, people)
            progress.tell(1)
    _rotate_some(place, made)
    progress.begin("Thirty days of requests", 30)
    requests = make_traffic(place, made, dice, progress.tell)
    _revoke_ended(place, made)
    progress.begin("Webhook deliveries", events_planned(made))
    messages = make_events(place, made, dice, progress.tell)
    progress.begin("Alerts", 1)
    make_alerts(place, made)
    progress.tell(1)
    progress.begin("Access requests", 3)
    progress.tell(make_requests(place, made, everybody))
    make_drift(place, made)
    make_prices(place, made, everybody)
    make_schedules(place, made)
    progress.begin("Readiness", 1)
    make_readiness(place, made, first)
    progress.tell(1)
    progress.begin("Reports", 1)
    make_reports(place, made, first)
    ask_for_statements(place, made)
    progress.tell(1)
    emails = tuple(f"{person.mailbox}@{story.domain}" for story in STORY for person in story.people)
    return Filled(len(STORY), len(made), requests, messages, emails)


def _rotate_some(place: Place, projects: list[MadeProject]) -> None:
    for made in projects:
        for key in made.keys:
            if key.story.rotated_hours_ago is not None:
                with at(place.now - timedelta(hours=key.story.rotated_hours_ago)), place.store.write() as tx:
                    rotation.rotate_key(tx, made.actor, place.secret, place.settings.brand, key.id, _OVERLAP_S)


def _revoke_ended(place: Place, projects: list[MadeProject]) -> None:
    for made in projects:
        for key in made.keys:
            if key.story.ended_days_ago is not None:
                with at(place.now - timedelta(days=key.story.ended_days_ago)), place.store.write() as tx:
                    keys.revoke_key(tx, made.actor, key.id)
