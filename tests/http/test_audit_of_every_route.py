"""Every route that changes something leaves an entry that says who, from where, by which request, and what; none holds a secret."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlalchemy import select

from freehold.organizations import audit_reading
from freehold.organizations.records import AuditEntry
from freehold.store.schema import metadata
from tests.http.served import DOCUMENT, Instance
from tests.http.test_permissions_table import TABLE, Row, answer_of, prepare

# Who calls: the first who may. Everybody calls by a personal token, so that each entry has somebody behind it.
CALLERS: Final = ("owner", "admin", "operator", "auditor", "publisher", "verifier")
# Routes that write and leave no entry, each with the reason.
LEAVES_NONE: Final = {
    "POST /v1/audit/proof": "reads: the seals that are held against the log are in its body",
    "POST /v1/organizations/{organization_id}/audit/proof": "reads: the seals that are held against the log are in its body",
    "POST /v1/explain": "reads: would this call pass",
    "POST /v1/projects/{project_id}/shape/plan": "reads: what applying would do",
    "POST /v1/price_lists/preview": "reads: what a price list would come to",
    "POST /v1/usage/reconcile": "a check of sums, kept with what it found as a reconciliation of its own",
    "POST /v1/projects/{project_id}/messages": "what an API says, not a change: each message is on record with its request id",
    "DELETE /v1/projects/{project_id}/inbox/requests": "nothing came to the inbox yet: nothing is cleared",
    "POST /v1/projects/{project_id}/readiness/run": "asked for already: asked twice changes nothing",
    # Sent with `plan`, or naming nothing, in the table; carried out in test_siblings.py, where their entries are asked for.
    "PUT /v1/projects/{project_id}/bindings": "gives none",
    "POST /v1/projects/{project_id}/clone": "plans",
    "POST /v1/projects/{project_id}/drift/accept": "names no difference",
    "POST /v1/projects/{project_id}/drift/promote": "plans",
    "POST /v1/projects/{project_id}/drift/revert": "plans",
    "POST /v1/projects/{project_id}/shape/restore": "plans",
}  # fmt: skip
# Bodies that change something, where the table's is one that anybody may send again.
CHANGES: Final[dict[str, Any]] = {
    "PATCH /v1/organizations/{organization_id}": {"name": "Harbour and sons"},
    "PATCH /v1/apis/{api}": {"name": "Parcels of today"},
    "PUT /v1/apis/{api}/openapi": DOCUMENT.replace(b"One parcel", b"A parcel"),
    "PUT /v1/projects/{project_id}/inbox": {"answer": "accept"},
}  # fmt: skip


def name_of(row: Row) -> str:
    return f"{row.method} {row.path}"


def entries_of(instance: Instance, request_id: str) -> list[AuditEntry]:
    with instance.store.read() as tx:
        return audit_reading.entries(tx, None, audit_reading.AuditFilter(request_id=request_id), 50)


def changing() -> Iterator[Row]:
    return (row for row in TABLE if row.method != "GET")


def test_every_route_that_changes_something_leaves_an_entry(instance: Instance) -> None:
    ids = prepare(instance)
    silent, refused, wrong, secrets = [], [], [], set[str]()
    for row in changing():
        who = next(each for each in CALLERS if each in row.allowed)
        answer = answer_of(instance, who, row._replace(body=CHANGES.get(name_of(row), row.body)), ids)
        if answer.status_code >= 300:
            refused.append((name_of(row), answer.status_code, answer.text[:300]))
            continue
        secrets |= secrets_in(answer.json() if answer.content else None)
        found = entries_of(instance, answer.headers["x-request-id"])
        if not found and name_of(row) not in LEAVES_NONE:
            silent.append(name_of(row))
        wrong += [(name_of(row), fault) for entry in found if (fault := fault_of(instance, who, entry))]
    assert (refused, silent, wrong) == ([], [], [])
    assert len(secrets) > 4
    assert leaks(instance, secrets) == []


def fault_of(instance: Instance, who: str, entry: AuditEntry) -> str:
    """What is missing from an entry, in words."""
    missing = [
        name
        for name in ("actor_id", "actor_name", "address", "action", "subject_kind", "subject_id", "subject_name")
        if not getattr(entry, name)
    ]
    if entry.actor_kind == "token" and who in instance.users and entry.on_behalf_of != instance.users[who].id:
        missing.append("on_behalf_of")
    if entry.before is None and entry.after is None:
        missing.append("before or after")
    return f"{entry.action} lacks {', '.join(missing)}" if missing else ""


def secrets_in(found: Any, name: str = "") -> set[str]:
    """What an answer shows this once."""
    if isinstance(found, dict):
        return {each for key, value in found.items() for each in secrets_in(value, key)}
    if isinstance(found, list):
        return {each for value in found for each in secrets_in(value, name)}
    shown_once = name in {"secret", "signing_secret", "token", "link"}
    return {found.rpartition("=" if name == "link" else "_")[2]} if shown_once and isinstance(found, str) else set()


def leaks(instance: Instance, secrets: set[str]) -> list[str]:
    """Which secrets stand in an entry, in an event or in a mail."""
    with instance.store.engine.connect() as connection:
        rows = [
            str(dict(row._mapping))
            for table in (
                "audit_entries",
                "announcements",
                "messages",
                "attempts",
                "alert_notifications",
                "shape_revisions",
            )
            for row in connection.execute(select(metadata.tables[table]))
        ]
    kept = json.dumps(rows)
    return [each for each in secrets if each and each in kept]


@pytest.mark.parametrize("name", sorted(LEAVES_NONE))
def test_what_leaves_no_entry_is_a_route(name: str) -> None:
    assert name in {name_of(row) for row in changing()}
