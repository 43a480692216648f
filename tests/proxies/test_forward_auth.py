"""Each real server with exactly the configuration of docs/forward-auth: the gate decides, and nothing goes round it."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote, urlsplit

import pytest

from freehold.keys import credential
from freehold.kit import clock
from freehold.kit.secrets import random_base62
from tests.gate.gate_process import eventually
from tests.gate.instance import IssuedKey
from tests.proxies.world import Fields, Server, World

# What Traefik cannot do: another status than 500 for a gate that is gone, and a field of the gate's in the API's answer.
GONE = {"traefik": 500}
# Traefik waits for 30 seconds, HAProxy asks four times; both then answer as they do where it is gone.
SLOW_TO_GIVE_UP = {"traefik", "haproxy"}
SILENT_ABOUT_ID = {"traefik"}


def denied(
    world: World,
    server: Server,
    key: str | None,
    method: str = "GET",
    target: str = "/v1/countries/NO",
    fields: Fields = (),
    client: str = "127.0.0.2",
) -> tuple[int, str | None]:
    """Status and reason of a request that must not reach the API."""
    before = len(world.api.seen)
    answer = server.ask(key, method, target, fields, client=client)
    assert world.api.seen[before:] == []
    return answer.status, answer.reason


@pytest.fixture
def key(world: World) -> IssuedKey:
    return world.instance.issue()


# --- what may pass --------------------------------------------------------------------------------


def test_what_may_pass_reaches_the_api_with_freeholds_word_for_it(world: World, server: Server, key: IssuedKey) -> None:
    answer = server.ask(key.text, target="/v1/countries/NO?full=1&a=%20b", fields=[("User-Agent", "curl/8")])
    assert answer.status == 200
    seen = world.api.seen[-1]
    assert (seen.method, seen.target) == ("GET", "/v1/countries/NO?full=1&a=%20b")
    assert seen.header("X-Freehold-Project") == world.instance.sandbox_id
    assert seen.header("X-Freehold-Key") == key.id
    assert seen.header("X-Freehold-Environment") == "sandbox"
    request_id = seen.header("X-Freehold-Request-Id") or ""
    assert answer.request_id == (None if server.name in SILENT_ABOUT_ID else request_id)
    event = world.instance.event(request_id)
    assert (event.via, event.outcome, event.endpoint, event.path) == (
        "authorize",
        "allowed",
        "getCountry",
        "/v1/countries/NO",
    )
    assert (event.address, event.user_agent) == ("127.0.0.2", "curl/8")


def test_a_body_reaches_the_api_whole(world: World, server: Server, key: IssuedKey) -> None:
    for body in (b"", b"five!", b"0123456789" * 30_000):
        assert server.ask(key.text, "POST", "/v1/reports", body=body).status == 200
        assert (world.api.seen[-1].method, world.api.seen[-1].body) == ("POST", body)


def test_a_body_in_chunks_reaches_the_api_whole(world: World, server: Server, key: IssuedKey) -> None:
    assert server.ask(key.text, "POST", "/v1/reports", body=[b"one", b"two" * 1000, b"three"]).status == 200
    assert world.api.seen[-1].body == b"one" + b"two" * 1000 + b"three"


def test_head_is_asked_as_head(world: World, server: Server, key: IssuedKey) -> None:
    answer = server.ask(key.text, "HEAD", "/v1/countries")
    assert (answer.status, answer.body) == (200, b"")
    assert world.api.seen[-1].method == "HEAD"


def test_the_apis_own_answers_stay_its_own(world: World, server: Server, key: IssuedKey) -> None:
    for status in (400, 401, 403, 404, 429, 500, 503):
        answer = server.ask(key.text, target=f"/v1/countries?answer={status}")
        assert (answer.status, answer.reason) == (status, None)
        assert b'"target"' in answer.body


def test_connections_to_the_gate_are_kept(world: World, server: Server, key: IssuedKey) -> None:
    before = world.door.connections
    for _ in range(20):
        assert server.ask(key.text).status == 200
    # One for each of the server's threads, at most; without keep-alive it would be twenty.
    assert world.door.connections - before <= 4


# --- the key --------------------------------------------------------------------------------------


def test_the_key_does_not_reach_the_api(world: World, server: Server, key: IssuedKey) -> None:
    bearer = ("Authorization", f"Bearer {key.text}")
    presented: list[Fields] = [
        [bearer],
        [("authorization", f"bearer  {key.text}")],
        [("X-Api-Key", key.text)],
        [("x-api-key", key.text), bearer],
        [("X-Api-Key", key.text), ("Authorization", f"Token {key.text}")],
    ]
    for fields in presented:
        assert server.ask(None, fields=fields).status == 200, fields
        assert key.text not in str(world.api.seen[-1]), fields


def test_beside_x_api_key_the_apis_own_authorization_passes(world: World, server: Server, key: IssuedKey) -> None:
    fields = [("X-Api-Key", key.text), ("Authorization", "Bearer of-a-user")]
    assert server.ask(None, fields=fields).status == 200
    assert world.api.seen[-1].header("Authorization") == "Bearer of-a-user"
    assert world.api.seen[-1].header("X-Api-Key") is None


def test_two_keys_are_none(world: World, server: Server, key: IssuedKey) -> None:
    other = world.instance.issue()
    for name, prefix in (("Authorization", "Bearer "), ("X-Api-Key", "")):
        fields = [(name, prefix + key.text), (name, prefix + other.text)]
        status, _ = denied(world, server, None, fields=fields)
        assert status in (400, 401, 403), name


# --- denials --------------------------------------------------------------------------------------


def test_what_the_key_does_not_open(world: World, server: Server, key: IssuedKey) -> None:
    for method, target, status, reason in (
        ("DELETE", "/v1/countries/NO", 403, "endpoint_not_in_scope"),
        ("GET", "/nowhere", 404, "endpoint_unknown"),
        ("OPTIONS", "/v1/countries", 404, "endpoint_unknown"),
    ):
        assert denied(world, server, key.text, method, target) == (status, reason)


def test_keys_that_open_nothing(world: World, server: Server) -> None:
    revoked, expired = world.instance.issue(), world.instance.issue(expires_at=clock.now() - timedelta(days=1))
    world.instance.revoke(revoked)
    world.instance.settled()
    nobodys = credential.compose("fh", "sandbox", random_base62(12), random_base62(32))
    for text, reason in (
        (None, "malformed_key"),
        ("fh_test_x", "malformed_key"),
        (nobodys, "unknown_key"),
        (expired.text, "expired"),
        (revoked.text, "revoked"),
    ):
        assert denied(world, server, text) == (401, reason)
    challenge = server.ask(None).headers.get_all("WWW-Authenticate")
    assert challenge == ['Bearer realm="freehold"']


def test_a_project_that_is_archived_opens_nothing(world: World, server: Server) -> None:
    other = replace(world.instance, sandbox_id=f"proj_as_{server.name}", production_id=f"proj_ap_{server.name}")
    with other.store.write() as tx:
        other.add_projects(tx, other.organization_id, other.sandbox_id, other.production_id)
    issued = other.issue()
    assert server.ask(issued.text).status == 200
    other.archive(other.sandbox_id)
    other.settled()
    assert denied(world, server, issued.text) == (403, "project_archived")


def test_a_key_of_another_api_opens_nothing_here(world: World, server: Server) -> None:
    suffix = server.name
    other = replace(
        world.instance, api_id=f"api_{suffix}", sandbox_id=f"proj_s_{suffix}", production_id=f"proj_p_{suffix}"
    )
    with other.store.write() as tx:
        other.add_api(tx, other.api_id, f"api-{suffix}", None)
        other.add_projects(tx, other.organization_id, other.sandbox_id, other.production_id)
    assert denied(world, server, other.issue().text) == (403, "endpoint_not_in_scope")


def test_a_denial_is_written_down_and_names_its_request(world: World, server: Server, key: IssuedKey) -> None:
    answer = server.ask(key.text, "DELETE")
    event = world.instance.event(answer.request_id or "")
    assert (event.outcome, event.method, event.path, event.key_id) == (
        "endpoint_not_in_scope",
        "DELETE",
        "/v1/countries/NO",
        key.id,
    )


def test_a_limit_is_a_429_that_says_when_to_come_back(world: World, server: Server) -> None:
    limited = world.instance.issue(rate_limit=1, rate_window_s=30)
    assert server.ask(limited.text).status == 200
    answer = server.ask(limited.text)
    assert (answer.status, answer.reason) == (429, "rate_limited")
    assert 1 <= int(answer.headers["Retry-After"]) <= 30


def test_a_quota_that_is_spent_is_a_429_too(world: World, server: Server) -> None:
    limited = world.instance.issue(quota=1, quota_period="month")
    assert server.ask(limited.text).status == 200
    answer = server.ask(limited.text)
    assert (answer.status, answer.reason) == (429, "quota_exhausted")
    assert int(answer.headers["Retry-After"]) >= 1


def test_a_denied_body_does_not_reach_the_api(world: World, server: Server) -> None:
    before = len(world.api.seen)
    for _ in range(2):
        assert server.ask("fh_test_x", "POST", "/v1/reports", body=b"x" * 1000).status == 401
    assert world.api.seen[before:] == []


# --- the gate is not there ------------------------------------------------------------------------


def all_at_once(servers: list[Server], key: IssuedKey) -> dict[str, int]:
    """The status of each server's answer."""
    with ThreadPoolExecutor(len(servers)) as pool:
        answers = pool.map(lambda server: server.ask(key.text).status, servers)
        return dict(zip([server.name for server in servers], answers, strict=True))


