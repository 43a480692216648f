"""What commands say and return when something is not right: with a server, without one, with another one."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.cli.conftest import Commands

Served = Callable[[int, str, str], str]


@contextmanager
def serving(status: int, media_type: str, body: str) -> Iterator[str]:
    """A server that answers everything alike; its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def said(stranger: Commands, status: int, media_type: str, body: str, exit_status: int) -> str:
    with serving(status, media_type, body) as url:
        return stranger.fails("apis", "list", status=exit_status, FREEHOLD_URL=url, FREEHOLD_TOKEN="fhp_x")


def test_a_problem_is_told_by_title_and_detail(stranger: Commands) -> None:
    problem = {"title": "Your role does not allow this", "detail": "Ask an owner.", "status": 403, "code": "forbidden"}
    text = said(stranger, 403, "application/problem+json", json.dumps(problem), 1)
    assert text == "freehold: Your role does not allow this. Ask an owner.\n"


def test_wrong_fields_are_told_one_a_line(stranger: Commands) -> None:
    errors = [
        {"field": "name", "message": "Fill this in.", "code": "required"},
        {"field": "url", "message": "No \x1b."},
        {"field": "quota.period", "message": "quota.period: 'eaten' is none of hour, day, month."},
    ]
    problem = {"title": "Some fields are not right", "detail": "…", "errors": errors}
    text = said(stranger, 422, "application/problem+json", json.dumps(problem), 1)
    assert text.splitlines() == [
        "freehold: Some fields are not right.", "  name: Fill this in.", "  url: No \N{REPLACEMENT CHARACTER}.",
        "  quota.period: 'eaten' is none of hour, day, month.",
    ]  # fmt: skip


def test_a_failure_of_the_server_names_the_request(stranger: Commands) -> None:
    problem = {"title": "Something went wrong", "detail": "It has been logged.", "request_id": "req_1"}
    assert "req_1" in said(stranger, 500, "application/problem+json", json.dumps(problem), 1)


@pytest.mark.parametrize("body", ["<h1>Bad gateway</h1>", "[]", '"text"', "{}", "null", '{"title": 1, "errors": 7}'])
def test_an_error_that_is_no_problem_document_is_told_too(stranger: Commands, body: str) -> None:
    text = said(stranger, 502, "text/html", body, 1)
    assert text.startswith("freehold: ")
    assert "Traceback" not in text


def test_what_is_not_freehold_is_told_so(stranger: Commands) -> None:
    assert "is not Freehold" in said(stranger, 200, "text/html", "<h1>It works!</h1>", 2)


def test_nobody_there_is_one_sentence(stranger: Commands) -> None:
    with serving(200, "text/plain", "") as url:
        pass
    text = stranger.fails("apis", "list", status=2, FREEHOLD_URL=url, FREEHOLD_TOKEN="fhp_x")
    assert text.startswith(f"freehold: Freehold does not answer at {url} (")
    assert text.count("\n") == 1


@pytest.mark.parametrize("url", ["not an address", "ftp://x", "http://[bad", "http://"])
def test_an_address_that_is_none_is_one_sentence(stranger: Commands, url: str) -> None:
    text = stranger.fails("apis", "list", status=2, FREEHOLD_URL=url, FREEHOLD_TOKEN="fhp_x")
    assert text.startswith("freehold: ")
    assert text.count("\n") == 1


def test_without_signing_in_it_says_how(stranger: Commands) -> None:
    assert "freehold sign-in" in stranger.fails("projects", "list", status=2)
    assert "FREEHOLD_TOKEN" in stranger.fails("projects", "list", status=2, FREEHOLD_URL="http://127.0.0.1:9")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("projects", "create"),
        ("keys", "issue", "-p", "x", "--name", "y", "--rate-limit", "many"),
        ("projects", "edit", "x"),
        ("scope", "add", "x"),
        ("explain", "key_x"),
        ("explain", "key_x", "GET", "/", "-e", "x"),
        ("webhooks", "create", "-p", "x", "--url", "u", "-t", "t", "--header", "no colon"),
        ("completion", "csh"),
        ("sign-in",),
    ],
)
def test_wrong_usage_is_exit_status_2(stranger: Commands, arguments: tuple[str, ...]) -> None:
    text = stranger.fails(*arguments, status=2, FREEHOLD_URL="http://127.0.0.1:9", FREEHOLD_TOKEN="fhp_x")
    assert "Usage: freehold" in text


def test_a_key_is_not_taken_from_the_command_line(stranger: Commands) -> None:
    text = stranger.fails(
        "explain", "fh_test_secret", "GET", "/", status=2, FREEHOLD_URL="http://127.0.0.1:9", FREEHOLD_TOKEN="x"
    )
    assert "FREEHOLD_KEY" in text
