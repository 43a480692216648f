"""The decision: may this request pass with this key. One pure function, and the closed set of reasons.

The checks are made in one order, and the first that fails names the reason; what a caller learns
about a key therefore grows with what it has proven:

     1  malformed_key           the text has no key's form, or its checksum is wrong
     2  unknown_key             no secret of this selector, or not this secret
     3  revoked                 the key, or this secret of it, was revoked or has retired
     4  expired                 the key's time is over
     5  project_archived
     6  wrong_environment       another environment was asked for than the key's own
     7  endpoint_unknown        the catalogue has no such endpoint
     8  endpoint_not_in_scope   it has, but the project or the key does not declare it
     9  address_not_allowed     the caller is outside the key's networks, or its address is not known
    10  rate_limited            a rate limit of the key or of the project has no room for its cost
    11  quota_exhausted         nor has the key's or the project's quota

What is counted comes last, so that only a request which could pass spends anything, and it spends on
all that counts it or on nothing: a request that one limit refuses costs the others nothing.

`unavailable` stands before all of them: a gate that cannot hear its database decides nothing, unless the
API's operator chose that it fails open: then what would pass is allowed by the rule `gate.fail_open`.
"""

import math
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final

import msgspec

from freehold.keys import quota_rules, rate_limit
from freehold.keys.quota_rules import Allowance
from freehold.keys.records import Decision, Environment, LimitState, ProjectRecord, Reason, SecretRecord
from freehold.kit.secrets import same
from freehold.projects.limits import Quota

MALFORMED: Final = Decision(Reason.MALFORMED_KEY, "credential.form")
UNKNOWN: Final = Decision(Reason.UNKNOWN_KEY, "credential.secret")
UNAVAILABLE: Final = Decision(Reason.UNAVAILABLE, "gate.heard")
_KEY_REVOKED: Final = Decision(Reason.REVOKED, "key.state")
_SECRET_ENDED: Final = Decision(Reason.REVOKED, "secret.state")
_SECRET_RETIRED: Final = Decision(Reason.REVOKED, "secret.retires_at")
_EXPIRED: Final = Decision(Reason.EXPIRED, "key.expires_at")
_ARCHIVED: Final = Decision(Reason.PROJECT_ARCHIVED, "project.state")
_WRONG_ENVIRONMENT: Final = Decision(Reason.WRONG_ENVIRONMENT, "project.environment")
_ENDPOINT_UNKNOWN: Final = Decision(Reason.ENDPOINT_UNKNOWN, "api.catalogue")
_OTHER_API: Final = Decision(Reason.ENDPOINT_NOT_IN_SCOPE, "project.api")
_NOT_IN_SCOPE: Final = Decision(Reason.ENDPOINT_NOT_IN_SCOPE, "project.scope")
_NOT_IN_KEY: Final = Decision(Reason.ENDPOINT_NOT_IN_SCOPE, "key.endpoints")
_ADDRESS: Final = Decision(Reason.ADDRESS_NOT_ALLOWED, "key.allowed_cidrs")
_ALLOWED: Final = Decision(None, "all")
# The rule by which a gate that is cut off allows what it knows.
FAIL_OPEN: Final = "gate.fail_open"


class Ask(msgspec.Struct, frozen=True, gc=False):
    """What is asked of a key: everything about one request that the decision depends on.

    `digest`: of the secret that was presented, or None where the key's text is malformed.
    `environment`: the one that was asked for, or None for the key's own. `api_id`, `operation_id`:
    the endpoint in the catalogue, or None where there is none. `address`: None where unknown.
    """

    digest: bytes | None
    environment: Environment | None
    api_id: str | None
    operation_id: str | None
    address: IPv4Address | IPv6Address | None
    cost: int


# A decision, and the arrival times that the rate limits have to keep after it: the key's first, then the project's.
Verdict = tuple[Decision, Sequence[int]]


