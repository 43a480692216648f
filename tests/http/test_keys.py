from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from freehold.keys import credential
from freehold.kit import clock
from freehold.store.schema import changes, key_secrets
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem


def issue(instance: Instance, who: str = "developer", **body: Any) -> httpx.Response:
    return instance.client(who).post(f"/v1/projects/{instance.project}/keys", json={"name": "second"} | body)


def key_path(instance: Instance) -> str:
    return f"/v1/keys/{instance.key}"


# --- issuing --------------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_kept_as_a_digest(instance: Instance) -> None:
    made = issue(instance).json()
    text = made["secret"]
    assert text.startswith("fh_test_")
    parsed = credential.parse(text, "fh")
    assert parsed is not None
    assert (made["environment"], made["state"], made["endpoints"], made["expires_at"]) == (
        "sandbox",
        "active",
        None,
        None,
    )
    assert [(each["version"], each["state"], each["last4"]) for each in made["secrets"]] == [(1, "active", text[-4:])]
    read = instance.client("auditor").get(f"/v1/keys/{made['id']}")
    assert "secret" not in read.json()
    assert text not in read.text
    with instance.store.read() as tx:
        kept = tx.execute(select(key_secrets).where(key_secrets.c.key_id == made["id"])).one()
    assert text not in repr(kept)
    assert kept.digest == credential.digest(credential.pepper(instance.secret, "sandbox"), parsed.secret)


def test_settings_are_kept_in_their_normal_form(instance: Instance) -> None:
    ends = clock.now() + timedelta(days=30)
    made = issue(
        instance, name="  night  job ", workload=" batch ", endpoints=["list_parcels", "get_parcel", "get_parcel"],
        allowed_cidrs=["10.0.0.7/8", "2001:DB8::1", "10.0.0.0/8"], rate_limit={"limit": 5, "window_s": 60},
        expires_at=clock.to_text(ends),
    ).json()  # fmt: skip
    assert (made["name"], made["workload"]) == ("night job", "batch")
    assert made["endpoints"] == ["get_parcel", "list_parcels"]
    assert made["allowed_cidrs"] == ["10.0.0.0/8", "2001:db8::1/128"]
    assert made["rate_limit"] == {"limit": 5, "window_s": 60}
    assert made["expires_at"].startswith(ends.strftime("%Y-%m-%dT%H:%M:%S"))
    assert made["expires_at"].endswith("Z")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": ""}, ("name",)), ({"name": "x" * 101}, ("name",)), ({"endpoints": ["create_parcel"]}, ("endpoints.0",)),
        ({"endpoints": ["get_parcel", "nothing"]}, ("endpoints.1",)), ({"endpoints": "all"}, ("endpoints",)),
        ({"allowed_cidrs": ["10.0.0.0/33"]}, ("allowed_cidrs.0",)), ({"allowed_cidrs": ["here"] * 2}, ("allowed_cidrs.0", "allowed_cidrs.1")),
        ({"allowed_cidrs": ["10.0.0.0/8"] * 51}, ("allowed_cidrs",)),
        ({"rate_limit": {"limit": 0, "window_s": 0}}, ("rate_limit.limit", "rate_limit.window_s")),
        ({"rate_limit": {"limit": 10_000_001, "window_s": 86_401}}, ("rate_limit.limit", "rate_limit.window_s")),
        ({"rate_limit": {"limit": 1}}, ("rate_limit.window_s",)), ({"rate_limit": {"limit": 1.5, "window_s": 1}}, ("rate_limit.limit",)),
        ({"expires_at": "2001-01-01T00:00:00Z"}, ("expires_at",)), ({"expires_at": "2999-01-01T00:00:00Z"}, ("expires_at",)),
        ({"expires_at": "2027-01-01T00:00:00"}, ("expires_at",)), ({"quotas": {"limit": 1}}, ("quotas",)),
        ({"environment": "production"}, ("environment",)), ({"secret": "mine"}, ("secret",)),
    ],
)  # fmt: skip
def test_a_wrong_key_is_refused_with_all_that_is_wrong(
    instance: Instance, change: dict[str, Any], fields: tuple[str, ...]
) -> None:
    assert_problem(issue(instance, **change), 422, "invalid", *fields)
    listed = instance.client("owner").get(f"/v1/projects/{instance.project}/keys").json()["data"]
    assert [each["name"] for each in listed] == ["first"]


def test_names_are_told_apart_among_active_keys(instance: Instance) -> None:
    assert_problem(issue(instance, name="first"), 409, "already_exists")
    second = issue(instance).json()["id"]
    client = instance.client("developer")
    assert_problem(client.patch(f"/v1/keys/{second}", json={"name": "first"}), 409, "already_exists")
    assert client.post(f"{key_path(instance)}/revoke").status_code == 200
    assert issue(instance, name="first").status_code == 201


def test_one_name_at_one_instant_is_one_key(instance_on_each: Instance) -> None:
    instance = instance_on_each
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(lambda _: issue(instance).status_code, range(4)))
    assert statuses == [201, 409, 409, 409]


