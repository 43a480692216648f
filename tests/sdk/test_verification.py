"""`verify_webhook`: what the public libraries sign, it believes; whatever is changed, it does not."""

import base64
import json
import threading
import time
from datetime import UTC, datetime
from typing import Any, Final

import pytest
import standardwebhooks
import svix
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.sdk import SeenIds, WebhookEvent, WebhookRefused, verify_webhook
from freehold.sdk.verification import is_secret
from freehold.webhooks import signing
from tests.receivers import node_packages

SECRET: Final = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER: Final = "whsec_" + base64.b64encode(b"x" * 32).decode()
NOW: Final = 1_800_000_000
BODY: Final = json.dumps(
    {
        "id": "msg_1", "type": "lookup.completed", "timestamp": "2027-01-15T08:00:00.000Z", "project": "proj_1",
        "environment": "sandbox", "data": {"country": "NO"},
    }
)  # fmt: skip


def signed(body: str = BODY, at: int = NOW, secrets: tuple[str, ...] = (SECRET,)) -> dict[str, str]:
    keys = [signing.secret_bytes(each) for each in secrets]
    return signing.signature_headers(keys, "msg_1", datetime.fromtimestamp(at, UTC), body.encode())


def verify(
    headers: dict[str, str], secrets: Any = SECRET, body: bytes | str = BODY, now: float = NOW, **more: Any
) -> WebhookEvent:
    return verify_webhook(body, headers, secrets, now=now, **more)


def refusal(headers: dict[str, str], **more: Any) -> str:
    with pytest.raises(WebhookRefused) as refused:
        verify(headers, **more)
    assert str(refused.value) == refused.value.message
    assert SECRET[6:] not in str(refused.value)
    return refused.value.code


def test_an_event_comes_back_whole() -> None:
    event = verify({name.title(): value for name, value in signed().items()})
    assert (event.id, event.type, event.data) == ("msg_1", "lookup.completed", {"country": "NO"})
    assert (event.project, event.environment) == ("proj_1", "sandbox")
    assert event.timestamp == event.sent_at == datetime(2027, 1, 15, 8, tzinfo=UTC)
    assert "NO" not in repr(event)
    assert verify(signed(), body=BODY.encode()) == event


def test_one_fitting_signature_of_several_and_one_fitting_secret_are_enough() -> None:
    both = signed(secrets=(OTHER, SECRET))
    assert verify(both).id == "msg_1"
    assert verify(signed(), secrets=[OTHER, SECRET]).id == "msg_1"
    noise = f"v2,abc v1,*** v1a,AAAA v1 {both['webhook-signature']}"
    assert verify(both | {"webhook-signature": noise}).id == "msg_1"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"webhook-id": ""}, "missing_header"),
        ({"webhook-timestamp": ""}, "missing_header"),
        ({"webhook-signature": ""}, "missing_header"),
        ({"webhook-id": "msg_2"}, "bad_signature"),
        ({"webhook-timestamp": str(NOW + 1)}, "bad_signature"),
        ({"webhook-timestamp": f"+{NOW}"}, "bad_timestamp"),
        ({"webhook-timestamp": "१"}, "bad_timestamp"),
        ({"webhook-timestamp": "9" * 5000}, "bad_timestamp"),
        ({"webhook-timestamp": "1e9"}, "bad_timestamp"),
        ({"webhook-signature": "v1,"}, "bad_signature"),
        ({"webhook-signature": "v1,é"}, "bad_signature"),
        ({"webhook-signature": "nothing"}, "bad_signature"),
    ],
)
def test_what_was_changed_is_refused(change: dict[str, str], code: str) -> None:
    assert refusal(signed() | change) == code


def test_another_body_another_secret_and_another_scheme_are_refused() -> None:
    assert refusal(signed(), body=BODY + " ") == "bad_signature"
    assert refusal(signed(), secrets=OTHER) == "bad_signature"
    headers = signed()
    assert (
        refusal(headers | {"webhook-signature": headers["webhook-signature"].replace("v1,", "v1a,")}) == "bad_signature"
    )


@settings(max_examples=30)
@given(st.binary(max_size=80), st.text(max_size=80), st.text(max_size=80), st.text(max_size=20))
def test_nonsense_is_refused_not_an_error(body: bytes, message_id: str, signature: str, stamp: str) -> None:
    headers = {"webhook-id": message_id, "webhook-signature": signature, "webhook-timestamp": stamp}
    for each in (headers, {**headers, "webhook-timestamp": str(NOW)}):
        with pytest.raises(WebhookRefused):
            verify(each, body=body)


