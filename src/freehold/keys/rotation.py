"""Rotation: a key gets a new secret, the one before it serves on for a while, and then ends.

One function is one use case and one transaction, which the caller opens. The key's row is held first, so
of two people who rotate at one instant the second finds what the first did. A new secret's text exists in
this process for the length of `rotate_key` and in its answer.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from freehold.errors import Problem, invalid, not_found
from freehold.keys import actions, credential, rotation_rules, secret_queries
from freehold.keys.actions import IssuedKey, KeyDetail
from freehold.keys.records import Key, Secret
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret, random_base62
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import Permission
from freehold.organizations.records import Actor
from freehold.projects.actions import read_project, require_active
from freehold.projects.records import Project
from freehold.store import announcements, epoch
from freehold.store.engine import Transaction

_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
# So many secrets are looked at in one turn of the loop.
_AT_ONCE: Final = 200


def rotate_key(
    tx: Transaction, actor: Actor, secret: InstanceSecret, brand: str, key_id: str,
    overlap_s: int = rotation_rules.OVERLAP_S, hold: bool = False, revision: int | None = None,
) -> IssuedKey:  # fmt: skip
    """Give a key a new secret; the old one serves for `overlap_s` more, with 0 every older one ends at once.

    `hold`: the old one does not end while it is still in use. `revision`: the one the caller saw, None for any.
    """
    held = _hold(tx, actor, key_id, "keys.issue", revision)
    project = read_project(tx, actor, held.key.project_id)
    require_active(project)
    if faults := rotation_rules.overlap_faults(overlap_s, hold):
        raise invalid(*faults)
    if why := rotation_rules.rotation_refusal(held.key.state, held.secrets, overlap_s):
        raise Problem("conflict", why)
    now = clock.now()
    ends_at = now + timedelta(seconds=overlap_s)
    if overlap_s:
        secret_queries.begin_overlap(tx, key_id, ends_at, hold)
    else:
        secret_queries.retire(tx, [each.selector for each in held.secrets if each.state in ("active", "retiring")], now)
    text = _add_secret(tx, secret, brand, held, project, now)
    version = held.secrets[0].version
    _record(
        tx, actor, "key.rotated", held.key, {"secret_version": version},
        {"secret_version": version + 1, "old_retires_at": ends_at, "held": hold or None},
    )  # fmt: skip
    epoch.advance(tx, "key", key_id, now)
    announcements.announce(
        tx, project.id, "key.rotated",
        {"key": key_id, "name": held.key.name, "version": version + 1, "overlap_ends_at": clock.to_text(ends_at)}, now,
    )  # fmt: skip
    return IssuedKey(_changed(tx, actor, key_id), text)


def retire_secret(tx: Transaction, actor: Actor, key_id: str, version: int) -> KeyDetail:
    """End an overlap now: an older secret of a key serves no more. Retiring twice changes nothing."""
    held = _hold(tx, actor, key_id, "keys.revoke", None)
    secret = _version(held, version)
    if why := rotation_rules.retirement_refusal(secret):
        raise Problem("conflict", why)
    if secret.state != "retiring":
        return held
    _retire(tx, actor, held.key, secret, "it was ended by hand", clock.now())
    return _changed(tx, actor, key_id)


def change_overlap(
    tx: Transaction, actor: Actor, key_id: str, version: int,
    retires_at: datetime | None = None, hold: bool | None = None, revision: int | None = None,
) -> KeyDetail:  # fmt: skip
    """Let an older secret end at another time, or hold it while it is in use; None leaves either as it is."""
    held = _hold(tx, actor, key_id, "keys.issue", revision)
    require_active(read_project(tx, actor, held.key.project_id))
    secret = _version(held, version)
    if why := rotation_rules.overlap_change_refusal(secret):
        raise Problem("conflict", why)
    new = replace(secret, retires_at=retires_at or secret.retires_at, held=secret.held if hold is None else hold)
    if new == secret or new.retires_at is None or new.superseded_at is None:
        return held
    now = clock.now()
    if retires_at and (faults := rotation_rules.overlap_change_faults(retires_at, new.superseded_at, now)):
        raise invalid(*faults)
    secret_queries.change_overlap(tx, secret.selector, new.retires_at, new.held)
    before = {"secret_version": version, "retires_at": secret.retires_at, "held": secret.held}
    _record(
        tx, actor, "key.overlap_changed", held.key, before,
        {"secret_version": version, "retires_at": new.retires_at, "held": new.held},
    )  # fmt: skip
    epoch.advance(tx, "key", key_id, now)
    return _changed(tx, actor, key_id)


# --- what time brings -----------------------------------------------------------------------------


def due_secrets(tx: Transaction, now: datetime) -> list[tuple[str, str]]:
    """Keys and selectors of the secrets that retire now, or whose time is moved on."""
    near = secret_queries.secrets_ending_by(tx, now + rotation_rules.LOOK_AHEAD, _AT_ONCE)
    secrets = secret_queries.secrets_of(tx, [key_id for key_id, _ in near])
    return [
        (key_id, each.selector)
        for key_id in secrets
        for each in secrets[key_id]
        if rotation_rules.ending(each, now) != rotation_rules.WAITS
    ]


def settle_secret(tx: Transaction, key_id: str, selector: str, now: datetime) -> bool:
    """Retire a secret whose time has come, or move on the time of a held one that is in use; whether anything changed."""
    audit.hold(tx, actions.detail_of(tx, key_id, now).key.organization_id)
    secret_queries.lock_key(tx, key_id)
    detail = actions.detail_of(tx, key_id, now)
    secret = next(each for each in detail.secrets if each.selector == selector)
    ending = rotation_rules.ending(secret, now)
    if ending.retires:
        _retire(tx, _SYSTEM, detail.key, secret, ending.reason, now)
        secret_queries.next_revision(tx, key_id)
    elif ending.moves_to is not None:
        secret_queries.change_overlap(tx, selector, ending.moves_to, held=True)
        _record(
            tx, _SYSTEM, "key.overlap_changed", detail.key,
            {"secret_version": secret.version, "retires_at": secret.retires_at},
            {"secret_version": secret.version, "retires_at": ending.moves_to, "reason": "it is held, and still in use"},
        )  # fmt: skip
        epoch.advance(tx, "key", key_id, now)
        secret_queries.next_revision(tx, key_id)
    return ending != rotation_rules.WAITS


# --- shared ---------------------------------------------------------------------------------------


def _hold(tx: Transaction, actor: Actor, key_id: str, permission: Permission, revision: int | None) -> KeyDetail:
    """A key that the actor may change, held until the commit, as it is once it is held."""
    actions.own_key(tx, actor, key_id, permission)
    secret_queries.lock_key(tx, key_id)
    held = actions.read_key(tx, actor, key_id, permission)
    if revision is not None and revision != held.key.revision:
        raise changed_meanwhile("key")
    return held


def _version(held: KeyDetail, version: int) -> Secret:
    secret = next((each for each in held.secrets if each.version == version), None)
    if secret is None:
        raise not_found("version of this key's secret")
    return secret


def _add_secret(
    tx: Transaction, secret: InstanceSecret, brand: str, held: KeyDetail, project: Project, now: datetime
) -> str:
    selector, body = random_base62(credential.SELECTOR_LENGTH), random_base62(credential.SECRET_LENGTH)
    text = credential.compose(brand, project.environment, selector, body)
    digest = credential.digest(credential.pepper(secret, project.environment), body)
    version = held.secrets[0].version + 1
    secret_queries.insert_secret(tx, held.key.id, project, selector, version, digest, text[-4:], now)
    return text


def _retire(tx: Transaction, actor: Actor, key: Key, secret: Secret, reason: str, now: datetime) -> None:
    secret_queries.retire(tx, [secret.selector], now)
    _record(
        tx, actor, "key.secret_retired", key, {"secret_version": secret.version, "state": secret.state},
        {"secret_version": secret.version, "state": "retired", "reason": reason},
    )  # fmt: skip
    epoch.advance(tx, "key", key.id, now)


def _changed(tx: Transaction, actor: Actor, key_id: str) -> KeyDetail:
    secret_queries.next_revision(tx, key_id)
    return actions.read_key(tx, actor, key_id)


def _record(
    tx: Transaction, actor: Actor, action: str, key: Key, before: dict[str, Any], after: dict[str, Any]
) -> None:
    audit.record(
        tx, actor, action, organization_id=key.organization_id, subject_kind="key", subject_id=key.id,
        subject_name=key.name, project_id=key.project_id, before=before, after=after,
    )  # fmt: skip
