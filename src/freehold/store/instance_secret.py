"""Where the instance's secret is kept: FREEHOLD_SECRET, or secret.key in the data directory.

Reading it is every server process's first act; only `freehold up` and `freehold setup` ever make it.
"""

import contextlib
import os
from pathlib import Path
from typing import Final

from freehold.kit.secrets import InstanceSecret
from freehold.settings import BadSetting, Settings

FILE: Final = "secret.key"


class NoSecret(Exception):
    """The instance has no secret where it should be. The message is one sentence for the operator."""


def load(settings: Settings) -> InstanceSecret:
    """The instance's secret; NoSecret where there is none yet, BadSetting where it cannot be read."""
    secret = find(settings)
    if secret is None:
        raise NoSecret(f"There is no {FILE} in {settings.data}, and FREEHOLD_SECRET is not set.")
    return secret


def find(settings: Settings) -> InstanceSecret | None:
    """The instance's secret, or None where it was never made. OSError where its file cannot be read."""
    path = settings.data / FILE
    if settings.secret:
        return _read(settings.secret, "FREEHOLD_SECRET")
    try:
        return _read(path.read_text("ascii"), str(path))
    except FileNotFoundError:
        return None


def create(data: Path) -> InstanceSecret:
    """Make the secret's file, whole or not at all, readable by its owner alone; the one that won where two try."""
    path, draft = data / FILE, data / f".{FILE}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(InstanceSecret.generate().to_hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            # A link, not a rename: it never replaces a secret that is there.
            path.hardlink_to(draft)
    finally:
        draft.unlink()
    _flush_folder(data)
    return _read(path.read_text("ascii"), str(path))


def _read(text: str, where: str) -> InstanceSecret:
    try:
        return InstanceSecret.from_hex(text)
    except ValueError:
        raise BadSetting(f"{where} should hold 64 or more hexadecimal digits.") from None


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