def test_where_the_gate_is_gone_nothing_passes(world: World, started: dict[str, Server], key: IssuedKey) -> None:
    servers, before = list(started.values()), len(world.api.seen)
    with world.door.shut():
        answered = all_at_once(servers, key)
        assert answered == {name: GONE.get(name, 503) for name in started}
        assert world.api.seen[before:] == []
    assert all_at_once(servers, key) == dict.fromkeys(started, 200)


def test_where_the_gate_hangs_nothing_passes(world: World, started: dict[str, Server], key: IssuedKey) -> None:
    servers, before = [server for name, server in started.items() if name not in SLOW_TO_GIVE_UP], len(world.api.seen)
    with world.door.silent():
        assert all_at_once(servers, key) == {server.name: 503 for server in servers}
        assert world.api.seen[before:] == []
    assert all_at_once(servers, key) == {server.name: 200 for server in servers}


def test_where_the_gate_cannot_hear_its_database_nothing_passes(
    world: World, started: dict[str, Server], key: IssuedKey
) -> None:
    with world.instance.cut_off():
        eventually(lambda: world.gate.client.get("/readyz").status_code == 503)
        for server in started.values():
            status, reason = denied(world, server, key.text)
            assert (server.name, status) == (server.name, 503)
            assert reason in ("unavailable", None)
    eventually(lambda: world.gate.client.get("/readyz").status_code == 200)


