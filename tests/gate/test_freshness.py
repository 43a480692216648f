"""How changes reach a gate, and what it does when they cannot."""

import threading

import pytest
from sqlalchemy import update

from freehold.kit import clock
from freehold.store import epoch, schema
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}


def acknowledged(instance: Instance, at: int) -> None:
    eventually(lambda: all(each.epoch >= at for each in instance.verifiers()))


def test_a_revocation_holds_once_it_is_acknowledged(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue()
    for _ in range(3):
        assert gate.verify(token, key=key.text, **COUNTRY)["allowed"] is True
    at = instance.revoke(key)
    acknowledged(instance, at)
    assert gate.verify(token, key=key.text, **COUNTRY)["reason"] == "revoked"


def test_revocations_under_load_are_never_overtaken(gate: GateProcess, instance: Instance, token: str) -> None:
    """Whatever was loading when the change came: after the acknowledgement nothing old is in force."""
    stop, keys = threading.Event(), [instance.issue() for _ in range(12)]

    def keep_asking() -> None:
        while not stop.is_set():
            for each in keys:
                gate.verify(token, key=each.text, **COUNTRY)

    asking = threading.Thread(target=keep_asking)
    asking.start()
    try:
        for key in keys:
            at = instance.revoke(key)
            acknowledged(instance, at)
            assert gate.verify(token, key=key.text, **COUNTRY)["reason"] == "revoked"
    finally:
        stop.set()
        asking.join()


def test_an_archived_project_and_a_changed_scope_are_followed(gate: GateProcess, own_instance: Instance) -> None:
    with GateProcess(own_instance.data) as own:
        token, key = own_instance.service_token(), own_instance.issue()
        assert own.verify(token, key=key.text, endpoint="headThing")["allowed"] is True
        with own_instance.store.write() as tx:
            tx.execute(schema.scope_endpoints.delete().where(schema.scope_endpoints.c.operation_id == "headThing"))
            epoch.advance(tx, "project", own_instance.sandbox_id, clock.now())
        own_instance.settled()
        assert own.verify(token, key=key.text, endpoint="headThing")["reason"] == "endpoint_not_in_scope"
        own_instance.archive(own_instance.sandbox_id)
        own_instance.settled()
        assert own.verify(token, key=key.text, **COUNTRY)["reason"] == "project_archived"


def test_a_selector_that_was_unknown_becomes_known(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue()
    with instance.store.write() as tx:
        secrets = schema.key_secrets
        tx.execute(update(secrets).where(secrets.c.selector == key.selector).values(selector="Elsewhere000"))
    instance.settled()
    assert gate.verify(token, key=key.text, **COUNTRY)["reason"] == "unknown_key"
    with instance.store.write() as tx:
        tx.execute(update(secrets).where(secrets.c.selector == "Elsewhere000").values(selector=key.selector))
    assert gate.verify(token, key=key.text, **COUNTRY)["reason"] == "unknown_key"
    with instance.store.write() as tx:
        epoch.advance(tx, "key", key.id, clock.now())
    instance.settled()
    assert gate.verify(token, key=key.text, **COUNTRY)["allowed"] is True


def test_a_database_that_was_put_back_is_read_anew(own_instance: Instance) -> None:
    with GateProcess(own_instance.data) as own:
        token, key = own_instance.service_token(), own_instance.issue()
        assert own.verify(token, key=key.text, **COUNTRY)["allowed"] is True
        with own_instance.store.write() as tx:
            tx.execute(update(schema.keys).values(state="revoked", revoked_at=clock.now()))
            tx.execute(update(schema.instance).values(epoch=0))
        eventually(lambda: own.verify(token, key=key.text, **COUNTRY)["reason"] == "revoked")


@pytest.mark.parametrize("known", [True, False])
def test_a_gate_that_is_cut_off_decides_nothing_until_it_hears_again(own_instance: Instance, known: bool) -> None:
    with GateProcess(own_instance.data, {"FREEHOLD_STALENESS_S": "0.5"}) as own:
        token, key = own_instance.service_token(), own_instance.issue()
        headers = {"Authorization": f"Bearer {key.text}", "X-Original-Method": "GET", "X-Original-URI": "/v1/countries"}
        if known:
            assert own.verify(token, key=key.text, **COUNTRY)["allowed"] is True
        with own_instance.cut_off():
            eventually(lambda: own.client.get("/readyz").status_code == 503)
            assert own.client.get("/healthz").status_code == 200
            refused = own.client.get("/v1/authorize", headers=headers)
            assert (refused.status_code, refused.headers["X-Freehold-Reason"]) == (503, "unavailable")
            assert refused.content == b""
            gateway = own.client.get("/gateway/example/v1/countries", headers={"X-Api-Key": key.text})
            assert (gateway.status_code, gateway.json()["code"]) == (503, "unavailable")
            verified = own.client.post(
                "/v1/keys/verify", json={"key": key.text, **COUNTRY}, headers={"Authorization": f"Bearer {token}"}
            )
            if known:
                assert (verified.status_code, verified.json()["reason"]) == (200, "unavailable")
            else:
                assert (verified.status_code, verified.json()["code"]) == (503, "unavailable")
        eventually(lambda: own.client.get("/readyz").status_code == 200)
        assert own.verify(token, key=key.text, **COUNTRY)["allowed"] is True
    assert {each.rule for each in own_instance.events() if each.outcome == "unavailable"} == {"gate.heard"}
