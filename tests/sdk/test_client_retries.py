"""What is sent again and what is not, with a network in between that loses answers."""

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from freehold.sdk import (
    AnswerLost,
    CallAttempt,
    Freehold,
    FreeholdError,
    NotReached,
    Problem,
    Retries,
    UnreadableAnswer,
)
from freehold.sdk.attempts import Again, Attempts, Done
from freehold.sdk.calls import Call
from freehold.sdk.models import Me
from freehold.sdk.problems import IdempotencyConflict, NotFound, PreconditionFailed, Unavailable
from tests.http.served import Instance
from tests.sdk.clients import AT_ONCE, Mode
from tests.sdk.proxy import Canned, Proxy

SERVER = "http://127.0.0.1:1"
UNAVAILABLE = (
    b'{"type": "urn:freehold:error:unavailable", "title": "Not ready", "status": 503, "detail": "Soon.",'
    b' "code": "unavailable", "request_id": "req_1"}'
)
PROBLEM_JSON = {"Content-Type": "application/problem+json", "X-Request-Id": "req_1"}
BUSY = Canned(503, PROBLEM_JSON, UNAVAILABLE)


# --- answers that are lost after the server has committed -------------------------------------------


def test_a_lost_answer_makes_one_project(instance: Instance, proxy: Proxy, mode: Mode) -> None:
    proxy.fates.extend(["lose", "lose"])
    with mode.client(proxy.url, instance.tokens["owner"]) as client:
        made = mode.got(client.projects.create(instance.harbour, name="Once", purpose="Counts", api="parcels"))
        found = mode.items(client.projects.list(instance.harbour, search="Once"))
    assert [each.id for each in found] == [made.id]
    assert [method for method, _ in proxy.seen] == ["POST", "POST", "POST", "GET"]
    assert len(set(proxy.keys[:3])) == 1, "one idempotency key for all attempts"


def test_a_lost_answer_issues_one_key_with_the_secret_that_works(instance: Instance, proxy: Proxy) -> None:
    proxy.fates.append("lose")
    with Freehold(proxy.url, instance.tokens["owner"], retries=AT_ONCE) as client:
        issued = client.keys.issue(instance.project, name="once")
        assert client.explain(issued.secret, endpoint="get_parcel").allowed
        assert [each.name for each in list(client.keys.list(instance.project))] == ["once", "first"]


def test_what_is_gone_is_gone(instance: Instance, proxy: Proxy) -> None:
    user = instance.users["billing"].id
    with Freehold(proxy.url, instance.tokens["owner"], retries=AT_ONCE) as client:
        proxy.fates.append("lose")
        client.members.remove(instance.harbour, user)
        with pytest.raises(NotFound):
            client.members.remove(instance.harbour, user)


def test_a_change_with_an_entity_tag_whose_answer_is_lost_says_that_it_was_changed(
    instance: Instance, proxy: Proxy
) -> None:
    with Freehold(proxy.url, instance.tokens["owner"], retries=AT_ONCE) as client:
        project = client.projects.get(instance.project)
        proxy.fates.append("lose")
        with pytest.raises(PreconditionFailed):
            client.projects.edit(project.id, purpose="Other", if_match=project.etag)
        assert client.projects.get(instance.project).purpose == "Other"


def test_what_does_harm_twice_is_sent_once(instance: Instance, proxy: Proxy, mode: Mode) -> None:
    with mode.client(proxy.url, instance.tokens["owner"]) as client:
        for lost in ("lose", Canned(502), Canned(504)):
            del proxy.seen[:]
            proxy.fates.append(lost)
            with pytest.raises(AnswerLost if lost == "lose" else UnreadableAnswer):
                mode.got(client.invitations.accept("a token"))
            assert proxy.seen == [("POST", "/v1/invitations/accept")]


# --- answers that ask to come again --------------------------------------------------------------------


