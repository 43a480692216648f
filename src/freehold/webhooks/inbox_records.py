"""What a hosted inbox is, and what it keeps of each request. No behaviour."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from freehold.webhooks.records import HeaderPairs
from freehold.webhooks.rehearsal import Answer, ReadVerdict

REQUESTS_MAX: Final = 100
KEPT_BYTES_MAX: Final = 64 * 1024
HEADERS_MAX: Final = 60
HEADER_CHARACTERS_MAX: Final = 1024


@dataclass(frozen=True, slots=True)
class Inbox:
    """The receiver that Freehold hosts for a sandbox project: `address` is what cannot be guessed of its URL."""

    project_id: str
    address: str
    answer: Answer
    retry_after_s: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Arriving:
    """A request to an inbox as it came. `header_pairs` in their order, names in lower case."""

    header_pairs: HeaderPairs = field(repr=False)
    body: bytes = field(repr=False)
    client: str


@dataclass(frozen=True, slots=True)
class InboxRequest:
    """A request as it is kept: the start of its body, secret header values masked, and what it turned out to be.

    `status`: what it was answered; None where the answer was told to come too late.
    """

    id: str
    at: datetime
    address: str | None
    message_id: str | None
    headers: HeaderPairs
    body: bytes
    body_bytes: int
    verdict: ReadVerdict
    detail: str
    status: int | None
