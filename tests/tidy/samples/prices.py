"""Sample pages of price lists."""

from datetime import date

from freehold.dashboard.views import prices
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Pager
from tests.tidy.samples.frame import DIGEST, NOW, ORGANIZATION, Sample, ago, shell

LIST = "prl_01kaa0000000000000000000aa"
TIERS = tuple(
    prices.TierRow(first=first, api=api, endpoint=endpoint, unit=unit, above=above, price=price, per=per)
    for first, api, endpoint, unit, above, price, per in (
        (True, "Example API", "convert_currency", "units of cost", 0, "0.02", 1),
        (True, "", "", "requests", 0, "0.00", 1000), (False, "", "", "requests", 10_000, "0.40", 1000),
        (False, "", "", "requests", 1_000_000, "0.25", 1000),
    )
)  # fmt: skip


def row(state: str, of: str = "Everybody", day: int = 1) -> prices.PriceListRow:
    return prices.PriceListRow(
        id=LIST, of=of, takes_effect_on=date(2026, 11, day), ends_on=date(2027, 1, 1) if state == "over" else None,
        state=state, currency="EUR", items=2, note="Prices of 2027" if state == "coming" else "",
    )  # fmt: skip


def listed(*rows: prices.PriceListRow, name: str | None = None) -> prices.PriceListsView:
    at = f"/organizations/{ORGANIZATION}/prices" if name else "/prices"
    return prices.PriceListsView(
        at=at, organization_name=name, rows=rows, pager=Pager(older=f"{at}?cursor=x") if rows else Pager(),
        present=TIERS if rows else (), present_id=LIST if rows else "", present_currency="EUR" if rows else "",
        edit_blocked="Only an operator of this instance makes prices." if name else None,
    )  # fmt: skip


def one(state: str, withdraw: Form | None = None) -> prices.PriceListView:
    return prices.PriceListView(
        row=row(state), tiers=TIERS, sandbox="free", created_by="Ada Lindqvist", created_at=ago(days=40),
        fingerprint=DIGEST, crumbs=(("Prices", "/prices"),), edit_blocked=None, withdraw=withdraw,
    )  # fmt: skip


def new(form: Form, rows: int = 2, preview: tuple[prices.PreviewRow, ...] | None = None) -> prices.NewPriceListView:
    return prices.NewPriceListView(
        form=form, numbers=tuple(range(rows)),
        endpoints=(Choice("/*", "All the rest"), Choice("api_1/convert_currency", "Example API: convert_currency")),
        organizations=(Choice(ORGANIZATION, "Northgate"),), pers=(Choice("1", "1"), Choice("1000", "1,000")),
        units=(Choice("request", "Served requests"), Choice("cost", "Units of cost, with metered events")),
        sandboxes=(Choice("free", "Free", "Shown in statements, and costs nothing."), Choice("priced", "Priced")),
        month=f"{NOW:%Y-%m}", currency="EUR", preview=preview,
    )  # fmt: skip


def price_pages() -> dict[str, Sample]:
    instance, own = shell("prices", inside=False), shell("prices-of-all", inside=False)
    typed = {
        "takes_effect_on": "2027-01-01", "currency": "EUR", "sandbox": "free", "endpoint_0": "api_1/convert_currency",
        "unit_0": "cost", "per_0": "1", "tiers_0": "0: 0.02", "endpoint_1": "/*", "unit_1": "request", "per_1": "1000",
        "tiers_1": "0: 0\n10,000: 0.40\n1,000,000: 0.25",
    }  # fmt: skip
    wrong = {"takes_effect_on": "2026-11-01 is priced already, by the list of 2026-10-01: what is over keeps its prices.",
             "tiers_1": "Line 2: write it like 10,000: 0.40."}  # fmt: skip
    came = (
        prices.PreviewRow(organization_id=ORGANIZATION, name="Northgate", requests=1_204_311, amount="447.08", present="396.00"),
        prices.PreviewRow(organization_id=ORGANIZATION, name="Harbour", requests=0, amount="0.00", present="not priced"),
    )  # fmt: skip
    return {
        "prices": Sample("prices/list.html.j2", instance, listed(row("coming"), row("in force", "Northgate"), row("withdrawn"), row("over", day=2))),
        "prices-none": Sample("prices/list.html.j2", instance, listed()),
        "prices-own": Sample("prices/list.html.j2", own, listed(row("in force"), name="Northgate")),
        "prices-one": Sample("prices/one.html.j2", instance, one("in force")),
        "prices-coming": Sample("prices/one.html.j2", instance, one("coming", Form())),
        "prices-taken-effect": Sample("prices/one.html.j2", instance, one("in force", Form(message="The price list has taken effect: what is priced keeps its prices."))),
        "prices-new": Sample("prices/new.html.j2", instance, new(Form(typed, idempotency_key="req_1"))),
        "prices-new-preview": Sample("prices/new.html.j2", instance, new(Form(typed), preview=came)),
        "prices-new-nobody": Sample("prices/new.html.j2", instance, new(Form(typed), preview=())),
        "prices-new-wrong": Sample("prices/new.html.j2", instance, new(Form(typed, wrong))),
    }  # fmt: skip
