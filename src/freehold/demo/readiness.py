"""The demonstration's way to production: what the operator asks, what receivers proved, what people said, and how projects stand.

The receivers' answers to a webhook check are invented, as those to events are; what follows from them is decided.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from freehold.demo.people import MadeProject, Place, at
from freehold.kit import clock, ids
from freehold.organizations.records import Actor
from freehold.production.policy import own_checks
from freehold.production.policy.own_checks import OwnCheckSettings
from freehold.production.readiness import attestations
from freehold.production.readiness import tasks as readiness_tasks
from freehold.webhooks import check_actions, check_rules
from freehold.webhooks.check_actions import Sent
from freehold.webhooks.check_records import ALREADY_REPORTED, PROBES, BegunCheck
from freehold.webhooks.outgoing import forged, request_of
from freehold.webhooks.own_events import CHECK_EVENT, OWN_EVENTS
from freehold.webhooks.records import AttemptResult, Dispatch, Message, Probe, Timing

_REVIEW: Final = OwnCheckSettings(
    "attestation",
    "security_review",
    "Security review",
    "How keys are kept, and what a leak would reach.",
    role="auditor",
)
_CHECKED_AFTER: Final = timedelta(hours=3)
_TOOK: Final = timedelta(milliseconds=180)
_BODY: Final = b'{"error":"signature mismatch"}'
# Nobody's secret: what a forged probe is signed by.
_FORGED_BY: Final = bytes(range(24))


def make_readiness(place: Place, projects: Sequence[MadeProject], people: Mapping[str, Actor]) -> None:
    """Let the operator ask for a review of the example API's projects, and the first organization answer for one of them."""
    # Whoever set the instance up runs it.
    operator = next(iter(people.values()))
    sandboxes = [made for made in projects if made.project.environment == "sandbox"]
    with at(place.now - timedelta(days=30)), place.store.write() as tx:
        own_checks.create_own_check(tx, operator, place.settings, "example", _REVIEW)
    for made in projects:
        if made.webhook_id and made.story.archived_days_ago is None:
            _check(place, made)
    first = sandboxes[0]
    with at(place.now - timedelta(days=12)), place.store.write() as tx:
        words = "Keys are in the vault, one for each workload; a leak reaches public data alone."
        attestations.attest(tx, people["audit"], first.project.id, _REVIEW.code, words)
    for key in first.keys[:2]:
        with at(place.now - timedelta(days=11)), place.store.write() as tx:
            until = place.now + timedelta(days=60)
            reason = "Rotated with every release, every second week."
            attestations.accept_finding(tx, first.actor, first.project.id, key.id, "never_expires", reason, until)
    readiness_tasks.turn(place.store)


def _check(place: Place, made: MadeProject) -> None:
    """A webhook check of a project's endpoint, an hour after its first event."""
    began = max(made.began_at + _CHECKED_AFTER, place.now - timedelta(days=20))
    with at(began), place.store.write() as tx:
        begun = check_actions.begin_check(tx, made.actor, made.webhook_id or "")
    found: dict[Probe, bool | None] = {}
    for probe in PROBES:
        now = began + timedelta(seconds=len(found) + 1)
        with at(now), place.store.write() as tx:
            message = Message(
                ids.new_id("msg"),
                made.project.id,
                CHECK_EVENT,
                None,
                OWN_EVENTS[CHECK_EVENT].example,
                None,
                "test",
                now,
                1,
            )
            sent = [_sent(place, made, begun, probe, message, again) for again in range(1 + (probe == "repeated"))]
            verdict = check_rules.judge_probe(probe, [each.result for each in sent], found.get("signed") is True)
            check_actions.record_probe(tx, begun, probe, message, sent, verdict)
        found[probe] = verdict.passed
    with at(began + timedelta(seconds=6)), place.store.write() as tx:
        check_actions.finish_check(tx, begun.check.id, check_rules.outcome_of(found.values()))


def _sent(place: Place, made: MadeProject, begun: BegunCheck, probe: Probe, message: Message, again: int) -> Sent:
    now = clock.now() + again * _TOOK
    signed_at = now - (timedelta(minutes=10) if probe == "stale" else timedelta())
    outgoing = request_of(Dispatch("", now, begun.endpoint, begun.secrets, message), place.secret, signed_at)
    if probe == "forged":
        outgoing = forged(outgoing, _FORGED_BY)
    return Sent(now, outgoing, _answer(made, begun, probe, again))


def _answer(made: MadeProject, begun: BegunCheck, probe: Probe, again: int) -> AttemptResult:
    timing = Timing(dns_us=900, connect_us=7_000, tls_us=11_000, first_byte_us=74_000, total_us=92_900)
    if made.story.receiver == "refuses" or probe in ("forged", "stale"):
        words = f"{begun.endpoint.url.split('/')[2]} answered 401."
        headers = (("content-type", "application/json"),)
        return AttemptResult("refused", 401, words, "203.0.113.60", timing, headers, _BODY)
    status = ALREADY_REPORTED if again else 204
    return AttemptResult("accepted", status, None, "203.0.113.60", timing, (("server", "receiver"),), b"")
