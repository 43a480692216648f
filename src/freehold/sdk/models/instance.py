# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about instance."""

from datetime import datetime

from freehold.sdk.model import Model


class Retention(Model, frozen=True, kw_only=True):
    """A kind of data and how long it is kept.

    `days`: null is for good, or as `words` say. `set_by`: `default`, `environment` (by `setting`) or `here` (by
    `set_by_name`); here goes before the environment. `floor`: no fewer days can be set; null: it cannot be set
    here. `rows`: as counted now, `rows_counted` false where there are more than a million.
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


class RetentionPreview(Model, frozen=True, kw_only=True):
    """Exactly what other days would delete now.

    `archived_first`: requests are written to the archive before they go.
    """

    kind: str
    days: int | None
    days_now: int | None
    before: datetime | None
    rows: int
    oldest: datetime | None
    newest: datetime | None
    archived_first: bool
