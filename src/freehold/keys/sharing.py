"""What the gate and the SDK's processes say to each other about keys: its form alone, no behaviour beyond reading it.

An SDK process decides by itself, with `keys/rules` and `apis/routing`, from what the gate shares here.
No digest, pepper or key text of the instance is ever in it. The two sides may be of different
versions: fields are only added, with a default, never moved, renamed or removed.
"""

from ipaddress import ip_network
from typing import Annotated, Literal

import msgspec

from freehold.keys.records import LimitState, Meter, ProjectRecord, SecretRecord, SecretState
from freehold.projects.limits import Quota

# What an SDK process is called: `sdk_…`, which names its journal and its leases of quota too.
ProcessId = Annotated[str, msgspec.Meta(pattern=r"^sdk_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
Units = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]
SubjectKind = Literal["api", "project", "key", "token"]


class SharedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key, one of its secrets and its project, as far as a decision needs them."""

    selector: str
    secret_state: SecretState
    retires_at_ms: int | None
    key_id: str
    key_name: str
    key_state: Literal["active", "revoked"]
    expires_at_ms: int | None
    allowed_networks: list[str]
    endpoints: frozenset[str] | None
    meters: tuple[Meter, ...]
    quota: Quota | None
    project: ProjectRecord


class SharedApi(msgspec.Struct, frozen=True, kw_only=True):
    """An API's catalogue: (operation id, method, path template) triples. `fail_open`: as the operator chose."""

    id: str
    slug: str
    fail_open: bool
    routes: tuple[tuple[str, str, str], ...]


class KeyQuestion(msgspec.Struct):
    """`POST /v1/sdk/keys`: what does this text stand for. `apis`: the APIs whose catalogue the asker has."""

    key: Annotated[str, msgspec.Meta(max_length=512)]
    apis: Annotated[list[str], msgspec.Meta(max_length=10_000)] = []


class KeyAnswer(msgspec.Struct):
    """What was true at `epoch`. `key`: None where the text opens nothing that the asker may know of."""

    epoch: int
    key: SharedKey | None
    api: SharedApi | None


class ChangeNote(msgspec.Struct):
    """Something that changed: forget what rests on it."""

    kind: SubjectKind
    id: str


class ChangesAnswer(msgspec.Struct):
    """`GET /v1/sdk/changes`: what changed up to `epoch`. `start_anew`: forget everything instead.

    `heard_ms`: how long after the question had come the gate last heard its database (before it, where
    negative), so that bounds add up. `staleness_s`: for how long an SDK process may go on without hearing. `brand`: of the instance's keys.
    """

    epoch: int
    changes: list[ChangeNote]
    start_anew: bool
    heard_ms: float
    staleness_s: float
    brand: str


class LeaseQuestion(msgspec.Struct):
    """`POST /v1/sdk/leases`: units to spend for one key. `need`: less would serve nothing; `wish`: would be convenient.

    Of each owner's rate limits and quota where it is wanted: (need, wish).
    """

    process: ProcessId
    selector: Annotated[str, msgspec.Meta(max_length=64)]
    endpoint: Annotated[str, msgspec.Meta(max_length=512)]
    key_rates: tuple[Units, Units] | None = None
    project_rates: tuple[Units, Units] | None = None
    key_quota: tuple[Units, Units] | None = None
    project_quota: tuple[Units, Units] | None = None


class RateGrant(msgspec.Struct):
    """Units of one owner's rate limits, to be spent within `life_s`. `limits`: the limits as they stand then."""

    owner: Literal["key", "project"]
    units: int
    life_s: float
    limits: tuple[LimitState, ...]


class QuotaGrant(msgspec.Struct):
    """Units of a quota for one period. `added`: to be spent from now on; `ungranted`: nobody holds them."""

    owner_id: str
    period_at_ms: int
    ends_at_ms: int
    added: int
    ungranted: int


class LeaseAnswer(msgspec.Struct):
    """What was granted. `known`: False where the key does not stand as the asker believes; then nothing was granted."""

    known: bool
    rates: list[RateGrant]
    quotas: list[QuotaGrant]


class QuotaReturn(msgspec.Struct):
    """Units of a quota that were granted, not spent, and will not be."""

    owner_id: Annotated[str, msgspec.Meta(max_length=64)]
    period_at_ms: Annotated[int, msgspec.Meta(ge=0, le=1 << 48)]
    units: Units


class ReturnQuestion(msgspec.Struct):
    """`POST /v1/sdk/returns`: give units back. `leaving`: and nobody need wait for this process any more."""

    process: ProcessId
    returns: Annotated[list[QuotaReturn], msgspec.Meta(max_length=1000)]
    leaving: bool = False


def share(record: SecretRecord, project: ProjectRecord) -> SharedKey:
    """What is shared of a key: all but the digest."""
    return SharedKey(
        selector=record.selector, secret_state=record.secret_state, retires_at_ms=record.retires_at_ms,
        key_id=record.key_id, key_name=record.key_name, key_state=record.key_state, expires_at_ms=record.expires_at_ms,
        allowed_networks=[str(network) for network in record.allowed_networks], endpoints=record.endpoints,
        meters=record.meters, quota=record.quota, project=project,
    )  # fmt: skip


def record_of(shared: SharedKey, digest: bytes) -> SecretRecord:
    """The record that decisions are made by. `digest`: what the asker itself knows the key's text by."""
    return SecretRecord(
        selector=shared.selector, digest=digest, secret_state=shared.secret_state, retires_at_ms=shared.retires_at_ms,
        key_id=shared.key_id, key_name=shared.key_name, key_state=shared.key_state, expires_at_ms=shared.expires_at_ms,
        allowed_networks=tuple(ip_network(network) for network in shared.allowed_networks), endpoints=shared.endpoints,
        meters=shared.meters, quota=shared.quota, project_id=shared.project.id,
    )  # fmt: skip
