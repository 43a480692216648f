"""From a project's facts to the list of its checks, and what follows from them. Pure: the moment comes with the facts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from freehold.production.readiness.checks import CHECKS
from freehold.production.readiness.facts import Facts
from freehold.production.readiness.findings import Finding, page_of
from freehold.production.readiness.records import CODES, TITLES, Check, CheckState, Code, Evidence, Fix, OwnCheck
from freehold.projects.records import ReadinessSummary

# What an HTTP check did not pass is asked again so often by itself.
_AGAIN: Final = timedelta(hours=1)
# What clears each check: what to do, the page of the project where it is done, and the command.
FIXES: Final[dict[Code, tuple[str, str, str]]] = {
    "purpose": ("Label the project", "/settings", "freehold projects edit {project} --product-line …"),
    "technical_owner": ("Name a technical owner", "/settings#owners", "freehold projects edit {project} --owner …"),
    "second_owner": ("Name a second owner", "/settings#owners", "freehold projects edit {project} --owner …"),
    "billing_owner": ("Name a billing owner", "/settings#owners", "freehold projects edit {project} --owner …"),
    "scope_declared": ("Declare the scope", "/scope", "freehold scope set -p {project} -e …"),
    "scope_exercised": ("Call what is declared, or declare less", "/scope", "freehold scope show -p {project}"),
    "recent_lookup": ("Make a call with a key", "/keys", "freehold requests list -p {project}"),
    "recent_denial": ("Call what the scope does not declare", "/keys", "freehold requests list -p {project}"),
    "failure_rate": ("Look at what fails", "/requests?range=7d&kind=failed", "freehold requests list -p {project}"),
    "webhook_check": ("Run the webhook check", "/webhooks", "freehold webhooks check …"),
    "delivery_verified": ("Publish an event and see it accepted", "/event_types", "freehold messages publish -p {project} …"),
    "key_hygiene": ("Rotate, end or accept the keys", "#keys", "freehold readiness accept {project} …"),
    "alert_channel": ("Test an alert rule", "/alerts", "freehold alerts test …"),
    "usage_reconciles": ("Look at the usage", "/usage", "freehold usage reconcile"),
    "bindings": ("Give the bindings", "/bindings", "freehold bindings set {project} --bind …"),
    "traffic_band": ("Ask for production access", "/production", "freehold access request -p {project} …"),
}  # fmt: skip
_NO_WEBHOOK: Final = Fix("Add a webhook endpoint", "/webhooks/new", "freehold webhooks create -p {project} --url …")
_NO_KEY: Final = Fix("Issue a key", "/keys/new", "freehold keys issue -p {project} --name …")
_NO_RULE: Final = Fix("Make an alert rule", "/alerts/new", "freehold alerts create -p {project} …")


def checks(facts: Facts) -> list[Check]:
    """A project's checks, Freehold's own first, then the operator's by title."""
    codes = [code for code in CODES if code != "bindings" or facts.missing_bindings is not None]
    own = sorted(facts.own, key=lambda each: (each.title, each.id))
    return [*(_own_of_freehold(facts, code) for code in codes), *(_own(facts, each) for each in own)]


def aged(found: Sequence[Check], stored: Mapping[str, tuple[CheckState, datetime]], now: datetime) -> list[Check]:
    """Checks with their ages: since when they stand so where that was stored, and since now where they changed."""
    return [
        replace(each, since=stored[each.code][1] if stored.get(each.code, (None,))[0] == each.state else now)
        for each in found
    ]


def summary_of(found: Iterable[Check]) -> ReadinessSummary:
    """How many of the checks that apply passed, and how many of the others block."""
    all_ = list(found)
    applies = [each for each in all_ if each.state != "not_applicable"]
    return ReadinessSummary(
        sum(each.state == "passed" for each in applies), len(applies), sum(each.blocks for each in all_)
    )


def next_of(found: Iterable[Check]) -> Check | None:
    """The check to clear next: the first that blocks, else the first that is open; None where all are clear."""
    still = [each for each in found if each.open]
    return next((each for each in still if each.blocking), still[0] if still else None)


