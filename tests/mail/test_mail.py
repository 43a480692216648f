"""Mails whole: from the row in a transaction to a real SMTP server, and what is left where that fails."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from freehold.kit import clock, ids
from freehold.mail import queries, smtp, tasks
from freehold.mail.actions import post_mail
from freehold.mail.records import Mail
from freehold.settings import BadSetting, Settings
from freehold.store.engine import Store
from freehold.store.schema import organizations
from tests.conftest import TestClock
from tests.gate.certificates import self_made
from tests.mail.smtp_server import Mailbox, smtp_server


@pytest.fixture
def organization_id(store: Store) -> str:
    made = ids.new_id("org")
    with store.write() as tx:
        tx.execute(insert(organizations).values(id=made, name="Team", slug="team", created_at=clock.now()))
    return made


def server(box: Mailbox) -> smtp.Server | None:
    return smtp.server_of(
        Settings(smtp_url=f"smtp+plain://127.0.0.1:{box.port}", smtp_from="Freehold <hello@example.com>")
    )


def post(store: Store, organization_id: str, *recipients: str, subject: str = "An endpoint is disabled") -> None:
    with store.write() as tx:
        post_mail(tx, organization_id, recipients, subject, "It failed for 5 days.\n.\nSee the page. ÆØÅ")


def mails(store: Store, organization_id: str) -> list[Mail]:
    with store.read() as tx:
        return queries.mails_of(tx, organization_id, 10)


def test_a_mail_is_sent_once_for_each_recipient(store: Store, organization_id: str) -> None:
    with smtp_server() as box:
        post(store, organization_id, "ada@example.com", "ada@example.com", "bo@example.com")
        assert tasks.turn(store, server(box)) == 2
        assert tasks.turn(store, server(box)) == 0
    assert sorted(box.recipients) == ["<ada@example.com>", "<bo@example.com>"]
    assert {mail.state for mail in mails(store, organization_id)} == {"sent"}
    assert all("From: Freehold <hello@example.com>" in mail and "Message-ID: <mail_" in mail for mail in box.mails)
    assert "Auto-Submitted: auto-generated" in box.mails[0]


def test_a_transaction_that_is_taken_back_sends_nothing(store: Store, organization_id: str) -> None:
    def write_and_fail() -> None:
        with store.write() as tx:
            post_mail(tx, organization_id, ["ada@example.com"], "Never", "never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert mails(store, organization_id) == []


def test_one_who_died_between_sending_and_recording_leaves_a_lease(
    store: Store, organization_id: str, test_clock: TestClock
) -> None:
    post(store, organization_id, "ada@example.com")
    with store.write() as tx:
        queries.claim(tx, clock.now(), clock.now() + tasks.LEASE, 8)
    with smtp_server() as box:
        assert tasks.turn(store, server(box)) == 0
        test_clock.move(tasks.LEASE.total_seconds())
        assert tasks.turn(store, server(box)) == 1
    assert [mail.state for mail in mails(store, organization_id)] == ["sent"]


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [("450 later", "pending", "refused the mail (450)"), ("554 spam", "failed", "refused the mail (554)")],
)
def test_what_the_server_says_no_to(
    store: Store, organization_id: str, test_clock: TestClock, answer: str, state: str, words: str
) -> None:
    post(store, organization_id, "ada@example.com")
    with smtp_server() as box:
        box.answer_to_mail = answer
        tasks.turn(store, server(box))
        (mail,) = mails(store, organization_id)
        assert (mail.state, mail.attempts) == (state, 1)
        assert words in (mail.error or "")
        box.answer_to_mail = "250 taken"
        test_clock.move(60)
        assert tasks.turn(store, server(box)) == (1 if state == "pending" else 0)


def test_a_recipient_that_is_refused_holds_no_other_up(store: Store, organization_id: str) -> None:
    with smtp_server() as box:
        box.answer_to_recipient = "550 nobody here"
        post(store, organization_id, "ada@example.com")
        tasks.turn(store, server(box))
        box.answer_to_recipient = "250 fine"
        post(
            store, organization_id, "bo@example.com", "not an address", "a@b.example, c@d.example", "x@y.z\nBcc: q@r.s"
        )
        tasks.turn(store, server(box))
    states = {mail.recipient: mail.state for mail in mails(store, organization_id)}
    assert states.pop("bo@example.com") == "sent"
    assert set(states.values()) == {"failed"}
    assert len(box.mails) == 1


def test_attempts_are_spent_in_the_end(store: Store, organization_id: str, test_clock: TestClock) -> None:
    post(store, organization_id, "ada@example.com")
    away = smtp.server_of(Settings(smtp_url="smtp+plain://127.0.0.1:1"))
    for _ in range(8):
        assert tasks.turn(store, away) == 1
        test_clock.move(timedelta(days=1).total_seconds())
    (mail,) = mails(store, organization_id)
    assert (mail.state, mail.attempts) == ("failed", 8)
    assert mail.error == "The SMTP server could not be reached, or broke the connection."


def test_without_a_server_a_mail_fails_and_says_so(store: Store, organization_id: str) -> None:
    post(store, organization_id, "ada@example.com")
    assert tasks.turn(store, None) == 1
    (mail,) = mails(store, organization_id)
    assert mail.state == "failed"
    assert "FREEHOLD_SMTP_URL" in (mail.error or "")


def test_a_subject_stays_one_line() -> None:
    organization = "Team\r\nBcc: everyone@example.com"
    at = clock.now()
    mail = Mail("mail_1", "org_1", "a@b.example", organization, "text", "pending", 0, at, None, None, at, None)
    with pytest.raises(ValueError, match="linefeed"):
        smtp.written(mail, "f@example.com")


def test_a_password_crosses_no_network_in_the_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = clock.now()
    mail = Mail("mail_1", "org_1", "a@b.example", "s", "t", "pending", 0, at, None, None, at, None)
    files = self_made("smtp").write(tmp_path)
    certificate, key = files["FREEHOLD_GATE_TLS_CERTIFICATE"], files["FREEHOLD_GATE_TLS_KEY"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    for offered, trusted, words in (
        (None, True, "offers no STARTTLS"),
        (context, False, "No TLS"),
        (context, True, None),
    ):
        monkeypatch.setenv("SSL_CERT_FILE", certificate if trusted else str(tmp_path / "none.pem"))
        with smtp_server(offered) as box:
            known = smtp.server_of(Settings(smtp_url=f"smtp://ada:s%40cret@localhost:{box.port}"))
            assert known is not None
            assert "s@cret" not in repr(known)
            with smtp.Post(known) as connection:
                refusal = connection.send(mail)
        said = refusal.words if refusal else "sent"
        assert (words or "sent") in said
        assert (len(box.sign_ins), len(box.mails)) == ((1, 1) if words is None else (0, 0))


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("example.com:25", ""), ("http://example.com", ""), ("smtp://:25", ""), ("smtp://h:99999", ""),
        ("smtp+plain://ada:pw@h", ""), ("smtp://h/path", ""), ("smtps://h", "no address"), ("smtps://h", "a@b.c\nBcc: d@e.f"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_understood_are_refused_without_the_password(url: str, sender: str) -> None:
    with pytest.raises(BadSetting) as bad:
        smtp.server_of(Settings(smtp_url=url, smtp_from=sender))
    assert "ada:pw" not in str(bad.value)
