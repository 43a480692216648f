"""What is somebody else's: every page by another organization's ids, and one's own things by another project's id."""

import re
from collections.abc import Iterator
from typing import Any, Final

from litestar import get

from freehold import routes
from tests.http.served import Instance
from tests.http.test_permissions_table import prepare

# Pages that belong to no organization.
OF_NOBODY: Final = frozenset(
    {
        "/account/sessions/{session_id}/end",
        "/apis/{api}",
        "/apis/{api}/openapi",
        "/apis/{api}/fail_open",
        "/apis/{api}/fail_closed",
        "/apis/{api}/readiness",
        "/apis/{api}/readiness/checks/new",
        "/apis/{api}/readiness/checks/{own_check_id}",
        "/apis/{api}/readiness/checks/{own_check_id}/remove",
        "/static/{path:path}",
        # The operator's: how long the instance keeps what.
        "/kept/{kind}",
        # A list of the instance's is everybody's to read; an organization's own: tests/http/test_price_pages.py.
        "/prices/{price_list_id}",
        "/prices/{price_list_id}/withdraw",
        # An inbox is open to whoever knows its address.
        "/inbox/{address}",
    }
)


def pages_with_ids() -> Iterator[tuple[str, str]]:
    for decorator, path, _ in routes.PAGES:
        plain = path.replace(":str}", "}")
        if "{" in plain and plain not in OF_NOBODY:
            yield ("GET" if decorator is get else "POST"), plain


def statuses(
    instance: Instance, who: str, ids: dict[str, str], paths: list[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    browser = instance.browser(who)
    ids |= {"person": str(instance.actor("owner").user_id), "act": "pause", "kind": "requests"}
    return {
        (method, path): (browser.get if method == "GET" else browser.post)(path.format(**ids)).status_code
        for method, path in paths
    }


def test_every_page_of_another_organization_is_not_there(instance: Instance) -> None:
    """Even for a stranger who owns an organization of their own, and with ids that are right."""
    paths = list(pages_with_ids())
    assert len(paths) > 45
    found = statuses(instance, "stranger", prepare(instance), paths)
    assert {place: status for place, status in found.items() if status != 404} == {}


def test_pages_of_a_project_show_nothing_of_another_one(instance: Instance) -> None:
    """R2: no asset can be reached through another project's id, not even by those who may see both."""
    ids = prepare(instance)
    other = instance.client("owner").post(
        f"/v1/organizations/{instance.harbour}/projects",
        json={"name": "Other", "purpose": "To mix up", "api": "parcels"},
    )
    # An event type is the API's, the same for each of its projects; revisions are numbered in each project anew.
    named = r"/projects/\{project_id\}/.*\{(?!event_type|number)"
    mixed = [place for place in pages_with_ids() if re.match(named, place[1])]
    assert len(mixed) > 12
    found = statuses(instance, "owner", ids | {"project_id": other.json()["id"]}, mixed)
    assert {place: status for place, status in found.items() if status != 404} == {}


def test_an_idempotency_key_is_its_callers_own(instance: Instance) -> None:
    """Two callers with one key and one body: neither gets what the other one was shown."""
    headers = {"Idempotency-Key": "one-key"}
    body = {"name": "twice"}
    secrets = set()
    for who in ("owner", "admin", "developer"):
        answer = instance.client(who).post("/v1/tokens", json=body, headers=headers)
        secrets.add(answer.json()["token"])
    assert len(secrets) == 3
    nobody = instance.client().post("/v1/tokens", json=body, headers=headers)
    assert nobody.status_code == 401


def test_an_idempotency_key_opens_nothing_that_was_taken_away(instance: Instance) -> None:
    """Who is no member any more is not shown the secret again that they were shown as one."""
    client, headers = instance.client("developer"), {"Idempotency-Key": "one-key"}
    path = f"/v1/projects/{instance.project}/keys"
    assert client.post(path, json={"name": "second"}, headers=headers).status_code == 201
    developer = instance.users["developer"].id
    removed = instance.client("owner").delete(f"/v1/organizations/{instance.harbour}/members/{developer}")
    assert removed.status_code == 204
    assert client.post(path, json={"name": "second"}, headers=headers).status_code == 404


def test_who_is_removed_is_a_stranger_at_once(instance: Instance) -> None:
    client, browser = instance.client("developer"), instance.browser("developer")
    assert client.get(f"/v1/projects/{instance.project}").status_code == 200
    developer = instance.users["developer"].id
    instance.client("owner").delete(f"/v1/organizations/{instance.harbour}/members/{developer}")
    assert client.get(f"/v1/projects/{instance.project}").status_code == 404
    assert browser.get(f"/projects/{instance.project}").status_code == 404
    assert browser.post(f"/projects/{instance.project}/archive").status_code == 404
    assert client.get("/v1/me").json()["organizations"] == []


def test_a_token_never_becomes_more_than_its_maker(instance: Instance) -> None:
    def made(who: str, **body: Any) -> Any:
        return instance.client(who).post("/v1/tokens", json={"name": "x", "organization": instance.harbour, **body})

    assert made("admin", roles=["owner"]).status_code == 403
    assert made("developer", roles=["verifier"]).status_code == 403
    assert made("operator", roles=["auditor"]).status_code == 403
    assert made("stranger", roles=["verifier"]).status_code == 404
    instance.tokens["robot"] = made("admin", roles=["admin"]).json()["token"]
    assert made("robot", roles=["owner"]).status_code == 403
    members = f"/v1/organizations/{instance.harbour}/members"
    robot = instance.client("robot")
    assert robot.patch(f"{members}/{instance.users['developer'].id}", json={"role": "owner"}).status_code == 403
    assert robot.delete(f"{members}/{instance.users['owner'].id}").status_code == 403
    assert robot.post("/v1/tokens", json={"name": "personal"}).status_code == 403


def test_an_archived_project_changes_in_nothing_but_that(instance: Instance) -> None:
    ids, client = prepare(instance), instance.client("owner")
    project = f"/v1/projects/{instance.project}"
    assert client.post(f"{project}/archive").status_code == 200
    webhook = f"/v1/webhooks/{ids['endpoint_id']}"
    body = {"url": "http://127.0.0.1:1024/x", "event_types": ["parcel.moved"]}
    for method, path, sent in (
        ("PATCH", project, {"purpose": "Another"}),
        ("PUT", f"{project}/scope", {"endpoints": [], "event_types": []}),
        ("POST", f"{project}/keys", {"name": "late"}),
        ("PATCH", f"/v1/keys/{instance.key}", {"name": "late"}),
        ("POST", f"{project}/webhooks", body),
        ("PATCH", webhook, {"description": "Late"}),
        ("POST", f"{webhook}/pause", {}),
        ("POST", f"{webhook}/rotate_secret", {}),
        ("POST", f"{webhook}/test", {}),
        ("POST", f"{webhook}/check", {}),
        ("POST", f"{webhook}/replays", {}),
        ("POST", f"{webhook}/recover", {"since": "2026-11-01T00:00:00Z"}),
        ("POST", f"/v1/deliveries/{ids['delivery_id']}/replay", {}),
        ("POST", f"{webhook}/advance", {"by_s": 60}),
        ("PUT", f"{project}/inbox", {}),
        ("POST", f"{project}/messages", {"event_type": "parcel.moved", "payload": {"id": "p9"}}),
    ):
        assert client.request(method, path, json=sent).json().get("code") == "conflict", (method, path)
    # What only takes away may still be done.
    assert client.post(f"/v1/keys/{instance.key}/revoke").status_code == 200
    assert client.delete(webhook).status_code == 204
