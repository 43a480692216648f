# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with alert channels."""

from types import NoneType

from msgspec import UNSET

from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Channel
from freehold.sdk.models.words import ChannelKind


class AlertChannelCalls(Resource[Mode]):
    """What `client.alert_channels` does."""

    @listing
    def list(self, project_id: str) -> Call[Page[Channel]]:
        """A project's chat channels, all of them, by name.

        Raises NotFound.
        """
        return Call("GET", f"/v1/projects/{segment(project_id)}/alert_channels", Page[Channel], repeatable=True)

    @operation
    def create(
        self,
        project_id: str,
        *,
        name: str,
        kind: ChannelKind,
        url: str,
        slot: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Channel]:
        """Add a chat channel, to which every rule of the project tells that notifies by chat.

        A chat channel: `slack` for Slack and what understands it (Mattermost, Discord's /slack), `generic` for
        JSON.

        Raises Conflict, IdempotencyConflict, NotFound, ProjectLocked.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/alert_channels",
            Channel,
            body=sent({"name": name, "kind": kind, "url": url, "slot": slot}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def delete(self, channel_id: str) -> Call[None]:
        """Remove a chat channel; what waits for it is not sent.

        Raises NotFound.
        """
        return Call("DELETE", f"/v1/alert_channels/{segment(channel_id)}", NoneType, repeatable=True)
