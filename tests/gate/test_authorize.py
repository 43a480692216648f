"""`/v1/authorize` as nginx, Caddy, Traefik and Envoy ask it."""

from typing import Any

import httpx
import pytest

from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance, IssuedKey

NGINX = ("X-Original-Method", "X-Original-URI")
CADDY = ("X-Forwarded-Method", "X-Forwarded-Uri")


def ask(
    gate: GateProcess,
    key: IssuedKey | None,
    query: str = "",
    method: str = "GET",
    uri: str = "/v1/countries/NO?full=1",
    shape: tuple[str, str] = NGINX,
    **more: str,
) -> httpx.Response:
    headers = {shape[0]: method, shape[1]: uri, **{name.replace("_", "-"): value for name, value in more.items()}}
    if key is not None:
        headers.setdefault("Authorization", f"Bearer {key.text}")
    answer = gate.client.get(f"/v1/authorize{query}", headers=headers)
    assert answer.content == b""
    return answer


@pytest.mark.parametrize("shape", [NGINX, CADDY])
def test_a_request_that_may_pass(gate: GateProcess, instance: Instance, shape: tuple[str, str]) -> None:
    key = instance.issue(rate_limit=9, rate_window_s=60)
    answer = ask(gate, key, shape=shape, User_Agent="curl/8")
    assert answer.status_code == 204
    assert answer.headers["X-Freehold-Project"] == instance.sandbox_id
    assert answer.headers["X-Freehold-Key"] == key.id
    assert answer.headers["X-Freehold-Environment"] == "sandbox"
    assert answer.headers["RateLimit-Policy"] == '"key:requests";q=9;w=60'
    assert answer.headers["RateLimit"].startswith('"key:requests";r=8;t=')
    assert "X-Freehold-Reason" not in answer.headers
    event = instance.event(answer.headers["X-Freehold-Request-Id"])
    assert (event.via, event.outcome, event.endpoint, event.path) == (
        "authorize",
        "allowed",
        "getCountry",
        "/v1/countries/NO",
    )
    assert (event.user_agent, event.address, event.status) == ("curl/8", "127.0.0.1", None)


def test_a_key_may_come_in_a_field_of_its_own(gate: GateProcess, instance: Instance) -> None:
    key = instance.issue()
    assert ask(gate, None, X_Api_Key=key.text).status_code == 204
    assert ask(gate, None, X_Api_Key=key.text, Authorization="Bearer something-of-the-upstream").status_code == 204
    assert ask(gate, key, X_Api_Key="something else").status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_envoy_asks_with_the_requests_own_method_and_path(gate: GateProcess, instance: Instance, method: str) -> None:
    key = instance.issue()
    path = {"GET": "countries", "POST": "reports", "PUT": "files/a", "DELETE": "countries/NO"}[method]
    answer = gate.client.request(
        method, f"/v1/authorize/v1/{path}?environment=production", headers={"Authorization": f"Bearer {key.text}"}
    )
    assert answer.status_code == (403 if method == "DELETE" else 200)
    assert answer.content == b""


@pytest.mark.parametrize(
    ("authorization", "status", "reason"),
    [("", 401, "malformed_key"), ("Basic eDp5", 401, "malformed_key"), ("Bearer fh_test_x", 401, "malformed_key")],
)
def test_without_a_key(gate: GateProcess, authorization: str, status: int, reason: str) -> None:
    answer = ask(gate, None, Authorization=authorization)
    assert (answer.status_code, answer.headers["X-Freehold-Reason"]) == (status, reason)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("query", "more", "status", "reason"),
    [
        ("?environment=production", {}, 403, "wrong_environment"),
        ("?environment=sandbox", {}, 204, None),
        ("", {"uri": "/nowhere"}, 403, "endpoint_unknown"),
        ("", {"method": "DELETE"}, 403, "endpoint_not_in_scope"),
        ("?environment=staging", {}, 400, "bad_request"),
        ("?status=200", {}, 400, "bad_request"),
        ("?environment=sandbox&environment=production", {}, 400, "bad_request"),
        ("?api=example", {}, 204, None),
        ("?api=nobodys", {}, 403, "endpoint_unknown"),
        ("?api=", {}, 400, "bad_request"),
        ("?status=own", {"uri": "/nowhere"}, 404, "endpoint_unknown"),
        ("?status=own", {"method": "DELETE"}, 403, "endpoint_not_in_scope"),
        ("?status=own&environment=production", {}, 403, "wrong_environment"),
        ("?enviroment=production", {}, 400, "bad_request"),
    ],
)
def test_what_the_proxys_configuration_says(
    gate: GateProcess, instance: Instance, query: str, more: dict[str, Any], status: int, reason: str | None
) -> None:
    answer = ask(gate, instance.issue(), query, **more)
    assert (answer.status_code, answer.headers.get("X-Freehold-Reason")) == (status, reason)


