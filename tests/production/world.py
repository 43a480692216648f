"""An instance whose projects' shapes are watched, for tests of production: no server, actions called directly."""

from pathlib import Path
from typing import Any, Final

import msgspec

from freehold.alerts import actions as alerts
from freehold.alerts import channel_actions as channels
from freehold.alerts.records import AlertFilter, RuleSettings, Threshold
from freehold.keys import actions as keys
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock, ids
from freehold.production.review import evidence_report
from freehold.production.shape import revisions
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.records import Revision, Shape
from freehold.production.watching import watch
from freehold.projects import queries as projects
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import Project
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.usage.collector import Collector
from freehold.usage.journal import JournalWriter
from freehold.usage.records import UsageEvent
from freehold.webhooks import actions as webhooks
from freehold.webhooks.records import EndpointSettings
from tests.http.served import Instance, fill

URL: Final = "https://example.com/hooks"


def make_production_world(store: Store, settings: Settings) -> Instance:
    """Harbour's project with its scope and first key, and Elsewhere's; see `tests/http/served`."""
    watch(store)
    evidence_report.register()
    instance = Instance("", store, settings)
    fill(instance)
    return instance


def furnish(instance: Instance, project_id: str = "") -> None:
    """Give a project one of everything that a shape can hold."""
    project_id, owner = project_id or instance.project, instance.actor("owner")
    with instance.store.write() as tx:
        narrowed = KeySettings(
            "web",
            "checkout",
            ("get_parcel",),
            None,
            ("192.0.2.0/24",),
            (RateLimit("burst", 10, 1),),
            Quota(1000, "day"),
        )
        issued = keys.issue_key(tx, owner, instance.secret, instance.settings.brand, project_id, narrowed)
        received = EndpointSettings(
            URL, ("parcel.moved", "key.revoked"), "Orders", {"X-Env": "sandbox", "Authorization": "Bearer very-secret"}
        )
        made = webhooks.create_endpoint(tx, owner, instance.secret, instance.settings, project_id, received)
        channels.create_channel(tx, owner, instance.secret, instance.settings, project_id, "generic", "Ops", URL)
        alerts.create_rule(
            tx, owner, project_id,
            RuleSettings("Requests of web", "requests", (Threshold(0.5), Threshold(1000)), period="day",
                         filter=AlertFilter(key=issued.detail.key.id)),
        )  # fmt: skip
        alerts.create_rule(
            tx, owner, project_id,
            RuleSettings("Orders fail", "webhook_failure_rate", (Threshold(5),), window_s=3600, minimum_count=10,
                         filter=AlertFilter(webhook=made.endpoint.id)),
        )  # fmt: skip


def project_of(instance: Instance, project_id: str = "") -> Project:
    """A project as it is now."""
    with instance.store.read() as tx:
        found = projects.find_project(tx, project_id or instance.project)
    assert found is not None
    return found


def shape_of(instance: Instance, project_id: str = "") -> Shape:
    """A project's shape as it is now."""
    with instance.store.read() as tx:
        found = projects.find_project(tx, project_id or instance.project)
        assert found is not None
        return read_shape(tx, found)


def history_of(instance: Instance, project_id: str = "") -> list[Revision]:
    """A project's revisions, newest first."""
    with instance.store.read() as tx:
        return revisions.history(tx, project_id or instance.project, 1000)


def paths_of(revision: Revision) -> list[Any]:
    """What a revision changed."""
    return [each["path"] for each in revision.changes]


def decide(instance: Instance, data: Path, count: int, at_ms: int | None = None, **more: Any) -> list[UsageEvent]:
    """Let so many requests be decided and journalled under a data directory, a millisecond after each other."""
    writer = JournalWriter(data / "journal" / ids.new_id("jrn"), 1 << 20)
    first = clock.now_ms() if at_ms is None else at_ms
    usual = UsageEvent(
        id="", at_ms=0, project_id=instance.project, organization_id=instance.harbour, environment="sandbox",
        key_id=instance.key, secret="selector", api_id=instance.api, endpoint="get_parcel", method="GET",
        path="/parcels/1", outcome="allowed", via="gateway", status=200, latency_us=1000, cost=1, address="192.0.2.1",
        user_agent="tests", rule="all", limits=(), epoch=1,
    )  # fmt: skip
    events = [
        msgspec.structs.replace(usual, id=ids.new_id("req", first + step), at_ms=first + step, **more)
        for step in range(count)
    ]
    for event in events:
        writer.append(event)
    writer.close()
    return events


def collect(store: Store, data: Path) -> None:
    """Let what is journalled be counted."""
    collector = Collector(store, data / "journal", "node")
    while collector.collect():
        pass
