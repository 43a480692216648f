"""The decision: every reason, its rule, and the order in which they are found."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freehold.keys.quota_rules import Allowance
from freehold.keys.rate_limit import meters, unused
from freehold.keys.records import Decision, Meter, ProjectRecord, Reason, SecretRecord
from freehold.keys.rules import Ask, decide
from freehold.projects.limits import Quota, RateLimit

NOW_MS = 1_800_000_000_000
NOW_NS = NOW_MS * 1_000_000

RECORD = SecretRecord(
    selector="Selector0001", digest=b"d" * 32, secret_state="active", key_id="key_1", key_name="one",
    key_state="active", project_id="proj_1",
)  # fmt: skip
PROJECT = ProjectRecord(
    id="proj_1", name="p", state="active", environment="sandbox", organization_id="org_1", api_id="api_1",
    endpoints=frozenset({"getCountry", "listCountries"}),
)  # fmt: skip


def limited(*limits: tuple[int, int], owner: str = "key") -> tuple[Meter, ...]:
    """Meters of limits (so many, in so many seconds) that are named a, b, c …"""
    return meters(owner, tuple(RateLimit("abcdefg"[n], *each) for n, each in enumerate(limits)))


ASK = Ask(b"d" * 32, None, "api_1", "getCountry", None, 1)
INNER = ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")

# What spoils a request, in the order in which it must be noticed: of the question, the key's record or the project's.
Fields = dict[str, Any]
SPOILERS: list[tuple[Reason, str, Fields, Fields, Fields]] = [
    (Reason.MALFORMED_KEY, "credential.form", {"digest": None}, {}, {}),
    (Reason.UNKNOWN_KEY, "credential.secret", {"digest": b"x" * 32}, {}, {}),
    (Reason.REVOKED, "key.state", {}, {"key_state": "revoked"}, {}),
    (Reason.REVOKED, "secret.state", {}, {"secret_state": "revoked"}, {}),
    (Reason.EXPIRED, "key.expires_at", {}, {"expires_at_ms": NOW_MS}, {}),
    (Reason.PROJECT_ARCHIVED, "project.state", {}, {}, {"state": "archived"}),
    (Reason.WRONG_ENVIRONMENT, "project.environment", {"environment": "production"}, {}, {}),
    (Reason.ENDPOINT_UNKNOWN, "api.catalogue", {"operation_id": None}, {}, {}),
    (Reason.ENDPOINT_NOT_IN_SCOPE, "project.api", {"api_id": "api_2"}, {}, {}),
    (Reason.ENDPOINT_NOT_IN_SCOPE, "project.scope", {}, {}, {"endpoints": frozenset()}),
    (Reason.ENDPOINT_NOT_IN_SCOPE, "key.endpoints", {}, {"endpoints": frozenset({"listCountries"})}, {}),
    (Reason.ADDRESS_NOT_ALLOWED, "key.allowed_cidrs", {}, {"allowed_networks": INNER}, {}),
    (Reason.RATE_LIMITED, "key.rate_limits", {"cost": 6}, {"meters": limited((100, 60), (5, 60))}, {}),
    (Reason.RATE_LIMITED, "project.rate_limits", {"cost": 6}, {}, {"meters": limited((5, 60), owner="project")}),
    (Reason.QUOTA_EXHAUSTED, "key.quota", {"cost": 6}, {"quota": Quota(5, "day")}, {}),
    (Reason.QUOTA_EXHAUSTED, "project.quota", {"cost": 6}, {}, {"quota": Quota(5, "hour")}),
]
RULES = [rule for _, rule, *_ in SPOILERS]


def spoiled(which: list[int]) -> tuple[Ask, SecretRecord, ProjectRecord]:
    ask, record, project = ASK, RECORD, PROJECT
    for at in which:
        _, _, in_ask, in_record, in_project = SPOILERS[at]
        ask, record, project = replace(ask, **in_ask), replace(record, **in_record), replace(project, **in_project)
    return ask, record, project


def decided(ask: Ask = ASK, record: SecretRecord | None = RECORD, project: ProjectRecord | None = PROJECT) -> Decision:
    """The decision where nothing was spent before; that a denial spends nothing is seen to here."""
    before: tuple[int, ...] = ()
    allowances: list[Allowance] = []
    if record is not None and project is not None:
        before = unused(record, project)
        allowances = [Allowance(each.limit, 0, NOW_MS + 1000, 3600) for each in (record.quota, project.quota) if each]
    decision, after = decide(ask, record, project, before, NOW_NS, allowances)
    assert decision.allowed or after is before
    return decision


def test_a_request_that_nothing_spoils_is_allowed() -> None:
    decision = decided()
    assert (decision.allowed, decision.reason, decision.rule, decision.limits) == (True, None, "all", ())
    assert decision.outcome == "allowed"


@pytest.mark.parametrize("at", range(len(SPOILERS)), ids=RULES)
def test_each_spoiler_alone_has_its_reason_and_rule(at: int) -> None:
    decision = decided(*spoiled([at]))
    assert (decision.reason, decision.rule) == SPOILERS[at][:2]
    assert not decision.allowed


@given(st.sets(st.integers(0, len(SPOILERS) - 1), min_size=1))
def test_of_several_the_first_in_order_is_named(which: set[int]) -> None:
    # The earliest is put in last, so that it stands where two spoil the same field.
    decision = decided(*spoiled(sorted(which, reverse=True)))
    assert (decision.reason, decision.rule) == SPOILERS[min(which)][:2]


def test_no_record_no_project_and_a_wrong_secret_are_the_same_decision() -> None:
    wrong = decided(replace(ASK, digest=b"x" * 32))
    assert wrong == decided(record=None) == decided(project=None)
    assert wrong.reason is Reason.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("state", "retires_at_ms", "reason"),
    [
        ("active", None, None),
        ("retiring", NOW_MS + 1, None),
        ("retiring", NOW_MS, Reason.REVOKED),
        ("retired", NOW_MS + 1, Reason.REVOKED),
        ("revoked", None, Reason.REVOKED),
    ],
)
def test_a_secret_serves_until_its_time(state: Any, retires_at_ms: int | None, reason: Reason | None) -> None:
    assert decided(record=replace(RECORD, secret_state=state, retires_at_ms=retires_at_ms)).reason == reason


@pytest.mark.parametrize(
    ("expires_at_ms", "reason"), [(NOW_MS + 1, None), (NOW_MS, Reason.EXPIRED), (0, Reason.EXPIRED)]
)
def test_a_key_expires_at_its_millisecond(expires_at_ms: int, reason: Reason | None) -> None:
    assert decided(record=replace(RECORD, expires_at_ms=expires_at_ms)).reason == reason


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("10.1.2.3", True), ("2001:db8::1", True), ("11.0.0.1", False), ("::1", False), (None, False)],
)
def test_an_address_must_be_known_and_inside(address: str | None, allowed: bool) -> None:
    ask = replace(ASK, address=None if address is None else ip_address(address))
    assert decided(ask, replace(RECORD, allowed_networks=INNER)).allowed is allowed


def test_the_limit_is_spent_only_by_what_passes_and_the_state_is_after_it() -> None:
    record = replace(RECORD, meters=limited((2, 10)))
    arrivals: Sequence[int] = unused(record, PROJECT)
    states = []
    for _ in range(3):
        decision, arrivals = decide(ASK, record, PROJECT, arrivals, NOW_NS)
        states.append((decision.allowed, decision.limits[0].remaining, decision.limits[0].retry_after_s))
    assert states == [(True, 1, 0.0), (True, 0, 0.0), (False, 0, 5.0)]
    decision, _ = decide(ASK, record, replace(PROJECT, state="archived"), arrivals, NOW_NS)
    assert decision.limits == ()


def test_asking_does_not_spend_if_the_arrivals_are_not_kept() -> None:
    record = replace(RECORD, meters=limited((1, 10)))
    assert decided(record=record) == decided(record=record)


def test_a_quota_that_nothing_is_known_of_is_a_defect_and_no_decision() -> None:
    with pytest.raises(ValueError, match="argument"):
        decide(ASK, replace(RECORD, quota=Quota(5, "day")), PROJECT, (), NOW_NS)


def test_so_is_a_rate_limit() -> None:
    with pytest.raises(ValueError, match="argument"):
        decide(ASK, replace(RECORD, meters=limited((5, 60))), PROJECT, (), NOW_NS)
