"""What a mail is, and the closed set of its states. No behaviour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

MailState = Literal["pending", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail to one person. `error` says in one sentence why it was not sent, the last time or for good."""

    id: str
    organization_id: str
    recipient: str
    subject: str
    text: str
    state: MailState
    attempts: int
    due_at: datetime | None
    leased_until_at: datetime | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    html: str | None = None
