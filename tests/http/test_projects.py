from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.http.served import DOCUMENT, Instance, assert_problem

NEW = {"name": "Ship tracker", "purpose": "Shows ships", "api": "parcels"}


def create(instance: Instance, who: str = "developer", **change: Any) -> httpx.Response:
    return instance.client(who).post(f"/v1/organizations/{instance.harbour}/projects", json=NEW | change)


def project_path(instance: Instance) -> str:
    return f"/v1/projects/{instance.project}"


# --- making one -----------------------------------------------------------------------------------


def test_a_project_begins_in_the_sandbox_with_its_maker_as_owner(instance: Instance) -> None:
    answer = create(instance, product_line=" Sea ", use_case="Support")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["environment"], made["state"], made["slug"], made["sibling"]) == (
        "sandbox",
        "active",
        "ship-tracker",
        None,
    )
    assert (made["product_line"], made["use_case"], made["api"]) == ("Sea", "Support", instance.api)
    assert [(each["email"], each["duty"]) for each in made["owners"]] == [("developer@example.com", "technical")]
    assert made["next_step"]["action"] == "declare_scope"
    assert instance.client("billing").get(f"/v1/projects/{made['id']}").json() == made


def test_owners_are_named_by_address_or_id_with_their_duty(instance: Instance) -> None:
    owners = [
        {"member": instance.users["billing"].id, "duty": "billing"},
        {"member": "Auditor@Example.com", "duty": "audit"},
    ]
    made = create(instance, owners=owners).json()
    duties = {each["email"]: each["duty"] for each in made["owners"]}
    assert duties == {
        "developer@example.com": "technical",
        "billing@example.com": "billing",
        "auditor@example.com": "audit",
    }


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": ""}, ("name",)), ({"name": "x" * 101}, ("name",)), ({"purpose": " "}, ("purpose",)),
        ({"purpose": "x" * 301}, ("purpose",)), ({"api": "nothing"}, ("api",)), ({"api": ""}, ("api",)),
        ({"name": "", "purpose": "", "api": "x"}, ("name", "purpose", "api")), ({"product_line": "x" * 101}, ("product_line",)),
        ({"owners": [{"member": "stranger@example.com"}]}, ("owners.0.member",)),
        ({"owners": [{"member": "owner@example.com", "duty": "king"}]}, ("owners.0.duty",)),
        ({"owners": [{"who": "owner@example.com"}]}, ("owners.0.who",)), ({"environment": "production"}, ("environment",)),
        ({"name": 1}, ("name",)), ({"owners": "me"}, ("owners",)), ({"use_case": "a\u0000b"}, ("use_case",)),
    ],
)  # fmt: skip
def test_a_wrong_project_is_refused_with_all_that_is_wrong(
    instance: Instance, change: dict[str, Any], fields: tuple[str, ...]
) -> None:
    answer = create(instance, **change)
    assert answer.status_code == 422
    assert set(fields) <= {each["field"] for each in answer.json()["errors"]}, answer.text


def test_a_service_token_names_the_technical_owner(instance: Instance) -> None:
    body = {"name": "robot", "organization": instance.harbour, "roles": ["developer"]}
    token = instance.client("owner").post("/v1/tokens", json=body).json()["token"]
    robot = instance.client()
    robot.headers["Authorization"] = f"Bearer {token}"
    path = f"/v1/organizations/{instance.harbour}/projects"
    assert_problem(robot.post(path, json=NEW), 422, "invalid", "owners")
    owned = robot.post(path, json=NEW | {"owners": [{"member": "owner@example.com"}]})
    assert owned.json()["owners"][0]["email"] == "owner@example.com"


def test_equal_names_get_slugs_of_their_own(instance: Instance) -> None:
    assert [create(instance).json()["slug"] for _ in range(3)] == ["ship-tracker", "ship-tracker-2", "ship-tracker-3"]
    assert create(instance, name="船").json()["slug"] == "x"


def test_the_same_request_twice_at_one_instant_makes_one_project(instance_on_each: Instance) -> None:
    instance = instance_on_each
    path = f"/v1/organizations/{instance.harbour}/projects"
    clients = [instance.client("developer") for _ in range(4)]

    def send(client: httpx.Client) -> httpx.Response:
        return client.post(path, json=NEW, headers={"Idempotency-Key": "one"})

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, clients))
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.content for answer in answers}) == 1
    assert len(clients[0].get(path).json()["data"]) == 2
    other = clients[0].post(path, json=NEW | {"purpose": "Else"}, headers={"Idempotency-Key": "one"})
    assert_problem(other, 409, "idempotency_conflict")


