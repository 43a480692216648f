"""Running the `freehold` command as its users do: a process, with an environment of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 60.0


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without settings of Freehold's, and with those given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FREEHOLD_")}
    return kept | settings


def start(*arguments: str | Path, **settings: str) -> "subprocess.Popen[str]":
    """Start `freehold …`; its output and errors are pipes of text."""
    return subprocess.Popen(
        [sys.executable, "-m", "freehold", *map(str, arguments)],
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: str | Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run `freehold …` to its end."""
    with start(*arguments, **settings) as process:
        try:
            output, errors = process.communicate(timeout=PATIENCE_S)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
