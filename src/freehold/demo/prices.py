"""The demonstration's price lists, a statement by them, and the evidence of an approval: by the product's own actions."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from freehold.demo.people import MadeProject, Place, at
from freehold.organizations.records import Actor
from freehold.prices import actions
from freehold.prices.records import REST, Item, NewPriceList, Tier
from freehold.production.review import evidence_report
from freehold.production.review import queries as review_queries
from freehold.reports.actions import request_report
from freehold.reports.records import Parameters

_DAYS: Final = 30
_COMING: Final = timedelta(days=40)


def make_prices(place: Place, projects: Sequence[MadeProject], people: dict[str, Actor]) -> None:
    """One list for everybody, one of the second organization's own, one that is coming; and what came of them."""
    today, operator = place.now.date(), people["ada"]
    api = projects[0].project.api_id
    begins = _begins(today)
    rest = (Tier(0, 0), Tier(100, 2), Tier(1_000, 1))
    own = Item(api, "get_currency", "cost", 1, (Tier(0, 2), Tier(2_000, 1)))
    others = {made.project.organization_id for made in projects} - {projects[0].project.organization_id}
    lists = [
        NewPriceList(None, begins, "EUR", (own, Item(None, REST, "request", 1, rest)), "free", "List prices"),
        NewPriceList(None, _first_after(today + _COMING), "EUR", (own, Item(None, REST, "request", 1_000, (Tier(0, 0), Tier(100, 1_500), Tier(1_000_000, 400)))),
                     "free", "With a price for a million and more"),
        *(NewPriceList(each, today + timedelta(days=1), "EUR", (Item(None, REST, "request", 1_000, (Tier(0, 1_250),)),), "free",
                       "As agreed: one price, nothing free") for each in sorted(others)),
    ]  # fmt: skip
    with at(place.now - timedelta(days=2)), place.store.write() as tx:
        for each in lists:
            actions.create_price_list(tx, operator, each)


def ask_for_statements(place: Place, projects: Sequence[MadeProject]) -> None:
    """A statement of costs and the evidence of an approval: what the tasks process makes as soon as it runs."""
    today = place.now.date()
    evidence_report.register()
    organization = projects[0].project.organization_id
    with at(place.now), place.store.write() as tx:
        statement = Parameters("cost_statement", "csv", _begins(today), today)
        request_report(tx, projects[0].actor, organization, None, statement)
        for made in projects:
            if made.story.name == "Time zone sync" and made.project.environment == "sandbox":
                request = review_queries.latest_request(tx, made.project.id)
                if request is not None and request.decided_at is not None:
                    wanted = Parameters("readiness_evidence", "csv", access_request=request.id)
                    request_report(tx, made.actor, organization, made.project.id, wanted)


def _begins(today: date) -> date:
    """The day from which on there are prices: before the traffic begins, on the first of a month."""
    return (today - timedelta(days=_DAYS + 1)).replace(day=1)


def _first_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
