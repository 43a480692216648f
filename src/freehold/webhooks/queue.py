"""The delivery queue: claim what is due, record what came back, and what follows for the endpoint.

One function is one transaction, which the caller opens; none of them sends. Claim and commit, send,
record and commit: a crash in between leaves a lease that runs out, and the message is sent again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from freehold.kit import clock
from freehold.organizations import audit
from freehold.store.engine import Transaction
from freehold.webhooks import delivery_queries, giving_up, queries, queue_queries, rules
from freehold.webhooks.outgoing import attempt_of
from freehold.webhooks.queue_queries import Waiting
from freehold.webhooks.records import Attempt, AttemptResult, Dispatch, Outgoing, Tried
from freehold.webhooks.rules import Consequence

# An archived project's deliveries wait: looked at again this often, sent once it is restored.
_ARCHIVED_WAIT: Final = timedelta(minutes=5)
_ALL: Final = 1_000_000

# --- claiming -------------------------------------------------------------------------------------


def claim_due(
    tx: Transaction, now: datetime, room: int, running: Mapping[str, int], per_endpoint: int
) -> list[Dispatch]:
    """Claim up to `room` due deliveries, no endpoint more than its share beside what is `running` (by endpoint id)."""
    wanted = []
    for each in queue_queries.look(tx, now, "", _ALL, per_endpoint).waiting:
        if each.held_until_at is not None and each.held_until_at > now:
            # What is left alone takes no room from the others.
            continue
        count = min(room, per_endpoint - running.get(each.endpoint_id, 0))
        if count > 0:
            wanted.append((each, count))
            room -= count
    return claim(tx, now, wanted)


def claim(tx: Transaction, now: datetime, wanted: Sequence[tuple[Waiting, int]]) -> list[Dispatch]:
    """Claim due deliveries of endpoints, of each at most so many; less where it wants order, has a rate or is failing."""
    plain: dict[int, list[str]] = defaultdict(list)
    taken: list[str] = []
    for each, count in wanted:
        if each.held_until_at is not None and each.held_until_at > now:
            continue
        if each.fifo or each.max_per_second or each.state == "failing":
            taken += _claim_with_care(tx, now, each, count)
        else:
            plain[count].append(each.endpoint_id)
    for count, endpoint_ids in plain.items():
        taken += queue_queries.due_of(tx, endpoint_ids, count, now)
    if not taken:
        return []
    until = now + rules.LEASE
    queue_queries.lease(tx, taken, until)
    return _sendable(tx, taken, until, now)


def _claim_with_care(tx: Transaction, now: datetime, each: Waiting, count: int) -> list[str]:
    """Claim of an endpoint that decides for all dispatchers together: under its row's lock."""
    there = queue_queries.lock_endpoint(tx, each.endpoint_id)
    if there is None:
        return []
    health, slot = there
    if health.held_until_at is not None and health.held_until_at > now:
        return []
    one_at_a_time = each.fifo or health.state == "failing"
    if one_at_a_time and queue_queries.is_being_sent(tx, each.endpoint_id, now):
        return []
    next_slot = None
    if each.max_per_second:
        count, next_slot = rules.slots(slot, now, each.max_per_second, 1 if one_at_a_time else count)
    if count <= 0:
        return []
    if each.fifo:
        first = queue_queries.first_in_line(tx, each.endpoint_id, now)
        taken = [first] if first else []
    else:
        taken = queue_queries.due_of(tx, [each.endpoint_id], 1 if one_at_a_time else count, now)
    if next_slot is not None and taken:
        queue_queries.set_slot(tx, each.endpoint_id, next_slot)
    return taken


def _sendable(tx: Transaction, taken: Sequence[str], until: datetime, now: datetime) -> list[Dispatch]:
    """The claimed deliveries that can be sent now; the others are given back to wait."""
    rows = queue_queries.claimed(tx, taken)
    endpoint_ids = sorted({endpoint_id for _, endpoint_id, _, _ in rows})
    endpoints = queries.endpoints_by_id(tx, endpoint_ids)
    secrets = queries.secrets_of(tx, endpoint_ids)
    archived, parked, dispatches = [], [], []
    for delivery_id, endpoint_id, is_archived, message in rows:
        endpoint = endpoints.get(endpoint_id)
        if endpoint is None or not rules.may_send(endpoint, message):
            parked.append(delivery_id)
        elif is_archived:
            archived.append(delivery_id)
        else:
            dispatches.append(Dispatch(delivery_id, until, endpoint, secrets[endpoint_id], message))
    queue_queries.postpone(tx, parked, None)
    queue_queries.postpone(tx, archived, now + _ARCHIVED_WAIT)
    return dispatches


# --- recording ------------------------------------------------------------------------------------


def record_attempt(
    tx: Transaction, dispatch: Dispatch, sent: Outgoing, at: datetime, result: AttemptResult, jitter: float
) -> Attempt:
    """Keep what came of an attempt sent at an instant, and what follows from it. `jitter` is drawn evenly from -1 to 1."""
    return record_attempts(tx, [Tried(dispatch, sent, at, result, jitter)])[0]


