"""Publishing the example API's events through Freehold, as any operator's API would.

One thread sends what a bounded queue holds: an answer never waits for it, and a Freehold that is away
costs nothing but, in the end, the events that no longer fit. Each event carries the id of the request
that it tells of, so that sending it again adds nothing. The token is read from its file for each
attempt, because it is made anew at every start, and is neither kept nor logged.
"""

import http.client
import logging
import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import msgspec

_log = logging.getLogger(__name__)

QUEUE_MAX: Final = 1_000
_ATTEMPTS_MAX: Final = 8
_FIRST_PAUSE_S: Final = 0.2
_TIMEOUT_S: Final = 5.0
_STOP_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way to a project."""

    project_id: str
    request_id: str
    event_type: str
    payload: Mapping[str, Any]


class _TryAgain(Exception):
    """This attempt failed, but the next may not."""


class Publisher:
    """Sends events to Freehold's control plane at a URL, with the token that a file holds."""

    def __init__(self, url: str, token_file: Path) -> None:
        parts = urlsplit(url)
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._address = parts.netloc
        self._path = parts.path.rstrip("/")
        self._token_file = token_file
        self._waiting: queue.Queue[Event | None] = queue.Queue(QUEUE_MAX)
        self._stopping = threading.Event()
        self._connection: http.client.HTTPConnection | None = None
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def publish(self, event: Event) -> None:
        """Take an event to be sent soon. Never waits: where too many wait already, it is dropped and logged."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            _log.warning("too many events are waiting: %s of %s is dropped", event.event_type, event.request_id)

    def stop(self) -> None:
        """Send what waits, for two seconds at the most, and end."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            self._stopping.set()
        self._thread.join(_STOP_S)
        self._stopping.set()
        self._thread.join(_TIMEOUT_S + 1)

    def _run(self) -> None:
        while not self._stopping.is_set():
            event = self._waiting.get()
            if event is None:
                break
            self._deliver(event)
        self._disconnect()

    def _deliver(self, event: Event) -> None:
        pause_s = _FIRST_PAUSE_S
        for _ in range(_ATTEMPTS_MAX):
            try:
                self._send(event)
            except (OSError, http.client.HTTPException, _TryAgain) as error:
                self._disconnect()
                _log.info("%s of %s could not be published: %s", event.event_type, event.request_id, error)
            else:
                return
            if self._stopping.wait(pause_s):
                break
            pause_s *= 2
        _log.warning("%s of %s was not published", event.event_type, event.request_id)

    def _send(self, event: Event) -> None:
        """One attempt; _TryAgain, OSError or HTTPException where another may succeed."""
        if self._connection is None:
            self._connection = self._kind(self._address, timeout=_TIMEOUT_S)
        body = msgspec.json.encode({"event_type": event.event_type, "payload": event.payload, "id": event.request_id})
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self._token_file.read_text().strip()}",
        }
        path = f"{self._path}/v1/projects/{quote(event.project_id, safe='')}/messages"
        self._connection.request("POST", path, body, headers)
        response = self._connection.getresponse()
        answer = response.read()
        # 401: the token may have been made anew this very moment.
        if response.status >= 500 or response.status in {401, 408, 429}:
            raise _TryAgain(f"Freehold answered {response.status}")
        if response.status >= 300:
            _log.warning("Freehold refused %s: %s %s", event.event_type, response.status, answer[:300])

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
