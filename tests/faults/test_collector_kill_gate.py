"""Guarantee 1 on the whole path: what the gate answered over HTTP is counted once, whatever is killed, whenever.

Callers verify keys on kept-alive, pipelined connections; two gate processes and the collector are
chosen by lot, one alone or several at one moment, and killed with SIGKILL. Every other life of a gate
begins a segment with nearly every write, so that many die while they do. GATE_KILLS and GATE_DECISIONS
in the environment make it longer (GATE_KILLS=1000 takes a few minutes on each database).
"""

import os
import random
import socket
from typing import Final

from freehold.settings import Settings
from freehold.store.engine import Store
from tests.databases import SECRET
from tests.faults.kill_run import SEGMENT_BYTES, SEGMENT_BYTES_MIN, assert_counted_once, collector_command, parts_of
from tests.faults.verify_load import VerifyLoad
from tests.gate.instance import Instance

KILLS: Final = int(os.environ.get("GATE_KILLS", "25"))
DECISIONS: Final = int(os.environ.get("GATE_DECISIONS", "10000"))


def test_what_the_gate_answered_is_counted_once_after_any_kill(settings: Settings, store: Store) -> None:
    instance = Instance(settings.data, store, SECRET)
    with store.write() as tx:
        instance._fill(tx)
    keys = [instance.issue().text, instance.issue(rate_limit=50, rate_window_s=1).text, "fh_test_no_key"]
    token = instance.service_token()

    def gate(life: int) -> dict[str, object]:
        return {
            "part": "gate", "data": str(settings.data), "database_url": settings.database_url,
            "listening": listening.fileno(), "segment_bytes": SEGMENT_BYTES if life % 2 else SEGMENT_BYTES_MIN,
        }  # fmt: skip

    commands = {"collector": collector_command(settings), "gate 1": gate, "gate 2": gate}
    # The socket outlives every gate, as the supervisor's does: callers wait instead of being refused.
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    with listening, parts_of(commands, [listening.fileno()]) as parts:
        load = VerifyLoad(listening.getsockname()[1], token, keys)
        try:
            parts.kill_by_lot(KILLS, lambda: load.count >= DECISIONS, random.Random(20261123))
        finally:
            answered = load.stop()
    assert parts.lives == KILLS + len(commands)
    assert len(answered) >= DECISIONS
    assert load.outcomes >= {"allowed", "rate_limited", "malformed_key"}
    assert_counted_once(settings, store, answered, KILLS * load.under_way_max)
