"""Deleting a person: nothing of them is left that can be read, the log stays whole, and nobody leaves what needs them."""

import json
import threading
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from freehold.keeping import erasing, person_actions
from freehold.kit import clock
from freehold.mail import actions as mails
from freehold.organizations import audit, members, tokens
from freehold.organizations.audit_proof import Proof, prove
from freehold.organizations.audit_seals import public_key, seal_chains
from freehold.organizations.records import AuditEntry, Role
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.records import Policy
from freehold.reports import tasks as report_tasks
from freehold.store.engine import Transaction
from freehold.store.schema import audit_entries, metadata, person_deletions, reports, users
from tests.http.served import PASSWORD, PASSWORD_HASH, SYSTEM, Instance, assert_problem

EMAIL: Final = "canarina.quill@canary.example"
NAME: Final = "Canarina O'Quill-Ångström"
WORDS: Final = f"Ask {NAME} ({EMAIL.upper()}) first."
INSTEAD: Final = "@deleted.invalid"


def join(instance: Instance, role: Role = "developer") -> str:
    """The canary: invited, with an account, a session and a token; their id."""
    with instance.store.write() as tx:
        issued = members.invite(tx, instance.actor("owner"), instance.secret, instance.harbour, EMAIL, role, 7)
        user = members.accept_as_new_user(
            tx, instance.secret, issued.token, NAME, PASSWORD_HASH, "127.0.0.1", "req_join"
        )
        actor = tokens.actor_of_user(tx, user.id)
        assert actor
        token = tokens.create_personal_token(tx, actor, instance.secret, f"Laptop of {NAME}", None)
    # Not those of the other tests.
    instance.users = {**instance.users, "canary": user}
    instance.tokens = {**instance.tokens, "canary": token.text}
    session = {"email": EMAIL, "password": PASSWORD}
    assert instance.client().post("/v1/session", json=session).status_code == 201
    assert instance.client().post("/v1/session", json={**session, "password": "wrong"}).status_code == 401
    return user.id


def plant(instance: Instance, user_id: str) -> None:
    """Leave the canary's name and address wherever the API takes words or names who acts."""
    canary, owner = instance.client("canary"), instance.client("owner")
    project = f"/v1/projects/{instance.project}"
    calls: list[tuple[Any, str, str, dict[str, Any]]] = [
        (canary, "POST", f"/v1/organizations/{instance.harbour}/projects",
         {"name": "Canary cage", "purpose": WORDS, "use_case": WORDS[:60], "api": "parcels"}),
        (owner, "PATCH", project, {"purpose": WORDS, "owners": [
            {"member": user_id, "duty": "technical"}, {"member": "owner@example.com", "duty": "technical"}]}),
        (canary, "POST", f"{project}/keys", {"name": "canary key", "workload": f"of {EMAIL}"}),
        (canary, "POST", f"{project}/webhooks",
         {"url": "https://example.com/hook", "event_types": ["parcel.moved"], "description": WORDS, "slot": "hook"}),
        (canary, "POST", f"{project}/alerts",
         {"name": "Canary's rule", "metric": "requests", "window_s": 3600, "thresholds": [{"at": 10}], "next_action": WORDS,
          "notify": ["email"], "owner": user_id}),
        (canary, "POST", f"{project}/access_requests",
         {"use_case": WORDS, "requests_a_day_from": 0, "requests_a_day_to": 9, "peak_a_second": 1,
          "launch_on": f"{clock.now().date() + timedelta(days=30)}"}),
        (owner, "POST", f"{project}/reports", {"kind": "key_inventory"}),
        (owner, "POST", f"/v1/organizations/{instance.harbour}/reports", {"kind": "access_review"}),
        (owner, "POST", f"/v1/organizations/{instance.elsewhere}/invitations", {"email": EMAIL, "role": "owner"}),
        (instance.client("stranger"), "POST", f"/v1/organizations/{instance.elsewhere}/invitations",
         {"email": EMAIL, "role": "auditor"}),
    ]  # fmt: skip
    for client, method, path, body in calls:
        answer = client.request(method, path, json=body)
        assert answer.status_code < 300 or path.endswith(f"{instance.elsewhere}/invitations"), (path, answer.text)
    asked = canary.get(f"{project}/access_requests").json()["data"][0]["id"]
    assert owner.post(f"/v1/access_requests/{asked}/comments", json={"text": WORDS}).status_code == 201
    with instance.store.write() as tx:
        mails.post_mail(tx, instance.harbour, [EMAIL, "owner@example.com"], f"For {NAME}", WORDS, f"<p>{WORDS}</p>")
    while report_tasks.turn(instance.store, instance.settings):
        pass


