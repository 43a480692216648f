"""A process that sends audit entries on and kills itself: `python -m tests.faults.forwarding_part DATA DATABASE_URL`.

For each line `STEP AT` of its input it forks one that dies at a step, for the time after AT, or after AT milliseconds
wherever it is; `ended` goes out once it is dead. Batches are of three entries, so that cursors move between the kills.
"""

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from freehold.forwarding import batches
from freehold.forwarding.sending import Forwards
from freehold.forwarding.tasks import Forwarder
from freehold.settings import Settings
from freehold.store.engine import open_store
from freehold.webhooks.sender import Sender
from tests.databases import SECRET


def forward(data: str, database_url: str, step: str, at: int) -> None:
    """Send on for ever, or until the step is passed for the time after `at`: then die."""
    settings = Settings(data=Path(data), database_url=database_url, webhook_allow="127.0.0.0/8")
    left = at
    batches.AT_ONCE = 3  # type: ignore[misc]

    def pass_step() -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if step == "any moment":
        threading.Timer(at / 1000, os.kill, [os.getpid(), signal.SIGKILL]).start()
    elif step == "between entries":
        send = Sender.send

        async def sent(self: Sender, *given: Any) -> Any:
            result = await send(self, *given)
            pass_step()
            return result

        setattr(Sender, "send", sent)  # noqa: B010 — it is what the forwarder calls
    else:
        # After the whole batch was sent, or within the transaction that moves the cursor.
        record = batches.record

        def recorded(*given: Any) -> bool:
            if step == "after send":
                pass_step()
            moved = record(*given)
            if step == "within record":
                pass_step()
            return moved

        setattr(batches, "record", recorded)  # noqa: B010 — it is what the forwarder calls
    asyncio.run(_send_on(settings))


async def _send_on(settings: Settings) -> None:
    store = open_store(settings)
    async with Forwards(settings) as forwards:
        forwarder = Forwarder(store, SECRET, forwards, settings.control_url)
        while True:
            if not await forwarder.turn():
                await asyncio.sleep(0.01)


def main() -> None:
    """Fork what is asked for, one at a time, until the input ends."""
    for line in sys.stdin:
        step, at = line.rsplit(" ", 1)
        child = os.fork()
        if child == 0:
            forward(sys.argv[1], sys.argv[2], step, int(at))
        os.waitpid(child, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
