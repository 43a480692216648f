"""Forwardings: made, read, changed, paused, resumed, removed. One function is one use case and one transaction; nothing here sends.

`organization_id` None means the whole instance, which is the operator's.
"""

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.forwarding import queries, rules, sealing
from freehold.forwarding.beginning import begin
from freehold.forwarding.records import INSTANCE, Forwarding, Place
from freehold.forwarding.syslog_way import context_of
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile, read_organization
from freehold.organizations.permissions import Permission, require, require_operator
from freehold.organizations.records import Actor
from freehold.organizations.rules import clean_name
from freehold.settings import Settings
from freehold.store.engine import Transaction
from freehold.webhooks import signing
from freehold.webhooks.policy import policy_of

OVERLAP: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewForwarding:
    """A forwarding with its new signing secret, which is shown this once; empty where its kind has none."""

    forwarding: Forwarding
    signing_secret: str = field(repr=False)


def create_forwarding(
    tx: Transaction, actor: Actor, secret: InstanceSecret, settings: Settings, organization_id: str | None, name: str, place: Place,
    after: int | None = None,
) -> NewForwarding:  # fmt: skip
    """Send entries on from now on. `after`: from the one after this position instead, 0 from the first; of the instance 0 alone."""
    _require(tx, actor, "organization.edit", organization_id)
    _check(settings, organization_id, name, place)
    scope = organization_id or INSTANCE
    # Of two at one instant the second sees the first: so that there are no more than may be.
    audit.hold(tx, scope)
    if len(queries.forwardings_of(tx, scope)) >= rules.FORWARDINGS_MAX:
        raise Problem(
            "conflict", f"There are at most {rules.FORWARDINGS_MAX} forwardings. Remove one that is not needed."
        )
    text = signing.secret_text(os.urandom(signing.SECRET_BYTES)) if place.kind == "webhook" else ""
    whole = _whole(replace(place, signing_secrets=(text,) if text else ()))
    now, forwarding_id = clock.now(), ids.new_id("fwd")
    forwarding = Forwarding(
        id=forwarding_id, organization_id=organization_id, kind=place.kind, name=clean_name(name), shown=rules.shown_place(whole),
        sealed=sealing.seal_place(secret, forwarding_id, whole), state="active", error=None, failures=0, failing_since_at=None, told_at=None,
        due_at=now, sent=0, refused=0, last_sent_at=None, created_by=actor.name, created_at=now, revision=1,
    )  # fmt: skip
    queries.insert_forwarding(tx, forwarding)
    begun = begin(tx, forwarding, after)
    _record(tx, actor, "forwarding.created", forwarding, None, rules.facts_of(forwarding, whole) | begun)
    return NewForwarding(forwarding, text)


def list_forwardings(tx: Transaction, actor: Actor, organization_id: str | None) -> list[Forwarding]:
    """The forwardings of an organization, or of the instance, oldest first."""
    _require(tx, actor, "audit.read", organization_id)
    return queries.forwardings_of(tx, organization_id or INSTANCE)


def read_forwarding(
    tx: Transaction, actor: Actor, forwarding_id: str, permission: Permission = "audit.read", lock: bool = False
) -> Forwarding:
    """One forwarding; Problem `not_found` where it is none of the actor's business."""
    forwarding = queries.find_forwarding(tx, forwarding_id)
    if forwarding is None or not _knows(actor, forwarding.organization_id):
        raise not_found("forwarding")
    if forwarding.organization_id is not None:
        require(actor, permission, forwarding.organization_id)
    return _held(tx, forwarding) if lock else forwarding


def _held(tx: Transaction, forwarding: Forwarding) -> Forwarding:
    """The forwarding as it is once its log and then its row are held until the commit."""
    audit.hold(tx, forwarding.scope)
    there = queries.find_forwarding(tx, forwarding.id, lock=True)
    if there is None:
        raise not_found("forwarding")
    return there


def edit_forwarding(
    tx: Transaction, actor: Actor, secret: InstanceSecret, settings: Settings, forwarding_id: str, name: str | None,
    change: Callable[[Place], Mapping[str, Any]], revision: int | None = None,
) -> Forwarding:  # fmt: skip
    """Change what a forwarding is called, and parts of its Place; its kind stays. It is tried again at once.

    `change` is given the place as it is and answers the parts that become others. Problem `conflict` where its kind has none of them.
    """
    before = read_forwarding(tx, actor, forwarding_id, "organization.edit", lock=True)
    old = sealing.open_place(secret, before.id, before.sealed)
    given = change(old)
    if foreign := _foreign_parts(old, given):
        raise invalid(
            *(
                FieldError(part, f"A forwarding of the kind {before.kind} has no such part.", "other_kind")
                for part in foreign
            )
        )
    place = replace(old, **given)
    wanted = before.name if name is None else name
    _check(settings, before.organization_id, wanted, place)
    whole = _whole(place)
    after = replace(
        before,
        name=clean_name(wanted),
        shown=rules.shown_place(whole),
        sealed=sealing.seal_place(secret, before.id, whole),
        due_at=clock.now(),
    )
    was, now = rules.facts_of(before, old), rules.facts_of(after, whole)
    now |= {"url_changed": True} if whole.url != old.url else {}
    now |= {"header_values_changed": True} if whole.headers != old.headers else {}
    return _change(tx, actor, "forwarding.changed", after, revision, _differing(was, now), _differing(now, was))


