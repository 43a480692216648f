"""HTTP of what is kept. Thin: parse, one action, present. Operators only."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar.params import Parameter

from freehold.keeping import retention_actions as actions
from freehold.keeping.kinds import DAYS_MAX, KINDS, SETTABLE
from freehold.keeping.retention_actions import Kept, Preview
from freehold.keeping.retention_queries import COUNT_MAX
from freehold.kit.paging import Page
from freehold.web.call import Call
from freehold.web.inputs import Body

PreviewDays = Annotated[
    int | None, Parameter(description="So many days; absent: as the environment says.", ge=1, le=DAYS_MAX)
]
Days = Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX, examples=[14])]


class RetentionView(msgspec.Struct, kw_only=True):
    """A kind of data and how long it is kept.

    `days`: null is for good, or as `words` say. `set_by`: `default`, `environment` (by `setting`) or `here` (by `set_by_name`);
    here goes before the environment. `floor`: no fewer days can be set; null: it cannot be set here. `rows`: as counted now,
    `rows_counted` false where there are more than a million.
    """

    kind: str
    title: str
    detail: str
    why: str
    days: int | None
    words: str | None
    set_by: str
    set_by_name: str | None
    set_at: datetime | None
    setting: str | None
    floor: int | None
    rows: int | None
    rows_counted: bool
    oldest: datetime | None
    newest: datetime | None


class RetentionPreviewView(msgspec.Struct, kw_only=True):
    """Exactly what other days would delete now. `archived_first`: requests are written to the archive before they go."""

    kind: str
    days: int | None
    days_now: int | None
    before: datetime | None
    rows: int
    oldest: datetime | None
    newest: datetime | None
    archived_first: bool


class RetentionBody(Body, frozen=True):
    """For how many days to keep it; null: as the environment says. `confirm`: the kind, typed, where that deletes anything."""

    days: Annotated[Days | None, msgspec.Meta(examples=[14])]
    confirm: Annotated[str, msgspec.Meta(max_length=100, examples=["requests"])] = ""


def list_retentions(call: Call) -> Page[RetentionView]:
    """Everything that is kept: for how long, set by whom, how much there is."""
    with call.read() as tx:
        return Page([_view(each) for each in actions.list_kept(tx, call.actor, call.settings)], None)


def preview_retention(call: Call, kind: str, days: PreviewDays = None) -> RetentionPreviewView:
    """Exactly what other days for a kind would delete now; without `days`, what the environment's would."""
    with call.read() as tx:
        return _preview(actions.preview(tx, call.actor, call.settings, kind, days))


def set_retention(call: Call, kind: str, data: RetentionBody) -> RetentionPreviewView:
    """Keep a kind for other days. What is older is deleted in pieces, beginning within a minute."""
    with call.write() as tx:
        return _preview(actions.set_retention(tx, call.actor, call.settings, kind, data.days, data.confirm))


def _view(kept: Kept) -> RetentionView:
    facts, amount = KINDS[kept.kind], kept.amount
    return RetentionView(
        kind=kept.kind, title=facts.title, detail=facts.detail, why=facts.why, days=kept.days,
        words=facts.words or None, set_by=kept.by, set_by_name=kept.set_by or None, set_at=kept.set_at,
        setting=facts.setting or None, floor=facts.floor if kept.kind in SETTABLE else None,
        rows=amount.rows if amount else None, rows_counted=amount is None or amount.rows < COUNT_MAX,
        oldest=amount.oldest if amount else None, newest=amount.newest if amount else None,
    )  # fmt: skip


def _preview(seen: Preview) -> RetentionPreviewView:
    return RetentionPreviewView(
        kind=seen.kind, days=seen.days, days_now=seen.now, before=seen.before, rows=seen.goes.rows,
        oldest=seen.goes.oldest, newest=seen.goes.newest, archived_first=seen.archived,
    )  # fmt: skip
