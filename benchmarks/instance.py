"""An instance with as many keys as wanted, each with a scope and several limits, written by plain inserts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import insert, update

from freehold.keys import credential
from freehold.kit import clock, ids
from freehold.kit.secrets import random_base62
from freehold.store import epoch, schema
from freehold.store.engine import Store, Transaction
from tests.databases import SECRET, make_sqlite_template
from tests.gate.instance import Instance, IssuedKey

__all__ = ["ASKED", "IssuedKey", "ManyKeys", "sqlite_instance"]

PROJECTS: Final = 10
# What is asked about: endpoints of the fixtures' catalogue that are in every scope.
ASKED: Final = (
    ("GET", "/v1/countries"),
    ("GET", "/v1/countries/NO"),
    ("POST", "/v1/reports"),
    ("PUT", "/v1/files/march.csv"),
)
# So wide that no request of a benchmark meets them: what is measured is keeping them, not refusing.
KEY_LIMITS: Final = [
    {"name": "burst", "limit": 10_000_000, "window_s": 1},
    {"name": "requests", "limit": 500_000_000, "window_s": 60},
]
PROJECT_LIMITS: Final = [{"name": "requests", "limit": 500_000_000, "window_s": 60}]
_NOW: Final = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
_BATCH: Final = 20_000


@dataclass(frozen=True)
class ManyKeys:
    """What was made: the keys, and a service token that may verify them."""

    keys: Sequence[IssuedKey]
    token: str


def sqlite_instance(folder: Path, count: int) -> ManyKeys:
    """A data directory in `folder` with so many keys in ten sandbox projects."""
    template = folder.with_suffix(".template")
    instance = Instance.create(make_sqlite_template(template), folder)
    template.unlink()
    try:
        return fill(instance, count)
    finally:
        instance.close()


def fill(instance: Instance, count: int) -> ManyKeys:
    """Add the projects and keys to an instance that has its first project."""
    projects = [instance.sandbox_id]
    with instance.store.write() as tx:
        for number in range(1, PROJECTS):
            projects.append(f"proj_sandbox_{number}")
            instance.add_projects(tx, instance.organization_id, projects[-1], f"proj_production_{number}")
        tx.execute(update(schema.projects).values(rate_limits=PROJECT_LIMITS))
    keys = list(_issue(instance.store, projects, count))
    with instance.store.write() as tx:
        epoch.advance(tx, "project", instance.sandbox_id, clock.now())
    return ManyKeys(keys, instance.service_token())


def _issue(store: Store, projects: Sequence[str], count: int) -> Iterator[IssuedKey]:
    pepper = credential.pepper(SECRET, "sandbox")
    for start in range(0, count, _BATCH):
        keys, secrets = [], []
        for number in range(start, min(count, start + _BATCH)):
            key, secret, issued = _key(pepper, projects[number % len(projects)])
            keys.append(key)
            secrets.append(secret)
            yield issued
        with store.write() as tx:
            _insert(tx, keys, secrets)


def _insert(tx: Transaction, keys: list[dict[str, Any]], secrets: list[dict[str, Any]]) -> None:
    tx.execute(insert(schema.keys), keys)
    tx.execute(insert(schema.key_secrets), secrets)


def _key(pepper: bytes, project_id: str) -> tuple[dict[str, Any], dict[str, Any], IssuedKey]:
    key_id, selector, secret_part = ids.new_id("key"), random_base62(12), random_base62(32)
    key = {
        "id": key_id, "project_id": project_id, "environment": "sandbox", "name": key_id, "narrowed": False,
        "state": "active", "rate_limits": KEY_LIMITS, "created_by": "usr_one", "created_at": _NOW,
    }  # fmt: skip
    secret = {
        "selector": selector, "key_id": key_id, "project_id": project_id, "environment": "sandbox", "version": 1,
        "digest": credential.digest(pepper, secret_part), "last4": secret_part[-4:], "state": "active", "created_at": _NOW,
    }  # fmt: skip
    return (
        key,
        secret,
        IssuedKey(credential.compose("fh", "sandbox", selector, secret_part), key_id, project_id, selector),
    )
