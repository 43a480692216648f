"""Proving that an audit chain is as it was written: every entry, every seal, and seals that somebody kept elsewhere.

Of the instance's own chain also that deleted organizations are what it says of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from freehold.kit import clock
from freehold.organizations import audit, audit_erasures, audit_tombstones
from freehold.organizations.audit_seals import Seal, is_genuine, key_id_of, seals_of
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found of a chain. `fault`: what is wrong first, in words; None where nothing is.

    `entries`: how many were read. `unsealed`: how many came after the last seal, which the chain alone holds.
    `erased`: how many had a deleted person's name taken out, which rests on the instance's signature. `tombstones`: of the
    instance's own chain, how many deleted organizations are as it says.
    """

    chain: str
    entries: int
    head_hash: bytes
    seals: int
    last_seal: Seal | None
    fault: str | None
    proved_at: datetime
    erased: int = 0
    tombstones: int = 0

    @property
    def unsealed(self) -> int:
        """Entries that no seal covers yet."""
        return self.entries - (self.last_seal.position if self.last_seal else 0)


def prove(
    tx: Transaction, chain: str, public: bytes, kept: Sequence[Seal] = (),
    told: Callable[[int], None] = lambda _: None,
) -> Proof:  # fmt: skip
    """Read a chain from its beginning to its end. `kept`: seals from elsewhere; `told` hears how many entries were read."""
    seals = seals_of(tx, chain)
    waiting = sorted([*seals, *(each for each in kept if each.chain == chain)], key=lambda each: each.position)
    fault = next((words for each in waiting if (words := _false_seal(each, public))), None)
    digest, read = audit.GENESIS, 0
    for entry, words in audit.checked_entries(tx, chain, public):
        fault = fault or words
        if fault:
            break
        read, digest = entry.position, entry.hash
        while waiting and waiting[0].position == read:
            fault = fault or _other_hash(waiting.pop(0), digest)
        told(read)
    fault = fault or audit.wrong_end(tx, chain, read, digest) or _beyond_the_end(waiting, chain, read)
    held, words = audit_tombstones.hold(tx, chain, public) if chain == audit.INSTANCE_CHAIN else (0, None)
    erased = audit_erasures.erased_entries(tx, chain)
    return Proof(
        chain, read, digest, len(seals), seals[-1] if seals else None, fault or words, clock.now(), erased, held
    )


def _false_seal(seal: Seal, public: bytes) -> str | None:
    if seal.key_id == key_id_of(public) and is_genuine(seal, public):
        return None
    return f"the seal of {seal.chain} at entry {seal.position} is not this instance's"


def _other_hash(seal: Seal, digest: bytes) -> str | None:
    if seal.hash == digest:
        return None
    at = clock.to_text(seal.sealed_at)
    return f"entry {seal.position} of {seal.chain} is not the one that was sealed at {at}: history was rewritten"


def _beyond_the_end(waiting: Sequence[Seal], chain: str, read: int) -> str | None:
    if not waiting:
        return None
    last = waiting[-1]
    return f"{chain} ends at entry {read}, but entry {last.position} was sealed at {clock.to_text(last.sealed_at)}: entries were removed"
