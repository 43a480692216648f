"""A sandbox project's inbox: the receiver that Freehold hosts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One request in the list. `status` is None where the answer was told to come too late."""

    id: str
    at: datetime
    verdict: Literal["verified", "repeated", "refused", "unverified"]
    what: str
    status: int | None
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRequestView:
    """One request in full, as it came."""

    id: str
    at: datetime
    verdict: Literal["verified", "repeated", "refused", "unverified"]
    detail: str
    address: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: str
    body_bytes: int
    body_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxView:
    """The inbox of a project (`webhooks/inbox.html.j2`). `url` is empty before it was opened.

    Fields of the form: `answer`, `retry_after_s`. The block `live` waits at `/projects/{project_id}/inbox/live`.
    """

    project_id: str
    url: str
    rows: tuple[InboxRow, ...]
    shown: InboxRequestView | None
    endpoints: tuple[Link, ...]
    answers: tuple[Choice, ...]
    kept_max: int
    form: Form = field(default_factory=Form)
