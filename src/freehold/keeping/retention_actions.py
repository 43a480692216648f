"""What is kept: shown, previewed to the last row, and set. Operators only. The loops of the tasks process delete."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from freehold.errors import FieldError, invalid, not_found
from freehold.keeping import retention_queries
from freehold.keeping.kinds import DAYS_MAX, KINDS, SETTABLE
from freehold.keeping.retention_queries import Amount
from freehold.keeping.trimming import bound
from freehold.kit import clock
from freehold.organizations import audit
from freehold.organizations.permissions import require_operator
from freehold.organizations.records import Actor
from freehold.settings import Settings
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind as it is kept. `days`: None for good, or where `words` of the kind say it; `by`: default, environment or here."""

    kind: str
    days: int | None
    by: str
    set_by: str
    set_at: datetime | None
    amount: Amount | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What other days would delete now. `archived`: requests are written to the archive first."""

    kind: str
    days: int | None
    now: int | None
    before: datetime | None
    goes: Amount
    archived: bool


def list_kept(tx: Transaction, actor: Actor, settings: Settings) -> list[Kept]:
    """Everything that is kept, in the order of the kinds."""
    require_operator(actor)
    return [_kept(tx, settings, kind, amount=True) for kind in KINDS]


def preview(tx: Transaction, actor: Actor, settings: Settings, kind: str, days: int | None) -> Preview:
    """Exactly what other days for a kind would delete now; None days: as the environment says."""
    require_operator(actor)
    _check(kind, days)
    wanted = days if days is not None else _usual(settings, kind)[0]
    before = None if wanted is None else _before(kind, wanted)
    goes = Amount(0, None, None) if before is None else retention_queries.what_goes(tx, kind, before)
    present = _kept(tx, settings, kind).days
    return Preview(kind, wanted, present, before, goes, archived=kind == "requests" and bool(settings.archive))


def set_retention(
    tx: Transaction, actor: Actor, settings: Settings, kind: str, days: int | None, confirm: str
) -> Preview:
    """Keep a kind for other days; None: as the environment says again. Where that deletes, its name has to be typed."""
    seen = preview(tx, actor, settings, kind, days)
    if seen.goes.rows and confirm.strip() != kind:
        raise invalid(
            FieldError("confirm", f"This deletes {seen.goes.rows:,} rows: type {kind} to confirm it.", "not_confirmed")
        )
    before = _kept(tx, settings, kind)
    retention_queries.set_days(tx, kind, days, actor.name, clock.now())
    after = _kept(tx, settings, kind)
    if (before.days, before.by) != (after.days, after.by):
        audit.record(
            tx, actor, "retention.changed", organization_id=None, subject_kind="retention", subject_id=kind,
            subject_name=KINDS[kind].title, before=_facts(before), after={**_facts(after), "deletes": seen.goes.rows},
        )  # fmt: skip
    return seen


def _check(kind: str, days: int | None) -> None:
    if kind not in SETTABLE:
        raise not_found("kind of data that can be set")
    floor = KINDS[kind].floor or 1
    if days is not None and not floor <= days <= DAYS_MAX:
        raise invalid(FieldError("days", f"From {floor} to {DAYS_MAX:,} days.", "out_of_range"))


def _usual(settings: Settings, kind: str) -> tuple[int | None, str]:
    """What holds where no operator has said, and whether the environment said so."""
    facts = KINDS[kind]
    if not facts.field:
        return facts.usual, "default"
    days = int(getattr(settings, facts.field))
    return days, "default" if days == int(getattr(Settings(), facts.field)) else "environment"


def _kept(tx: Transaction, settings: Settings, kind: str, amount: bool = False) -> Kept:
    days, by = _usual(settings, kind)
    set_by, set_at = "", None
    given = retention_queries.who_set(tx).get(kind)
    if given:
        days, set_by, set_at = given
        by = "here"
    found = retention_queries.amount_of(tx, kind) if amount else None
    return Kept(kind, days, by, set_by, set_at, found)


def _before(kind: str, days: int) -> datetime:
    """The instant before which a kind goes: mails to the moment, everything else by whole UTC days."""
    now = clock.now()
    return now - timedelta(days=days) if kind == "mails" else bound(days, now)


def _facts(kept: Kept) -> dict[str, int | str]:
    return {"days": kept.days if kept.days is not None else "for good", "by": kept.by}
