"""Makes the demonstration's organizations, people and projects with the product's own actions, at past instants."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from freehold.demo.story import KeyStory, OrganizationStory, PersonStory, ProjectStory
from freehold.keys import actions as keys
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock, ids
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import actions as organizations
from freehold.organizations import member_queries, members, tokens
from freehold.organizations.records import Actor
from freehold.projects import actions as projects
from freehold.projects import queries as project_queries
from freehold.projects.records import NewOwner, NewProject, Project, Scope
from freehold.settings import Settings
from freehold.store import touched
from freehold.store.engine import Store, Transaction
from freehold.webhooks import actions as webhooks
from freehold.webhooks.records import EndpointSettings


@dataclass(slots=True)
class MadeKey:
    """A key of the demonstration with its text, which lives as long as the filling."""

    id: str
    text: str
    story: KeyStory

    def __repr__(self) -> str:
        return f"MadeKey({self.id})"


@dataclass(slots=True)
class MadeProject:
    """A project of the demonstration. `factor`: how many times the story's traffic it has."""

    project: Project
    story: ProjectStory
    actor: Actor
    began_at: datetime
    factor: float
    keys: list[MadeKey] = field(default_factory=list)
    webhook_id: str | None = None


@dataclass(slots=True)
class Place:
    """Where the demonstration is filled in."""

    store: Store
    settings: Settings
    secret: InstanceSecret
    now: datetime


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Let Freehold's clock stand at a past instant."""
    clock.set_source(lambda: instant.timestamp() + 0.0005)
    try:
        yield
    finally:
        clock.set_source(None)


def make_organization(
    place: Place, story: OrganizationStory, password_hash: str, operator: Actor | None
) -> tuple[Actor, dict[str, Actor]]:
    """An organization with its people; the owner, and everybody by mailbox. Without an operator: the first-run setup."""
    began = place.now - timedelta(days=31)
    owner = story.people[0]
    with at(began), place.store.write() as tx:
        if operator is None:
            new = organizations.NewOperator(_email(story, owner), owner.name, password_hash, story.name)
            user, made = organizations.set_up(tx, new)
            owner_actor = _actor(tx, user.id)
        else:
            made = organizations.create_organization(tx, operator, story.name)
            owner_actor = _join(tx, place, _actor(tx, operator.user_id or ""), made.id, story, owner, password_hash)
            members.remove_member(tx, owner_actor, made.id, operator.user_id or "")
        people = {owner.mailbox: owner_actor}
        for person in story.people[1:]:
            people[person.mailbox] = _join(tx, place, owner_actor, made.id, story, person, password_hash)
        return _actor(tx, owner_actor.user_id or ""), people


def make_project(
    place: Place, story: ProjectStory, organization: OrganizationStory, people: dict[str, Actor]
) -> list[MadeProject]:
    """A sandbox project with its keys and webhook endpoint, and its production sibling where the story has one."""
    began = place.now - timedelta(days=story.began_days_ago) + timedelta(hours=9)
    actor = people[story.owners[0][0]]
    organization_id = next(iter(actor.roles))
    owners = tuple(NewOwner(f"{mailbox}@{organization.domain}", duty) for mailbox, duty in story.owners)
    new = NewProject(
        story.name, story.purpose, "example", story.product_line, story.use_case, owners, story.rate_limits, story.quota
    )
    with at(began), place.store.write() as tx:
        project = projects.create_project(tx, actor, organization_id, new)
    made = [_furnish(place, MadeProject(project, story, actor, began, 1.0))]
    if story.has_production:
        launched = began + timedelta(days=5)
        sibling = _add_sibling(place, project, owners, launched)
        made.append(_furnish(place, MadeProject(sibling, story, actor, launched, story.production_factor)))
    if story.archived_days_ago is not None:
        with at(place.now - timedelta(days=story.archived_days_ago)), place.store.write() as tx:
            projects.archive_project(tx, actor, project.id)
    return made


def _furnish(place: Place, made: MadeProject) -> MadeProject:
    story, project_id = made.story, made.project.id
    if story.endpoints:
        with at(made.began_at + timedelta(minutes=6)), place.store.write() as tx:
            _say_why(tx, made)
            projects.set_scope(tx, made.actor, project_id, Scope(list(story.endpoints), list(story.event_types)))
    for index, key in enumerate(story.keys):
        with at(made.began_at + timedelta(minutes=11 + 25 * index)), place.store.write() as tx:
            _say_why(tx, made)
            settings = KeySettings(key.name, key.workload, key.endpoints, rate_limits=key.rate_limits, quota=key.quota)
            issued = keys.issue_key(tx, made.actor, place.secret, place.settings.brand, project_id, settings)
        made.keys.append(MadeKey(issued.detail.key.id, issued.text, key))
    if story.hook:
        with at(made.began_at + timedelta(hours=2)), place.store.write() as tx:
            _say_why(tx, made)
            wanted = EndpointSettings(story.hook, story.event_types, "Events of this project")
            made.webhook_id = webhooks.create_endpoint(
                tx, made.actor, place.secret, place.settings, project_id, wanted
            ).endpoint.id
    return made


def _say_why(tx: Transaction, made: MadeProject) -> None:
    """Production is furnished as a clone would, not edited: nobody has to review it."""
    if made.project.environment == "production":
        touched.because(tx, "clone")


def _add_sibling(place: Place, sandbox: Project, owners: tuple[NewOwner, ...], launched: datetime) -> Project:
    """A production sibling. Written as a row, since the one way to make it, cloning, is still to come."""
    with at(launched), place.store.write() as tx:
        sibling = replace(
            sandbox, id=ids.new_id("proj"), environment="production", sandbox_id=sandbox.id, created_at=clock.now()
        )
        project_queries.insert_project(tx, sibling)
        user_ids = {each.email: each.user_id for each in member_queries.members_of(tx, sandbox.organization_id)}
        project_queries.replace_owners(tx, sibling, [(user_ids[owner.member], owner.duty) for owner in owners])
    return sibling


def _join(
    tx: Transaction, place: Place, inviter: Actor, organization_id: str, story: OrganizationStory, person: PersonStory, password_hash: str
) -> Actor:  # fmt: skip
    issued = members.invite(tx, inviter, place.secret, organization_id, _email(story, person), person.role, 7)
    user = members.accept_as_new_user(tx, place.secret, issued.token, person.name, password_hash, "", "")
    return _actor(tx, user.id)


def _actor(tx: Transaction, user_id: str) -> Actor:
    actor = tokens.actor_of_user(tx, user_id)
    if actor is None:
        raise LookupError(user_id)
    return actor


def _email(story: OrganizationStory, person: PersonStory) -> str:
    return f"{person.mailbox}@{story.domain}"
