"""Trying webhooks out in the terminal, end to end: listen, check, move the clock on, and the hosted inbox."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.cli.conftest import Commands
from tests.supervisor import commands

NewProject = Callable[..., dict[str, Any]]


@contextmanager
def listening(cli: Commands, *arguments: str) -> Iterator[Any]:
    """`freehold listen` in a process of its own, once it says that it listens."""
    environment = {name: value for name, value in cli.environment.items() if value is not None}
    with commands.start("listen", "--port", "0", *arguments, **environment) as process:
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            found = re.search(r"Listening on (http://127\.0\.0\.1:\d+/)(?: for (whe_\w+))?", said)
            assert found, said + process.stderr.read()
            yield process, found[1], found[2]
        finally:
            process.terminate()
            process.wait(commands.PATIENCE_S)


def until(look: Callable[[], Any]) -> Any:
    """What a look finds, once it finds something."""
    late = time.monotonic() + commands.PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < late
        time.sleep(0.05)
    return found


def test_a_receiver_in_the_terminal_passes_the_check(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    with listening(cli, "-p", project, "-t", "webhook.check", "--json") as (process, _, webhook):
        shown = cli("webhooks", "check", webhook)
        assert shown.count("passed  ") == 4
        process.terminate()
        heard = [json.loads(line) for line in process.stdout]
        assert process.wait(commands.PATIENCE_S) == 0
    assert [each["verdict"] for each in heard] == ["verified", "refused", "refused", "verified", "repeated"]
    assert [each["status"] for each in heard] == [200, 401, 401, 200, 200]
    assert heard[0]["type"] == "webhook.check"
    # Its endpoint went with it.
    assert cli.json("webhooks", "list", "-p", project)["data"] == []


def test_a_failing_receiver_is_seen_failing_without_waiting(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    with listening(cli, "-p", project, "-t", "lookup.completed", "--answer", "500") as (process, _, webhook):
        event = {
            "request_id": "req_1", "operation": "get_country", "environment": "sandbox",
            "occurred_at": "2026-01-15T09:30:00.250Z", "parameters": {"country": "NO"}, "results": 1,
        }  # fmt: skip
        cli("messages", "publish", "-p", project, "-t", "lookup.completed", "--payload", json.dumps(event))

        def tried(times: int) -> Any:
            def look() -> Any:
                (delivery,) = cli.json("webhooks", "deliveries", webhook)["data"]
                return delivery if delivery["attempt_count"] >= times else None

            return until(look)

        for times in (1, 2, 3):
            assert tried(times)["state"] == "pending"
            # It may come due by itself meanwhile; then nothing is moved.
            assert cli.json("webhooks", "advance", webhook)["advanced_s"] >= 0
        tried(4)
        assert "Moved on by" in cli("webhooks", "advance", webhook, "--by-s", "60")
        process.terminate()
        printed = process.stdout.read()
    assert printed.count("verified  lookup.completed") >= 4
    assert "→ 500" in printed


def test_what_listen_cannot_do_it_says(cli: Commands, new_project: NewProject) -> None:
    assert "Nothing can be verified without a secret" in cli.fails("listen", "--port", "0", status=2)
    assert "is all of it there?" in cli.fails("listen", "--port", "0", "--secret", "whsec_***", status=2)
    with listening(cli, "--secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") as (_, url, _):
        port = url.split(":")[2].strip("/")
        assert "cannot be listened on" in cli.fails("listen", "--port", port, status=2)
        assert httpx.post(url, content=b"{}").status_code == 401
        assert httpx.post(url, content=iter([b"{}"])).status_code == 411
        with socket.create_connection(("127.0.0.1", int(port))) as raw:
            raw.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n")
            assert raw.recv(100).startswith(b"HTTP/1.1 413 ")


def test_an_inbox_is_opened_used_read_and_cleared(cli: Commands, new_project: NewProject) -> None:
    project = new_project()["id"]
    assert "There is no such inbox" in cli.fails("inbox", "show", "-p", project)
    url = cli.json("inbox", "open", "-p", project)["url"]
    assert url in cli("inbox", "show", "-p", project)
    webhook = cli.json("webhooks", "create", "-p", project, "--url", url, "-t", "lookup.completed")["id"]
    assert cli.json("webhooks", "check", webhook)["state"] == "passed"
    assert "verified" in cli("inbox", "requests", "-p", project)
    assert "120 s" in cli("inbox", "open", "-p", project, "--answer", "429", "--retry-after", "120")
    assert cli.json("webhooks", "test", webhook, status=1)["attempt"]["response"]["status"] == 429
    cli("inbox", "clear", "-p", project, "--yes")
    assert "Nothing came yet" in cli("inbox", "requests", "-p", project)
