"""How each of Freehold's own checks stands, from the facts: one function a check. Pure.

A check waits where there is nothing yet that it could be decided by, fails where what there is does not do, and does
not apply where the project declares nothing that it is about.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from freehold.production.readiness.facts import EndpointFact, Facts, KeyFact
from freehold.production.readiness.findings import Finding, counted, day_of, named, page_of, shown
from freehold.production.readiness.records import Code, Evidence, KeyFinding, Policy

# Sums are compared every night.
_RECONCILED_WITHIN: Final = timedelta(days=3)
FINDING_WORDS: Final[dict[KeyFinding, str]] = {
    "rotation_overdue": "is overdue for rotation",
    "unused": "is unused",
    "never_expires": "never expires",
}


def _purpose(facts: Facts) -> Finding:
    words = f"{facts.product_line or 'No product line'}: {facts.purpose or 'no purpose'}"
    evidence = shown(facts, "project", facts.project_id, None, "/settings", words)
    if facts.purpose and facts.product_line:
        return Finding("passed", f"{facts.product_line}: {facts.purpose}.", evidence)
    missing = "purpose" if not facts.purpose else "product line"
    return Finding("failed", f"The project has no {missing}: nobody can tell what it belongs to.", evidence)


def _technical_owner(facts: Facts) -> Finding:
    for owner in facts.owners:
        if owner.duty == "technical":
            return Finding("passed", f"{owner.name} answers for it.", _person(facts, owner.user_id, owner.name))
    return Finding("failed", "Nobody is named who answers for the integration.")


def _second_owner(facts: Facts) -> Finding:
    able = list({owner.user_id: owner.name for owner in facts.owners if owner.rotates}.items())
    if len(able) > 1:
        return Finding("passed", f"{named([name for _, name in able])} can rotate keys.", _person(facts, *able[1]))
    alone = f"{able[0][1]} alone" if able else "None of the owners"
    return Finding("failed", f"{alone} can rotate keys: a leaked one must not wait for one person.")


def _billing_owner(facts: Facts) -> Finding:
    for owner in facts.owners:
        if owner.duty == "billing":
            words = f"{owner.name} answers for the project's billing."
            return Finding("passed", words, _person(facts, owner.user_id, owner.name))
    if facts.billing:
        user_id, name = facts.billing[0]
        return Finding("passed", f"{name} does the organization's billing.", _person(facts, user_id, name))
    return Finding("failed", "Neither the project nor its organization names who pays.")


def _person(facts: Facts, user_id: str, name: str) -> Evidence:
    return Evidence("person", user_id, None, f"/organizations/{facts.organization_id}/members", name)


def _scope_declared(facts: Facts) -> Finding:
    if not facts.endpoints:
        return Finding("waiting", "The project declares no endpoint yet.")
    words = f"{counted(len(facts.endpoints), 'endpoint')}, {counted(len(facts.event_types), 'event type')}"
    return Finding("passed", f"{words}.", shown(facts, "scope", facts.project_id, None, "/scope", words))


def _scope_exercised(facts: Facts) -> Finding:
    if not facts.endpoints:
        return Finding("waiting", "The project declares no endpoint yet.")
    since = day_of(facts.now) - timedelta(days=facts.policy.exercise_days)
    seen = {each: at for each, at in facts.use.exercised.items() if each in facts.endpoints and at >= since}
    words = f"{len(seen)} of {counted(len(facts.endpoints), 'endpoint')} called in {facts.policy.exercise_days} days"
    evidence = shown(facts, "scope", facts.project_id, min(seen.values(), default=None), "/scope", words)
    missing = [each for each in facts.endpoints if each not in seen]
    if not missing:
        return Finding("passed", f"{words}.", evidence)
    return Finding("failed" if seen else "waiting", f"Not called yet: {named(missing)}.", evidence)


def _recent_lookup(facts: Facts) -> Finding:
    return _recent(facts, facts.use.allowed_on, facts.policy.lookup_days, "allowed")


def _recent_denial(facts: Facts) -> Finding:
    return _recent(facts, facts.use.denied_on, facts.policy.denial_days, "denied")


def _recent(facts: Facts, on: datetime | None, days: int, what: str) -> Finding:
    """One day's sums say whether; the newest request, where it was looked for, shows it."""
    if on is None:
        return Finding("waiting", f"No request was {what} yet.")
    kind = "served" if what == "allowed" else "denied"
    seen = facts.lookup if what == "allowed" else facts.denial
    evidence = shown(facts, "usage", facts.project_id, on, f"/requests?range=30d&kind={kind}", f"Requests {what}")
    if seen is not None:
        words = f"{seen.endpoint or 'A call'}: {seen.outcome.replace('_', ' ')}"
        evidence = shown(facts, "request", seen.id, seen.at, f"/requests/{seen.id}", words)
    if on >= day_of(facts.now) - timedelta(days=days):
        return Finding("passed", f"{what.capitalize()} within {days} days.", evidence)
    return Finding("failed", f"The last one was {what} more than {days} days ago.", evidence)