def erase(instance: Instance) -> int:
    """Go through history to the end, a minute's pause between the rounds skipped; in how many steps."""
    steps = 0
    while True:
        while erasing.step(instance.store, instance.secret):
            steps += 1
        with instance.store.write() as tx:
            waiting = tx.execute(
                update(person_deletions).where(person_deletions.c.finished_at.is_(None)).values(due_at=clock.now())
            )
        if not waiting.rowcount:
            return steps


def found_in(instance: Instance) -> list[str]:
    """Where a text of the database, or a file of the data directory, still has the canary in it."""
    found = []
    needles = (EMAIL, "canarina", NAME, json.dumps(NAME)[1:-1])
    with instance.store.read() as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(text(f'SELECT * FROM "{table.name}"')):  # noqa: S608
                said = " ".join(each.decode(errors="replace") if isinstance(each, bytes) else str(each) for each in row)
                if any(needle.lower() in said.lower() for needle in needles):
                    found.append(f"{table.name}: {said[:300]}")
    for path in instance.settings.data.rglob("*"):
        if path.is_file() and EMAIL.encode() in (content := path.read_bytes().lower()):
            at = content.index(EMAIL.encode())
            found.append(f"{path.name}: {content[max(0, at - 80) : at + 60]!r}")
    return found


def rewrite(tx: Transaction, change: str, entry_id: str) -> None:
    """Change an entry as somebody can who owns the database."""
    tx.execute(text(f"UPDATE audit_entries SET {change} WHERE id = :id"), {"id": entry_id})  # noqa: S608


def proof(instance: Instance, chain: str) -> Proof:
    with instance.store.read() as tx:
        return prove(tx, chain, public_key(instance.secret))


def test_nothing_of_a_deleted_person_is_left_and_the_log_is_whole(instance_on_each: Instance) -> None:
    instance = instance_on_each
    with instance.store.write() as tx:
        readiness_policies.set_policy(tx, SYSTEM, instance.api, Policy(instance.api, blocking=frozenset()))
    user_id = join(instance)
    plant(instance, user_id)
    assert seal_chains(instance.store, instance.secret, clock.now()) > 0
    assert len({place.partition(":")[0] for place in found_in(instance)}) >= 12
    canary = instance.client("canary")
    plan = canary.get("/v1/people/me/deletion").json()
    assert (plan["user"], plan["state"], plan["obstacles"]) == (user_id, "none", [])
    assert_problem(canary.post("/v1/people/me/delete", json={"email": "other@example.com"}), 422, "invalid", "email")
    done = canary.post("/v1/people/me/delete", json={"email": EMAIL})
    assert (done.status_code, done.json()["state"]) == (200, "erasing"), done.text
    assert_problem(canary.get("/v1/me"), 401, "unauthenticated")
    session = {"email": EMAIL, "password": PASSWORD}
    assert_problem(instance.client().post("/v1/session", json=session), 401, "wrong_credentials")
    erase(instance)
    while report_tasks.turn(instance.store, instance.settings):
        pass
    assert not (left := found_in(instance)), "\n".join(left)
    for chain in (instance.harbour, instance.elsewhere, audit.INSTANCE_CHAIN):
        assert proof(instance, chain).fault is None
    assert proof(instance, instance.harbour).erased > 5
    seen = instance.client("operator").get(f"/v1/people/{user_id}/deletion").json()
    assert (seen["state"], seen["rows"] > 12) == ("erased", True)
    # What they made lives on.
    keys = instance.client("owner").get(f"/v1/projects/{instance.project}/keys").json()["data"]
    assert {"canary key"} <= {key["name"] for key in keys if key["state"] == "active"}


def test_what_was_erased_is_signed_and_nothing_else_may_change(instance_on_each: Instance) -> None:
    instance = instance_on_each
    join(instance)
    with instance.store.write() as tx:
        person_actions.delete_person(tx, instance.actor("operator"), instance.secret, EMAIL, EMAIL)
    erase(instance)
    chain = instance.harbour
    with instance.store.read() as tx:
        erased = tx.execute(
            select(audit_entries.c.id).where(audit_entries.c.chain == chain, audit_entries.c.actor_name.contains(INSTEAD))
        ).scalars().first()  # fmt: skip
        whole = tx.execute(select(audit_entries.c.id).where(audit_entries.c.chain == chain)).scalars().first()
    assert erased
    for change in ("action = 'x'", "actor_id = 'x'", "hash = previous_hash", "position = 99", "at = 1"):
        with pytest.raises(DBAPIError, match="append-only"), instance.store.write() as tx:
            rewrite(tx, change, erased)
    with pytest.raises(DBAPIError, match="append-only"), instance.store.write() as tx:
        rewrite(tx, "subject_name = 'x'", str(whole))
    with pytest.raises(DBAPIError, match="append-only"), instance.store.write() as tx:
        tx.execute(text("UPDATE audit_erasures SET digest = digest"))
    # Other words in an entry that was erased once: they are not those that were signed.
    with instance.store.write() as tx:
        rewrite(tx, "actor_name = 'somebody else'", erased)
    assert "was altered" in (proof(instance, chain).fault or "")


def test_an_erasure_that_the_instance_did_not_sign_is_none(instance: Instance) -> None:
    with instance.store.write() as tx:
        row = tx.execute(select(audit_entries).where(audit_entries.c.chain == instance.harbour)).first()
        assert row is not None
        entry = AuditEntry(**{**row._mapping, "subject_name": "Nobody"})
        tx.execute(
            text("INSERT INTO audit_erasures VALUES (:chain, :position, 1, 1, :digest, 'x', :signature)"),
            {"chain": entry.chain, "position": entry.position, "signature": bytes(64),
             "digest": audit.digest_of(entry, entry.previous_hash)},
        )  # fmt: skip
        rewrite(tx, "subject_name = 'Nobody'", entry.id)
    assert "was altered" in (proof(instance, instance.harbour).fault or "")


def test_who_is_needed_is_told_what_to_do_first(instance: Instance) -> None:
    operator, owner = instance.client("operator"), instance.client("owner")
    first = owner.get("/v1/people/me/deletion").json()["obstacles"]
    assert [each["code"] for each in first] == ["last_owner"]
    refused = owner.post("/v1/people/me/delete", json={"email": "owner@example.com"})
    assert_problem(refused, 409, "conflict")
    assert "Nobody else owns the organization Harbour" in refused.json()["detail"]
    codes = [each["code"] for each in operator.get("/v1/people/me/deletion").json()["obstacles"]]
    assert codes == ["last_operator", "last_owner"]
    # Nobody is told of others but operators, and nobody of whoever is not there.
    assert_problem(owner.get(f"/v1/people/{instance.users['admin'].id}/deletion"), 404, "not_found")
    assert_problem(owner.get("/v1/people/admin@example.com/deletion"), 404, "not_found")
    assert operator.get("/v1/people/admin@example.com/deletion").json()["person"]["name"] == "Admin"
    assert_problem(operator.get("/v1/people/nobody@example.com/deletion"), 404, "not_found")
    assert_problem(instance.client("verifier").get("/v1/people/me/deletion"), 404, "not_found")


def test_two_owners_who_leave_at_one_instant_leave_one(instance_on_each: Instance) -> None:
    instance = instance_on_each
    path = f"/v1/organizations/{instance.harbour}/members/{instance.users['admin'].id}"
    assert instance.client("owner").patch(path, json={"role": "owner"}).status_code == 200
    answers: list[int] = []

    def leave(who: str) -> None:
        body = {"email": f"{who}@example.com"}
        answers.append(instance.client(who).post("/v1/people/me/delete", json=body).status_code)

    threads = [threading.Thread(target=leave, args=(who,)) for who in ("owner", "admin")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409]


def test_what_died_in_between_goes_on_and_is_done_twice_for_nothing(instance: Instance) -> None:
    join(instance)
    with instance.store.write() as tx:
        person_actions.delete_person(tx, instance.actor("canary"), instance.secret, EMAIL, EMAIL)
    for _ in range(4):
        assert erasing.step(instance.store, instance.secret)
    with instance.store.read() as tx:
        passed = tx.execute(select(person_deletions.c.passed_table)).scalar_one()
    assert passed
    # Whoever died after changing rows and before saying so does that table again.
    with instance.store.write() as tx:
        tx.execute(update(person_deletions).values(passed_table=""))
    erase(instance)
    assert not (left := found_in(instance)), "\n".join(left)
    with instance.store.read() as tx:
        assert tx.execute(select(person_deletions.c.sealed)).scalar_one() is None
        assert tx.execute(select(users.c.disabled_at).where(users.c.email.endswith(INSTEAD))).scalar_one()


def test_reports_that_may_name_them_are_let_go(instance: Instance) -> None:
    user_id = join(instance)
    owner = instance.client("owner")
    for kind in ("access_review", "audit_log"):
        period = {} if kind == "access_review" else {"from": "2026-01-01", "to": "2026-01-02"}
        body: dict[str, str] = {"kind": kind, **period}
        assert owner.post(f"/v1/organizations/{instance.harbour}/reports", json=body).status_code == 202
    while report_tasks.turn(instance.store, instance.settings):
        pass
    files = [path for path in (instance.settings.data / "reports").iterdir() if path.is_file()]
    assert any(EMAIL.encode() in path.read_bytes() for path in files)
    with instance.store.write() as tx:
        person_actions.delete_person(tx, instance.actor("operator"), instance.secret, user_id, EMAIL)
    erase(instance)
    while report_tasks.turn(instance.store, instance.settings):
        pass
    with instance.store.read() as tx:
        assert set(tx.execute(select(reports.c.state)).scalars()) == {"expired"}
    assert [path for path in (instance.settings.data / "reports").iterdir() if path.is_file()] == []
