# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with apis."""

from typing import Literal

from msgspec import UNSET

from freehold.sdk.bodies import UpstreamsBody
from freehold.sdk.calls import Call, Document, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Api, ConfirmedApi, Imported


class ApiCalls(Resource[Mode]):
    """What `client.apis` does."""

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Api]]:
        """The APIs, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.
        """
        return Call("GET", "/v1/apis", Page[Api], query={"limit": limit, "cursor": cursor}, repeatable=True)

    @operation
    def create(
        self,
        name: str,
        *,
        slug: str | Unset | None = UNSET,
        upstreams: UpstreamsBody | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Api]:
        """Register an API. Its catalogue comes with its OpenAPI document.

        A new API. Without a slug one is made from the name.

        Raises AlreadyExists, IdempotencyConflict.
        """
        return Call(
            "POST",
            "/v1/apis",
            Api,
            body=sent({"name": name, "slug": slug, "upstreams": upstreams}),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, api: str) -> Call[Api]:
        """One API, by its id or slug.

        Raises NotFound.
        """
        return Call("GET", f"/v1/apis/{segment(api)}", Api, repeatable=True)

    @operation
    def edit(
        self,
        api: str,
        *,
        name: str | Unset = UNSET,
        upstreams: UpstreamsBody | Unset = UNSET,
        fail_open: bool | Unset = UNSET,
        pass_key: bool | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[ConfirmedApi]:
        """Change an API's name, upstreams, whether it fails open, or whether its upstream gets the key (RFC 7396).

        Answers when every live gate process decides by it.

        New values; what is absent stays, a null upstream is cleared.

        `fail_open`: Off: a gate that cannot hear the database refuses every key as `unavailable`. On: it goes on
        allowing the keys that it knows, revoked ones too, until it hears again.
        `pass_key`: Whether the gateway sends the caller's key on to the upstream, as it came; else no upstream ever
        sees a key.

        Raises NotFound, PreconditionFailed.
        """
        return Call(
            "PATCH",
            f"/v1/apis/{segment(api)}",
            ConfirmedApi,
            body=sent({"name": name, "upstreams": upstreams, "fail_open": fail_open, "pass_key": pass_key}),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def get_openapi(self, api: str) -> Call[Document]:
        """An API's OpenAPI document, as it was imported.

        Raises NotFound.
        """
        return Call("GET", f"/v1/apis/{segment(api)}/openapi", Document, repeatable=True)

    @operation
    def import_openapi(
        self,
        api: str,
        content: bytes,
        *,
        media_type: Literal["application/json", "application/yaml"] = "application/json",
        if_match: str | None = None,
    ) -> Call[Imported]:
        """Replace an API's catalogue by an OpenAPI 3.1 document's, in JSON or YAML.

        What the document no longer has stays in the scopes that name it, and is denied as `endpoint_unknown`.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "PUT",
            f"/v1/apis/{segment(api)}/openapi",
            Imported,
            content=Document(content, media_type),
            if_match=if_match,
            repeatable=True,
        )
