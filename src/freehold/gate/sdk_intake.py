"""Taking a shipment of an SDK process's journal into the database, each event once. SQL only.

The cursor of the journal is in the database and moves in the same transaction as the counting, from
where the shipment begins: of a shipment that comes twice, or to two workers at once, one is counted
and the other is told where the cursor is. What the process may not report is passed over and said so,
never a reason to stand still.
"""

import contextlib
from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import select

from freehold.errors import Problem
from freehold.gate.keyring import TokenRecord
from freehold.gate.sdk_verifiers import claim, owner_of
from freehold.kit import clock, ids
from freehold.store.engine import Store, Transaction
from freehold.store.schema import journals, key_secrets, keys, projects
from freehold.usage.intake import Resent, Step, open_journal, pass_batch, without_known
from freehold.usage.journal_frames import decode_frame
from freehold.usage.journal_reader import Place
from freehold.usage.records import OUTCOMES, UsageEvent
from freehold.usage.shipping import Receipt, Shipment

# As the gate itself cuts them.
_PATH_MAX: Final = 1024
_TEXT_MAX: Final = 256
_LIMITS_MAX: Final = 16

_decode_event = msgspec.msgpack.Decoder(UsageEvent).decode

# Whose an event says it is: key, secret, project, organization, environment, API.
_Owners = tuple[str | None, ...]


def take(store: Store, token: TokenRecord, shipment: Shipment) -> Receipt:
    """Count a shipment; how far its journal is counted then. Problem where the journal is somebody else's."""
    try:
        with store.write() as tx:
            return _take(tx, token, shipment, resent=False)
    except Resent:
        with store.write() as tx:
            return _take(tx, token, shipment, resent=True)


def _take(tx: Transaction, token: TokenRecord, shipment: Shipment, *, resent: bool) -> Receipt:
    now = clock.now()
    claim(tx, shipment.process, owner_of(token), now)
    shipped, unreadable = _events(shipment.frames)
    events = list(_acceptable(tx, token, shipped, clock.to_ms(now)))
    refused = unreadable + len(shipped) - len(events)
    if resent and events:
        events = without_known(tx, shipment.process, events)
    complete_to = min(now, clock.from_ms(shipment.complete_to_ms))
    step = Step(
        shipment.process, Place(*shipment.start), Place(*shipment.end), complete_to, now if shipment.ended else None
    )
    moved = not _has_ended(tx, shipment.process) and pass_batch(tx, step, events)
    cursor = open_journal(tx, shipment.process, "", now)
    return Receipt(*cursor.place, cursor.ended, refused if moved else 0)


def _has_ended(tx: Transaction, process: str) -> bool:
    return tx.execute(select(journals.c.ended_at).where(journals.c.id == process)).scalar() is not None


def _events(frames: bytes) -> tuple[list[tuple[int, UsageEvent]], int]:
    """The events of a shipment with their positions, and how many of its frames hold none; Problem where it is torn."""
    found: list[tuple[int, UsageEvent]] = []
    count = at = 0
    while frame := decode_frame(frames, at):
        with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
            found.append((frame.position, _decode_event(frame.payload)))
        count, at = count + 1, frame.end
    if at != len(frames):
        raise Problem("bad_request", "The shipment does not consist of whole frames.")
    return found, count - len(found)


def _acceptable(
    tx: Transaction, token: TokenRecord, events: list[tuple[int, UsageEvent]], now_ms: int
) -> Iterable[tuple[int, UsageEvent]]:
    """The events that this token may report, in a form as if this gate had written them."""
    known = _owners(tx, {event.secret for _, event in events if event.secret is not None})
    for position, event in events:
        if not _is_sound(event):
            continue
        said = (event.key_id, event.secret, event.project_id, event.organization_id, event.environment, event.api_id)
        if said != (None,) * 6 and (event.secret is None or known.get(event.secret) != said):
            continue
        if token.organization_id is not None and event.organization_id not in (None, token.organization_id):
            continue
        # A clock that runs ahead must not put usage into a time that nobody looks at yet.
        yield position, msgspec.structs.replace(event, via="sdk", at_ms=min(event.at_ms, now_ms))


def _is_sound(event: UsageEvent) -> bool:
    return (
        ids.is_id(event.id, "req")
        and event.outcome in OUTCOMES
        and len(event.path or "") <= _PATH_MAX
        and len(event.limits) <= _LIMITS_MAX
        and all(len(text or "") <= _TEXT_MAX for text in (event.method, event.user_agent, event.address, event.rule))
        and len(event.endpoint or "") <= _PATH_MAX
    )


def _owners(tx: Transaction, selectors: set[str]) -> dict[str, _Owners]:
    """To whom these secrets belong (primary key)."""
    rows = tx.execute(
        select(
            key_secrets.c.key_id, key_secrets.c.selector, key_secrets.c.project_id, projects.c.organization_id,
            projects.c.environment, projects.c.api_id,
        )
        .join(keys, keys.c.id == key_secrets.c.key_id)
        .join(projects, projects.c.id == key_secrets.c.project_id)
        .where(key_secrets.c.selector.in_(selectors))
    )  # fmt: skip
    return {row.selector: tuple(row) for row in rows}
