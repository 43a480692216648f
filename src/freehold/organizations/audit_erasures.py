"""Names taken out of the audit log: an entry may come to read otherwise, if the instance has signed how.

A deleted person's name and address are in entries whose hashes cannot be made anew. So an entry keeps its hash, which
the chain and the seals hold, and an erasure says what it reads like since: a digest of the entry as it is now, signed
with the key of the seals, which is not in the database. An entry that reads otherwise without one was altered. Which
words may change is held by the database: what was done, by which id, to which id and when is not among them.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, insert, select

from freehold.kit import canonical_json, clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations.audit_seals import key_id_of, private_key
from freehold.store.engine import Transaction
from freehold.store.schema import audit_erasures

_C = audit_erasures.c


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an entry reads like after names were taken out of it, signed. `digest` is made as an entry's hash is."""

    chain: str
    position: int
    number: int
    erased_at: datetime
    digest: bytes
    key_id: str
    signature: bytes


def signed_bytes(erasure: Erasure, entry_hash: bytes) -> bytes:
    """What an erasure signs, in canonical JSON (RFC 8785): `hash` is the entry's own, of what it read before."""
    facts = {
        "erasure": erasure.number, "chain": erasure.chain, "position": erasure.position, "hash": entry_hash.hex(),
        "digest": erasure.digest.hex(), "erased_at": clock.to_text(erasure.erased_at),
    }  # fmt: skip
    return canonical_json.encode(facts)


def is_genuine(erasure: Erasure, entry_hash: bytes, public: bytes) -> bool:
    """Whether an erasure of the entry with this hash was signed with the private key of a public one."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(erasure.signature, signed_bytes(erasure, entry_hash))
    except (InvalidSignature, ValueError):
        return False
    return True


def record_erasure(
    tx: Transaction, secret: InstanceSecret, chain: str, position: int, entry_hash: bytes, digest: bytes
) -> None:
    """Put on record that an entry reads otherwise from now on; IntegrityError where two do so at one instant."""
    last = tx.execute(select(func.max(_C.number)).where(_C.chain == chain, _C.position == position)).scalar()
    key = private_key(secret)
    key_id = key_id_of(key.public_key().public_bytes_raw())
    erasure = Erasure(chain, position, (last or 0) + 1, clock.now(), digest, key_id, b"")
    tx.execute(
        insert(audit_erasures).values(
            chain=chain, position=position, number=erasure.number, erased_at=erasure.erased_at, digest=digest,
            key_id=key_id, signature=key.sign(signed_bytes(erasure, entry_hash)),
        )
    )  # fmt: skip


def last_erasure(tx: Transaction, chain: str, position: int) -> Erasure | None:
    """How an entry reads by the newest erasure of it; None where it was never changed (primary key)."""
    query = select(audit_erasures).where(_C.chain == chain, _C.position == position)
    row = tx.execute(query.order_by(_C.number.desc()).limit(1)).first()
    return Erasure(**row._mapping) if row else None


def covers(tx: Transaction, chain: str, position: int, entry_hash: bytes, digest: bytes, public: bytes | None) -> bool:
    """Whether an entry that does not read as its hash says reads as its newest erasure does; without a key, unsigned."""
    erasure = last_erasure(tx, chain, position)
    if erasure is None or erasure.digest != digest:
        return False
    return public is None or is_genuine(erasure, entry_hash, public)


def erased_entries(tx: Transaction, chain: str) -> int:
    """How many entries of a chain had names taken out of them (primary key)."""
    query = select(func.count(_C.position.distinct())).where(_C.chain == chain)
    return int(tx.execute(query).scalar_one())
