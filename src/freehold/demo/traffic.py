"""Thirty days of decisions, made by the gate's own rules on the keys as they are, journalled and collected.

What is invented is who calls when, and what the upstream answered; whether a call passes is decided.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from msgspec import structs

from freehold.apis import queries as apis
from freehold.apis.records import EndpointRow
from freehold.demo import shapes
from freehold.demo.people import MadeKey, MadeProject, Place
from freehold.demo.spending import Spending
from freehold.keys import rules, secret_queries, secret_records
from freehold.keys.records import DENIAL_STATUS, ProjectRecord, SecretRecord
from freehold.kit import clock, ids
from freehold.store import epoch
from freehold.store.engine import Transaction
from freehold.usage.collector import Collector
from freehold.usage.journal import JournalWriter
from freehold.usage.records import UsageEvent

_HOUR: Final = timedelta(hours=1)
_WRITE_OUT_EVERY: Final = 500
# A revoked key's caller needs a while to notice.
_STILL_CALLS_DAYS: Final = 2
# How many of a rotated key's calls are still made with its old secret.
_NOT_BROUGHT_YET: Final = 0.12
_ADDRESSES: Final = ("203.0.113.24", "203.0.113.80", "198.51.100.7", "198.51.100.19", "192.0.2.41")


@dataclass(slots=True)
class _Caller:
    """A key with what deciding about it takes."""

    key: MadeKey
    record: SecretRecord
    old: SecretRecord | None
    project: ProjectRecord
    address: str


def make_traffic(place: Place, projects: list[MadeProject], dice: random.Random, tell: Callable[[int], None]) -> int:
    """Journal and collect every decision of the last 30 days; how many. `tell` hears of each day that is done."""
    root = place.settings.data / "journal"
    writer = JournalWriter(root / ids.new_id("jrn"), place.settings.segment_bytes)
    written, spending = 0, Spending()
    try:
        for day in range(30):
            begins = place.now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=29 - day)
            for event in _events_of_day(place, projects, begins, spending, dice):
                writer.append(event)
                written += 1
                if written % _WRITE_OUT_EVERY == 0:
                    writer.write_out()
            tell(1)
    finally:
        writer.close()
    collector = Collector(place.store, root, "demo")
    while collector.collect():
        pass
    return written


def _events_of_day(
    place: Place, projects: list[MadeProject], begins: datetime, spending: Spending, dice: random.Random
) -> Iterator[UsageEvent]:
    with place.store.read() as tx:
        catalogue = {row.operation_id: row for row in apis.endpoints_of(tx, projects[0].project.api_id)}
        reached = epoch.current(tx)
        # What was archived since served until then.
        known = secret_records.project_records(tx, [made.project.id for made in projects])
        callers = {
            made.project.id: [
                _Caller(key, record, _retiring(tx, key), project, dice.choice(_ADDRESSES))
                for key in made.keys
                if (record := secret_records.current_secret_record(tx, key.id))
            ]
            for made in projects
            for project in (structs.replace(known[made.project.id], state="active"),)
        }
    for hour in range(24):
        for made in projects:
            # In the order of time: keys of one project spend its limits in turn.
            calls = _calls_of_hour(place, made, callers[made.project.id], begins + _HOUR * hour, dice)
            for at, caller in sorted(calls, key=lambda call: call[0]):
                yield _event(place, caller, catalogue[_called(made, caller, dice)], at, reached, spending, dice)


def _calls_of_hour(
    place: Place, made: MadeProject, callers: list[_Caller], hour: datetime, dice: random.Random
) -> Iterator[tuple[datetime, _Caller]]:
    ended = made.story.archived_days_ago
    stops = place.now - timedelta(days=ended) if ended is not None else place.now
    for caller in callers:
        last = stops
        if caller.key.story.ended_days_ago is not None:
            last = place.now - timedelta(days=caller.key.story.ended_days_ago - _STILL_CALLS_DAYS)
        count = shapes.requests_in_hour(
            dice, made.story.requests_a_day * made.factor * caller.key.story.share, hour, place.now
        )
        crowded = shapes.burst(hour, place.now) > 1
        for at in shapes.moments(dice, hour, count, crowded):
            if made.began_at + timedelta(hours=1) < at < min(last, place.now):
                yield at, caller


def _event(
    place: Place, caller: _Caller, endpoint: EndpointRow, at: datetime, reached: int, spending: Spending, dice: random.Random
) -> UsageEvent:  # fmt: skip
    record, client = _presented(place, caller, at, dice)
    project = caller.project
    ask = rules.Ask(record.digest, None, project.api_id, endpoint.operation_id, None, 1)
    decision = spending.decide(ask, record, project, clock.to_ms(at))
    # As the gateway has it: the upstream's status, or the one that a denial is answered with.
    status = shapes.upstream_status(dice, at, place.now) if decision.reason is None else DENIAL_STATUS[decision.reason]
    example = endpoint.example or {"path": endpoint.path}
    return UsageEvent(
        ids.new_id("req", clock.to_ms(at)), clock.to_ms(at), project.id, project.organization_id, project.environment,
        record.key_id, record.selector, project.api_id, endpoint.operation_id, endpoint.method, str(example["path"]),
        decision.outcome, "gateway", status, shapes.latency_us(dice, status) if decision.allowed else None, 1, caller.address,
        client, decision.rule,
        tuple((each.name, each.limit, each.remaining, round(each.reset_s, 3)) for each in decision.limits), reached,
    )  # fmt: skip


def _called(made: MadeProject, caller: _Caller, dice: random.Random) -> str:
    """Which operation is called: now and then one that the project never declared."""
    if made.story.undeclared and dice.random() < 0.004:
        return dice.choice(made.story.undeclared)
    allowed = caller.key.story.endpoints or made.story.endpoints
    weights = [1 / (index + 1) for index in range(len(allowed))]
    return dice.choices(allowed, weights)[0]


def _retiring(tx: Transaction, key: MadeKey) -> SecretRecord | None:
    """The secret of a rotated key that still serves beside the new one."""
    selectors = [each.selector for each in secret_queries.secrets_of(tx, [key.id])[key.id] if each.state == "retiring"]
    return next(iter(secret_records.secret_records(tx, selectors).values()), None)


def _presented(place: Place, caller: _Caller, at: datetime, dice: random.Random) -> tuple[SecretRecord, str]:
    """The secret that a call is made with, and what its caller calls itself: the old one before a rotation, and by some after."""
    story = caller.key.story
    if caller.old is not None and story.rotated_hours_ago is not None:
        if at < place.now - timedelta(hours=story.rotated_hours_ago):
            return caller.old, story.client
        if dice.random() < _NOT_BROUGHT_YET:
            return caller.old, story.old_client
    return _as_it_was(place, caller, at), story.client


def _as_it_was(place: Place, caller: _Caller, at: datetime) -> SecretRecord:
    """The key as a gate knew it at a past instant: what ended later served until then."""
    story, record = caller.key.story, caller.record
    if story.ended_days_ago is not None and at >= place.now - timedelta(days=story.ended_days_ago):
        return structs.replace(record, key_state="revoked")
    return structs.replace(record, key_state="active")
