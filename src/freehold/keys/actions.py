"""Keys: issue, read, change, revoke.

One function is one use case and one transaction, which the caller opens. A key's text exists in this
process for the length of `issue_key` and in its answer; what is kept is a keyed digest.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from freehold.errors import Problem, invalid, not_found
from freehold.keys import credential, queries, secret_queries, settings_rules, templates
from freehold.keys.records import Caller, Key, Secret
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret, random_base62
from freehold.organizations import audit
from freehold.organizations.actions import changed_meanwhile
from freehold.organizations.permissions import Permission, require
from freehold.organizations.records import Actor
from freehold.organizations.rules import clean_name
from freehold.projects import queries as projects
from freehold.projects import quota_queries
from freehold.projects.actions import read_project, require_active
from freehold.projects.limits import QuotaState, facts_of
from freehold.store import announcements, epoch
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class KeyDetail:
    """A key with its secrets, newest version first, and its quota's state in the present period."""

    key: Key
    secrets: list[Secret]
    quota: QuotaState | None


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A new key with its text, which is shown this once."""

    detail: KeyDetail
    text: str

    def __repr__(self) -> str:
        return f"IssuedKey({self.detail.key.id})"


def issue_key(
    tx: Transaction, actor: Actor, secret: InstanceSecret, brand: str, project_id: str, settings: KeySettings
) -> IssuedKey:
    """Issue a key of a project with its first secret. Where a key of its name is declared, it is that one."""
    project = read_project(tx, actor, project_id)
    require(actor, "keys.issue", project.organization_id)
    require_active(project)
    audit.hold(tx, project.organization_id)
    now = clock.now()
    settings = _clean(settings)
    scope = projects.scope_of(tx, project.id)
    if errors := settings_rules.check_settings(settings, scope.endpoints, now):
        raise invalid(*errors)
    settings = _normal(settings)
    declared = templates.delete_template(tx, project.id, settings.name)
    key_id, selector, body = (
        declared.key_id if declared else ids.new_id("key"),
        random_base62(credential.SELECTOR_LENGTH),
        random_base62(credential.SECRET_LENGTH),
    )
    text = credential.compose(brand, project.environment, selector, body)
    digest = credential.digest(credential.pepper(secret, project.environment), body)
    with broken_constraint_means(_name_taken(settings.name)):
        queries.insert_key(tx, key_id, project, settings, actor.name, now)
    secret_queries.insert_secret(tx, key_id, project, selector, 1, digest, text[-4:], now)
    detail = detail_of(tx, key_id, now)
    _record(tx, actor, "key.issued", detail.key, None, settings)
    epoch.advance(tx, "key", key_id, now)
    return IssuedKey(detail, text)


def list_keys(
    tx: Transaction, actor: Actor, project_id: str, limit: int, after_id: str | None = None
) -> list[KeyDetail]:
    """A project's keys with their secrets, newest first."""
    project = read_project(tx, actor, project_id)
    require(actor, "keys.read", project.organization_id)
    now = clock.now()
    rows = queries.keys_of(tx, project.id, limit, after_id, now)
    secrets = secret_queries.secrets_of(tx, [key.id for key in rows])
    quotas = quota_queries.states_of_keys(tx, {key.id: key.quota for key in rows if key.quota}, now)
    return [KeyDetail(key, secrets[key.id], quotas.get(key.id)) for key in rows]


def read_key(tx: Transaction, actor: Actor, key_id: str, permission: Permission = "keys.read") -> KeyDetail:
    """One key with its secrets; Problem `not_found` where it is none of the actor's business."""
    now = clock.now()
    key = queries.find_key(tx, key_id, now)
    if key is None or (not actor.looks_everywhere and key.organization_id not in actor.roles):
        raise not_found("key")
    require(actor, permission, key.organization_id)
    return _with_secrets(tx, key, now)


def own_key(tx: Transaction, actor: Actor, key_id: str, permission: Permission) -> KeyDetail:
    """A key that the actor may change, as it is once its organization's log is held: before any row of it is."""
    audit.hold(tx, read_key(tx, actor, key_id, permission).key.organization_id)
    return read_key(tx, actor, key_id, permission)


def detail_of(tx: Transaction, key_id: str, now: datetime) -> KeyDetail:
    """One key with its secrets, whoever asks; Problem `not_found` where there is none."""
    key = queries.find_key(tx, key_id, now)
    if key is None:
        raise not_found("key")
    return _with_secrets(tx, key, now)


