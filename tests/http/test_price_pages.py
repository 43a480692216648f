"""Pages of price lists: made, refused with nothing lost, tried out, taken back; and who sees what."""

from datetime import timedelta
from typing import Any

import pytest

from freehold.kit import clock
from tests.http.served import Instance, hidden_fields, text_of
from tests.reports.asked import decided_request, price

NEW = "/prices/new"


def typed(instance: Instance, **more: str) -> dict[str, str]:
    day = f"{clock.now().date() + timedelta(days=3)}"
    return {
        "rows": "2", "takes_effect_on": day, "currency": "eur", "organization": "", "sandbox": "priced", "note": "First",
        "endpoint_0": f"{instance.api}/get_parcel", "unit_0": "cost", "per_0": "1", "tiers_0": "0: 0.02\n1,000: 0.01",
        "endpoint_1": "/*", "unit_1": "request", "per_1": "1000", "tiers_1": "0: 0\n10,000: 0.40",
    } | more  # fmt: skip


def test_a_list_is_made_shown_and_withdrawn(instance: Instance) -> None:
    browser = instance.browser("operator")
    assert "No price list yet" in text_of(browser.get("/prices"))
    made = browser.submit(NEW, typed(instance))
    assert made.status_code == 303
    at = made.headers["location"].partition("?")[0]
    shown = text_of(browser.get(at))
    for words in ("get_parcel", "units of cost", "1,000", "0.01", "All the rest", "10,000", "0.40", "Coming", "First"):
        assert words in shown
    # The next one begins with what holds: here nothing does yet.
    assert "tiers_0" in browser.get(NEW).text
    sent = hidden_fields(browser.get(at).text, f"{at}/withdraw")
    assert browser.client.post(f"{at}/withdraw", data=sent).status_code == 303
    assert "Withdrawn" in text_of(browser.get("/prices"))
    again = browser.client.post(f"{at}/withdraw", data=sent)
    assert (again.status_code, "is withdrawn already" in text_of(again)) == (409, True)


def test_the_next_list_begins_with_what_holds_today(instance: Instance) -> None:
    price(instance, clock.now().date())
    form = instance.browser("operator").get(NEW).text
    assert "2: 1.50\n4: 0.75" in form
    assert 'value="EUR"' in form


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"takes_effect_on": "soon"}, "A day is written like"),
        ({"takes_effect_on": "1999-01-01"}, "A day from 2020"),
        ({"currency": "euro"}, "Three letters of ISO 4217"),
        ({"tiers_1": "ten: 3"}, "Line 1: write it like"),
        ({"tiers_1": "0: 0.405"}, "EUR has 2 decimals"),
        ({"tiers_1": "5: 1"}, "Tier 1: The first tier is from the first unit on"),
        ({"tiers_1": ""}, "1 to 20 tiers"),
        ({"endpoint_1": ""}, "choose All the rest"),
        ({"endpoint_0": "/*"}, "priced twice"),
        ({"organization": "org_none"}, "There is no such organization"),
    ],
)
def test_what_is_wrong_comes_back_with_what_was_typed(instance: Instance, wrong: dict[str, str], words: str) -> None:
    back = instance.browser("operator").submit(NEW, typed(instance) | wrong)
    assert back.status_code == 422
    assert words in text_of(back)
    assert 'value="First"' in back.text
    assert "1,000: 0.01" in back.text


def test_a_day_that_is_priced_keeps_its_price(instance: Instance) -> None:
    price(instance, clock.now().date())
    back = instance.browser("operator").submit(NEW, typed(instance, takes_effect_on=f"{clock.now().date()}"))
    assert (back.status_code, "keeps its prices" in text_of(back)) == (422, True)


def test_the_forms_other_buttons_make_nothing(instance: Instance) -> None:
    browser = instance.browser("operator")
    tried = browser.submit(NEW, typed(instance, act="preview"))
    assert tried.status_code == 200
    assert "Harbour" in text_of(tried)
    assert 'value="First"' in tried.text
    more = browser.submit(NEW, typed(instance, act="add", takes_effect_on=""))
    assert more.status_code == 200
    assert "tiers_2" in more.text
    assert "No price list yet" in text_of(browser.get("/prices"))


def test_members_see_what_they_pay_and_only_operators_make_it(instance: Instance) -> None:
    own = price(instance, clock.now().date(), organization_id=instance.harbour)
    browser, at = instance.browser("billing"), f"/organizations/{instance.harbour}/prices"
    shown = browser.get(at)
    assert "1.50" in text_of(shown)
    assert NEW not in shown.text
    assert browser.get(f"/prices/{own.id}").status_code == 200
    for path in ("/prices", NEW):
        assert browser.get(path).status_code == 403
    stranger = instance.browser("stranger")
    for path in (at, f"/prices/{own.id}"):
        assert stranger.get(path).status_code == 404


def test_evidence_is_asked_for_on_the_page_of_reports(instance: Instance) -> None:
    browser, at = instance.browser("owner"), f"/projects/{instance.project}/reports"
    wanted: dict[str, Any] = {"kind": "readiness_evidence", "format": "csv", "from": "", "to": "", "access_request": ""}
    none = browser.submit(at, wanted)
    assert (none.status_code, "Name the access request" in text_of(none)) == (422, True)
    request = decided_request(instance)
    assert f'value="{request}"' in browser.get(at).text
    assert browser.submit(at, wanted | {"access_request": request}).status_code == 303
