"""Seals of the audit log: each hour the instance signs where every chain stands, so that history cannot be rewritten.

A chain of hashes shows what was altered in it, but whoever owns the database could make the whole chain anew. A seal is
an Ed25519 signature (RFC 8032) over a chain's name, position, hash and time, by a key that is derived from the
instance's secret and is not in the database: what comes before a seal can be changed by nobody who has not both. Seals
that somebody else has kept (`freehold audit proof`) hold even against the operator.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import and_, func, insert, select
from sqlalchemy.exc import IntegrityError

from freehold.kit import canonical_json, clock
from freehold.kit.secrets import InstanceSecret
from freehold.store.engine import Store, Transaction
from freehold.store.schema import audit_heads, audit_seals

_USE = "audit-seals"
_C = audit_seals.c


@dataclass(frozen=True, slots=True)
class Seal:
    """Where a chain stood at an instant, signed. `key_id` names the public key."""

    chain: str
    position: int
    hash: bytes
    sealed_at: datetime
    key_id: str
    signature: bytes


def public_key(secret: InstanceSecret) -> bytes:
    """The instance's public key for seals: 32 bytes (RFC 8032, section 5.1.5)."""
    return private_key(secret).public_key().public_bytes_raw()


def key_id_of(public: bytes) -> str:
    """What names a public key: the first 16 hexadecimal digits of its SHA-256."""
    return sha256(public).hexdigest()[:16]


def signed_bytes(chain: str, position: int, digest: bytes, sealed_at: datetime) -> bytes:
    """What a seal signs: chain, position, hash (hexadecimal) and time (RFC 3339) in canonical JSON (RFC 8785)."""
    facts = {"chain": chain, "position": position, "hash": digest.hex(), "sealed_at": clock.to_text(sealed_at)}
    return canonical_json.encode(facts)


def make_seal(secret: InstanceSecret, chain: str, position: int, digest: bytes, at: datetime) -> Seal:
    """Sign where a chain stands."""
    key = private_key(secret)
    signature = key.sign(signed_bytes(chain, position, digest, at))
    return Seal(chain, position, digest, at, key_id_of(key.public_key().public_bytes_raw()), signature)


def is_genuine(seal: Seal, public: bytes) -> bool:
    """Whether a seal was made with the private key of a public one."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(
            seal.signature, signed_bytes(seal.chain, seal.position, seal.hash, seal.sealed_at)
        )
    except (InvalidSignature, ValueError):
        return False
    return True


def seal_chains(store: Store, secret: InstanceSecret, now: datetime) -> int:
    """Seal every chain that has grown since its last seal, each in a transaction of its own; how many."""
    with store.read() as tx:
        grown = _grown(tx)
    sealed = 0
    for chain, position, digest in grown:
        seal = make_seal(secret, chain, position, digest, now)
        try:
            with store.write() as tx:
                insert_seal(tx, seal)
        except IntegrityError:
            # Another node has sealed it at the same place.
            continue
        sealed += 1
    return sealed


def insert_seal(tx: Transaction, seal: Seal) -> None:
    """Keep a seal; IntegrityError where the chain has one at this position."""
    tx.execute(
        insert(audit_seals).values(
            chain=seal.chain, position=seal.position, hash=seal.hash, sealed_at=seal.sealed_at, key_id=seal.key_id,
            signature=seal.signature,
        )
    )  # fmt: skip


def seals_of(tx: Transaction, chain: str) -> list[Seal]:
    """All seals of a chain, in order (primary key)."""
    rows = tx.execute(select(audit_seals).where(_C.chain == chain).order_by(_C.position))
    return [Seal(**row._mapping) for row in rows]


def _grown(tx: Transaction) -> list[tuple[str, int, bytes]]:
    last = select(_C.chain, func.max(_C.position).label("position")).group_by(_C.chain).subquery()
    query = (
        select(audit_heads.c.chain, audit_heads.c.position, audit_heads.c.hash)
        .outerjoin(last, and_(last.c.chain == audit_heads.c.chain))
        .where(audit_heads.c.position > func.coalesce(last.c.position, 0))
        .order_by(audit_heads.c.chain)
    )
    return [(row.chain, row.position, row.hash) for row in tx.execute(query)]


def private_key(secret: InstanceSecret) -> Ed25519PrivateKey:
    """The key that seals and erasures are signed with. Derived from the instance's secret, kept nowhere."""
    return Ed25519PrivateKey.from_private_bytes(secret.derive(_USE))