def _failure_rate(facts: Facts) -> Finding:
    use = facts.use
    if not use.requests:
        return Finding("waiting", f"No request was let through in {facts.policy.failure_days} days.")
    rate = 100 * use.failed / use.requests
    words = f"{use.failed:,} of {counted(use.requests, 'request')} failed in {facts.policy.failure_days} days"
    evidence = shown(facts, "usage", facts.project_id, facts.use.allowed_on, "/usage?range=7d&group_by=outcome", words)
    said = (
        f"{rate:.2g} % failed of {counted(use.requests, 'request')}; at most {facts.policy.failure_rate_max:g} % may."
    )
    return Finding("passed" if rate <= facts.policy.failure_rate_max else "failed", said, evidence)


def _webhook_check(facts: Facts) -> Finding:
    if not facts.webhooks:
        return _no_webhooks(facts)
    others = [each for each in facts.webhooks if each.standing != "passed"]
    one = _oldest(others or facts.webhooks)
    evidence = None
    if one.check_id:
        rest = f"/webhooks/{one.id}/check?id={one.check_id}"
        evidence = shown(facts, "webhook_check", one.check_id, one.checked_at, rest, f"{one.standing}: {one.url}")
    if not others:
        verb = "refuses" if len(facts.webhooks) == 1 else "refuse"
        return Finding(
            "passed", f"{counted(len(facts.webhooks), 'receiver')} {verb} what is forged or stale.", evidence
        )
    waits = all(each.standing in ("never", "running") for each in others)
    said = named([f"{each.url} ({_STANDING_WORDS.get(each.standing, each.standing)})" for each in others])
    return Finding("waiting" if waits else "failed", f"Not passed: {said}.", evidence)


_STANDING_WORDS: Final = {"never": "not checked yet", "outdated": "its URL or secret changed since"}


def _oldest(endpoints: Sequence[EndpointFact]) -> EndpointFact:
    return min(endpoints, key=lambda each: (each.checked_at is not None, each.checked_at or 0, each.id))


def _no_webhooks(facts: Facts) -> Finding:
    if facts.event_types:
        return Finding("waiting", "The project declares events, and has no webhook endpoint that receives them.")
    return Finding("not_applicable", "The project declares no events, and has no webhook endpoint.")


def _delivery_verified(facts: Facts) -> Finding:
    if not facts.webhooks:
        return _no_webhooks(facts)
    if facts.delivered is None:
        said = f"In {facts.policy.delivery_days} days no receiver accepted a published event after it had passed its check."
        return Finding("waiting", said)
    found = facts.delivered
    words = f"{found.event_type}, accepted"
    evidence = shown(facts, "delivery", found.delivery_id, found.at, f"/deliveries/{found.delivery_id}", words)
    return Finding(
        "passed", f"A {found.event_type} was accepted by a receiver that verifies what it accepts.", evidence
    )


