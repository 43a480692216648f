"""A data directory with a database, one API, one organization with sibling projects, and keys: written by plain inserts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, update
from sqlalchemy import text as sql_text

from freehold.keys import credential
from freehold.keys.records import Environment
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret, keyed_digest, random_base62
from freehold.store import epoch, schema
from freehold.store.engine import Store, Transaction
from freehold.usage.journal_frames import HEAD_BYTES, decode_frame
from freehold.usage.records import UsageEvent
from tests.databases import SECRET, copy_sqlite
from tests.gate.gate_process import eventually

ROUTES = [
    ("listCountries", "GET", "/v1/countries"),
    ("getCountry", "GET", "/v1/countries/{code}"),
    ("createReport", "POST", "/v1/reports"),
    ("putFile", "PUT", "/v1/files/{name}"),
    ("headThing", "HEAD", "/v1/things"),
    ("deleteCountry", "DELETE", "/v1/countries/{code}"),
]
_NOW = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass(frozen=True)
class IssuedKey:
    text: str
    id: str
    project_id: str
    selector: str


@dataclass
class Instance:
    data: Path
    store: Store
    secret: InstanceSecret
    organization_id: str = "org_one"
    api_id: str = "api_one"
    sandbox_id: str = "proj_sandbox"
    production_id: str = "proj_production"

    @classmethod
    def create(cls, template: Path, data: Path) -> "Instance":
        """A new instance in `data`, its database copied from a migrated one."""
        made = cls(data, copy_sqlite(template, data), SECRET)
        (data / "secret.key").write_text(SECRET.to_hex())
        with made.store.write() as tx:
            made._fill(tx)
        return made

    def close(self) -> None:
        self.store.close()

    def _fill(self, tx: Transaction) -> None:
        self.add_organization(tx, "org_operator", is_operator=True)
        self.add_organization(tx, self.organization_id)
        self.add_organization(tx, "org_two")
        self.add_api(tx, self.api_id, "example", "http://127.0.0.1:1")
        self.add_projects(tx, self.organization_id, self.sandbox_id, self.production_id)

    def add_organization(self, tx: Transaction, organization_id: str, *, is_operator: bool = False) -> None:
        tx.execute(
            insert(schema.organizations).values(
                id=organization_id, name=organization_id, slug=organization_id, is_operator=is_operator, created_at=_NOW
            )
        )

    def add_api(self, tx: Transaction, api_id: str, slug: str, upstream: str | None) -> None:
        tx.execute(
            insert(schema.apis).values(id=api_id, slug=slug, name=slug, upstream_sandbox=upstream, created_at=_NOW)
        )
        for position, (operation_id, method, path) in enumerate(ROUTES):
            tx.execute(
                insert(schema.endpoints).values(
                    api_id=api_id, operation_id=operation_id, method=method, path=path, summary="", position=position
                )
            )

    def add_projects(self, tx: Transaction, organization_id: str, sandbox_id: str, production_id: str) -> None:
        for environment, project_id in (("sandbox", sandbox_id), ("production", production_id)):
            in_production = environment == "production"
            tx.execute(
                insert(schema.projects).values(
                    id=project_id, organization_id=organization_id, api_id=self.api_id, environment=environment,
                    sandbox_id=sandbox_id if in_production else None,
                    sandbox_environment="sandbox" if in_production else None,
                    name=project_id, slug=sandbox_id, purpose="tests", state="active", created_by="usr_one", created_at=_NOW,
                )
            )  # fmt: skip
            for operation_id, _, _ in ROUTES[:-1]:
                tx.execute(
                    insert(schema.scope_endpoints).values(
                        project_id=project_id, operation_id=operation_id, api_id=self.api_id
                    )
                )

    # --- what tests change, each announced as the product announces it ---

    def issue(self, project_id: str | None = None, environment: Environment = "sandbox", **columns: Any) -> IssuedKey:
        project_id = project_id or (self.sandbox_id if environment == "sandbox" else self.production_id)
        key_id, selector, secret_part = ids.new_id("key"), random_base62(12), random_base62(32)
        narrowed_to = columns.pop("endpoints", None)
        if "rate_limit" in columns:
            limit, window_s = columns.pop("rate_limit"), columns.pop("rate_window_s")
            columns["rate_limits"] = [{"name": "requests", "limit": limit, "window_s": window_s}]
        with self.store.write() as tx:
            tx.execute(
                insert(schema.keys).values(
                    id=key_id, project_id=project_id, environment=environment, name=key_id,
                    narrowed=narrowed_to is not None, created_by="usr_one", created_at=_NOW, **{"state": "active"} | columns,
                )
            )  # fmt: skip
            for operation_id in narrowed_to or ():
                tx.execute(
                    insert(schema.key_endpoints).values(key_id=key_id, operation_id=operation_id, project_id=project_id)
                )
            self._add_secret(tx, key_id, project_id, environment, selector, secret_part, 1)
            epoch.advance(tx, "key", key_id, clock.now())
        return IssuedKey(credential.compose("fh", environment, selector, secret_part), key_id, project_id, selector)

    def _add_secret(
        self,
        tx: Transaction,
        key_id: str,
        project_id: str,
        environment: Environment,
        selector: str,
        secret_part: str,
        version: int,
    ) -> None:
        digest = credential.digest(credential.pepper(self.secret, environment), secret_part)
        tx.execute(
            insert(schema.key_secrets).values(
                selector=selector, key_id=key_id, project_id=project_id, environment=environment, version=version,
                digest=digest, last4=secret_part[-4:], state="active", created_at=_NOW,
            )
        )  # fmt: skip

    def revoke(self, key: IssuedKey) -> int:
        with self.store.write() as tx:
            tx.execute(
                update(schema.keys).where(schema.keys.c.id == key.id).values(state="revoked", revoked_at=clock.now())
            )
            return epoch.advance(tx, "key", key.id, clock.now())

    def archive(self, project_id: str) -> int:
        with self.store.write() as tx:
            tx.execute(update(schema.projects).where(schema.projects.c.id == project_id).values(state="archived"))
            return epoch.advance(tx, "project", project_id, clock.now())

    def set_upstreams(self, sandbox: str | None, production: str | None = None) -> None:
        with self.store.write() as tx:
            tx.execute(update(schema.apis).values(upstream_sandbox=sandbox, upstream_production=production))
            epoch.advance(tx, "api", self.api_id, clock.now())

    def service_token(self, organization_id: str = "org_operator", roles: tuple[str, ...] = ("verifier",)) -> str:
        text = f"fho_{random_base62(40)}"
        with self.store.write() as tx:
            token_id = ids.new_id("tok")
            tx.execute(
                insert(schema.tokens).values(
                    id=token_id, kind="service", organization_id=organization_id, name="tests", roles=list(roles),
                    digest=self._token_digest(text), last4=text[-4:], created_at=_NOW,
                )
            )  # fmt: skip
            epoch.advance(tx, "token", token_id, clock.now())
        return text

    def revoke_token(self, text: str) -> None:
        with self.store.write() as tx:
            token_id = tx.execute(
                update(schema.tokens)
                .where(schema.tokens.c.digest == self._token_digest(text))
                .values(revoked_at=clock.now())
                .returning(schema.tokens.c.id)
            ).scalar_one()
            epoch.advance(tx, "token", token_id, clock.now())

    def _token_digest(self, text: str) -> bytes:
        return keyed_digest(self.secret.derive("token-pepper"), text)

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """As good as a database that is gone: what every poll reads is not there."""
        with self.store.write() as tx:
            tx.execute(sql_text("ALTER TABLE instance RENAME TO instance_gone"))
        yield
        with self.store.write() as tx:
            tx.execute(sql_text("ALTER TABLE instance_gone RENAME TO instance"))

    # --- what the gate leaves behind ---

    def events(self) -> list[UsageEvent]:
        """Every usage event in the journals, in order."""
        found: list[tuple[int, UsageEvent]] = []
        for path in sorted((self.data / "journal").glob("jrn_*/*.seg")):
            data, offset = path.read_bytes(), HEAD_BYTES
            while frame := decode_frame(data, offset):
                found.append((frame.position, msgspec.msgpack.decode(frame.payload, type=UsageEvent)))
                offset = frame.end
        return [event for _, event in found]

    def event(self, request_id: str) -> UsageEvent:
        """The one usage event of a decision."""
        [found] = [each for each in self.events() if each.id == request_id]
        return found

    def settled(self) -> None:
        """Wait until every gate process has applied what was changed."""
        with self.store.read() as tx:
            current = epoch.current(tx)
        eventually(lambda: self.verifiers() and all(each.epoch >= current for each in self.verifiers()))

    def verifiers(self) -> list[epoch.Verifier]:
        with self.store.read() as tx:
            return epoch.verifiers_seen_since(tx, clock.now() - timedelta(hours=1))
