"""A project on its way to production, on the alerts' world: each of its checks can be cleared, and broken again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert

from freehold.alerts import notification_queries
from freehold.kit import clock, ids
from freehold.organizations.records import Actor
from freehold.production import watching
from freehold.production.readiness import actions as readiness_actions
from freehold.production.readiness.records import Check
from freehold.projects import actions as projects
from freehold.projects.records import NewOwner, ProjectChange, Scope
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import (
    alert_notifications,
    attempts,
    changes,
    deliveries,
    endpoints,
    event_types,
    members,
    messages,
    users,
)
from freehold.webhooks import actions as webhooks
from freehold.webhooks import check_actions
from freehold.webhooks.records import EndpointSettings
from tests.databases import SECRET
from tests.store.alert_world import AlertWorld, make_alert_world

RECEIVER = "https://hooks.example.com/a"
SETTINGS = Settings(public_url="https://freehold.example")


@dataclass(frozen=True)
class ReadinessWorld:
    """The instance, and short ways to clear checks."""

    alerts: AlertWorld
    operator: Actor

    @property
    def store(self) -> Store:
        return self.alerts.store

    @property
    def owner(self) -> Actor:
        return self.alerts.owner

    @property
    def project_id(self) -> str:
        return self.alerts.usage.project_id

    @property
    def api_id(self) -> str:
        return self.alerts.usage.api_id

    def checks(self, project_id: str = "") -> dict[str, Check]:
        with self.store.read() as tx:
            project = projects.read_project(tx, self.operator, project_id or self.project_id)
            return {each.code: each for each in readiness_actions.checks_of(tx, project)}

    def state(self, code: str) -> str:
        return self.checks()[code].state

    def join(self, name: str, role: str) -> str:
        """Another member of the organization; their user id."""
        user_id, email = ids.new_id("usr"), f"{name.lower()}@example.com"
        values = {"organization_id": self.alerts.usage.organization_id, "user_id": user_id, "role": role}
        with self.store.write() as tx:
            tx.execute(
                insert(users).values(id=user_id, email=email, name=name, password_hash="", created_at=clock.now())
            )
            tx.execute(insert(members).values(joined_at=clock.now(), **values))
        return user_id

    def edit(self, **change: Any) -> None:
        with self.store.write() as tx:
            projects.edit_project(tx, self.owner, self.project_id, ProjectChange(**change))

    def own(self, *owners: tuple[str, Any]) -> None:
        self.edit(owners=tuple(NewOwner(*each) for each in owners))

    def declare(self, *called: str, events: tuple[str, ...] = ()) -> None:
        with self.store.write() as tx:
            projects.set_scope(tx, self.owner, self.project_id, Scope(list(called), list(events)))

    def add_webhook(self, url: str = RECEIVER) -> str:
        self.declare("getCountry", events=("country.changed",))
        wanted = EndpointSettings(url, ("country.changed",))
        with self.store.write() as tx:
            made = webhooks.create_endpoint(tx, self.owner, SECRET, SETTINGS, self.project_id, wanted)
        return made.endpoint.id

    def check_webhook(self, endpoint_id: str, state: Any = "passed") -> None:
        with self.store.write() as tx:
            begun = check_actions.begin_check(tx, self.owner, endpoint_id)
            check_actions.finish_check(tx, begun.check.id, state)

    def deliver(self, endpoint_id: str, url: str = RECEIVER, origin: str = "published", **more: Any) -> str:
        """A delivered message of an endpoint; its id."""
        now, message_id, delivery_id = clock.now(), ids.new_id("msg"), ids.new_id("dlv")
        mine = {"project_id": self.project_id, "created_at": now}
        delivery = {"webhook_endpoint_id": endpoint_id, "state": "delivered", "attempts": 1, "finished_at": now}
        tried = {"number": 1, "outcome": "accepted", "duration_us": 1, "request_headers": [], "request_body": ""}
        with self.store.write() as tx:
            tx.execute(insert(messages).values(
                id=message_id, event_type="country.changed", payload={}, origin=origin, **mine))  # fmt: skip
            tx.execute(insert(deliveries).values(id=delivery_id, message_id=message_id, **(mine | delivery | more)))
            tx.execute(insert(attempts).values(id=ids.new_id("att"), delivery_id=delivery_id, at=now, url=url, **tried))
        return message_id

    def tell(self, rule_id: str, way: str, **more: Any) -> None:
        """A test of a rule, as it is on record once it was told."""
        values = {"target": "", "state": "handed_over", "attempts": 1, "payload": {}} | more
        with self.store.write() as tx:
            tx.execute(insert(alert_notifications).values(
                id=ids.new_id("ntf"), project_id=self.project_id, rule_id=rule_id, event="test", way=way,
                created_at=clock.now(), **values))  # fmt: skip
            assert notification_queries.tests_of(tx, rule_id, 1)


def make_readiness_world(store: Store, root: Path) -> ReadinessWorld:
    """Fill a fresh database: the first project has an owner, a scope and two keys, and nothing else yet."""
    watching.watch(store)
    alerts = make_alert_world(store, root)
    operator = Actor("user", "usr_op", "Olga", None, True, {})
    row = {"api_id": alerts.usage.api_id, "position": 1, "summary": ""}
    with store.write() as tx:
        # Changes here go by the instance's own counter.
        tx.execute(delete(changes))
        tx.execute(insert(endpoints).values(operation_id="listCountries", method="GET", path="/countries", **row))
        tx.execute(insert(event_types).values(name="country.changed", **row))
    return ReadinessWorld(alerts, operator)
