"""Webhook endpoints, messages and deliveries over HTTP: success, each error, other people's ids."""

from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.http.served import Instance
from tests.webhooks.receivers import served

URL = "http://127.0.0.1:1025/hooks"


def create(instance: Instance, who: str = "developer", url: str = URL, **more: Any) -> httpx.Response:
    body = {"url": url, "event_types": ["parcel.moved"], **more}
    return instance.client(who).post(f"/v1/projects/{instance.project}/webhooks", json=body)


def publish(instance: Instance, who: str = "publisher", **more: Any) -> httpx.Response:
    body = {"event_type": "parcel.moved", "payload": {"id": "p1"}, **more}
    return instance.client(who).post(f"/v1/projects/{instance.project}/messages", json=body)


def codes(answer: httpx.Response) -> dict[str, str]:
    return {error["field"]: error["code"] for error in answer.json()["errors"]}


# --- endpoints ------------------------------------------------------------------------------------


def test_an_endpoint_is_made_read_listed_changed_and_removed(instance: Instance) -> None:
    client = instance.client("developer")
    answer = create(instance, description="Orders", headers={"X-Env": "a", "Authorization": "Bearer s3cret"})
    assert answer.status_code == 201
    made = answer.json()
    assert made.pop("signing_secret").startswith("whsec_")
    assert made["headers"] == {"X-Env": "a", "Authorization": "••••••••"}
    assert (made["project"], made["environment"], made["state"]) == (instance.project, "sandbox", "active")
    path = f"/v1/webhooks/{made['id']}"
    assert client.get(path).json() == made
    assert client.get(f"/v1/projects/{instance.project}/webhooks").json() == {"data": [made], "next_cursor": None}

    patch = {
        "description": None,
        "headers": {"x-env": None, "X-Two": "2"},
        "event_types": ["parcel.moved", "key.revoked"],
    }
    changed = client.patch(path, json=patch, headers={"If-Match": made["etag"]})
    assert changed.status_code == 200
    assert changed.json() == {
        **made, "description": None, "headers": {"Authorization": "••••••••", "X-Two": "2"},
        "event_types": ["key.revoked", "parcel.moved"], "etag": '"2"',
    }  # fmt: skip
    stale = client.patch(path, json={"description": "late"}, headers={"If-Match": made["etag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")

    assert client.delete(path, headers={"If-Match": made["etag"]}).status_code == 412
    removed = client.delete(path, headers={"If-Match": '"2"'})
    assert (removed.status_code, removed.content) == (204, b"")
    assert client.get(path).status_code == 404
    assert client.get(f"/v1/projects/{instance.project}/webhooks").json()["data"] == []


def test_order_pace_and_ed25519_are_set_and_changed(instance: Instance) -> None:
    client = instance.client("developer")
    plain = create(instance).json()
    assert (plain["fifo"], plain["max_per_second"], plain["v1a"]) == (False, None, False)
    assert [each["public_key"] for each in plain["signing_secrets"]] == [None]
    made = create(instance, fifo=True, max_per_second=20, v1a=True).json()
    assert (made["fifo"], made["max_per_second"], made["v1a"]) == (True, 20, True)
    assert made["signing_secrets"][0]["public_key"].startswith("whpk_")
    path = f"/v1/webhooks/{made['id']}"
    changed = client.patch(path, json={"max_per_second": None, "fifo": False}).json()
    assert (changed["fifo"], changed["max_per_second"], changed["v1a"]) == (False, None, True)
    rotated = client.post(f"{path}/rotate_secret").json()
    keys = [each["public_key"] for each in rotated["signing_secrets"]]
    assert len(set(keys)) == 2
    assert keys[1] == made["signing_secrets"][0]["public_key"]
    for wrong in (0, 1001, -1, "fast"):
        refused = client.patch(path, json={"max_per_second": wrong})
        assert (refused.status_code, set(codes(refused))) == (422, {"max_per_second"})


def test_the_same_idempotency_key_makes_one_endpoint_with_one_secret(instance: Instance) -> None:
    client = instance.client("developer")
    path, body = f"/v1/projects/{instance.project}/webhooks", {"url": URL, "event_types": ["parcel.moved"]}
    answers = [client.post(path, json=body, headers={"Idempotency-Key": "one"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(client.get(path).json()["data"]) == 1


def test_pausing_resuming_and_rotating(instance: Instance) -> None:
    client = instance.client("developer")
    made = create(instance).json()
    path = f"/v1/webhooks/{made['id']}"
    paused = client.post(f"{path}/pause")
    assert (paused.status_code, paused.json()["state"], paused.json()["state_reason"]) == (
        200,
        "paused",
        "Paused by developer@example.com (Test).",
    )
    assert client.post(f"{path}/resume").json()["state"] == "active"
    rotated = client.post(f"{path}/rotate_secret", json={"overlap_s": 60})
    assert rotated.status_code == 200
    assert rotated.json()["signing_secret"] != made["signing_secret"]
    assert [(each["version"], each["retires_at"] is None) for each in rotated.json()["signing_secrets"]] == [
        (2, True),
        (1, False),
    ]
    assert client.post(f"{path}/rotate_secret").status_code == 200
    assert codes(client.post(f"{path}/rotate_secret", json={"overlap_s": -1})) == {"overlap_s": "out_of_range"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"url": "http://10.0.0.1/"}, {"url"}),
        ({"url": "https://user:pw@example.com/"}, {"url"}),
        ({"event_types": []}, {"event_types"}),
        ({"event_types": ["parcel.lost", "nope"]}, {"event_types.0", "event_types.1"}),
        ({"headers": {"webhook-id": "x"}}, {"headers.webhook-id"}),
        ({"headers": {"X-A": "a\r\nX-B: b"}}, {"headers.X-A"}),
        ({"description": "x" * 201}, {"description"}),
        ({"url": "nothing", "event_types": ["nope"], "description": "\n"}, {"url", "event_types.0", "description"}),
    ],
)
def test_settings_that_are_not_right_are_named(instance: Instance, body: dict[str, Any], fields: set[str]) -> None:
    answer = instance.client("developer").post(
        f"/v1/projects/{instance.project}/webhooks", json={"url": URL, "event_types": ["parcel.moved"], **body}
    )
    assert answer.status_code == 422
    assert set(codes(answer)) == fields


@pytest.mark.parametrize(
    "body", [{}, {"url": URL}, {"url": 1, "event_types": []}, {"url": URL, "event_types": "x"}, {"url": URL, "event_types": [1]},
             {"url": URL, "event_types": ["parcel.moved"], "most": 3}, [], "x", None],
)  # fmt: skip
def test_a_body_of_another_shape_is_refused(instance: Instance, body: Any) -> None:
    answer = instance.client("developer").post(f"/v1/projects/{instance.project}/webhooks", json=body)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_others_endpoints_are_not_there(instance: Instance) -> None:
    path = f"/v1/webhooks/{create(instance).json()['id']}"
    stranger = instance.client("stranger")
    for method, place, body in (
        ("GET", path, None), ("PATCH", path, {"description": "x"}), ("DELETE", path, None), ("POST", f"{path}/pause", None),
        ("POST", f"{path}/resume", None), ("POST", f"{path}/rotate_secret", {}), ("POST", f"{path}/test", {}),
        ("GET", f"{path}/deliveries", None), ("GET", f"/v1/projects/{instance.project}/webhooks", None),
        ("POST", f"/v1/projects/{instance.project}/webhooks", {"url": URL, "event_types": ["parcel.moved"]}),
        ("GET", f"/v1/projects/{instance.project}/messages", None),
        ("POST", f"/v1/projects/{instance.project}/messages", {"event_type": "parcel.moved", "payload": {"id": "p"}}),
    ):  # fmt: skip
        foreign = stranger.request(method, place, json=body)
        missing = stranger.request(method, place.replace(place.split("/")[3], "unknown"), json=body)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found"), (method, place)
        assert foreign.json()["detail"] == missing.json()["detail"], (method, place)
    assert instance.client().get(path).status_code == 401


@pytest.mark.parametrize(
    ("who", "reads", "edits"),
    [
        ("owner", 200, 201),
        ("admin", 200, 201),
        ("developer", 200, 201),
        ("auditor", 200, 403),
        ("billing", 403, 403),
        ("verifier", 403, 403),
        ("publisher", 403, 403),
    ],
)
def test_what_each_role_may(instance: Instance, who: str, reads: int, edits: int) -> None:
    assert instance.client(who).get(f"/v1/projects/{instance.project}/webhooks").status_code == reads
    assert create(instance, who).status_code == edits


# --- the signed test event ------------------------------------------------------------------------


def test_a_test_event_answers_with_all_that_was_sent_and_came_back(instance: Instance) -> None:
    with served() as there:
        made = create(instance, url=there.url(), headers={"X-Api-Key": "s3cret"}).json()
        answer = instance.client("developer").post(f"/v1/webhooks/{made['id']}/test")
    assert answer.status_code == 200
    test = answer.json()
    assert (test["accepted"], test["event_type"], test["webhook"]) == (True, "webhook.check", made["id"])
    attempt = test["attempt"]
    sent = {header["name"]: header["value"] for header in attempt["request"]["headers"]}
    assert attempt["request"]["url"] == there.url()
    assert sent["X-Api-Key"] == "••••••••"
    assert there.requests[0].by_name["x-api-key"] == "s3cret"
    assert (
        attempt["request"]["signed_content"]
        == f"{test['message']}.{sent['webhook-timestamp']}.{attempt['request']['body']}"
    )
    Webhook(made["signing_secret"]).verify(attempt["request"]["body"], sent)
    Webhook(made["signing_secret"]).verify(there.requests[0].body, there.requests[0].by_name)
    assert (attempt["outcome"], attempt["error"], attempt["address"]) == ("accepted", None, "127.0.0.1")
    assert attempt["response"]["status"] == 200
    assert {"name": "x-seen", "value": "yes"} in attempt["response"]["headers"]
    assert (attempt["response"]["body"], attempt["response"]["body_cut"]) == ("thanks", False)
    assert set(attempt["timing"]) == {"dns_us", "connect_us", "tls_us", "first_byte_us", "total_us"}
    detail = instance.client("developer").get(f"/v1/deliveries/{test['delivery']}").json()
    assert (detail["state"], detail["origin"], detail["attempts"]) == ("delivered", "test", [attempt])
    alone = instance.client("auditor").get(f"/v1/attempts/{attempt['id']}")
    named = {"delivery": detail["id"], "message": detail["message"], "webhook": made["id"], "project": instance.project}
    assert (alone.status_code, alone.json()) == (200, attempt | named)
    assert instance.client("auditor").get(f"/v1/attempts/{attempt['id']}x").json()["code"] == "not_found"


def test_a_test_event_that_is_refused_or_does_not_arrive_says_why(instance: Instance) -> None:
    client = instance.client("developer")
    with served() as there:
        made = create(instance, url=there.url("/endless")).json()
        endless = client.post(f"/v1/webhooks/{made['id']}/test", json={"event_type": "parcel.moved"}).json()
        client.patch(f"/v1/webhooks/{made['id']}", json={"url": there.url("/redirect")})
        redirect = client.post(f"/v1/webhooks/{made['id']}/test").json()
    absent = client.post(f"/v1/webhooks/{create(instance).json()['id']}/test").json()
    assert (endless["accepted"], endless["attempt"]["response"]["body_cut"]) == (True, True)
    assert (redirect["accepted"], redirect["attempt"]["response"]["status"]) == (False, 302)
    assert "redirect" in redirect["attempt"]["error"]
    assert (absent["attempt"]["outcome"], absent["attempt"]["response"]) == ("unreachable", None)
    assert absent["attempt"]["error"] == "No connection: Connection refused."


def test_a_test_of_what_is_not_subscribed_is_refused(instance: Instance) -> None:
    made = create(instance).json()
    answer = instance.client("developer").post(f"/v1/webhooks/{made['id']}/test", json={"event_type": "key.revoked"})
    assert (answer.status_code, codes(answer)) == (422, {"event_type": "not_subscribed"})


# --- messages and deliveries ----------------------------------------------------------------------


def test_a_message_is_accepted_fanned_out_and_read(instance: Instance) -> None:
    made = create(instance).json()
    answer = publish(instance, id="order-1")
    assert answer.status_code == 202
    message = answer.json()
    assert (message["event_type"], message["dedup_id"], message["delivery_count"]) == ("parcel.moved", "order-1", 1)
    assert publish(instance, id="order-1").json() == message
    other = publish(instance, id="order-1", payload={"id": "p2"})
    assert (other.status_code, other.json()["code"]) == (409, "conflict")

    client = instance.client("auditor")
    assert client.get(f"/v1/projects/{instance.project}/messages").json() == {"data": [message], "next_cursor": None}
    detail = client.get(f"/v1/messages/{message['id']}").json()
    assert detail["payload"] == {"id": "p1"}
    delivery = detail["deliveries"][0]
    assert (delivery["webhook"], delivery["state"], delivery["attempt_count"]) == (made["id"], "pending", 0)
    assert delivery["next_attempt_at"] == delivery["created_at"]
    assert client.get(f"/v1/deliveries/{delivery['id']}").json() == {
        **delivery,
        "payload": {"id": "p1"},
        "attempts": [],
    }
    for path in (f"/v1/messages/{message['id']}", f"/v1/deliveries/{delivery['id']}"):
        assert instance.client("stranger").get(path).status_code == 404
        assert instance.client("billing").get(path).status_code == 403
    assert client.get("/v1/messages/msg_x").status_code == client.get("/v1/deliveries/dlv_x").status_code == 404


def test_a_message_without_a_receiver_is_kept(instance: Instance) -> None:
    assert publish(instance).json()["delivery_count"] == 0


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"payload": {}}, {"payload"}),
        ({"payload": {"id": 5}}, {"payload.id"}),
        ({"payload": None}, {"payload"}),
        ({"event_type": "nope"}, {"event_type"}),
        ({"event_type": "webhook.check"}, {"event_type"}),
        ({"id": "two words"}, {"id"}),
        ({"event_type": "parcel.lost", "payload": "x" * 262_143}, {"payload"}),
    ],
)
def test_a_message_that_is_not_right_is_refused(instance: Instance, body: dict[str, Any], fields: set[str]) -> None:
    answer = publish(instance, **body)
    assert answer.status_code == 422
    assert set(codes(answer)) == fields


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 202),
        ("developer", 202),
        ("publisher", 202),
        ("auditor", 403),
        ("billing", 403),
        ("verifier", 403),
        ("stranger", 404),
    ],
)
def test_who_may_publish(instance: Instance, who: str, status: int) -> None:
    assert publish(instance, who).status_code == status


