"""A bare ASGI application and the same behind `freehold.sdk`, called in turn without a server in between.

    python -m benchmarks.in_process GATE KEYS FOLDER ROUNDS SECONDS      with the service token in FREEHOLD_TOKEN

Prints one line of JSON: the microseconds of a call, a round, bare and guarded, and the CPU microseconds of all threads.
"""

import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import uvloop

from freehold.sdk.asgi import Application, FreeholdMiddleware, Message, Receive, Scope, Send
from freehold.sdk.guard import Guard

_TURN: Final = 2_000
_START: Final = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
_BODY: Final = {"type": "http.response.body", "body": b'{"code":"NO"}'}


async def bare(_scope: Scope, _receive: Receive, send: Send) -> None:
    """The least that answers."""
    await send(dict(_START))
    await send(_BODY)


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _scope(key: str) -> dict[str, Any]:
    """A request as uvicorn tells it."""
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": "/v1/countries/NO", "raw_path": b"/v1/countries/NO", "query_string": b"", "root_path": "",
        "client": ("203.0.113.7", 52011), "server": ("127.0.0.1", 8000), "state": {},
        "headers": [
            (b"host", b"127.0.0.1:8000"), (b"user-agent", b"benchmark/1"), (b"accept", b"*/*"),
            (b"authorization", b"Bearer " + key.encode()),
        ],
    }  # fmt: skip


async def _statuses(application: Application, scopes: list[dict[str, Any]]) -> list[int]:
    found: list[int] = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            found.append(message["status"])

    for scope in scopes:
        await application(dict(scope), _receive, send)
    return found


async def _call_us(application: Application, scopes: Iterator[dict[str, Any]], seconds: float) -> tuple[float, float]:
    """Microseconds of one call over so many seconds, and those of CPU."""
    refused = 0

    async def send(message: Message) -> None:
        nonlocal refused
        refused += message.get("status", 200) != 200

    calls, began, cpu = 0, time.perf_counter(), time.process_time()
    while (now := time.perf_counter()) < began + seconds:
        for scope in itertools.islice(scopes, _TURN):
            await application(dict(scope), _receive, send)
        calls += _TURN
        # As a server does between requests: others have their turn.
        await asyncio.sleep(0)
    if refused:
        sys.exit(f"{refused} of {calls} calls were refused")
    return (now - began) * 1e6 / calls, (time.process_time() - cpu) * 1e6 / calls


async def _measure(gate: str, keys: list[str], folder: Path, rounds: int, seconds: float) -> None:
    guard = Guard(gate, os.environ["FREEHOLD_TOKEN"], folder, environment="sandbox")
    guarded = FreeholdMiddleware(bare, guard)
    scopes = [_scope(key) for key in keys]
    # Every key is asked about once; a key that nobody issued is refused.
    found = await _statuses(guarded, [*scopes, _scope("fh_test_nobody")])
    if found != [200] * len(keys) + [401]:
        sys.exit(f"the guarded application answers {sorted(set(found))}, the wrong key {found[-1]}")
    turn = itertools.cycle(scopes)
    us: dict[str, list[float]] = {"bare": [], "guarded": [], "bare_cpu": [], "guarded_cpu": []}
    await _call_us(guarded, turn, min(1.0, seconds))
    for _ in range(rounds):
        for name, application in (("bare", bare), ("guarded", guarded)):
            taken, cpu = await _call_us(application, turn, seconds)
            us[name].append(taken)
            us[f"{name}_cpu"].append(cpu)
    guard.close()
    print(json.dumps(us))


def main() -> None:
    """Measure what the command line names."""
    gate, keys, folder, rounds, seconds = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_measure(gate, Path(keys).read_text().split(), Path(folder), int(rounds), float(seconds)))


if __name__ == "__main__":
    main()
