"""What a receiver's answers to the probes of a check show, and for how long it counts. Pure.

Only what can be seen is said. An answer that may be a refusal or a fault is neither passed nor failed.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from freehold.webhooks.check_records import (
    ALREADY_REPORTED,
    PROBES,
    REPEATED_HEADER,
    CheckStanding,
    CheckState,
    Verdict,
    WebhookCheck,
)
from freehold.webhooks.records import AttemptResult, Probe

# A 4xx that is no refusal of this event: timeout, too early, too many.
_NO_REFUSAL = frozenset({408, 425, 429})
_FALSE_WORDS = frozenset({"", "0", "false", "no"})


def judge_probe(probe: Probe, results: Sequence[AttemptResult], signed_passed: bool) -> Verdict:
    """What the answers to one probe show. `signed_passed`: the receiver accepted what it should accept."""
    if probe == "signed":
        return _signed(results[0])
    if probe == "repeated":
        return _repeated(results[0], results[-1])
    return _to_refuse(probe, results[0], signed_passed)


def _signed(result: AttemptResult) -> Verdict:
    if result.outcome == "accepted":
        return Verdict(True, f"Accepted with {result.status}, as it should be.")
    return Verdict(False, f"Not accepted. {result.error}")


def _to_refuse(probe: Probe, result: AttemptResult, signed_passed: bool) -> Verdict:
    if result.outcome == "accepted":
        return Verdict(False, f"Accepted with {result.status}. {_DANGER[probe]}")
    if not _refuses(result):
        return Verdict(
            None, f"Whether it is refused cannot be told: a refusal is a 4xx, such as 401. {result.error or ''}".strip()
        )
    if not signed_passed:
        words = f"Answered {result.status}, but a rightly signed event was not accepted either: this shows nothing."
        return Verdict(None, words)
    return Verdict(True, f"Refused with {result.status}, as it should be.")


_DANGER = {
    "forged": "The receiver does not check signatures: anybody can send it events.",
    "stale": "The receiver does not look at the timestamp: whoever recorded a request can send it again.",
}


def _repeated(first: AttemptResult, second: AttemptResult) -> Verdict:
    if first.outcome != "accepted":
        return Verdict(None, f"The first of the two was not accepted, so that the second shows nothing. {first.error}")
    if says_repeated(first):
        return Verdict(False, "The receiver says that it knew an id which it had never been sent.")
    if second.outcome == "accepted":
        if says_repeated(second):
            return Verdict(True, f"Accepted once. It answered the second with {second.status} and that it knew the id.")
        words = (
            f"Both were accepted with {second.status}. Whether the second had an effect cannot be seen: "
            f"let the receiver answer a repeat with the header {REPEATED_HEADER}: true."
        )
        return Verdict(None, words)
    if _refuses(second):
        words = (
            f"Accepted once. The second was refused with {second.status}; better answer a repeat with 2xx and "
            f"{REPEATED_HEADER}: true, for what is refused is sent again."
        )
        return Verdict(True, words)
    return Verdict(None, f"Whether the second had an effect cannot be seen. {second.error}")


def says_repeated(result: AttemptResult) -> bool:
    """Whether an answer says that the id was known: by 208 (RFC 5842, section 7.1) or by our header."""
    said = next((value for name, value in result.response_headers or () if name.lower() == REPEATED_HEADER), "")
    return result.status == ALREADY_REPORTED or said.strip().lower() not in _FALSE_WORDS


def _refuses(result: AttemptResult) -> bool:
    return result.status is not None and 400 <= result.status < 500 and result.status not in _NO_REFUSAL


def outcome_of(passed: Iterable[bool | None]) -> CheckState:
    """What all four probes come to: failed where one failed, unclear where one does not tell, else passed."""
    found = list(passed)
    if False in found:
        return "failed"
    return "passed" if len(found) == len(PROBES) and all(found) else "unclear"


def standing_of(check: WebhookCheck | None, url: str, secret_version: int, now: datetime) -> CheckStanding:
    """What a check says of an endpoint that has this URL and this newest secret now."""
    if check is None:
        return CheckStanding("never", None)
    if check.state == "running":
        return CheckStanding("running" if now < check.ends_by_at else "interrupted", check)
    if (check.url, check.secret_version) != (url, secret_version):
        return CheckStanding("outdated", check)
    if check.expires_at is not None and check.expires_at <= now:
        return CheckStanding("expired", check)
    return CheckStanding(check.state, check)


def proves(found: CheckStanding, accepted_at: datetime) -> bool:
    """Whether what a receiver accepted at an instant was verified by it: it had passed a check by then that still counts."""
    finished_at = found.check.finished_at if found.check and found.standing == "passed" else None
    return finished_at is not None and finished_at <= accepted_at
