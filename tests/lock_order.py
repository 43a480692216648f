"""Two at one instant: one holds an organization's log, and the other one is let run until it wants that log too."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from freehold.organizations import audit
from freehold.store.engine import Store, Transaction

# Where it never comes to want the log, the test is to fail, not to hang.
PATIENCE_S: Final = 60.0


def beside(
    store: Store, monkeypatch: pytest.MonkeyPatch, chain: str, act: Callable[[], object],
    meanwhile: Callable[[Transaction], object],
) -> Any:  # fmt: skip
    """What came of `act`, also where it raised, beside a transaction that holds a log and then does something else.

    It does that once `act`, in a thread and with a connection of its own, is about to take the log: the rows that `act`
    holds by then, it keeps. Where `meanwhile` wants one of them, neither can go on, and PostgreSQL gives one of the two
    up. SQLite has one writer: there they take turns.
    """
    here, wants = threading.get_ident(), threading.Event()

    def saying(take: Callable[..., Any]) -> Callable[..., Any]:
        def say_and_take(tx: Transaction, wanted: str) -> Any:
            if wanted == chain and threading.get_ident() != here:
                wants.set()
            return take(tx, wanted)

        return say_and_take

    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as other:
        for name in ("hold", "_next_place"):
            patch.setattr(audit, name, saying(getattr(audit, name)))
        with store.write() as tx:
            audit.hold(tx, chain)
            acting = other.submit(act)
            acting.add_done_callback(lambda _: wants.set())
            if not store.is_sqlite:
                wants.wait(PATIENCE_S)
            meanwhile(tx)
        return acting.exception() or acting.result()


def assert_log_first(
    store: Store, monkeypatch: pytest.MonkeyPatch, chain: str, act: Callable[[Transaction], object],
    change_everything: Callable[[Transaction], object],
) -> None:  # fmt: skip
    """`act`, in a transaction of its own, holds none of the rows that the other one changes before it wants the log."""

    def run() -> None:
        with store.write() as tx:
            act(tx)

    outcome = beside(store, monkeypatch, chain, run, change_everything)
    assert not isinstance(outcome, Exception), outcome
