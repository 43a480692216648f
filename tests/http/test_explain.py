"""Asking beforehand, over HTTP: would this call pass, and if not, what must change?"""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Final

import httpx
import pytest

from freehold.gate.limiter import MemoryLimiter
from freehold.keys import actions as keys
from freehold.keys import credential, secret_records
from freehold.keys.actions import IssuedKey
from freehold.keys.records import ProjectRecord, SecretRecord
from freehold.keys.rules import Ask
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock
from freehold.projects import actions as projects
from freehold.projects.limits import Quota, RateLimit
from freehold.projects.records import ProjectChange
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem
from tests.http.traffic import collect, decided

ENDPOINT: Final = {"endpoint": "get_parcel"}


def issue(instance: Instance, settings: KeySettings = KeySettings("asked")) -> IssuedKey:  # noqa: B008 — frozen
    with instance.store.write() as tx:
        return keys.issue_key(tx, instance.actor("owner"), instance.secret, "fh", instance.project, settings)


def ask(instance: Instance, key: str, who: str = "auditor", **more: Any) -> httpx.Response:
    asked = more if "method" in more or "endpoint" in more else {**ENDPOINT, **more}
    return instance.client(who).post("/v1/explain", json={"key": key, **asked})


def answer(instance: Instance, key: str, who: str = "auditor", **more: Any) -> dict[str, Any]:
    got = ask(instance, key, who, **more)
    assert got.status_code == 200, got.text
    body: dict[str, Any] = got.json()
    return body


# --- what is asked about --------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["id", "text"])
@pytest.mark.parametrize(
    "call",
    [
        ENDPOINT,
        {"method": "GET", "path": "/parcels/p1"},
        {"method": "get", "path": "/parcels/p1?x=1"},
        {**ENDPOINT, "environment": "sandbox"},
    ],
)
def test_a_key_that_may_is_told_so(instance: Instance, by: str, call: dict[str, str]) -> None:
    issued = issue(instance)
    key = issued.detail.key
    body = answer(instance, key.id if by == "id" else issued.text, **call)
    assert body == {
        "allowed": True, "reason": None, "rule": "all", "rule_words": "Every rule was met.", "meaning": "The request may pass.",
        "remedy": "", "key": {"id": key.id, "name": "asked", "secret_version": 1, "last4": issued.text[-4:]},
        "project": instance.project, "environment": "sandbox", "endpoint": "get_parcel", "limits": [], "retry_after_s": None,
    }  # fmt: skip


@pytest.mark.parametrize("by", ["id", "text"])
@pytest.mark.parametrize(
    ("settings", "more", "reason", "rule"),
    [
        ({}, {"environment": "production"}, "wrong_environment", "project.environment"),
        ({}, {"endpoint": "nothing"}, "endpoint_unknown", "api.catalogue"),
        ({}, {"method": "DELETE", "path": "/parcels/p1"}, "endpoint_unknown", "api.catalogue"),
        ({}, {"endpoint": "create_parcel"}, "endpoint_not_in_scope", "project.scope"),
        ({"endpoints": ("list_parcels",)}, {}, "endpoint_not_in_scope", "key.endpoints"),
        ({"allowed_cidrs": ("10.0.0.0/8",)}, {"address": "192.0.2.1"}, "address_not_allowed", "key.allowed_cidrs"),
        ({"rate_limits": (RateLimit("a", 9, 60), RateLimit("b", 5, 60))}, {"cost": 6}, "rate_limited", "key.rate_limits"),
        ({"quota": Quota(5, "day")}, {"cost": 6}, "quota_exhausted", "key.quota"),
    ],
)  # fmt: skip
def test_what_refuses_a_call_is_named_with_its_remedy(
    instance: Instance, by: str, settings: dict[str, Any], more: dict[str, Any], reason: str, rule: str
) -> None:
    issued = issue(instance, KeySettings("asked", **settings))
    body = answer(instance, issued.detail.key.id if by == "id" else issued.text, **more)
    assert (body["allowed"], body["reason"], body["rule"]) == (False, reason, rule)
    assert body["meaning"]
    assert body["remedy"]
    assert body["key"]["id"] == issued.detail.key.id


@pytest.mark.parametrize("by", ["id", "text"])
def test_a_key_that_has_ended_is_told_so(instance: Instance, by: str, test_clock: TestClock) -> None:
    issued = issue(instance, KeySettings("asked", expires_at=clock.now() + timedelta(hours=1)))
    key_id = issued.detail.key.id
    asked = key_id if by == "id" else issued.text
    test_clock.move(3_600)
    assert answer(instance, asked)["reason"] == "expired"
    with instance.store.write() as tx:
        keys.revoke_key(tx, instance.actor("owner"), key_id)
    body = answer(instance, asked)
    assert (body["reason"], body["rule"]) == ("revoked", "key.state")


@pytest.mark.parametrize("by", ["id", "text"])
def test_an_archived_project_is_the_reason(instance: Instance, by: str) -> None:
    issued = issue(instance)
    with instance.store.write() as tx:
        projects.archive_project(tx, instance.actor("owner"), instance.project)
    body = answer(instance, issued.detail.key.id if by == "id" else issued.text)
    assert (body["reason"], body["rule"]) == ("project_archived", "project.state")