def findings_of(key: KeyFact, policy: Policy, now: datetime) -> list[KeyFinding]:
    """What is wrong with a key that nobody accepted."""
    found: list[KeyFinding] = []
    if now - key.secret_at > timedelta(days=policy.rotation_days):
        found.append("rotation_overdue")
    if now - key.used_since > timedelta(days=policy.unused_days):
        found.append("unused")
    if key.expires_at is None:
        found.append("never_expires")
    return [each for each in found if each not in key.accepted]


def _key_hygiene(facts: Facts) -> Finding:
    if not facts.keys:
        return Finding("waiting", "The project has no key that serves.")
    found = {key.id: findings_of(key, facts.policy, facts.now) for key in facts.keys}
    wrong = [key for key in facts.keys if found[key.id]]
    one = (wrong or sorted(facts.keys, key=lambda key: key.secret_at))[0]
    evidence = shown(facts, "key", one.id, one.secret_at, f"/keys/{one.id}", one.name)
    if not wrong:
        return Finding("passed", f"{counted(len(facts.keys), 'key')} in use, rotated in time, with an end.", evidence)
    said = [f"{key.name} {' and '.join(FINDING_WORDS[each] for each in found[key.id])}" for key in wrong]
    return Finding("failed", f"{named(said)}.", evidence)


def _alert_channel(facts: Facts) -> Finding:
    if not facts.alert_rules:
        return Finding("failed", "No alert rule watches the project.")
    if facts.told is None:
        return Finding("waiting", f"No alert or test of one reached anybody in {facts.policy.alert_days} days.")
    found = facts.told
    words = f"{found.rule_name}, by {found.way}"
    evidence = shown(facts, "notification", found.rule_id, found.at, f"/alerts/{found.rule_id}", words)
    return Finding("passed", f"{found.rule_name} reached somebody by {found.way}.", evidence)


def _usage_reconciles(facts: Facts) -> Finding:
    found = facts.reconciled
    if found is None:
        return Finding("waiting", "The sums were not compared yet: that happens every night.")
    words = f"{counted(found.differences, 'difference')} in the project's sums"
    evidence = shown(facts, "reconciliation", facts.project_id, found.at, "/usage", words)
    if found.differences:
        return Finding("failed", f"{words}. The operator's log names them.", evidence)
    if facts.now - found.at > _RECONCILED_WITHIN:
        return Finding("failed", "The sums were last compared more than three days ago.", evidence)
    return Finding("passed", "Requests, minutes, hours and days add up.", evidence)


def _bindings(facts: Facts) -> Finding:
    if not facts.missing_bindings:
        return Finding("passed", "Every value that must differ in production is given.")
    return Finding("waiting", f"Not given yet: {named(facts.missing_bindings)}.")


def _traffic_band(facts: Facts) -> Finding:
    band = facts.band
    if band is None:
        return Finding("waiting", "The expected traffic is asked for with the access request.")
    words = f"{band.least:,} to {band.most:,} requests a day expected; the busiest here was {facts.use.busiest:,}"
    evidence = Evidence("access_request", band.request_id, band.at, page_of(facts, "/production"), words)
    # A sandbox that saw more than is expected of production was measured wrongly, or is.
    return Finding("passed" if facts.use.busiest <= band.most else "failed", f"{words}.", evidence)


CHECKS: Final[dict[Code, Callable[[Facts], Finding]]] = {
    "purpose": _purpose, "technical_owner": _technical_owner, "second_owner": _second_owner,
    "billing_owner": _billing_owner, "scope_declared": _scope_declared, "scope_exercised": _scope_exercised,
    "recent_lookup": _recent_lookup, "recent_denial": _recent_denial, "failure_rate": _failure_rate,
    "webhook_check": _webhook_check, "delivery_verified": _delivery_verified, "key_hygiene": _key_hygiene,
    "alert_channel": _alert_channel, "usage_reconciles": _usage_reconciles, "bindings": _bindings,
    "traffic_band": _traffic_band,
}  # fmt: skip
