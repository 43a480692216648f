"""ASGI: who may pass, what the application and the client see of it, and what is counted."""

import asyncio
from typing import Any

import pytest

from freehold.sdk.asgi import FreeholdMiddleware, Message, Receive, Scope, Send
from freehold.sdk.guard import Guard
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance
from tests.sdk.middleware.calling import COUNTRY, call, guarded, plain_app, request_id_of, row_of, send_nothing
from tests.sdk.middleware.conftest import MakeGuard


def test_an_allowed_request(guard: Guard, instance: Instance) -> None:
    key = instance.issue()
    answer = call(guarded(guard), key=key.text)
    assert (answer.status_code, answer.json()) == (200, {"project": instance.sandbox_id, "key": key.id})
    assert answer.headers["x-freehold-project"] == instance.sandbox_id
    assert answer.headers["x-freehold-key"] == key.id
    assert answer.headers["x-freehold-environment"] == "sandbox"
    row = row_of(instance.store, request_id_of(answer))
    assert (row.outcome, row.status, row.via, row.endpoint) == ("allowed", 200, "sdk", "getCountry")
    assert (row.address, row.path, row.cost, row.project_id) == ("198.51.100.7", COUNTRY, 1, instance.sandbox_id)


def test_every_denial_is_the_gateways(guard: Guard, instance: Instance, gate: GateProcess) -> None:
    """The same status, fields and body as the gateway has for the same request, but for ids and times."""
    live = instance.issue()
    elsewhere = instance.issue(allowed_cidrs=["203.0.113.0/24"])
    narrow = instance.issue(endpoints=["listCountries"])
    revoked = instance.issue()
    instance.revoke(revoked)
    spent = instance.issue(rate_limit=1, rate_window_s=3600)
    instance.settled()
    app = guarded(guard)
    assert call(app, key=spent.text).status_code == 200
    tried: list[tuple[str | None, str, int, str]] = [
        (None, COUNTRY, 401, "malformed_key"),
        ("fh_test_nonsense", COUNTRY, 401, "malformed_key"),
        (_other_secret(live.text), COUNTRY, 401, "unknown_key"),
        (revoked.text, COUNTRY, 401, "revoked"),
        (live.text, "/v1/nothing", 404, "endpoint_unknown"),
        (live.text, "/v1/countries/%2E%2E/NO", 404, "endpoint_unknown"),
        (narrow.text, COUNTRY, 403, "endpoint_not_in_scope"),
        (elsewhere.text, COUNTRY, 403, "address_not_allowed"),
        (spent.text, COUNTRY, 429, "rate_limited"),
    ]
    for key, path, status, reason in tried:
        ours = call(app, path, key)
        theirs = gate.client.get(f"/gateway/example{path}", headers={"X-Api-Key": key} if key else {})
        assert (ours.status_code, ours.json()["code"]) == (status, reason)
        assert ours.headers["x-freehold-reason"] == reason
        assert {**ours.json(), "request_id": ""} == {**theirs.json(), "request_id": ""}
        both = ours.headers.keys() | {"date", "x-request-id"}
        assert {name.lower() for name in theirs.headers} <= both | {"connection"}
        row = row_of(instance.store, request_id_of(ours))
        assert (row.outcome, row.status) == (reason, status)
    ours = call(app, key=spent.text)
    theirs = gate.client.get(f"/gateway/example{COUNTRY}", headers={"X-Api-Key": spent.text})
    assert ours.headers["ratelimit-policy"] == theirs.headers["ratelimit-policy"] == '"key:requests";q=1;w=3600'
    assert 3590 <= int(ours.headers["retry-after"]) <= 3600
    production = call(app, key=instance.issue(environment="production").text)
    assert (production.status_code, production.json()["code"]) == (403, "wrong_environment")


def _other_secret(text: str) -> str:
    """A key of the right form, with another secret under the same selector."""
    from freehold.keys import credential  # noqa: PLC0415 (used by this one test)

    parts = credential.parse(text, "fh")
    assert parts is not None
    return credential.compose("fh", parts.environment, parts.selector, parts.secret[::-1])