def test_an_idempotent_issue_shows_the_same_secret(instance_on_each: Instance) -> None:
    instance = instance_on_each
    client = instance.client("developer")
    path = f"/v1/projects/{instance.project}/keys"
    headers = {"Idempotency-Key": "one"}
    first, second = (client.post(path, json={"name": "second"}, headers=headers) for _ in range(2))
    assert first.content == second.content
    assert first.json()["secret"]
    assert len(client.get(path).json()["data"]) == 2
    # The same key under another path is another request.
    other = instance.client("developer").post("/v1/tokens", json={"name": "second"}, headers=headers)
    assert_problem(other, 409, "idempotency_conflict")


# --- reading and changing -------------------------------------------------------------------------


def test_keys_come_in_pages_newest_first(instance: Instance) -> None:
    made = [issue(instance, name=f"k{number}").json()["id"] for number in range(3)]
    client = instance.client("auditor")
    path = f"/v1/projects/{instance.project}/keys"
    first = client.get(path, params={"limit": 2}).json()
    second = client.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["data"] + second["data"]] == [*reversed(made), instance.key]
    assert second["next_cursor"] is None


def test_a_patch_merges_and_null_takes_away(instance: Instance) -> None:
    client = instance.client("developer")
    path = key_path(instance)
    changed = client.patch(
        path,
        json={"endpoints": ["get_parcel"], "rate_limit": {"limit": 2, "window_s": 1}, "allowed_cidrs": ["10.0.0.0/8"]},
    ).json()
    assert (changed["name"], changed["endpoints"]) == ("first", ["get_parcel"])
    assert client.patch(path, json={}).json()["endpoints"] == ["get_parcel"]
    cleared = client.patch(
        path, json={"endpoints": None, "rate_limit": None, "allowed_cidrs": None, "workload": None}
    ).json()
    assert (cleared["endpoints"], cleared["rate_limit"], cleared["allowed_cidrs"]) == (None, None, [])
    assert client.patch(path, json={"endpoints": []}).json()["endpoints"] == []


def test_a_stale_etag_changes_nothing(instance: Instance) -> None:
    client = instance.client("developer")
    stale = client.get(key_path(instance)).json()["etag"]
    assert client.patch(key_path(instance), json={"workload": "night"}, headers={"If-Match": stale}).status_code == 200
    newer = client.get(key_path(instance)).json()
    answer = client.patch(key_path(instance), json={"workload": "day"}, headers={"If-Match": stale})
    assert_problem(answer, 412, "precondition_failed")
    assert client.get(key_path(instance)).json() == newer


def test_an_expired_key_says_so_and_can_be_renewed(instance: Instance, test_clock: TestClock) -> None:
    client = instance.client("developer")
    ends = clock.to_text(clock.now() + timedelta(hours=1))
    client.patch(key_path(instance), json={"expires_at": ends})
    test_clock.move(3600)
    assert client.get(key_path(instance)).json()["state"] == "expired"
    # An expiry that is left as it was is not questioned, though it has passed.
    assert client.patch(key_path(instance), json={"workload": "night"}).json()["state"] == "expired"
    assert_problem(
        client.patch(key_path(instance), json={"expires_at": "2001-01-01T00:00:00Z"}), 422, "invalid", "expires_at"
    )
    assert client.patch(key_path(instance), json={"expires_at": None}).json()["state"] == "active"


def test_revoking_is_for_good_and_twice_is_once(instance: Instance) -> None:
    client = instance.client("developer")
    first = client.post(f"{key_path(instance)}/revoke").json()
    assert (first["state"], first["secrets"][0]["state"]) == ("revoked", "revoked")
    assert (first["confirmed_by"], first["silent"]) == (0, 0)
    assert first["propagation_ms"] >= 0
    again = client.post(f"{key_path(instance)}/revoke").json()
    assert again["revoked_at"] == first["revoked_at"]
    assert_problem(client.patch(key_path(instance), json={"name": "back"}), 409, "conflict")
    entries = (
        instance.client("owner").get(f"/v1/organizations/{instance.harbour}/audit?action=key.revoked").json()["data"]
    )
    assert len(entries) == 1


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/revoke", None), ("PATCH", "", {"workload": "night"})],
)
def test_what_gates_decide_by_is_announced_to_them(instance: Instance, method: str, path: str, body: Any) -> None:
    with instance.store.read() as tx:
        before = tx.execute(select(changes.c.epoch).order_by(changes.c.epoch.desc())).scalars().first()
    assert instance.client("developer").request(method, key_path(instance) + path, json=body).status_code == 200
    with instance.store.read() as tx:
        rows = tx.execute(select(changes.c.subject_kind, changes.c.subject_id).where(changes.c.epoch > before)).all()
    assert [tuple(row) for row in rows] == [("key", instance.key)]


def test_other_organizations_keys_are_out_of_reach(instance: Instance) -> None:
    client = instance.client("owner")
    path = f"/v1/keys/{instance.foreign_key}"
    for answer in (
        client.get(path),
        client.patch(path, json={"name": "mine"}),
        client.post(f"{path}/revoke"),
        client.get(f"/v1/projects/{instance.foreign_project}/keys"),
        client.post(f"/v1/projects/{instance.foreign_project}/keys", json={"name": "mine"}),
    ):
        assert_problem(answer, 404, "not_found")
    assert instance.client("stranger").get(path).json()["state"] == "active"
