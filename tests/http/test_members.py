from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.conftest import TestClock
from tests.http.served import PASSWORD, Instance, assert_problem
from tests.keeping.live_project import NEEDED, make_live

OWNERS_ONLY = "Only an owner can make, change or remove an owner."


def members_path(instance: Instance, who: str = "") -> str:
    path = f"/v1/organizations/{instance.harbour}/members"
    return f"{path}/{instance.users[who].id}" if who else path


def role_of(instance: Instance, who: str) -> str | None:
    listed = instance.client("owner").get(members_path(instance)).json()["data"]
    return next((each["role"] for each in listed if each["email"] == f"{who}@example.com"), None)


def invite(instance: Instance, who: str = "owner", **body: Any) -> httpx.Response:
    wanted = {"email": "nina@example.com", "role": "developer"} | body
    return instance.client(who).post(f"/v1/organizations/{instance.harbour}/invitations", json=wanted)


def token_of(answer: httpx.Response) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["link"].partition("#token=")[2])


# --- roles ----------------------------------------------------------------------------------------


def test_members_are_listed_by_address_in_pages(instance: Instance) -> None:
    client = instance.client("billing")
    emails, cursor = [], None
    while True:
        page = client.get(members_path(instance), params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        emails += [each["email"] for each in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert emails == [f"{role}@example.com" for role in ("admin", "auditor", "billing", "developer", "owner")]


def test_a_role_is_changed_and_counts_at_once(instance: Instance) -> None:
    developer = instance.client("developer")
    projects = f"/v1/organizations/{instance.harbour}/projects"
    new = {"name": "New", "purpose": "To see", "api": "parcels"}
    assert developer.post(projects, json=new).status_code == 201
    answer = instance.client("admin").patch(members_path(instance, "developer"), json={"role": "auditor"})
    assert answer.json()["role"] == "auditor"
    assert_problem(developer.post(projects, json=new), 403, "forbidden")
    assert developer.get(f"/v1/organizations/{instance.harbour}/audit").status_code == 200


@pytest.mark.parametrize(("target", "role"), [("owner", "admin"), ("developer", "owner"), ("admin", "owner")])
def test_an_admin_makes_and_unmakes_no_owner(instance: Instance, target: str, role: str) -> None:
    answer = instance.client("admin").patch(members_path(instance, target), json={"role": role})
    assert_problem(answer, 403, "forbidden")
    assert answer.json()["detail"] == OWNERS_ONLY
    assert role_of(instance, target) == target


def test_the_last_owner_stays(instance: Instance) -> None:
    client = instance.client("owner")
    assert_problem(client.patch(members_path(instance, "owner"), json={"role": "admin"}), 409, "conflict")
    assert_problem(client.delete(members_path(instance, "owner")), 409, "conflict")
    assert client.patch(members_path(instance, "admin"), json={"role": "owner"}).status_code == 200
    assert client.delete(members_path(instance, "owner")).status_code == 204
    assert_problem(client.get(members_path(instance)), 404, "not_found")


def test_of_two_owners_that_leave_at_one_instant_one_stays(instance_on_each: Instance) -> None:
    instance = instance_on_each
    assert instance.client("owner").patch(members_path(instance, "admin"), json={"role": "owner"}).status_code == 200
    clients = [(instance.client(who), members_path(instance, who)) for who in ("owner", "admin")]
    with ThreadPoolExecutor(2) as pool:
        statuses = sorted(pool.map(lambda each: each[0].delete(each[1]).status_code, clients))
    assert statuses == [204, 409]


@pytest.mark.parametrize(
    "body", [{"role": "king"}, {"role": "verifier"}, {"role": None}, {}, {"role": "admin", "x": 1}]
)
def test_a_wrong_role_is_refused(instance: Instance, body: dict[str, Any]) -> None:
    answer = instance.client("owner").patch(members_path(instance, "developer"), json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert role_of(instance, "developer") == "developer"


def test_somebody_elses_people_are_nobody(instance: Instance) -> None:
    foreign = f"/v1/organizations/{instance.harbour}/members/{instance.users['stranger'].id}"
    client = instance.client("owner")
    assert_problem(client.patch(foreign, json={"role": "admin"}), 404, "not_found")
    assert_problem(client.delete(foreign), 404, "not_found")


def test_who_leaves_owns_no_project_there_any_more(instance: Instance) -> None:
    client = instance.client("owner")
    project = f"/v1/projects/{instance.project}"
    owners = [{"member": "owner@example.com"}, {"member": "developer@example.com", "duty": "billing"}]
    assert client.patch(project, json={"owners": owners}).status_code == 200
    assert instance.client("developer").delete(members_path(instance, "developer")).status_code == 204
    assert [each["email"] for each in client.get(project).json()["owners"]] == ["owner@example.com"]


def test_the_only_technical_owner_of_a_live_project_stays(instance: Instance) -> None:
    make_live(instance, "developer")
    for who in ("owner", "developer"):
        answer = instance.client(who).delete(members_path(instance, "developer"))
        assert_problem(answer, 409, "conflict")
        assert answer.json()["detail"] == NEEDED
    assert role_of(instance, "developer") == "developer"


# --- invitations ----------------------------------------------------------------------------------


def test_a_new_person_joins_with_the_link(instance: Instance) -> None:
    token = token_of(invite(instance, email=" Nina@Example.com "))
    client = instance.client()
    answer = client.post("/v1/invitations/accept", json={"token": token, "name": "Nina", "password": PASSWORD})
    assert answer.status_code == 201
    assert answer.json()["user"]["email"] == "nina@example.com"
    assert client.get("/v1/me").json()["roles"] == {instance.harbour: ["developer"]}
    assert role_of(instance, "nina") == "developer"
    again = {"token": token, "name": "Nina", "password": PASSWORD}
    assert_problem(instance.client().post("/v1/invitations/accept", json=again), 404, "not_found")
    assert instance.client("owner").get(f"/v1/organizations/{instance.harbour}/invitations").json()["data"] == []


def test_somebody_with_an_account_joins_as_themselves(instance: Instance) -> None:
    token = token_of(invite(instance, email="stranger@example.com", role="billing"))
    refused = instance.client("developer").post("/v1/invitations/accept", json={"token": token})
    assert_problem(refused, 403, "forbidden")
    taken = {"token": token, "name": "Somebody", "password": PASSWORD}
    assert_problem(instance.client().post("/v1/invitations/accept", json=taken), 409, "conflict")
    assert instance.client("stranger").post("/v1/invitations/accept", json={"token": token}).status_code == 201
    assert role_of(instance, "stranger") == "billing"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": ""}, ("name",)), ({"password": "short"}, ("password",)), ({"name": None, "password": None}, ("name", "password")),
        ({"token": 5}, ("token",)), ({"role": "owner"}, ("role",)),
    ],
)  # fmt: skip
def test_joining_names_what_is_wrong(instance: Instance, change: dict[str, Any], fields: tuple[str, ...]) -> None:
    token = token_of(invite(instance))
    body = {"token": token, "name": "Nina", "password": PASSWORD}
    assert_problem(instance.client().post("/v1/invitations/accept", json=body | change), 422, "invalid", *fields)
    assert instance.client().post("/v1/invitations/accept", json=body).status_code == 201


def test_an_invitation_ends_by_time_by_withdrawal_and_by_the_next_one(
    instance: Instance, test_clock: TestClock
) -> None:
    def accept(token: str) -> httpx.Response:
        return instance.client().post(
            "/v1/invitations/accept", json={"token": token, "name": "N", "password": PASSWORD}
        )

    first = token_of(invite(instance))
    second = invite(instance, role="auditor")
    assert_problem(accept(first), 404, "not_found")
    path = f"/v1/organizations/{instance.harbour}/invitations/{second.json()['id']}"
    assert instance.client("admin").delete(path).status_code == 204
    assert_problem(accept(token_of(second)), 404, "not_found")
    third = token_of(invite(instance))
    test_clock.move(7 * 86_400)
    assert_problem(accept(third), 404, "not_found")
    assert_problem(accept("guessed"), 404, "not_found")


def test_only_owners_invite_owners(instance: Instance) -> None:
    assert_problem(invite(instance, "admin", role="owner"), 403, "forbidden")
    assert invite(instance, "owner", role="owner").status_code == 201


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"email": "nobody"}, "email", "invalid_email"), ({"email": ""}, "email", "required"),
        ({"email": "owner@example.com"}, "email", "already_member"), ({"role": "publisher"}, "role", "invalid"),
    ],
)  # fmt: skip
def test_a_wrong_invitation_is_refused(instance: Instance, change: dict[str, Any], field: str, code: str) -> None:
    answer = invite(instance, **change)
    assert_problem(answer, 422, "invalid", field)
    assert answer.json()["errors"][0]["code"] == code


def test_an_invitation_of_another_organization_cannot_be_withdrawn(instance: Instance) -> None:
    made = invite(instance).json()
    assert "link" in made
    for path in (instance.harbour, instance.elsewhere):
        answer = instance.client("stranger").delete(f"/v1/organizations/{path}/invitations/{made['id']}")
        assert_problem(answer, 404, "not_found")
    listed = instance.client("owner").get(f"/v1/organizations/{instance.harbour}/invitations").json()["data"]
    assert [each["id"] for each in listed] == [made["id"]]
    assert "link" not in listed[0]
