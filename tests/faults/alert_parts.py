"""The processes of the alerts' kill test, and the chat receiver that they tell."""

import os
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import msgspec

from freehold.alerts import crossings, letters
from freehold.alerts import tasks as loops
from freehold.kit import ids
from freehold.settings import Settings
from freehold.store.engine import Transaction, open_store
from freehold.usage import tasks
from freehold.usage.intake import Added
from freehold.usage.journal import JournalWriter
from tests.databases import SECRET
from tests.faults.usage_events import AT_MS, event

HOUR_MS: Final = 3_600_000
# Many hours at once, so that there is always one near a threshold.
_HOURS: Final = 12
# As many such spans as a longer campaign needs: with too few, everything has fired before the last kill.
_SPANS: Final = max(7, int(os.environ.get("ALERT_KILLS", "9")) // 25)


def alert_writer(data: str, life: int, project_id: str, organization_id: str) -> None:
    """Journal decisions of many hours without end."""
    journal = JournalWriter(Path(data) / tasks.JOURNAL_FOLDER / ids.new_id("jrn"), 64 * 1024)
    number = 0
    while True:
        for _ in range(6):
            at_ms = AT_MS - HOUR_MS * (life % _SPANS * _HOURS + number % _HOURS)
            usual = event(number, at_ms)
            journal.append(
                msgspec.structs.replace(
                    usual, id="req_" + ids.encode(AT_MS << 80 | life << 40 | number), at_ms=at_ms, project_id=project_id,
                    organization_id=organization_id,
                )
            )  # fmt: skip
            number += 1
        journal.write_out()
        time.sleep(0.01)


def alert_collector(data: str, database_url: str) -> None:
    """What the tasks process does for usage, with what it crosses."""
    settings = Settings(data=Path(data), database_url=database_url, collect_ms=5)
    voice = letters.voice_of(settings)

    def watch(tx: Transaction, added: Added) -> None:
        crossings.note_added(tx, voice, added)

    tasks.run(open_store(settings), settings, threading.Event(), watch)


def alert_tasks(data: str, database_url: str) -> None:
    """What the tasks process does for alerts: look at rules, and tell chat channels."""
    settings = Settings(data=Path(data), database_url=database_url, webhook_allow="127.0.0.0/8")
    store, stop = open_store(settings), threading.Event()
    threading.Thread(target=loops.run_chat, args=(store, settings, SECRET, stop), daemon=True).start()
    while True:
        loops.turn(store, letters.voice_of(settings))
        time.sleep(0.02)


class ChatReceiver:
    """A chat channel's server on loopback, which accepts everything and remembers which notifications came."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                received[self.headers["idempotency-key"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/hook"

    @property
    def count(self) -> int:
        return len(self.received)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