def test_an_application_that_is_another_api(make_guard: MakeGuard, instance: Instance) -> None:
    answer = call(guarded(make_guard(api="something-else")), key=instance.issue().text)
    assert (answer.status_code, answer.json()["code"]) == (403, "endpoint_not_in_scope")
    assert call(guarded(make_guard(api="example", folder="own")), key=instance.issue().text).status_code == 200


def test_a_key_is_asked_for_once(guard: Guard, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    key, invented = instance.issue(), _other_secret(instance.issue().text)
    app = guarded(guard)
    call(app, key=key.text)
    call(app, key=invented)
    asked: list[str] = []
    process = guard.begin()
    monkeypatch.setattr(process._link, "key", lambda text, _apis: asked.append(text))
    for _ in range(5):
        assert call(app, key=key.text).status_code == 200
        assert call(app, key=invented).status_code == 401
        assert call(app, key="fh_test_AAAAAAAAAAAA_" + "b" * 38).status_code == 401
    assert asked == []


def test_nothing_of_a_key_stays_in_memory_that_opens_anything(guard: Guard, instance: Instance) -> None:
    key = instance.issue()
    call(guarded(guard), key=key.text)
    process = guard.begin()
    [entry] = process._keyring.entries.values()
    kept = repr((process._keyring.entries.keys(), entry.record, entry.bare, guard, process._link))
    assert key.text not in kept
    assert key.text[21:53] not in kept
    assert guard._token not in kept


def test_exempt_paths_and_costs(guard: Guard, instance: Instance) -> None:
    key = instance.issue(rate_limit=10, rate_window_s=3600)
    app = guarded(guard, exempt={"/healthz"}, cost=lambda scope: 4 if scope["method"] == "GET" else 1)
    free = call(app, "/healthz")
    assert (free.status_code, free.json()) == (200, {"project": None, "key": None})
    assert "x-freehold-request-id" not in free.headers
    answers = [call(app, key=key.text) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert row_of(instance.store, request_id_of(answers[0])).cost == 4
    with pytest.raises(ValueError, match="a cost is a whole number"):
        guarded(guard, cost=0)
    with pytest.raises(TypeError, match="not one path"):
        guarded(guard, exempt="/healthz")


def test_an_application_that_fails(guard: Guard, instance: Instance) -> None:
    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("the application fails")

    key, ids = instance.issue(), []

    async def remember(scope: Scope, receive: Receive, send: Send) -> None:
        ids.append(scope["freehold"].request_id)
        await failing(scope, receive, send)

    call(FreeholdMiddleware(remember, guard), key=key.text)
    assert row_of(instance.store, ids[0]).status == 500


def test_a_client_that_leaves_before_its_answer(guard: Guard, instance: Instance) -> None:
    ids: list[str] = []

    async def reading(scope: Scope, receive: Receive, send: Send) -> None:
        ids.append(scope["freehold"].request_id)
        if (await receive())["type"] == "http.disconnect":
            raise ConnectionError("nobody is there")

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    scope = _scope(instance.issue().text)
    with pytest.raises(ConnectionError):
        asyncio.run(_run(FreeholdMiddleware(reading, guard)(scope, gone, send_nothing)))
    assert row_of(instance.store, ids[0]).status == 499


def test_a_stream_passes_as_it_comes(guard: Guard, instance: Instance) -> None:
    """Each part is with the client before the next is made, and the event is written before the first."""
    seen: list[Message] = []

    async def streaming(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 206, "headers": [(b"x-own", b"1")]})
        for part in range(3):
            assert len(seen) == part + 1
            await send({"type": "http.response.body", "body": b"%d" % part, "more_body": part < 2})

    async def take(message: Message) -> None:
        if not seen:
            assert guard.begin()._journal.place() != before
        seen.append(message)

    key = instance.issue()
    call(guarded(guard), key=key.text)
    before = guard.begin()._journal.place()
    asyncio.run(_run(FreeholdMiddleware(streaming, guard)(_scope(key.text), _no_body, take)))
    assert [each.get("body") for each in seen] == [None, b"0", b"1", b"2"]
    assert seen[0]["headers"][0] == (b"x-own", b"1")


def test_what_cannot_be_written_down_is_not_answered(
    guard: Guard, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, app = instance.issue(), guarded(guard)
    assert call(app, key=key.text).status_code == 200

    def full(_event: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(guard.begin()._journal, "write", full)
        answers = [call(app, key=key.text) for _ in range(2)]
    assert [each.status_code for each in answers] == [503, 503]
    assert all("write its decision down" in each.json()["detail"] for each in answers)
    # The next one is denied for being possibly not recordable, and finds that it is again.
    assert [call(app, key=key.text).status_code for _ in range(2)] == [503, 200]


def test_paths_are_decided_as_they_were_sent(guard: Guard, instance: Instance) -> None:
    key, app = instance.issue().text, guarded(guard)
    assert call(app, "/v1/countries/N%4F", key).status_code == 200
    assert call(app, "/v1/countries/N%4F?x=%2F..", key).status_code == 200
    assert call(app, "/v1/countries%2FNO", key).status_code == 404
    mounted = _scope(key) | {"path": "/api/v1/countries/Å", "root_path": "/api", "raw_path": None}
    assert asyncio.run(_status(app, mounted)) == 200
    below = FreeholdMiddleware(plain_app, guard, base_path="/v1")
    assert asyncio.run(_status(below, _scope(key) | {"path": "/countries/NO", "raw_path": b"/countries/NO"})) == 200


def test_the_caller_behind_trusted_proxies(guard: Guard, instance: Instance) -> None:
    key = instance.issue(allowed_cidrs=["203.0.113.0/24"]).text
    forwarded = {"X-Forwarded-For": "203.0.113.9"}
    assert call(guarded(guard), key=key, headers=forwarded).status_code == 403
    trusting = guarded(guard, trusted_proxies=["198.51.100.0/24"])
    assert call(trusting, key=key, headers=forwarded).status_code == 200
    assert call(trusting, key=key, headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.1"}).status_code == 403


def test_web_socket_handshakes(guard: Guard, instance: Instance) -> None:
    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "headers": []})

    key = instance.issue()
    app = FreeholdMiddleware(echo, guard)
    accepted = asyncio.run(_messages(app, _scope(key.text) | {"type": "websocket"}))
    assert [each["type"] for each in accepted] == ["websocket.accept"]
    fields = dict(accepted[0]["headers"])
    assert row_of(instance.store, fields[b"x-freehold-request-id"].decode()).status == 101
    closed = asyncio.run(_messages(app, _scope("nonsense") | {"type": "websocket"}))
    assert closed == [{"type": "websocket.close", "code": 1008, "reason": "malformed_key"}]
    extended = _scope("nonsense") | {"type": "websocket", "extensions": {"websocket.http.response": {}}}
    assert [each.get("status") for each in asyncio.run(_messages(app, extended))] == [401, None]


def _scope(key: str) -> dict[str, Any]:
    return {
        "type": "http", "method": "GET", "path": COUNTRY, "raw_path": COUNTRY.encode(), "query_string": b"",
        "client": ("198.51.100.7", 1), "headers": [(b"x-api-key", key.encode())],
    }  # fmt: skip


async def _no_body() -> Message:
    return {"type": "http.request", "body": b""}


async def _run(awaitable: Any) -> None:
    await awaitable


async def _messages(app: FreeholdMiddleware, scope: Scope) -> list[Message]:
    seen: list[Message] = []

    async def connect() -> Message:
        return {"type": "websocket.connect"}

    async def take(message: Message) -> None:
        seen.append(message)

    await app(scope, connect, take)
    return seen


async def _status(app: FreeholdMiddleware, scope: Scope) -> int:
    seen: list[Message] = []

    async def take(message: Message) -> None:
        seen.append(message)

    await app(scope, _no_body, take)
    status: int = seen[0]["status"]
    return status
