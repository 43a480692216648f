"""A real gate process, and guards that ask it: what an application's process is made of."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from freehold.sdk.guard import Guard
from tests.gate.conftest import gate, instance, own_instance, token
from tests.gate.gate_process import GateProcess

__all__ = ["gate", "instance", "own_instance", "token"]

MakeGuard = Callable[..., Guard]


@pytest.fixture
def make_guard(tmp_path: Path, gate: GateProcess, token: str) -> Iterator[MakeGuard]:
    """Makes guards of one application; all are closed at the end."""
    made: list[Guard] = []

    def make(url: str | None = None, token_: str | None = None, folder: str = "usage", **options: Any) -> Guard:
        made.append(Guard(url or gate.url, token_ or token, tmp_path / folder, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def guard(make_guard: MakeGuard) -> Guard:
    """A guard of an application that serves the sandbox."""
    return make_guard(environment="sandbox")
