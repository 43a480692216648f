"""The SDK: what programs of other people import. Never needs anything that only a server has.

`Freehold` and `AsyncFreehold` are the typed clients of the HTTP API: docs/sdk.md. `verify_webhook` is for
receivers of webhooks: docs/webhook-receivers.md.
"""

from msgspec import UNSET

from freehold.sdk.attempts import Retries
from freehold.sdk.calls import Document, Unset
from freehold.sdk.client import AsyncFreehold, Freehold
from freehold.sdk.connection import CallAttempt
from freehold.sdk.errors import AnswerLost, FieldError, FreeholdError, NotReached, Problem, UnreadableAnswer
from freehold.sdk.listings import AsyncListing, Listing, Page
from freehold.sdk.seen_ids import SeenIds
from freehold.sdk.verification import WebhookEvent, WebhookRefused, verify_webhook

__all__ = [
    "UNSET",
    "AnswerLost",
    "AsyncFreehold",
    "AsyncListing",
    "CallAttempt",
    "Document",
    "FieldError",
    "Freehold",
    "FreeholdError",
    "Listing",
    "NotReached",
    "Page",
    "Problem",
    "Retries",
    "SeenIds",
    "UnreadableAnswer",
    "Unset",
    "WebhookEvent",
    "WebhookRefused",
    "verify_webhook",
]
