# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with replays."""

from datetime import datetime

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Replay
from freehold.sdk.models.words import ReplayFilterState


class ReplayCalls(Resource[Mode]):
    """What `client.replays` does."""

    @listing
    def list(self, endpoint_id: str, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Replay]]:
        """An endpoint's replays, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/webhooks/{segment(endpoint_id)}/replays",
            Page[Replay],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def start(
        self,
        endpoint_id: str,
        *,
        state: ReplayFilterState | Unset | None = UNSET,
        event_type: str | Unset | None = UNSET,
        from_: datetime | Unset | None = UNSET,
        to: datetime | Unset | None = UNSET,
        message: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Replay]:
        """Begin a job that sends an endpoint's deliveries once more that a filter names.

        Which deliveries to send once more. Without a `state`: all that was not accepted, which is `failed` and what
        waits for a retry (`pending`).

        `from_`: From this time on, by when the deliveries were made.
        `to`: Before this time.
        `message`: Only of this message.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/webhooks/{segment(endpoint_id)}/replays",
            Replay,
            body=sent({"state": state, "event_type": event_type, "from": from_, "to": to, "message": message}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, replay_id: str) -> Call[Replay]:
        """One replay: how far it has come, and how its deliveries stand now.

        Raises NotFound.
        """
        return Call("GET", f"/v1/replays/{segment(replay_id)}", Replay, repeatable=True)

    @operation
    def cancel(self, replay_id: str) -> Call[Replay]:
        """Stop a replay; what it has replayed by then is sent all the same.

        Raises Conflict, NotFound.
        """
        return Call("POST", f"/v1/replays/{segment(replay_id)}/cancel", Replay)
