"""The control plane's server against requests that are no HTTP, too large, or never come to an end."""

import socket
from collections.abc import Iterator
from typing import Final

import pytest

from freehold.web.http_protocol import bounded_protocol
from tests.http.served import Instance, serve

HEAD_BYTES_MAX: Final = 4096
WAIT_S: Final = 0.3
HEAD: Final = b"Host: 127.0.0.1\r\nConnection: close\r\n"
JSON: Final = HEAD + b"Content-Type: application/json\r\n"


@pytest.fixture
def bounded(application: object, instance: Instance) -> Iterator[Instance]:
    """The same instance behind a server with small bounds."""
    with serve(application, http=bounded_protocol(HEAD_BYTES_MAX, WAIT_S)) as url:
        instance.url = url
        yield instance


def exchange(instance: Instance, *parts: bytes) -> bytes:
    """Send parts on one connection, each once the one before is answered or was no whole request; read to the end."""
    host, _, port = instance.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        answer = b""
        for part in parts:
            connection.sendall(part)
            if part.endswith(b"\r\n\r\n"):
                answer += connection.recv(65536)
        while received := connection.recv(65536):
            answer += received
    return answer


def assert_refused(answer: bytes, status: int, code: str) -> None:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status), answer
    assert b"application/problem+json" in head
    assert b'"code":"%b"' % code.encode() in body


@pytest.mark.parametrize(
    "head",
    [
        b"X-Long: " + b"a" * 2 * HEAD_BYTES_MAX,
        b"".join(b"X-%d: a\r\n" % number for number in range(HEAD_BYTES_MAX)),
    ],
    ids=["one that never ends", "many"],
)
def test_heads_are_bounded(bounded: Instance, head: bytes) -> None:
    assert_refused(exchange(bounded, b"GET /healthz HTTP/1.1\r\n", head), 431, "head_too_large")


@pytest.mark.parametrize("body", [b"", b"Content-Length: 2\r\n"])
def test_a_head_that_comes_in_one_piece_is_bounded_too(bounded: Instance, body: bytes) -> None:
    fields = b"X-Long: " + b"a" * 2 * HEAD_BYTES_MAX + b"\r\n" + body
    answer = exchange(bounded, b"POST /v1/session HTTP/1.1\r\n" + JSON + fields + b"\r\n{}")
    assert_refused(answer, 431, "head_too_large")
    assert answer.count(b"HTTP/1.1") == 1


def test_an_endless_target_is_refused(bounded: Instance) -> None:
    assert_refused(exchange(bounded, b"GET /" + b"a" * 2 * HEAD_BYTES_MAX), 431, "head_too_large")


@pytest.mark.parametrize("sent", [b"", b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: a\r\n"])
def test_who_sends_no_whole_head_is_not_waited_for(bounded: Instance, sent: bytes) -> None:
    assert_refused(exchange(bounded, sent), 408, "request_timeout")


def test_who_sends_no_whole_body_is_not_waited_for(bounded: Instance) -> None:
    assert exchange(bounded, b"POST /v1/session HTTP/1.1\r\n" + JSON + b"Content-Length: 100\r\n\r\n{") == b""


def test_nothing_is_taken_for_the_answer_to_the_request_before(bounded: Instance) -> None:
    first = b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nX: " + b"a" * 4 * HEAD_BYTES_MAX
    answer = exchange(bounded, first)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 200 OK")


def test_the_next_head_is_bounded_too(bounded: Instance) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = exchange(bounded, first, b"GET /healthz HTTP/1.1\r\nX: ", b"a" * 2 * HEAD_BYTES_MAX)
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert_refused(answer[answer.rindex(b"HTTP/1.1") :], 431, "head_too_large")


def test_a_large_body_is_no_large_head(bounded: Instance) -> None:
    body = b'{"name": "%b"}' % (b"a" * 10 * HEAD_BYTES_MAX)
    head = b"POST /v1/session HTTP/1.1\r\n" + JSON + b"Content-Length: %d\r\n\r\n" % len(body)
    assert exchange(bounded, head + body).startswith(b"HTTP/1.1 422 ")
    half = len(body) // 2
    assert exchange(bounded, head + body[:half], body[half:]).startswith(b"HTTP/1.1 422 ")


def test_a_body_that_says_too_much_of_itself_is_refused_unread(bounded: Instance) -> None:
    said = b"POST /v1/session HTTP/1.1\r\n" + JSON + b"Content-Length: 99999999999\r\n\r\n{"
    assert_refused(exchange(bounded, said), 413, "body_too_large")


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\n" + HEAD + b"\r\n",
        b"GET /v1/apis?limit=\xff HTTP/1.1\r\n" + HEAD + b"\r\n",
        b"POST /v1/session HTTP/1.1\r\n" + HEAD + b"Content-Length: -1\r\n\r\n",
        b"POST /v1/session HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(bounded: Instance, sent: bytes) -> None:
    assert exchange(bounded, sent).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (b"Origin: http://[\r\n", 403),
        (b"Origin: null\r\n", 403),
        (b"Origin: http://127.0.0.1.evil.example\r\n", 403),
        (b"Sec-Fetch-Site: cross-site\r\n", 403),
        (b"Sec-Fetch-Site: same-site\r\n", 403),
        (b"Authorization: Bearer \xff\xfe\r\n", 422),
        (b'Cookie: freehold_session=\xff\xfe; ;;=;"\r\n', 422),
        (b"Content-Type: \xff;;=\r\n", 415),
        (b"X-Forwarded-For: \xff,,,\r\nX-Forwarded-Proto: javascript\r\n", 422),
    ],
)
def test_odd_fields_are_no_fault_of_ours(bounded: Instance, fields: bytes, status: int) -> None:
    sent = b"POST /v1/session HTTP/1.1\r\n" + HEAD + fields + b"Content-Length: 2\r\n\r\n{}"
    assert exchange(bounded, sent).startswith(b"HTTP/1.1 %d " % status)


@pytest.mark.parametrize("host", [b"[", b"[::1", b"\xff", b"a b", b""])
def test_odd_hosts_are_no_fault_of_ours(bounded: Instance, host: bytes) -> None:
    for path in (b"/v1/me", b"/sign-in", b"/"):
        answer = exchange(bounded, b"GET " + path + b" HTTP/1.1\r\nConnection: close\r\nHost: " + host + b"\r\n\r\n")
        assert answer[:10] in (b"HTTP/1.1 2", b"HTTP/1.1 3", b"HTTP/1.1 4"), answer


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/organizations", 200),
        ("/account", 200),
        ("/v1/projects/proj_none", 404),
        ("/v1/setup", 405),
        ("/healthz", 200),
    ],
)
def test_head_is_answered_as_get_without_content(instance: Instance, path: str, status: int) -> None:
    client = instance.browser("owner").client
    # On one connection, so that content nobody expects would be taken for the next answer.
    asked, again = client.head(path, follow_redirects=True), client.get(path, follow_redirects=True)
    assert (asked.status_code, asked.content, again.status_code) == (status, b"", status)
    for name in ("content-type", "allow", "etag"):
        assert asked.headers.get(name) == again.headers.get(name), name


def test_head_of_what_has_no_end_ends(instance: Instance) -> None:
    browser = instance.browser("owner")
    answer = browser.client.head(f"/projects/{instance.project}/requests/live", timeout=10)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.content == b""
    assert instance.client("owner").delete("/v1/me").headers["allow"] == "GET, HEAD, OPTIONS"