@pytest.mark.parametrize(
    ("address", "allowed"), [("10.1.2.3", True), ("2001:db8::7", True), ("11.0.0.1", False), (None, True)]
)
def test_an_address_is_checked_where_one_is_given(instance: Instance, address: str | None, allowed: bool) -> None:
    issued = issue(instance, KeySettings("asked", allowed_cidrs=("10.0.0.0/8", "2001:db8::/32")))
    more = {} if address is None else {"address": address}
    assert answer(instance, issued.text, **more)["allowed"] is allowed


# --- what names no key that the caller may know of ------------------------------------------------


def test_texts_that_are_no_key(instance: Instance) -> None:
    issued = issue(instance)
    for text in ("", "nonsense", issued.text[:-1], issued.text + "x", issued.text.replace("_test_", "_live_")):
        body = answer(instance, text)
        assert (body["reason"], body["rule"], body["key"], body["project"]) == (
            "malformed_key",
            "credential.form",
            None,
            None,
        ), text


def test_a_wrong_secret_tells_nothing_of_the_key(instance: Instance) -> None:
    issued = issue(instance)
    parsed = credential.parse(issued.text, "fh")
    assert parsed
    wrong = credential.compose("fh", "sandbox", parsed.selector, "A" * 32)
    unknown = credential.compose("fh", "sandbox", "A" * 12, "A" * 32)
    assert answer(instance, wrong) == answer(instance, unknown)
    assert answer(instance, wrong)["reason"] == "unknown_key"


def test_the_same_secret_in_the_other_environment_is_unknown(instance: Instance) -> None:
    parsed = credential.parse(issue(instance).text, "fh")
    assert parsed
    other = credential.compose("fh", "production", parsed.selector, parsed.secret)
    assert answer(instance, other)["reason"] == "unknown_key"


def test_another_organizations_key_is_answered_like_an_unknown_one(instance: Instance) -> None:
    issued = issue(instance)
    unknown_text = credential.compose("fh", "sandbox", "A" * 12, "A" * 32)
    unknown_id = "key_" + "0" * 26
    for more in ({}, {"environment": "production"}, {"endpoint": "nothing"}, {"method": "GET", "path": "/parcels"}):
        for who in ("stranger", "verifier"):
            by_text, by_id = (answer(instance, key, who, **more) for key in (issued.text, issued.detail.key.id))
            assert by_text == answer(instance, unknown_text, who, **more)
            assert by_id == answer(instance, unknown_id, who, **more)
            assert (by_text["reason"], by_id["reason"]) == ("unknown_key", "unknown_key")
            assert "get_parcel" not in str(by_text)
    assert answer(instance, issued.text, "operator")["allowed"] is True


def test_a_role_that_may_not_explain_learns_nothing(instance: Instance) -> None:
    issued = issue(instance)
    assert answer(instance, issued.detail.key.id, "billing")["reason"] == "unknown_key"
    assert_problem(instance.client().post("/v1/explain", json={"key": issued.text, **ENDPOINT}), 401, "unauthenticated")


# --- what is counted ------------------------------------------------------------------------------


class Gate:
    """Decides as a gate does, about one key, and lets what it wrote down be collected."""

    def __init__(self, instance: Instance, key_id: str) -> None:
        self.instance, self.key_id, self.limiter = instance, key_id, MemoryLimiter()

    def decide(self, cost: int = 1) -> None:
        """One request now. It counts by rate limits alone: whoever spends of a quota is asked elsewhere."""
        record, project = self._records()
        question = Ask(record.digest, None, project.api_id, "get_parcel", ip_address("192.0.2.1"), cost)
        decision = self.limiter.decide(question, record, project, clock.now_ms() * 1_000_000)
        limits = tuple((each.name, each.limit, each.remaining, each.reset_s) for each in decision.limits)
        event = decided(
            self.instance, timedelta(), key_id=self.key_id, outcome=decision.outcome, rule=decision.rule,
            limits=limits, cost=cost,
        )  # fmt: skip
        collect(self.instance, event)

    def _records(self) -> tuple[SecretRecord, ProjectRecord]:
        with self.instance.store.read() as tx:
            record = secret_records.current_secret_record(tx, self.key_id)
            assert record
            return record, secret_records.project_records(tx, [record.project_id])[record.project_id]


def limit_project(instance: Instance, **limits: Any) -> None:
    with instance.store.write() as tx:
        projects.edit_project(tx, instance.actor("owner"), instance.project, ProjectChange(**limits))


