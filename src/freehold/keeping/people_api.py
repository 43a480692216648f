"""HTTP of deleting a person. Thin: parse, one action, present."""

from datetime import datetime
from typing import Annotated

import msgspec

from freehold.keeping import person_actions
from freehold.keeping.naming_rules import pseudonym_of
from freehold.keeping.records import Named, PersonDeletion, PersonPlan
from freehold.organizations.records import Obstacle
from freehold.web.call import Call
from freehold.web.inputs import Body, text


class ObstacleView(msgspec.Struct, kw_only=True):
    """What has to be done before a person can be deleted, and where."""

    code: str
    detail: str
    href: str


class NamedPersonView(msgspec.Struct, kw_only=True):
    """How a person is called."""

    name: str
    email: str


class PersonDeletionView(msgspec.Struct, kw_only=True):
    """What deleting a person does, before; and how far it has come, after.

    `state`: `none`, `erasing` (they cannot sign in any more; their name is being taken out of history) or `erased`.
    `ends`: what is gone at once. `pseudonym`: who they are from then on. `obstacles`: what has to be done first.
    `rows`: how many rows of history were changed so far.
    """

    user: str
    state: str
    person: NamedPersonView | None
    pseudonym: NamedPersonView
    organizations: list[str]
    owned_projects: list[str]
    sessions: int
    tokens: int
    obstacles: list[ObstacleView]
    deleted_at: datetime | None
    erased_at: datetime | None
    rows: int


class DeletePersonBody(Body, frozen=True):
    """The e-mail address of the account that is to be deleted, typed to confirm it."""

    email: Annotated[str, text("ada@example.com", maximum=254)]


def read_person_deletion(call: Call, person: str) -> PersonDeletionView:
    """What deleting a person would do now; or how far it has come. For the person (`me`) and for operators."""
    with call.read() as tx:
        past = person_actions.past_deletion(tx, call.actor, person)
        return done_view(past) if past else plan_view(person_actions.plan_deletion(tx, call.actor, person))


def delete_person(call: Call, person: str, data: DeletePersonBody) -> PersonDeletionView:
    """Delete a person: by themselves, or by an operator. It cannot be undone."""
    with call.write() as tx:
        return done_view(person_actions.delete_person(tx, call.actor, call.secret, person, data.email))


def plan_view(plan: PersonPlan) -> PersonDeletionView:
    """What deleting somebody would do, as the API shows it."""
    return PersonDeletionView(
        user=plan.user_id, state="none", person=NamedPersonView(name=plan.name, email=plan.email),
        pseudonym=_named(plan.pseudonym), organizations=list(plan.organizations),
        owned_projects=list(plan.owned_projects), sessions=plan.sessions, tokens=plan.tokens,
        obstacles=[_obstacle(each) for each in plan.obstacles], deleted_at=None, erased_at=None, rows=0,
    )  # fmt: skip


def done_view(deletion: PersonDeletion) -> PersonDeletionView:
    """How far a deletion has come, as the API shows it."""
    return PersonDeletionView(
        user=deletion.user_id, state="erased" if deletion.finished_at else "erasing", person=None,
        pseudonym=_named(pseudonym_of(deletion.user_id)), organizations=[], owned_projects=[],
        sessions=0, tokens=0, obstacles=[], deleted_at=deletion.deleted_at, erased_at=deletion.finished_at,
        rows=sum(deletion.counts.values()),
    )  # fmt: skip


def _named(named: Named) -> NamedPersonView:
    return NamedPersonView(name=named.name, email=named.email)


def _obstacle(obstacle: Obstacle) -> ObstacleView:
    return ObstacleView(code=obstacle.code, detail=obstacle.detail, href=obstacle.href)
