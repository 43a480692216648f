"""What stands of a secret as long as nothing changes: the part of a decision that need not be made again.

Most calls of a key are like its last one: the same secret, still active, an endpoint of its scope, limits
that have room. What of that depends on the configuration alone is worked out once and kept, so that such a
call costs the comparison of its secret, its limits, and what is written down of it. Anything else (another
text, an end that has come, an endpoint outside the scope, a limit that is short, a network, a quota) is
nobody's business here: it is decided by `Decider`, and by `keys/rules.decide`, with its reason.

Everything kept is of one generation of the keyring: any change of the configuration empties it. Must never allow what the
decider would deny: a test holds the two together.
"""

from collections.abc import Callable, Mapping
from time import monotonic
from typing import Final

import msgspec

from freehold.gate.keyring import ApiRecord, Keyring
from freehold.gate.limiter import Spend
from freehold.keys.credential import SECRET_LENGTH, SELECTOR_LENGTH, Digester
from freehold.keys.rate_limit import Left
from freehold.keys.records import Environment, Meter, ProjectRecord, SecretRecord
from freehold.keys.rules import stands_until
from freehold.kit.secrets import same

# Some kilobytes each at the most. Beyond it all are forgotten, and those that are called come back.
_KEPT_MAX: Final = 16_384

# A usage event's fields from `project_id` to `api_id`.
Owner = tuple[str, str, Environment, str, str, str]
# What a way in prepares of its answers to one secret's calls.
AnswerFormat = Callable[[SecretRecord, ProjectRecord], list[bytes]]


class Standing(msgspec.Struct, gc=False, eq=False):
    """One secret, and what stands of it. `check`: the end of its text. `until_ms`: the first instant at which it ends.

    `own`, `shared`: the rate limits of the key and of its project. `answer`: the parts of its answers that `of_answer` makes, to be filled in at each call.
    """

    check: str
    digest: bytes
    digester: Digester
    until_ms: float
    record: SecretRecord
    project: ProjectRecord
    api: ApiRecord
    own: tuple[Meter, ...]
    shared: tuple[Meter, ...]
    owner: Owner
    answer: list[bytes]


class Standings:
    """What stands of the secrets that were called, for one thread."""

    __slots__ = (
        "_by_head",
        "_digesters",
        "_generation",
        "_head_length",
        "_keyring",
        "_of_answer",
        "_secret_end",
        "_spend",
        "_staleness_s",
    )

    def __init__(
        self,
        brand: str,
        keyring: Keyring,
        digesters: Mapping[Environment, Digester],
        spend: Spend,
        staleness_s: float,
        of_answer: AnswerFormat,
    ) -> None:
        self._keyring = keyring
        self._digesters = digesters
        self._spend = spend
        self._staleness_s = staleness_s
        self._of_answer = of_answer
        # By the beginning of a key's text, up to its secret.
        self._by_head: dict[str, Standing] = {}
        self._generation = keyring.generation
        self._head_length = len(f"{brand}_test_") + SELECTOR_LENGTH + 1
        self._secret_end = self._head_length + SECRET_LENGTH

    def of(self, text: str, now_ms: int) -> Standing | None:
        """What stands of the secret that this is the text of; None where it is to be decided anew."""
        keyring, at, end = self._keyring, self._head_length, self._secret_end
        if self._generation != keyring.generation:
            self._by_head.clear()
            self._generation = keyring.generation
            return None
        standing = self._by_head.get(text[:at])
        if (
            standing is None
            or standing.until_ms <= now_ms
            or text[end:] != standing.check
            or monotonic() - keyring.heard_at > self._staleness_s
        ):
            return None
        return standing if same(standing.digester.digest(text[at:end]), standing.digest) else None

    def spend(self, standing: Standing, cost: int, now_ns: int) -> Left | None:
        """Spend a cost on the limits: what they have left; None, and nothing spent, where one has no room."""
        own, shared = standing.own, standing.shared
        if not (own or shared):
            return Left()
        record = standing.record
        return self._spend(record.key_id, own, record.project_id, shared, cost, now_ns)

    def keep(self, text: str, record: SecretRecord, project: ProjectRecord, api: ApiRecord) -> None:
        """Keep what stands of a secret that was just allowed by these records, where anything does."""
        if record.allowed_networks or record.quota or project.quota or self._generation != self._keyring.generation:
            return
        if len(self._by_head) >= _KEPT_MAX:
            self._by_head.clear()
        at = self._head_length
        self._by_head[text[:at]] = Standing(
            text[self._secret_end :],
            record.digest,
            self._digesters[project.environment],
            stands_until(record, project),
            record,
            project,
            api,
            record.meters,
            project.meters,
            (project.id, project.organization_id, project.environment, record.key_id, record.selector, project.api_id),
            self._of_answer(record, project),
        )