def test_a_refused_request_keeps_no_idempotency_key(instance: Instance) -> None:
    client = instance.client("developer")
    path = f"/v1/organizations/{instance.harbour}/projects"
    headers = {"Idempotency-Key": "again"}
    assert client.post(path, json=NEW | {"purpose": ""}, headers=headers).status_code == 422
    assert client.post(path, json=NEW, headers=headers).status_code == 201


def test_equal_names_at_one_instant_make_projects_of_their_own(instance_on_each: Instance) -> None:
    instance = instance_on_each
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: create(instance), range(3)))
    # Each is made with a slug of its own, or its maker is told that the name was taken just now.
    assert {answer.status_code for answer in answers} <= {201, 409}
    slugs = [answer.json()["slug"] for answer in answers if answer.status_code == 201]
    assert slugs
    assert len(set(slugs)) == len(slugs)


# --- reading --------------------------------------------------------------------------------------


def test_projects_come_in_pages_newest_first_and_filtered(instance: Instance) -> None:
    client = instance.client("developer")
    made = [create(instance, name=f"Ship {number}").json()["id"] for number in range(3)]
    path = f"/v1/organizations/{instance.harbour}/projects"
    first = client.get(path, params={"limit": 2}).json()
    create(instance, name="Meanwhile")
    second = client.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["data"] + second["data"]] == [*reversed(made), instance.project]
    assert second["next_cursor"] is None

    def names(**params: Any) -> list[str]:
        return [each["name"] for each in client.get(path, params=params).json()["data"]]

    assert names(search="sHiP 1") == ["Ship 1"]
    assert names(search="%") == []
    assert names(environment="production") == []
    assert len(names(environment="sandbox")) == 5
    client.post(f"/v1/projects/{made[0]}/archive")
    assert names(archived="true") == ["Ship 0"]
    assert "Ship 0" not in names(archived="false")


@pytest.mark.parametrize(
    ("query", "field"), [("environment=test", "environment"), ("archived=2", "archived"), ("state=active", "state")]
)
def test_wrong_filters_are_refused(instance: Instance, query: str, field: str) -> None:
    answer = instance.client("owner").get(f"/v1/organizations/{instance.harbour}/projects?{query}")
    assert_problem(answer, 422, "invalid", field)


# --- changing -------------------------------------------------------------------------------------


def test_a_patch_merges_and_null_clears(instance: Instance) -> None:
    client = instance.client("developer")
    path = project_path(instance)
    changed = client.patch(path, json={"product_line": "Land", "use_case": "Support"}).json()
    assert (changed["name"], changed["product_line"], changed["use_case"]) == ("Parcel lookup", "Land", "Support")
    cleared = client.patch(path, json={"product_line": None, "use_case": ""}).json()
    assert (cleared["product_line"], cleared["use_case"]) == (None, None)
    assert cleared["slug"] == "parcel-lookup"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": None}, "name"), ({"purpose": ""}, "purpose"), ({"owners": []}, "owners"), ({"api": "parcels"}, "api"),
        ({"owners": [{"member": "owner@example.com", "duty": "billing"}]}, "owners"), ({"state": "archived"}, "state"),
    ],
)  # fmt: skip
def test_a_wrong_patch_changes_nothing(instance: Instance, body: dict[str, Any], field: str) -> None:
    client = instance.client("developer")
    before = client.get(project_path(instance)).json()
    assert_problem(client.patch(project_path(instance), json=body), 422, "invalid", field)
    assert client.get(project_path(instance)).json() == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"purpose": "Else"}), ("PUT", "/scope", {"endpoints": [], "event_types": []}),
        ("POST", "/archive", None),
    ],
)  # fmt: skip
def test_a_stale_etag_changes_nothing(instance: Instance, method: str, path: str, body: Any) -> None:
    client = instance.client("developer")
    stale = client.get(project_path(instance)).json()["etag"]
    assert client.patch(project_path(instance), json={"purpose": "Newer"}).json()["confirmed_by"] == 0
    changed = client.get(project_path(instance)).json()
    answer = client.request(method, project_path(instance) + path, json=body, headers={"If-Match": stale})
    assert_problem(answer, 412, "precondition_failed")
    assert client.get(project_path(instance)).json() == changed
    fresh = client.request(method, project_path(instance) + path, json=body, headers={"If-Match": changed["etag"]})
    assert fresh.status_code == 200


