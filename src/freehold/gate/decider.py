"""One request, decided: from the presented key and what it calls to the decision and its usage event.

The three ways in (verify, authorize, gateway) differ in how they are asked and how they answer; what
is decided, and what is written down of it, is here, once.
"""

import time
from collections.abc import Mapping
from operator import attrgetter
from typing import Final

import msgspec

from freehold.gate.addresses import parse_address
from freehold.gate.keyring import ApiRecord, Keyring, Missing
from freehold.gate.limiter import Limiter
from freehold.gate.outbox import Outbox
from freehold.gate.standing import AnswerFormat, Standings
from freehold.keys import credential, rules
from freehold.keys.credential import Credential, Digester
from freehold.keys.records import ALLOWED, Decision, Environment, ProjectRecord, Reason, SecretRecord, Via
from freehold.keys.rules import Ask
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.usage.records import UsageEvent

# Longer texts say nothing more, and every event of a flood would carry them.
PATH_MAX: Final = 1024
_USER_AGENT_MAX: Final = 256
METHOD_MAX: Final = 16
# What an event keeps of a limit.
_recorded: Final = attrgetter("name", "limit", "remaining", "reset_s")
_NOT_RECORDABLE: Final = Decision(Reason.UNAVAILABLE, "gate.journal")


class Question(msgspec.Struct, gc=False):
    """What one way in wants decided.

    `key`: the presented text, or None. `operation_id`, or else `method` and `path`: what is called;
    `path` without its query. `slug`: of the API that is called, where the way in says so; else it is
    the project's own. `organization_id`: whose keys the asker may know of; None for all.
    """

    via: Via
    key: str | None
    environment: Environment | None
    operation_id: str | None
    method: str | None
    path: str | None
    address: str | None
    user_agent: str | None
    cost: int = 1
    slug: str | None = None
    organization_id: str | None = None


class Decided(msgspec.Struct, gc=False):
    """A decision with what it was about. `record` is None where the key is not known to the asker."""

    question: Question
    decision: Decision
    record: SecretRecord | None
    project: ProjectRecord | None
    operation_id: str | None
    epoch: int
    # When a key's limits were looked at, in Unix milliseconds: it decides which period of a quota is spent.
    at_ms: int | None = None