# --- what a client says of itself -----------------------------------------------------------------

FORGED_QUESTIONS: list[Fields] = [
    [("X-Original-Method", "GET"), ("X-Original-URI", "/v1/countries")],
    [("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/v1/countries")],
    [("X-Original-URL", "/v1/countries"), ("X-Rewrite-URL", "/v1/countries")],
    [("X_Original_Method", "GET"), ("X_Original_URI", "/v1/countries"), ("X-Forwarded_Uri", "/v1/countries")],
    [("X-HTTP-Method-Override", "GET"), ("X-Method-Override", "GET"), ("X-HTTP-Method", "GET")],
    [("X-Freehold-Options", "api=another"), ("X-Freehold-Environment", "production")],
]


def test_no_field_of_the_client_changes_what_is_decided(world: World, server: Server, key: IssuedKey) -> None:
    for fields in FORGED_QUESTIONS:
        ask_with_forged(world, server, key, fields)


def ask_with_forged(world: World, server: Server, key: IssuedKey, fields: Fields) -> None:
    assert denied(world, server, key.text, method="DELETE", fields=fields) == (403, "endpoint_not_in_scope")
    deleting = [(name, value.replace("GET", "DELETE").replace("/v1/countries", "/nowhere")) for name, value in fields]
    assert server.ask(key.text, fields=deleting).status == 200
    seen = world.api.seen[-1]
    assert (seen.method, seen.target) == ("GET", "/v1/countries/NO")
    assert "DELETE" not in str(seen.headers)
    assert "/nowhere" not in str(seen.headers)


def test_nobody_speaks_in_freeholds_name(world: World, server: Server, key: IssuedKey) -> None:
    names = ["Project", "Key", "Environment", "Request-Id", "Reason", "Options"]
    for spelling in ("X-Freehold-{}", "x-freehold-{}", "X_Freehold_{}", "X-Freehold_{}", "x_freehold-{}"):
        fields = [(spelling.format(name), "forged") for name in names]
        assert server.ask(key.text, fields=fields).status == 200
        assert "forged" not in str(world.api.seen[-1].headers), spelling


FORGED_ADDRESSES: list[Fields] = [
    [],
    [("X-Forwarded-For", "127.0.0.2")],
    [("X-Forwarded-For", "127.0.0.2, 127.0.0.1"), ("X-Forwarded-For", "127.0.0.2")],
    [("X-Forwarded-For", "127.0.0.2,")],
    [("X_Forwarded_For", "127.0.0.2")],
    [("Forwarded", "for=127.0.0.2"), ("X-Real-Ip", "127.0.0.2"), ("X-Envoy-External-Address", "127.0.0.2")],
]


def test_a_client_cannot_say_where_it_calls_from(world: World, server: Server) -> None:
    homely = world.instance.issue(allowed_cidrs=["127.0.0.2/32"])
    for fields in FORGED_ADDRESSES:
        assert denied(world, server, homely.text, fields=fields, client="127.0.0.3") == (403, "address_not_allowed")
        elsewhere = [(name, value.replace("127.0.0.2", "127.0.0.3")) for name, value in fields]
        assert server.ask(homely.text, fields=elsewhere, client="127.0.0.2").status == 200, fields