def callers_of(tx: Transaction, detail: KeyDetail) -> dict[str, tuple[Caller, ...]]:
    """Who calls lately with each secret of a key that serves, by selector."""
    serving = [each for each in detail.secrets if each.state in ("active", "retiring")]
    return {each.selector: secret_queries.callers_of(tx, detail.key.id, each) for each in serving}


def edit_key(
    tx: Transaction,
    actor: Actor,
    key_id: str,
    change: Callable[[KeySettings], KeySettings],
    revision: int | None = None,
) -> KeyDetail:
    """Change a key's settings: `change` makes the new ones from the old. `revision`: the one the caller saw, None for any."""
    key = own_key(tx, actor, key_id, "keys.issue").key
    project = read_project(tx, actor, key.project_id)
    require_active(project)
    if key.state == "revoked":
        raise Problem("conflict", "The key is revoked, which is for good. Issue another one.")
    now = clock.now()
    old = settings_of(key)
    new = _clean(change(old))
    scope = projects.scope_of(tx, key.project_id)
    if errors := settings_rules.check_settings(new, scope.endpoints, now, old):
        raise invalid(*errors)
    new = _normal(new)
    if new.name != old.name and templates.find_template(tx, project.id, new.name):
        words = f"The project declares a key named {new.name!r}. Issue that one, or choose another name."
        raise Problem("already_exists", words)
    with broken_constraint_means(_name_taken(new.name)):
        if not queries.change_key(tx, key, key.revision if revision is None else revision, new):
            raise changed_meanwhile("key")
    _record(tx, actor, "key.changed", key, old, new)
    epoch.advance(tx, "key", key_id, now)
    return detail_of(tx, key_id, now)


def revoke_key(tx: Transaction, actor: Actor, key_id: str) -> tuple[KeyDetail, int]:
    """End a key for good; the configuration epoch that carries it. Revoking twice changes nothing."""
    key = own_key(tx, actor, key_id, "keys.revoke").key
    now = clock.now()
    if not queries.revoke_key(tx, key_id, now):
        return detail_of(tx, key_id, now), epoch.current(tx)
    audit.record(
        tx, actor, "key.revoked", organization_id=key.organization_id, subject_kind="key", subject_id=key_id,
        subject_name=key.name, project_id=key.project_id, before={"state": key.state}, after={"state": "revoked"},
    )  # fmt: skip
    reached = epoch.advance(tx, "key", key_id, now)
    announcements.announce(tx, key.project_id, "key.revoked", {"key": key_id, "name": key.name}, now)
    return detail_of(tx, key_id, now), reached


def settings_of(key: Key) -> KeySettings:
    """The part of a key that its owners choose."""
    return KeySettings(
        key.name, key.workload, None if key.endpoints is None else tuple(key.endpoints), key.expires_at,
        tuple(key.allowed_cidrs), key.rate_limits, key.quota,
    )  # fmt: skip


def _with_secrets(tx: Transaction, key: Key, now: datetime) -> KeyDetail:
    quotas = {key.id: key.quota} if key.quota else {}
    state = quota_queries.states_of_keys(tx, quotas, now).get(key.id)
    return KeyDetail(key, secret_queries.secrets_of(tx, [key.id])[key.id], state)


def _clean(settings: KeySettings) -> KeySettings:
    endpoints = None if settings.endpoints is None else tuple(sorted(set(settings.endpoints)))
    return replace(
        settings,
        name=clean_name(settings.name),
        workload=clean_name(settings.workload or "") or None,
        endpoints=endpoints,
    )


def _normal(settings: KeySettings) -> KeySettings:
    networks = dict.fromkeys(settings_rules.normal_network(text) for text in settings.allowed_cidrs)
    return replace(settings, allowed_cidrs=tuple(networks))


def _record(tx: Transaction, actor: Actor, action: str, key: Key, old: KeySettings | None, new: KeySettings) -> None:
    before, after = _facts(old) if old else {}, _facts(new)
    changed = [name for name in after if before.get(name) != after[name]]
    audit.record(
        tx, actor, action, organization_id=key.organization_id, subject_kind="key", subject_id=key.id,
        subject_name=new.name, project_id=key.project_id,
        before={name: before[name] for name in changed} if old else None, after={name: after[name] for name in changed},
    )  # fmt: skip


def _facts(settings: KeySettings) -> dict[str, object]:
    return {
        "name": settings.name,
        "workload": settings.workload,
        "endpoints": "the project's scope" if settings.endpoints is None else list(settings.endpoints),
        "expires_at": settings.expires_at,
        "allowed_cidrs": list(settings.allowed_cidrs),
        **facts_of(settings.rate_limits, settings.quota),
    }


def _name_taken(name: str) -> Problem:
    return Problem("already_exists", f"The project has an active key named {name!r}. Choose another name.")
