"""Signatures that the public Standard Webhooks library accepts, and nothing else."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import svix
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from freehold.webhooks import signing

NOW = datetime.now(UTC)


@given(secret=st.binary(min_size=24, max_size=64), payload=st.text())
def test_the_public_library_accepts_what_we_sign(secret: bytes, payload: str) -> None:
    body = payload.encode("utf-8", "replace")
    headers = signing.signature_headers([secret], "msg_01", NOW, body)
    Webhook(signing.secret_text(secret)).verify(body, headers, json_parse=False)


@pytest.mark.parametrize("verifier", [Webhook, svix.Webhook])
def test_both_public_libraries_accept_either_secret_of_a_rotation_beside_v1a(verifier: Any) -> None:
    old, new = b"o" * 24, bytes(range(32))
    headers = signing.signature_headers([new, old], "msg_01", NOW, b"{}", [b"s" * 32, b"t" * 32])
    assert [each.split(",")[0] for each in headers["webhook-signature"].split(" ")] == ["v1", "v1", "v1a", "v1a"]
    for secret in (old, new):
        verifier(signing.secret_text(secret)).verify(b"{}", headers)
    with pytest.raises((WebhookVerificationError, svix.WebhookVerificationError)):
        verifier(signing.secret_text(b"x" * 64)).verify(b"{}", headers)


def test_a_known_ed25519_signature() -> None:
    # RFC 8032, section 7.1, test 2.
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    assert base64.b64decode(signing.public_key_text(seed).removeprefix("whpk_")).hex() == (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    )
    signature = base64.b64decode(signing.signature_v1a(seed, b"\x72").removeprefix("v1a,"))
    assert signature.hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")


def test_during_a_rotation_either_secret_verifies() -> None:
    old, new, other = b"o" * 24, bytes(range(32)), b"x" * 64
    headers = signing.signature_headers([new, old], "msg_01", NOW, b"{}")
    for secret in (old, new):
        Webhook(signing.secret_text(secret)).verify(b"{}", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.secret_text(other)).verify(b"{}", headers)


@pytest.mark.parametrize("change", ["webhook-id", "webhook-timestamp", "webhook-signature", "body"])
def test_whatever_is_changed_breaks_the_signature(change: str) -> None:
    secret, body = bytes(range(32)), b'{"a":1}'
    headers = signing.signature_headers([secret], "msg_01", NOW, body)
    if change == "body":
        body += b" "
    elif change == "webhook-timestamp":
        headers[change] = str(int(headers[change]) + 1)
    elif change == "webhook-signature":
        # The first character, since the last one before the padding has bits that stand for nothing.
        signature = headers[change].removeprefix("v1,")
        headers[change] = "v1," + ("B" if signature.startswith("A") else "A") + signature[1:]
    else:
        headers[change] += "x"
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.secret_text(secret)).verify(body, headers)


def test_a_stale_signature_is_stale() -> None:
    headers = signing.signature_headers([bytes(32)], "msg_01", NOW - timedelta(minutes=10), b"{}")
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(signing.secret_text(bytes(32))).verify(b"{}", headers)


def test_a_known_signature() -> None:
    # The worked example of the Standard Webhooks libraries' own tests.
    secret = signing.secret_bytes("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    content = signing.signed_content("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert signing.signature(secret, content) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(st.binary(min_size=24, max_size=64))
def test_a_secrets_text_reads_back(secret: bytes) -> None:
    assert signing.secret_bytes(signing.secret_text(secret)) == secret


@pytest.mark.parametrize(
    "text", ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_not base64!", "whsec_" + base64.b64encode(bytes(23)).decode(),
             "whsec_" + base64.b64encode(bytes(65)).decode()],
)  # fmt: skip
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="signing secret"):
        signing.secret_bytes(text)


def test_nothing_is_sent_unsigned_and_no_id_blurs_the_content() -> None:
    with pytest.raises(ValueError, match="unsigned"):
        signing.signature_headers([], "msg_01", NOW, b"")
    with pytest.raises(ValueError, match="full stop"):
        signing.signed_content("msg.01", NOW, b"")
