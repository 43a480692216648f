"""Rules of review: the next step of each role, who may decide, what is material, what is a risk."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from freehold.production.review import rules
from freehold.production.review.records import AccessRequest, NewRequest, RequestState, Risk
from freehold.production.review.writing import NOT_DECIDED
from freehold.projects.records import Progress, Standing, Viewer
from freehold.projects.rules import next_step
from tests.rules.test_projects_rules import PROJECT

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)
ASKED = NewRequest("Shows prices", 100, 200, 5, "2027-03-01")
REQUEST = AccessRequest(
    id="acr_1", project_id="proj_1", organization_id="org_1", kind="access", asked=ASKED, requested_by="usr_team",
    requested_name="dev@example.com", requested_at=NOW, fingerprint="f1", number=3, base_fingerprint=None,
    state="requested", waiting_on="reviewer", **NOT_DECIDED,
)  # fmt: skip
DONE = Progress(True, "key_1", "req_1", "whe_1", "dlv_1")
TEAM, REVIEWER = Viewer("usr_team"), Viewer("usr_operator", reviews=True, edits=False)
KEY: dict[str, Any] = {
    "workload": None, "endpoints": ["a"], "restricted": True, "rate_limits": {}, "quota": {"limit": 1, "period": "day"},
    "expires_after_days": 90,
}  # fmt: skip
SHAPE: dict[str, Any] = {
    "scope": {"endpoints": ["a", "b"], "event_types": []}, "limits": {"rate_limits": {}, "quota": None}, "keys": {"web": KEY},
}  # fmt: skip


@pytest.mark.parametrize(
    ("standing", "team", "reviewer"),
    [
        (Standing(blocking=2), "clear_blockers", "clear_blockers"), (Standing(), "request_access", "request_access"),
        (Standing("requested", waiting_on="reviewer", requested_by="usr_team"), "wait_for_review", "decide"),
        (Standing("requested", waiting_on="reviewer", requested_by="usr_team", blocking=1), "clear_blockers", "decide"),
        (Standing("requested", waiting_on="reviewer", requested_by="usr_operator"), "wait_for_review", "wait_for_review"),
        (Standing("requested", waiting_on="requester", requested_by="usr_team"), "answer_review", "wait_for_answer"),
        (Standing("approved"), "clone", "clone"), (Standing("denied"), "request_access", "request_access"),
        (Standing("denied", blocking=1), "clear_blockers", "clear_blockers"),
        (Standing("not_requested", lost="lapsed"), "request_access", "request_access"),
        (Standing("live", differences=2), "look_at_drift", "look_at_drift"),
        (Standing("live", change_id="acr_2", change_by="usr_team", differences=1), "wait_for_change", "decide_change"),
        (Standing("live", change_id="acr_2", change_by="usr_operator"), "wait_for_change", "wait_for_change"),
        (Standing("live"), None, None),
    ],
)  # fmt: skip
def test_one_next_step_for_each_role_at_every_moment(
    standing: Standing, team: str | None, reviewer: str | None
) -> None:
    found = [next_step(PROJECT, DONE, standing, viewer) for viewer in (TEAM, REVIEWER)]
    assert [each.action if each else None for each in found] == [team, reviewer]


def test_the_first_journey_goes_before_all_but_what_somebody_waits_for() -> None:
    begun = replace(DONE, webhook_endpoint_id=None)
    for standing, action in ((Standing(), "add_webhook"), (Standing("approved"), "clone")):
        step = next_step(PROJECT, begun, standing, TEAM)
        assert step is not None
        assert step.action == action
    archived = next_step(replace(PROJECT, state="archived"), begun, Standing("approved"), TEAM)
    assert archived is not None
    assert archived.action == "restore"


def test_who_asked_and_who_is_no_reviewer_are_told_why() -> None:
    assert rules.review_hindrance(REVIEWER, REQUEST, {"usr_team"}) is None
    mine = rules.review_hindrance(replace(REVIEWER, user_id="usr_team"), REQUEST, {"usr_team"})
    assert mine is not None
    assert "asked for this yourself" in mine
    edited = rules.review_hindrance(REVIEWER, replace(REQUEST, kind="change"), {"usr_operator"})
    assert edited is not None
    assert "your own" in edited
    for viewer in (TEAM, replace(REVIEWER, user_id=None)):
        assert rules.review_hindrance(viewer, REQUEST, set()) is not None


@pytest.mark.parametrize("state", ["approved", "denied", "withdrawn", "lapsed", "expired", "live"])
def test_what_is_over_is_decided_no_more(state: RequestState) -> None:
    request = replace(REQUEST, state=state, waiting_on=None)
    assert rules.decision_hindrance(request, "denied", []) is not None
    assert rules.decision_hindrance(REQUEST, "denied", ["Blocks"]) is None
    assert rules.decision_hindrance(REQUEST, "approved", ["Blocks"]) is not None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Nobody has approved it"), ({"state": "denied"}, "Nobody has approved it"), ({"state": "live"}, "is live: ask again"),
        ({"state": "approved", "expires_at": NOW}, "expired"),
        ({"state": "approved", "expires_at": NOW + timedelta(seconds=1)}, "not the one that was approved"),
    ],
)  # fmt: skip
def test_nothing_but_a_living_approval_of_the_shape_as_it_is_opens_the_clone(change: Any, words: str) -> None:
    hindrance = rules.clone_hindrance(replace(REQUEST, covered_fingerprint="f1", **change), "f2", NOW)
    assert hindrance is not None
    assert words in hindrance
    approved = replace(REQUEST, state="approved", covered_fingerprint="f1", expires_at=NOW + timedelta(days=1))
    assert rules.clone_hindrance(approved, "f1", NOW) is None
    assert rules.clone_hindrance(None, "f1", NOW) is not None


def test_an_item_is_material_by_the_part_that_it_is_in() -> None:
    items = ["/keys/web", "/labels/purpose", "/keys/web", "/scope/endpoints/a~1b"]
    assert rules.material_items(items, ("scope", "keys")) == ["/keys/web", "/scope/endpoints/a~1b"]
    assert rules.material_items(items, ()) == []


def found(shape: dict[str, Any] = SHAPE, asked: NewRequest = ASKED, **seen: Any) -> list[str]:
    known = replace(rules.Seen(catalogue=20, blocking=[], failing=[], busiest_day=10), **seen)
    return [risk.title for risk in rules.risks(replace(REQUEST, asked=asked), shape, known, NOW)]


def test_risks_are_derived_and_the_gravest_stands_first() -> None:
    assert found() == []
    open_key = KEY | {"restricted": False, "endpoints": None, "expires_after_days": None, "quota": None}
    wide = SHAPE | {"keys": {"web": open_key}, "scope": {"endpoints": list("abcdef"), "event_types": []}}
    assert found(wide, catalogue=6, blocking=["Owner"], failing=["Band"]) == [
        "1 blocking check fails", "1 key never expires", "Broad scope", "Nothing bounds its use",
        "1 key may call the whole scope", "1 key serves from any address", "1 other check fails",
    ]  # fmt: skip
    assert found(asked=replace(ASKED, requests_a_day_to=1_000_000)) == ["Far more traffic than was tried"]
    assert found(asked=replace(ASKED, launch_on="2027-01-16")) == ["Launches within days"]


def test_the_gravest_risk_is_the_requests() -> None:
    some = [Risk("low", "a", ""), Risk("high", "b", ""), Risk("medium", "c", "")]
    assert (rules.risk_level(some), rules.risk_level(some[::2]), rules.risk_level([])) == ("high", "medium", "low")


def test_a_text_of_several_lines_is_kept_as_it_is_read() -> None:
    assert rules.clean_words(" one\r\ntwo\rthree \n") == "one\ntwo\nthree"
    assert [fault.code for fault in rules.check_words("text", "a\0b")] == ["invalid_characters"]
    assert [fault.code for fault in rules.check_words("text", "x" * 5000)] == ["too_long"]
    assert rules.check_words("text", "one\n\ttwo") == []


def test_a_launch_is_a_date_that_is_to_come() -> None:
    today = date(2027, 1, 15)
    for launch, code in (
        ("2027-01-15", None),
        ("2027-01-14", "out_of_range"),
        ("2027-02-30", "invalid_date"),
        ("2029-01-15", "out_of_range"),
    ):
        faults = rules.check_request(replace(ASKED, launch_on=launch), today)
        assert [fault.code for fault in faults] == ([code] if code else [])
