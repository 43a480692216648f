"""`POST /v1/keys/verify` as the operator's own code calls it."""

from datetime import timedelta
from typing import Any

import pytest

from freehold.keys import credential
from freehold.kit import clock
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}
STRANGER = credential.compose("fh", "sandbox", "Stranger0000", "x" * 32)


def test_a_key_may_call_what_its_project_declares(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue(rate_limit=5, rate_window_s=60)
    answer = gate.verify(token, key=key.text, method="get", path="/v1/countries/NO?full=1", address="10.0.0.7")
    assert (answer["allowed"], answer["reason"]) == (True, None)
    assert (answer["project"], answer["environment"]) == (instance.sandbox_id, "sandbox")
    assert answer["key"] == {"id": key.id, "name": key.id}
    assert answer["endpoint"] == "getCountry"
    [limit] = answer["limits"]
    assert (limit["name"], limit["limit"], limit["remaining"]) == ("key:requests", 5, 4)
    event = instance.event(answer["request_id"])
    assert (event.outcome, event.rule, event.via, event.cost) == ("allowed", "all", "verify", 1)
    assert (event.project_id, event.key_id, event.secret) == (instance.sandbox_id, key.id, key.selector)
    assert (event.method, event.path, event.endpoint) == ("GET", "/v1/countries/NO", "getCountry")
    assert (event.address, event.user_agent, event.status) == ("10.0.0.7", None, None)
    assert [each[:3] for each in event.limits] == [("key:requests", 5, 4)]


def test_an_endpoint_can_be_named(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue()
    assert gate.verify(token, key=key.text, endpoint="createReport")["allowed"] is True
    assert gate.verify(token, key=key.text, endpoint="noSuch")["reason"] == "endpoint_unknown"
    assert gate.verify(token, key=key.text, endpoint="deleteCountry")["reason"] == "endpoint_not_in_scope"


def test_the_prices_of_requests_add_up(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue(rate_limit=10, rate_window_s=3600)
    assert gate.verify(token, key=key.text, cost=7, **COUNTRY)["limits"][0]["remaining"] == 3
    denied = gate.verify(token, key=key.text, cost=4, **COUNTRY)
    assert (denied["reason"], denied["limits"][0]["remaining"]) == ("rate_limited", 3)
    assert 0 < denied["retry_after_s"] <= 360
    assert gate.verify(token, key=key.text, cost=3, **COUNTRY)["allowed"] is True


@pytest.mark.parametrize(
    ("columns", "asked", "reason"),
    [
        ({}, {"key": "nonsense"}, "malformed_key"),
        ({}, {"key": STRANGER}, "unknown_key"),
        ({"state": "revoked", "revoked_at": clock.from_ms(0)}, {}, "revoked"),
        ({"expires_at": clock.now() - timedelta(seconds=1)}, {}, "expired"),
        ({}, {"environment": "production"}, "wrong_environment"),
        ({}, {"path": "/v1/nowhere"}, "endpoint_unknown"),
        ({}, {"path": "/v1/countries/../countries/NO"}, "endpoint_unknown"),
        ({}, {"method": "DELETE"}, "endpoint_not_in_scope"),
        ({"endpoints": ["createReport"]}, {}, "endpoint_not_in_scope"),
        ({"allowed_cidrs": ["10.0.0.0/8"]}, {"address": "11.0.0.1"}, "address_not_allowed"),
        ({"allowed_cidrs": ["10.0.0.0/8"]}, {}, "address_not_allowed"),
        ({"allowed_cidrs": ["10.0.0.0/8"]}, {"address": "::ffff:10.1.1.1"}, None),
        ({"endpoints": ["getCountry"]}, {}, None),
        ({}, {"environment": "sandbox"}, None),
    ],
)
def test_every_reason(
    gate: GateProcess,
    instance: Instance,
    token: str,
    columns: dict[str, Any],
    asked: dict[str, Any],
    reason: str | None,
) -> None:
    key = instance.issue(**columns)
    answer = gate.verify(token, **({"key": key.text, **COUNTRY} | asked))
    assert (answer["reason"], answer["allowed"]) == (reason, reason is None)
    event = instance.event(answer["request_id"])
    assert event.outcome == (reason or "allowed")
    known = reason not in ("malformed_key", "unknown_key")
    assert (answer["project"], event.project_id) == ((instance.sandbox_id,) * 2 if known else (None, None))


def test_a_wrong_secret_and_another_environments_prefix_are_unknown(
    gate: GateProcess, instance: Instance, token: str
) -> None:
    key = instance.issue()
    presented = credential.parse(key.text, "fh")
    assert presented is not None
    for forged in (
        credential.compose("fh", "sandbox", presented.selector, "x" * 32),
        credential.compose("fh", "production", presented.selector, presented.secret),
    ):
        answer = gate.verify(token, key=forged, **COUNTRY)
        assert (answer["reason"], answer["key"], answer["project"]) == ("unknown_key", None, None)
        assert instance.event(answer["request_id"]).key_id is None


def test_another_organizations_key_looks_like_none(gate: GateProcess, instance: Instance) -> None:
    theirs, key = instance.service_token("org_two"), instance.issue()
    revoked = instance.issue(state="revoked", revoked_at=clock.from_ms(0))
    answers = [gate.verify(theirs, key=text, **COUNTRY) for text in (key.text, revoked.text, STRANGER)]
    for answer in answers:
        del answer["request_id"]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["reason"] == "unknown_key"


@pytest.mark.parametrize("role", ["verifier", "developer", "admin", "owner"])
def test_an_organizations_own_token_may_ask_about_its_own_keys(
    gate: GateProcess, instance: Instance, role: str
) -> None:
    assert (
        gate.verify(instance.service_token("org_one", (role,)), key=instance.issue().text, **COUNTRY)["allowed"] is True
    )


@pytest.mark.parametrize("role", ["publisher", "billing", "auditor"])
def test_other_roles_may_not_ask(gate: GateProcess, instance: Instance, role: str) -> None:
    answer = post(gate, instance.service_token("org_one", (role,)), {"key": STRANGER, **COUNTRY})
    assert (answer["status"], answer["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer fho_" + "x" * 40, "Bearer fhp_" + "x" * 40, "Basic Zm9vOmJhcg=="]
)
def test_nobody_else_may_ask(gate: GateProcess, authorization: str) -> None:
    answer = gate.client.post(
        "/v1/keys/verify", json={"key": STRANGER, **COUNTRY}, headers={"Authorization": authorization}
    )
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_may_not_ask_any_more(gate: GateProcess, instance: Instance) -> None:
    gone = instance.service_token()
    assert gate.verify(gone, key=STRANGER, **COUNTRY)["reason"] == "unknown_key"
    instance.revoke_token(gone)
    instance.settled()
    assert post(gate, gone, {"key": STRANGER, **COUNTRY})["code"] == "unauthenticated"


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"key": STRANGER}, 422, "invalid", "endpoint"),
        ({"key": STRANGER, "method": "GET"}, 422, "invalid", "endpoint"),
        ({"key": STRANGER, "endpoint": "getCountry", **COUNTRY}, 422, "invalid", "endpoint"),
        ({**COUNTRY}, 422, "invalid", "key"),
        ({"key": 1, **COUNTRY}, 422, "invalid", "key"),
        ({"key": STRANGER, **COUNTRY, "cost": 0}, 422, "invalid", "cost"),
        ({"key": STRANGER, **COUNTRY, "cost": 1.5}, 422, "invalid", "cost"),
        ({"key": STRANGER, **COUNTRY, "environment": "staging"}, 422, "invalid", "environment"),
        ({"key": STRANGER, **COUNTRY, "address": "nowhere"}, 422, "invalid", "address"),
        ({"key": STRANGER, **COUNTRY, "more": 1}, 422, "invalid", "more"),
        ([], 422, "invalid", ""),
    ],
)
def test_a_question_that_is_not_right(
    gate: GateProcess, instance: Instance, token: str, body: Any, status: int, code: str, field: str
) -> None:
    before = len(instance.events())
    answer = post(gate, token, body)
    assert (answer["status"], answer["code"], answer["errors"][0]["field"]) == (status, code, field)
    assert answer["type"] == f"urn:freehold:error:{code}"
    assert answer["request_id"].startswith("req_")
    assert len(instance.events()) == before


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{", "application/json", "bad_request"),
        (b"", "application/json", "bad_request"),
        (b"\xff\xfe", "application/json", "bad_request"),
        (b'{"key": "\xff"}', "application/json", "bad_request"),
        (b"key=x", "application/x-www-form-urlencoded", "unsupported_media_type"),
        (b"{}", "", "unsupported_media_type"),
        (b" " * (16 * 1024 + 1), "application/json", "body_too_large"),
    ],
)
def test_a_body_that_cannot_be_read(
    gate: GateProcess, token: str, content: bytes, content_type: str, code: str
) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
    answer = gate.client.post("/v1/keys/verify", content=content, headers=headers)
    assert answer.json()["code"] == code
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_in_chunks_is_bounded_too(gate: GateProcess, token: str) -> None:
    answer = gate.client.post(
        "/v1/keys/verify",
        content=(b" " * 4096 for _ in range(8)),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_it_takes_post_alone(gate: GateProcess) -> None:
    answer = gate.client.get("/v1/keys/verify")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_what_is_not_there(gate: GateProcess) -> None:
    answer = gate.client.get("/v1/projects")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_the_gate_says_how_it_is(gate: GateProcess, path: str) -> None:
    assert gate.client.get(path).json() == {"status": "ok"}
    assert gate.client.head(path).content == b""
    assert gate.client.delete(path).status_code == 405


def post(gate: GateProcess, token: str, body: Any) -> dict[str, Any]:
    answer = gate.client.post("/v1/keys/verify", json=body, headers={"Authorization": f"Bearer {token}"})
    decoded: dict[str, Any] = answer.json()
    assert answer.status_code == decoded["status"]
    return decoded


def test_an_api_that_says_who_it_is_is_opened_by_its_own_keys_alone(
    gate: GateProcess, instance: Instance, token: str
) -> None:
    key = instance.issue()
    instance.settled()
    reasons = {
        api: gate.verify(token, key=key.text, endpoint="getCountry", **({"api": api} if api else {}))["reason"]
        for api in (None, "example", "nowhere")
    }
    assert reasons == {None: None, "example": None, "nowhere": "endpoint_unknown"}