def test_two_changes_of_one_etag_at_one_instant_are_one(instance_on_each: Instance) -> None:
    instance = instance_on_each
    path = project_path(instance)
    tag = instance.client("owner").get(path).json()["etag"]

    def change(client: httpx.Client) -> int:
        return client.patch(path, json={"purpose": f"By {id(client)}"}, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(change, [instance.client("developer") for _ in range(4)]))
    assert statuses == [200, 412, 412, 412]


def test_archiving_closes_and_restoring_opens(instance: Instance) -> None:
    client = instance.client("developer")
    path = project_path(instance)
    archived = client.post(f"{path}/archive").json()
    assert (archived["state"], archived["serving_keys"], archived["next_step"]["action"]) == ("archived", 0, "restore")
    assert (archived["confirmed_by"], archived["silent"]) == (0, 0)
    assert client.post(f"{path}/archive").json()["etag"] == archived["etag"]
    for refused in (
        client.patch(path, json={"purpose": "Else"}),
        client.put(f"{path}/scope", json={"endpoints": [], "event_types": []}),
        client.post(f"{path}/keys", json={"name": "second"}),
        client.patch(f"/v1/keys/{instance.key}", json={"name": "renamed"}),
    ):
        assert_problem(refused, 409, "conflict")
    restored = client.post(f"{path}/restore").json()
    assert (restored["state"], restored["serving_keys"], restored["archived_at"]) == ("active", 1, None)


# --- scope ----------------------------------------------------------------------------------------


def test_a_scope_is_declared_whole_and_read_back_sorted(instance: Instance) -> None:
    client = instance.client("developer")
    path = f"{project_path(instance)}/scope"
    wanted = {
        "endpoints": ["list_parcels", "create_parcel", "create_parcel"],
        "event_types": ["parcel.moved", "parcel.lost"],
    }
    declared = {"endpoints": ["create_parcel", "list_parcels"], "event_types": ["parcel.lost", "parcel.moved"]}
    answered = client.put(path, json=wanted).json()
    assert {name: answered[name] for name in declared} == declared
    assert (answered["confirmed_by"], answered["silent"]) == (0, 0)
    read = client.get(path).json()
    assert {name: read[name] for name in declared} == declared


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"endpoints": ["delete_parcel"], "event_types": []}, "endpoints.0"),
        ({"endpoints": [], "event_types": ["parcel.eaten"]}, "event_types.0"), ({"endpoints": []}, "event_types"),
        ({"endpoints": [1], "event_types": []}, "endpoints.0"), ({"endpoints": [], "event_types": [], "all": True}, "all"),
    ],
)  # fmt: skip
def test_a_wrong_scope_changes_nothing(instance: Instance, body: dict[str, Any], field: str) -> None:
    client = instance.client("developer")
    path = f"{project_path(instance)}/scope"
    assert_problem(client.put(path, json=body), 422, "invalid", field)
    assert client.get(path).json()["endpoints"] == ["get_parcel", "list_parcels"]


def test_what_leaves_the_scope_leaves_the_keys(instance: Instance) -> None:
    client = instance.client("developer")
    key = f"/v1/keys/{instance.key}"
    client.patch(key, json={"endpoints": ["get_parcel", "list_parcels"]})
    client.put(f"{project_path(instance)}/scope", json={"endpoints": ["list_parcels"], "event_types": []})
    assert client.get(key).json()["endpoints"] == ["list_parcels"]
    client.put(f"{project_path(instance)}/scope", json={"endpoints": ["get_parcel"], "event_types": []})
    assert client.get(key).json()["endpoints"] == []


def test_what_the_catalogue_drops_stays_declared_and_cannot_be_declared_anew(instance: Instance) -> None:
    client = instance.client("developer")
    path = f"{project_path(instance)}/scope"
    without = DOCUMENT.replace(b'"operationId": "get_parcel"', b'"operationId": "read_parcel"')
    imported = instance.client("operator").put(
        "/v1/apis/parcels/openapi", content=without, headers={"Content-Type": "application/json"}
    )
    assert sorted(each["id"] for each in imported.json()["projects"]) == sorted(
        [instance.project, instance.foreign_project]
    )
    assert client.get(path).json()["endpoints"] == ["get_parcel", "list_parcels"]
    assert client.put(path, json={"endpoints": ["get_parcel"], "event_types": []}).status_code == 200
    assert client.put(path, json={"endpoints": ["read_parcel"], "event_types": []}).status_code == 200
    assert_problem(
        client.put(path, json={"endpoints": ["get_parcel"], "event_types": []}), 422, "invalid", "endpoints.0"
    )
