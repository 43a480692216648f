"""What one request was decided to be, as the application sees it, and what is written down of it."""

from collections.abc import Sequence
from typing import Final

from freehold.keys.records import ALLOWED, Decision, Environment, LimitState, Reason
from freehold.sdk.keyring import Entry
from freehold.usage.records import UsageEvent

# As the gate cuts them.
_PATH_MAX: Final = 1024
_USER_AGENT_MAX: Final = 256
_METHOD_MAX: Final = 16


class Admission:
    """A decision with whose request it is. What is not known of a caller is None."""

    __slots__ = (
        "_address", "_at_ms", "_cost", "_decision", "_entry", "_epoch", "_method", "_path", "_user_agent", "begun_at",
        "endpoint", "request_id",
    )  # fmt: skip

    def __init__(
        self,
        request_id: str,
        at_ms: int,
        begun_at: float,
        decision: Decision,
        entry: Entry | None,
        endpoint: str | None,
        call: tuple[str, str, str | None, str | None, int],
        epoch: int,
    ) -> None:
        self.request_id = request_id
        self._at_ms = at_ms
        self.begun_at = begun_at
        self._decision = decision
        self._entry = entry
        self.endpoint = endpoint
        self._method, self._path, self._address, self._user_agent, self._cost = call
        self._epoch = epoch

    def __repr__(self) -> str:
        return f"Admission({self.request_id}, {self._decision.reason or ALLOWED}, project={self.project_id})"

    @property
    def allowed(self) -> bool:
        """Whether the request may pass."""
        return self._decision.reason is None

    @property
    def reason(self) -> Reason | None:
        """Why it may not; None where it may."""
        return self._decision.reason

    @property
    def rule(self) -> str:
        """The check that decided."""
        return self._decision.rule

    @property
    def project_id(self) -> str | None:
        """The project whose key it is."""
        return None if self._entry is None else self._entry.record.project_id

    @property
    def project_name(self) -> str | None:
        """What its owners call that project."""
        return None if self._entry is None else self._entry.bare_project.name

    @property
    def organization_id(self) -> str | None:
        """The organization whose project it is."""
        return None if self._entry is None else self._entry.bare_project.organization_id

    @property
    def environment(self) -> Environment | None:
        """The key's environment."""
        return None if self._entry is None else self._entry.bare_project.environment

    @property
    def key_id(self) -> str | None:
        """The key."""
        return None if self._entry is None else self._entry.record.key_id

    @property
    def key_name(self) -> str | None:
        """What its owners call the key."""
        return None if self._entry is None else self._entry.record.key_name

    @property
    def cost(self) -> int:
        """What the request spends of its limits."""
        return self._cost

    @property
    def limits(self) -> Sequence[LimitState]:
        """The limits as they stand after this request."""
        return self._decision.limits

    @property
    def owner_fields(self) -> list[tuple[bytes, bytes]]:
        """The header fields that say whose request it is."""
        return [] if self._entry is None else self._entry.fields

    def event(self, status: int | None, latency_us: int | None) -> UsageEvent:
        """What is written down of it. `latency_us`: until the answer began."""
        entry, decision, user_agent = self._entry, self._decision, self._user_agent
        project_id = organization_id = environment = key_id = selector = api_id = None
        if entry is not None:
            record, project = entry.record, entry.bare_project
            project_id, organization_id, environment = project.id, project.organization_id, project.environment
            key_id, selector, api_id = record.key_id, record.selector, project.api_id
        limits = decision.limits
        return UsageEvent(
            self.request_id, self._at_ms, project_id, organization_id, environment, key_id, selector, api_id,
            self.endpoint, self._method[:_METHOD_MAX], self._path[:_PATH_MAX], decision.reason or ALLOWED, "sdk", status,
            latency_us, self._cost, self._address, user_agent and user_agent[:_USER_AGENT_MAX], decision.rule,
            tuple([(each.name, each.limit, each.remaining, round(each.reset_s, 3)) for each in limits]) if limits else (),
            self._epoch,
        )  # fmt: skip