def test_what_was_not_begun_is_sent_again(instance: Instance, proxy: Proxy, mode: Mode) -> None:
    seen: list[CallAttempt] = []
    proxy.fates.extend([BUSY, Canned(429, {"Retry-After": "0"}), Canned(502)])
    with mode.client(proxy.url, instance.tokens["owner"], on_attempt=seen.append) as client:
        assert mode.got(client.me()).user is not None
    assert [(each.number, each.status) for each in seen] == [(1, 503), (2, 429), (3, 502), (4, 200)]
    assert seen[0].request_id == "req_1"


def test_attempts_come_to_an_end(instance: Instance, proxy: Proxy) -> None:
    proxy.fates.extend([BUSY] * 9)
    impatient = Freehold(proxy.url, instance.tokens["owner"], retries=Retries(2, 0.0, 0.0))
    with impatient as client, pytest.raises(Unavailable) as raised:
        client.me()
    assert len(proxy.seen) == 2
    assert (raised.value.detail, raised.value.request_id) == ("Soon.", "req_1")


def test_a_longer_wait_than_is_borne_is_raised(instance: Instance, proxy: Proxy) -> None:
    proxy.fates.append(Canned(503, {**PROBLEM_JSON, "Retry-After": "5"}, UNAVAILABLE))
    with Freehold(proxy.url, instance.tokens["owner"], retries=AT_ONCE) as client, pytest.raises(Unavailable) as raised:
        client.me()
    assert raised.value.retry_after_s == 5
    assert len(proxy.seen) == 1


def test_nobody_there(mode: Mode) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        seen: list[CallAttempt] = []
        lonely = mode.client(f"http://127.0.0.1:{port}", "fhp_x", on_attempt=seen.append)
        with lonely as client, pytest.raises(NotReached, match="POST /v1/tokens"):
            mode.got(client.tokens.create("Nightly"))
    assert [each.number for each in seen] == [1, 2, 3, 4]
    assert all(isinstance(each.error, httpx.ConnectError) for each in seen)


def test_silence_is_waited_for_only_so_long(mode: Mode) -> None:
    seen: list[CallAttempt] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hasty = mode.client(address, "fhp_x", timeout_s=0.05, on_attempt=seen.append)
        with hasty as client, pytest.raises(AnswerLost, match="GET /v1/me"):
            mode.got(client.me())
    assert [type(each.error) for each in seen] == [httpx.ReadTimeout] * 4


def test_what_is_no_freehold_is_said_to_be_none(instance: Instance, proxy: Proxy) -> None:
    with Freehold(proxy.url, instance.tokens["owner"], retries=AT_ONCE) as client:
        for status in (200, 301, 404, 500):
            del proxy.seen[:]
            proxy.fates.append(Canned(status, {"Location": "http://127.0.0.1:9/", "Content-Type": "text/html"}))
            with pytest.raises(UnreadableAnswer) as raised:
                client.me()
            assert raised.value.status == status
            assert str(raised.value).startswith(f"Is {proxy.url}/ the address of a Freehold?")
            assert len(proxy.seen) == 1


# --- the rules alone ---------------------------------------------------------------------------------------


def attempts(call: Call[Me], retries: Retries | None = None, chance: float = 0.0) -> Attempts[Me]:
    return Attempts(call, retries or Retries(), SERVER, lambda: chance)


def answer(status: int, headers: dict[str, str] | None = None, body: bytes = UNAVAILABLE) -> httpx.Response:
    request = httpx.Request("GET", "http://127.0.0.1/v1/me")
    return httpx.Response(status, headers={**PROBLEM_JSON, **(headers or {})}, content=body, request=request)


def waits(made: Attempts[Me], *came: httpx.Response | httpx.RequestError) -> list[float]:
    found = [made.after(each) for each in came]
    assert all(isinstance(each, Again) for each in found)
    return [each.wait_s for each in found if isinstance(each, Again)]


READ: Call[Me] = Call("GET", "/v1/me", Me, repeatable=True)
ACT: Call[Me] = Call("POST", "/v1/act", Me)


