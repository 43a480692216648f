"""Usage of a served instance's projects, made by journal and collector as the gate makes it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from freehold.kit import clock, ids
from freehold.usage.collector import Collector
from freehold.usage.journal import JournalWriter
from freehold.usage.records import UsageEvent
from tests.http.served import Instance

# The hour in which `test_clock` stands.
NOW: Final = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)


def decided(instance: Instance, ago: timedelta = timedelta(minutes=5), **more: Any) -> UsageEvent:
    """One decision about the instance's first key, allowed unless said otherwise."""
    at_ms = clock.to_ms(clock.now() - ago)
    usual = UsageEvent(
        id=ids.new_id("req", at_ms), at_ms=at_ms, project_id=instance.project, organization_id=instance.harbour,
        environment="sandbox", key_id=instance.key, secret=None, api_id=instance.api, endpoint="get_parcel", method="GET",
        path="/parcels/p1", outcome="allowed", via="gateway", status=200, latency_us=12_000, cost=1, address="192.0.2.1",
        user_agent="tests", rule="all", limits=(("key", 60, 59, 1.0),), epoch=1,
    )  # fmt: skip
    return msgspec.structs.replace(usual, **more)


def collect(instance: Instance, *events: UsageEvent) -> None:
    """Let decisions be journalled and collected."""
    root = instance.settings.data / "journal"
    writer = JournalWriter(root / ids.new_id("jrn"), 1 << 20)
    for event in events:
        writer.append(event)
    writer.close()
    collector = Collector(instance.store, root, "node")
    while collector.collect():
        pass


def use(instance: Instance, ago: timedelta = timedelta(minutes=5), **more: Any) -> UsageEvent:
    """One decision, collected."""
    event = decided(instance, ago, **more)
    collect(instance, event)
    return event