def test_a_payload_nested_too_deep_is_refused_not_an_error(instance: Instance) -> None:
    body = b'{"event_type": "parcel.lost", "payload": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = instance.client("publisher").post(
        f"/v1/projects/{instance.project}/messages", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in {400, 422}


def test_deliveries_are_listed_filtered_and_paged(instance: Instance) -> None:
    made = create(instance).json()
    client = instance.client("developer")
    for number in range(3):
        publish(instance, id=str(number))
    client.post(f"/v1/webhooks/{made['id']}/test")
    path = f"/v1/webhooks/{made['id']}/deliveries"
    rows = client.get(path).json()["data"]
    assert [row["event_type"] for row in rows] == ["webhook.check", *["parcel.moved"] * 3]
    assert client.get(path, params={"state": "pending"}).json()["data"] == rows[1:]
    assert client.get(path, params={"event_type": "webhook.check"}).json()["data"] == rows[:1]
    assert client.get(path, params={"from": rows[0]["created_at"]}).json()["data"][0] == rows[0]
    assert client.get(path, params={"to": rows[3]["created_at"]}).json()["data"] == []
    first = client.get(path, params={"limit": 3}).json()
    rest = client.get(path, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert first["data"] + rest["data"] == rows
    assert rest["next_cursor"] is None
    for params in (
        {"state": "odd"},
        {"limit": "0"},
        {"cursor": "odd"},
        {"from": "2027-01-01T00:00:00"},
        {"from": "odd"},
    ):
        assert client.get(path, params=params).status_code in {400, 422}, params
