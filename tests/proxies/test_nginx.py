"""What is nginx's alone: denials as problem+json, its own errors beside the gate's, and the decision cache with its price."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from freehold.keys.records import DENIAL_STATUS
from tests.gate.gate_process import eventually
from tests.gate.instance import IssuedKey
from tests.proxies import servers
from tests.proxies.world import Server, World


@pytest.fixture
def key(world: World) -> IssuedKey:
    return world.instance.issue()


@pytest.fixture(scope="module")
def caching(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the decision cache switched on as the page says, and a location that nginx itself keeps shut."""
    folder = tmp_path_factory.mktemp("caching")

    def change(text: str) -> str:
        text = text.replace("#cache ", "").replace("/dev/shm/freehold-decisions", str(folder / "decisions"))
        return text.replace("    location / {", "    location /shut { deny all; }\n    location / {")

    def command(ports: servers.Ports, folder: Path) -> list[str]:
        return servers.nginx(ports, folder, change)

    with servers.running(command, world.door.port, world.api.port, folder) as url:
        yield Server("nginx", url)


def test_a_denial_is_a_problem_in_the_words_of_the_gateway(world: World, caching: Server, key: IssuedKey) -> None:
    limited = world.instance.issue(rate_limit=1, rate_window_s=30, endpoints=["listCountries"])
    assert caching.ask(limited.text, target="/v1/countries").status == 200
    for presented, method, target, status, code in (
        ("fh_test_x", "GET", "/v1/countries", 401, "malformed_key"),
        (key.text, "DELETE", "/v1/countries/NO", 403, "endpoint_not_in_scope"),
        (key.text, "GET", "/nowhere", 404, "endpoint_unknown"),
        (limited.text, "GET", "/v1/countries?another=1", 429, "rate_limited"),
    ):
        answer = caching.ask(presented, method, target)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Cache-Control"] == "no-store"
        problem = json.loads(answer.body)
        assert problem.pop("title")
        assert problem == {
            "type": f"urn:freehold:error:{code}", "status": status, "code": code, "request_id": answer.request_id,
        }  # fmt: skip
        assert answer.status == status


def test_every_reason_has_its_status() -> None:
    """The map from reasons to statuses, read as nginx reads it, against the gateway's own."""
    text = (servers.DOCS / "nginx" / "freehold.conf").read_text("utf-8")
    found = re.search(r"^map \$freehold_reason \$freehold_status \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    assert found
    rows = [line.split() for line in found[1].replace(";", "").splitlines()]

    def status(reason: str) -> int:
        for pattern, value in ((pattern.strip('"'), value) for pattern, value in rows):
            if pattern == reason or (pattern.startswith("~") and re.search(pattern[1:], reason)):
                return int(value)
        [[_, value]] = [row for row in rows if row[0] == "default"]
        return int(value)

    # Unavailable is a 503 of the gate, which nginx takes for an error and the configuration for silence.
    assert {reason: status(reason) for reason in DENIAL_STATUS if reason != "unavailable"} == {
        reason: status for reason, status in DENIAL_STATUS.items() if reason != "unavailable"
    }


def test_a_gate_that_is_gone_is_a_problem_too(world: World, caching: Server, key: IssuedKey) -> None:
    with world.door.shut():
        answer = caching.ask(key.text, target="/v1/countries?gone=1")
    assert (answer.status, json.loads(answer.body)["code"]) == (503, "unavailable")


def test_an_answer_says_how_the_limits_stand(world: World, caching: Server) -> None:
    limited = world.instance.issue(rate_limit=5, rate_window_s=30)
    answer = caching.ask(limited.text)
    assert answer.headers["RateLimit-Policy"] == '"key:requests";q=5;w=30'
    assert answer.headers["RateLimit"].startswith('"key:requests";r=4;')
    assert answer.headers["Retry-After"] is None


def test_what_nginx_itself_refuses_stays_its_own(world: World, caching: Server, key: IssuedKey) -> None:
    answer = caching.ask(key.text, target="/shut")
    assert (answer.status, answer.reason) == (403, None)
    assert answer.headers["Content-Type"] == "text/html"
    assert caching.ask(key.text, target="/_freehold/authorize").status == 404


def test_a_kept_decision_is_neither_counted_nor_limited(world: World, caching: Server) -> None:
    limited = world.instance.issue(rate_limit=1, rate_window_s=3600)
    answers = [caching.ask(limited.text) for _ in range(3)]
    passed = [answer.request_id for answer in answers if answer.status == 200]
    # Within its second, the first decision stands for all of them: one request id, one usage event.
    assert set(passed) == {answers[0].request_id}
    assert len([event for event in world.instance.events() if event.key_id == limited.id]) == 1 + 3 - len(passed)


def test_a_kept_decision_is_for_the_same_request_of_the_same_caller_alone(world: World, caching: Server) -> None:
    narrow = world.instance.issue(endpoints=["listCountries"], allowed_cidrs=["127.0.0.2/32"])

    for presented, method, target, client, status in (
        (narrow.text, "GET", "/v1/countries", "127.0.0.2", 200),
        (narrow.text, "DELETE", "/v1/countries", "127.0.0.2", 404),
        (narrow.text, "GET", "/v1/countries/NO", "127.0.0.2", 403),
        (narrow.text, "GET", "/v1/countries", "127.0.0.3", 403),
        ("fh_test_x", "GET", "/v1/countries", "127.0.0.2", 401),
    ):
        assert caching.ask(narrow.text, target="/v1/countries").status == 200
        assert caching.ask(presented, method, target, client=client).status == status


def test_a_denial_is_not_kept(world: World, caching: Server, key: IssuedKey) -> None:
    first, second = (caching.ask(key.text, "DELETE") for _ in range(2))
    assert first.request_id != second.request_id


def test_a_revoked_key_is_refused_once_its_decision_is_over(world: World, caching: Server, key: IssuedKey) -> None:
    assert caching.ask(key.text).status == 200
    world.instance.revoke(key)
    world.instance.settled()
    eventually(lambda: caching.ask(key.text).status == 401)