def decide(
    ask: Ask,
    record: SecretRecord | None,
    project: ProjectRecord | None,
    arrivals_ns: Sequence[int],
    now_ns: int,
    allowances: Sequence[Allowance] = (),
) -> Verdict:
    """Decide one request. `record`: what the presented selector names, or None; `project`: its project.

    `arrivals_ns` is what the rate limits have kept (`rate_limit.UNUSED` at first): one for each of the
    key's meters, then one for each of the project's. `allowances`: what may be spent of the key's quota,
    then of the project's, for each that there is; whoever keeps them takes the cost of a request that
    was allowed from each. Throwing the verdict's own arrivals away makes this a dry run. Times are
    nanoseconds since 1970.
    """
    if ask.digest is None:
        return MALFORMED, arrivals_ns
    if record is None or project is None or not same(record.digest, ask.digest):
        return UNKNOWN, arrivals_ns
    denial = _ended(record, project, now_ns // 1_000_000) or _out_of_place(ask, record, project)
    if denial is not None:
        return denial, arrivals_ns
    if record.meters or project.meters or record.quota or project.quota:
        return _spend(ask.cost, record, project, arrivals_ns, now_ns, allowances)
    return _ALLOWED, arrivals_ns


def stands_until(record: SecretRecord, project: ProjectRecord) -> float:
    """The first instant (Unix milliseconds) at which state and time deny this key; infinite where none is known.

    Before it, a request with the right secret, for an endpoint of the scope that `declares`, is denied by
    its networks, rate limits and quotas alone: as `decide` would find, check by check.
    """
    state, expires = record.secret_state, record.expires_at_ms
    if record.key_state != "active" or state not in ("active", "retiring") or project.state != "active":
        return -math.inf
    retires = record.retires_at_ms if state == "retiring" else None
    return min(math.inf if retires is None else retires, math.inf if expires is None else expires)


def declares(record: SecretRecord, project: ProjectRecord, operation_id: str | None) -> bool:
    """Whether an endpoint is in the project's scope, and in what the key is narrowed to."""
    return operation_id in project.endpoints and (record.endpoints is None or operation_id in record.endpoints)


def _spend(
    cost: int,
    record: SecretRecord,
    project: ProjectRecord,
    arrivals_ns: Sequence[int],
    now_ns: int,
    allowances: Sequence[Allowance],
) -> Verdict:
    """Spend a cost on every rate limit and quota, or on none of them."""
    arrivals, states = [], []
    for meter, arrival in zip(record.meters + project.meters, arrivals_ns, strict=True):
        passed, after, state = rate_limit.spend(meter, arrival, cost, now_ns)
        if not passed:
            return _refused(cost, record, project, arrivals_ns, now_ns, allowances), arrivals_ns
        arrivals.append(after)
        states.append(state)
    if record.quota or project.quota:
        for (label, quota), allowance in zip(_quotas(record.quota, project.quota), allowances, strict=True):
            passed, state = quota_rules.spend(label, quota, allowance, cost, now_ns)
            if not passed:
                return _refused(cost, record, project, arrivals_ns, now_ns, allowances), arrivals_ns
            states.append(state)
    return Decision(None, "all", tuple(states)), tuple(arrivals)


def _refused(
    cost: int,
    record: SecretRecord,
    project: ProjectRecord,
    arrivals_ns: Sequence[int],
    now_ns: int,
    allowances: Sequence[Allowance],
) -> Decision:
    """The denial of a cost that some limit has no room for, with every limit as it stands unspent."""
    states: list[LimitState] = []
    denial: tuple[Reason, str] | None = None
    for index, (meter, arrival) in enumerate(zip(record.meters + project.meters, arrivals_ns, strict=True)):
        passed, _, state = rate_limit.spend(meter, arrival, cost, now_ns)
        if passed:
            _, _, state = rate_limit.spend(meter, arrival, 0, now_ns)
        elif denial is None:
            denial = Reason.RATE_LIMITED, f"{'key' if index < len(record.meters) else 'project'}.rate_limits"
        states.append(state)
    for (label, quota), allowance in zip(_quotas(record.quota, project.quota), allowances, strict=True):
        passed, state = quota_rules.spend(label, quota, allowance, cost, now_ns)
        if passed:
            _, state = quota_rules.spend(label, quota, allowance, 0, now_ns)
        elif denial is None:
            denial = Reason.QUOTA_EXHAUSTED, label.replace(":", ".")
        states.append(state)
    if denial is None:
        raise ValueError("no limit refuses this request")
    return Decision(*denial, tuple(states))


def _quotas(of_key: Quota | None, of_project: Quota | None) -> tuple[tuple[str, Quota], ...]:
    """The quotas that there are and how they are called, the key's first."""
    if of_project is None:
        return () if of_key is None else (("key:quota", of_key),)
    project = ("project:quota", of_project)
    return (project,) if of_key is None else (("key:quota", of_key), project)


def _ended(record: SecretRecord, project: ProjectRecord, now_ms: int) -> Decision | None:
    """What has ended this credential, if anything: key, secret, time, project."""
    if record.key_state != "active":
        return _KEY_REVOKED
    state = record.secret_state
    if state != "active":
        if state != "retiring":
            return _SECRET_ENDED
        if record.retires_at_ms is not None and record.retires_at_ms <= now_ms:
            return _SECRET_RETIRED
    if record.expires_at_ms is not None and record.expires_at_ms <= now_ms:
        return _EXPIRED
    return None if project.state == "active" else _ARCHIVED


def _out_of_place(ask: Ask, record: SecretRecord, project: ProjectRecord) -> Decision | None:
    """Where this request lies outside what the key may do, if anywhere: environment, endpoint, address."""
    if ask.environment is not None and ask.environment != project.environment:
        return _WRONG_ENVIRONMENT
    if ask.operation_id is None:
        return _ENDPOINT_UNKNOWN
    if ask.api_id != project.api_id:
        return _OTHER_API
    if not declares(record, project, ask.operation_id):
        return _NOT_IN_KEY if ask.operation_id in project.endpoints else _NOT_IN_SCOPE
    if record.allowed_networks and not _within(ask.address, record):
        return _ADDRESS
    return None


def _within(address: IPv4Address | IPv6Address | None, record: SecretRecord) -> bool:
    return address is not None and any(address in network for network in record.allowed_networks)
