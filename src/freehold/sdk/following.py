"""Hearing of changes: one thread asks the gate what changed, and says with each question how far this process is.

`POST /v1/keys/{key}/revoke` waits for what is said here, so it is said only of what has been applied.
"""

import logging
import socket
import threading
import time
from typing import Final

from freehold.keys.sharing import ChangesAnswer
from freehold.sdk.gate_link import GateAway, GateLink, GateRefuses
from freehold.sdk.keyring import Keyring

_log: Final = logging.getLogger("freehold.sdk")
_AGAIN_S: Final = 0.1
_REFUSED_S: Final = 1.0
_STALENESS_S: Final = 2.0


class Follower:
    """Keeps a keyring fresh. `heard_at`: as of when, by `time.monotonic`; `staleness_s`: for how long that holds."""

    def __init__(self, link: GateLink, keyring: Keyring, process: str, staleness_s: float | None) -> None:
        self._link = link
        self._keyring = keyring
        self._process = process
        self._own_staleness_s = staleness_s
        self.staleness_s = staleness_s or _STALENESS_S
        self.heard_at = float("-inf")
        self.brand = ""
        # Set once the gate was heard for the first time.
        self.first_heard = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="freehold-follow", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Ask nothing any more once the present question is answered."""
        self._stop.set()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        failing = False
        while not self._stop.is_set():
            asked_at = time.monotonic()
            try:
                answer = self._link.changes(
                    self._process, socket.gethostname(), self._keyring.epoch, int(self.staleness_s * 250)
                )
            except (GateAway, GateRefuses) as error:
                if not failing:
                    _log.warning("Freehold does not hear its gate: %s", error)
                failing = True
                self._stop.wait(_AGAIN_S if isinstance(error, GateAway) else _REFUSED_S)
            else:
                failing = False
                self._take_in(answer, asked_at)

    def _take_in(self, answer: ChangesAnswer, asked_at: float) -> None:
        if answer.start_anew or answer.epoch != self._keyring.epoch:
            self._keyring.apply(answer)
        # The instance's bound holds for everybody; an application may only set itself a shorter one.
        self.staleness_s = min(answer.staleness_s, self._own_staleness_s or answer.staleness_s)
        self.brand = answer.brand
        self.heard_at = max(self.heard_at, asked_at + answer.heard_ms / 1000)
        self.first_heard.set()
