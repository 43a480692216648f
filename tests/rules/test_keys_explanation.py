"""A decision in words: which rule, which limit, and what must change."""

import pytest

from freehold.keys.explanation import (
    RULE_WORDS,
    checked_rules,
    explain,
    explain_recorded,
    is_quota,
    limit_words,
)
from freehold.keys.records import DENIAL_STATUS, DENIAL_WORDS, Decision, LimitState, Reason

DENYING = {
    Reason.MALFORMED_KEY: ("credential.form",), Reason.UNKNOWN_KEY: ("credential.secret",),
    Reason.REVOKED: ("key.state", "secret.state", "secret.retires_at"), Reason.EXPIRED: ("key.expires_at",),
    Reason.PROJECT_ARCHIVED: ("project.state",), Reason.WRONG_ENVIRONMENT: ("project.environment",),
    Reason.ENDPOINT_UNKNOWN: ("api.catalogue",), Reason.ENDPOINT_NOT_IN_SCOPE: ("project.api", "project.scope", "key.endpoints"),
    Reason.ADDRESS_NOT_ALLOWED: ("key.allowed_cidrs",), Reason.RATE_LIMITED: ("key.rate_limits", "project.rate_limits"),
    Reason.QUOTA_EXHAUSTED: ("key.quota", "project.quota"), Reason.UNAVAILABLE: ("gate.heard", "gate.journal"),
}  # fmt: skip
DENIALS = [(reason, rule) for reason, rules in DENYING.items() for rule in rules]


@pytest.mark.parametrize(("reason", "rule"), DENIALS)
def test_every_denial_says_what_was_looked_at_and_what_must_change(reason: Reason, rule: str) -> None:
    explained = explain(Decision(reason, rule))
    assert explained.rule_words == RULE_WORDS[rule]
    assert explained.meaning == DENIAL_WORDS[reason][0]
    assert explained.remedy.endswith(".")


def test_rules_of_one_reason_ask_for_different_things() -> None:
    remedies = [explain(Decision(reason, rule)).remedy for reason, rule in DENIALS if len(DENYING[reason]) > 1]
    assert (
        explain(Decision(Reason.QUOTA_EXHAUSTED, "key.quota")).remedy
        != explain(Decision(Reason.QUOTA_EXHAUSTED, "project.quota")).remedy
    )
    # A secret that ended early and one that ended in time want the same, and so do the two of `unavailable`.
    assert len(set(remedies)) == len(remedies) - 2


def test_every_reason_has_a_status_and_words() -> None:
    assert set(DENIAL_STATUS) == set(DENIAL_WORDS) == set(Reason) == set(DENYING)


def test_an_explanation_of_what_was_kept_is_that_of_the_decision() -> None:
    limits = (LimitState("key:burst", 20, 3, 0.5), LimitState("project:quota", 100, 0, 60.0))
    for decision in (Decision(None, "all", limits), Decision(Reason.QUOTA_EXHAUSTED, "project.quota", limits)):
        kept = [(each.name, each.limit, each.remaining, each.reset_s) for each in limits]
        assert explain_recorded(decision.outcome, decision.rule, kept, 2) == explain(decision, 2)


def test_the_longest_wait_is_the_one_that_is_told() -> None:
    limits = (LimitState("key:a", 1, 0, 3.0, 2.0), LimitState("key:b", 1, 0, 9.0, 7.0))
    assert explain(Decision(Reason.RATE_LIMITED, "key.rate_limits", limits)).retry_after_s == 7.0


# --- the limit that is short ----------------------------------------------------------------------


def test_the_limits_that_have_no_room_are_named_and_no_others() -> None:
    limits = (
        LimitState("key:burst", 20, 20, 0.0), LimitState("key:requests", 600, 4, 1.0),
        LimitState("project:all", 1_000, 0, 1.0), LimitState("project:quota", 10, 0, 1.0),
    )  # fmt: skip
    explained = explain(Decision(Reason.RATE_LIMITED, "key.rate_limits", limits), 5)
    assert explained.meaning == (
        "The key's rate limit requests has 4 of 600 left, and the request costs 5."
        " The project's rate limit all has 0 of 1,000 left, and the request costs 5."
    )
    exhausted = explain(Decision(Reason.QUOTA_EXHAUSTED, "project.quota", limits))
    assert exhausted.meaning == "The project's quota has 0 of 10 left, and the request costs 1."


def test_a_cost_above_the_limit_itself_is_not_told_to_wait() -> None:
    limits = (LimitState("key:quota", 10, 10, 60.0, 60.0),)
    explained = explain(Decision(Reason.QUOTA_EXHAUSTED, "key.quota", limits), 11)
    assert "Wait" not in explained.remedy
    assert "no wait lets it pass" in explained.remedy
    assert "Wait" in explain(Decision(Reason.QUOTA_EXHAUSTED, "key.quota", limits), 10).remedy


@pytest.mark.parametrize(
    ("name", "words", "quota"),
    [
        ("key:burst", "the key's rate limit burst", False), ("project:per-day", "the project's rate limit per-day", False),
        ("key:quota", "the key's quota", True), ("project:quota", "the project's quota", True),
        # As it was recorded before limits had names.
        ("key", "the key's rate limit", False),
    ],
)  # fmt: skip
def test_a_limit_is_named_in_words(name: str, words: str, quota: bool) -> None:
    assert (limit_words(name), is_quota(name)) == (words, quota)


def test_a_rule_of_before_is_explained_like_the_one_that_it_became() -> None:
    before = explain_recorded("rate_limited", "key.rate_limit", [("key", 5, 0, 12.0)])
    assert (before.rule, before.rule_words) == ("key.rate_limits", RULE_WORDS["key.rate_limits"])
    assert before.meaning == "The key's rate limit has 0 of 5 left, and the request costs 1."


# --- open while the database is away --------------------------------------------------------------


def test_a_request_that_passed_because_the_api_stays_open_says_so() -> None:
    usual, opened = explain(Decision(None, "all")), explain(Decision(None, "gate.fail_open"))
    assert (usual.allowed, opened.allowed) == (True, True)
    assert usual.meaning == "The request may pass."
    assert "could not hear its database" in opened.meaning
    assert {each.state for each in checked_rules("gate.fail_open")} == {"passed"}


# --- every check ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("reason", "rule"), DENIALS)
def test_the_checks_before_the_denial_passed_and_those_after_it_were_not_made(reason: Reason, rule: str) -> None:
    states = [each.state for each in checked_rules(rule)]
    if reason == Reason.UNAVAILABLE:
        assert set(states) == {"not_reached"}
        return
    at = states.index("denied")
    assert states == ["passed"] * at + ["denied"] + ["not_reached"] * (len(states) - at - 1)
    assert checked_rules(rule)[at].words.startswith("Not met: ")


def test_limits_are_the_last_checks() -> None:
    assert [each.title for each in checked_rules("all")][-2:] == ["Rate limits", "Quotas"]
