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
    10  rate_limited            last, so that only a request which could pass spends anything

`unavailable` stands before all of them: a gate that cannot hear its database decides nothing.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from freehold.keys import rate_limit
from freehold.keys.records import Decision, Environment, ProjectRecord, Reason, SecretRecord
from freehold.kit.secrets import same

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


class Ask(NamedTuple):
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


class Verdict(NamedTuple):
    """A decision, and the arrival times that the rate limits have to keep after it: the key's first, then the project's."""

    decision: Decision
    arrivals_ns: Sequence[int]


def decide(
    ask: Ask, record: SecretRecord | None, project: ProjectRecord | None, arrivals_ns: Sequence[int], now_ns: int
) -> Verdict:
    """Decide one request. `record`: what the presented selector names, or None; `project`: its project.

    `arrivals_ns` is what the rate limits have kept (`rate_limit.UNUSED` at first): one for each of the
    key's meters, then one for each of the project's. Throwing the verdict's own away makes this a dry
    run. Times are nanoseconds since 1970.
    """
    if ask.digest is None:
        return Verdict(MALFORMED, arrivals_ns)
    if record is None or project is None or not same(record.digest, ask.digest):
        return Verdict(UNKNOWN, arrivals_ns)
    denial = _ended(record, project, now_ns // 1_000_000) or _out_of_place(ask, record, project)
    if denial is not None:
        return Verdict(denial, arrivals_ns)
    if not record.meters and not project.meters:
        return Verdict(_ALLOWED, arrivals_ns)
    return _spend(ask.cost, record, project, arrivals_ns, now_ns)


def _spend(cost: int, record: SecretRecord, project: ProjectRecord, arrivals_ns: Sequence[int], now_ns: int) -> Verdict:
    """Spend a cost on every rate limit, or on none: a request that one of them refuses costs the others nothing."""
    spent = [
        rate_limit.spend(meter, arrival, cost, now_ns)
        for meter, arrival in zip((*record.meters, *project.meters), arrivals_ns, strict=True)
    ]
    refused = next((index for index, (passed, _, _) in enumerate(spent) if not passed), None)
    if refused is None:
        return Verdict(Decision(None, "all", tuple(state for _, _, state in spent)), [each[1] for each in spent])
    unspent = [
        state if not passed else rate_limit.spend(meter, arrival, 0, now_ns)[2]
        for (passed, _, state), meter, arrival in zip(
            spent, (*record.meters, *project.meters), arrivals_ns, strict=True
        )
    ]
    rule = "key.rate_limits" if refused < len(record.meters) else "project.rate_limits"
    return Verdict(Decision(Reason.RATE_LIMITED, rule, tuple(unspent)), arrivals_ns)


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
    if ask.operation_id not in project.endpoints:
        return _NOT_IN_SCOPE
    if record.endpoints is not None and ask.operation_id not in record.endpoints:
        return _NOT_IN_KEY
    if record.allowed_networks and not _within(ask.address, record):
        return _ADDRESS
    return None


def _within(address: IPv4Address | IPv6Address | None, record: SecretRecord) -> bool:
    return address is not None and any(address in network for network in record.allowed_networks)
