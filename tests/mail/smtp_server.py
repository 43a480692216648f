"""A real SMTP server on loopback, which is told how to answer; it keeps what it was sent."""

import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """What the server has taken, and how it answers."""

    port: int = 0
    mails: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    sign_ins: list[str] = field(default_factory=list)
    answer_to_recipient: str = "250 fine"
    answer_to_mail: str = "250 taken"
    encrypted: bool = False


class _Session(socketserver.StreamRequestHandler):
    """One connection: the few commands that a client needs (RFC 5321)."""

    box: Mailbox
    context: ssl.SSLContext | None

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline():
            command = line.decode().strip()
            match command.split(" ")[0].upper():
                case "EHLO":
                    self.say(
                        "250-here\r\n250-AUTH PLAIN" + ("\r\n250 STARTTLS" if self.context else "\r\n250 8BITMIME")
                    )
                case "STARTTLS" if self.context:
                    self.say("220 go on")
                    self.begin_tls(self.context)
                case "AUTH":
                    self.box.sign_ins.append(command)
                    self.say("235 welcome")
                case "RCPT":
                    self.box.recipients.append(command.partition(":")[2])
                    self.say(self.box.answer_to_recipient)
                case "DATA":
                    self.take()
                case "QUIT":
                    return
                case _:
                    self.say("250 fine")

    def begin_tls(self, context: ssl.SSLContext) -> None:
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.box.encrypted = True

    def take(self) -> None:
        self.say("354 go on")
        lines = iter(self.rfile.readline, b".\r\n")
        self.box.mails.append(b"".join(lines).decode())
        self.say(self.box.answer_to_mail)

    def finish(self) -> None:
        for file in (self.wfile, self.rfile):
            file.close()
        self.connection.close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error of ours."""


@contextmanager
def smtp_server(context: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A server that takes mails until its block ends; with a context it offers STARTTLS."""
    box = Mailbox()
    session = type("Session", (_Session,), {"box": box, "context": context})
    with _Server(("127.0.0.1", 0), session) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()