def pause_forwarding(tx: Transaction, actor: Actor, forwarding_id: str) -> Forwarding:
    """Send nothing on until it is resumed. What is on its way arrives."""
    before = read_forwarding(tx, actor, forwarding_id, "organization.edit", lock=True)
    if before.state == "paused":
        return before
    after = replace(before, state="paused")
    return _change(tx, actor, "forwarding.paused", after, None, {"state": before.state}, {"state": "paused"})


def resume_forwarding(tx: Transaction, actor: Actor, forwarding_id: str, position: int | None = None) -> Forwarding:
    """Go on from where it stood, at once; `position`: from the entry after it instead, which sends some again or leaves some out."""
    before = read_forwarding(tx, actor, forwarding_id, "organization.edit", lock=True)
    if before.state == "active" and position is None:
        return before
    after = replace(before, state="active", error=None, failures=0, failing_since_at=None, due_at=clock.now())
    begun = {} if position is None else begin(tx, after, position)
    return _change(tx, actor, "forwarding.resumed", after, None, {"state": before.state}, {"state": "active", **begun})


def rotate_forwarding_secret(
    tx: Transaction, actor: Actor, secret: InstanceSecret, forwarding_id: str
) -> NewForwarding:
    """A new signing secret; requests are signed by the one before it too, for 24 hours. Problem `conflict` where its kind signs nothing."""
    before = read_forwarding(tx, actor, forwarding_id, "organization.edit", lock=True)
    if before.kind != "webhook":
        raise Problem("conflict", "Only what goes to an HTTPS endpoint is signed.")
    old, now = sealing.open_place(secret, before.id, before.sealed), clock.now()
    text, until = signing.secret_text(os.urandom(signing.SECRET_BYTES)), now + OVERLAP
    place = replace(old, signing_secrets=(text, old.signing_secrets[0]), overlap_until_ms=clock.to_ms(until))
    after = replace(before, sealed=sealing.seal_place(secret, before.id, place))
    said = {"old_secret_until": clock.to_text(until)}
    return NewForwarding(_change(tx, actor, "forwarding.secret_rotated", after, None, None, said), text)


def delete_forwarding(tx: Transaction, actor: Actor, forwarding_id: str) -> Forwarding:
    """Send nothing on any more: the place and what was secret of it are erased."""
    before = read_forwarding(tx, actor, forwarding_id, "organization.edit", lock=True)
    queries.delete_forwarding(tx, forwarding_id)
    _record(
        tx, actor, "forwarding.deleted", before, {"kind": before.kind, "name": before.name, "to": before.shown}, None
    )
    return before


def note_test(tx: Transaction, actor: Actor, forwarding: Forwarding, error: str | None) -> None:
    """Put a test on record. A receiver that took it is sent what waits at once."""
    if error is None:
        queries.make_due(tx, forwarding.id, clock.now())
    after = {"outcome": "failed" if error else "taken", "error": error}
    _record(tx, actor, "forwarding.tested", forwarding, None, after)


def _require(tx: Transaction, actor: Actor, permission: Permission, organization_id: str | None) -> None:
    if organization_id is None:
        require_operator(actor)
        return
    require(actor, permission, organization_id)
    read_organization(tx, actor, organization_id)


def _knows(actor: Actor, organization_id: str | None) -> bool:
    if organization_id is None:
        return actor.is_operator or actor.kind == "system"
    return actor.kind == "system" or actor.looks_everywhere or organization_id in actor.roles


def _check(settings: Settings, organization_id: str | None, name: str, place: Place) -> None:
    """Problem `invalid` names everything that is wrong."""
    faults = rules.faults_of(name, place, organization_id is None, policy_of(settings, "sandbox"))
    if not faults and place.authorities:
        try:
            context_of(place.authorities)
        except ssl.SSLError:
            faults = [FieldError("authorities", "These are no certificates in PEM.", "bad_certificate")]
    if faults:
        raise invalid(*faults)


def _foreign_parts(place: Place, given: Mapping[str, Any]) -> list[str]:
    """Parts that are none of a place of this kind."""
    own = {"host", "port", "transport", "facility", "authorities"} if place.kind == "syslog" else {"url", "headers"}
    return [part for part in given if part not in own]


def _whole(place: Place) -> Place:
    """A place that was found right, in its one form."""
    return place if place.kind == "syslog" else replace(place, url=rules.safe_url(place.kind, place.url))


def _change(
    tx: Transaction, actor: Actor, action: str, after: Forwarding, revision: int | None, was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
) -> Forwarding:  # fmt: skip
    if not queries.change_forwarding(tx, after, revision):
        raise changed_meanwhile("forwarding")
    _record(tx, actor, action, after, was, now)
    return replace(after, revision=after.revision + 1)


def _differing(values: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if other.get(name) != value}


def _record(
    tx: Transaction,
    actor: Actor,
    action: str,
    forwarding: Forwarding,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    audit.record(
        tx, actor, action, organization_id=forwarding.organization_id, subject_kind="forwarding", subject_id=forwarding.id,
        subject_name=forwarding.name, before=before, after=after,
    )  # fmt: skip
