"""A signature checked by hand: the shell that a page shows, run as it stands, prints what was sent."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from freehold.webhooks import signing
from freehold.webhooks.by_hand import by_hand
from freehold.webhooks.outgoing import signed_text
from freehold.webhooks.records import Attempt, Timing

SECRET = bytes(range(32))


def attempt(body: str) -> Attempt:
    at = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
    headers = signing.signature_headers([SECRET], "msg_1", at, body.encode())
    return Attempt(
        id="att_1", delivery_id="dlv_1", number=1, at=at, outcome="accepted", error=None, status=200, address=None, duration_us=1,
        timing=Timing(), url="https://example.com/", request_headers=tuple(headers.items()), request_body=body, response_headers=(), response_body=b"",
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    ['{"a":1}', '{"text":"it\'s $HOME `id` \\\\ %s \\" ü"}', '{"long":"' + "x" * 20_000 + '"}'],
    ids=["plain", "quoted", "long"],
)
def test_the_shell_prints_the_signature_that_was_sent(tmp_path: Path, body: str) -> None:
    tried = attempt(body)
    (tmp_path / "signed.txt").write_text(signed_text(tried), encoding="utf-8")
    script = by_hand(tried)
    assert "whsec_…" in script
    run = subprocess.run(
        ["sh", "-c", script.replace("whsec_…", signing.secret_text(SECRET))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (run.stdout.strip(), run.stderr) == (dict(tried.request_headers)["webhook-signature"], "")


def test_nothing_secret_is_in_it() -> None:
    assert signing.secret_text(SECRET)[6:] not in by_hand(attempt("{}"))