class Decider:
    """Decides with what one worker knows."""

    def __init__(
        self,
        brand: str,
        secret: InstanceSecret,
        keyring: Keyring,
        limiter: Limiter,
        outbox: Outbox,
        staleness_s: float,
    ) -> None:
        self.brand = brand
        self.keyring = keyring
        self._has_form = credential.form(brand).fullmatch
        self._limiter = limiter
        self._outbox = outbox
        self._staleness_s = staleness_s
        self._digesters: Mapping[Environment, Digester] = {
            "sandbox": Digester(credential.pepper(secret, "sandbox")),
            "production": Digester(credential.pepper(secret, "production")),
        }

    def standings(self, of_answer: AnswerFormat) -> Standings:
        """What stands of the secrets that are called by one way in, which prepares its answers by `of_answer`."""
        return Standings(self.brand, self.keyring, self._digesters, self._limiter.spend, self._staleness_s, of_answer)

    def is_stale(self) -> bool:
        """Whether the database was not heard within the bound: then nothing may be allowed, but where an API fails open."""
        return time.monotonic() - self.keyring.heard_at > self._staleness_s

    def decide(self, question: Question) -> Decided:
        """Decide; Missing where something is not in memory yet."""
        if self.is_stale():
            return self._decide_cut_off(question)
        key = question.key
        match = None if key is None else self._has_form(key)
        presented = None if key is None or match is None else credential.checked(key, match)
        if presented is None:
            return Decided(question, rules.MALFORMED, None, None, None, self.keyring.epoch)
        record = self.keyring.secret(presented.selector)
        project = None if record is None else self.keyring.project(record.project_id)
        if record is None or project is None or question.organization_id not in (None, project.organization_id):
            return Decided(question, rules.UNKNOWN, None, None, None, self.keyring.epoch)
        return self._decide_with(question, presented, record, project)

    def _decide_cut_off(self, question: Question) -> Decided:
        """Decide without having heard the database within the bound: `unavailable`, but where an API fails open.

        There the keys that are known are decided by what is known of them. Denials stay what they are, and
        a quota is spent only as far as it was granted.
        """
        presented = None if question.key is None else credential.parse(question.key, self.brand)
        if presented is None or self._outbox.failing:
            return self.unavailable(question)
        try:
            record = self.keyring.secret(presented.selector)
            project = None if record is None else self.keyring.project(record.project_id)
            if record is None or project is None or question.organization_id not in (None, project.organization_id):
                return self.unavailable(question)
            api = self.keyring.api(project.api_id)
            if api is None or not api.fail_open:
                return self.unavailable(question)
            decided = self._decide_with(question, presented, record, project)
        except Missing:
            return self.unavailable(question)
        if decided.decision.reason is None:
            decided.decision = msgspec.structs.replace(decided.decision, rule=rules.FAIL_OPEN)
        return decided

    def unavailable(self, question: Question) -> Decided:
        """The decision of a gate that cannot know, or cannot write down, what it decides."""
        decision = _NOT_RECORDABLE if self._outbox.failing else rules.UNAVAILABLE
        return Decided(question, decision, None, None, None, self.keyring.epoch)

    def _decide_with(
        self, question: Question, presented: Credential, record: SecretRecord, project: ProjectRecord
    ) -> Decided:
        slug = question.slug
        api = self.keyring.api(project.api_id) if slug is None else self.keyring.api_of_slug(slug)
        operation_id = None if api is None else _operation(api, question)
        ask = Ask(
            self._digesters[presented.environment].digest(presented.secret),
            question.environment,
            None if api is None else api.id,
            operation_id,
            parse_address(question.address) if record.allowed_networks and question.address else None,
            question.cost,
        )
        now_ns = clock.now_ns()
        if record.meters or project.meters or record.quota or project.quota:
            if self._outbox.failing and (record.quota or project.quota):
                # What cannot be written down would be spent for nothing, or given back after a crash though it was spent.
                return self.unavailable(question)
            decision = self._limiter.decide(ask, record, project, now_ns)
        else:
            decision, _ = rules.decide(ask, record, project, (), now_ns)
        if decision is rules.UNKNOWN:
            # Whoever does not hold the secret learns nothing of the key, and counts for none.
            return Decided(question, decision, None, None, None, self.keyring.epoch)
        return Decided(question, decision, record, project, operation_id, self.keyring.epoch, now_ns // 1_000_000)


def usage_event(
    request_id: str, at_ms: int, decided: Decided, status: int | None = None, latency_us: int | None = None
) -> UsageEvent:
    """What is written down of a decision."""
    question, decision, record, project = decided.question, decided.decision, decided.record, decided.project
    path, user_agent = question.path, question.user_agent
    project_id = organization_id = environment = key_id = selector = api_id = None
    if record is not None and project is not None:
        project_id, organization_id, environment = project.id, project.organization_id, project.environment
        key_id, selector, api_id = record.key_id, record.selector, project.api_id
    return UsageEvent(
        request_id,
        at_ms if decided.at_ms is None else decided.at_ms,
        project_id,
        organization_id,
        environment,
        key_id,
        selector,
        api_id,
        decided.operation_id,
        question.method and question.method[:METHOD_MAX],
        path and path[:PATH_MAX],
        decision.reason or ALLOWED,
        question.via,
        status,
        latency_us,
        question.cost,
        question.address,
        user_agent and user_agent[:_USER_AGENT_MAX],
        decision.rule,
        tuple(map(_recorded, decision.limits)),
        decided.epoch,
    )


def _operation(api: ApiRecord, question: Question) -> str | None:
    if question.operation_id is not None:
        return question.operation_id if question.operation_id in api.router.operation_ids else None
    if question.method is None or question.path is None:
        return None
    return api.router.match(question.method, question.path)