@pytest.mark.parametrize(("age", "code"), [(300, ""), (301, "too_old"), (-300, ""), (-301, "too_new")])
def test_the_timestamp_may_be_five_minutes_off(age: int, code: str) -> None:
    headers = signed(at=NOW - age)
    if code:
        assert refusal(headers) == code
        assert verify(headers, tolerance_s=400).id == "msg_1"
    else:
        assert verify(headers).id == "msg_1"
    assert verify_webhook(BODY, signed(at=int(time.time())), SECRET).id == "msg_1"


@pytest.mark.parametrize(
    "body", ["{}", "[]", "1", "nonsense", BODY.replace("msg_1", "msg_2"), BODY.replace("2027-", "x-")]
)
def test_a_signed_body_that_is_no_event_is_said_to_be_none(body: str) -> None:
    assert refusal(signed(body), body=body) == "bad_body"


@pytest.mark.parametrize("secrets", ["", "whsec_", "whsec_***", [], [SECRET, "x"]])
def test_what_is_no_secret_is_a_mistake_of_the_receiver(secrets: Any) -> None:
    with pytest.raises(ValueError, match="signing secret"):
        verify(signed(), secrets=secrets)
    assert is_secret(SECRET)


def test_ed25519_by_a_public_key() -> None:
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    public = "whpk_" + base64.b64encode(private.public_key().public_bytes_raw()).decode()
    content = f"msg_1.{NOW}.{BODY}".encode()
    made = "v1a," + base64.b64encode(private.sign(content)).decode()
    headers = signed() | {"webhook-signature": f"v1,AAAA {made}"}
    assert verify(headers, secrets=public).id == "msg_1"
    assert verify(headers, secrets=[OTHER, public]).id == "msg_1"
    assert refusal(headers | {"webhook-timestamp": str(NOW - 1)}, secrets=public) == "bad_signature"
    assert refusal(signed(), secrets=public) == "bad_signature"


# --- beside the public libraries ------------------------------------------------------------------


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.Webhook])
def test_what_the_public_python_libraries_sign_is_believed_and_ours_by_them(library: Any) -> None:
    at = datetime.now(UTC)
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp()))}
    theirs = library(SECRET).sign("msg_1", at, BODY)
    assert verify(headers | {"webhook-signature": theirs}, now=at.timestamp()).id == "msg_1"
    ours = signed(at=int(at.timestamp()), secrets=(OTHER, SECRET))
    library(SECRET).verify(BODY, ours)
    with pytest.raises((standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError)):
        library(SECRET).verify(BODY, signed(at=int(at.timestamp()), secrets=(OTHER,)))


def test_what_the_public_npm_libraries_sign_is_what_we_sign() -> None:
    script = node_packages.installed() / "sign.mjs"
    script.write_text((node_packages.SCRIPTS / "sign.mjs").read_text())
    asked = json.dumps({"secret": SECRET, "id": "msg_1", "at": NOW, "body": BODY})
    ours = signed()["webhook-signature"]
    assert json.loads(node_packages.run([str(script)], asked)) == [ours, ours]


# --- ids that come again --------------------------------------------------------------------------


def test_an_id_is_worked_on_once_and_given_back_where_the_work_fails() -> None:
    seen = SeenIds()
    for _ in range(2):
        with pytest.raises(RuntimeError):
            fail_at_work(seen)
    with seen.once("a") as first:
        assert first
    with seen.once("a") as first:
        assert not first
    with pytest.raises(RuntimeError):
        fail_at_work(seen, first_time=False)
    assert not seen.claim("a")


def fail_at_work(seen: SeenIds, *, first_time: bool = True) -> None:
    with seen.once("a") as first:
        assert first is first_time
        raise RuntimeError


def test_it_remembers_so_many_and_threads_share_it() -> None:
    seen = SeenIds(ids_max=2)
    assert [seen.claim(each) for each in "aabcab"] == [True, False, True, True, True, True]
    shared, taken = SeenIds(), []
    threads = [threading.Thread(target=lambda: taken.append(shared.claim("one"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [False] * 15 + [True]
