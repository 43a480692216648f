"""How changes reach a process that decides by itself, and what it does when they cannot."""

import threading
from pathlib import Path

from sqlalchemy import update

from freehold.kit import clock
from freehold.sdk.guard import Guard
from freehold.store import epoch, schema
from freehold.store.propagation import wait_for_verifiers
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance
from tests.sdk.middleware.calling import call, guarded
from tests.sdk.middleware.conftest import MakeGuard


def sdk_verifiers(instance: Instance) -> list[epoch.Verifier]:
    return [each for each in instance.verifiers() if each.id.startswith("sdk_")]


def reason(guard: Guard, key: str) -> str | None:
    answer = call(guarded(guard), key=key)
    return None if answer.status_code == 200 else answer.json()["code"]


def test_revoking_waits_for_processes_of_applications(make_guard: MakeGuard, instance: Instance) -> None:
    """What was confirmed by all holds at once in each of them, again and again, while they are asked."""
    guards = [make_guard(folder="one"), make_guard(folder="two")]
    keys = [instance.issue() for _ in range(6)]
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            for each in keys:
                reason(guards[0], each.text)

    for key in keys:
        assert [reason(each, key.text) for each in guards] == [None, None]
    mine = {each.begin().id for each in guards}
    eventually(lambda: mine <= {each.id for each in sdk_verifiers(instance)})
    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        for key in keys:
            at = instance.revoke(key)
            confirmed = wait_for_verifiers(instance.store, at, 10.0)
            assert confirmed.silent == 0
            assert {each.epoch >= at for each in sdk_verifiers(instance) if each.id in mine} == {True}
            assert [reason(each, key.text) for each in guards] == ["revoked", "revoked"]
    finally:
        stop.set()
        asking.join()
    for each in guards:
        each.close()
    eventually(lambda: not mine & {each.id for each in sdk_verifiers(instance)})


def test_scope_archive_and_unknown_keys_are_followed(own_instance: Instance, tmp_path: Path) -> None:
    key, hidden = own_instance.issue(), own_instance.issue()
    secrets = schema.key_secrets
    # Before there is a gate: one that had read the secret by its selector would know it still, since no selector ever changes.
    with own_instance.store.write() as tx:
        tx.execute(update(secrets).where(secrets.c.selector == hidden.selector).values(selector="Elsewhere000"))
        epoch.advance(tx, "key", hidden.id, clock.now())
    with GateProcess(own_instance.data) as gate:
        guard = Guard(gate.url, own_instance.service_token(), tmp_path / "usage")
        try:
            confirm(own_instance)
            assert [reason(guard, each.text) for each in (key, hidden)] == [None, "unknown_key"]
            with own_instance.store.write() as tx:
                tx.execute(update(secrets).where(secrets.c.selector == "Elsewhere000").values(selector=hidden.selector))
                tx.execute(schema.scope_endpoints.delete().where(schema.scope_endpoints.c.operation_id == "getCountry"))
                epoch.advance(tx, "key", hidden.id, clock.now())
                epoch.advance(tx, "project", own_instance.sandbox_id, clock.now())
            confirm(own_instance)
            assert [reason(guard, each.text) for each in (key, hidden)] == ["endpoint_not_in_scope"] * 2
            with own_instance.store.write() as tx:
                endpoints = schema.endpoints
                tx.execute(
                    update(endpoints).where(endpoints.c.operation_id == "getCountry").values(removed_at=clock.now())
                )
                epoch.advance(tx, "api", own_instance.api_id, clock.now())
            confirm(own_instance)
            assert reason(guard, key.text) == "endpoint_unknown"
            own_instance.archive(own_instance.sandbox_id)
            confirm(own_instance)
            assert reason(guard, key.text) == "project_archived"
        finally:
            guard.close()


def confirm(instance: Instance) -> None:
    """Wait until every process has applied what was changed."""
    with instance.store.read() as tx:
        current = epoch.current(tx)
    assert wait_for_verifiers(instance.store, current, 10.0).silent == 0


