"""From nothing to the first explained number, with the commands alone."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.cli.conftest import Commands, Operator

PATIENCE_S = 30.0


class Receiver(ThreadingHTTPServer):
    """A stranger's webhook receiver, which keeps what it was sent."""

    def __init__(self) -> None:
        self.received: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Keeper)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks"


class _Keeper(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def look_up(operator: Operator, key: str, path: str) -> int:
    """Call the example API through the gateway; the answer's status."""
    url = f"{operator.instance.gate_url}/gateway/example{path}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def eventually(read: Callable[[], Any], fits: Callable[[Any], bool]) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not fits(value := read()):
        assert time.monotonic() < deadline, value
        time.sleep(0.05)
    return value


def test_from_setup_to_the_explained_number(cli: Commands, operator: Operator, receiver: Receiver) -> None:
    project = cli.json("projects", "create", "Parcel lookup", "--purpose", "Title records", "--product-line", "Land")
    assert project["environment"] == "sandbox"
    assert project["next_step"]["action"]

    scope = cli.json("scope", "set", "parcel-lookup", "-e", "get_country", "-t", "lookup.completed")
    assert scope["endpoints"] == ["get_country"]

    key = cli.json("keys", "issue", "-p", "parcel-lookup", "--name", "web", "--rate-limit", "600/60")
    assert key["secret"].startswith("fh_test_")
    assert look_up(operator, key["secret"], "/v1/countries/NO") == 200
    assert look_up(operator, key["secret"], "/v1/time-zones") == 403

    webhook = cli.json("webhooks", "create", "-p", "parcel-lookup", "--url", receiver.url, "-t", "lookup.completed")
    tested = cli.json("webhooks", "test", webhook["id"])
    assert tested["accepted"]
    headers, body = receiver.received[-1]
    assert Webhook(webhook["signing_secret"]).verify(body, headers)
    assert tested["delivery"] in cli("webhooks", "deliveries", webhook["id"])

    usage = eventually(
        lambda: cli.json("usage", "show", "-p", "parcel-lookup", "--group-by", "outcome"),
        lambda answer: answer["totals"]["requests"] == 2,
    )
    assert {group["id"]: group["requests"] for group in usage["groups"]} == {"allowed": 1, "endpoint_not_in_scope": 1}
    page = cli.json("requests", "list", "-p", "parcel-lookup", "--outcome", "endpoint_not_in_scope")
    [denied] = page["data"]
    explained = cli.json("requests", "show", denied["id"])["explanation"]
    assert explained["rule"] == "project.scope"
    shown = cli("requests", "show", denied["id"])
    assert "endpoint_not_in_scope" in shown
    assert explained["remedy"] in shown

    look_further(cli, denied["id"])

    report_units(cli, usage["totals"]["cost"])

    assert "scope" in cli("explain", key["id"], "GET", "/v1/time-zones")
    assert cli.json("explain", "-", "-e", "get_country", given=f"{key['secret']}\n")["allowed"]
    cli("scope", "add", "parcel-lookup", "-e", "list_time_zones")
    eventually(lambda: look_up(operator, key["secret"], "/v1/time-zones"), lambda status: status == 200)

    revoked = cli.json("keys", "revoke", key["id"])
    assert revoked["state"] == "revoked"
    assert revoked["confirmed_by"] == 1
    assert look_up(operator, key["secret"], "/v1/countries/NO") == 401


def look_further(cli: Commands, denied: str) -> None:
    """From what is not declared to its own requests, by the command that is printed beside it."""
    observed = cli("scope", "show", "parcel-lookup")
    assert "Denied, not declared: GET /v1/time-zones (1" in observed
    hint = "freehold requests list -p … --outcome endpoint_not_in_scope --path /v1/time-zones"
    assert hint in observed
    arguments = hint.replace("…", "parcel-lookup").split()[1:]
    assert [each["id"] for each in cli.json(*arguments)["data"]] == [denied]
    assert denied not in cli(*arguments, "--not", "path", "--not", "outcome")
    assert cli("requests", "list", "-p", "parcel-lookup", "--path", "/v1/time-zone") == "No requests.\n"
    assert "--path" in cli.fails("usage", "show", "-p", "parcel-lookup", "--path", "/v1/time-zones", status=2)


def report_units(cli: Commands, before: int) -> None:
    """Units without a request, and what the one allowed request cost in the end: each counts once."""
    metering = ("usage", "meter", "-p", "parcel-lookup", "--units", "40", "--source", "/reports", "--id", "report-1")
    assert cli(*metering).strip() == "40 units counted."
    assert "counted before" in cli(*metering)
    assert "report-1" in cli("usage", "metered", "-p", "parcel-lookup")
    [allowed] = cli.json("requests", "list", "-p", "parcel-lookup", "--outcome", "allowed")["data"]
    assert cli("requests", "cost", allowed["id"], "7").strip() == "7 units instead of 1."
    assert cli.json("usage", "show", "-p", "parcel-lookup")["totals"]["cost"] == before + 40 + 6


def test_a_published_message_is_delivered(cli: Commands, receiver: Receiver, new_project: Callable[..., Any]) -> None:
    project = new_project()["id"]
    webhook = cli.json("webhooks", "create", "-p", project, "--url", receiver.url, "-t", "lookup.completed")
    [example] = [
        each["example"]
        for each in cli.json("apis", "event-types", "example")["data"]
        if each["name"] == "lookup.completed"
    ]
    payload = json.dumps(example)
    message = cli.json(
        "messages", "publish", "-p", project, "-t", "lookup.completed", "--payload", payload, "--id", "a-1"
    )
    assert message["delivery_count"] == 1
    again = cli.json(
        "messages", "publish", "-p", project, "-t", "lookup.completed", "--payload", "-", "--id", "a-1", given=payload
    )
    assert again["id"] == message["id"]
    found = eventually(
        lambda: cli.json("webhooks", "deliveries", webhook["id"], "--state", "delivered"),
        lambda page: bool(page["data"]),
    )
    assert found["data"][0]["message"] == message["id"]
    assert "204" in cli("webhooks", "delivery", found["data"][0]["id"])
    (attempt,) = cli.json("webhooks", "delivery", found["data"][0]["id"])["attempts"]
    shown = cli("webhooks", "attempt", attempt["id"])
    assert "204" in shown
    assert found["data"][0]["id"] in shown
    assert "never" in cli("webhooks", "list", "-p", project)
    assert message["id"] in cli("messages", "list", "-p", project)
    assert "delivered" in cli("messages", "show", message["id"])