def test_a_key_of_one_api_opens_no_other_with_the_same_endpoints(gate: GateProcess, instance: Instance) -> None:
    with instance.store.write() as tx:
        instance.add_api(tx, "api_two", "another", None)
    key = instance.issue()
    assert ask(gate, key, "?api=example").status_code == 204
    answer = ask(gate, key, "?api=another")
    assert (answer.status_code, answer.headers["X-Freehold-Reason"]) == (403, "endpoint_not_in_scope")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ("environment=sandbox", 200),
        ("environment=production", 403),
        ("api=nobodys", 403),
        ("api=nobodys&status=own", 404),
        ("status=429", 400),
    ],
)
def test_envoys_options_come_in_a_field(gate: GateProcess, instance: Instance, options: str, status: int) -> None:
    key = instance.issue().text
    answer = gate.client.get(
        "/v1/authorize/v1/countries?api=example",
        headers={"Authorization": f"Bearer {key}", "X-Freehold-Options": options},
    )
    assert answer.status_code == status


def test_where_options_stand_in_the_query_a_field_is_not_read(gate: GateProcess, instance: Instance) -> None:
    assert ask(gate, instance.issue(), X_Freehold_Options="environment=production").status_code == 204


def test_a_limit_is_a_403_unless_its_own_status_is_asked_for(gate: GateProcess, instance: Instance) -> None:
    key = instance.issue(rate_limit=1, rate_window_s=30)
    assert ask(gate, key).status_code == 204
    for query, status in (("", 403), ("?status=own", 429)):
        answer = ask(gate, key, query)
        assert (answer.status_code, answer.headers["X-Freehold-Reason"]) == (status, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 30


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/v1/authorize", {"X-Original-URI": "/v1/countries"}),
        ("/v1/authorize", {"X-Original-Method": "GET"}),
        ("/v1/authorize", {}),
        (
            "/v1/authorize",
            {"X-Original-Method": "GET", "X-Original-URI": "/v1/countries", "X-Forwarded-Uri": "/v1/reports"},
        ),
        (
            "/v1/authorize",
            {"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/v1/reports", "X-Original-URI": "/v1/countries"},
        ),
        (
            "/v1/authorize",
            {"X-Original-Method": "GET", "X-Original-URI": "/v1/countries", "X-Forwarded-Method": "DELETE"},
        ),
        ("/v1/authorize/v1/reports", {"X-Original-URI": "/v1/countries"}),
        ("/v1/authorize/v1/countries", {"X-Original-Method": "DELETE"}),
    ],
)
def test_what_is_told_in_two_ways_or_not_at_all_is_denied(
    gate: GateProcess, instance: Instance, path: str, headers: dict[str, str]
) -> None:
    answer = gate.client.get(path, headers={"Authorization": f"Bearer {instance.issue().text}", **headers})
    assert (answer.status_code, answer.headers["X-Freehold-Reason"]) == (403, "endpoint_unknown")


def test_a_field_that_decides_may_be_there_once(gate: GateProcess, instance: Instance) -> None:
    key = instance.issue().text.encode()
    for line in (
        b"X-Original-URI: /v1/reports",
        b"X-Original-Method: POST",
        b"Authorization: Bearer x",
        b"X-Api-Key: y",
        b"X-Freehold-Options: api=another",
    ):
        first = line.partition(b":")[0]
        answer = gate.raw(
            b"GET /v1/authorize HTTP/1.1\r\nHost: x\r\nX-Original-URI: /v1/countries\r\nX-Original-Method: GET\r\n"
            b"X-Freehold-Options: api=example\r\nAuthorization: Bearer " + key + b"\r\n"
            b"X-Api-Key: " + key + b"\r\n" + line + b"\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 400 "), first


@pytest.mark.parametrize(
    ("forwarded", "status"),
    [
        ("10.1.1.1", 204),
        ("11.1.1.1", 403),
        ("10.1.1.1, 11.1.1.1", 403),
        ("11.1.1.1, 10.1.1.1", 204),
        ("10.1.1.1:4711", 204),
        ("10.1.1.1, 127.0.0.1", 204),
        ("11.1.1.1, garbage", 403),
        ("", 403),
    ],
)
def test_the_clients_address_is_the_last_that_no_trusted_proxy_has(
    gate: GateProcess, instance: Instance, forwarded: str, status: int
) -> None:
    key = instance.issue(allowed_cidrs=["10.0.0.0/8"])
    assert ask(gate, key, X_Forwarded_For=forwarded).status_code == status


def test_a_body_is_read_past(gate: GateProcess, instance: Instance) -> None:
    key = instance.issue().text
    for _ in range(2):
        answer = gate.client.post(
            "/v1/authorize/v1/reports", content=b"x" * 10_000, headers={"Authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 200
