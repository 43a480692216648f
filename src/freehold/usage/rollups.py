"""Adding up usage events: one row a bucket, for what they have in common. Pure.

The same events in any order and any split give the same sums, so that a rollup can always be proved
against its events. Strangers cannot make rows: a selector or path counts only where it is known.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from freehold.kit import clock
from freehold.kit.sketch import Sketch, bucket_of, merge
from freehold.usage.records import Grain, UsageEvent

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS


class Slot(NamedTuple):
    """What the events of one rollup row have in common. Empty texts where a decision had none."""

    bucket_ms: int
    project_id: str
    key_id: str
    secret: str
    endpoint: str
    outcome: str
    status_class: int


class Sums(NamedTuple):
    """What a rollup row adds up. Latencies in microseconds, of the requests where one was seen.

    `latency`: their sketch, which may be shared by rows of several grains: never to be changed.
    """

    requests: int
    cost: int
    latency_us_sum: int
    latency_count: int
    latency: Sketch


class SecretUse(NamedTuple):
    """What is known of a secret's use. Instants in Unix milliseconds."""

    selector: str
    key_id: str
    first_ms: int
    last_ms: int
    last_address: str | None
    requests: int


def add_up(events: Iterable[UsageEvent]) -> dict[Grain, dict[Slot, Sums]]:
    """The rollup rows of some events, at every grain."""
    return _every_grain(_by_minute(events))


def at_every_grain(added: Iterable[tuple[Slot, Sums]]) -> dict[Grain, dict[Slot, Sums]]:
    """The rollup rows of sums that are of one instant each: a slot's `bucket_ms` may be any moment."""
    return _every_grain(_gathered(added, STARTS["minute"]))


def _every_grain(minutes: dict[Slot, Sums]) -> dict[Grain, dict[Slot, Sums]]:
    hours = _coarser(minutes, STARTS["hour"])
    days = _coarser(hours, STARTS["day"])
    return {"minute": minutes, "hour": hours, "day": days, "month": _coarser(days, STARTS["month"])}


def month_start_ms(ms: int) -> int:
    """The first instant of a moment's month, in UTC."""
    moment = clock.from_ms(ms)
    return clock.to_ms(datetime(moment.year, moment.month, 1, tzinfo=moment.tzinfo))


# The first instant of the bucket that a moment lies in, in UTC.
STARTS: Final[Mapping[Grain, Callable[[int], int]]] = {
    "minute": lambda ms: ms - ms % MINUTE_MS, "hour": lambda ms: ms - ms % HOUR_MS, "day": lambda ms: ms - ms % DAY_MS,
    "month": month_start_ms,
}  # fmt: skip


def status_class(status: int | None) -> int:
    """2 to 5 for a status of 200 to 599, else 0."""
    return status // 100 if status is not None and 200 <= status <= 599 else 0


def secret_uses(events: Iterable[UsageEvent]) -> list[SecretUse]:
    """The uses of each secret of a known key, ordered by selector."""
    # Plain dicts and lists here and below: this runs for every event there is.
    first: dict[tuple[str, str], int] = {}
    last: dict[tuple[str, str], tuple[int, str | None]] = {}
    requests: dict[tuple[str, str], int] = {}
    for event in events:
        if event.key_id is None or event.secret is None:
            continue
        secret, at_ms = (event.secret, event.key_id), event.at_ms
        requests[secret] = requests.get(secret, 0) + 1
        if at_ms <= first.get(secret, at_ms):
            first[secret] = at_ms
        if secret not in last or at_ms >= last[secret][0]:
            last[secret] = (at_ms, event.address)
    return [SecretUse(*secret, first[secret], *last[secret], requests[secret]) for secret in sorted(requests)]


def together(rows: Sequence[Sums]) -> Sums:
    """Several rows' sums as one."""
    return Sums(
        sum(row.requests for row in rows), sum(row.cost for row in rows), sum(row.latency_us_sum for row in rows),
        sum(row.latency_count for row in rows), merge(row.latency for row in rows),
    )  # fmt: skip


def _by_minute(events: Iterable[UsageEvent]) -> dict[Slot, Sums]:
    sums: dict[tuple[int | str, ...], tuple[list[int], Sketch]] = {}
    for event in events:
        known = event.key_id is not None
        slot = (
            event.at_ms - event.at_ms % MINUTE_MS, event.project_id or "", event.key_id or "",
            (event.secret or "") if known else "", (event.endpoint or "") if known else "",
            event.outcome, status_class(event.status),
        )  # fmt: skip
        found = sums.get(slot)
        if found is None:
            found = sums[slot] = ([0, 0, 0, 0], {})
        row, latency = found
        row[0] += 1
        row[1] += event.cost
        if event.latency_us is not None:
            row[2] += event.latency_us
            row[3] += 1
            bucket = bucket_of(event.latency_us)
            latency[bucket] = latency.get(bucket, 0) + 1
    return {Slot._make(slot): Sums(row[0], row[1], row[2], row[3], latency) for slot, (row, latency) in sums.items()}


def _coarser(finer: dict[Slot, Sums], start: Callable[[int], int]) -> dict[Slot, Sums]:
    return _gathered(finer.items(), start)


def _gathered(finer: Iterable[tuple[Slot, Sums]], start: Callable[[int], int]) -> dict[Slot, Sums]:
    rows: dict[Slot, list[Sums]] = {}
    for slot, row in finer:
        rows.setdefault(slot._replace(bucket_ms=start(slot.bucket_ms)), []).append(row)
    return {slot: some[0] if len(some) == 1 else together(some) for slot, some in rows.items()}