def test_waits_double_up_to_the_longest_less_by_chance() -> None:
    busy = [answer(503)] * 5
    assert waits(attempts(READ, Retries(9, 0.5, 3.0)), *busy) == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert waits(attempts(READ, Retries(9, 0.5, 3.0), chance=1.0), *busy) == [0.25, 0.5, 1.0, 1.5, 1.5]


def test_many_attempts_are_no_more_than_a_long_wait() -> None:
    made = attempts(READ, Retries(2000, 0.001, 2.0))
    assert [waits(made, answer(503)) for _ in range(1500)][-1] == [2.0]


def test_an_asked_wait_comes_before_ones_own() -> None:
    assert waits(attempts(READ), answer(429, {"Retry-After": "2"})) == [2.25]
    until = format_datetime(datetime.now(UTC) + timedelta(hours=1))
    [waited] = waits(attempts(READ, Retries(longest_wait_s=7200.0)), answer(503, {"Retry-After": until}))
    assert 3000 < waited <= 3600.25
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    assert waits(attempts(READ), answer(503, {"Retry-After": past})) == [0.25]
    for odd in ("soon", "-1", "1.5", ""):
        assert waits(attempts(READ), answer(503, {"Retry-After": odd})) == [0.25]


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x")])
def test_what_never_arrived_is_sent_again_whatever_it_is(error: httpx.RequestError) -> None:
    for call in (READ, ACT):
        assert waits(attempts(call), error, error, error) == [0.25, 0.5, 1.0]


@pytest.mark.parametrize(
    "error", [httpx.ReadError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x"), httpx.WriteError("x")]
)
def test_what_may_have_arrived_is_sent_again_only_where_that_does_no_harm(error: httpx.RequestError) -> None:
    assert waits(attempts(READ), error) == [0.25]
    with pytest.raises(AnswerLost, match=r"at http://127.0.0.1:1 \(POST /v1/act: x\)"):
        attempts(ACT).after(error)


def test_once_an_answer_was_lost_the_end_is_uncertain() -> None:
    made = attempts(READ, Retries(2))
    waits(made, httpx.ReadError("gone"))
    with pytest.raises(AnswerLost):
        made.after(httpx.ConnectError("refused"))


def test_a_first_404_is_an_error_and_one_after_a_lost_answer_is_none() -> None:
    delete: Call[None] = Call("DELETE", "/v1/x", type(None), repeatable=True)
    missing = answer(404, body=UNAVAILABLE.replace(b"unavailable", b"not_found").replace(b"503", b"404"))
    with pytest.raises(NotFound):
        Attempts(delete, Retries(), SERVER).after(missing)
    made = Attempts(delete, Retries(), SERVER)
    made.after(httpx.ReadError("gone"))
    assert made.after(missing) == Done(None)


def test_an_unknown_code_is_a_plain_problem() -> None:
    with pytest.raises(Problem) as raised:
        attempts(READ).after(answer(409, body=UNAVAILABLE.replace(b"unavailable", b"from_the_future")))
    assert type(raised.value) is Problem
    assert raised.value.code == "from_the_future"


@pytest.mark.parametrize("body", [b"", b"null", b"{", b'{"user": 1}', b"\xff", b"[" * 5000])
def test_an_answer_of_another_shape_is_unreadable(body: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        attempts(READ).after(answer(200, {"Content-Type": "application/json"}, body))
    with pytest.raises(UnreadableAnswer):
        attempts(READ).after(answer(422, body=body))


@pytest.mark.parametrize(("number", "first_s", "longest_s"), [(0, 0.1, 1.0), (1, -1.0, 1.0), (1, 9.0, 1.0)])
def test_retries_that_make_no_sense_are_refused(number: int, first_s: float, longest_s: float) -> None:
    with pytest.raises(ValueError, match="at least one attempt"):
        Retries(number, first_s, longest_s)


def test_every_error_is_a_freehold_error() -> None:
    for kind in (NotReached, AnswerLost, UnreadableAnswer, Problem, IdempotencyConflict):
        assert issubclass(kind, FreeholdError)
