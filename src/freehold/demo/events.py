"""Messages of the last 30 days, fanned out by the product's own actions, with attempts on record.

Nothing is sent anywhere: the receivers' answers are invented, what follows from them is decided.
"""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.apis import queries as apis
from freehold.demo.people import MadeProject, Place, at
from freehold.kit import clock, ids
from freehold.organizations.records import Actor
from freehold.webhooks import delivery_actions, queue
from freehold.webhooks.observations import next_due_at
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.records import AttemptResult, Dispatch, NewMessage, Timing

_PER_PROJECT: Final = 60
_BY: Final = Actor("system", "system", "Example API", None, False, {})
_SENT_AFTER: Final = timedelta(milliseconds=40)
_TOOK: Final = timedelta(milliseconds=120)


def make_events(place: Place, projects: list[MadeProject], dice: random.Random, tell: Callable[[int], None]) -> int:
    """Publish events to every project that declares any, in the order of time; how many. `tell` hears of each."""
    receivers = {made.project.id: made for made in projects}
    planned = _plan(place, projects, dice)
    for instant, made in planned:
        _deliver_until(place, receivers, instant, dice)
        _publish(place, made, instant, dice)
        tell(1)
    _deliver_until(place, receivers, place.now, dice)
    return len(planned)


def events_planned(projects: list[MadeProject]) -> int:
    """How many events `make_events` publishes."""
    return _PER_PROJECT * sum(_publishes(made) for made in projects)


def _publishes(made: MadeProject) -> bool:
    return bool(made.story.event_types) and made.story.archived_days_ago is None


def _plan(place: Place, projects: list[MadeProject], dice: random.Random) -> list[tuple[datetime, MadeProject]]:
    planned: list[tuple[datetime, MadeProject]] = []
    for made in filter(_publishes, projects):
        since = made.began_at + timedelta(hours=3)
        span_s = max((place.now - since).total_seconds(), 60.0)
        planned += [(since + timedelta(seconds=dice.uniform(0, span_s)), made) for _ in range(_PER_PROJECT)]
    return sorted(planned, key=lambda each: each[0])


def _publish(place: Place, made: MadeProject, instant: datetime, dice: random.Random) -> None:
    event_types = made.story.event_types
    event_type = dice.choices(event_types, [5, *([1] * (len(event_types) - 1))])[0]
    with at(instant), place.store.write() as tx:
        found = apis.find_event_type(tx, made.project.api_id, event_type)
        payload: Any = found.example if found else {}
        new = NewMessage(event_type, payload, ids.new_id("req", clock.to_ms(instant)))
        delivery_actions.publish_message(tx, _BY, made.project.id, new)


def _deliver_until(place: Place, receivers: dict[str, MadeProject], until: datetime, dice: random.Random) -> None:
    """Let every try that is due before an instant come back with what the story's receiver answers."""
    while True:
        with place.store.read() as tx:
            due = next_due_at(tx)
        if due is None or due + _SENT_AFTER > until:
            return
        _deliver(place, receivers, due + _SENT_AFTER, dice)


def _deliver(place: Place, receivers: dict[str, MadeProject], instant: datetime, dice: random.Random) -> None:
    with at(instant), place.store.write() as tx:
        dispatches = queue.claim_due(tx, instant, 10, {}, 10)
    for dispatch in dispatches:
        sent = request_of(dispatch, place.secret, instant)
        result = _answer(place, receivers[dispatch.message.project_id], dispatch, instant, dice)
        with at(instant + _TOOK), place.store.write() as tx:
            queue.record_attempt(tx, dispatch, sent, instant, result, dice.uniform(-1, 1))


def _answer(
    place: Place, made: MadeProject, dispatch: Dispatch, instant: datetime, dice: random.Random
) -> AttemptResult:
    first_byte_us = int(dice.lognormvariate(11.2, 0.4))
    timing = Timing(
        dns_us=900, connect_us=7_000, tls_us=11_000, first_byte_us=first_byte_us, total_us=first_byte_us + 18_900
    )
    was_down = timedelta(days=8) < place.now - instant < timedelta(days=10)
    if made.story.receiver == "refuses" or (made.story.receiver == "recovers" and was_down):
        body = b'{"error":"signature mismatch"}'
        words = f"{dispatch.endpoint.url.split('/')[2]} answered 401."
        return AttemptResult(
            "refused", 401, words, "203.0.113.60", timing, (("content-type", "application/json"),), body
        )
    return AttemptResult("accepted", 204, None, "203.0.113.60", timing, (("server", "receiver"),), b"")
