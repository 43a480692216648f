"""The way to the operator's SMTP server: one connection for a batch of mails, bounded in time.

Never logs or repeats a password, nor what a mail says.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from freehold.mail.records import Mail
from freehold.mail.rules import Refusal
from freehold.settings import BadSetting, Settings

_ANSWER_S: Final = 20.0
_PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
_FORM: Final = "smtp://user:password@host:587, smtps://user:password@host:465 or smtp+plain://host:25"


@dataclass(frozen=True, slots=True)
class Server:
    """An SMTP server, and whom mails come from."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str


def server_of(settings: Settings) -> Server | None:
    """The server that the settings name, or None; BadSetting where they cannot be understood."""
    if not settings.smtp_url:
        return None
    try:
        parts = urlsplit(settings.smtp_url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise BadSetting(f"FREEHOLD_SMTP_URL should be like {_FORM}.") from None
    # Not said what it is: there may be a password in it.
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        raise BadSetting(f"FREEHOLD_SMTP_URL should be like {_FORM}.")
    if parts.scheme == "smtp+plain" and (parts.username or parts.password):
        raise BadSetting(
            "FREEHOLD_SMTP_URL with smtp+plain:// takes no password: it would cross the network in the clear."
        )
    sender = settings.smtp_from or f"Freehold <freehold@{parts.hostname}>"
    if "@" not in parseaddr(sender)[1] or not sender.isprintable():
        raise BadSetting(f"FREEHOLD_SMTP_FROM should be like 'Freehold <freehold@example.com>', not {sender!r}.")
    return Server(
        parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""), sender
    )


def written(mail: Mail, sender: str) -> EmailMessage:
    """A mail as it goes out; ValueError or MessageError where its recipient is no address."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    # The same at every try, so that a mail sent twice is told to be one.
    message["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note comes back.
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    if [f"{each.username}@{each.domain}" for each in message["To"].addresses] != [mail.recipient]:
        raise ValueError("one recipient, and nothing but the address")
    return message


class Post:
    """One connection to the server, made with the first mail and made anew after it broke."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hang_up()

    def send(self, mail: Mail) -> Refusal | None:
        """Send one mail: None, or why it was not sent."""
        try:
            message = written(mail, self._server.sender)
        except (ValueError, MessageError):
            return Refusal("The recipient is no e-mail address.", for_good=True)
        try:
            if self._connection is None:
                self._connection = self._connect()
            self._connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as refused:
            return _answered(next(iter(refused.recipients.values()))[0], "the recipient")
        except smtplib.SMTPAuthenticationError:
            self._hang_up()
            return Refusal(
                "The SMTP server does not accept the user and password of FREEHOLD_SMTP_URL.", for_good=False
            )
        except smtplib.SMTPResponseException as refused:
            self._hang_up()
            return _answered(refused.smtp_code, "the mail")
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            return Refusal(_words(error), for_good=False)
        return None

    def _connect(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        if server.scheme == "smtps":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_ANSWER_S, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_ANSWER_S)
        try:
            if server.scheme == "smtp":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            # No QUIT: a server that hangs would be waited for, and a broken connection has nothing to say.
            self._connection.close()
            self._connection = None


def _answered(code: int, what: str) -> Refusal:
    return Refusal(f"The SMTP server refused {what} ({code}).", for_good=500 <= code < 600)


def _words(error: Exception) -> str:
    match error:
        case ssl.SSLError():
            return "No TLS with the SMTP server: its certificate or protocol does not fit."
        case smtplib.SMTPNotSupportedError():
            return "The SMTP server offers no STARTTLS, or no sign-in; FREEHOLD_SMTP_URL asks for it."
        case TimeoutError():
            return f"The SMTP server did not answer within {_ANSWER_S:g} s."
    return "The SMTP server could not be reached, or broke the connection."
