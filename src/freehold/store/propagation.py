"""Waiting until every live gate process decides by a change.

Runs after the change's transaction, never inside one. Gates report the epoch that they have reached;
one that is silent for longer than the staleness bound denies everything by itself, so nobody needs
to wait for it longer than that.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from freehold.kit import clock
from freehold.store import epoch
from freehold.store.engine import Store

_POLL_S: Final = 0.01


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Who decides by a change: `confirmed_by` gate processes after `propagation_ms`; `silent` ones deny all."""

    confirmed_by: int
    silent: int
    propagation_ms: int


def wait_for_verifiers(store: Store, reached: int, staleness_s: float) -> Confirmation:
    """Wait until each gate process that is alive has reached an epoch, at most the staleness bound and a little."""
    begun = time.monotonic()
    # A gate that was not heard for twice the bound is not alive: it denies already.
    since = clock.now() - timedelta(seconds=2 * staleness_s)
    deadline = begun + staleness_s + 0.5
    while True:
        with store.read() as tx:
            alive = epoch.verifiers_seen_since(tx, since)
        behind = [verifier for verifier in alive if verifier.epoch < reached]
        if not behind or time.monotonic() >= deadline:
            elapsed_ms = int((time.monotonic() - begun) * 1000)
            return Confirmation(len(alive) - len(behind), len(behind), elapsed_ms)
        time.sleep(_POLL_S)
