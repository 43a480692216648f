"""What is answered with a decision: header fields on every answer, and the answer to a denial. As the gateway's."""

import math
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from freehold.gate.answers import denial_body, unrecorded_body
from freehold.keys.records import DENIAL_STATUS, DENIAL_WORDS, LimitState, Reason
from freehold.sdk.admission import Admission

Fields = list[tuple[bytes, bytes]]

_CHALLENGE: Final = (b"www-authenticate", b'Bearer realm="freehold"')
_PROBLEM: Final = ((b"content-type", b"application/problem+json"), (b"cache-control", b"no-store"))


def with_decision(admission: Admission, given: Iterable[tuple[bytes, bytes]]) -> Fields:
    """An answer's header fields, and those that say what was decided."""
    entry, decision = admission.entry, admission.decision
    fields = [*given, (b"x-freehold-request-id", admission.request_id.encode())]
    if entry is not None:
        fields += entry.fields
    if decision.reason is not None:
        fields.append((b"x-freehold-reason", decision.reason.encode()))
    if decision.limits:
        fields += _limit_fields(decision.limits)
    return fields


def denial(admission: Admission, reason: Reason) -> tuple[int, Fields, bytes]:
    """Status, header fields and body of the answer to a denied request."""
    meaning, detail = DENIAL_WORDS[reason]
    status = DENIAL_STATUS[reason]
    body = denial_body(reason, meaning.rstrip("."), status, detail, admission.request_id)
    fields = [*with_decision(admission, _PROBLEM), (b"content-length", b"%d" % len(body))]
    if status == 401:
        fields.append(_CHALLENGE)
    return status, fields, body


def unrecorded(admission: Admission) -> tuple[int, Fields, bytes]:
    """The answer in place of one whose decision could not be written down."""
    body = unrecorded_body(admission.request_id)
    fields = [
        (b"x-freehold-request-id", admission.request_id.encode()),
        (b"x-freehold-reason", b"unavailable"),
        *_PROBLEM,
    ]
    return 503, [*fields, (b"content-length", b"%d" % len(body))], body


def _limit_fields(limits: Iterable[LimitState]) -> Fields:
    policies, states, wait_s = [], [], 0.0
    for each in limits:
        policies.append(_policy(each.name, each.limit, each.window_s))
        states.append(f'"{each.name}";r={each.remaining};t={math.ceil(each.reset_s)}')
        wait_s = max(wait_s, each.retry_after_s)
    fields = [
        (b"ratelimit-policy", ", ".join(policies).encode()),
        (b"ratelimit", ", ".join(states).encode()),
    ]
    if wait_s > 0:
        fields.append((b"retry-after", b"%d" % math.ceil(wait_s)))
    return fields


@lru_cache(maxsize=4096)
def _policy(name: str, limit: int, window_s: int) -> str:
    return f'"{name}";q={limit};w={window_s}'
