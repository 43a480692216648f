"""The data directory: whether it is ours, what is in it, who is using it.

Never touches a directory that it cannot tell to be Freehold's.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from freehold.supervisor.refusals import CannotStart, reason

MARKER: Final = "FREEHOLD"
LAYOUT: Final = 1
EXAMPLE_TOKEN_FILE: Final = "run/example.token"  # noqa: S105 — a path
_MARKER_TEXT: Final = "A Freehold data directory, layout "


def prepare(data: Path) -> None:
    """Make the directory where it is absent, and check that it is ours where it is not; CannotStart otherwise."""
    with speaking_of(data):
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        marker = data / MARKER
        if marker.exists():
            _check_layout(data, marker.read_text("utf-8"))
        elif any(entry.name != "lost+found" for entry in data.iterdir()):
            raise CannotStart(
                f"The directory {data} is not empty and not a Freehold data directory; name another one with --data."
            )
        else:
            marker.write_text(f"{_MARKER_TEXT}{LAYOUT}\n", "utf-8")
        (data / "run").mkdir(mode=0o700, exist_ok=True)
        (data / "journal").mkdir(mode=0o700, exist_ok=True)


@contextlib.contextmanager
def held(data: Path) -> Iterator[None]:
    """Hold the directory for this process while the block runs; CannotStart where another one holds it."""
    with speaking_of(data):
        descriptor = os.open(data / "run" / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(descriptor, data)
        yield
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner reads, whole or not at all."""
    with speaking_of(path.parent):
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(path)


def _check_layout(data: Path, text: str) -> None:
    layout = text.strip().removeprefix(_MARKER_TEXT)
    if not layout.isdecimal():
        raise CannotStart(
            f"The file {data / MARKER} is not one that Freehold wrote; name another directory with --data."
        )
    if int(layout) > LAYOUT:
        raise CannotStart(
            f"The data directory {data} was written by a newer Freehold; start that one, or a newer one still."
        )


def _lock(descriptor: int, data: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        process = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        raise CannotStart(
            f"Freehold is running on the data directory {data} already (process {process}); "
            "stop that one first, or name another directory with --data."
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())


@contextlib.contextmanager
def speaking_of(data: Path) -> Iterator[None]:
    """Turn what the operating system refuses inside the block into a sentence about the data directory."""
    try:
        yield
    except (OSError, UnicodeError) as error:
        why = reason(error) if isinstance(error, OSError) else "its marker is not text"
        raise CannotStart(f"Freehold cannot use the data directory {data}: {why}.") from error
