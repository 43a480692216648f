"""A decision in words: which rule decided, what that means, and what must change.

`records.DENIAL_WORDS` says what each reason means; where a rule or a limit can say more exactly what
must change, it is said here. Works from what a usage event keeps (outcome, rule, limits), so that a decision of last week and one
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
    "key.quota": "The key's quota has room for the request's cost in this period.",
    "project.quota": "The project's quota, which all its keys spend, has room for the request's cost in this period.",
    "gate.fail_open": "The gate could not hear its database, and decided by what it had heard before.",
    "gate.heard": "The gate has heard its database within the staleness bound.",
    "gate.journal": "The gate could write the decision down.",
    "all": "Every rule was met.",
}
# What must change, where a rule can say it more exactly than its reason.
_REMEDIES: Final[dict[str, str]] = {
    "key.state": "Issue another key: a revoked one never serves again.",
    "secret.state": "Use the key's current secret.",
    "secret.retires_at": "Use the key's current secret.",
    "project.api": "Use a key of a project on this API.",
    "project.scope": "Add the endpoint to the project's scope.",
    "key.endpoints": "Add the endpoint to the key, or let the key call all of the project's scope.",
    "key.rate_limits": "Wait as long as Retry-After says, or raise the key's rate limit.",
    "project.rate_limits": "Wait as long as Retry-After says, or raise the project's rate limit, which all its keys spend.",
    "key.quota": "Wait for the next period, or raise the key's quota.",
    "project.quota": "Wait for the next period, or raise the project's quota, which all its keys spend.",
}
# Rules that are called otherwise now, and stand in usage events of before.
_FORMER_RULES: Final = {"key.rate_limit": "key.rate_limits"}
_TOO_DEAR: Final = "Raise the limit, or lower the request's cost: no wait lets it pass."
# What it means that a request may pass, by the rule that said so.
_ALLOWED_WORDS: Final[dict[str, str]] = {
    "all": "The request may pass.",
    "gate.fail_open": "The request may pass. The gate could not hear its database, and the operator lets this API stay open then.",
}


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


def explain(decision: Decision, cost: int = 1) -> Explanation:
    """Put one decision into words. `cost`: the request's."""
    meaning, remedy = _meaning_and_remedy(decision, cost)
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


def explain_recorded(
    outcome: str, rule: str, limits: Iterable[tuple[str, int, int, float]], cost: int = 1
) -> Explanation:
    """Put a decision into words from what its usage event kept; ValueError where the outcome is none of ours."""
    reason = None if outcome == ALLOWED else Reason(outcome)
    rule = _FORMER_RULES.get(rule, rule)
    return explain(Decision(reason, rule, tuple(LimitState(*limit) for limit in limits)), cost)


def is_quota(name: str) -> bool:
    """Whether a limit, by the name that decisions report it by, is a quota."""
    return name.endswith(":quota")


def limit_words(name: str) -> str:
    """Which limit a decision's name for it means: `the project's quota`, `the key's rate limit burst`."""
    owner, _, of_owner = name.partition(":")
    if is_quota(name):
        return f"the {owner}'s quota"
    return f"the {owner}'s rate limit {of_owner}".rstrip()


def _meaning_and_remedy(decision: Decision, cost: int) -> tuple[str, str]:
    if decision.reason is None:
        return _ALLOWED_WORDS.get(decision.rule, _ALLOWED_WORDS["all"]), ""
    meaning, remedy = DENIAL_WORDS[decision.reason]
    remedy = _REMEDIES.get(decision.rule, remedy)
    short = [each for each in decision.limits if each.remaining < cost and _decides(each, decision.reason)]
    if not short:
        return meaning, remedy
    meaning = " ".join(f"{_capitalized(limit_words(each.name))} {_left_words(each, cost)}" for each in short)
    return meaning, _TOO_DEAR if any(cost > each.limit for each in short) else remedy


def _decides(limit: LimitState, reason: Reason) -> bool:
    return reason == (Reason.QUOTA_EXHAUSTED if is_quota(limit.name) else Reason.RATE_LIMITED)


def _left_words(limit: LimitState, cost: int) -> str:
    return f"has {limit.remaining:,} of {limit.limit:,} left, and the request costs {cost:,}."


def _capitalized(words: str) -> str:
    return words[0].upper() + words[1:]


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
    ("Quotas", ("key.quota", "project.quota")),
)
# What a line that stands for several rules says where none of them denied.
_TOGETHER: Final[dict[str, str]] = {
    "key.state": "The key is active, and so is this version of its secret, or it still retires.",
    "key.rate_limits": "The rate limits of the key and of its project have room for the request's cost.",
    "key.quota": "The quotas of the key and of its project have room for the request's cost in this period.",
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
        state: Literal["passed", "not_reached"] = "passed" if rule in _ALLOWED_WORDS else "not_reached"
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
