"""Whole instances for tests: `freehold up` on ports of its own, waited for, and ended with the test."""

import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.supervisor import commands


@dataclass(slots=True)
class Instance:
    """A running instance, as the operator knows it: what `freehold up` printed."""

    process: "subprocess.Popen[str]"
    data: Path
    url: str
    gate_url: str
    setup_token: str | None
    errors: list[str] = field(default_factory=list)

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Tell it to stop; the exit status."""
        self.process.send_signal(number)
        return self.process.wait(commands.PATIENCE_S)


@contextmanager
def running(data: Path, *options: str, **settings: str) -> Iterator[Instance]:
    """An instance on free ports, ready; killed where the test leaves it running."""
    with commands.start("up", "--data", data, "--port", "0", "--gate-port", "0", *options, **settings) as process:
        errors: list[str] = []
        reader = threading.Thread(target=_read_all, args=(process, errors))
        reader.start()
        try:
            yield _announced(process, data, errors)
        finally:
            process.terminate()
            try:
                process.wait(commands.PATIENCE_S)
            finally:
                process.kill()
                reader.join()


def _announced(process: "subprocess.Popen[str]", data: Path, errors: list[str]) -> Instance:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    text = "".join(lines)
    first = re.search(r"^  (?:Set it up|Dashboard) +(http://[^/\s]+)(?:/setup#token=(\w+))?$", text, re.MULTILINE)
    gate = re.search(r"^  Gate +(https?://\S+)$", text, re.MULTILINE)
    assert first, f"{text}\n{''.join(errors)}"
    assert gate, text
    return Instance(process, data, first[1], gate[1], first[2], errors)


def _read_all(process: "subprocess.Popen[str]", errors: list[str]) -> None:
    assert process.stderr is not None
    errors.extend(process.stderr)