def record_attempts(tx: Transaction, batch: Sequence[Tried], pages_url: str = "") -> list[Attempt]:
    """Keep what came of attempts, each of a delivery of its own, and what follows for deliveries and endpoints.

    `pages_url`: where the dashboard is, for the mail to the owners of an endpoint that is disabled.
    """
    now = clock.now()
    fares = _fares(tx, batch, now)
    numbers = queue_queries.count_attempts(tx, [each.dispatch.delivery_id for each in batch])
    kept = [
        attempt_of(each.dispatch.delivery_id, numbers[each.dispatch.delivery_id][0], each.at, each.sent, each.result)
        for each in batch
    ]
    delivery_queries.insert_attempts(tx, kept)
    delivered: list[str] = []
    failures: list[tuple[str, datetime, Consequence]] = []
    gone: dict[str, tuple[Dispatch, str]] = {}
    for each in batch:
        tries = numbers[each.dispatch.delivery_id][1]
        follows = rules.consequence(each.result, tries, each.dispatch.message.origin, now, each.jitter)
        if follows.state == "delivered":
            delivered.append(each.dispatch.delivery_id)
        else:
            failures.append((each.dispatch.delivery_id, each.dispatch.leased_until_at, follows))
        if follows.disables:
            gone[each.dispatch.endpoint.id] = each.dispatch, follows.disables
    queue_queries.deliver(tx, delivered, now)
    queue_queries.settle(tx, failures, now)
    gone |= _follow_health(tx, batch, fares, now)
    for dispatch, reason in gone.values():
        giving_up.disable(tx, dispatch.endpoint, reason, pages_url)
    return kept


def _fares(tx: Transaction, batch: Sequence[Tried], now: datetime) -> dict[str, queue_queries.Fares]:
    """How the batch's endpoints fare. Those that something changes for are held, before any of their deliveries."""
    endpoint_ids = sorted({each.dispatch.endpoint.id for each in batch})
    fares = queue_queries.fares_of(tx, endpoint_ids)
    # The logs before the endpoints, as whoever changes one takes them: an endpoint that is disabled writes an entry.
    for organization_id in sorted(_giving_up(batch, fares, now)):
        audit.hold(tx, organization_id)
    failed = {each.dispatch.endpoint.id for each in batch if each.result.outcome != "accepted"}
    changing = [each for each, how in fares.items() if each in failed or _is_ill(how.health)]
    return fares | queue_queries.fares_of(tx, changing, locked=True) if changing else fares


def _giving_up(batch: Sequence[Tried], fares: Mapping[str, queue_queries.Fares], now: datetime) -> set[str]:
    """The organizations that may have an endpoint to be disabled. `fares` are not held: one more does no harm."""
    after = _health_after(batch, fares, now)
    gone = {each.dispatch.endpoint.id for each in batch if each.result.status == rules.GONE}
    failed = {endpoint_id for endpoint_id, (health, _) in after.items() if rules.is_to_be_disabled(health, now)}
    ending = (gone | failed) & fares.keys()
    return {each.dispatch.endpoint.organization_id for each in batch if each.dispatch.endpoint.id in ending}


def _is_ill(health: rules.Health) -> bool:
    return health.failures > 0 or health.held_until_at is not None


def _follow_health(
    tx: Transaction, batch: Sequence[Tried], fares: Mapping[str, queue_queries.Fares], now: datetime
) -> dict[str, tuple[Dispatch, str]]:
    """Write down how the endpoints fare now. Those that have failed for too long, with the reason."""
    given_up = {}
    for endpoint_id, (health, each) in _health_after(batch, fares, now).items():
        if health == fares[endpoint_id].health:
            continue
        queue_queries.set_health(tx, endpoint_id, health, _reason(health, fares[endpoint_id], each))
        if rules.is_to_be_disabled(health, now):
            given_up[endpoint_id] = (
                each.dispatch,
                f"Nothing was accepted for 5 days. The last attempt: {each.result.error}",
            )
    return given_up


def _health_after(
    batch: Sequence[Tried], fares: Mapping[str, queue_queries.Fares], now: datetime
) -> dict[str, tuple[rules.Health, Tried]]:
    """How the endpoints that were tried fare after the batch, each with its last attempt."""
    after: dict[str, tuple[rules.Health, Tried]] = {}
    for each in batch:
        endpoint_id = each.dispatch.endpoint.id
        # What another URL answered says nothing of the one that is there now.
        if endpoint_id in fares and fares[endpoint_id].url == each.sent.url:
            before = after[endpoint_id][0] if endpoint_id in after else fares[endpoint_id].health
            origin = each.dispatch.message.origin
            after[endpoint_id] = rules.health_after(before, each.result, origin, now, each.jitter), each
    return after


def _reason(after: rules.Health, before: queue_queries.Fares, each: Tried) -> str | None:
    """Why an endpoint is in its state, in words: a failing one says what its receiver last did."""
    if after.state == "failing":
        return f"{after.failures} attempts in a row failed. The last: {each.result.error}"
    return None if before.health.state == "failing" else before.reason