def test_a_client_cannot_take_its_address_away(world: World, server: Server) -> None:
    """Without it, the gate would see the proxy's own."""
    homely = world.instance.issue(allowed_cidrs=["127.0.0.1/32"])
    for fields in ([("Connection", "X-Forwarded-For")], [("Connection", "close, x-forwarded-for, X-Freehold-Options")]):
        status, reason = denied(world, server, homely.text, fields=fields)
        # Envoy refuses such a request itself.
        assert (status, reason) in ((403, "address_not_allowed"), (400, None))


# --- paths ----------------------------------------------------------------------------------------


def one_meaning(target: str) -> str:
    """What the most liberal server could make of a target: decoded until nothing changes, dots resolved, slashes merged."""
    path, before = re.sub(r"^https?://[^/]*", "", target).partition("?")[0], ""
    while path != before:
        path, before = unquote(path), path
    kept: list[str] = []
    for segment in re.split(r"[/\\]+", path.partition("#")[0].partition(";")[0]):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    return "/" + "/".join(kept)


TARGETS = [
    "/v1/countries/../reports", "/v1/countries/%2e%2e/reports", "/v1/countries/..%2freports", "/v1/countries/.%2e/reports",
    "/v1/countries/%252e%252e/reports", "/v1/countries%2f..%2freports", "/v1/countries/..\\reports", "/v1/countries/..%5creports",
    "/v1/countries;/../reports", "/v1/countries/..;/reports", "/v1/reports;/../countries", "/v1/reports/../countries",
    "/v1/reports/%2e%2e/countries", "//v1/countries", "/v1//countries", "/v1/./countries", "/./v1/countries", "/../v1/countries",
    "/v1/countries/.", "/v1/countries/", "/v1/countries%2f", "/v1/countries%00", "/v1/countries%3f", "/v1/countries%23/../reports",
    "/v1/%63ountries", "/v1/%2563ountries", "/V1/Countries", "/v1/countries%20", "/v1/countries?/../reports", "/v1/countries?a=%2e%2e/",
    "/v1/reports?/../countries", "/v1/reports%3f/../countries", "/v1/countries/%c0%ae%c0%ae/reports", "/v1/countries/%ff", "/v1/countries%",
    "http://127.0.0.1/v1/countries", "http://127.0.0.1/v1/reports", "http://elsewhere.example/v1/countries",
    "http://127.0.0.1/v1/countries/../reports",
]  # fmt: skip


def test_a_path_is_decided_as_the_api_reads_it(world: World, server: Server) -> None:
    narrow = world.instance.issue(endpoints=["listCountries"])
    passed = {target for target in TARGETS if passes_as_meant(world, server, narrow, target)}
    assert {"/v1/countries?/../reports", "/v1/countries?a=%2e%2e/"} <= passed


def passes_as_meant(world: World, server: Server, narrow: IssuedKey, target: str) -> bool:
    """Whether a request passes; where it does, whatever the API could make of it is the one endpoint of the key."""
    before = len(world.api.seen)
    answer = server.ask(narrow.text, target=target)
    seen = world.api.seen[before:]
    if answer.status != 200:
        # Denied by the gate, or by the server before it asked.
        assert answer.status in (400, 403, 404), target
        assert seen == []
        return False
    assert [one_meaning(each.target) for each in seen] == ["/v1/countries"], target
    event = world.instance.event(seen[0].header("X-Freehold-Request-Id") or "")
    assert (event.outcome, event.endpoint) == ("allowed", "listCountries"), target
    assert event.path == urlsplit(seen[0].target).path, target
    return True


def test_a_parameter_goes_on_as_it_was_decided(world: World, server: Server, key: IssuedKey) -> None:
    for code in ("N%20O", "%C3%A5", "a+b", "n%7eo", "%41%42", "a:b@c", "100%25"):
        answer = server.ask(key.text, target=f"/v1/countries/{code}?q=%2e%2f")
        assert answer.status == 200, code
        seen = world.api.seen[-1]
        event = world.instance.event(seen.header("X-Freehold-Request-Id") or "")
        assert f"{event.path}?q=%2e%2f" == seen.target


def test_a_target_that_is_no_path_reaches_nothing(world: World, server: Server, key: IssuedKey) -> None:
    before = len(world.api.seen)
    # Caddy and Traefik answer the first themselves.
    for method, target in (("OPTIONS", "*"), ("CONNECT", "127.0.0.1:1"), ("GET", "v1/countries")):
        server.ask(key.text, method, target)
    assert world.api.seen[before:] == []
