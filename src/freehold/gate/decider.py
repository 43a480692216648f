"""One request, decided: from the presented key and what it calls to the decision and its usage event.

The three ways in (verify, authorize, gateway) differ in how they are asked and how they answer; what
is decided, and what is written down of it, is here, once.
"""

import time
from collections.abc import Mapping
from typing import Final, NamedTuple

from freehold.gate.addresses import parse_address
from freehold.gate.exchange import Exchange
from freehold.gate.keyring import ApiRecord, Keyring
from freehold.gate.limiter import Limiter
from freehold.gate.outbox import Outbox
from freehold.keys import credential, rules
from freehold.keys.credential import Credential
from freehold.keys.records import ALLOWED, Decision, Environment, ProjectRecord, Reason, SecretRecord, Via
from freehold.keys.rules import Ask
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.usage.records import UsageEvent

# Longer texts say nothing more, and every event of a flood would carry them.
_PATH_MAX: Final = 1024
_USER_AGENT_MAX: Final = 256
_METHOD_MAX: Final = 16
_NOT_RECORDABLE: Final = Decision(Reason.UNAVAILABLE, "gate.journal")


class Question(NamedTuple):
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


class Decided(NamedTuple):
    """A decision with what it was about. `record` is None where the key is not known to the asker."""

    question: Question
    decision: Decision
    record: SecretRecord | None
    project: ProjectRecord | None
    operation_id: str | None
    epoch: int


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
        self._limiter = limiter
        self._outbox = outbox
        self._staleness_s = staleness_s
        self._peppers: Mapping[Environment, bytes] = {
            "sandbox": credential.pepper(secret, "sandbox"),
            "production": credential.pepper(secret, "production"),
        }

    def is_stale(self) -> bool:
        """Whether the database was not heard within the bound: then nothing may be allowed."""
        return time.monotonic() - self.keyring.heard_at > self._staleness_s

    def decide(self, question: Question) -> Decided:
        """Decide; Missing where something is not in memory yet."""
        if self.is_stale():
            return self.unavailable(question)
        presented = None if question.key is None else credential.parse(question.key, self.brand)
        if presented is None:
            return Decided(question, rules.MALFORMED, None, None, None, self.keyring.epoch)
        record = self.keyring.secret(presented.selector)
        project = None if record is None else self.keyring.project(record.project_id)
        if record is None or project is None or question.organization_id not in (None, project.organization_id):
            return Decided(question, rules.UNKNOWN, None, None, None, self.keyring.epoch)
        return self._decide_with(question, presented, record, project)

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
            credential.digest(self._peppers[presented.environment], presented.secret),
            question.environment,
            None if api is None else api.id,
            operation_id,
            parse_address(question.address) if record.allowed_networks and question.address else None,
            question.cost,
        )
        now_ns = clock.now_ns()
        if record.meters or project.meters:
            decision = self._limiter.decide(ask, record, project, now_ns)
        else:
            decision = rules.decide(ask, record, project, (), now_ns).decision
        if decision is rules.UNKNOWN:
            # Whoever does not hold the secret learns nothing of the key, and counts for none.
            return Decided(question, decision, None, None, None, self.keyring.epoch)
        return Decided(question, decision, record, project, operation_id, self.keyring.epoch)


def usage_event(
    exchange: Exchange, decided: Decided, status: int | None = None, latency_us: int | None = None
) -> UsageEvent:
    """What is written down of a decision."""
    question, decision, record, project, operation_id, epoch = decided
    return UsageEvent(
        exchange.request_id,
        exchange.at_ms,
        *_owners(record, project),
        operation_id,
        question.method and question.method[:_METHOD_MAX],
        question.path and question.path[:_PATH_MAX],
        decision.reason or ALLOWED,
        question.via,
        status,
        latency_us,
        question.cost,
        question.address,
        question.user_agent and question.user_agent[:_USER_AGENT_MAX],
        decision.rule,
        tuple([(each.name, each.limit, each.remaining, round(each.reset_s, 3)) for each in decision.limits]),
        epoch,
    )


def _owners(
    record: SecretRecord | None, project: ProjectRecord | None
) -> tuple[str | None, str | None, Environment | None, str | None, str | None, str | None]:
    """Project, organization, environment, key, selector and API of a secret."""
    if record is None or project is None:
        return None, None, None, None, None, None
    return (
        project.id,
        project.organization_id,
        project.environment,
        record.key_id,
        record.selector,
        project.api_id,
    )


def _operation(api: ApiRecord, question: Question) -> str | None:
    if question.operation_id is not None:
        return question.operation_id if question.operation_id in api.router.operation_ids else None
    if question.method is None or question.path is None:
        return None
    return api.router.match(question.method, question.path)
