"""Asking beforehand: would this call pass, and if not, what must change? Decides by the gate's own rules.

Spends nothing and leaves no usage event. What is known of limits here, and what is not: `present_limits`.
"""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from freehold.apis import queries as apis
from freehold.apis.routing import Router
from freehold.errors import FieldError, invalid
from freehold.keys import credential, rules, secret_queries, secret_records
from freehold.keys.explanation import Explanation, explain
from freehold.keys.records import Environment, ProjectRecord, Secret, SecretRecord
from freehold.kit import clock
from freehold.kit.ids import is_id
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.permissions import may
from freehold.organizations.records import Actor
from freehold.store.engine import Transaction
from freehold.usage.present_limits import present_limits

COST_MAX: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """The call that is asked about. `key`: a key's id, or its text. The endpoint by id, or by method and path."""

    key: str
    endpoint: str | None = None
    method: str | None = None
    path: str | None = None
    environment: Environment | None = None
    address: str | None = None
    cost: int = 1


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would be decided. `record` is what the key names, None where it names nothing the caller may know of.

    `known_at`: of each limit, by name, up to when its state is known here; a limit that is missing counted as whole.
    """

    explanation: Explanation
    record: SecretRecord | None
    project: ProjectRecord | None
    secret: Secret | None
    endpoint: str | None
    known_at: dict[str, datetime]


def dry_run(tx: Transaction, actor: Actor, secret: InstanceSecret, brand: str, asked: Asked) -> DryRun:
    """Decide a call without its being made. Another organization's key is answered like an unknown one."""
    address = _checked(asked)
    record, project, digest = _presented(tx, actor, secret, brand, asked.key)
    api_id = project.api_id if project else None
    endpoint = _endpoint(tx, api_id, asked) if api_id else asked.endpoint
    # Without an address to check, the key's networks are left out of the question: any of them would do.
    if address is None and record and record.allowed_networks:
        address = record.allowed_networks[0].network_address
    ask = rules.Ask(digest, asked.environment, api_id, endpoint, address, asked.cost)
    now = clock.now()
    present = present_limits(tx, record, project, now)
    decision, _ = rules.decide(
        ask, record, project, present.arrivals_ns, clock.to_ms(now) * 1_000_000, present.allowances
    )
    named = (
        next(
            (
                each
                for each in secret_queries.secrets_of(tx, [record.key_id])[record.key_id]
                if each.selector == record.selector
            ),
            None,
        )
        if record
        else None
    )
    return DryRun(explain(decision, asked.cost), record, project, named, endpoint, present.known_at)


def _checked(asked: Asked) -> IPv4Address | IPv6Address | None:
    errors = []
    if asked.endpoint is None and (asked.method is None or asked.path is None):
        errors.append(FieldError("endpoint", "Name the endpoint, or method and path.", "required"))
    if asked.endpoint is not None and (asked.method or asked.path):
        errors.append(FieldError("endpoint", "Name the endpoint, or method and path, not both.", "ambiguous"))
    if not 0 <= asked.cost <= COST_MAX:
        errors.append(FieldError("cost", f"From 0 to {COST_MAX:,}.", "out_of_range"))
    address = None
    if asked.address is not None:
        try:
            address = ip_address(asked.address)
        except ValueError:
            errors.append(FieldError("address", "This is not an IP address.", "invalid_address"))
    if errors:
        raise invalid(*errors)
    return address


def _presented(
    tx: Transaction, actor: Actor, secret: InstanceSecret, brand: str, key: str
) -> tuple[SecretRecord | None, ProjectRecord | None, bytes | None]:
    """What a key's id or text names, and the digest that the decision compares: None for a malformed text."""
    if is_id(key, "key"):
        record, project = _visible(tx, actor, secret_records.current_secret_record(tx, key))
        # By id the caller proves nothing and need not: the question is what the key's right secret would be told.
        return record, project, record.digest if record else b""
    parsed = credential.parse(key, brand)
    if parsed is None:
        return None, None, None
    digest = credential.digest(credential.pepper(secret, parsed.environment), parsed.secret)
    found = secret_records.secret_records(tx, [parsed.selector]).get(parsed.selector)
    return *_visible(tx, actor, found), digest


def _visible(
    tx: Transaction, actor: Actor, record: SecretRecord | None
) -> tuple[SecretRecord | None, ProjectRecord | None]:
    """A secret and its project, where the actor may know of them."""
    if record is None:
        return None, None
    project = secret_records.project_records(tx, [record.project_id])[record.project_id]
    return (record, project) if may(actor, "explain", project.organization_id) else (None, None)


def _endpoint(tx: Transaction, api_id: str, asked: Asked) -> str | None:
    rows = apis.endpoints_of(tx, api_id)
    if asked.endpoint is not None:
        return asked.endpoint if any(row.operation_id == asked.endpoint for row in rows) else None
    router = Router((row.operation_id, row.method, row.path) for row in rows)
    return router.match((asked.method or "").upper(), (asked.path or "").partition("?")[0])
