"""Two organizations with projects and keys, and usage that reached them through journal and collector."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert

from freehold.kit import clock, ids
from freehold.organizations.records import Actor, ServiceRole
from freehold.store.engine import Store
from freehold.store.schema import (
    apis,
    changes,
    endpoints,
    key_secrets,
    keys,
    organizations,
    projects,
    scope_endpoints,
)
from freehold.usage.collector import Collector
from freehold.usage.journal import JournalWriter
from freehold.usage.records import UsageEvent


@dataclass(frozen=True)
class UsageWorld:
    """The instance, and a short way to let decisions happen."""

    store: Store
    root: Path
    api_id: str
    organization_id: str
    foreign_organization_id: str
    project_id: str
    second_project_id: str
    foreign_project_id: str
    key_ids: dict[str, str]

    def actor(self, *roles: ServiceRole, organization_id: str = "", is_operator: bool = False) -> Actor:
        """A person with roles in one organization."""
        mine = {organization_id or self.organization_id: frozenset(roles)} if roles else {}
        return Actor("user", "usr_1", "Ada", "usr_1", is_operator, mine)

    def decide(self, at_ms: int, project_id: str = "", key: str = "web", **more: Any) -> UsageEvent:
        """One decision on this instance's first project."""
        usual = UsageEvent(
            id=ids.new_id("req", at_ms), at_ms=at_ms, project_id=project_id or self.project_id,
            organization_id=self.organization_id, environment="sandbox", key_id=self.key_ids[key],
            secret=f"selector-{key}", api_id=self.api_id, endpoint="getCountry", method="GET", path="/countries/DK",
            outcome="allowed", via="gateway", status=200, latency_us=1000, cost=1, address="192.0.2.1",
            user_agent="tests", rule="all", limits=(("key", 60, 59, 1.0),), epoch=1,
        )  # fmt: skip
        return msgspec.structs.replace(usual, **more)

    def collect(self, *events: UsageEvent) -> None:
        """Let decisions be journalled and collected."""
        writer = JournalWriter(self.root / ids.new_id("jrn"), 1 << 20)
        for event in events:
            writer.append(event)
        writer.close()
        collector = Collector(self.store, self.root, "node")
        while collector.collect():
            pass


def make_usage_world(store: Store, root: Path) -> UsageWorld:
    """Fill a fresh database."""
    now, new = clock.now(), ids.new_id
    world = UsageWorld(
        store, root, new("api"), new("org"), new("org"), new("proj"), new("proj"), new("proj"),
        {"web": new("key"), "batch": new("key"), "foreign": new("key")},
    )  # fmt: skip
    owners = {
        world.project_id: world.organization_id, world.second_project_id: world.organization_id,
        world.foreign_project_id: world.foreign_organization_id,
    }  # fmt: skip
    key_projects = {"web": world.project_id, "batch": world.project_id, "foreign": world.foreign_project_id}
    rows: list[tuple[Any, dict[str, Any]]] = [
        *((organizations, {"id": each, "name": each, "slug": each, "created_at": now}) for each in sorted(set(owners.values()))),
        (apis, {"id": world.api_id, "slug": "places", "name": "Places", "created_at": now}),
        (endpoints, {"api_id": world.api_id, "operation_id": "getCountry", "method": "GET", "path": "/countries/{code}",
                     "summary": "", "position": 0}),
        *((projects, {"id": each, "organization_id": owner, "api_id": world.api_id, "environment": "sandbox",
                      "name": f"Project {number}", "slug": f"project-{number}", "purpose": "tests", "state": "active",
                      "created_by": "Ada", "created_at": now}) for number, (each, owner) in enumerate(owners.items())),
        (scope_endpoints, {"project_id": world.project_id, "operation_id": "getCountry", "api_id": world.api_id}),
        *((keys, {"id": world.key_ids[name], "project_id": project, "environment": "sandbox", "name": name,
                  "state": "active", "narrowed": False, "created_by": "Ada", "created_at": now})
          for name, project in key_projects.items()),
        *((key_secrets, {"selector": f"selector-{name}", "key_id": world.key_ids[name], "project_id": project,
                         "environment": "sandbox", "version": 1, "digest": b"", "last4": "wxyz", "state": "active",
                         "created_at": now}) for name, project in key_projects.items()),
        (changes, {"epoch": 1, "subject_kind": "key", "subject_id": world.key_ids["web"], "at": now}),
    ]  # fmt: skip
    with store.write() as tx:
        for table, row in rows:
            tx.execute(insert(table).values(**row))
    return world
