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

from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from freehold.keys import rate_limit
from freehold.keys.records import Decision, Environment, Reason, SecretRecord
from freehold.kit.secrets import same

KEY_LIMIT: Final = "key"

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
    """A decision, and the arrival time that the key's rate limit has to keep after it."""

    decision: Decision
    arrival_ns: int


def decide(ask: Ask, record: SecretRecord | None, arrival_ns: int, now_ns: int) -> Verdict:
    """Decide one request. `record`: what the presented selector names, or None.

    `arrival_ns` is what the key's rate limit has kept (`rate_limit.UNUSED` at first). Throwing the
    verdict's own away makes this a dry run. Times are nanoseconds since 1970.
    """
    if ask.digest is None:
        return Verdict(MALFORMED, arrival_ns)
    if record is None or not same(record.digest, ask.digest):
        return Verdict(UNKNOWN, arrival_ns)
    denial = _ended(record, now_ns // 1_000_000) or _out_of_place(ask, record)
    if denial is not None:
        return Verdict(denial, arrival_ns)
    if record.rate_limit is None:
        return Verdict(_ALLOWED, arrival_ns)
    passed, arrival_ns, state = rate_limit.spend(KEY_LIMIT, record.rate_limit, arrival_ns, ask.cost, now_ns)
    if passed:
        return Verdict(Decision(None, "all", (state,)), arrival_ns)
    return Verdict(Decision(Reason.RATE_LIMITED, "key.rate_limit", (state,)), arrival_ns)


def _ended(record: SecretRecord, now_ms: int) -> Decision | None:
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
    return None if record.project_state == "active" else _ARCHIVED


def _out_of_place(ask: Ask, record: SecretRecord) -> Decision | None:
    """Where this request lies outside what the key may do, if anywhere: environment, endpoint, address."""
    if ask.environment is not None and ask.environment != record.environment:
        return _WRONG_ENVIRONMENT
    if ask.operation_id is None:
        return _ENDPOINT_UNKNOWN
    if ask.api_id != record.api_id:
        return _OTHER_API
    if ask.operation_id not in record.endpoints:
        return _NOT_IN_KEY if record.narrowed else _NOT_IN_SCOPE
    if record.allowed_networks and not _within(ask.address, record):
        return _ADDRESS
    return None


def _within(address: IPv4Address | IPv6Address | None, record: SecretRecord) -> bool:
    return address is not None and any(address in network for network in record.allowed_networks)
