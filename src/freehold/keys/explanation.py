"""A decision in words: which rule decided, what that means, and what must change.

Works from what a usage event keeps (outcome, rule, limits), so that a decision of last week and one
that is only asked about (`POST /v1/explain`) are explained by the same sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from freehold.keys.records import ALLOWED, DENIAL_WORDS, Decision, LimitState, Reason

# What each rule looks at. A rule's name is where to look: subject, then field.
RULE_WORDS: Final[dict[str, str]] = {
    "credential.form": "The key's text has the right form and checksum.",
    "credential.secret": "A secret of this instance has this selector and this digest.",
    "key.state": "The key is active.",
    "secret.state": "This version of the secret is active or retiring.",
    "secret.retires_at": "The time until which this retiring secret is accepted is not over.",
    "key.expires_at": "The key has not expired, or never does.",
    "project.state": "The key's project is active.",
    "project.environment": "No environment was asked for, or it is the project's.",
    "api.catalogue": "The API's catalogue has an endpoint with this method and path.",
    "project.api": "The endpoint belongs to the API that the project is on.",
    "project.scope": "The project's scope declares the endpoint.",
    "key.endpoints": "The key, which is narrowed, names the endpoint.",
    "key.allowed_cidrs": "The key names no networks, or the caller's address is in one of them.",
    "key.rate_limits": "Each of the key's rate limits has room for the request's cost.",
    "project.rate_limits": "Each of the project's rate limits has room for the request's cost.",
    "gate.heard": "The gate has heard its database within the staleness bound.",
    "gate.journal": "The gate could write the decision down.",
    "all": "Every rule was met.",
}
_ALLOWED_WORDS: Final = ("The request may pass.", "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a decision came out as it did. `remedy` is empty, and `reason` None, where it was allowed."""

    allowed: bool
    reason: Reason | None
    rule: str
    rule_words: str
    meaning: str
    remedy: str
    limits: tuple[LimitState, ...]
    retry_after_s: float | None


def explain(decision: Decision) -> Explanation:
    """Put one decision into words."""
    meaning, remedy = _ALLOWED_WORDS if decision.reason is None else DENIAL_WORDS[decision.reason]
    waits = [limit.retry_after_s for limit in decision.limits if limit.retry_after_s > 0]
    return Explanation(
        allowed=decision.allowed,
        reason=decision.reason,
        rule=decision.rule,
        rule_words=RULE_WORDS.get(decision.rule, ""),
        meaning=meaning,
        remedy=remedy,
        limits=decision.limits,
        retry_after_s=max(waits) if waits else None,
    )


def explain_recorded(outcome: str, rule: str, limits: Iterable[tuple[str, int, int, float]]) -> Explanation:
    """Put a decision into words from what its usage event kept; ValueError where the outcome is none of ours."""
    reason = None if outcome == ALLOWED else Reason(outcome)
    return explain(Decision(reason, rule, tuple(LimitState(*limit) for limit in limits)))


# The checks in the order in which they are made. One line may stand for several rules: which of them
# applies depends on the key (narrowed or not) or on the secret (active or retiring).
_CHECKS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("Key's form", ("credential.form",)),
    ("Key's secret", ("credential.secret",)),
    ("Key and secret in force", ("key.state", "secret.state", "secret.retires_at")),
    ("Expiry", ("key.expires_at",)),
    ("Project", ("project.state",)),
    ("Environment", ("project.environment",)),
    ("Endpoint in the catalogue", ("api.catalogue",)),
    ("Endpoint in scope", ("project.api", "project.scope", "key.endpoints")),
    ("Caller's address", ("key.allowed_cidrs",)),
    ("Rate limits", ("key.rate_limits", "project.rate_limits")),
)
# What a line that stands for several rules says where none of them denied.
_TOGETHER: Final[dict[str, str]] = {
    "key.state": "The key is active, and so is this version of its secret, or it still retires.",
    "key.rate_limits": "The rate limits of the key and of its project have room for the request's cost.",
    "project.api": "The project's scope declares the endpoint, and the key is not narrowed away from it.",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a decision: passed, the one that denied, or not reached."""

    title: str
    state: Literal["passed", "denied", "not_reached"]
    words: str


def checked_rules(rule: str) -> list[Check]:
    """Every check with what became of it, from the rule that decided. A gate that could not decide reached none."""
    decided_at = next((index for index, (_, rules) in enumerate(_CHECKS) if rule in rules), None)
    if decided_at is None:
        state: Literal["passed", "not_reached"] = "passed" if rule == "all" else "not_reached"
        return [Check(title, state, _words_of(rules)) for title, rules in _CHECKS]
    checks = []
    for index, (title, rules) in enumerate(_CHECKS):
        if index == decided_at:
            checks.append(Check(title, "denied", f"Not met: {RULE_WORDS[rule][0].lower()}{RULE_WORDS[rule][1:]}"))
        else:
            checks.append(Check(title, "passed" if index < decided_at else "not_reached", _words_of(rules)))
    return checks


def _words_of(rules: tuple[str, ...]) -> str:
    return _TOGETHER.get(rules[0], RULE_WORDS[rules[0]])
