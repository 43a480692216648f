"""What statements and evidence are of, for tests of reports: a price list, and an access request that is decided."""

from datetime import date
from pathlib import Path
from typing import Any, Final

from freehold.prices import actions as prices
from freehold.prices.records import REST, Item, NewPriceList, PriceList, Tier
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.records import Policy
from freehold.production.review import actions as review_actions
from freehold.production.review import decisions as review_decisions
from freehold.production.review.records import NewRequest
from freehold.reports import rules
from freehold.reports.places.opening import folder_of
from freehold.reports.records import Report
from freehold.settings import Settings
from tests.http.served import Instance

# The first 2 are free; then 1.50 for each, above 4 of them 0.75.
REST_ITEM: Final = Item(None, REST, "request", 1, (Tier(0, 0), Tier(2, 150), Tier(4, 75)))

ASKED: Final = NewRequest("Shows parcels to partners\nat the counter", 20_000, 50_000, 20, "2027-06-01")


def price(instance: Instance, day: date, *items: Item, **more: Any) -> PriceList:
    """Let a price list hold from a day on; sandbox is priced."""
    usual: dict[str, Any] = {"organization_id": None, "currency": "EUR", "sandbox": "priced"}
    wanted = NewPriceList(takes_effect_on=day, items=items or (REST_ITEM,), **usual | more)
    with instance.store.write() as tx:
        return prices.create_price_list(tx, instance.actor("operator"), wanted)


def decided_request(instance: Instance, deny: str = "") -> str:
    """Let the project ask for production, and the operator say yes (or no, and why); the request's id."""
    operator = instance.actor("operator")
    with instance.store.write() as tx:
        readiness_policies.set_policy(tx, operator, instance.api, Policy(instance.api, blocking=frozenset()))
        asked = review_actions.request_access(tx, instance.actor("developer"), instance.project, ASKED)
    with instance.store.write() as tx:
        if deny:
            review_decisions.deny_request(tx, operator, asked.id, deny)
        else:
            review_decisions.approve_request(tx, operator, asked.id, asked.fingerprint, "Small scope.")
    return asked.id


def file_of(settings: Settings, report: Report) -> Path:
    """Where a ready report's file is kept."""
    return folder_of(settings) / rules.kept_name(report)
