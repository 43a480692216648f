"""Guarded applications that are killed, forked from a process that has everything imported.

    python -m tests.sdk.middleware.applications GATE TOKEN FOLDER KEY ANSWERS

Each line of the input starts one, and its process id is answered. An application asks itself without
end; what has been answered goes to the descriptor ANSWERS, one request id a line, in one write.
"""

import asyncio
import os
import signal
import sys
import traceback
from typing import Any

from freehold.sdk.asgi import FreeholdMiddleware, Message, Receive, Scope, Send
from freehold.sdk.guard import Guard

COUNTRY = "/v1/countries/NO"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """The smallest application, with a long path so that segments are left all the time."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["freehold"].request_id.encode()})


async def ask_without_end(guard: Guard, key: str, answers: int) -> None:
    """Ask the guarded application; say what was answered once it was."""
    app = FreeholdMiddleware(answer, guard)

    async def nothing() -> Message:
        return {"type": "http.request"}

    async def heard(message: Message) -> None:
        if message.get("body") and len(message["body"]) == 30:
            os.write(answers, message["body"] + b"\n")

    scope: dict[str, Any] = {
        "type": "http", "method": "GET", "path": COUNTRY, "raw_path": COUNTRY.encode(),
        "headers": [(b"x-api-key", key.encode()), (b"user-agent", b"x" * 250)],
    }  # fmt: skip
    while True:
        for _ in range(20):
            await app(dict(scope), nothing, heard)
        await asyncio.sleep(0.002)


def main() -> None:
    """Fork what is asked for until the input ends."""
    gate, token, folder, key, answers = sys.argv[1:]
    # Nobody waits for the children: they only ever end by being killed.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            try:
                asyncio.run(ask_without_end(Guard(gate, token, folder), key, int(answers)))
            except BaseException:  # noqa: BLE001 (a child that fails must never go on as its parent)
                traceback.print_exc()
            os._exit(1)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