def test_what_is_left_of_the_rate_limit_is_what_the_gate_left(instance: Instance, test_clock: TestClock) -> None:
    issued = issue(instance, KeySettings("asked", rate_limits=(RateLimit("requests", 5, 60),)))
    gate = Gate(instance, issued.detail.key.id)
    first = answer(instance, issued.text)
    whole = {"name": "key:requests", "limit": 5, "remaining": 4, "reset_s": 12.0}
    assert first["limits"] == [{**whole, "known_at": None}], "nothing is known of a limit that no request has spent"
    for left in (4, 3, 2, 1):
        gate.decide()
        body = answer(instance, issued.text)
        assert (body["allowed"], body["limits"][0]["remaining"]) == (True, left - 1)
        assert datetime.fromisoformat(body["limits"][0]["known_at"]) == clock.now()
        # Asking spends nothing.
        assert answer(instance, issued.detail.key.id) == body
    gate.decide()
    denied = answer(instance, issued.text)
    assert (denied["allowed"], denied["reason"], denied["rule"]) == (False, "rate_limited", "key.rate_limits")
    assert denied["retry_after_s"] == pytest.approx(12.0, abs=0.01)
    gate.decide()
    assert answer(instance, issued.text) == denied, "a request that was denied moves nothing"
    test_clock.move(11)
    assert answer(instance, issued.text)["retry_after_s"] == pytest.approx(1.0, abs=0.01)
    test_clock.move(2)
    assert answer(instance, issued.text)["allowed"] is True
    assert answer(instance, issued.text, cost=2)["allowed"] is False
    test_clock.move(60)
    again = answer(instance, issued.text)["limits"][0]
    assert {**again, "known_at": None} == first["limits"][0]


def test_a_projects_rate_limit_is_spent_by_all_its_keys(instance: Instance, test_clock: TestClock) -> None:
    limit_project(instance, rate_limits=(RateLimit("all", 2, 60),))
    asked = issue(instance, KeySettings("asked", rate_limits=(RateLimit("all", 9, 60),))).detail.key.id
    other = issue(instance, KeySettings("other", rate_limits=(RateLimit("all", 9, 60),))).detail.key.id
    gate = Gate(instance, other)
    for _ in range(2):
        gate.decide()
    body = answer(instance, asked)
    assert (body["reason"], body["rule"]) == ("rate_limited", "project.rate_limits")
    left = {each["name"]: (each["remaining"], each["known_at"] is not None) for each in body["limits"]}
    assert left == {"key:all": (9, False), "project:all": (0, True)}, (
        "another key's own limit says nothing of this one's"
    )
    assert body["meaning"] == "The project's rate limit all has 0 of 2 left, and the request costs 1."
    assert "which all its keys spend" in body["remedy"]
    assert body["retry_after_s"] == 30.0


@pytest.mark.parametrize("owner", ["key", "project"])
def test_a_quota_has_the_room_that_is_not_counted_yet(instance: Instance, test_clock: TestClock, owner: str) -> None:
    quota = Quota(10, "hour")
    key_id = issue(instance, KeySettings("asked", quota=quota if owner == "key" else None)).detail.key.id
    if owner == "project":
        limit_project(instance, quota=quota)
    test_clock.move(900)
    assert answer(instance, key_id, cost=10)["allowed"] is True
    collect(instance, decided(instance, timedelta(), key_id=key_id, cost=8))
    body = answer(instance, key_id, cost=2)
    assert body["allowed"] is True
    (limit,) = body["limits"]
    assert (limit["name"], limit["limit"], limit["remaining"], limit["reset_s"]) == (f"{owner}:quota", 10, 0, 2700.0)
    assert limit["known_at"] is not None
    denied = answer(instance, key_id, cost=3)
    assert (denied["reason"], denied["rule"]) == ("quota_exhausted", f"{owner}.quota")
    assert denied["meaning"] == f"The {owner}'s quota has 2 of 10 left, and the request costs 3."
    assert denied["remedy"].startswith(f"Wait for the next period, or raise the {owner}'s quota")
    assert (denied["retry_after_s"], denied["limits"][0]["remaining"]) == (2700.0, 2)
    too_dear = answer(instance, key_id, cost=11)
    assert too_dear["remedy"] == "Raise the limit, or lower the request's cost: no wait lets it pass."
    test_clock.move(2700)
    assert answer(instance, key_id, cost=10)["allowed"] is True, "the next hour"


# --- questions that cannot be asked ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"key": "x"}, "endpoint"), ({"key": "x", "method": "GET"}, "endpoint"), ({"key": "x", "path": "/parcels"}, "endpoint"),
        ({"key": "x", **ENDPOINT, "method": "GET", "path": "/parcels"}, "endpoint"), ({"key": "x", **ENDPOINT, "path": "/x"}, "endpoint"),
        ({"key": "x", **ENDPOINT, "cost": -1}, "cost"), ({"key": "x", **ENDPOINT, "cost": 1_000_001}, "cost"),
        ({"key": "x", **ENDPOINT, "cost": 1.5}, "cost"), ({"key": "x", **ENDPOINT, "address": "here"}, "address"),
        ({"key": "x", **ENDPOINT, "environment": "staging"}, "environment"), (dict(ENDPOINT), "key"),
        ({"key": 1, **ENDPOINT}, "key"), ({"key": "x" * 201, **ENDPOINT}, "key"), ({"key": "x", **ENDPOINT, "quota": 1}, "quota"),
    ],
)  # fmt: skip
def test_a_question_that_is_not_right_is_refused(instance: Instance, body: dict[str, Any], field: str) -> None:
    assert_problem(instance.client("owner").post("/v1/explain", json=body), 422, "invalid", field)
