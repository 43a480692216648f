"""One gate on each database: keys are read, revocations reach it, it says so, and it leaves."""

from freehold.settings import Settings
from freehold.store.engine import Store
from tests.databases import SECRET
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance


def test_a_gate_follows_its_database(settings: Settings, store: Store) -> None:
    instance = Instance(settings.data, store, SECRET)
    with store.write() as tx:
        instance._fill(tx)
    environment = {"FREEHOLD_SECRET": settings.secret, "FREEHOLD_DATABASE_URL": settings.database_url}
    with GateProcess(settings.data, environment) as gate:
        token, key = instance.service_token(), instance.issue(rate_limit=3, rate_window_s=60)
        asked = {"key": key.text, "method": "GET", "path": "/v1/countries/NO"}
        assert [gate.verify(token, **asked)["reason"] for _ in range(4)] == [None, None, None, "rate_limited"]
        instance.revoke(key)
        instance.settled()
        assert gate.verify(token, **asked)["reason"] == "revoked"
    assert instance.verifiers() == []
    assert [event.outcome for event in instance.events()] == ["allowed"] * 3 + ["rate_limited", "revoked"]
