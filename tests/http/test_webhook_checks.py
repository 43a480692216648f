"""Webhook checks over HTTP: what they answer, each error, other people's ids."""

from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.http.served import Instance
from tests.webhooks.receivers import served

URL = "http://127.0.0.1:1025/hooks"


def create(instance: Instance, url: str = URL) -> dict[str, Any]:
    body = {"url": url, "event_types": ["parcel.moved"]}
    made: dict[str, Any] = (
        instance.client("developer").post(f"/v1/projects/{instance.project}/webhooks", json=body).json()
    )
    return made


def test_a_check_answers_with_its_probes_and_their_evidence(instance_on_each: Instance) -> None:
    client = instance_on_each.client("developer")
    with served() as there:
        made = create(instance_on_each, there.url())
        answer = client.post(f"/v1/webhooks/{made['id']}/check")
    assert answer.status_code == 200
    check = answer.json()
    assert (check["state"], check["url"], check["secret_version"]) == ("failed", there.url(), 1)
    assert (check["webhook"], check["project"]) == (made["id"], instance_on_each.project)
    assert {each["probe"]: each["passed"] for each in check["probes"]} == {
        "signed": True, "forged": False, "stale": False, "repeated": None,
    }  # fmt: skip
    auditor = instance_on_each.client("auditor")
    for probe in check["probes"]:
        delivery = auditor.get(f"/v1/deliveries/{probe['delivery']}").json()
        assert (delivery["probe"], delivery["origin"]) == (probe["probe"], "test")
        assert [each["id"] for each in delivery["attempts"]] == probe["attempts"]
        assert probe["attempt"] == probe["attempts"][-1]
    secret = Webhook(made["signing_secret"])
    secret.verify(there.requests[0].body, there.requests[0].by_name)
    for wrong in there.requests[1:3]:
        with pytest.raises(WebhookVerificationError):
            secret.verify(wrong.body, wrong.by_name)
    assert auditor.get(f"/v1/webhook_checks/{check['id']}").json() == check
    assert auditor.get(f"/v1/webhooks/{made['id']}/checks").json() == {"data": [check], "next_cursor": None}
    log = instance_on_each.client("owner").get(f"/v1/organizations/{instance_on_each.harbour}/audit").json()["data"]
    assert [(each["action"], each["after"]) for each in log][:1] == [
        ("webhook_endpoint.checked", {"check": check["id"]})
    ]


def test_without_waiting_it_goes_on_by_itself(instance: Instance) -> None:
    client = instance.client("developer")
    with served() as there:
        made = create(instance, there.url("/later"))
        begun = client.post(f"/v1/webhooks/{made['id']}/check", json={"wait_s": 0}).json()
        assert (begun["state"], begun["finished_at"], begun["expires_at"]) == ("running", None, None)
        twice = client.post(f"/v1/webhooks/{made['id']}/check", json={"wait_s": 0})
        assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
        while (now := client.get(f"/v1/webhook_checks/{begun['id']}").json())["state"] == "running":
            assert len(now["probes"]) <= 4
    assert (now["state"], len(now["probes"])) == ("failed", 4)


def test_what_is_known_of_a_receiver_stands_with_its_endpoint(instance: Instance) -> None:
    client, made = instance.client("developer"), create(instance)
    path = f"/v1/webhooks/{made['id']}"
    assert made["check"] == {"state": "never", "id": None, "at": None, "expires_at": None}
    check = client.post(f"{path}/check").json()
    known = {
        "state": "failed", "id": check["id"], "at": check["finished_at"], "expires_at": check["expires_at"]
    }  # fmt: skip
    assert client.get(path).json()["check"] == known
    assert [each["check"] for each in client.get(f"/v1/projects/{instance.project}/webhooks").json()["data"]] == [known]
    client.post(f"{path}/rotate_secret")
    assert client.get(path).json()["check"] == known | {"state": "outdated"}


def test_checks_are_paged(instance: Instance) -> None:
    client, made = instance.client("developer"), create(instance)
    path = f"/v1/webhooks/{made['id']}/checks"
    assert client.get(path).json() == {"data": [], "next_cursor": None}
    ids = [client.post(f"/v1/webhooks/{made['id']}/check").json()["id"] for _ in range(3)]
    first = client.get(path, params={"limit": 2}).json()
    rest = client.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["data"] + rest["data"]] == ids[::-1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("wait_s", [-1, 151])
def test_how_long_to_wait_is_bounded(instance: Instance, wait_s: int) -> None:
    made = create(instance)
    answer = instance.client("developer").post(f"/v1/webhooks/{made['id']}/check", json={"wait_s": wait_s})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "out_of_range")


def test_the_check_of_an_endpoint_that_is_gone_is_gone(instance: Instance) -> None:
    client, made = instance.client("developer"), create(instance)
    check = client.post(f"/v1/webhooks/{made['id']}/check").json()
    client.delete(f"/v1/webhooks/{made['id']}")
    assert client.get(f"/v1/webhook_checks/{check['id']}").status_code == 404
    assert client.get(f"/v1/webhooks/{made['id']}/checks").status_code == 404
    assert client.post(f"/v1/webhooks/{made['id']}/check").status_code == 404
    # Its deliveries stay on record.
    assert client.get(f"/v1/deliveries/{check['probes'][0]['delivery']}").status_code == 200


# --- the sandbox clock ----------------------------------------------------------------------------


def test_an_endpoints_clock_is_moved_once_a_request(instance_on_each: Instance) -> None:
    client = instance_on_each.client("developer")
    made = create(instance_on_each)
    path = f"/v1/webhooks/{made['id']}/advance"
    nothing = client.post(path)
    assert (nothing.status_code, nothing.json()["code"]) == (409, "conflict")
    first = client.post(path, json={"by_s": 90}, headers={"Idempotency-Key": "once"})
    assert (first.status_code, first.json()) == (
        200,
        {"webhook": made["id"], "advanced_s": 90, "due_count": 0, "next_attempt_at": None, "failing_since": None},
    )
    assert client.post(path, json={"by_s": 90}, headers={"Idempotency-Key": "once"}).json() == first.json()
    log = instance_on_each.client("owner").get(f"/v1/organizations/{instance_on_each.harbour}/audit").json()["data"]
    assert [each["action"] for each in log].count("webhook_endpoint.advanced") == 1
    for wrong in ({"by_s": 0}, {"by_s": 2_592_001}, {"seconds": 1}):
        assert client.post(path, json=wrong).status_code == 422, wrong
