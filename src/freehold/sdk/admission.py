"""What one request was decided to be, as the application sees it, and what is written down of it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from freehold.keys.records import ALLOWED, Decision, Environment, LimitState, Reason
from freehold.sdk.keyring import Entry
from freehold.usage.records import UsageEvent

# As the gate cuts them.
_PATH_MAX: Final = 1024
_USER_AGENT_MAX: Final = 256
_METHOD_MAX: Final = 16


# Method, path (as sent, without its query), the caller's address, its user agent, and what the request costs.
Call = tuple[str, str, str | None, str | None, int]


class Admission(msgspec.Struct, gc=False, frozen=True, eq=False):
    """A decision with whose request it is. What is not known of a caller is None."""

    request_id: str
    at_ms: int
    begun_at: float
    decision: Decision
    entry: Entry | None
    endpoint: str | None
    call: Call
    epoch: int

    def __repr__(self) -> str:
        return f"Admission({self.request_id}, {self.decision.reason or ALLOWED}, project={self.project_id})"

    @property
    def allowed(self) -> bool:
        """Whether the request may pass."""
        return self.decision.reason is None

    @property
    def reason(self) -> Reason | None:
        """Why it may not; None where it may."""
        return self.decision.reason

    @property
    def rule(self) -> str:
        """The check that decided."""
        return self.decision.rule

    @property
    def project_id(self) -> str | None:
        """The project whose key it is."""
        return None if self.entry is None else self.entry.record.project_id

    @property
    def project_name(self) -> str | None:
        """What its owners call that project."""
        return None if self.entry is None else self.entry.bare_project.name

    @property
    def organization_id(self) -> str | None:
        """The organization whose project it is."""
        return None if self.entry is None else self.entry.bare_project.organization_id

    @property
    def environment(self) -> Environment | None:
        """The key's environment."""
        return None if self.entry is None else self.entry.bare_project.environment

    @property
    def key_id(self) -> str | None:
        """The key."""
        return None if self.entry is None else self.entry.record.key_id

    @property
    def key_name(self) -> str | None:
        """What its owners call the key."""
        return None if self.entry is None else self.entry.record.key_name

    @property
    def cost(self) -> int:
        """What the request spends of its limits."""
        return self.call[4]

    @property
    def limits(self) -> Sequence[LimitState]:
        """The limits as they stand after this request."""
        return self.decision.limits

    def event(self, status: int | None, latency_us: int | None) -> UsageEvent:
        """What is written down of it. `latency_us`: until the answer began."""
        entry, decision = self.entry, self.decision
        method, path, address, user_agent, cost = self.call
        project_id = organization_id = environment = key_id = selector = api_id = None
        if entry is not None:
            project_id, organization_id, environment, key_id, selector, api_id = entry.owners
        limits = decision.limits
        return UsageEvent(
            self.request_id, self.at_ms, project_id, organization_id, environment, key_id, selector, api_id,
            self.endpoint, method[:_METHOD_MAX], path[:_PATH_MAX], decision.reason or ALLOWED, "sdk", status,
            latency_us, cost, address, user_agent and user_agent[:_USER_AGENT_MAX], decision.rule,
            tuple([(each.name, each.limit, each.remaining, round(each.reset_s, 3)) for each in limits]) if limits else (),
            self.epoch,
        )  # fmt: skip
