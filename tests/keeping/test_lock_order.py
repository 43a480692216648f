"""Whoever changes members, people or forwardings takes the organization's log first, then its rows: so two never wait for each other."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from freehold.errors import Problem
from freehold.forwarding import actions as forwardings
from freehold.forwarding import batches, rules
from freehold.forwarding.records import Place, Sent
from freehold.keeping import person_actions
from freehold.kit import clock
from freehold.organizations import audit, members, tokens
from freehold.prices import actions as prices
from freehold.prices.records import NewPriceList
from freehold.projects import actions as project_actions
from freehold.projects import locking
from freehold.projects.records import NewOwner, NewProject
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction
from freehold.store.schema import forwardings as forwarding_rows
from freehold.store.schema import invitations as invitation_rows
from freehold.store.schema import members as member_rows
from freehold.store.schema import project_owners
from freehold.store.schema import projects as project_rows
from freehold.store.schema import users as user_rows
from tests.http.served import Instance
from tests.keeping.live_project import insert_sibling
from tests.lock_order import assert_log_first, beside
from tests.production.world import make_production_world
from tests.reports.asked import REST_ITEM

Act = Callable[[Transaction], object]


@pytest.fixture
def world(store: Store, settings: Settings) -> Instance:
    return make_production_world(store, settings)


def forward(world: Instance, tx: Transaction, name: str) -> str:
    place = Place("webhook", "https://logs.example.com/")
    made = forwardings.create_forwarding(
        tx, world.actor("owner"), world.secret, world.settings, world.harbour, name, place
    )
    return made.forwarding.id


def changes(world: Instance) -> list[Act]:
    """What is done to members and forwardings, in an order in which each is possible."""
    owner, users = world.actor("owner"), world.users
    with world.store.write() as tx:
        changed, failing = forward(world, tx, "Changed"), forward(world, tx, "Failing")
        old = {"state": "failing", "error": "Away.", "failing_since_at": clock.now() - rules.TELLS_AFTER}
        tx.execute(update(forwarding_rows).where(forwarding_rows.c.id == failing).values(**old))
    with world.store.write() as tx:
        batch = batches.claim(tx, failing, "fwd_lease", clock.now())
    assert batch is not None
    return [
        lambda tx: members.change_role(tx, owner, world.harbour, users["admin"].id, "owner"),
        lambda tx: members.remove_member(tx, owner, world.harbour, users["billing"].id),
        lambda tx: person_actions.delete_person(tx, world.actor("admin"), world.secret, "me", users["admin"].email),
        lambda tx: forward(world, tx, "Another"),
        lambda tx: forwardings.pause_forwarding(tx, owner, changed),
        lambda tx: forwardings.delete_forwarding(tx, owner, changed),
        lambda tx: batches.record(tx, batch, Sent(0, "Away."), clock.now(), 0, "http://here"),
    ]


def change_members(tx: Transaction) -> None:
    """Want every row that those hold who change members, what they own, or forwardings."""
    tx.execute(update(member_rows).values(role=member_rows.c.role))
    tx.execute(update(project_owners).values(duty=project_owners.c.duty))
    tx.execute(update(forwarding_rows).values(name=forwarding_rows.c.name))


def test_the_log_is_taken_before_rows(world: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    for act in changes(world):
        assert_log_first(world.store, monkeypatch, world.harbour, act, change_members)


# --- members and accounts that others refer to ----------------------------------------------------


def change_everything(tx: Transaction) -> None:
    """Want every row that the following may hold, as removing a member and deleting an account do."""
    for column in (member_rows.c.user_id, user_rows.c.id, invitation_rows.c.id):
        tx.execute(select(column).with_for_update()).all()
    tx.execute(update(project_rows).values(revision=project_rows.c.revision))


def prepared(world: Instance, what: str) -> Act:
    """Something that an owner or a person who was invited does, with what it needs made before."""
    owner, stranger = world.actor("owner"), world.actor("stranger")
    harbour, project, secret = world.harbour, world.project, world.secret
    new = NewProject("Another", "To be made", world.api, owners=(NewOwner(world.users["owner"].id, "technical"),))
    with world.store.write() as tx:
        invited = members.invite(tx, owner, secret, harbour, world.users["stranger"].email, "developer", 7)
        live = insert_sibling(tx, project)
    acts: dict[str, Act] = {
        "project made": lambda tx: project_actions.create_project(tx, owner, harbour, new),
        "project locked": lambda tx: locking.set_locked(tx, owner, live, locked=True),
        "service token made": lambda tx: tokens.create_service_token(
            tx, owner, secret, harbour, "robot", ["verifier"], None
        ),
        "invited": lambda tx: members.invite(tx, owner, secret, harbour, "new@example.com", "auditor", 7),
        "invited anew": lambda tx: members.invite(tx, owner, secret, harbour, invited.invitation.email, "auditor", 7),
        "invitation withdrawn": lambda tx: members.withdraw_invitation(tx, owner, harbour, invited.invitation.id),
        "invitation accepted": lambda tx: members.accept_as_user(tx, stranger, secret, invited.token),
    }
    return acts[what]


@pytest.mark.parametrize(
    "what",
    [
        "project made", "project locked", "service token made", "invited", "invited anew", "invitation withdrawn",
        "invitation accepted",
    ],
)  # fmt: skip
def test_the_log_is_taken_before_what_is_referred_to(
    world: Instance, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    assert_log_first(world.store, monkeypatch, world.harbour, prepared(world, what), change_everything)


def test_a_price_list_is_withdrawn_as_another_one_of_its_day_is_made(
    world: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = world.actor("operator")
    wanted = NewPriceList(None, clock.now().date() + timedelta(days=40), "EUR", (REST_ITEM,))
    with world.store.write() as tx:
        first = prices.create_price_list(tx, operator, wanted)

    def withdraw() -> None:
        with world.store.write() as tx:
            prices.withdraw_price_list(tx, operator, first.id)

    def make(tx: Transaction) -> None:
        with pytest.raises(Problem, match="takes effect on"):
            prices.create_price_list(tx, operator, wanted)

    outcome = beside(world.store, monkeypatch, audit.INSTANCE_CHAIN, withdraw, make)
    assert not isinstance(outcome, Exception), outcome
