# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with price lists."""

from collections.abc import Sequence

from msgspec import UNSET

from freehold.sdk.bodies import PriceItemBody
from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import PriceList, PricePreviews
from freehold.sdk.models.words import PriceListSandbox


class PriceListCalls(Resource[Mode]):
    """What `client.price_lists` does."""

    @listing
    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[PriceList]]:
        """Every price list of the instance and of its organizations, newest first; for operators.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.
        """
        return Call(
            "GET", "/v1/price_lists", Page[PriceList], query={"limit": limit, "cursor": cursor}, repeatable=True
        )

    @operation
    def create(
        self,
        *,
        takes_effect_on: str,
        currency: str,
        items: Sequence[PriceItemBody],
        organization: str | Unset | None = UNSET,
        sandbox: PriceListSandbox | Unset = UNSET,
        note: str | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[PriceList]:
        """Make a price list that holds from a day on, for good: what is over keeps its prices.

        A price list, whole. It prices days of UTC from `takes_effect_on` on: later than today, or not priced yet.
        `organization`: whose alone it is; null: for all without one of their own. `sandbox`: whether sandbox
        projects cost.

        `currency`: ISO 4217.

        Raises IdempotencyConflict.
        """
        return Call(
            "POST",
            "/v1/price_lists",
            PriceList,
            body=sent(
                {
                    "takes_effect_on": takes_effect_on,
                    "currency": currency,
                    "items": items,
                    "organization": organization,
                    "sandbox": sandbox,
                    "note": note,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def preview(
        self,
        *,
        takes_effect_on: str,
        currency: str,
        items: Sequence[PriceItemBody],
        organization: str | Unset | None = UNSET,
        sandbox: PriceListSandbox | Unset = UNSET,
        note: str | Unset = UNSET,
    ) -> Call[PricePreviews]:
        """What the last whole month would have cost under a price list, by organization. Changes nothing.

        A price list, whole. It prices days of UTC from `takes_effect_on` on: later than today, or not priced yet.
        `organization`: whose alone it is; null: for all without one of their own. `sandbox`: whether sandbox
        projects cost.

        `currency`: ISO 4217.
        """
        return Call(
            "POST",
            "/v1/price_lists/preview",
            PricePreviews,
            body=sent(
                {
                    "takes_effect_on": takes_effect_on,
                    "currency": currency,
                    "items": items,
                    "organization": organization,
                    "sandbox": sandbox,
                    "note": note,
                }
            ),
            repeatable=True,
        )

    @operation
    def get(self, price_list_id: str) -> Call[PriceList]:
        """One price list: what each endpoint costs, by tiers.

        Raises NotFound.
        """
        return Call("GET", f"/v1/price_lists/{segment(price_list_id)}", PriceList, repeatable=True)

    @operation
    def withdraw(self, price_list_id: str) -> Call[PriceList]:
        """Take back a price list that has not taken effect yet.

        Raises Conflict, NotFound.
        """
        return Call("POST", f"/v1/price_lists/{segment(price_list_id)}/withdraw", PriceList)

    @listing
    def of_organization(
        self, organization_id: str, *, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[PriceList]]:
        """The price lists that can price an organization, its own and the instance's, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/organizations/{segment(organization_id)}/price_lists",
            Page[PriceList],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )
