"""Deleting an organization: it waits and can be restored to what it was; then nothing of it is left but that it was."""

import base64
import threading
from datetime import datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from freehold.keeping import organization_queries
from freehold.keeping.belonging import tables_to_empty, whose_rows
from freehold.kit import clock
from freehold.organizations import audit
from freehold.organizations.audit_proof import prove
from freehold.organizations.audit_seals import Seal, is_genuine, public_key, seal_chains
from freehold.reports import making
from freehold.store.schema import mails, metadata, organization_deletions, projects
from tests.http.served import Instance, assert_problem, text_of
from tests.keeping.organization_world import ask, empty, fill_more, found_in, ids_of, let_time_pass
from tests.keeping.tampering import find_what_was_tampered_with

NOT_HARBOURS: Final = {
    "apis", "endpoints", "event_types", "instance", "journals", "organization_deletions", "person_deletions", "readiness_own_checks",
    "readiness_policies", "reconciliations", "retentions", "sessions", "throttles", "users", "verifiers",
}  # fmt: skip


def test_every_table_is_told_whose_it_is() -> None:
    """A new table is found by its columns or listed: one that nobody thought of would keep an organization's rows."""
    assert {table.name for table in metadata.sorted_tables if whose_rows(table) is None} == NOT_HARBOURS
    assert len(tables_to_empty()) > 50


def test_it_waits_and_is_restored_to_what_it_was(instance_on_each: Instance) -> None:
    instance = instance_on_each
    owner, path = instance.client("owner"), f"/v1/organizations/{instance.harbour}"
    other = owner.post(f"{path}/projects", json={"name": "At rest", "purpose": "Rests", "api": "parcels"}).json()["id"]
    owner.post(f"/v1/projects/{other}/archive")
    before = {each["id"]: each["state"] for each in owner.get(f"{path}/projects").json()["data"]}
    plan = owner.get(f"{path}/deletion").json()
    assert (plan["state"], plan["holds"]["projects"], plan["holds"]["keys"], plan["refused"]) == ("none", 2, 1, None)
    assert_problem(ask(instance, name="Harbor"), 422, "invalid", "name")
    assert_problem(ask(instance, "admin"), 403, "forbidden")
    assert_problem(ask(instance, "stranger"), 404, "not_found")
    asked = ask(instance)
    assert (asked.status_code, asked.json()["state"]) == (200, "waiting"), asked.text
    assert set(asked.json()) >= {"confirmed_by", "silent", "propagation_ms"}
    assert_problem(ask(instance), 409, "conflict")
    states = {each["id"]: each["state"] for each in owner.get(f"{path}/projects").json()["data"]}
    assert set(states.values()) == {"archived"}
    # Nothing that would bring its keys back is done meanwhile.
    assert_problem(owner.post(f"/v1/projects/{instance.project}/restore"), 409, "conflict")
    new = {"name": "New", "purpose": "New", "api": "parcels"}
    assert_problem(owner.post(f"{path}/projects", json=new), 409, "conflict")
    assert "will be deleted on" in text_of(
        instance.browser("billing").get(f"/organizations/{instance.harbour}/projects")
    )
    assert_problem(instance.client("admin").post(f"{path}/restore"), 403, "forbidden")
    assert owner.post(f"{path}/restore").status_code == 200
    assert {each["id"]: each["state"] for each in owner.get(f"{path}/projects").json()["data"]} == before
    assert_problem(owner.post(f"{path}/restore"), 409, "conflict")
    with instance.store.read() as tx:
        told = tx.execute(select(mails.c.subject).where(mails.c.recipient == "auditor@example.com")).scalars().all()
        assert [each.partition(" ")[2][:8] for each in told] == ["will be ", "will not"]
        assert audit.verify_chain(tx, instance.harbour) is None


def test_nothing_is_left_but_that_it_was(instance_on_each: Instance) -> None:
    instance = instance_on_each
    fill_more(instance)
    ids, elsewhere = ids_of(instance), [instance.elsewhere, instance.foreign_project]
    assert ask(instance, "operator").status_code == 200
    assert empty(instance) == 0
    with instance.store.write() as tx:
        tx.execute(update(organization_deletions).values(ends_at=clock.now() + timedelta(days=6)))
    assert empty(instance) == 1
    let_time_pass(instance)
    seal_chains(instance.store, instance.secret, clock.now())
    assert len(found_in(instance, ids)) > 40
    others = len(found_in(instance, elsewhere))
    assert empty(instance) > 10
    left = found_in(instance, ids)
    assert {each.partition(":")[0] for each in left} == {"organization_deletions", "audit_entries"}, "\n".join(left)
    assert all(each.split(" ")[2] == audit.INSTANCE_CHAIN for each in left if each.startswith("audit_entries"))
    assert len(found_in(instance, elsewhere)) == others
    assert [path for path in (instance.settings.data / "reports").rglob("*") if path.is_file()] == []
    assert making.forget_ended(instance.store, instance.settings) == 0
    operator = instance.client("operator")
    tombstone = operator.get(f"/v1/organizations/{instance.harbour}/deletion").json()
    assert (tombstone["state"], tombstone["name"], tombstone["asked_by"]) == (
        "deleted",
        "",
        instance.users["operator"].id,
    )
    ended = tombstone["last_seal"]
    seal = Seal(
        ended["chain"], ended["position"], bytes.fromhex(ended["hash"]), datetime.fromisoformat(ended["sealed_at"]),
        ended["key_id"], base64.b64decode(ended["signature"]),
    )  # fmt: skip
    assert is_genuine(seal, public_key(instance.secret))
    assert_problem(instance.client("owner").get(f"/v1/organizations/{instance.harbour}/deletion"), 404, "not_found")
    with instance.store.read() as tx:
        assert prove(tx, audit.INSTANCE_CHAIN, public_key(instance.secret)).fault is None
        subjects = (
            tx.execute(select(mails.c.subject).where(mails.c.organization_id == instance.northgate)).scalars().all()
        )
    assert set(subjects) == {"Harbour was deleted"}
    find_what_was_tampered_with(instance)


def test_the_log_of_an_organization_that_is_not_being_deleted_stays(instance_on_each: Instance) -> None:
    instance = instance_on_each
    assert ask(instance).status_code == 200
    seal_chains(instance.store, instance.secret, clock.now())
    for table in ("audit_entries", "audit_seals"):
        with pytest.raises(DBAPIError, match="append-only"), instance.store.write() as tx:
            tx.execute(text(f"DELETE FROM {table} WHERE chain = :chain"), {"chain": instance.harbour})  # noqa: S608


def test_who_runs_the_instance_is_not_deleted(instance: Instance) -> None:
    path = f"/v1/organizations/{instance.northgate}/delete"
    assert_problem(instance.client("operator").post(path, json={"name": "Northgate"}), 409, "conflict")


def test_of_two_at_one_instant_one_is_first(instance_on_each: Instance) -> None:
    instance = instance_on_each
    answers: list[int] = []

    def act(who: str) -> None:
        answers.append(ask(instance, who).status_code)

    threads = [threading.Thread(target=act, args=(who,)) for who in ("owner", "operator")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]
    with instance.store.read() as tx:
        found = organization_queries.find_deletion(tx, instance.harbour)
    assert found is not None
    assert found.archived == [instance.project]
    with instance.store.read() as tx:
        assert audit.verify_chain(tx, instance.harbour) is None


def test_a_project_is_not_restored_at_the_instant_of_the_deletion(instance_on_each: Instance) -> None:
    """Whichever comes first: no project is active in an organization that waits to be deleted."""
    instance = instance_on_each
    owner = instance.client("owner")
    owner.post(f"/v1/projects/{instance.project}/archive")
    threads = [
        threading.Thread(target=lambda: ask(instance)),
        threading.Thread(target=lambda: instance.client("admin").post(f"/v1/projects/{instance.project}/restore")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with instance.store.read() as tx:
        assert tx.execute(select(projects.c.state).where(projects.c.id == instance.project)).scalar_one() == "archived"