def test_a_gate_that_is_gone_is_believed_for_the_bound_and_no_longer(own_instance: Instance, tmp_path: Path) -> None:
    """Known keys are refused too; the operator may choose otherwise, for an API."""
    environment = {"FREEHOLD_STALENESS_S": "0.6"}
    key, quota = own_instance.issue(), own_instance.issue(quota=100, quota_period="day")
    token = own_instance.service_token()
    open_key = _second_api(own_instance)
    gate = GateProcess(own_instance.data, environment)
    guard = Guard(gate.url, token, tmp_path / "usage")
    try:
        assert [reason(guard, each) for each in (key.text, quota.text, open_key)] == [None, None, None]
        gate.__exit__(None, None, None)
        eventually(lambda: reason(guard, key.text) == "unavailable")
        assert reason(guard, own_instance.issue().text) == "unavailable"
        answer = call(guarded(guard), key=open_key)
        assert answer.status_code == 200
        own_instance.store.close()
    finally:
        guard.close()
    # What could not be shipped waits for the next process.
    assert list((tmp_path / "usage").glob("sdk_*/*.seg"))


def _second_api(instance: Instance) -> str:
    """A key of a project on an API that fails open."""
    with instance.store.write() as tx:
        instance.add_api(tx, "api_open", "open", None)
        tx.execute(update(schema.apis).where(schema.apis.c.id == "api_open").values(fail_open=True))
    api_id, instance.api_id = instance.api_id, "api_open"
    with instance.store.write() as tx:
        instance.add_projects(tx, "org_two", "proj_open_sandbox", "proj_open_production")
    instance.api_id = api_id
    return instance.issue("proj_open_sandbox").text


def test_a_gate_that_cannot_hear_its_database_is_no_gate(own_instance: Instance, tmp_path: Path) -> None:
    """Bounds add up: what the gate heard long ago is not fresh because the gate answers."""
    with GateProcess(own_instance.data, {"FREEHOLD_STALENESS_S": "0.6"}) as gate:
        guard = Guard(gate.url, own_instance.service_token(), tmp_path / "usage")
        try:
            key = own_instance.issue()
            assert reason(guard, key.text) is None
            with own_instance.cut_off():
                eventually(lambda: reason(guard, key.text) == "unavailable")
            eventually(lambda: reason(guard, key.text) is None)
        finally:
            guard.close()


def test_a_database_that_was_put_back_is_read_anew(own_instance: Instance, tmp_path: Path) -> None:
    with GateProcess(own_instance.data, processes=2) as gate:
        guard = Guard(gate.url, own_instance.service_token(), tmp_path / "usage")
        try:
            key = own_instance.issue()
            assert reason(guard, key.text) is None
            own_instance.revoke(key)
            confirm(own_instance)
            assert reason(guard, key.text) == "revoked"
            with own_instance.store.write() as tx:
                tx.execute(
                    update(schema.keys).where(schema.keys.c.id == key.id).values(state="active", revoked_at=None)
                )
                tx.execute(schema.changes.delete())
                tx.execute(update(schema.instance).values(epoch=1))
            eventually(lambda: reason(guard, key.text) is None)
        finally:
            guard.close()


def test_only_ones_own_organizations_keys(make_guard: MakeGuard, instance: Instance) -> None:
    key = instance.issue()
    stranger = make_guard(token_=instance.service_token("org_two"), folder="stranger")
    assert reason(stranger, key.text) == "unknown_key"
    owner = make_guard(token_=instance.service_token("org_one"), folder="owner")
    assert reason(owner, key.text) is None
    for index, token in enumerate((instance.service_token(roles=("auditor",)), "fho_" + "x" * 40)):
        refused = make_guard(token_=token, folder=f"refused{index}")
        refused.begin()._begun_at -= 60
        assert reason(refused, key.text) == "unavailable"


def test_a_token_that_is_revoked_ends_its_guard(make_guard: MakeGuard, instance: Instance) -> None:
    token, key = instance.service_token("org_one"), instance.issue()
    guard = make_guard(token_=token, staleness_s=0.5)
    assert reason(guard, key.text) is None
    instance.revoke_token(token)
    eventually(lambda: reason(guard, key.text) == "unavailable")
