import pytest

from tests.http.served import Instance, assert_problem


def test_the_operator_makes_an_organization_and_owns_it(instance: Instance) -> None:
    client = instance.client("operator")
    answer = client.post("/v1/organizations", json={"name": "  Süd  Hafen "})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["slug"], made["is_operator"], made["etag"]) == ("Süd Hafen", "sud-hafen", False, '"1"')
    again = client.post("/v1/organizations", json={"name": "Süd-Hafen"}).json()
    assert again["slug"] == "sud-hafen-2"
    roles = client.get("/v1/me").json()["roles"]
    assert roles[made["id"]] == roles[again["id"]] == ["owner"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"), ({"name": ""}, "name"), ({"name": "x" * 101}, "name"), ({"name": "a\u0000b"}, "name"),
        ({"name": "a\u202eb\u0007"}, "name"), ({"name": None}, "name"), ({"name": ["x"]}, "name"),
        ({"name": "New", "slug": "new"}, "slug"),
    ],
)  # fmt: skip
def test_a_wrong_organization_is_refused_field_by_field(instance: Instance, body: object, field: str) -> None:
    client = instance.client("operator")
    assert_problem(client.post("/v1/organizations", json=body), 422, "invalid", field)
    assert len(client.get("/v1/organizations").json()["data"]) == 3


def test_everybody_sees_their_own_organizations_and_the_operator_all(instance: Instance) -> None:
    def names(who: str) -> list[str]:
        return [each["name"] for each in instance.client(who).get("/v1/organizations").json()["data"]]

    assert names("owner") == ["Harbour"]
    assert names("stranger") == ["Elsewhere"]
    assert names("verifier") == []
    assert names("operator") == ["Elsewhere", "Harbour", "Northgate"]


def test_organizations_come_in_pages(instance: Instance) -> None:
    client = instance.client("operator")
    first = client.get("/v1/organizations", params={"limit": 2}).json()
    second = client.get("/v1/organizations", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["name"] for each in first["data"] + second["data"]] == ["Elsewhere", "Harbour", "Northgate"]
    assert second["next_cursor"] is None


def test_renaming_keeps_the_slug_and_moves_the_etag(instance: Instance) -> None:
    client = instance.client("owner")
    path = f"/v1/organizations/{instance.harbour}"
    before = client.get(path).json()
    renamed = client.patch(path, json={"name": "Haven"}, headers={"If-Match": before["etag"]}).json()
    assert (renamed["name"], renamed["slug"]) == ("Haven", "harbour")
    assert renamed["etag"] != before["etag"]
    assert client.patch(path, json={}).json() == renamed


@pytest.mark.parametrize("tag", ['"99"', '"0"', "W/nonsense", '"-1"', "", '"1", "2"'])
def test_a_stale_or_foreign_etag_changes_nothing(instance: Instance, tag: str) -> None:
    client = instance.client("owner")
    path = f"/v1/organizations/{instance.harbour}"
    assert_problem(client.patch(path, json={"name": "Haven"}, headers={"If-Match": tag}), 412, "precondition_failed")
    assert client.get(path).json()["name"] == "Harbour"


def test_any_etag_is_any(instance: Instance) -> None:
    answer = instance.client("owner").patch(
        f"/v1/organizations/{instance.harbour}", json={"name": "Haven"}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["nope=1", "Limit=5", "limit=5&sort=name"])
def test_unknown_query_parameters_are_refused(instance: Instance, query: str) -> None:
    answer = instance.client("owner").get(f"/v1/organizations?{query}")
    field = query.rpartition("&")[2].partition("=")[0]
    assert_problem(answer, 422, "invalid", field)
    assert answer.json()["errors"][0]["code"] == "unknown_field"


def test_query_parameters_are_refused_where_there_are_none(instance: Instance) -> None:
    client = instance.client("owner")
    assert_problem(client.get("/v1/me?verbose=1"), 422, "invalid", "verbose")
    assert_problem(client.post("/v1/tokens?dry_run=true", json={"name": "x"}), 422, "invalid", "dry_run")
    assert [each["name"] for each in client.get("/v1/tokens").json()["data"]] == ["Test"]


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=many", "limit"), ("cursor=mine", "cursor"), ("cursor=" + "x" * 501, "cursor")],
)  # fmt: skip
def test_wrong_query_parameters_are_refused_by_name(instance: Instance, query: str, field: str) -> None:
    assert_problem(instance.client("owner").get(f"/v1/organizations?{query}"), 422, "invalid", field)


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "text/json", "multipart/form-data; boundary=x"]
)
def test_other_media_types_are_refused(instance: Instance, content_type: str) -> None:
    answer = instance.client("operator").post(
        "/v1/organizations", content=b'{"name": "New"}', headers={"Content-Type": content_type}
    )
    assert_problem(answer, 415, "unsupported_media_type")


def test_bodies_as_a_whole_are_explained(instance: Instance) -> None:
    client = instance.client("operator")
    headers = {"Content-Type": "application/json"}
    missing = client.post("/v1/organizations", content=b"", headers=headers)
    assert_problem(missing, 422, "invalid", "")
    assert missing.json()["detail"] == "Send a JSON object as the body."
    assert_problem(client.post("/v1/organizations", content=b"[1]", headers=headers), 422, "invalid", "")
    assert_problem(client.post("/v1/organizations", content=b'{"name"', headers=headers), 400, "bad_request")
