"""Pages of production access: the team's, the queue and the review, in each of their states; and what forms bring back."""

from datetime import timedelta
from typing import Any

import pytest

from freehold.kit import clock
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.records import Policy
from tests.http.served import SYSTEM, Browser, Instance, text_of

ASKED: dict[str, str] = {
    "use_case": "Shows <parcels> to partners", "requests_a_day_from": "20,000", "requests_a_day_to": "50000",
    "peak_a_second": "20", "launch_on": f"{clock.now().date() + timedelta(days=30)}",
}  # fmt: skip


@pytest.fixture
def ready(instance: Instance) -> Instance:
    """Nothing blocks: what does is what one test is about."""
    require(instance, frozenset())
    return instance


def require(instance: Instance, blocking: Any) -> None:
    with instance.store.write() as tx:
        readiness_policies.set_policy(tx, SYSTEM, instance.api, Policy(instance.api, blocking=blocking))


def at(instance: Instance) -> str:
    return f"/projects/{instance.project}/production"


def ask(instance: Instance, who: str = "developer") -> str:
    """Ask on the page; the request's id."""
    answer = instance.browser(who).submit(at(instance), ASKED)
    assert answer.status_code == 303, answer.text
    found: str = instance.client(who).get(f"/v1/projects/{instance.project}/access_requests").json()["data"][0]["id"]
    return found


def submit(browser: Browser, page: str, act: str, **fields: str) -> Any:
    """Fill in the form of an act on the page where it is."""
    return browser.submit(f"{page}/{act}", fields, at=page)


def test_a_team_asks_is_asked_back_answers_and_is_approved(ready: Instance) -> None:
    team, reviewer = ready.browser("developer"), ready.browser("operator")
    assert "Nobody has asked for production access yet" in text_of(team.get(at(ready)))
    request = ask(ready)
    review = f"/access_requests/{request}"
    assert "Waiting for review" in text_of(team.get(at(ready)))
    assert "20,000 to 50,000 requests a day" in text_of(reviewer.get(review))
    assert "Shows &lt;parcels&gt; to partners" in reviewer.get(review).text
    assert "Parcel lookup" in text_of(reviewer.get("/access_requests"))
    assert submit(reviewer, review, "ask_for_changes", text="Fewer?").headers["location"].endswith("changes-asked")
    page = text_of(team.get(at(ready)))
    assert "Changes asked for" in page
    assert "Answer the reviewer" in page
    assert (
        submit(team, at(ready), "answer", **ASKED | {"text": "Fewer.", "requests_a_day_to": "30000"}).status_code == 303
    )
    assert "20,000 to 30,000 requests a day" in text_of(reviewer.get(review))
    assert submit(reviewer, review, "comment", text="Thank you.").status_code == 303
    assert submit(team, at(ready), "comment", text="With pleasure.").status_code == 303
    assert submit(reviewer, review, "approve", reason="Tight.").headers["location"].endswith("access-approved")
    page = text_of(team.get(at(ready)))
    assert "Approved" in page
    assert "Clone it into production" in page
    assert "With pleasure." in page
    assert submit(team, at(ready), "withdraw", text="Not yet.").status_code == 303
    assert "Ask for production access" in text_of(team.get(at(ready)))
    assert "Nothing waits for you" in text_of(reviewer.get("/access_requests"))
    assert "Parcel lookup" in text_of(reviewer.get("/access_requests", state="withdrawn"))
    assert "No request matches" in text_of(reviewer.get("/access_requests", age="7"))


def test_a_denial_comes_with_its_reason_and_the_form_again(ready: Instance) -> None:
    review = f"/access_requests/{ask(ready)}"
    reviewer = ready.browser("operator")
    empty = submit(reviewer, review, "deny", reason=" ")
    assert (empty.status_code, 'aria-invalid="true"' in empty.text) == (422, True)
    assert submit(reviewer, review, "deny", reason="Forgeries <pass>.").status_code == 303
    page = ready.browser("developer").get(at(ready)).text
    assert "Forgeries &lt;pass&gt;." in page
    assert 'name="launch_on"' in page
    # What was asked before stands in the form.
    assert "Shows &lt;parcels&gt; to partners</textarea>" in page


def test_another_shape_than_was_looked_at_loses_nothing_that_was_typed(ready: Instance) -> None:
    review = f"/access_requests/{ask(ready)}"
    reviewer = ready.browser("operator")
    seen = reviewer.get(review).text
    body = {"endpoints": ["get_parcel"], "event_types": ["parcel.moved"]}
    assert ready.client("developer").put(f"/v1/projects/{ready.project}/scope", json=body).status_code == 200
    fingerprint = seen.partition('name="fingerprint" value="')[2].partition('"')[0]
    stale = reviewer.post(f"{review}/approve", {"fingerprint": fingerprint, "reason": "As we said on the phone."})
    assert stale.status_code == 409
    assert "The shape has changed since you looked" in stale.text
    assert "As we said on the phone.</textarea>" in stale.text
    assert "/scope/endpoints/list_parcels" in stale.text
    assert submit(reviewer, review, "approve", reason="Now.").status_code == 303


def test_what_blocks_is_named_on_both_pages_and_approving_says_so(instance: Instance) -> None:
    require(instance, frozenset({"purpose"}))
    team = instance.browser("developer")
    assert "Purpose and product line are labelled" in text_of(team.get(at(instance)))
    review = f"/access_requests/{ask(instance)}"
    page = text_of(instance.browser("operator").get(review))
    assert "1 blocking check fails" in page
    assert "Purpose and product line are labelled" in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"use_case": " "}, "Fill this in."), ({"requests_a_day_to": "many"}, "Write a whole number."),
        ({"peak_a_second": "0"}, "From 1 to"), ({"launch_on": "2020-01-01"}, "From today on"),
        ({"requests_a_day_from": "60000"}, "At least as many"),
    ],
)  # fmt: skip
def test_a_form_that_is_wrong_comes_back_with_what_was_typed(
    ready: Instance, fields: dict[str, str], words: str
) -> None:
    answer = ready.browser("developer").submit(at(ready), ASKED | fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "use_case" in fields or "Shows &lt;parcels&gt; to partners" in answer.text


def test_who_may_not_decide_is_told_why_and_is_refused(ready: Instance) -> None:
    request = ask(ready)
    review = f"/access_requests/{request}"
    for who, words in (("developer", "Reviewers decide"), ("auditor", "Reviewers decide")):
        browser = ready.browser(who)
        assert words in text_of(browser.get(review))
        assert browser.post(f"{review}/deny", {"reason": "No."}).status_code == 403
    assert ready.browser("stranger").get(review).status_code == 404
    assert ready.browser("stranger").get(at(ready)).status_code == 404
    assert "Nothing is being asked for" in text_of(ready.browser("stranger").get("/access_requests"))
    assert "Developers, admins and owners of the organization do this" in text_of(
        ready.browser("billing").get(at(ready))
    )


def test_each_role_has_its_own_next_step(ready: Instance) -> None:
    assert step(ready, "developer") == ("not_requested", "verify_call")
    ask(ready)
    assert step(ready, "developer") == ("requested", "wait_for_review")
    assert step(ready, "auditor") == ("requested", "wait_for_review")
    assert step(ready, "operator") == ("requested", "decide")
    assert "Decide on production access" in text_of(ready.browser("operator").get(f"/projects/{ready.project}"))


def step(instance: Instance, who: str) -> tuple[str, str]:
    answer = instance.client(who).get(f"/v1/projects/{instance.project}").json()
    return answer["production_access"], answer["next_step"]["action"]
