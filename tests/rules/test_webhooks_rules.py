"""What follows from an attempt; when the next is due; whose turn it is; what may be published."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.apis.records import FREEHOLD_EVENT_TYPES
from freehold.webhooks import headers, rules
from freehold.webhooks.own_events import OWN_EVENTS
from freehold.webhooks.payloads import payload_faults
from freehold.webhooks.records import AttemptResult, HeaderPairs, Timing

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)


def result(status: int | None, response_headers: HeaderPairs = ()) -> AttemptResult:
    outcome = "unreachable" if status is None else rules.judge(status)[0]
    return AttemptResult(outcome, status, None, None, Timing(), response_headers, b"")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "accepted"),
        (204, "accepted"),
        (299, "accepted"),
        (300, "refused"),
        (304, "refused"),
        (400, "refused"),
        (410, "refused"),
        (503, "refused"),
        (199, "refused"),
    ],
)
def test_only_a_2xx_accepts(status: int, outcome: str) -> None:
    assert rules.judge(status)[0] == outcome


def test_the_schedule_is_that_of_the_api_page() -> None:
    waits = [((rules.next_attempt_at(attempts, NOW, None, 0) or NOW) - NOW).total_seconds() for attempts in range(1, 8)]
    assert waits == [5, 300, 1800, 7200, 18_000, 36_000, 36_000]
    assert rules.next_attempt_at(8, NOW, None, 0) is None


@given(attempts=st.integers(1, 7), jitter=st.floats(-1, 1))
def test_jitter_is_a_fifth_at_most(attempts: int, jitter: float) -> None:
    due_at = rules.next_attempt_at(attempts, NOW, None, jitter)
    assert due_at is not None
    wait, whole = (due_at - NOW).total_seconds(), rules.RETRY_AFTER_S[attempts - 1]
    assert whole * 0.8 - 0.001 <= wait <= whole * 1.2 + 0.001


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [("120", 120), ("1", 5), ("999999999", 86_400), ("Fri, 15 Jan 2027 08:10:00 GMT", 600), ("Fri, 15 Jan 1999 08:10:00 GMT", 5),
     ("soon", 5), ("-5", 5), ("", 5), ("1e9", 5), ("Fri, 15 Jan 2027 08:10:00 +9999", 5), ("Fri, 31 Dec 9999 23:59:59 -2359", 5)],
)  # fmt: skip
def test_retry_after_is_honoured_within_a_day(value: str, wait_s: int) -> None:
    follows = rules.consequence(result(503, (("Retry-After", value),)), 1, "published", NOW, 0)
    assert follows == rules.Consequence("pending", NOW + timedelta(seconds=wait_s))


def test_what_follows() -> None:
    assert rules.consequence(result(200), 3, "published", NOW, 0).state == "delivered"
    gone = rules.consequence(result(410), 1, "published", NOW, 0)
    assert (gone.state, gone.due_at) == ("failed", None)
    assert gone.disables
    assert rules.consequence(result(None), 8, "published", NOW, 0) == rules.Consequence("failed", None)
    assert rules.consequence(result(500), 1, "test", NOW, 0) == rules.Consequence("failed", None)


def test_freeholds_own_events_are_those_that_catalogues_may_not_name() -> None:
    assert set(OWN_EVENTS) == FREEHOLD_EVENT_TYPES


# --- headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["X-Environment", "Authorization", "X-API-Key", "tenant", "X_y", "traceparent"])
def test_a_persons_header_may_be_set(name: str) -> None:
    assert headers.header_faults({name: "value 1"}) == []


@pytest.mark.parametrize(
    "name",
    ["webhook-id", "Webhook-Signature", "WEBHOOK-TIMESTAMP", "webhook-anything", "Host", "content-type", "Content-Length",
     "Content-Encoding", "Transfer-Encoding", "TE", "Trailer", "Connection", "Keep-Alive", "Upgrade", "Proxy-Authorization",
     "Proxy-Connection", "Expect", "User-Agent", "Accept-Encoding", "X-Forwarded-For", "Forwarded", "Via", "Cookie", ":authority",
     "", " x", "x ", "x y", "x:", "x\r\ny", "x\n", "x\0", "é", "x" * 65, "(x)", "x,y"],
)  # fmt: skip
def test_a_persons_header_may_not_be_ours_nor_odd(name: str) -> None:
    assert headers.header_faults({name: "value"})


@pytest.mark.parametrize(
    "value", ["", " x", "x ", "x\r\nHost: y", "x\ny", "x\ry", "x\0", "é", "x\ty", "x" * 1025, headers.MASK]
)
def test_a_value_cannot_carry_another_header(value: str) -> None:
    assert headers.header_faults({"X-Own": value})


def test_headers_are_few_and_told_apart_without_case() -> None:
    assert headers.header_faults({f"x-{number}": "1" for number in range(21)})
    assert headers.header_faults({"X-Own": "1", "x-own": "2"})


def test_merging_removes_replaces_and_keeps() -> None:
    before = {"X-One": "1", "Authorization": "Bearer s3cret"}
    assert headers.merged(before, {"x-one": None, "X-Two": "2"}) == {"Authorization": "Bearer s3cret", "X-Two": "2"}
    assert headers.merged(before, {"x-ONE": "9"}) == {"x-ONE": "9", "Authorization": "Bearer s3cret"}
    shown = headers.shown(before)
    assert shown == {"X-One": "1", "Authorization": headers.MASK}
    assert headers.unmasked(shown, before) == before


# --- payloads -------------------------------------------------------------------------------------


def test_a_payload_is_held_to_its_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"lines": {"type": "array", "items": {"type": "integer"}}},
        "required": ["id"],
    }
    assert payload_faults({"id": 1, "lines": [1]}, schema) == []
    faults = payload_faults({"lines": [1, "x"]}, schema)
    assert {fault.field for fault in faults} == {"payload", "payload.lines.1"}


def test_a_schema_reaches_nowhere() -> None:
    for reference in ("https://example.com/schema.json", "file:///etc/passwd", "#/$defs/missing"):
        assert [fault.code for fault in payload_faults({}, {"$ref": reference})] == ["bad_schema"]


def test_a_payload_is_bounded() -> None:
    assert payload_faults("x" * (256 * 1024 - 2), None) == []
    assert [fault.code for fault in payload_faults("x" * (256 * 1024 - 1), None)] == ["too_large"]
    deep: object = 1
    for _ in range(63):
        deep = [deep]
    assert payload_faults(deep, None) == []
    assert [fault.code for fault in payload_faults([deep], None)] == ["too_deep"]
    assert [fault.code for fault in payload_faults(None, None)] == ["required"]
    assert payload_faults({"a": 1}, False)
    assert len(payload_faults(list(range(1000)), {"items": {"type": "string"}})) == 10
