"""HTTP of the audit log's proof. Thin: one reading, present."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any

import msgspec

from freehold.errors import FieldError, invalid
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import actions, audit
from freehold.organizations.audit_proof import Proof, prove
from freehold.organizations.audit_seals import Seal, key_id_of, public_key
from freehold.organizations.permissions import require, require_operator
from freehold.web.call import Call
from freehold.web.inputs import Body, text, with_time_zone

SEALS_MAX = 100


_EXAMPLE: dict[str, Any] = {
    "chain": "org_01jd9x00000000000000000000", "position": 4711,
    "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "sealed_at": "2026-11-28T14:00:00.000Z",
    "key_id": "4bf5122f344554c5",
    "signature": "MC4CFQCu1mXd0Yt1m2k3l4n5o6p7q8r9s0t1u2v3w4x5y6z7A8B9C0D1E2F3G4H5I6J7K8L9M0N1O2P3Q4R5Sw==",
}  # fmt: skip


class SealView(msgspec.Struct, kw_only=True):
    """Where a chain stood at an instant, signed by the instance (Ed25519, RFC 8032); hash in hexadecimal, signature in base64.

    What is signed is `{"chain", "hash", "position", "sealed_at"}` in canonical JSON (RFC 8785). Keep one elsewhere: what
    came before it cannot be changed unseen, not even by the operator.
    """

    chain: str
    position: int
    hash: str
    sealed_at: datetime
    key_id: str
    signature: str


class AuditProofView(msgspec.Struct, kw_only=True):
    """What was found of an audit chain, read from its first entry to its last.

    `verified`: nothing is wrong with it; otherwise `fault` says what is, first. `unsealed`: entries after the last seal,
    which the chain of hashes alone protects; seals are made each hour. `erased`: entries that a deleted person's name was
    taken out of; what they read like since is signed by the instance. `tombstones`: of the instance's own chain, how many deleted
    organizations are left as it says; 0 of an organization's. `public_key`: base64.
    """

    chain: str
    verified: bool
    fault: str | None
    entries: int
    head_hash: str
    seals: int
    unsealed: int
    last_seal: SealView | None
    public_key: str
    key_id: str
    proved_at: datetime
    erased: int
    tombstones: int


class KeptSealBody(Body, frozen=True):
    """A seal that somebody kept, as `last_seal` of an earlier proof had it."""

    chain: Annotated[str, text("org_01jd9x00000000000000000000", maximum=100)]
    position: Annotated[int, msgspec.Meta(ge=1, le=2**53 - 1, examples=[4711])]
    hash: Annotated[str, text("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", maximum=64)]
    sealed_at: Annotated[datetime, msgspec.Meta(tz=True, examples=["2026-11-28T14:00:00.000Z"])]
    key_id: Annotated[str, text("4bf5122f344554c5", maximum=16)]
    signature: Annotated[str, text("MEUCIQD…", maximum=100)]


class ProveBody(Body, frozen=True):
    """Seals that were kept elsewhere, to be held against the chain as it is now."""

    seals: Annotated[list[KeptSealBody], msgspec.Meta(min_length=1, max_length=SEALS_MAX, examples=[[_EXAMPLE]])]


def read_audit_proof(call: Call, organization_id: str) -> AuditProofView:
    """Prove that nothing of an organization's audit log was altered, removed or inserted: reads all of it."""
    with call.read() as tx:
        require(call.actor, "audit.read", organization_id)
        actions.read_organization(tx, call.actor, organization_id)
        return proof_view(prove(tx, organization_id, public_key(call.secret)), call.secret)


def check_audit_proof(call: Call, organization_id: str, data: ProveBody) -> AuditProofView:
    """Hold seals that were kept elsewhere against an organization's audit log as it is now."""
    with call.read() as tx:
        require(call.actor, "audit.read", organization_id)
        actions.read_organization(tx, call.actor, organization_id)
        kept = [_kept(index, each, organization_id) for index, each in enumerate(data.seals)]
        return proof_view(prove(tx, organization_id, public_key(call.secret), kept), call.secret)


def read_instance_audit_proof(call: Call) -> AuditProofView:
    """Prove the log of what belongs to no organization: APIs, the instance's own settings; operators only."""
    require_operator(call.actor)
    with call.read() as tx:
        return proof_view(prove(tx, audit.INSTANCE_CHAIN, public_key(call.secret)), call.secret)


def check_instance_audit_proof(call: Call, data: ProveBody) -> AuditProofView:
    """Hold seals that were kept elsewhere against the instance's own log as it is now; operators only."""
    require_operator(call.actor)
    with call.read() as tx:
        kept = [_kept(index, each, audit.INSTANCE_CHAIN) for index, each in enumerate(data.seals)]
        return proof_view(prove(tx, audit.INSTANCE_CHAIN, public_key(call.secret), kept), call.secret)


def proof_view(proof: Proof, secret: InstanceSecret) -> AuditProofView:
    """A proof as the API shows it."""
    public = public_key(secret)
    return AuditProofView(
        chain=proof.chain, verified=proof.fault is None, fault=proof.fault, entries=proof.entries,
        head_hash=proof.head_hash.hex(), seals=proof.seals, unsealed=proof.unsealed,
        last_seal=_seal_view(proof.last_seal) if proof.last_seal else None,
        public_key=base64.b64encode(public).decode(), key_id=key_id_of(public), proved_at=proof.proved_at,
        erased=proof.erased, tombstones=proof.tombstones,
    )  # fmt: skip


def _seal_view(seal: Seal) -> SealView:
    return SealView(
        chain=seal.chain, position=seal.position, hash=seal.hash.hex(), sealed_at=seal.sealed_at, key_id=seal.key_id,
        signature=base64.b64encode(seal.signature).decode(),
    )  # fmt: skip


def _kept(index: int, given: KeptSealBody, chain: str) -> Seal:
    field = f"seals.{index}"
    if given.chain != chain:
        raise invalid(FieldError(f"{field}.chain", "This seal is of another chain.", "other_chain"))
    try:
        digest = bytes.fromhex(given.hash)
    except ValueError:
        raise invalid(FieldError(f"{field}.hash", "A hash is written in hexadecimal.", "bad_hash")) from None
    try:
        signature = base64.b64decode(given.signature, validate=True)
    except binascii.Error:
        raise invalid(FieldError(f"{field}.signature", "A signature is written in base64.", "bad_signature")) from None
    sealed_at = with_time_zone(f"{field}.sealed_at", given.sealed_at) or given.sealed_at
    return Seal(given.chain, given.position, digest, sealed_at, given.key_id, signature)
