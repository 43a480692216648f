"""A project that asks for production, and people on both sides, for tests of review: actions called directly."""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import select

from freehold.keys import actions as keys
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock, ids
from freehold.organizations import member_queries
from freehold.organizations import queries as accounts
from freehold.organizations.records import Actor, Role, User
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.records import Policy
from freehold.production.review import actions as review_actions
from freehold.production.review import decisions as review_decisions
from freehold.production.review import entries as review_entries
from freehold.production.review import queries as review_queries
from freehold.production.review import reading as review_reading
from freehold.production.review import tasks as review_tasks
from freehold.production.review.records import AccessRequest, Entry, NewRequest
from freehold.production.shape import revisions
from freehold.projects import actions as projects
from freehold.projects import queries as project_queries
from freehold.projects.records import Project, Scope
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import mails
from tests.http.served import PASSWORD_HASH, Instance
from tests.production.world import make_production_world, project_of

ASKED: Final = NewRequest("Shows parcels to partners\nat the counter", 20_000, 50_000, 20, "2027-06-01")
SETTINGS: Final = Settings(public_url="https://freehold.example")


class ReviewWorld:
    """The instance of `tests/http/served`, watched; nothing blocks its project unless a test says so."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.instance: Instance = make_production_world(store, settings)
        self.store = store
        self._told: set[str] = set()
        self.require(frozenset())
        self.developer, self.operator = self.instance.actor("developer"), self.instance.actor("operator")
        self.second = self.join("second", self.instance.northgate, "admin")

    @property
    def project(self) -> str:
        return self.instance.project

    def require(self, blocking: Any, **more: Any) -> None:
        """Let the operator say which checks block, and the rest of the policy."""
        with self.store.write() as tx:
            policy = Policy(self.instance.api, blocking=blocking, **more)
            readiness_policies.set_policy(tx, self.instance.actor("operator"), self.instance.api, policy)

    def join(self, name: str, organization_id: str, role: Role) -> Actor:
        user = User(ids.new_id("usr"), f"{name}@example.com", name.capitalize(), False, clock.now())
        with self.store.write() as tx:
            accounts.insert_user(tx, user, PASSWORD_HASH)
            member_queries.insert_member(tx, organization_id, user.id, role, clock.now())
        self.instance.users[name] = user
        return self.instance.actor(name)

    def ask(self, who: Actor | None = None, new: NewRequest = ASKED) -> AccessRequest:
        with self.store.write() as tx:
            return review_actions.request_access(tx, who or self.developer, self.project, new)

    def approve(self, request: AccessRequest, who: Actor | None = None, said: str = "") -> AccessRequest:
        """Approve the shape as it is now."""
        with self.store.write() as tx:
            seen = self.fingerprint(review_reading.subject_of(tx, request).id)
            return review_decisions.approve_request(tx, who or self.operator, request.id, seen, said)

    def fingerprint(self, project_id: str = "") -> str:
        with self.store.read() as tx:
            head = revisions.head_of(tx, project_id or self.project)
        assert head is not None
        return head.fingerprint

    def declare(self, *endpoints: str, who: Actor | None = None, project_id: str = "") -> None:
        """A material change of the shape."""
        with self.store.write() as tx:
            scope = Scope(list(endpoints), ["parcel.moved"])
            projects.set_scope(tx, who or self.developer, project_id or self.project, scope)

    def request(self, request_id: str) -> AccessRequest:
        with self.store.read() as tx:
            found = review_queries.find_request(tx, request_id)
        assert found is not None
        return found

    def entries(self, request: AccessRequest) -> list[Entry]:
        with self.store.read() as tx:
            return review_entries.entries_of(tx, request.id)

    def open_requests(self) -> list[AccessRequest]:
        with self.store.read() as tx:
            return [each for each in review_queries.requests_of_project(tx, self.project, 50) if each.is_open]

    def go_live(self) -> Project:
        """The production sibling with the sandbox's scope and name: what a clone leaves, for what follows it."""
        sandbox = project_of(self.instance)
        sibling = replace(sandbox, id=ids.new_id("proj"), environment="production", sandbox_id=sandbox.id)
        with self.store.write() as tx:
            project_queries.insert_project(tx, sibling)
            project_queries.replace_owners(tx, sibling, [(self.instance.users["owner"].id, "technical")])
            projects.set_scope(tx, self.developer, sibling.id, Scope(["get_parcel"], ["parcel.moved"]))
        return sibling

    def issue(self, name: str, project_id: str, who: Actor | None = None) -> str:
        instance = self.instance
        with self.store.write() as tx:
            made = keys.issue_key(
                tx, who or self.developer, instance.secret, instance.settings.brand, project_id, KeySettings(name)
            )
        return made.detail.key.id

    def tell(self) -> list[Any]:
        """Let the loop do what is due; the mails that came of it, by recipient."""
        while review_tasks.turn(self.store, SETTINGS):
            pass
        with self.store.read() as tx:
            rows = tx.execute(select(mails).order_by(mails.c.recipient, mails.c.subject)).all()
        new = [row for row in rows if row.id not in self._told]
        self._told |= {row.id for row in new}
        return new
