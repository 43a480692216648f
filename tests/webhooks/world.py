"""A small instance to send webhooks from: two organizations, a project of each, an API with event types."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, update

from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.records import Actor, ServiceRole
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import (
    apis,
    event_types,
    members,
    organizations,
    project_owners,
    projects,
    scope_event_types,
    users,
)
from freehold.webhooks import actions, delivery_actions
from freehold.webhooks.actions import NewSecret
from freehold.webhooks.records import EndpointSettings, Message, NewMessage

SCHEMA = {
    "type": "object",
    "properties": {"country": {"type": "string", "pattern": "^[A-Z]{2}$"}, "count": {"type": "integer"}},
    "required": ["country"],
    "additionalProperties": False,
}
EXAMPLE = {"country": "DK", "count": 3}


def actor_of(organization_id: str, *roles: ServiceRole) -> Actor:
    """A person with roles in one organization."""
    return Actor(
        "user",
        "usr_1",
        "Ada",
        "usr_1",
        False,
        {organization_id: frozenset(roles)},
        address="127.0.0.1",
        request_id="req_1",
    )


PUBLISHER = Actor("token", "tok_1", "the API", None, False, {}, everywhere=frozenset({"publisher"}), request_id="req_2")


@dataclass
class World:
    """The instance, and short ways to do what a person does."""

    store: Store
    settings: Settings
    secret: InstanceSecret
    organization_id: str
    project_id: str
    production_id: str
    foreign_project_id: str
    owner: Actor
    stranger: Actor
    # Where a test has one that it comes back to.
    endpoint_id: str = ""

    def add_endpoint(
        self,
        url: str = "http://127.0.0.1:9/",
        event_types: tuple[str, ...] = ("lookup.completed",),
        project_id: str = "",
        **more: Any,
    ) -> NewSecret:
        with self.store.write() as tx:
            wanted = EndpointSettings(url, event_types, **more)
            return actions.create_endpoint(
                tx, self.owner, self.secret, self.settings, project_id or self.project_id, wanted
            )

    def publish(
        self, payload: Any = None, event_type: str = "lookup.completed", dedup_id: str | None = None
    ) -> Message:
        with self.store.write() as tx:
            new = NewMessage(event_type, EXAMPLE if payload is None else payload, dedup_id)
            return delivery_actions.publish_message(tx, PUBLISHER, self.project_id, new)

    def message(self, message_id: str) -> delivery_actions.MessageDetail:
        with self.store.read() as tx:
            return delivery_actions.read_message(tx, self.owner, message_id)

    def delivery(self, delivery_id: str) -> delivery_actions.DeliveryDetail:
        with self.store.read() as tx:
            return delivery_actions.read_delivery(tx, self.owner, delivery_id)

    def add_owner(self, duty: str) -> None:
        """Somebody who owns the project in one duty: duty@example.com."""
        user_id, now = ids.new_id("usr"), clock.now()
        mine = {"organization_id": self.organization_id, "user_id": user_id}
        with self.store.write() as tx:
            person = {"id": user_id, "email": f"{duty}@example.com", "name": duty, "password_hash": "-"}
            tx.execute(insert(users).values(**person, created_at=now))
            tx.execute(insert(members).values(**mine, role="developer", joined_at=now))
            tx.execute(insert(project_owners).values(**mine, project_id=self.project_id, duty=duty))

    def pause(self, tx: Transaction) -> None:
        actions.pause_endpoint(tx, self.owner, self.endpoint_id)

    def archive(self, archived: bool = True) -> None:
        with self.store.write() as tx:
            state = "archived" if archived else "active"
            tx.execute(update(projects).where(projects.c.id == self.project_id).values(state=state))


def make_world(store: Store, settings: Settings, secret: InstanceSecret) -> World:
    """Fill a fresh database."""
    now = clock.now()
    api, first, second = ids.new_id("api"), ids.new_id("org"), ids.new_id("org")
    sandbox, production, foreign = ids.new_id("proj"), ids.new_id("proj"), ids.new_id("proj")
    with store.write() as tx:
        for number, organization in enumerate((first, second)):
            tx.execute(
                insert(organizations).values(
                    id=organization, name=f"Team {number}", slug=f"team-{number}", created_at=now
                )
            )
        tx.execute(insert(apis).values(id=api, slug="places", name="Places", created_at=now))
        for place, (name, schema, example) in enumerate(
            (("lookup.completed", SCHEMA, EXAMPLE), ("lookup.failed", None, None), ("place.changed", None, {"a": 1}))
        ):
            row = {
                "api_id": api,
                "name": name,
                "summary": name,
                "schema": schema,
                "example": example,
                "position": place,
            }
            tx.execute(insert(event_types).values(**row))
        for project, organization, environment in (
            (sandbox, first, "sandbox"), (production, first, "production"), (foreign, second, "sandbox"),
        ):  # fmt: skip
            sibling = {"sandbox_id": sandbox, "sandbox_environment": "sandbox"} if environment == "production" else {}
            tx.execute(
                insert(projects).values(
                    id=project, organization_id=organization, api_id=api, environment=environment, name="Checkout",
                    slug="checkout", purpose="tests", state="active", created_by="Ada", created_at=now, **sibling,
                )
            )  # fmt: skip
            for name in ("lookup.completed", "lookup.failed"):
                tx.execute(insert(scope_event_types).values(project_id=project, event_type=name, api_id=api))
    return World(
        store,
        settings,
        secret,
        first,
        sandbox,
        production,
        foreign,
        actor_of(first, "owner"),
        actor_of(second, "owner"),
    )
