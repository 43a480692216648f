from datetime import timedelta
from typing import Any

import pytest

from freehold.kit import clock
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem


def test_a_personal_token_acts_as_its_person_and_is_shown_once(instance: Instance) -> None:
    client = instance.client("developer")
    made = client.post("/v1/tokens", json={"name": " laptop "}).json()
    assert made["token"].startswith("fhp_")
    assert (made["name"], made["kind"], made["roles"]) == ("laptop", "personal", [])
    assert made["last4"] == made["token"][-4:]
    listed = client.get("/v1/tokens").json()["data"]
    assert listed[0]["id"] == made["id"]
    assert all("token" not in each for each in listed)
    acting = instance.client()
    acting.headers["Authorization"] = f"bearer {made['token']}"
    me = acting.get("/v1/me").json()
    assert me["user"]["email"] == "developer@example.com"
    assert me["roles"] == {instance.harbour: ["developer"]}
    assert me["token"]["id"] == made["id"]
    assert client.get("/v1/tokens").json()["data"][0]["last_used_at"] is not None


def test_a_service_token_has_its_own_roles(instance: Instance) -> None:
    body = {"name": "gate", "organization": instance.harbour, "roles": ["verifier", "publisher", "verifier"]}
    made = instance.client("admin").post("/v1/tokens", json=body).json()
    assert made["token"].startswith("fho_")
    assert made["roles"] == ["publisher", "verifier"]
    acting = instance.client()
    acting.headers["Authorization"] = f"Bearer {made['token']}"
    me = acting.get("/v1/me").json()
    assert (me["user"], me["organizations"]) == (None, [])
    assert me["roles"] == {instance.harbour: ["publisher", "verifier"]}


def test_revoking_ends_a_token_at_once_and_twice_is_once(instance: Instance) -> None:
    client = instance.client("owner")
    made = client.post("/v1/tokens", json={"name": "old"}).json()
    acting = instance.client()
    acting.headers["Authorization"] = f"Bearer {made['token']}"
    assert acting.get("/v1/me").status_code == 200
    assert client.delete(f"/v1/tokens/{made['id']}").status_code == 204
    assert client.delete(f"/v1/tokens/{made['id']}").status_code == 204
    assert_problem(acting.get("/v1/me"), 401, "unauthenticated")
    assert made["id"] not in [each["id"] for each in client.get("/v1/tokens").json()["data"]]


def test_a_token_ends_when_it_says(instance: Instance, test_clock: TestClock) -> None:
    ends = clock.to_text(clock.now() + timedelta(hours=1))
    made = instance.client("owner").post("/v1/tokens", json={"name": "brief", "expires_at": ends}).json()
    acting = instance.client()
    acting.headers["Authorization"] = f"Bearer {made['token']}"
    test_clock.move(3599)
    assert acting.get("/v1/me").status_code == 200
    test_clock.move(1)
    assert_problem(acting.get("/v1/me"), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"), ({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"name": "x", "roles": ["owner"]}, "roles"),
        ({"name": "x", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"), ({"name": "x", "expires_at": "soon"}, "expires_at"),
        ({"name": "x", "expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"name": "x", "expires_at": "9999-12-31T23:59:59-12:00"}, "expires_at"), ({"name": "x", "secret": "mine"}, "secret"),
        ({"name": "x", "organization": "{harbour}", "roles": []}, "roles"),
        ({"name": "x", "organization": "{harbour}", "roles": ["king"]}, "roles.0"),
    ],
)  # fmt: skip
def test_a_wrong_token_is_refused(instance: Instance, body: dict[str, Any], field: str) -> None:
    if "organization" in body:
        body = body | {"organization": instance.harbour}
    assert_problem(instance.client("owner").post("/v1/tokens", json=body), 422, "invalid", field)


def test_nobody_gives_more_rights_than_they_have(instance: Instance) -> None:
    body = {"name": "too much", "organization": instance.harbour, "roles": ["owner"]}
    assert_problem(instance.client("admin").post("/v1/tokens", json=body), 403, "forbidden")
    assert instance.client("owner").post("/v1/tokens", json=body).status_code == 201
    assert instance.client("admin").post("/v1/tokens", json=body | {"roles": ["admin", "auditor"]}).status_code == 201


def test_an_organizations_tokens_are_its_administrators_business(instance: Instance) -> None:
    params = {"organization": instance.harbour}
    names = [each["name"] for each in instance.client("admin").get("/v1/tokens", params=params).json()["data"]]
    assert sorted(names) == ["publisher", "verifier"]
    assert_problem(instance.client("developer").get("/v1/tokens", params=params), 403, "forbidden")
    assert_problem(instance.client("stranger").get("/v1/tokens", params=params), 404, "not_found")


def test_other_peoples_tokens_are_nobodys(instance: Instance) -> None:
    token = instance.client("developer").get("/v1/tokens").json()["data"][0]["id"]
    for who in ("owner", "admin", "operator", "stranger", "verifier"):
        assert_problem(instance.client(who).delete(f"/v1/tokens/{token}"), 404, "not_found")
    assert instance.client("developer").get("/v1/me").status_code == 200


def test_tokens_come_in_pages_newest_first(instance: Instance) -> None:
    client = instance.client("owner")
    made = [client.post("/v1/tokens", json={"name": f"t{number}"}).json()["id"] for number in range(4)]
    first = client.get("/v1/tokens", params={"limit": 3}).json()
    # One that is revoked between two pages neither hides nor repeats another.
    client.delete(f"/v1/tokens/{made[1]}")
    second = client.get("/v1/tokens", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["data"]] == [made[3], made[2], made[1]]
    assert made[0] in [each["id"] for each in second["data"]]


def test_a_token_made_under_an_idempotency_key_is_made_once(instance: Instance, test_clock: TestClock) -> None:
    client = instance.client("owner")
    headers = {"Idempotency-Key": "the same"}
    first = client.post("/v1/tokens", json={"name": "once"}, headers=headers)
    second = client.post("/v1/tokens", json={"name": "once"}, headers=headers)
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert_problem(client.post("/v1/tokens", json={"name": "other"}, headers=headers), 409, "idempotency_conflict")
    other = instance.client("admin").post("/v1/tokens", json={"name": "once"}, headers=headers)
    assert other.json()["id"] != first.json()["id"]
    test_clock.move(24 * 3600 + 1)
    assert client.post("/v1/tokens", json={"name": "other"}, headers=headers).status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "tab\there"])
def test_a_wrong_idempotency_key_is_refused(instance: Instance, key: str) -> None:
    answer = instance.client("owner").post("/v1/tokens", json={"name": "x"}, headers={"Idempotency-Key": key})
    assert_problem(answer, 422, "invalid", "Idempotency-Key")
