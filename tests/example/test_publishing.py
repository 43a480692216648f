"""The example API publishes its events through Freehold, and answers whether or not Freehold is there."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from freehold.apis.documents import read_document
from freehold.apis.openapi import read_catalogue
from freehold.apis.schemas import accepts
from freehold.example.publishing import QUEUE_MAX, Event, Publisher
from freehold.kit import ids
from tests.example.example_process import Example, FreeholdStandIn, Published, running_example

WAIT_S = 20
PROJECT = ids.new_id("proj")
EVENT_TYPES = {
    each.name: each
    for each in read_catalogue(
        read_document((resources.files("freehold.example") / "openapi.yaml").read_bytes(), None)
    ).event_types
}


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "example.token"
    file.write_text("fho_first\n")
    return file


@pytest.fixture
def freehold() -> Iterator[FreeholdStandIn]:
    with FreeholdStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def example(freehold: FreeholdStandIn, token_file: Path) -> Iterator[Example]:
    variables = {"FREEHOLD_EXAMPLE_PUBLISH_URL": freehold.url, "FREEHOLD_EXAMPLE_TOKEN_FILE": str(token_file)}
    with running_example(variables) as process:
        yield process


def ask(url: str, method: str = "GET", json: Any = None, project: str = PROJECT) -> str:
    """Ask as the gateway does; the id of the request."""
    request = ids.new_id("req")
    headers = {"X-Freehold-Project": project, "X-Freehold-Request-Id": request}
    httpx.request(method, url, headers=headers, json=json)
    return request


def test_an_answered_request_publishes_its_event(example: Example, freehold: FreeholdStandIn) -> None:
    request = ask(f"{example.production}/v1/countries/NO?language=de")
    published = freehold.received.get(timeout=WAIT_S)
    assert (published.path, published.authorization) == (f"/v1/projects/{PROJECT}/messages", "Bearer fho_first")
    assert published.body["id"] == request
    assert published.body["event_type"] == "lookup.completed"
    payload = published.body["payload"]
    assert payload.pop("occurred_at").endswith("Z")
    assert payload == {
        "request_id": request, "operation": "get_country", "environment": "production",
        "parameters": {"country": "NO", "language": "de"}, "results": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("method", "target", "json", "event_type"),
    [
        ("GET", "/v1/countries?q=land", None, "lookup.completed"),
        ("GET", "/v1/currencies/NOK/countries", None, "lookup.completed"),
        ("POST", "/v1/lookups", {"countries": ["NO"]}, "lookup.completed"),
        (
            "POST",
            "/v1/time/conversions",
            {"local": "2026-07-01T09:00:00", "zone": "UTC", "targets": ["UTC"]},
            "time.converted",
        ),
        ("GET", "/v1/countries/QQ", None, "lookup.failed"),
        ("POST", "/v1/lookups", {"planets": []}, "lookup.failed"),
    ],
)
def test_what_is_published_agrees_with_the_document(
    example: Example, freehold: FreeholdStandIn, method: str, target: str, json: Any, event_type: str
) -> None:
    ask(example.sandbox + target, method, json)
    published = freehold.received.get(timeout=WAIT_S)
    assert published.body["event_type"] == event_type
    assert accepts(EVENT_TYPES[event_type].schema, published.body["payload"])


def test_only_requests_through_the_gateway_to_an_operation_are_told_of(
    example: Example, freehold: FreeholdStandIn
) -> None:
    httpx.get(f"{example.sandbox}/v1/countries/NO")
    ask(f"{example.sandbox}/v1/countries/NO", project="../../tokens")
    ask(f"{example.sandbox}/v1/planets")
    last = ask(f"{example.sandbox}/v1/countries/SE")
    assert freehold.received.get(timeout=WAIT_S).body["id"] == last


def test_an_event_is_sent_again_until_it_is_taken(
    example: Example, freehold: FreeholdStandIn, token_file: Path
) -> None:
    freehold.statuses.extend([503, 401])
    request = ask(f"{example.sandbox}/v1/countries/NO")
    first = freehold.received.get(timeout=WAIT_S)
    token_file.write_text("fho_second")
    tries = [first, freehold.received.get(timeout=WAIT_S), freehold.received.get(timeout=WAIT_S)]
    assert [each.body["id"] for each in tries] == [request] * 3
    assert tries[-1].authorization == "Bearer fho_second"


def test_an_event_that_is_refused_is_not_sent_again(example: Example, freehold: FreeholdStandIn) -> None:
    freehold.statuses.append(404)
    first, second = ask(f"{example.sandbox}/v1/countries/NO"), ask(f"{example.sandbox}/v1/countries/SE")
    got = [freehold.received.get(timeout=WAIT_S).body["id"] for _ in range(2)]
    assert got == [first, second]


def test_it_answers_while_freehold_is_away(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        # Bound, but not listening: every connection is refused. The token is not there either.
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        missing = str(tmp_path / "absent")
        with running_example({"FREEHOLD_EXAMPLE_PUBLISH_URL": url, "FREEHOLD_EXAMPLE_TOKEN_FILE": missing}) as example:
            for _ in range(20):
                ask(f"{example.sandbox}/v1/countries/NO")
            assert httpx.get(f"{example.sandbox}/v1/countries/NO").status_code == 200
            assert example.stop() == 0


def test_the_queue_is_bounded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    publisher = Publisher("http://127.0.0.1:1", tmp_path / "absent")
    event = Event(PROJECT, ids.new_id("req"), "lookup.completed", {})
    for _ in range(QUEUE_MAX):
        publisher.publish(event)
    assert not caplog.records
    publisher.publish(event)
    assert "is dropped" in caplog.text


def test_what_waits_is_sent_before_it_ends(example: Example, freehold: FreeholdStandIn) -> None:
    requests = [ask(f"{example.sandbox}/v1/countries/NO") for _ in range(10)]
    assert example.stop() == 0
    received: list[Published] = [freehold.received.get(timeout=WAIT_S) for _ in requests]
    assert [each.body["id"] for each in received] == requests


def test_it_serves_inherited_listeners_and_ends_on_sigterm() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sandbox, socket.create_server(("127.0.0.1", 0)) as production:
        variables = (
            f"FREEHOLD_EXAMPLE_SANDBOX_FD={sandbox.fileno()}",
            f"FREEHOLD_EXAMPLE_PRODUCTION_FD={production.fileno()}",
        )
        process = subprocess.Popen(
            [sys.executable, "-m", "freehold.example"],
            env=dict(each.split("=") for each in variables), pass_fds=[sandbox.fileno(), production.fileno()],
        )  # fmt: skip
        try:
            for listener, environment in ((sandbox, "sandbox"), (production, "production")):
                # The listener's backlog holds the request until the process is there.
                answer = httpx.get(f"http://127.0.0.1:{listener.getsockname()[1]}/v1/countries/NO", timeout=WAIT_S)
                assert answer.headers["x-example-environment"] == environment
            process.terminate()
            assert process.wait(WAIT_S) == 0
        finally:
            process.kill()
            process.wait()
