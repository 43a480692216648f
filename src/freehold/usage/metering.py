"""Metered events: units of cost that were used without a request through the gate, as CloudEvents 1.0.

In structured mode (`application/cloudevents+json`) or batched (`application/cloudevents-batch+json`). An
event counts once by its source and id, for good: there is no window after which it would count again. A
batch counts as a whole or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from freehold.apis import queries as apis
from freehold.errors import FieldError, Problem, invalid
from freehold.keys.records import ALLOWED
from freehold.kit import clock
from freehold.organizations import audit
from freehold.organizations.permissions import require
from freehold.organizations.records import Actor
from freehold.projects import actions as projects
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.store.schema import keys, metered_events
from freehold.usage.intake import count_sums
from freehold.usage.rollups import Slot, Sums, at_every_grain

ONE: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
EVENTS_MAX: Final = 1000
# Sums by the hour are kept for about so long; and clocks differ.
_OLDEST: Final = timedelta(days=395)
_AHEAD: Final = timedelta(minutes=5)

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern="^[^\\x00]*$")]


class MeteredData(msgspec.Struct, forbid_unknown_fields=True):
    """What was used: units of cost, and by which key and endpoint where that is known."""

    units: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
    key: _Text | None = None
    endpoint: _Text | None = None


class CloudEvent(msgspec.Struct):
    """A CloudEvent, version 1.0. Extension attributes are allowed, and not kept."""

    specversion: Annotated[str, msgspec.Meta(pattern="^1\\.0$")]
    id: _Text
    source: _Text
    type: _Text
    data: MeteredData
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Metered:
    """What became of a batch: events that were counted, and those that had been counted before."""

    counted: int
    repeated: int


def read_events(content_type: str | None, body: bytes) -> list[CloudEvent]:
    """The events of a request's body; Problem where it holds none that can be read."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    if kind not in (ONE, BATCH):
        raise Problem("unsupported_media_type", f"Send {ONE}, or {BATCH} for several.")
    try:
        found = (
            [msgspec.json.decode(body, type=CloudEvent)]
            if kind == ONE
            else msgspec.json.decode(body, type=list[CloudEvent])
        )
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise invalid(FieldError(place.strip("`.") or "event", f"{message}.", "invalid")) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Problem("bad_request", "The body is not JSON.") from None
    if not 1 <= len(found) <= EVENTS_MAX:
        raise invalid(FieldError("events", f"1 to {EVENTS_MAX} events.", "out_of_range"))
    return found


def meter(tx: Transaction, actor: Actor, project_id: str, events: Sequence[CloudEvent]) -> Metered:
    """Count metered events of a project, each once; Problem `invalid` says what is wrong with which."""
    project = projects.read_project(tx, actor, project_id)
    require(actor, "usage.report", project.organization_id)
    now = clock.now()
    _check(tx, project, events, now)
    # In the order of the key, so that two batches with the same events wait for each other in one direction.
    unique = sorted({(event.source, event.id): event for event in reversed(events)}.items())
    new = sqlite.insert(metered_events) if tx.dialect.name == "sqlite" else postgresql.insert(metered_events)
    added: list[tuple[Slot, Sums]] = []
    for (source, event_id), event in unique:
        at, data = event.time or now, event.data
        row = {
            "project_id": project.id, "source": source, "event_id": event_id, "type": event.type, "at": at,
            "units": data.units, "key_id": data.key, "endpoint": data.endpoint, "received_at": now,
        }  # fmt: skip
        once = new.values(row).on_conflict_do_nothing().returning(metered_events.c.event_id)
        if tx.execute(once).first() is not None:
            slot = Slot(
                clock.to_ms(at), project.id, data.key or "", "", data.endpoint or "", ALLOWED, 0
            )  # fmt: skip
            added.append((slot, Sums(0, data.units, 0, 0, {})))
    counted = len(added)
    if added:
        count_sums(tx, at_every_grain(added))
        audit.record(
            tx, actor, "usage.metered", organization_id=project.organization_id, project_id=project.id,
            subject_kind="project", subject_id=project.id, subject_name=project.name,
            after={"events": counted, "units": sum(sums.cost for _, sums in added)},
        )  # fmt: skip
    return Metered(counted, len(events) - counted)


def _check(tx: Transaction, project: Project, events: Sequence[CloudEvent], now: datetime) -> None:
    own = set(tx.execute(select(keys.c.id).where(keys.c.project_id == project.id)).scalars())
    known = {row.operation_id for row in apis.endpoints_of(tx, project.api_id, True)}
    errors: list[FieldError] = []
    for number, event in enumerate(events):
        place = f"[{number}]." if len(events) > 1 else ""
        errors += _wrong(place, event, own, known, now)
    if errors:
        raise invalid(*errors[:100])


def _wrong(place: str, event: CloudEvent, own: set[str], known: set[str], now: datetime) -> list[FieldError]:
    errors = []
    if event.data.key is not None and event.data.key not in own:
        errors.append(FieldError(f"{place}data.key", f"{event.data.key!r} is no key of this project.", "unknown_key"))
    if event.data.endpoint is not None and event.data.endpoint not in known:
        errors.append(
            FieldError(
                f"{place}data.endpoint", f"{event.data.endpoint!r} is no endpoint of its API.", "unknown_endpoint"
            )
        )
    if event.time is not None and event.time.tzinfo is None:
        errors.append(FieldError(f"{place}time", "Say the time zone too, like 2026-11-22T14:06:00Z.", "no_time_zone"))
    elif event.time is not None and not now - _OLDEST <= event.time <= now + _AHEAD:
        errors.append(FieldError(f"{place}time", "Not in the future, and not more than 13 months ago.", "out_of_range"))
    return errors


def example() -> dict[str, Any]:
    """A metered event, for the documentation."""
    return {
        "specversion": "1.0", "id": "report-4711", "source": "/reports", "type": "report.rendered",
        "time": "2026-11-22T14:06:00Z", "data": {"units": 40, "endpoint": "get_country"},
    }  # fmt: skip
