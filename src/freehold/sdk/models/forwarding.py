# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""Answers about forwarding."""

from datetime import datetime

from freehold.sdk.model import Model
from freehold.sdk.models.words import ForwardingKind, ForwardingState


class Forwarding(Model, frozen=True, kw_only=True):
    """A place that audit entries are sent on to.

    `to`: where, of a URL the host alone. `organization` null: the whole instance's. `failing`: its receiver did
    not take the last batch; `error` says why, `next_try_at` when it is tried again, for good. `told_at`: when
    those who may change it were told of that by e-mail, half an hour after it began; null before, and once the
    receiver takes entries again. `position`: of an organization's chain, up to which all is with the receiver.
    `lag_entries` wait, the oldest of them since `lag_since`. `refused`: entries that a collector said it would
    never take.
    """

    id: str
    organization: str | None
    kind: ForwardingKind
    name: str
    to: str
    state: ForwardingState
    error: str | None
    failing_since: datetime | None
    next_try_at: datetime | None
    told_at: datetime | None
    position: int | None
    lag_entries: int
    lag_since: datetime | None
    sent: int
    refused: int
    last_sent_at: datetime | None
    created_by: str
    created_at: datetime
    etag: str


class ForwardingWithSecret(Forwarding, frozen=True, kw_only=True):
    """A forwarding with its new signing secret, which is shown this once; null where its kind signs nothing."""

    signing_secret: str | None


class ForwardingTest(Model, frozen=True, kw_only=True):
    """What came of a test entry (`audit.test`): taken, or why not."""

    taken: bool
    error: str | None
