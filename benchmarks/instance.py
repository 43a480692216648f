"""An instance with as many keys as wanted, each with a scope and several limits, written by plain inserts."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import update

from freehold.keys import credential
from freehold.kit import clock
from freehold.store import epoch, schema
from freehold.store.engine import Store, Transaction, open_postgresql
from tests.databases import SECRET, make_sqlite_template
from tests.gate.instance import Instance, IssuedKey

__all__ = ["ASKED", "IssuedKey", "ManyKeys", "postgresql_instance", "sqlite_instance"]

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
_NOW_MS: Final = 1_767_225_600_000
_KEY_COLUMNS: Final = "id, project_id, environment, name, narrowed, state, rate_limits, created_by, created_at"
_SECRET_COLUMNS: Final = "selector, key_id, project_id, environment, version, digest, last4, state, created_at"
_BATCH: Final = 20_000


@dataclass(frozen=True)
class ManyKeys:
    """What was made: the keys, and a service token that may verify them."""

    keys: Sequence[IssuedKey]
    token: str


def sqlite_instance(folder: Path, count: int, upstream: str | None = None, *, limited: bool = True) -> ManyKeys:
    """A data directory in `folder` with so many keys in ten sandbox projects, on SQLite."""
    template = folder.with_suffix(".template")
    instance = Instance.create(make_sqlite_template(template), folder)
    template.unlink()
    return _filled(instance, count, upstream, limited=limited)


def postgresql_instance(folder: Path, url: str, count: int) -> ManyKeys:
    """The same, with its state in this migrated PostgreSQL database."""
    folder.mkdir()
    (folder / "secret.key").write_text(SECRET.to_hex())
    instance = Instance(folder, open_postgresql(url), SECRET)
    with instance.store.write() as tx:
        instance.add_organization(tx, "org_operator", is_operator=True)
        instance.add_organization(tx, instance.organization_id)
        instance.add_api(tx, instance.api_id, "example", None)
        instance.add_projects(tx, instance.organization_id, instance.sandbox_id, instance.production_id)
    return _filled(instance, count, None, limited=True)


def _filled(instance: Instance, count: int, upstream: str | None, *, limited: bool) -> ManyKeys:
    projects = [instance.sandbox_id, *(f"proj_sandbox_{number}" for number in range(1, PROJECTS))]
    with instance.store.write() as tx:
        for number, project_id in enumerate(projects[1:], 1):
            instance.add_projects(tx, instance.organization_id, project_id, f"proj_production_{number}")
        tx.execute(update(schema.projects).values(rate_limits=PROJECT_LIMITS if limited else None))
        tx.execute(update(schema.apis).values(upstream_sandbox=upstream))
    keys = list(_issue(instance.store, projects, count, KEY_LIMITS if limited else None))
    with instance.store.write() as tx:
        epoch.advance(tx, "project", instance.sandbox_id, clock.now())
    made = ManyKeys(keys, instance.service_token())
    instance.close()
    return made


def _issue(
    store: Store, projects: Sequence[str], count: int, limits: list[dict[str, Any]] | None
) -> Iterator[IssuedKey]:
    """Keys and their secrets, in batches of one transaction."""
    pepper, written = credential.pepper(SECRET, "sandbox"), limits and json.dumps(limits, separators=(",", ":"))
    for start in range(0, count, _BATCH):
        keys, secrets = [], []
        for number in range(start, min(count, start + _BATCH)):
            # As spread out as the product's, but quick and the same in every run: nobody need be kept from guessing.
            drawn = hashlib.blake2b(number.to_bytes(8, "big"), digest_size=24).hexdigest()
            key_id, selector, secret_part = f"key_{number:026d}", f"{drawn[:5]}{number:07d}", drawn[-32:]
            project_id = projects[number % len(projects)]
            digest = credential.digest(pepper, secret_part)
            keys.append((key_id, project_id, "sandbox", key_id, False, "active", written, "usr_one", _NOW_MS))
            secrets.append((selector, key_id, project_id, "sandbox", 1, digest, secret_part[-4:], "active", _NOW_MS))
            yield IssuedKey(credential.compose("fh", "sandbox", selector, secret_part), key_id, project_id, selector)
        with store.write() as tx:
            _insert(store, tx, "keys", _KEY_COLUMNS, keys)
            _insert(store, tx, "key_secrets", _SECRET_COLUMNS, secrets)


def _insert(store: Store, tx: Transaction, table: str, columns: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """By the driver's own quickest way: a million keys should take seconds."""
    driver: Any = tx.connection.driver_connection
    if store.is_sqlite:
        driver.executemany(f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(rows[0]))})", rows)
        return
    with driver.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    # SQLAlchemy has not seen that anything began.
    driver.commit()
