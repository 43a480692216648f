"""The rules of readiness: tables of what makes which check stand how, and what holds for all facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import click
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.cli.root import freehold
from freehold.production.readiness.checks import findings_of
from freehold.production.readiness.facts import (
    DayUse,
    Delivered,
    EndpointFact,
    Facts,
    KeyFact,
    OwnerFact,
    Reconciled,
    Told,
)
from freehold.production.readiness.http_checks import answer_of
from freehold.production.readiness.records import (
    CODES,
    Attestation,
    Check,
    CheckState,
    Code,
    HttpResult,
    OwnCheck,
    Policy,
)
from freehold.production.readiness.rules import FIXES, aged, checks, due_calls, in_order, next_of, summary_of
from freehold.webhooks.records import AttemptResult, Timing

NOW = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
TODAY = NOW.replace(hour=0)
ADA, BO = OwnerFact("usr_a", "Ada", "technical", rotates=True), OwnerFact("usr_b", "Bo", "audit", rotates=True)
HOOK = EndpointFact("whe_1", "https://a.example/", "passed", "wck_1", NOW)
KEY = KeyFact("key_1", "web", NOW - timedelta(days=5), NOW, NOW + timedelta(days=90), frozenset())
USE = DayUse({"get": TODAY, "list": TODAY}, TODAY, TODAY, 100, 5, 40)
# Everything is as it should be.
READY = Facts(
    now=NOW, policy=Policy("api_1"), project_id="proj_1", organization_id="org_1", purpose="Shows prices",
    product_line="Shop", owners=(ADA, BO, replace(ADA, duty="billing")), billing=(), endpoints=("get", "list"),
    event_types=("x",), use=USE, webhooks=(HOOK,), delivered=Delivered("dlv_1", "x", NOW), keys=(KEY,), alert_rules=2,
    told=Told("alr_1", "Failures", "email", NOW), reconciled=Reconciled(NOW, 0), fingerprint="f", missing_bindings=(),
)  # fmt: skip
REVIEW = OwnCheck("rck_1", "api_1", "attestation", "review", "Review", "", True, "auditor", None, 10, 1, "O", NOW, NOW)
CALLED = replace(REVIEW, id="rck_2", kind="http", code="room", title="Room", role=None, url="https://c.example/")
SAID = Attestation("ats_1", "proj_1", "rck_1", "usr_c", "Cy", "auditor", "Fine.", NOW, NOW + timedelta(days=10))
ANSWER = HttpResult("rhr_1", "proj_1", "rck_2", "Freehold", NOW, "f", True, "Room enough.", 200)


def found(**change: Any) -> dict[str, Check]:
    return {each.code: each for each in checks(replace(READY, **change))}


def days_ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


def test_a_project_that_has_everything_is_ready() -> None:
    states = {each.code: each.state for each in found().values()}
    assert states == dict.fromkeys(CODES, "passed") | {"traffic_band": "waiting"}
    assert summary_of(found().values()).blocking == 0


@pytest.mark.parametrize(
    ("code", "state", "change"),
    [
        ("purpose", "failed", {"product_line": None}),
        ("technical_owner", "failed", {"owners": (BO,)}),
        ("technical_owner", "failed", {"owners": ()}),
        ("second_owner", "failed", {"owners": (ADA,)}),
        ("second_owner", "failed", {"owners": (ADA, replace(ADA, duty="audit"))}),
        ("second_owner", "failed", {"owners": (ADA, replace(BO, rotates=False))}),
        ("billing_owner", "failed", {"owners": (ADA, BO)}),
        ("billing_owner", "passed", {"owners": (ADA, BO), "billing": (("usr_c", "Cy"),)}),
        ("scope_declared", "waiting", {"endpoints": ()}),
        ("scope_exercised", "waiting", {"endpoints": ()}),
        ("scope_exercised", "waiting", {"endpoints": ("new",)}),
        ("scope_exercised", "failed", {"endpoints": ("get", "new")}),
        ("scope_exercised", "passed", {"use": replace(USE, exercised={"get": days_ago(30), "list": TODAY})}),
        ("scope_exercised", "failed", {"use": replace(USE, exercised={"get": days_ago(31), "list": TODAY})}),
        ("recent_lookup", "waiting", {"use": replace(USE, allowed_on=None)}),
        ("recent_lookup", "passed", {"use": replace(USE, allowed_on=days_ago(7))}),
        ("recent_lookup", "failed", {"use": replace(USE, allowed_on=days_ago(8))}),
        ("recent_denial", "waiting", {"use": replace(USE, denied_on=None)}),
        ("recent_denial", "failed", {"use": replace(USE, denied_on=days_ago(8))}),
        ("failure_rate", "waiting", {"use": replace(USE, requests=0, failed=0)}),
        ("failure_rate", "failed", {"use": replace(USE, failed=6)}),
        ("failure_rate", "passed", {"use": replace(USE, failed=6), "policy": Policy("api_1", failure_rate_max=6)}),
        ("webhook_check", "not_applicable", {"webhooks": (), "event_types": ()}),
        ("webhook_check", "waiting", {"webhooks": ()}),
        ("webhook_check", "waiting", {"webhooks": (HOOK, replace(HOOK, standing="never", check_id=None))}),
        ("webhook_check", "waiting", {"webhooks": (replace(HOOK, standing="running"),)}),
        ("webhook_check", "failed", {"webhooks": (HOOK, replace(HOOK, standing="outdated"))}),
        ("webhook_check", "failed", {"webhooks": (replace(HOOK, standing="never"), replace(HOOK, standing="expired"))}),
        ("delivery_verified", "not_applicable", {"webhooks": (), "event_types": ()}),
        ("delivery_verified", "waiting", {"delivered": None}),
        ("key_hygiene", "waiting", {"keys": ()}),
        ("key_hygiene", "failed", {"keys": (KEY, replace(KEY, expires_at=None))}),
        ("key_hygiene", "passed", {"keys": (replace(KEY, expires_at=None, accepted=frozenset({"never_expires"})),)}),
        ("key_hygiene", "failed", {"keys": (replace(KEY, expires_at=None, accepted=frozenset({"unused"})),)}),
        ("alert_channel", "failed", {"alert_rules": 0}),
        ("alert_channel", "waiting", {"told": None}),
        ("usage_reconciles", "waiting", {"reconciled": None}),
        ("usage_reconciles", "failed", {"reconciled": Reconciled(NOW, 1)}),
        ("usage_reconciles", "failed", {"reconciled": Reconciled(NOW - timedelta(days=4), 0)}),
        ("bindings", "waiting", {"missing_bindings": ("The URL of orders",)}),
    ],
)  # fmt: skip
def test_what_makes_a_check_stand_how(code: str, state: str, change: dict[str, Any]) -> None:
    check = found(**change)[code]
    assert check.state == state
    assert (check.fix is None) == (state in ("passed", "not_applicable"))


def test_nobody_asks_for_bindings_where_no_shape_is_known() -> None:
    assert "bindings" not in found(missing_bindings=None)


@pytest.mark.parametrize(
    ("change", "findings"),
    [
        ({}, []),
        ({"secret_at": NOW - timedelta(days=90)}, []),
        ({"secret_at": NOW - timedelta(days=91)}, ["rotation_overdue"]),
        ({"used_since": NOW - timedelta(days=31)}, ["unused"]),
        ({"expires_at": None, "used_since": NOW - timedelta(days=31)}, ["unused", "never_expires"]),
    ],
)
def test_findings_about_a_key(change: dict[str, Any], findings: list[str]) -> None:
    assert findings_of(replace(KEY, **change), READY.policy, NOW) == findings


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({}, "waiting"),
        ({"attestations": {"rck_1": SAID}}, "passed"),
        ({"attestations": {"rck_1": replace(SAID, expires_at=NOW)}}, "failed"),
    ],
)
def test_an_attestation_counts_until_it_expires(change: dict[str, Any], state: str) -> None:
    assert found(own=(REVIEW,), **change)["review"].state == state


@pytest.mark.parametrize(
    ("answer", "state", "is_due"),
    [
        (None, "waiting", True),
        (ANSWER, "passed", False),
        (replace(ANSWER, facts_sha256="other"), "waiting", True),
        (replace(ANSWER, at=NOW - timedelta(days=10)), "waiting", True),
        (replace(ANSWER, passed=False), "failed", False),
        (replace(ANSWER, passed=None, at=NOW - timedelta(minutes=59)), "failed", False),
        (replace(ANSWER, passed=None, at=NOW - timedelta(hours=1)), "failed", True),
    ],
)
def test_an_http_check_is_asked_anew_when_it_is_old(answer: HttpResult | None, state: str, is_due: bool) -> None:
    facts = replace(READY, own=(CALLED,), http_results={"rck_2": answer} if answer else {})
    assert {each.code: each.state for each in checks(facts)}["room"] == state
    assert bool(due_calls(facts)) is is_due


@pytest.mark.parametrize("code", CODES)
def test_every_fix_names_a_command_that_there_is(code: Code) -> None:
    words = [word for word in FIXES[code][2].split() if word[0] not in "-{…"]
    command: click.Command = freehold
    for word in words[1:]:
        assert isinstance(command, click.Group), words
        found = command.get_command(click.Context(command), word)
        assert found is not None, words
        command = found
    assert not isinstance(command, click.Group), words


# --- what holds for all --------------------------------------------------------------------------------------------

STATES: st.SearchStrategy[CheckState] = st.sampled_from(get_args(CheckState))
CHECK = st.builds(
    Check, code=st.text("abc", min_size=1, max_size=3), title=st.just("T"), blocking=st.booleans(), state=STATES,
    detail=st.just(""), since=st.none(), evidence=st.none(), fix=st.none(),
)  # fmt: skip


@given(st.lists(CHECK))
def test_the_summary_and_the_order_agree(all_: list[Check]) -> None:
    summary, ordered, next_ = summary_of(all_), in_order(all_), next_of(all_)
    assert sorted(map(id, ordered)) == sorted(map(id, all_))
    assert summary.passed + sum(each.open for each in all_) == summary.total
    assert summary.blocking <= summary.total - summary.passed
    assert (next_ is None) == (summary.passed == summary.total)
    if next_ is not None:
        assert next_.blocks == bool(summary.blocking)
    blocks = [each.blocks for each in ordered]
    assert blocks == sorted(blocks, reverse=True)


@given(st.lists(CHECK, unique_by=lambda each: each.code), st.data())
def test_a_check_keeps_its_age_exactly_as_long_as_its_state(all_: list[Check], data: st.DataObject) -> None:
    stored = {each.code: (data.draw(STATES), NOW - timedelta(days=1)) for each in all_ if data.draw(st.booleans())}
    for each in aged(all_, stored, NOW):
        kept = stored.get(each.code)
        assert each.since == (kept[1] if kept and kept[0] == each.state else NOW)


@given(st.binary(max_size=200), st.sampled_from(["accepted", "refused", "unreachable", "blocked"]))
def test_no_answer_but_a_plain_yes_passes(body: bytes, outcome: Any) -> None:
    passed, detail = answer_of(AttemptResult(outcome, 200, None, None, Timing(), (), body))
    assert passed is not True
    assert detail
    assert detail.isprintable()


@given(st.text(max_size=600))
def test_what_an_answer_says_is_made_printable_and_short(words: str) -> None:
    body = msgspec.json.encode({"passed": True, "detail": words})
    passed, detail = answer_of(AttemptResult("accepted", 200, None, None, Timing(), (), body))
    assert (passed, detail.isprintable(), 0 < len(detail) <= 300) == (True, True, True)
