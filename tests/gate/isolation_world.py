"""Organizations, projects, keys and scopes as the isolation machine makes them, and a plain model of what is whose.

Everything is made by the product's own actions; a production project by cloning, without the review that asks before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from freehold.apis import queries as apis
from freehold.apis.records import Api, Catalogue, EndpointRow
from freehold.keys import actions as keys
from freehold.keys import credential, rotation
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import member_queries, tokens
from freehold.organizations import queries as organizations
from freehold.organizations.records import Actor, Organization, User
from freehold.production.applying.tools import Tools
from freehold.production.clone import actions as clone_actions
from freehold.production.clone.issuing import issue_declared
from freehold.production.drift import promoting
from freehold.production.drift.promotion_records import Direction, PromotionOrder
from freehold.production.shape.assembling import read_shape
from freehold.projects import actions as projects
from freehold.projects import queries as project_queries
from freehold.projects.records import Environment, NewProject, Scope
from freehold.settings import Settings
from freehold.store import epoch
from freehold.store.engine import Store, Transaction

# Two APIs that share routes but not operations: a key of one must not open the other's.
ROUTES: Final = {
    "alpha": (("a_list", "GET", "/things"), ("a_get", "GET", "/things/{id}"), ("a_add", "POST", "/things"), ("a_only", "GET", "/alpha")),
    "beta": (("b_list", "GET", "/things"), ("b_get", "GET", "/things/{id}"), ("b_only", "DELETE", "/beta")),
}  # fmt: skip
# Requests that are tried: each route filled in, and some that no catalogue has.
REQUESTS: Final = (
    ("GET", "/things"), ("GET", "/things/7"), ("POST", "/things"), ("GET", "/alpha"), ("DELETE", "/beta"),
    ("PUT", "/things"), ("GET", "/things/7/more"), ("GET", "/nothing"),
)  # fmt: skip
_MATCHES: Final = {
    ("alpha", "GET", "/things"): "a_list", ("alpha", "GET", "/things/7"): "a_get", ("alpha", "POST", "/things"): "a_add",
    ("alpha", "GET", "/alpha"): "a_only", ("beta", "GET", "/things"): "b_list", ("beta", "GET", "/things/7"): "b_get",
    ("beta", "DELETE", "/beta"): "b_only",
}  # fmt: skip


@dataclass
class Team:
    """One organization with a person who may do everything in it, and a service token."""

    id: str
    actor: Actor
    token: str


@dataclass
class Workload:
    """One project of the model."""

    id: str
    team: Team
    api: str
    environment: Environment
    scope: set[str] = field(default_factory=set)
    archived: bool = False
    sibling: "Workload | None" = None
    keys: list["Credential"] = field(default_factory=list)
    # Keys that are declared and not issued, by name, with what each is narrowed to.
    declared: dict[str, set[str] | None] = field(default_factory=dict)

    def by_name(self) -> dict[str, set[str] | None]:
        """What each of its keys that are not revoked is narrowed to, issued or declared."""
        declared = {
            name: None if narrowed is None else narrowed & self.scope for name, narrowed in self.declared.items()
        }
        return declared | {key.name: key.narrowed for key in self.keys if not key.revoked}


@dataclass
class Credential:
    """One secret of a key of the model. `narrowed`: None for the whole scope. `versions`: all secrets of the key, shared."""

    id: str
    text: str
    project: Workload
    narrowed: set[str] | None
    versions: list["Credential"] = field(default_factory=list)
    revoked: bool = False
    ended: bool = False
    name: str = ""

    @property
    def version(self) -> int:
        return next(number for number, each in enumerate(self.versions, 1) if each is self)

    @property
    def serving(self) -> list["Credential"]:
        return [each for each in self.versions if not each.ended]


class World:
    """The database with what was made in it."""

    def __init__(self, store: Store, secret: InstanceSecret, upstreams: dict[str, dict[Environment, str]]) -> None:
        self.store = store
        self.secret = secret
        with store.write() as tx:
            for slug, routes in ROUTES.items():
                self._add_api(tx, slug, routes, upstreams[slug])
        self.operator = self.add_team(is_operator=True)

    def _add_api(
        self, tx: Transaction, slug: str, routes: Sequence[tuple[str, str, str]], upstreams: dict[Environment, str]
    ) -> None:
        api = Api(f"api_{slug}", slug, slug, upstreams["sandbox"], upstreams["production"], None, None, 1, clock.now())
        apis.insert_api(tx, api)
        rows = tuple(EndpointRow(operation_id, method, path, path) for operation_id, method, path in routes)
        apis.replace_catalogue(tx, api.id, Catalogue(rows, ()), clock.now())

    def add_team(self, is_operator: bool = False) -> Team:
        now = clock.now()
        organization_id, user_id = ids.new_id("org"), ids.new_id("usr")
        with self.store.write() as tx:
            organizations.insert_user(
                tx, User(user_id, f"{user_id}@example.com", user_id, False, now), "not a password"
            )
            organizations.insert_organization(
                tx, Organization(organization_id, organization_id, organization_id, is_operator, 1, now)
            )
            member_queries.insert_member(tx, organization_id, user_id, "owner", now)
            actor = Actor("user", user_id, user_id, user_id, False, {organization_id: frozenset({"owner"})})
            token = tokens.create_service_token(tx, actor, self.secret, organization_id, "verify", ["verifier"], None)
        return Team(organization_id, actor, token.text)

    def add_project(self, team: Team, api: str) -> Workload:
        with self.store.write() as tx:
            made = projects.create_project(tx, team.actor, team.id, NewProject(ids.new_id("proj"), "isolation", api))
        return Workload(made.id, team, api, "sandbox")

    def clone(self, sandbox: Workload) -> Workload:
        """The sandbox's sibling as a clone makes it: its scope, its keys declared and none of them issued."""
        with self.store.write() as tx:
            found = project_queries.find_project(tx, sandbox.id)
            assert found is not None
            shape, owner = read_shape(tx, found), {"/owners/technical": (sandbox.team.actor.id,)}
            made = clone_actions.make_sibling(tx, sandbox.team.actor, self._tools(), found, shape, owner)
        production = Workload(made.production.id, sandbox.team, sandbox.api, "production", set(sandbox.scope))
        production.declared = sandbox.by_name()
        sandbox.sibling, production.sibling = production, sandbox
        return production

    def issue_declared(self, project: Workload, name: str) -> Credential:
        """Issue a key that a clone or promotion declared."""
        with self.store.write() as tx:
            issued = issue_declared(tx, project.team.actor, self._tools(), project.id, name)
        narrowed = project.declared.pop(name)
        kept = None if narrowed is None else narrowed & project.scope
        return self._keep(Credential(issued.detail.key.id, issued.text, project, kept, name=name))

    def bring(self, source: Workload, direction: Direction) -> None:
        """Bring everything over to the sibling: its keys that have none of their name there are revoked, new ones declared."""
        target = source.sibling
        assert target is not None
        with self.store.write() as tx:
            promoting.carry_out(tx, source.team.actor, self._tools(), source.id, direction, PromotionOrder())
        wanted, target.scope = source.by_name(), set(source.scope)
        for key in target.keys:
            if key.name not in wanted:
                key.revoked = True
            elif not key.revoked:
                key.narrowed = wanted[key.name]
        issued = {key.name for key in target.keys if not key.revoked}
        target.declared = {name: narrowed for name, narrowed in wanted.items() if name not in issued}

    def _tools(self) -> Tools:
        return Tools(self.secret, Settings())

    def set_scope(self, project: Workload, endpoints: set[str]) -> None:
        with self.store.write() as tx:
            projects.set_scope(tx, project.team.actor, project.id, Scope(sorted(endpoints), []))
        project.scope = endpoints
        for key in project.keys:
            # What leaves the scope leaves the keys that were narrowed to it, for good.
            key.narrowed = None if key.narrowed is None else key.narrowed & endpoints

    def archive(self, project: Workload, archived: bool) -> None:
        with self.store.write() as tx:
            act = projects.archive_project if archived else projects.restore_project
            act(tx, project.team.actor, project.id)

    def issue(self, project: Workload, narrowed: set[str] | None) -> Credential:
        settings = KeySettings(ids.new_id("key"), endpoints=None if narrowed is None else tuple(narrowed))
        with self.store.write() as tx:
            issued = keys.issue_key(tx, project.team.actor, self.secret, "fh", project.id, settings)
        return self._keep(Credential(issued.detail.key.id, issued.text, project, narrowed, name=settings.name))

    def _keep(self, key: Credential) -> Credential:
        key.versions.append(key)
        key.project.keys.append(key)
        return key

    def rotate(self, key: Credential, overlap_s: int) -> Credential:
        with self.store.write() as tx:
            rotated = rotation.rotate_key(tx, key.project.team.actor, self.secret, "fh", key.id, overlap_s)
        if not overlap_s:
            for each in key.versions:
                each.ended = True
        return self._keep(Credential(key.id, rotated.text, key.project, key.narrowed, key.versions, name=key.name))

    def retire(self, key: Credential) -> None:
        with self.store.write() as tx:
            rotation.retire_secret(tx, key.project.team.actor, key.id, key.version)
        key.ended = True

    def revoke(self, key: Credential) -> None:
        with self.store.write() as tx:
            keys.revoke_key(tx, key.project.team.actor, key.id)
        for each in key.versions:
            each.revoked = True

    def reached(self) -> bool:
        """Whether every gate decides by all that was changed."""
        with self.store.read() as tx:
            now = epoch.current(tx)
            verifiers = epoch.verifiers_seen_since(tx, clock.from_ms(0))
        return bool(verifiers) and all(verifier.epoch >= now for verifier in verifiers)


def matched(api: str, method: str, path: str) -> str | None:
    """The operation that a request calls at an API, by the table above."""
    return _MATCHES.get((api, method, path))


def expected(key: Credential, operation: str | None, environment: Environment | None) -> str:
    """What must be decided of a key that was presented whole, by the words of product.md alone."""
    project = key.project
    if key.revoked or key.ended:
        return "revoked"
    if project.archived:
        return "project_archived"
    if environment not in (None, project.environment):
        return "wrong_environment"
    if operation is None:
        return "endpoint_unknown"
    allowed = project.scope if key.narrowed is None else project.scope & key.narrowed
    return "allowed" if operation in allowed else "endpoint_not_in_scope"


def forge(own: str, other: str, environment: Environment | None) -> str:
    """A key with the selector of one and the secret of another, under either prefix, its checksum right."""
    mine, theirs = credential.parse(own, "fh"), credential.parse(other, "fh")
    assert mine is not None
    assert theirs is not None
    return credential.compose("fh", environment or mine.environment, mine.selector, theirs.secret)
