"""What somebody who owns the database might do to what is left of a deleted organization, and that the proof names it."""

import contextlib
from typing import Final

from sqlalchemy import text

from freehold.organizations import audit
from freehold.organizations.audit_proof import Proof, prove
from freehold.organizations.audit_seals import public_key
from tests.http.served import Instance

PUT_IN: Final = """INSERT INTO organization_deletions
    (organization_id, state, name, asked_at, asked_by, ends_at, archived, recipients, counts, finished_at)
    VALUES ('org_never', 'deleted', '', 1, 'usr_x', 2, '[]', '[]', '{}', 3)"""
# What somebody who owns the database might do to what is left of an organization, and what the proof says then.
TAMPERED: Final = (
    ("DELETE FROM organization_deletions", "the deleted organization {} was removed: entry "),
    ("UPDATE organization_deletions SET asked_by = 'usr_other'", "the deleted organization {} was altered: entry "),
    ("UPDATE organization_deletions SET asked_at = asked_at - 1", "says otherwise of asked_at"),
    ("UPDATE organization_deletions SET finished_at = finished_at + 1", "says otherwise of finished_at"),
    ("UPDATE organization_deletions SET ends_at = ends_at + 1", "says otherwise of ends_at"),
    ("UPDATE organization_deletions SET counts = '{}'", "says otherwise of rows"),
    ("UPDATE organization_deletions SET last_seal = NULL", "says otherwise of log_ended"),
    ("UPDATE organization_deletions SET last_seal = REPLACE(last_seal, 'position', 'positio')", "says otherwise of log_ended"),
    ("UPDATE organization_deletions SET organization_id = 'org_other'", "the deleted organization {} was removed"),
    (PUT_IN, "the deleted organization org_never was put in: no entry tells of it"),
)  # fmt: skip


def proof_of(instance: Instance) -> Proof:
    with instance.store.read() as tx:
        return prove(tx, audit.INSTANCE_CHAIN, public_key(instance.secret))


class _TakenBack(Exception):
    """Ends a transaction whose changes are not to stay."""


def fault_after(instance: Instance, change: str) -> str:
    """What the proof says after a change of the database, which is taken back."""
    fault = None
    with contextlib.suppress(_TakenBack), instance.store.write() as tx:
        tx.execute(text(change))
        fault = prove(tx, audit.INSTANCE_CHAIN, public_key(instance.secret)).fault
        raise _TakenBack
    return fault or ""


def find_what_was_tampered_with(instance: Instance) -> None:
    """Each change is named, and once it is taken back the log is whole."""
    for change, named in TAMPERED:
        assert named.format(instance.harbour) in fault_after(instance, change), change
    assert proof_of(instance).fault is None
