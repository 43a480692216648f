"""`/gateway/{api}/{path}`: what reaches the upstream, what comes back, and what is written down."""

import socket
import threading
import time
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, update

from freehold.kit import clock
from freehold.store import epoch, schema
from tests.gate.gate_process import GateProcess, eventually, receive
from tests.gate.instance import Instance, IssuedKey
from tests.gate.upstream import Upstream


def call(
    gate: GateProcess, key: IssuedKey, method: str = "GET", path: str = "/v1/countries/NO", **more: str
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key.text}", **{name.replace("_", "-"): value for name, value in more.items()}}
    return gate.client.request(method, f"/gateway/example{path}", headers=headers)


def head(key: IssuedKey, method: str = "GET", path: str = "/v1/countries/NO", *lines: str) -> bytes:
    first = (f"{method} /gateway/example{path} HTTP/1.1", "Host: api.test", f"X-Api-Key: {key.text}")
    return "\r\n".join((*first, *lines, "", "")).encode()


def test_a_call_goes_through(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    key = instance.issue(rate_limit=9, rate_window_s=60)
    instance.settled()
    upstream.answer = (
        b"HTTP/1.1 201 Made it\r\nX-Own: 1\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 4\r\n\r\nbody"
    )
    answer = call(gate, key, path="/v1/countries/NO?a=%20b&c")
    assert (answer.status_code, answer.reason_phrase, answer.content) == (201, "Made it", b"body")
    assert answer.headers["X-Own"] == "1"
    assert answer.headers.get_list("Set-Cookie") == ["a", "b"]
    assert answer.headers["X-Freehold-Project"] == instance.sandbox_id
    assert answer.headers["X-Freehold-Key"] == key.id
    assert answer.headers["RateLimit"].startswith('"key:requests";r=8')
    [received] = upstream.received
    assert received.line == "GET /v1/countries/NO?a=%20b&c HTTP/1.1"
    assert received.header("Host") == f"127.0.0.1:{upstream.port}"
    assert received.header("X-Forwarded-For") == "127.0.0.1"
    assert received.header("X-Forwarded-Host") == f"127.0.0.1:{gate.port}"
    assert received.header("X-Freehold-Project") == instance.sandbox_id
    assert received.header("X-Freehold-Environment") == "sandbox"
    assert received.header("X-Freehold-Request-Id") == answer.headers["X-Freehold-Request-Id"]
    event = instance.event(answer.headers["X-Freehold-Request-Id"])
    assert (event.outcome, event.via, event.status, event.endpoint) == ("allowed", "gateway", 201, "getCountry")
    assert event.path == "/v1/countries/NO"
    assert event.latency_us is not None


def test_each_environment_has_its_upstream(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    with Upstream(answer=b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlive") as production:
        instance.set_upstreams(upstream.url, production.url)
        instance.settled()
        assert call(gate, instance.issue()).content == b"ok"
        assert call(gate, instance.issue(environment="production")).content == b"live"
    assert (len(upstream.received), len(production.received)) == (1, 1)


def test_a_path_may_stand_before_the_upstreams(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.set_upstreams(f"{upstream.url}/base/")
    instance.settled()
    call(gate, instance.issue())
    assert upstream.received[0].line == "GET /base/v1/countries/NO HTTP/1.1"


def test_the_key_and_what_is_forged_stay_behind(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    other = instance.issue()
    key = instance.issue()
    lines = (
        "X-Freehold-Project: proj_forged", "X_Freehold_Project: proj_forged", "X-Forwarded-User: kept",
        "X_Forwarded_For: 6.6.6.6", "Forwarded: for=6.6.6.6", "X-HTTP-Method-Override: DELETE", "X-Original-URL: /admin",
        "X_Rewrite_Url: /admin", "Connection: keep-alive, X-Private", "X-Private: 1", "Proxy-Connection: x", "TE: trailers",
        f"Authorization: Bearer {other.text}", "Cookie: kept=1", "X_Api_Key: z", "Upgrade-Insecure-Requests: 1",
    )  # fmt: skip
    assert gate.raw(head(key, "GET", "/v1/countries", *lines)).startswith(b"HTTP/1.1 200 ")
    [received] = upstream.received
    names = {name.lower() for name, _ in received.headers}
    assert not names & {
        "x-api-key", "x_api_key", "authorization", "x_freehold_project", "x_forwarded_for", "forwarded", "te", "connection",
        "x-http-method-override", "x-original-url", "x_rewrite_url", "x-private", "proxy-connection", "keep-alive",
    }  # fmt: skip
    assert received.header("X-Freehold-Project") == instance.sandbox_id
    assert (received.header("Cookie"), received.header("X-Forwarded-User")) == ("kept=1", "kept")
    assert key.text not in str(received)
    assert other.text not in str(received)


def test_an_authorization_of_the_upstreams_own_goes_on(
    gate: GateProcess, instance: Instance, upstream: Upstream
) -> None:
    instance.settled()
    gate.raw(head(instance.issue(), "GET", "/v1/countries", "Authorization: Bearer of-the-upstream"))
    assert upstream.received[0].header("Authorization") == "Bearer of-the-upstream"


def test_what_an_upstream_forges_stays_behind(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    upstream.answer = (
        b"HTTP/1.1 200 OK\r\nX-Freehold-Project: proj_forged\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    answer = call(gate, instance.issue())
    assert answer.headers["X-Freehold-Project"] == instance.sandbox_id
    assert "X-Hop" not in answer.headers


@pytest.mark.parametrize(
    ("columns", "method", "path", "status", "reason"),
    [
        ({}, "GET", "/v1/nowhere", 404, "endpoint_unknown"),
        ({}, "GET", "", 404, "endpoint_unknown"),
        ({}, "GET", "/v1/countries/%2e%2e", 404, "endpoint_unknown"),
        ({}, "DELETE", "/v1/countries/NO", 403, "endpoint_not_in_scope"),
        ({"allowed_cidrs": ["10.0.0.0/8"]}, "GET", "/v1/countries", 403, "address_not_allowed"),
        ({"expires_at": clock.from_ms(1)}, "GET", "/v1/countries", 401, "expired"),
        ({"state": "revoked", "revoked_at": clock.from_ms(1)}, "GET", "/v1/countries", 401, "revoked"),
    ],
)
def test_a_denial_is_problem_json_and_reaches_nobody(
    gate: GateProcess, instance: Instance, upstream: Upstream,
    columns: dict[str, Any], method: str, path: str, status: int, reason: str,
) -> None:  # fmt: skip
    answer = call(gate, instance.issue(**columns), method, path)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, reason)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Freehold-Reason"] == reason
    assert body["request_id"] == answer.headers["X-Request-Id"] == answer.headers["X-Freehold-Request-Id"]
    assert {"type", "title", "detail"} <= body.keys()
    event = instance.event(body["request_id"])
    assert (event.outcome, event.status, event.project_id) == (reason, status, instance.sandbox_id)
    assert upstream.received == []


def test_no_key_and_a_spent_limit(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    nobody = gate.client.get("/gateway/example/v1/countries")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "malformed_key")
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    key = instance.issue(rate_limit=1, rate_window_s=10)
    assert call(gate, key).status_code == 200
    limited = call(gate, key)
    assert (limited.status_code, limited.json()["code"]) == (429, "rate_limited")
    assert 1 <= int(limited.headers["Retry-After"]) <= 10
    assert len(upstream.received) == 1


def test_a_key_opens_no_other_api(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    with instance.store.write() as tx:
        instance.add_api(tx, "api_other", "other", upstream.url)
        epoch.advance(tx, "api", "api_other", clock.now())
    instance.settled()
    headers = {"Authorization": f"Bearer {instance.issue().text}"}
    other = gate.client.get("/gateway/other/v1/countries", headers=headers)
    assert (other.status_code, other.json()["code"]) == (403, "endpoint_not_in_scope")
    nowhere = gate.client.get("/gateway/nowhere/v1/countries", headers=headers)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "endpoint_unknown")
    assert upstream.received == []


# --- upstreams that fail --------------------------------------------------------------------------


def test_an_upstream_that_is_not_there(gate: GateProcess, instance: Instance) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    instance.set_upstreams(url)
    instance.settled()
    answer = call(gate, instance.issue())
    assert (answer.status_code, answer.json()["code"]) == (502, "upstream_unreachable")
    event = instance.event(answer.headers["X-Freehold-Request-Id"])
    assert (event.outcome, event.status, event.latency_us) == ("allowed", 502, None)


def test_an_api_without_an_upstream(gate: GateProcess, instance: Instance) -> None:
    for upstream in (None, "bundled:example/sandbox", "ftp://x"):
        instance.set_upstreams(upstream)
        instance.settled()
        answer = call(gate, instance.issue())
        assert (answer.status_code, answer.json()["code"]) == (502, "upstream_unreachable")
        assert instance.event(answer.headers["X-Freehold-Request-Id"]).status == 502


@pytest.mark.parametrize(
    "broken",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_is_no_http(gate: GateProcess, instance: Instance, upstream: Upstream, broken: bytes) -> None:
    instance.settled()
    upstream.answer = broken
    answer = call(gate, instance.issue())
    assert (answer.status_code, answer.json()["code"]) == (502, "upstream_unreachable")
    assert instance.event(answer.headers["X-Freehold-Request-Id"]).status == 502


def test_an_upstream_that_closes_before_it_answers(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    upstream.answer, upstream.close = b"HTTP/1.1 200 OK\r\n", True
    assert call(gate, instance.issue()).status_code == 502


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
def test_a_cut_answer_is_seen_to_be_cut(gate: GateProcess, instance: Instance, upstream: Upstream, cut: bytes) -> None:
    instance.settled()
    upstream.answer, upstream.close = cut, True
    with pytest.raises(httpx.RemoteProtocolError):
        call(gate, instance.issue())


def test_a_kept_connection_that_was_closed_is_replaced(
    gate: GateProcess, instance: Instance, upstream: Upstream
) -> None:
    instance.settled()
    key = instance.issue()
    for _ in range(3):
        assert call(gate, key).status_code == 200
    assert upstream.connections == 1
    upstream.close = True
    assert call(gate, key).status_code == 200
    for _ in range(5):
        assert call(gate, key).status_code == 200
    assert upstream.connections > 1


# --- bodies ---------------------------------------------------------------------------------------


def test_bodies_of_every_framing_arrive(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    key, body = instance.issue(), bytes(range(256)) * 8192
    headers = {"Authorization": f"Bearer {key.text}"}
    url = "/gateway/example/v1/files/a"
    assert gate.client.put(url, content=body, headers=headers).status_code == 200
    parts = [body[at : at + 50_000] for at in range(0, len(body), 50_000)]
    assert gate.client.put(url, content=iter(parts), headers=headers).status_code == 200
    assert gate.client.put(url, content=b"", headers=headers).status_code == 200
    assert [each.body == body for each in upstream.received] == [True, True, False]
    assert [each.header("Content-Length") for each in upstream.received] == [str(len(body)), None, "0"]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n", b"abc"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n', b""),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ny", b"y"),
        (b"HTTP/1.1 599 Own Words\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
def test_answers_of_every_framing_arrive(
    gate: GateProcess, instance: Instance, upstream: Upstream, answer: bytes, body: bytes
) -> None:
    instance.settled()
    key = instance.issue()
    upstream.answer, upstream.close = answer, b"chunked" not in answer and b"Content-Length" not in answer
    for _ in range(2):
        assert call(gate, key).content == body


def test_head_has_no_body_and_keeps_its_length(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    key = instance.issue()
    upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    for _ in range(2):
        answer = call(gate, key, "HEAD", "/v1/countries")
        assert (answer.status_code, answer.headers["Content-Length"], answer.content) == (200, "1000", b"")
    assert upstream.connections == 1


def test_an_old_client_is_answered_in_its_manner(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    upstream.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    request = head(instance.issue()).replace(b"HTTP/1.1", b"HTTP/1.0")
    answer = gate.raw(request, until_close=True)
    assert answer.endswith(b"\r\n\r\nabc")
    assert b"chunked" not in answer
    assert b"Connection: close" in answer


def test_events_come_as_they_are_sent(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
    upstream.parts = [b"data: one\n\n", b"data: two\n\n"]
    upstream.between_parts = threading.Semaphore(0)
    upstream.close = True
    headers = {"Authorization": f"Bearer {instance.issue().text}"}
    with gate.client.stream("GET", "/gateway/example/v1/countries", headers=headers) as answer:
        parts = answer.iter_raw()
        for part in (b"data: one\n\n", b"data: two\n\n"):
            upstream.between_parts.release()
            assert next(parts) == part
        assert list(parts) == []


def test_a_large_answer_waits_for_a_slow_reader(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    """What the client has not taken is left with the upstream, not gathered in the gate."""
    instance.settled()
    part, count = b"x" * 65536, 1024
    upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(part) * count)
    upstream.parts = [part] * count
    with socket.create_connection(("127.0.0.1", gate.port), timeout=20) as client:
        client.sendall(head(instance.issue(), "GET", "/v1/countries", "Connection: close"))
        received = len(client.recv(1))
        sent = -1
        while sent != upstream.parts_sent:
            sent = upstream.parts_sent
            time.sleep(0.3)
        assert sent < count
        while data := client.recv(1 << 20):
            received += len(data)
    assert upstream.parts_sent == count
    assert received > len(part) * count


# --- clients that are special ---------------------------------------------------------------------


def test_a_client_that_waits_for_our_word_gets_it(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    request = head(
        instance.issue(), "PUT", "/v1/files/a", "Content-Length: 4", "Expect: 100-continue", "Connection: close"
    )
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as client:
        client.sendall(request)
        assert client.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"body")
        assert receive(client).startswith(b"HTTP/1.1 200 ")
    assert upstream.received[0].body == b"body"
    assert upstream.received[0].header("Expect") is None


def test_a_denied_client_need_not_send_its_body(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    request = head(instance.issue(), "PUT", "/nowhere", "Content-Length: 99999999", "Expect: 100-continue")
    answer = gate.raw(request, until_close=True)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"Connection: close" in answer
    assert upstream.received == []


def test_a_denied_upload_is_answered_although_it_is_not_read(gate: GateProcess, instance: Instance) -> None:
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as client:
        client.sendall(head(instance.issue(), "PUT", "/nowhere", "Content-Length: 8000000") + b"x" * 400_000)
        assert receive(client).startswith(b"HTTP/1.1 404 ")


def test_a_short_leftover_body_does_not_end_the_connection(
    gate: GateProcess, instance: Instance, upstream: Upstream
) -> None:
    instance.settled()
    key = instance.issue()
    denied = head(key, "PUT", "/nowhere", "Content-Length: 5") + b"12345"
    answers = gate.raw(denied + head(key, "GET", "/v1/countries", "Connection: close"), until_close=True)
    assert answers.count(b"HTTP/1.1 404 ") == 1
    assert answers.count(b"HTTP/1.1 200 ") == 1


def test_a_client_that_leaves_is_written_down_and_the_upstream_let_go(
    gate: GateProcess, instance: Instance, upstream: Upstream
) -> None:
    instance.settled()
    key, upstream.hold = instance.issue(), threading.Event()
    with socket.create_connection(("127.0.0.1", gate.port), timeout=10) as client:
        client.sendall(head(key))
        eventually(lambda: upstream.received)
    event = eventually(lambda: [each for each in instance.events() if each.key_id == key.id])[0]
    assert (event.outcome, event.status) == ("allowed", 499)
    upstream.hold.set()
    assert upstream.gone.wait(10)


def test_a_broken_upload_is_answered_and_written_down(
    gate: GateProcess, instance: Instance, upstream: Upstream
) -> None:
    key = instance.issue()
    # Only what was decided is written down: the gate must not forget the key once more before the upload.
    instance.settled()
    assert call(gate, key).status_code == 200
    request = head(key, "PUT", "/v1/files/a", "Transfer-Encoding: chunked") + b"3\r\nabc\r\nnonsense\r\n"
    answer = gate.raw(request, until_close=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    events = [each for each in instance.events() if each.key_id == key.id]
    assert [(event.outcome, event.status) for event in events] == [("allowed", 200), ("allowed", 400)]


@pytest.mark.parametrize("protocol", ["websocket", "h2c, websocket", "TLS/1.0"])
def test_an_upgrade_is_refused_clearly(
    gate: GateProcess, instance: Instance, upstream: Upstream, protocol: str
) -> None:
    request = head(instance.issue(), "GET", "/v1/countries", "Connection: Upgrade", f"Upgrade: {protocol}")
    answer = gate.raw(request, until_close=True)
    assert answer.startswith(b"HTTP/1.1 501 ")
    assert b'"code":"not_implemented"' in answer
    assert upstream.received == []


def test_an_offer_of_http_2_is_passed_over(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    key = instance.issue()
    offer = head(
        key, "GET", "/v1/countries", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMA"
    )
    answers = gate.raw(offer + head(key, "GET", "/v1/countries", "Connection: close"), until_close=True)
    assert answers.count(b"HTTP/1.1 200 ") == 2
    assert upstream.received[0].header("Upgrade") is None


def test_pipelined_calls_are_answered_in_order(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    key = instance.issue()
    paths = ["/v1/countries", "/nowhere", "/v1/countries/NO", "/v1/countries/%2e%2e", "/v1/countries/SE"]
    requests = b"".join(head(key, "GET", path) for path in paths[:-1]) + head(
        key, "GET", paths[-1], "Connection: close"
    )
    answers = gate.raw(requests, until_close=True)
    statuses = [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200", b"404", b"200"]
    assert [each.line.split()[1] for each in upstream.received] == paths[::2]


def test_the_operator_may_let_the_upstream_have_the_key(
    gate: GateProcess, instance: Instance, upstream: Upstream
) -> None:
    key = instance.issue()
    for passes in (True, False):
        with instance.store.write() as tx:
            tx.execute(update(schema.apis).where(schema.apis.c.id == instance.api_id).values(pass_key=passes))
            epoch.advance(tx, "api", instance.api_id, clock.now())
        instance.settled()
        assert call(gate, key).status_code == 200
        expected = f"Bearer {key.text}" if passes else None
        assert upstream.received[-1].header("Authorization") == expected


def test_a_catalogue_that_changes_is_followed(gate: GateProcess, instance: Instance, upstream: Upstream) -> None:
    instance.settled()
    key = instance.issue()
    assert call(gate, key, path="/v2/new").status_code == 404
    with instance.store.write() as tx:
        tx.execute(
            insert(schema.endpoints).values(
                api_id=instance.api_id, operation_id="new", method="GET", path="/v2/new", summary="", position=99
            )
        )
        tx.execute(
            insert(schema.scope_endpoints).values(
                project_id=instance.sandbox_id, operation_id="new", api_id=instance.api_id
            )
        )
        epoch.advance(tx, "api", instance.api_id, clock.now())
        epoch.advance(tx, "project", instance.sandbox_id, clock.now())
    instance.settled()
    assert call(gate, key, path="/v2/new").status_code == 200
    with instance.store.write() as tx:
        tx.execute(
            update(schema.endpoints).where(schema.endpoints.c.operation_id == "new").values(removed_at=clock.now())
        )
        epoch.advance(tx, "api", instance.api_id, clock.now())
    instance.settled()
    assert call(gate, key, path="/v2/new").status_code == 404