def in_order(found: Iterable[Check]) -> list[Check]:
    """Checks as a page lists them: what blocks first, then what is open, then what passed, then what does not apply."""
    places: dict[CheckState, int] = {"failed": 0, "waiting": 0, "passed": 2, "not_applicable": 3}
    return sorted(found, key=lambda each: places[each.state] + (each.open and not each.blocking))


def _own_of_freehold(facts: Facts, code: Code) -> Check:
    finding = CHECKS[code](facts)
    fix = None if finding.state in ("passed", "not_applicable") else _fix(facts, code)
    blocking = code in facts.policy.blocking
    return Check(code, TITLES[code], blocking, finding.state, finding.detail, None, finding.evidence, fix)


def _fix(facts: Facts, code: Code) -> Fix:
    fix = Fix(*FIXES[code])
    if code in ("webhook_check", "delivery_verified") and not facts.webhooks:
        fix = _NO_WEBHOOK
    elif code == "webhook_check":
        first = next(each for each in facts.webhooks if each.standing != "passed")
        fix = Fix(fix.title, f"/webhooks/{first.id}/check", f"freehold webhooks check {first.id}")
    elif code in ("recent_lookup", "key_hygiene") and not facts.keys:
        fix = _NO_KEY
    elif code == "alert_channel" and not facts.alert_rules:
        fix = _NO_RULE
    href = f"/readiness{fix.href}" if fix.href.startswith("#") else fix.href
    return Fix(fix.title, page_of(facts, href), fix.command.format(project=facts.project_id))


# --- the operator's own --------------------------------------------------------------------------------------------


def _own(facts: Facts, check: OwnCheck) -> Check:
    finding = _attested(facts, check) if check.kind == "attestation" else _answered(facts, check)
    fix = None if finding.state == "passed" else _own_fix(facts, check)
    return Check(
        check.code, check.title, check.blocking, finding.state, finding.detail, None, finding.evidence, fix,
        check.id, check.kind, check.instruction,
    )  # fmt: skip


def _own_fix(facts: Facts, check: OwnCheck) -> Fix:
    href = page_of(facts, f"/readiness#{check.code}")
    if check.kind == "http":
        return Fix("Ask again", href, f"freehold readiness run {facts.project_id} {check.code}")
    who = "an operator" if check.role == "operator" else f"a person with the role {check.role}"
    return Fix(f"Ask {who} to attest it", href, f"freehold readiness attest {facts.project_id} {check.code} …")


def _attested(facts: Facts, check: OwnCheck) -> Finding:
    found = facts.attestations.get(check.id)
    if found is None:
        return Finding("waiting", f"Nobody with the role {check.role} has attested it yet.")
    words = f"{found.user_name}, {found.role}: {found.words}"
    evidence = Evidence("attestation", found.id, found.at, page_of(facts, f"/readiness#{check.code}"), words)
    if found.expires_at <= facts.now:
        return Finding("failed", f"What {found.user_name} attested has expired.", evidence)
    return Finding("passed", f"{words}", evidence)


def stale(facts: Facts, check: OwnCheck) -> bool:
    """Whether an HTTP check is to be called anew: never called, too old, or of another shape than now."""
    found = facts.http_results.get(check.id)
    return (
        found is None
        or found.facts_sha256 != facts.fingerprint
        or facts.now - found.at >= timedelta(days=check.valid_days)
    )


def due_calls(facts: Facts) -> list[OwnCheck]:
    """The HTTP checks that are to be called by themselves: too old, of another shape, or an hour after a no."""
    return [
        each for each in facts.own if each.kind == "http" and (stale(facts, each) or _refused_long_ago(facts, each))
    ]


def _refused_long_ago(facts: Facts, check: OwnCheck) -> bool:
    found = facts.http_results[check.id]
    return not found.passed and facts.now - found.at >= _AGAIN


def _answered(facts: Facts, check: OwnCheck) -> Finding:
    found = facts.http_results.get(check.id)
    if found is None:
        return Finding("waiting", "It was not asked yet.")
    evidence = Evidence("http_result", found.id, found.at, page_of(facts, f"/readiness#{check.code}"), found.detail)
    if stale(facts, check):
        return Finding(
            "waiting", "The project changed since it was asked, or that was long ago: it is asked again.", evidence
        )
    return Finding("passed" if found.passed else "failed", found.detail, evidence)
