"""What stands of a secret: whatever the questions, their order and the changes between them, answers and events are those of deciding anew."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from freehold.apis.routing import Router
from freehold.gate.keyring import ApiRecord, Keyring
from freehold.gate.limiter import MemoryLimiter
from freehold.gate.standing import Standings
from freehold.gate.verify_again import answer_format
from freehold.keys import credential
from freehold.keys.credential import Digester
from freehold.keys.rate_limit import meters
from freehold.keys.records import ProjectRecord, SecretRecord
from freehold.kit import clock
from freehold.projects.limits import Quota, RateLimit
from freehold.usage.records import UsageEvent
from tests.databases import SECRET
from tests.fuzz.door import KEY, NOW_S, PROJECT_RECORD, SECRET_PART, SECRET_RECORD, SELECTOR, TOKEN, Door

NOW_MS = int(NOW_S * 1000)
PASSES = {"endpoint": "getCountry"}

near_ms = st.integers(NOW_MS - 2000, NOW_MS + 4000) | st.none()
few_limits = st.lists(
    st.builds(RateLimit, st.sampled_from(["a", "b"]), st.integers(1, 6), st.integers(1, 3)), max_size=2
)
scopes = st.sampled_from([frozenset({"getCountry"}), frozenset({"getCountry", "listCountries"}), frozenset[str]()])


def limited(owner: str) -> st.SearchStrategy[Any]:
    unique = few_limits.filter(lambda limits: len({each.name for each in limits}) == len(limits))
    return unique.map(lambda limits: meters(owner, tuple(limits)))


# Most of what is drawn passes: a request that is denied never comes near what stands.
secrets = st.builds(
    lambda changed, **fields: replace(SECRET_RECORD, **{name: fields[name] for name in changed}),
    st.sets(
        st.sampled_from(
            ["secret_state", "retires_at_ms", "key_state", "expires_at_ms", "endpoints", "meters", "key_name"]
        )
    ),
    secret_state=st.sampled_from(["active", "retiring", "retired", "revoked"]),
    retires_at_ms=near_ms,
    key_state=st.sampled_from(["active", "active", "revoked"]),
    expires_at_ms=near_ms,
    endpoints=st.none() | scopes,
    meters=limited("key"),
    key_name=st.sampled_from(['100 % \u00fcber "quoted" {x} %s', "checkout"]),
)
projects = st.builds(
    lambda changed, **fields: replace(PROJECT_RECORD, **{name: fields[name] for name in changed}),
    st.sets(st.sampled_from(["state", "endpoints", "meters"])),
    state=st.sampled_from(["active", "active", "archived"]),
    endpoints=scopes,
    meters=limited("project"),
)
other_secret = credential.compose("fh", "sandbox", SELECTOR, SECRET_PART[::-1])
TEXTS = [
    KEY,
    other_secret,
    KEY[:-1] + ("0" if KEY[-1] != "0" else "1"),
    KEY[:-40] + "x" + KEY[-39:],
    KEY.replace("_test_", "_live_"),
    credential.compose("fh", "production", SELECTOR, SECRET_PART),
    KEY + "0",
    KEY[:-1],
    " " + KEY,
    "nonsense",
]
texts = st.sampled_from([KEY] * len(TEXTS) + TEXTS)
questions = st.fixed_dictionaries(
    {"key": texts},
    optional={
        "environment": st.sampled_from(["sandbox", "sandbox", "production"]),
        "api": st.sampled_from(["example", "example", "other"]),
        "address": st.sampled_from(["10.0.0.1", "::ffff:10.0.0.1", "nowhere"]),
        "cost": st.integers(1, 4),
    },
).flatmap(
    lambda asked: st.sampled_from(
        [
            PASSES,
            PASSES,
            {"method": "get", "path": "/v1/countries/DK?x=1"},
            {"method": "GET", "path": "/v1/countries"},
            {"endpoint": "listCountries"},
            {"endpoint": "nothing"},
            {"method": "DELETE", "path": "/v1/countries/DK"},
            {"method": "GET"},
            {"endpoint": "getCountry", "method": "GET", "path": "/v1/countries/DK"},
        ]
    ).map(lambda what: asked | what)
)


@dataclass(frozen=True)
class Step:
    """A question, how much later it is asked, and what the configuration is from then on, if it has changed."""

    asked: dict[str, Any]
    later_ms: int
    changed: tuple[SecretRecord, ProjectRecord] | None


# After these a key that passes is one that stands.
FAMILIAR = [Step({"key": KEY, **PASSES}, later_ms, None) for later_ms in (0, 0, 1000)]
steps = st.lists(
    st.builds(
        Step,
        questions,
        st.sampled_from([0, 0, 1, 150, 400, 1000, 3000]),
        st.none() | st.none() | st.none() | st.tuples(secrets, projects),
    ),
    min_size=1,
    max_size=12,
)


@pytest.fixture(autouse=True)
def _the_real_clock_afterwards() -> Iterator[None]:
    """A door stops the clock."""
    yield
    clock.set_source(None)


def message(asked: dict[str, Any]) -> bytes:
    body = json.dumps(asked).encode()
    return (
        b"POST /v1/keys/verify HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer %b\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (TOKEN.encode(), len(body), body)
    )


def told(events: list[UsageEvent]) -> list[UsageEvent]:
    """Events without what no two have in common."""
    return [replace(event, id="") for event in events]


@given(secrets, projects, steps)
def test_answers_and_events_are_those_of_deciding_anew(
    secret: SecretRecord, project: ProjectRecord, walk: list[Step]
) -> None:
    again, anew = Door(secret, project), Door(secret, project)
    now = [NOW_S]
    clock.set_source(lambda: now[0])
    try:
        with again.line() as ask:
            for step in [*FAMILIAR, *walk]:
                now[0] += step.later_ms / 1000
                if step.changed is not None:
                    again.change(*step.changed)
                    anew.change(*step.changed)
                heard = ask(message(step.asked))
                # A connection of its own has never asked before: every question takes the long way.
                expected = anew.knock([message(step.asked)])
                assert heard.answers == expected.answers
                assert told(again.events) == told(anew.events)
    finally:
        clock.set_source(None)


def test_most_calls_of_a_key_are_answered_by_what_stands() -> None:
    """The property above would hold of a short way that nothing ever takes."""
    gate, taken = Door(), []
    staged = gate.outbox.stage_allowed
    gate.outbox.stage_allowed = lambda *given: (taken.append(given), staged(*given))  # type: ignore[assignment, func-returns-value]
    with gate.line() as ask:
        for _ in range(5):
            ask(message({"key": KEY, **PASSES}))
    # The first one takes the long way, the second is decided and kept.
    assert len(taken) == 3


def standings(keyring: Keyring, staleness_s: float = 1e12) -> Standings:
    digester = Digester(credential.pepper(SECRET, "sandbox"))
    return Standings(
        "fh", keyring, {"sandbox": digester, "production": digester}, MemoryLimiter().spend, staleness_s, answer_format
    )


API = ApiRecord("api_1", "example", Router(()), {"sandbox": None, "production": None})


def test_nothing_stands_of_keys_with_quotas_or_networks_nor_of_a_gate_that_hears_nothing() -> None:
    keyring = Keyring(10)
    keyring.heard_at = 0.0
    for secret, project, expected in [
        (SECRET_RECORD, PROJECT_RECORD, True),
        (replace(SECRET_RECORD, quota=Quota(5, "day")), PROJECT_RECORD, False),
        (SECRET_RECORD, replace(PROJECT_RECORD, quota=Quota(5, "day")), False),
        (replace(SECRET_RECORD, allowed_networks=(ip_network("10.0.0.0/8"),)), PROJECT_RECORD, False),
    ]:
        kept = standings(keyring)
        kept.keep(KEY, secret, project, API)
        assert (kept.of(KEY, NOW_MS) is not None) is expected
    cut_off = standings(keyring, staleness_s=0.0)
    cut_off.keep(KEY, SECRET_RECORD, PROJECT_RECORD, API)
    assert cut_off.of(KEY, NOW_MS) is None


@pytest.mark.parametrize("text", [text for text in TEXTS if text != KEY])
def test_only_the_whole_right_text_is_known_by_what_stands(text: str) -> None:
    keyring = Keyring(10)
    keyring.heard_at = 0.0
    kept = standings(keyring)
    kept.keep(KEY, SECRET_RECORD, PROJECT_RECORD, API)
    assert kept.of(text, NOW_MS) is None
    assert kept.of(KEY, NOW_MS) is not None


@pytest.mark.parametrize(
    ("fields", "ends_ms"),
    [
        ({"expires_at_ms": NOW_MS + 5}, NOW_MS + 5),
        ({"secret_state": "retiring", "retires_at_ms": NOW_MS + 5}, NOW_MS + 5),
        ({"secret_state": "retiring", "retires_at_ms": NOW_MS + 5, "expires_at_ms": NOW_MS + 3}, NOW_MS + 3),
        ({"retires_at_ms": NOW_MS + 5}, None),
        ({"secret_state": "retired"}, NOW_MS),
        ({"key_state": "revoked"}, NOW_MS),
    ],
)
def test_what_stands_ends_to_the_millisecond(fields: dict[str, Any], ends_ms: int | None) -> None:
    keyring = Keyring(10)
    keyring.heard_at = 0.0
    kept = standings(keyring)
    kept.keep(KEY, replace(SECRET_RECORD, **fields), PROJECT_RECORD, API)
    for later_ms in range(8):
        still = ends_ms is None or NOW_MS + later_ms < ends_ms
        assert (kept.of(KEY, NOW_MS + later_ms) is not None) is still


def test_any_change_and_another_database_empty_what_stands() -> None:
    keyring = Keyring(10)
    keyring.heard_at = 0.0
    kept = standings(keyring)
    changes: list[Callable[[], None]] = [
        lambda: keyring.apply((), (), 1), lambda: keyring.forget_all(1), lambda: keyring.forget_all(1),
    ]  # fmt: skip
    for change in changes:
        kept.of(KEY, NOW_MS)
        kept.keep(KEY, SECRET_RECORD, PROJECT_RECORD, API)
        assert kept.of(KEY, NOW_MS) is not None
        change()
        assert kept.of(KEY, NOW_MS) is None
