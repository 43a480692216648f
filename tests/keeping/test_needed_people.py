"""Whoever a live project or an organization needs cannot be deleted, also at one instant with somebody else's leaving."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from freehold.errors import Problem
from freehold.keeping import person_actions, person_queries
from freehold.organizations import audit, members
from freehold.projects import actions as project_actions
from freehold.projects.records import NewOwner, ProjectChange
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import members as members_table
from freehold.store.schema import project_owners, projects
from tests.http.served import Instance
from tests.keeping.live_project import NEEDED, make_live, own_it
from tests.lock_order import beside
from tests.production.world import make_production_world


@pytest.fixture
def world(store: Store, settings: Settings) -> Instance:
    return make_production_world(store, settings)


def delete(world: Instance, who: str) -> str:
    """What came of somebody's deleting themselves: `deleted`, or why not."""
    try:
        with world.store.write() as tx:
            email = world.users[who].email
            person_actions.delete_person(tx, world.actor(who), world.secret, "me", email)
    except Problem as problem:
        return problem.detail
    return "deleted"


def remove(world: Instance, who: str, by: str = "owner") -> str:
    """What came of taking somebody out of Harbour: `removed`, or why not."""
    try:
        with world.store.write() as tx:
            members.remove_member(tx, world.actor(by), world.harbour, world.users[who].id)
    except Problem as problem:
        return problem.detail if problem.code == "conflict" else problem.code
    return "removed"


def codes(world: Instance, who: str) -> list[str]:
    with world.store.read() as tx:
        return [each.code for each in person_actions.plan_deletion(tx, world.actor(who), "me").obstacles]


def owners_left(world: Instance, project: str) -> list[str]:
    with world.store.read() as tx:
        query = select(project_owners.c.user_id).where(
            project_owners.c.project_id == project, project_owners.c.duty == "technical"
        )
        return list(tx.execute(query).scalars())


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each of several answers that begin at one instant."""
    answers: list[Any] = []
    together = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> None:
        together.wait()
        answers.append(act())

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_the_only_technical_owner_of_a_live_project_stays(world: Instance) -> None:
    live = make_live(world, "developer", billing="billing")
    assert codes(world, "developer") == ["only_technical_owner"]
    assert delete(world, "developer") == NEEDED
    assert owners_left(world, live) == [world.users["developer"].id]
    with world.store.read() as tx:
        assert person_queries.find_deletion(tx, world.users["developer"].id) is None
        assert audit.verify_chain(tx, world.harbour) is None
    # Its other owner is not needed for that; nor is anybody once it is archived.
    assert codes(world, "billing") == []
    with world.store.write() as tx:
        tx.execute(update(projects).where(projects.c.id == live).values(state="archived"))
    assert codes(world, "developer") == []
    assert delete(world, "developer") == "deleted"


def test_two_technical_owners_who_leave_at_one_instant_leave_one(world: Instance) -> None:
    live = make_live(world, "developer", "auditor")
    answers = at_once(lambda: delete(world, "developer"), lambda: delete(world, "auditor"))
    assert sorted(answers) == sorted(["deleted", NEEDED])
    assert len(owners_left(world, live)) == 1


def test_who_is_made_the_only_owner_between_the_look_and_the_deleting_stays(
    world: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new project's owners are rows that nobody could hold when it was looked."""
    if world.store.is_sqlite:
        pytest.skip("one writer at a time: nothing comes in between")
    delete_credentials, made = person_queries.delete_credentials, []

    def meanwhile(*given: Any) -> None:
        # The owner's key of the foreign key is shared with whoever inserts: this commits while the other goes on.
        made.append(make_live(world, "developer"))
        delete_credentials(*given)

    monkeypatch.setattr(person_queries, "delete_credentials", meanwhile)
    assert delete(world, "developer") == NEEDED
    assert owners_left(world, made[0]) == [world.users["developer"].id]


def test_an_owner_who_leaves_and_one_who_is_made_less_at_one_instant_leave_one(world: Instance) -> None:
    """Deleting an account, and changing a role in the organization, hold the same rows."""
    with world.store.write() as tx:
        members.change_role(tx, world.actor("owner"), world.harbour, world.users["admin"].id, "owner")

    def demote() -> str:
        try:
            with world.store.write() as tx:
                members.change_role(tx, world.actor("owner"), world.harbour, world.users["admin"].id, "developer")
        except Problem as problem:
            return problem.code
        return "changed"

    answers = at_once(lambda: delete(world, "owner"), demote)
    with world.store.read() as tx:
        column = members_table.c
        query = select(column.user_id).where(column.organization_id == world.harbour, column.role == "owner")
        left = tx.execute(query).scalars().all()
    assert len(left) == 1, answers


# --- removed from the organization ----------------------------------------------------------------


@pytest.mark.parametrize("by", ["admin", "developer"])
def test_the_only_technical_owner_of_a_live_project_is_not_removed_and_may_not_leave(world: Instance, by: str) -> None:
    live = make_live(world, "developer", billing="billing")
    assert remove(world, "developer", by) == NEEDED
    assert owners_left(world, live) == [world.users["developer"].id]
    # Its other owner is not needed for that; nor is anybody once there are two, or it is archived.
    assert remove(world, "billing") == "removed"
    with world.store.write() as tx:
        own_it(tx, world, live, "auditor")
    assert remove(world, "auditor") == "removed"
    with world.store.write() as tx:
        tx.execute(update(projects).where(projects.c.id == live).values(state="archived"))
    assert remove(world, "developer", by) == "removed"


def test_of_two_technical_owners_who_are_removed_at_one_instant_one_stays(world: Instance) -> None:
    live = make_live(world, "developer", "auditor")
    answers = at_once(lambda: remove(world, "developer"), lambda: remove(world, "auditor", by="auditor"))
    assert sorted(answers) == sorted(["removed", NEEDED])
    assert len(owners_left(world, live)) == 1


def test_of_one_who_is_removed_and_one_who_deletes_their_account_at_one_instant_one_stays(world: Instance) -> None:
    live = make_live(world, "developer", "auditor")
    answers = at_once(lambda: remove(world, "developer"), lambda: delete(world, "auditor"))
    assert len(owners_left(world, live)) == 1
    assert answers.count(NEEDED) == 1


def test_who_is_made_the_only_owner_as_they_are_removed_stays(world: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    live = make_live(world, "developer", "auditor")

    def name(who: str) -> Callable[[Transaction], object]:
        change = ProjectChange(owners=(NewOwner(world.users[who].id, "technical"),))
        return lambda tx: project_actions.edit_project(tx, world.actor("owner"), live, change)

    assert (
        beside(world.store, monkeypatch, world.harbour, lambda: remove(world, "developer"), name("developer")) == NEEDED
    )
    assert owners_left(world, live) == [world.users["developer"].id]
    # And who is no owner any more by then is not needed.
    assert (
        beside(world.store, monkeypatch, world.harbour, lambda: remove(world, "developer"), name("owner")) == "removed"
    )
