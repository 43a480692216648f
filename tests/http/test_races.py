"""Two at one instant, on both databases: what must be one is one, and the other is told why."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from freehold.app import create_app
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import audit_entries, members, organizations, users
from tests.http.served import PASSWORD, Instance, serve
from tests.http.test_accounts import SETUP, give_setup_token

TOGETHER = 4


def together(act: Callable[[int], int]) -> list[int]:
    """The statuses of as many calls at one instant."""
    barrier = Barrier(TOGETHER)

    def wait_and_act(number: int) -> int:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(TOGETHER) as pool:
        return sorted(pool.map(wait_and_act, range(TOGETHER)))


@pytest.fixture
def before_setup(settings: Settings, store: Store) -> Iterator[Instance]:
    """A served instance before its first-run setup, on each database."""
    made = Instance("", store, settings)
    give_setup_token(made)
    with serve(create_app(settings, store, made.secret)) as url:
        made.url = url
        yield made
        for client in made.clients:
            client.close()


def count(instance: Instance, query: Any) -> int:
    with instance.store.read() as tx:
        return int(tx.execute(query).scalar_one())


def test_of_setups_at_one_instant_one_is_done(before_setup: Instance) -> None:
    instance = before_setup
    clients = [instance.client() for _ in range(TOGETHER)]
    bodies = [
        SETUP | {"email": f"ada{number}@example.com", "organization": f"Team {number}"} for number in range(TOGETHER)
    ]
    statuses = together(lambda number: clients[number].post("/v1/setup", json=bodies[number]).status_code)
    assert statuses == [201, 409, 409, 409]
    assert count(instance, select(func.count()).select_from(users).where(users.c.email.like("ada%"))) == 1
    assert (
        count(instance, select(func.count()).select_from(organizations).where(organizations.c.name.like("Team %"))) == 1
    )


def test_an_invitation_is_accepted_once(instance_on_each: Instance) -> None:
    instance = instance_on_each
    path = f"/v1/organizations/{instance.harbour}/invitations"
    link = instance.client("owner").post(path, json={"email": "nina@example.com", "role": "billing"}).json()["link"]
    body = {"token": link.rpartition("=")[2], "name": "Nina", "password": PASSWORD}
    clients = [instance.client() for _ in range(TOGETHER)]
    statuses = together(lambda number: clients[number].post("/v1/invitations/accept", json=body).status_code)
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {404, 409}
    here = select(func.count()).select_from(members).where(members.c.organization_id == instance.harbour)
    assert count(instance, here) == 6


def test_one_idempotency_key_at_one_instant_is_one_answer(instance_on_each: Instance) -> None:
    instance = instance_on_each
    clients = [instance.client("owner") for _ in range(TOGETHER)]
    path, headers = f"/v1/projects/{instance.project}/keys", {"Idempotency-Key": "one"}
    secrets = set()

    def issue(number: int) -> int:
        answer = clients[number].post(path, json={"name": "only"}, headers=headers)
        secrets.add(answer.json()["secret"])
        return answer.status_code

    assert together(issue) == [201] * TOGETHER
    assert len(secrets) == 1


def test_one_etag_serves_one_change(instance_on_each: Instance) -> None:
    instance = instance_on_each
    clients = [instance.client("owner") for _ in range(TOGETHER)]
    project = f"/v1/projects/{instance.project}"
    headers = {"If-Match": clients[0].get(project).json()["etag"]}
    statuses = together(
        lambda number: (
            clients[number].patch(project, json={"purpose": f"Purpose {number}"}, headers=headers).status_code
        )
    )
    assert statuses == [200, 412, 412, 412]


def test_projects_of_one_name_have_slugs_of_their_own(instance_on_each: Instance) -> None:
    instance = instance_on_each
    clients = [instance.client("owner") for _ in range(TOGETHER)]
    path, body = (
        f"/v1/organizations/{instance.harbour}/projects",
        {"name": "Same", "purpose": "To race", "api": "parcels"},
    )
    statuses = together(lambda number: clients[number].post(path, json=body).status_code)
    assert set(statuses) <= {201, 409}
    slugs = [each["slug"] for each in clients[0].get(path).json()["data"] if each["name"] == "Same"]
    assert len(slugs) == len(set(slugs)) == statuses.count(201) >= 1


def test_the_audit_logs_chain_has_no_fork(instance_on_each: Instance) -> None:
    instance = instance_on_each
    clients = [instance.client("owner") for _ in range(TOGETHER)]
    path = f"/v1/projects/{instance.project}/keys"
    assert (
        together(lambda number: clients[number].post(path, json={"name": f"key {number}"}).status_code)
        == [201] * TOGETHER
    )
    chain = audit_entries.c.chain == instance.harbour
    entries = count(instance, select(func.count()).select_from(audit_entries).where(chain))
    assert count(instance, select(func.count(func.distinct(audit_entries.c.previous_hash))).where(chain)) == entries
    assert count(instance, select(func.max(audit_entries.c.position)).where(chain)) == entries
